"""The actor of one session: its only writer.

Theory of operation. Everything arrives in one mailbox: rows of the inbox, events of the agent,
outcomes of our own acts, and requests to save (`_Save`) from the streamer. The loop takes what is
there, folds it with `reduce`, saves when something must not be lost, and only then lets the others
see the new state: performers act on the outbox, the streamer shows what is late. They answer with
outcomes, which arrive in the mailbox again. Text deltas alone are not saved at once: they are
saved before they are shown, when the streamer asks for the newest view.

An exception ends the actor; the supervisor starts a new one, which adopts the session again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential_jitter

from bot.bridge.performer import Performer
from bot.bridge.stored_session import StoredSession
from bot.bridge.streamer import Streamer
from bot.core.commands import Published, Refused, Tick
from bot.core.errors import (
    AgentUnavailable,
    BotError,
    SessionGone,
    StoreUnavailable,
    SurfaceError,
    UnknownAgent,
)
from bot.core.events import Detached
from bot.core.ids import PartKey, Receipt
from bot.core.inbound import Inbound
from bot.core.policy import Rules
from bot.core.ports import Connector, Intent, RemoteSession, Surface
from bot.core.session import Input, due_at, reduce
from bot.core.state import SessionState, next_command
from bot.core.stored import load_inbound
from bot.core.views import Shown, find, overdue, tidy

log = structlog.get_logger()

T = TypeVar("T")

MAILBOX = 500
"""Inputs that may wait. A full mailbox stops reading from the agent: backpressure, no loss."""

BATCH = 200
"""Inputs folded before the state is looked at again."""

IDLE_AFTER = 60.0
"""Seconds without anything to do after which an actor may end."""

ATTACH_PATIENCE = 5.0
"""Seconds a command waits for the agent's session to be attached."""


@dataclass(frozen=True, slots=True)
class _FromInbox:
    key: str
    inbound: Inbound


@dataclass(frozen=True, slots=True)
class _Save:
    """The streamer may show now: save, then answer with the newest view of `key`."""

    key: PartKey
    new: bool
    answer: asyncio.Future[Shown | None]


_Item = Input | _FromInbox | _Save


@dataclass(slots=True)
class _Unsaved:
    """What goes into the next save beside the state."""

    done: list[str] = field(default_factory=list[str])
    receipts: list[Receipt] = field(default_factory=list[Receipt])


