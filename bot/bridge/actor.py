"""The actor of one session: its only writer.

Theory of operation. Everything arrives in one mailbox: rows of the inbox, events of the agent,
outcomes of our own acts, and requests to save (`_Save`) from the streamer. The loop takes what is
there, folds it with `reduce`, saves when something must not be lost, and only then lets the others
see the new state: the performer acts on the outbox, the streamer shows what is late. They answer
with outcomes, which arrive in the mailbox again. Text deltas alone are not saved at once: they are
saved before they are shown, when the streamer asks for the newest view; and they wake nobody while
the part they grow is on its way.

An exception ends the actor; the supervisor starts a new one, which adopts the session again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from bot.bridge.attachment import Attachment
from bot.bridge.logged import just_ended, log_copies, log_turn
from bot.bridge.missing_agent import MissingAgent
from bot.bridge.performer import Performer
from bot.bridge.pulse import Pulse
from bot.bridge.stored_session import StoredSession, patiently
from bot.bridge.streamer import Streamer
from bot.bridge.trail import with_made
from bot.core.commands import Published, Refused, Tick
from bot.core.errors import SurfaceError
from bot.core.events import AskOpened, Detached, Notice, TextDelta, ThoughtDelta
from bot.core.ids import PartKey, Receipt, turn_slot
from bot.core.inbound import Inbound
from bot.core.policy import Rules
from bot.core.ports import Connector, FetchImage, Intent, Surface
from bot.core.session import Input, due_at, reduce
from bot.core.state import SessionState
from bot.core.stored import load_inbound
from bot.core.turn import Turn
from bot.core.views import Shown, find, overdue, tidy
from bot.store.inbox import InboxRow

log = structlog.get_logger()

MAILBOX = 500
"""Inputs that may wait. A full mailbox stops reading from the agent: backpressure, no loss."""

BATCH = 200
"""Inputs folded before the state is looked at again."""

IDLE_AFTER = 60.0
"""Seconds without anything to do after which an actor may end; `Capabilities.linger` may be
longer."""

UNREADABLE = "Something was sent to me here that I cannot read any more. Please say it again."


@dataclass(frozen=True, slots=True)
class _FromInbox:
    key: str
    inbound: Inbound | Notice


@dataclass(frozen=True, slots=True)
class _Save:
    """The streamer may show now: save, then answer with the newest view of `key`."""

    key: PartKey
    new: bool
    answer: asyncio.Future[Shown | None]


@dataclass(frozen=True, slots=True)
class _Recovered:
    """All that an earlier owner posted stands before this in the mailbox: now it may be shown.
    `never` are the posts it meant, which did not happen."""

    never: Sequence[PartKey] = ()


_Item = Input | _FromInbox | _Save | _Recovered


@dataclass(slots=True)
class _Unsaved:
    """What goes into the next save beside the state."""

    done: list[str] = field(default_factory=list[str])
    receipts: list[Receipt] = field(default_factory=list[Receipt])
    given_up: list[PartKey] = field(default_factory=list[PartKey])
    ended: list[Turn] = field(default_factory=list[Turn])


class SessionActor:
    """Runs one session until it is idle, taken over, or told to stop."""

    _state: SessionState
    _saved: SessionState

    def __init__(
        self,
        stored: StoredSession,
        connectors: Mapping[str, Connector],
        surface: Surface,
        rules: Rules,
        *,
        fetch_image: FetchImage,
        idle_after: float = IDLE_AFTER,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._stored = stored
        self._connectors = connectors
        self._surface = surface
        self._rules = rules
        self._fetch_image = fetch_image
        self._idle_after = idle_after
        self._now = now
        self._mailbox: asyncio.Queue[_Item] = asyncio.Queue(MAILBOX)
        self._changed = Pulse()
        self._inbox_news = asyncio.Event()
        self._inbox_news.set()
        self._reading_inbox = False
        self._stopping = False
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
        self._state, doubtful = await patiently(self._stored.adopt)
        self._saved = self._state
        agent = self._state.agent
        self._connector: Connector = self._connectors.get(agent) or MissingAgent(agent)
        self._rules = replace(self._rules, able=self._connector.capabilities)
        with structlog.contextvars.bound_contextvars(session=self._state.id):
            if agent not in self._connectors:
                log.error("agent.not_configured", agent=agent)
            try:
                await self._run_tasks(doubtful)
            except* _Ended:
                log.debug("actor.ended")

    async def _run_tasks(self, doubtful: list[Intent]) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._streamer = Streamer(self._surface, tasks, self._newest, self._mailbox.put)
            self._attachment = Attachment(
                self._connector,
                lambda: self._state,
                self._rules,
                self._mailbox.put,
                self._changed,
            )
            performer = Performer(
                self._connector,
                self._surface,
                self._fetch_image,
                self._attachment.remote,
                self._mailbox.put,
                lambda: self._saved,
                self._changed,
                inherited=self._state.outbox,
                now=self._now,
            )
            tasks.create_task(self._recover(doubtful), name="recover")
            tasks.create_task(self._pump_inbox(), name="inbox")
            tasks.create_task(self._attachment.run(), name="agent")
            tasks.create_task(performer.run(tasks), name="perform")
            tasks.create_task(self._tick(), name="tick")
            tasks.create_task(self._loop(), name="loop")

    # --- the one writer ---------------------------------------------------------------------------

    async def _loop(self) -> None:
        while not self._stopping:
            items = [await self._mailbox.get(), *self._waiting(BATCH - 1)]
            await self._fold_all(items)
            saves = [item for item in items if isinstance(item, _Save)]
            if saves or self._must_save():
                await self._save(saves)
            elif self._only_grew(items):
                continue
            self._changed.beat()
            if self._recovered:
                self._streamer.look(self._state)
        while items := list(self._waiting(BATCH)):  # what was shown or taken is not asked again
            await self._fold_all(items)
        await self._save([])
        raise _Ended()

    def _waiting(self, most: int) -> Iterator[_Item]:
        for _ in range(min(most, self._mailbox.qsize())):
            yield self._mailbox.get_nowait()

    async def _fold_all(self, items: list[_Item]) -> None:
        if any(isinstance(item, AskOpened) for item in items):
            standing = await patiently(lambda: self._stored.grants(self._now()))
            able = self._connector.capabilities
            self._rules = replace(self._rules, grants=tuple(standing), able=able)
        for item in items:
            if isinstance(item, _Recovered):
                self._recovered = True
                self._unsaved.given_up += item.never
            elif not isinstance(item, _Save):
                self._fold(item)
        self._state = tidy(self._state)

    def _only_grew(self, items: list[_Item]) -> bool:
        """Whether there is nothing to look at: what grew is on its way."""
        turn = self._state.turns[-1] if self._state.turns else None
        return (
            turn is not None
            and all(isinstance(item, TextDelta | ThoughtDelta) for item in items)
            and self._streamer.shows(
                PartKey(turn_slot(turn.number), turn.newest, self._state.thread.place)
            )
        )

    def _fold(self, item: Input | _FromInbox) -> None:
        before = self._state
        if isinstance(item, _FromInbox):
            self._unsaved.done.append(item.key)
            happened: Input = item.inbound
        else:
            happened = item
        rules = self._rules
        if isinstance(happened, AskOpened):
            rules = replace(rules, grants=with_made(rules.grants, before.records))
        self._state = reduce(before, happened, rules, self._now())
        if isinstance(happened, Published):
            if happened.receipt.ts:
                self._unsaved.receipts.append(happened.receipt)
            self._streamer.settled(happened.receipt.key)
        elif isinstance(happened, Refused):
            self._streamer.settled(happened.key)
        if not isinstance(happened, Tick | Detached):
            self._last_input = self._now()
        self._unsaved.ended += just_ended(before, self._state)
        log_copies(before, self._state)

    def _must_save(self) -> bool:
        """Anything but the growth of text, steps and plan of an open turn."""
        old, new = self._saved, self._state
        phases = [(t.number, t.phase, t.ref) for t in old.turns]
        unsaved = self._unsaved
        return bool(unsaved.done or unsaved.receipts or unsaved.given_up or new.records) or (
            (old.outbox, old.asks, old.queue, old.receipts, old.notices, phases)
            != (new.outbox, new.asks, new.queue, new.receipts, new.notices,
                [(t.number, t.phase, t.ref) for t in new.turns])
        )  # fmt: skip

    async def _save(self, saves: list[_Save]) -> None:
        """Store the state, then let those who asked for it show it."""
        state = self._state
        unsaved, self._unsaved = self._unsaved, _Unsaved()
        shown = [find(state, save.key.slot, save.key.part, save.key.place) for save in saves]
        intents = [save.key for save, view in zip(saves, shown, strict=True) if save.new and view]
        news = intents or unsaved.done or unsaved.receipts or unsaved.given_up or state.records
        if news or state != self._saved:
            await patiently(
                lambda: self._stored.save(
                    state,
                    done=unsaved.done,
                    given_up=unsaved.given_up,
                    intents=intents,
                    receipts=unsaved.receipts,
                )
            )
        # What was recorded is in the store now, and no longer in the state.
        self._state = self._saved = replace(state, records=())
        for turn in unsaved.ended:
            log_turn(turn)
        for request, view in zip(saves, shown, strict=True):
            if not request.answer.done():
                request.answer.set_result(view)

    # --- the others: they only send inputs --------------------------------------------------------

    async def _newest(self, key: PartKey, new: bool) -> Shown | None:
        answer: asyncio.Future[Shown | None] = asyncio.get_running_loop().create_future()
        await self._mailbox.put(_Save(key, new, answer))
        return await answer

    async def _recover(self, doubtful: list[Intent]) -> None:
        """Before anything new is posted: find the posts an earlier owner made without a record."""
        known = {receipt.key for receipt in self._state.receipts}
        unknown = [intent for intent in doubtful if intent.key not in known]
        never: list[PartKey] = []
        while unknown:
            try:
                found = await self._surface.recover(unknown)
            except SurfaceError as error:
                log.warning("recover.failed", error=type(error).__name__)
                if not error.retryable:
                    break
                await asyncio.sleep(2.0)
                continue
            named = {receipt.ts for receipt in self._state.receipts}
            missed = [receipt for receipt in found if receipt.ts not in named]
            for receipt in missed:
                await self._mailbox.put(Published(receipt=receipt))
            log.info("recovered", intents=len(unknown), found=len(missed))
            there = {receipt.key for receipt in missed}
            never = [intent.key for intent in unknown if intent.key not in there]
            break
        await self._mailbox.put(_Recovered(never))
        await self._mailbox.put(Tick())  # what came due, or by other rules, while nobody had it

    async def _pump_inbox(self) -> None:
        last_seq = 0
        while True:
            await self._inbox_news.wait()
            self._inbox_news.clear()
            self._reading_inbox = True
            for row in await patiently(partial(self._stored.pending, last_seq)):
                last_seq = row.seq
                await self._mailbox.put(_FromInbox(row.key, _read(row)))
            self._reading_inbox = False

    async def _tick(self) -> None:
        """Wake for what is due, and end the actor when nothing was to do for long."""
        looked = self._now()
        while True:
            # After the last look, not after now: between the two something may have come due.
            due = due_at(self._state, self._rules, after=looked)
            most = self._may_idle()
            wait = most if due is None else min(due - self._now(), most)
            try:
                async with asyncio.timeout(max(0.01, wait)):
                    await self._changed.wait()
                is_time = due is not None and due <= self._now()
            except TimeoutError:
                is_time = True
            if is_time:
                looked = self._now()
                await self._mailbox.put(Tick())
            if self._is_idle() and self._now() - self._last_input >= self._may_idle():
                self.stop()

    def _may_idle(self) -> float:
        """Seconds without anything to do after which this actor ends: later where the agent's
        session needs somebody who listens."""
        able = self._connector.capabilities
        linger = 0.0 if self._attachment.wanted is None else able.linger
        return max(self._idle_after, linger)

    def _is_idle(self) -> bool:
        state = self._state
        return not (
            state.busy
            or state.awaited_asks
            or self._streamer.busy
            or overdue(state)
            or self._inbox_news.is_set()
            or self._reading_inbox
            or not self._mailbox.empty()
        )


class _Ended(Exception):
    """Ends the actor's task group; never leaves `run`."""


def _read(row: InboxRow) -> Inbound | Notice:
    """What a person did; for what cannot be read, a word to them in the thread."""
    try:
        return load_inbound(row.body)
    except ValueError:
        log.error("inbox.unreadable", key=row.key, kind=row.kind)
        return Notice(id=row.key, text=UNREADABLE, level="warning")
