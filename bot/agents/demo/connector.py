"""The embedded agent behind the `Connector` port: its sessions are played in this process.

Each attachment has one task, the only writer of the session's journal: it takes the wishes people
handed in, adds what is due, commits, and only then lets readers see it. Readers read the journal.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import Future, Task, TaskGroup
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Self

import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.agents.demo.journal import Claim, Journal, open_journal
from bot.agents.demo.play import Answered, Interrupted, Play, Prompted, Row, Steered, Wish
from bot.agents.demo.script import Step
from bot.core.asks import Answer
from bot.core.errors import (
    AgentError,
    AgentProtocolError,
    AgentUnavailable,
    BotError,
    LeaseLost,
    Unsupported,
)
from bot.core.events import AgentEvent, Attached, Detached, Gap
from bot.core.policy import AgentSetting, Capabilities
from bot.core.ports import Health, Image, RemoteSession

log = structlog.stdlib.get_logger()

BATCH = 256
"""Most rows written or read at once."""

OLDER = "My journal ends before what was shown here; something of it may be missing."

Clock = Callable[[], float]


def _speed(given: object) -> object:
    return 0 if given == "instant" else given


class DemoConfig(BaseModel):
    """`speed` is a factor on the natural pace; 0 or "instant" leaves out every delay. `max_hold`: a
    request for permission that nobody answers within so many seconds is denied, as by some agent
    servers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["demo"] = "demo"
    data_dir: Path
    speed: Annotated[float, BeforeValidator(_speed), Field(ge=0)] = 1.0
    max_hold: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


class DemoSession:
    """One attachment to a session. A later one of the same session ends it."""

    def __init__(
        self, journal: Journal, claim: Claim, play: Play, start: int, speed: float, now: Clock
    ) -> None:
        self._journal = journal
        self._claim = claim
        self._play = play
        self._start = min(start, play.seq)
        self._lost = start > play.seq
        self._speed = speed
        self._now = now
        self._committed = play.seq
        self._news = asyncio.Event()
        self._poked = asyncio.Event()
        self._wishes: list[tuple[Wish, Future[None]]] = []
        self._ended: Detached | None = None

    async def prompt(self, text: str, key: str, images: Sequence[Image] = ()) -> None:
        await self._wish(Prompted(key=key, text=text))

    async def steer(self, turn: str, text: str, key: str, images: Sequence[Image] = ()) -> None:
        await self._wish(Steered(turn=turn, key=key, text=text))

    async def interrupt(self) -> None:
        await self._wish(Interrupted())

    async def answer(self, ask: str, answer: Answer) -> None:
        await self._wish(Answered(ask=ask, answer=answer))

    async def configure(self, setting: AgentSetting, value: str) -> None:
        raise Unsupported("The demo agent has no settings.")

    async def stop_task(self, task: str) -> None:
        raise Unsupported("The demo agent does nothing in the background.")

    async def close(self) -> None:
        """Its journal stays: it costs nothing and other places may show it."""
        self._ended = self._ended or Detached(reason="The session was closed.", final=True)
        self._news.set()

    async def events(self) -> AsyncIterator[AgentEvent]:
        seq = self._start
        yield Attached(cursor=str(seq), time=self._now())
        if self._lost:
            yield Gap(id=f"journal:{seq}", reason=OLDER, cursor=str(seq))
        while True:
            news = self._news
            while seq < self._committed:
                try:
                    rows = await self._read(seq)
                except AgentUnavailable as problem:
                    yield Detached(reason=problem.user_message)
                    return
                for row in rows:
                    seq = row.seq
                    if not isinstance(row.entry, Wish):
                        yield replace(row.entry, cursor=str(row.seq), time=row.time)
            if self._ended is not None:
                yield self._ended
                return
            await news.wait()

    async def _read(self, after: int) -> list[Row]:
        """The next rows that were there at first or written by this attachment, no others."""
        limit = min(BATCH, self._committed - after)
        return await self._journal.read(self._claim.session, after, limit)

    async def play(self) -> None:
        """Plays until cancelled or until the journal cannot be written by this attachment."""
        try:
            while True:
                await self._rest()
                await self._write()
        except (AgentError, LeaseLost) as problem:
            self._ended = Detached(reason=problem.user_message)
        except Exception:
            log.exception("demo.session.died", session=self._claim.session)
            self._ended = Detached(reason=BotError().user_message)

    def leave(self) -> None:
        """After `play` has ended, or was cancelled before it began: let nobody wait for it."""
        self._ended = self._ended or Detached(reason="The session was closed here.")
        for _, taken in self._wishes:
            _settle(taken, AgentUnavailable(self._ended.reason))
        self._news.set()

    async def _wish(self, wish: Wish) -> None:
        if self._ended is not None:
            raise AgentUnavailable(self._ended.reason)
        taken: Future[None] = asyncio.get_running_loop().create_future()
        self._wishes.append((wish, taken))
        self._poked.set()
        await taken

    async def _rest(self) -> None:
        """Until there is something to write: a wish, or what is due."""
        while not self._wishes:
            step = self._play.due()
            wait = None if step is None else self._time_of(step) - self._now()
            if wait is not None and wait <= 0:
                return
            self._poked.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._poked.wait()

    def _time_of(self, step: Step) -> float:
        """Delays count from the last event's time in the journal, whoever wrote it."""
        if not step.hurried:
            return self._play.since + step.delay
        return self._play.since + (step.delay / self._speed if self._speed else 0)

    async def _write(self) -> None:
        wishes, now = list(self._wishes), self._now()
        refused: dict[Future[None], AgentError] = {}
        rows: list[Row] = []
        for wish, taken in wishes:
            try:
                if self._play.wanted(wish, now):
                    rows.append(self._play.write(wish, now))
            except AgentError as refusal:
                refused[taken] = refusal
        while len(rows) < BATCH and (step := self._play.due()) and self._time_of(step) <= now:
            rows.append(self._play.write(step.event, now))
        if rows:
            await self._journal.append(self._claim, rows)
        self._show()
        del self._wishes[: len(wishes)]
        for _, taken in wishes:
            _settle(taken, refused.get(taken))

    def _show(self) -> None:
        self._committed = self._play.seq
        self._news.set()
        self._news = asyncio.Event()


