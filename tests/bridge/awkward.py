"""The embedded agent with the faults real servers have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.core.asks import Answer
from bot.core.events import AgentEvent, ThoughtDelta, TurnEnded
from bot.core.policy import AgentSetting, Capabilities
from bot.core.ports import Image, RemoteSession
from tests.waiting import PATIENCE


@dataclass(slots=True)
class Faults:
    """`hangs` and `breaks` name methods. `deaf`: goes on and on after a stop. `called` is what
    reached the agent, in order."""

    hangs: set[str] = field(default_factory=set)
    breaks: set[str] = field(default_factory=set)
    deaf: bool = False
    called: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def meet(self, method: str) -> None:
        self.called.append(method)
        self.news.set()
        if method in self.breaks:
            raise KeyError(method)
        if method in self.hangs:
            await asyncio.Event().wait()

    async def until_called(self, method: str, within: float = PATIENCE) -> None:
        async with asyncio.timeout(within):
            while method not in self.called:
                self.news.clear()
                await self.news.wait()


class AwkwardSession:
    """Implements `RemoteSession`."""

    def __init__(self, real: RemoteSession, faults: Faults) -> None:
        self._real, self._faults = real, faults

    async def prompt(self, text: str, key: str, images: Sequence[Image] = ()) -> None:
        await self._faults.meet("prompt")
        await self._real.prompt(text, key, images)

    async def steer(self, turn: str, text: str, key: str, images: Sequence[Image] = ()) -> None:
        await self._faults.meet("steer")
        await self._real.steer(turn, text, key, images)

    async def interrupt(self) -> None:
        await self._faults.meet("interrupt")
        if not self._faults.deaf:
            await self._real.interrupt()

    async def answer(self, ask: str, answer: Answer) -> None:
        await self._faults.meet("answer")
        await self._real.answer(ask, answer)

    async def configure(self, setting: AgentSetting, value: str) -> None:
        await self._faults.meet("configure")
        await self._real.configure(setting, value)

    async def stop_task(self, task: str) -> None:
        await self._faults.meet("stop_task")
        await self._real.stop_task(task)

    async def close(self) -> None:
        await self._faults.meet("close")
        await self._real.close()

    async def events(self) -> AsyncIterator[AgentEvent]:
        async for event in self._real.events():
            await self._faults.meet("events")
            if not (self._faults.deaf and isinstance(event, TurnEnded)):
                yield event
                continue
            for number in range(1_000_000):
                yield ThoughtDelta(turn=event.turn, item="on", at=number, text=".")
                await asyncio.sleep(0.002)


class AwkwardAgent:
    """Implements `Connector`."""

    def __init__(self, data_dir: Path, faults: Faults, speed: float = 0) -> None:
        self._real = DemoConnector(DemoConfig(data_dir=data_dir, speed=speed))
        self._faults = faults
        self.check, self.create = self._real.check, self._real.create

    @property
    def capabilities(self) -> Capabilities:
        return self._real.capabilities

    async def __aenter__(self) -> AwkwardAgent:
        await self._real.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._real.__aexit__(kind, error, traceback)

    @asynccontextmanager
    async def attach(self, remote_id: str, cursor: str | None) -> AsyncGenerator[RemoteSession]:
        await self._faults.meet("attach")
        async with self._real.attach(remote_id, cursor) as real:
            yield AwkwardSession(real, self._faults)