class Pulse:
    """Wakes everybody who waits, now; remembers nothing."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def beat(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        await self._event.wait()


class SessionActor:
    """Runs one session until it is idle, taken over, or told to stop."""

    def __init__(
        self,
        stored: StoredSession,
        connectors: Mapping[str, Connector],
        surface: Surface,
        rules: Rules,
        *,
        idle_after: float = IDLE_AFTER,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._stored = stored
        self._connectors = connectors
        self._surface = surface
        self._rules = rules
        self._idle_after = idle_after
        self._now = now
        self._mailbox: asyncio.Queue[_Item] = asyncio.Queue(MAILBOX)
        self._changed = Pulse()
        self._inbox_news = asyncio.Event()
        self._inbox_news.set()
        self._stopping = False
        self._remote: RemoteSession | None = None
        self._gone: SessionGone | None = None
        self._unsaved = _Unsaved()
        self._recovered = False
        self._last_input = now()

    def wake(self) -> None:
        """There are new rows in the inbox."""
        self._inbox_news.set()

    def stop(self) -> None:
        """Save what is there and end; `run` returns soon after."""
        self._stopping = True
        with suppress(asyncio.QueueFull):  # then the loop is about to look anyway
            self._mailbox.put_nowait(Tick())

    async def run(self) -> None:
        """Until idle or stopped. Raises LeaseLost when another owner has the session."""
        self._state, doubtful = await _patiently(self._stored.adopt)
        self._saved = self._state
        connector = self._connectors.get(self._state.agent)
        if connector is None:
            raise UnknownAgent(f"No agent named {self._state.agent!r} is configured.")
        self._connector: Connector = connector
        inherited = frozenset(pending.command.id for pending in self._state.outbox)
        with structlog.contextvars.bound_contextvars(session=self._state.id):
            try:
                await self._run_tasks(doubtful, inherited)
            except* _Ended:
                log.debug("actor.ended")

    async def _run_tasks(self, doubtful: list[Intent], inherited: frozenset[int]) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._streamer = Streamer(self._surface, tasks, self._newest, self._mailbox.put)
            performer = Performer(
                self._connector, self._surface, self._attached, self._mailbox.put, inherited
            )
            tasks.create_task(self._recover(doubtful), name="recover")
            tasks.create_task(self._pump_inbox(), name="inbox")
            tasks.create_task(self._pump_agent(), name="agent")
            tasks.create_task(self._perform(performer, whispers=False), name="perform")
            tasks.create_task(self._perform(performer, whispers=True), name="whisper")
            tasks.create_task(self._tick(), name="tick")
            tasks.create_task(self._loop(), name="loop")

    # --- the one writer ---------------------------------------------------------------------------

    async def _loop(self) -> None:
        while not self._stopping:
            items = [await self._mailbox.get()]
            while len(items) < BATCH and not self._mailbox.empty():
                items.append(self._mailbox.get_nowait())
            for item in items:
                if not isinstance(item, _Save):
                    self._fold(item)
            self._state = tidy(self._state)
            saves = [item for item in items if isinstance(item, _Save)]
            if saves or self._must_save():
                await self._save(saves)
            self._changed.beat()
            if self._recovered:
                self._streamer.look(self._state)
        await self._save([])
        raise _Ended()

    def _fold(self, item: Input | _FromInbox) -> None:
        before = self._state
        if isinstance(item, _FromInbox):
            self._unsaved.done.append(item.key)
            happened: Input = item.inbound
        else:
            happened = item
        self._state = reduce(before, happened, self._rules, self._now())
        if isinstance(happened, Published):
            if happened.receipt.ts:
                self._unsaved.receipts.append(happened.receipt)
            self._streamer.settled(happened.receipt.key)
        elif isinstance(happened, Refused):
            self._streamer.settled(happened.key)
        if not isinstance(happened, Tick):
            self._last_input = self._now()
        _log_turns(before, self._state)

    def _must_save(self) -> bool:
        """Anything but the growth of text, steps and plan of an open turn."""
        old, new = self._saved, self._state
        phases = [(t.number, t.phase, t.ref) for t in old.turns]
        return bool(self._unsaved.done or self._unsaved.receipts) or (
            (old.outbox, old.asks, old.queue, old.receipts, old.notices, phases)
            != (new.outbox, new.asks, new.queue, new.receipts, new.notices,
                [(t.number, t.phase, t.ref) for t in new.turns])
        )  # fmt: skip

    async def _save(self, saves: list[_Save]) -> None:
        """Store the state, then let those who asked for it show it."""
        state = self._state
        unsaved, self._unsaved = self._unsaved, _Unsaved()
        intents = [save.key for save in saves if save.new]
        if intents or unsaved.done or unsaved.receipts or state != self._saved:
            await _patiently(
                lambda: self._stored.save(
                    state, done=unsaved.done, intents=intents, receipts=unsaved.receipts
                )
            )
        self._saved = state
        for request in saves:
            if not request.answer.done():
                request.answer.set_result(find(state, request.key.slot, request.key.part))

    # --- the others: they only send inputs --------------------------------------------------------

    async def _newest(self, key: PartKey, new: bool) -> Shown | None:
        answer: asyncio.Future[Shown | None] = asyncio.get_running_loop().create_future()
        await self._mailbox.put(_Save(key, new, answer))
        return await answer

    async def _recover(self, doubtful: list[Intent]) -> None:
        """Before anything new is posted: find the posts an earlier owner made without a record."""
        known = {receipt.key for receipt in self._state.receipts}
        unknown = [intent for intent in doubtful if intent.key not in known]
        while unknown:
            try:
                found = await self._surface.recover(unknown)
            except SurfaceError as error:
                log.warning("recover.failed", error=type(error).__name__)
                if not error.retryable:
                    break
                await asyncio.sleep(2.0)
                continue
            for receipt in found:
                await self._mailbox.put(Published(receipt=receipt))
            log.info("recovered", intents=len(unknown), found=len(found))
            break
        self._recovered = True
        await self._mailbox.put(Tick())

    async def _pump_inbox(self) -> None:
        last_seq = 0
        while True:
            await self._inbox_news.wait()
            self._inbox_news.clear()
            for row in await _patiently(partial(self._stored.pending, last_seq)):
                last_seq = row.seq
                try:
                    inbound = load_inbound(row.body)
                except ValueError:
                    log.error("inbox.unreadable", key=row.key, kind=row.kind)
                    continue
                await self._mailbox.put(_FromInbox(row.key, inbound))

    async def _pump_agent(self) -> None:
        """Attach whenever there is a remote session, and hand on all it does."""
        wait = self._rules.retry_first
        while True:
            while self._state.remote_id is None:
                await self._changed.wait()
            try:
                async with self._connector.attach(
                    self._state.remote_id, self._state.cursor
                ) as remote:
                    self._remote = remote
                    self._changed.beat()
                    async for event in remote.events():
                        wait = self._rules.retry_first
                        await self._mailbox.put(event)
                        if isinstance(event, Detached) and event.final:
                            self._gone = SessionGone(event.reason)
                            return
            except SessionGone as error:
                self._gone = error
                await self._mailbox.put(Detached(reason=error.user_message, final=True))
                return
            except BotError as error:
                log.warning("agent.detached", error=type(error).__name__)
                await self._mailbox.put(Detached(reason=error.user_message))
            finally:
                self._remote = None
            await asyncio.sleep(wait)
            wait = min(self._rules.retry_most, wait * 2)

    async def _attached(self) -> RemoteSession:
        """The handle on the remote session, waiting a little for it.

        Raises AgentUnavailable, or SessionGone when it will not come back.
        """
        try:
            async with asyncio.timeout(ATTACH_PATIENCE):
                while self._remote is None:
                    if self._gone is not None:
                        raise SessionGone(self._gone.user_message)
                    await self._changed.wait()
                return self._remote
        except TimeoutError as error:
            raise AgentUnavailable() from error

    async def _perform(self, performer: Performer, *, whispers: bool) -> None:
        """Only commands of the saved state are performed, and each outcome is awaited in it."""
        while True:
            pending = next_command(self._saved, self._now(), whispers=whispers)
            if pending is None:
                await self._changed.wait()
                continue
            await performer.perform(self._saved, pending)
            while pending in self._saved.outbox:
                await self._changed.wait()

    async def _tick(self) -> None:
        """Wake for what is due, and end the actor when nothing was to do for long."""
        while True:
            due = due_at(self._state, self._rules, after=self._now())
            wait = self._idle_after if due is None else min(due - self._now(), self._idle_after)
            try:
                async with asyncio.timeout(max(0.01, wait)):
                    await self._changed.wait()
            except TimeoutError:
                await self._mailbox.put(Tick())
            if self._is_idle() and self._now() - self._last_input >= self._idle_after:
                self.stop()

    def _is_idle(self) -> bool:
        state = self._state
        return not (
            state.busy
            or state.open_asks
            or self._streamer.busy
            or overdue(state)
            or self._inbox_news.is_set()
        )


class _Ended(Exception):
    """Ends the actor's task group; never leaves `run`."""


def _log_turns(before: SessionState, after: SessionState) -> None:
    """One canonical line per turn."""
    if before.turns is after.turns:
        return
    open_before = {turn.number for turn in before.open_turns}
    for turn in after.turns:
        if turn.ended and turn.number in open_before:
            ended = turn.ended_at or turn.started_at
            log.info(
                "turn.ended", turn=turn.number, phase=turn.phase, steps=len(turn.steps),
                ms=round((ended - turn.started_at) * 1000), parts=turn.parts,
                characters=sum(len(item.text) for item in turn.texts),
            )  # fmt: skip


async def _patiently(act: Callable[[], Awaitable[T]]) -> T:
    """Do `act` again while the database is away: what is in memory waits, nothing is shown."""
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(StoreUnavailable),
        wait=wait_exponential_jitter(multiplier=0.1, max=5.0, jitter=0.1),
        reraise=True,
    )
    async for attempt in retrying:
        with attempt:
            return await act()
    raise AssertionError("tenacity ends by returning or raising")
