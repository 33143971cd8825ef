"""An agent played by the test: it does what it is told to, and remembers what reached it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from bot.core.asks import Answer
from bot.core.errors import AgentUnavailable, PromptInDoubt, SessionGone
from bot.core.events import AgentEvent, Attached
from bot.core.policy import Capabilities, ImageLimits
from bot.core.ports import Health, Image, RemoteSession
from tests.waiting import PATIENCE


@dataclass(slots=True)
class Remote:
    """One session there: what happened in it, and what reached it."""

    events: list[AgentEvent] = field(default_factory=list[AgentEvent])
    prompts: list[str] = field(default_factory=list)
    steered: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    images: list[Image] = field(default_factory=list[Image])
    answers: list[tuple[str, Answer]] = field(default_factory=list[tuple[str, Answer]])


class ScriptedAgent:
    """Implements `Connector`. `sessions` by remote id; a session that is deleted is gone, and all
    are when the connector is left, unless it `remembers`.

    `silent`: prompts are taken, and that is never said; `breaks`: nor can it be. `away`: it cannot
    be reached. `read`: what a server says whose prompts can be read; `asked` how often.
    """

    def __init__(
        self,
        prompt_check: Literal["idempotent", "readable", "none"] = "idempotent",
        linger: float = 0.0,
        *,
        remembers: bool = False,
    ) -> None:
        self._prompt_check: Literal["idempotent", "readable", "none"] = prompt_check
        self.linger = linger
        self._remembers = remembers
        self.silent = False
        self.away = False
        self.read: bool | None = None
        self.attached = 0
        self.asked = 0
        self.breaks = False
        self.sessions: dict[str, Remote] = {}
        self.keys: list[str] = []
        self.configured: list[tuple[str, str]] = []
        self.news = asyncio.Event()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            steer=True,
            replay="cursor",
            prompt_check=self._prompt_check,
            linger=self.linger,
            settings=("model",),
            stop_task=True,
            images=ImageLimits(types=("image/png",), most=2),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._remembers:
            self.sessions.clear()

    async def check(self) -> Health:
        return Health(True, "Played by a test.")

    async def create(self, key: str) -> str:
        self.keys.append(key)
        remote_id = f"r{len(self.keys)}"
        self.sessions[remote_id] = Remote()
        return remote_id

    @asynccontextmanager
    async def attach(self, remote_id: str, cursor: str | None) -> AsyncGenerator[RemoteSession]:
        if remote_id not in self.sessions:
            raise SessionGone()
        self.attached += 1
        self.poke()
        if self.away:
            raise AgentUnavailable()
        yield ScriptedSession(self, remote_id, int(cursor or 0))

    def does(self, *events: AgentEvent, remote_id: str | None = None) -> None:
        """In the newest session, or the one named."""
        self.sessions[remote_id or list(self.sessions)[-1]].events.extend(events)
        self.poke()

    def poke(self) -> None:
        self.news.set()
        self.news = asyncio.Event()

    async def until_asked(self, within: float = PATIENCE) -> None:
        """Whether it has a prompt."""
        async with asyncio.timeout(within):
            while not self.asked:
                await self.news.wait()

    async def until_prompted(self, text: str, within: float = PATIENCE) -> str:
        """The whole of the prompt that ends in `text`."""
        async with asyncio.timeout(within):
            while True:
                prompts = [p for remote in self.sessions.values() for p in remote.prompts]
                if found := [prompt for prompt in prompts if prompt.endswith(text)]:
                    return found[0]
                await self.news.wait()


class ScriptedSession:
    """Implements `RemoteSession`."""

    def __init__(self, agent: ScriptedAgent, remote_id: str, start: int) -> None:
        self._agent, self._id, self._start = agent, remote_id, start

    def _remote(self) -> Remote:
        if self._id not in self._agent.sessions:
            raise SessionGone()
        return self._agent.sessions[self._id]

    async def events(self) -> AsyncIterator[AgentEvent]:
        yield Attached()
        sent = self._start
        while True:
            news = self._agent.news
            for event in self._remote().events[sent:]:
                sent += 1
                yield event
            await news.wait()

    async def took(self, key: str) -> bool | None:
        self._agent.asked += 1
        self._agent.poke()
        return self._agent.read

    async def prompt(self, text: str, key: str, images: Sequence[Image] = ()) -> None:
        if self._agent.away:
            raise AgentUnavailable()
        self._remote().prompts.append(text)
        self._remote().images.extend(images)
        self._agent.poke()
        if self._agent.breaks:
            raise PromptInDoubt()
        if self._agent.silent:
            await asyncio.Event().wait()

    async def steer(self, turn: str, text: str, key: str, images: Sequence[Image] = ()) -> None:
        self._remote().steered.append((turn, text, key))
        self._remote().images.extend(images)

    async def interrupt(self) -> None:
        self._remote()

    async def configure(self, setting: str, value: str) -> None:
        self._agent.configured.append((setting, value))

    async def stop_task(self, task: str) -> None:
        self._agent.configured.append(("task", task))

    async def close(self) -> None:
        del self._agent.sessions[self._id]

    async def answer(self, ask: str, answer: Answer) -> None:
        self._remote().answers.append((ask, answer))
        self._agent.poke()