def _settle(taken: Future[None], refusal: AgentError | None) -> None:
    if taken.done():
        return  # whoever asked has gone; the wish stands all the same
    if refusal is None:
        taken.set_result(None)
    else:
        taken.set_exception(refusal)


class DemoConnector:
    """The embedded agent. `now` gives epoch seconds."""

    def __init__(self, config: DemoConfig, now: Clock = time.time) -> None:
        self._config = config
        self._now = now
        self._stack = AsyncExitStack()
        self._tasks = TaskGroup()
        self._playing: set[Task[None]] = set()
        self._open: Journal | None = None

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            steer=True,
            replay="cursor",
            prompt_check="idempotent",
            max_hold=self._config.max_hold,
        )

    async def __aenter__(self) -> Self:
        path = self._config.data_dir / "demo.db"
        self._open = await self._stack.enter_async_context(open_journal(path))
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        async with self._stack:
            for playing in self._playing:
                playing.cancel()
            # The group's tasks report through their sessions; what ended the application is not
            # theirs, so it is not wrapped in a group with them.
            await self._tasks.__aexit__(None, None, None)

    async def check(self) -> Health:
        try:
            sessions = await self._journal.count()
        except AgentUnavailable as problem:
            return Health(False, problem.user_message)
        path = self._config.data_dir / "demo.db"
        return Health(True, f"The demo agent is ready; it keeps {sessions} sessions in {path}.")

    async def create(self, key: str) -> str:
        return await self._journal.create(key)

    @asynccontextmanager
    async def attach(self, remote_id: str, cursor: str | None) -> AsyncGenerator[RemoteSession]:
        start = _parse(cursor)
        claim = await self._journal.claim(remote_id)
        play = Play(self._config.max_hold)
        for row in await self._journal.recall(remote_id):
            play.apply(row)
        session = DemoSession(self._journal, claim, play, start, self._config.speed, self._now)
        playing = self._tasks.create_task(session.play(), name=f"demo:{remote_id}")
        self._playing.add(playing)
        playing.add_done_callback(self._playing.discard)
        playing.add_done_callback(lambda _: session.leave())
        try:
            yield session
        finally:
            playing.cancel()
            await asyncio.wait([playing])

    @property
    def _journal(self) -> Journal:
        if self._open is None:
            raise RuntimeError("the connector has not been entered")
        return self._open


def _parse(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal()):
        raise AgentProtocolError("The place to go on from is not one the demo agent gave.")
    return int(cursor)
