"""One session in the store, as its owner reads and writes it: each write fenced by the epoch."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_exponential_jitter,
)

from bot.bridge.trail import entries_of, keep_grants
from bot.core.approvals import Grant
from bot.core.asks import Mask
from bot.core.errors import LeaseLost, SessionUnreadable, StoreUnavailable
from bot.core.ids import PartKey, Place, Receipt, SessionId, Slot, ThreadKey, ask_uid
from bot.core.policy import Rules
from bot.core.ports import Intent
from bot.core.session import due_at
from bot.core.state import STATE_VERSION, SessionState
from bot.core.stored import dump_state, load_state
from bot.core.views import overdue
from bot.store import asks, audit, grants, inbox, messages, sessions
from bot.store.asks import AskRow
from bot.store.database import Database
from bot.store.inbox import InboxRow
from bot.store.messages import MessageRow

log = structlog.get_logger()

T = TypeVar("T")


def _looked_at_again(state: SessionState) -> SessionState:
    """An earlier owner's streams do not grow any more: they are to be shown otherwise, even where
    nothing new came."""
    receipts = (replace(r, shown="") if r.transport == "stream" else r for r in state.receipts)
    return replace(state, receipts=tuple(receipts))


def intent_id(session: SessionId, key: PartKey) -> str:
    """One name per message that can ever be posted, so an intent stored twice is one."""
    return f"{session}|{key.slot}|{key.part}|{key.place}"


class StoredSession:
    """The row of a session under one epoch of its bucket's lease. `mask` takes credentials out of
    what goes into the audit trail."""

    def __init__(
        self, database: Database, session: SessionId, epoch: int, rules: Rules, mask: Mask
    ) -> None:
        self._database = database
        self._session = session
        self._epoch = epoch
        self._rules = rules
        self._mask = mask
        self._name = uuid.uuid4().hex
        self._recorded = 0

    async def adopt(self) -> tuple[SessionState, list[Intent]]:
        """Take the session over: its state, and the posts that may or may not have happened.

        Raises LeaseLost when a newer owner has it, SessionUnreadable, StoreUnavailable.
        """
        async with self._database.transaction() as tx:
            row = await sessions.adopt(tx, self._session, self._epoch)
            if row is None:
                raise LeaseLost()
            thread = ThreadKey(row.team, row.channel, row.thread_ts)
            doubtful = await messages.open_intents(tx, self._session)
        if row.state is None:
            state = SessionState(thread=thread, agent=row.agent)
        else:
            state = _looked_at_again(stored_state(row.state, row.state_version))
        return state, [_intent(thread, message) for message in doubtful]

    async def pending(self, after_seq: int) -> list[InboxRow]:
        async with self._database.transaction() as tx:
            return await inbox.pending(tx, self._session, after_seq)

    async def grants(self, now: float) -> list[Grant]:
        """The standing rules in force in this workspace."""
        async with self._database.transaction() as tx:
            return await grants.active(tx, ThreadKey.parse(self._session).team, now)

    async def save(
        self,
        state: SessionState,
        *,
        done: Sequence[str] = (),
        given_up: Sequence[PartKey] = (),
        intents: Sequence[PartKey] = (),
        receipts: Sequence[Receipt] = (),
    ) -> None:
        """Store the state together with what it came from (`done` inbox keys) and what it leads to
        (`intents` to post, `receipts` of posts); intents that are `given_up` did not lead to a
        post. Its records go into the audit trail and the store of standing rules instead. All or
        nothing.

        Raises LeaseLost when another owner took over, StoreUnavailable.
        """
        active = state.busy or bool(state.awaited_asks) or bool(overdue(state))
        team, records = state.thread.team, state.records
        # The same names when a commit was not confirmed and this is tried again.
        name = f"{self._name}:{self._recorded}"
        entries = await entries_of(records, self._session, name, self._mask)
        async with self._database.transaction() as tx:
            await sessions.save(
                tx,
                self._session,
                self._epoch,
                state=dump_state(replace(state, records=())),
                state_version=STATE_VERSION,
                status="active" if active else "idle",
                remote_id=state.remote_id,
                due_at=due_at(state, self._rules),
            )
            if done and await inbox.mark_done(tx, done) != set(done):
                raise LeaseLost("An input was handled by somebody else meanwhile.")
            for key in given_up:
                await messages.give_up(tx, intent_id(self._session, key))
            for key in intents:
                await messages.intend(
                    tx,
                    intent_id(self._session, key),
                    self._session,
                    key.slot,
                    key.part,
                    str(key.place),
                    key.place.channel,
                    key.place.thread_ts,
                )
            for receipt in receipts:
                recorded = await messages.record(
                    tx,
                    intent_id(self._session, receipt.key),
                    receipt.ts,
                    receipt.shown,
                    receipt.sealed,
                )
                if not recorded:  # from here on the newer message is edited, the older one stays
                    slot, part = receipt.key.slot, receipt.key.part
                    log.error("message.doubled", slot=slot, part=part, ts=receipt.ts)
            await asks.project(tx, self._ask_rows(state))
            await keep_grants(tx, team, records)
            await audit.append(tx, team, entries)
        self._recorded += len(records)

    def _ask_rows(self, state: SessionState) -> list[AskRow]:
        return [
            AskRow(
                uid=ask_uid(self._session, known.ask.id),
                session_id=self._session,
                ask_id=known.ask.id,
                team=state.thread.team,
                status=known.status,
                kind=known.ask.kind,
            )
            for known in state.asks
        ]


def stored_state(text: str, version: int) -> SessionState:
    """Raises SessionUnreadable for what a newer version stored, or what is damaged."""
    try:
        return load_state(text, version)
    except ValueError as error:
        raise SessionUnreadable() from error


async def patiently(act: Callable[[], Awaitable[T]]) -> T:
    """Do `act` again while the database is away: what is in memory waits, nothing is shown."""
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(StoreUnavailable),
        wait=wait_exponential_jitter(multiplier=0.1, max=5.0, jitter=0.1),
        before_sleep=_say_first,
        reraise=True,
    )
    async for attempt in retrying:
        with attempt:
            return await act()
    raise AssertionError("tenacity ends by returning or raising")


def _say_first(attempts: RetryCallState) -> None:
    if attempts.attempt_number == 1:
        log.warning("store.unavailable")


def _intent(thread: ThreadKey, message: MessageRow) -> Intent:
    key = PartKey(Slot(message.slot), message.part, Place.parse(message.place))
    return Intent(thread, key, message.created_at)
