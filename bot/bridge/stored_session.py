"""One session in the store, as its owner reads and writes it: each write fenced by the epoch."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.errors import LeaseLost
from bot.core.ids import PartKey, Place, Receipt, SessionId, Slot, ThreadKey, ask_uid
from bot.core.policy import Rules
from bot.core.ports import Intent
from bot.core.session import due_at
from bot.core.state import STATE_VERSION, SessionState
from bot.core.stored import dump_state, load_state
from bot.core.views import overdue
from bot.store import asks, inbox, messages, sessions
from bot.store.asks import AskRow
from bot.store.database import Database
from bot.store.inbox import InboxRow
from bot.store.messages import MessageRow


def intent_id(session: SessionId, key: PartKey) -> str:
    """One name per message that can ever be posted, so an intent stored twice is one."""
    return f"{session}|{key.slot}|{key.part}|{key.place}"


class StoredSession:
    """The row of a session under one epoch of its bucket's lease."""

    def __init__(self, database: Database, session: SessionId, epoch: int, rules: Rules) -> None:
        self._database = database
        self._session = session
        self._epoch = epoch
        self._rules = rules

    async def adopt(self) -> tuple[SessionState, list[Intent]]:
        """Take the session over: its state, and the posts that may or may not have happened.

        Raises LeaseLost when a newer owner has it, StoreUnavailable.
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
            state = load_state(row.state, row.state_version)
        return state, [_intent(thread, message) for message in doubtful]

    async def pending(self, after_seq: int) -> list[InboxRow]:
        async with self._database.transaction() as tx:
            return await inbox.pending(tx, self._session, after_seq)

    async def save(
        self,
        state: SessionState,
        *,
        done: Sequence[str] = (),
        intents: Sequence[PartKey] = (),
        receipts: Sequence[Receipt] = (),
    ) -> None:
        """Store the state together with what it came from (`done` inbox keys) and what it leads to
        (`intents` to post, `receipts` of posts). All or nothing.

        Raises LeaseLost when another owner took over, StoreUnavailable.
        """
        active = state.busy or bool(state.open_asks) or bool(overdue(state))
        async with self._database.transaction() as tx:
            await sessions.save(
                tx,
                self._session,
                self._epoch,
                state=dump_state(state),
                state_version=STATE_VERSION,
                status="active" if active else "idle",
                remote_id=state.remote_id,
                due_at=due_at(state, self._rules),
            )
            if done and await inbox.mark_done(tx, done) != set(done):
                raise LeaseLost("An input was handled by somebody else meanwhile.")
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
                await messages.record(
                    tx,
                    intent_id(self._session, receipt.key),
                    receipt.ts,
                    receipt.shown,
                    receipt.sealed,
                )
            await asks.project(tx, self._ask_rows(state))

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


def _intent(thread: ThreadKey, message: MessageRow) -> Intent:
    key = PartKey(Slot(message.slot), message.part, Place.parse(message.place))
    return Intent(thread, key, message.created_at)
