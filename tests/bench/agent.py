"""An agent that says what its scripts say, at their pace, and writes down when it did."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

from bot.core.asks import Answer, Confirmation
from bot.core.errors import AskAlreadyAnswered, SessionGone, Unsupported
from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    Attached,
    TextDelta,
    TextDone,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)
from bot.core.policy import AgentSetting, Capabilities
from bot.core.ports import Health, Image, RemoteSession
from bot.slack.clock import Clock
from tests.bench.answers import Script
from tests.bench.ledger import Ledger

_ASKED_FOR = re.compile(r"play (\d+)")


def request(number: int) -> str:
    """What a person writes to have script `number` played."""
    return f"play {number}"


def requested(text: str) -> int:
    """The number of the script asked for last in `text`."""
    return int(_ASKED_FOR.findall(text)[-1])


class ScriptedSession:
    """One session: its events so far, and the turn that is being played."""

    def __init__(self, scripts: Sequence[Script], ledger: Ledger, clock: Clock) -> None:
        self._scripts, self._ledger, self._clock = scripts, ledger, clock
        self._events: list[AgentEvent] = []
        self._news = asyncio.Event()
        self._prompts: dict[str, asyncio.Task[None]] = {}
        self._answered: asyncio.Future[None] | None = None

    async def events(self, after: int) -> AsyncIterator[AgentEvent]:
        yield Attached(cursor=str(after), time=self._clock.time())
        while True:
            news = self._news
            while after < len(self._events):
                after += 1
                yield self._events[after - 1]
            await news.wait()

    def prompt(self, text: str, key: str) -> None:
        if key not in self._prompts:
            playing = self._play(requested(text), key)
            self._prompts[key] = asyncio.create_task(playing, name=f"play {key}")

    def interrupt(self) -> None:
        for playing in self._prompts.values():
            playing.cancel()

    def answer(self, ask: str) -> None:
        if self._answered is None or self._answered.done():
            raise AskAlreadyAnswered()
        self._answered.set_result(None)
        self._tell(AskClosed(ask=ask, how="answered"))

    async def _play(self, number: int, key: str) -> None:
        turn = f"turn-{number}"
        began, held = self._clock.monotonic(), 0.0
        self._tell(TurnStarted(turn=turn, prompt=key))
        item, text = f"{turn}.1", ""
        for beat in self._scripts[number]:
            while (left := began + held + beat.at - self._clock.monotonic()) > 0:
                await self._clock.sleep(left)
            if beat.asks:
                self._tell(TextDone(turn=turn, item=item, text=text))
                asked = self._clock.monotonic()
                await self._ask(number, turn)
                held += self._clock.monotonic() - asked
                item, text = f"{turn}.2", ""
                continue
            self._ledger.said(number, beat.text)
            self._tell(TextDelta(turn=turn, item=item, at=len(text), text=beat.text))
            text += beat.text
        self._tell(TextDone(turn=turn, item=item, text=text))
        self._ledger.ended(number)
        self._tell(TurnEnded(turn=turn, outcome="done"))

    async def _ask(self, number: int, turn: str) -> None:
        """A tool call that needs leave; returns once somebody gave it."""
        step, title = f"{turn}.tool", "Deploy the website to staging"
        given = Confirmation(
            id=f"{turn}.ask", turn=turn, tool="deploy", title=title, input={}, item=step
        )
        self._tell(ToolStarted(turn=turn, item=step, tool="deploy", title=title, input={}))
        self._answered = asyncio.get_running_loop().create_future()
        self._ledger.asked(number)
        self._tell(AskOpened(ask=given))
        await self._answered
        self._tell(ToolFinished(turn=turn, item=step, ok=True, summary="healthy"))

    def _tell(self, event: AgentEvent) -> None:
        cursor = str(len(self._events) + 1)
        self._events.append(replace(event, cursor=cursor, time=self._clock.time()))
        self._news.set()
        self._news = asyncio.Event()


class Attachment:
    """One reader's handle on a session, from a cursor on."""

    def __init__(self, session: ScriptedSession, after: int) -> None:
        self._session, self._after = session, after

    def events(self) -> AsyncIterator[AgentEvent]:
        return self._session.events(self._after)

    async def prompt(self, text: str, key: str, images: Sequence[Image] = ()) -> None:
        self._session.prompt(text, key)

    async def steer(self, turn: str, text: str, key: str, images: Sequence[Image] = ()) -> None:
        raise Unsupported()

    async def interrupt(self) -> None:
        self._session.interrupt()

    async def answer(self, ask: str, answer: Answer) -> None:
        self._session.answer(ask)

    async def configure(self, setting: AgentSetting, value: str) -> None:
        raise Unsupported

    async def stop_task(self, task: str) -> None:
        raise Unsupported

    async def close(self) -> None:
        pass


class ScriptedAgent:
    """Implements `core.ports.Connector`. A prompt says which script is to be played."""

    def __init__(self, scripts: Sequence[Script], ledger: Ledger, clock: Clock) -> None:
        self._new: Callable[[], ScriptedSession] = lambda: ScriptedSession(scripts, ledger, clock)
        self._sessions: dict[str, ScriptedSession] = {}

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(replay="cursor", prompt_check="idempotent")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for session in self._sessions.values():
            session.interrupt()

    async def check(self) -> Health:
        return Health(True, "Plays scripts.")

    async def create(self, key: str) -> str:
        self._sessions.setdefault(key, self._new())
        return key

    @asynccontextmanager
    async def attach(self, remote_id: str, cursor: str | None) -> AsyncGenerator[RemoteSession]:
        if remote_id not in self._sessions:
            raise SessionGone()
        yield Attachment(self._sessions[remote_id], int(cursor or 0))
