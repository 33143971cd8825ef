"""The way in for whatever people do: stored in one transaction, then the session is woken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.bridge.stored_session import stored_state
from bot.core.asks import Ask
from bot.core.errors import SessionUnreadable, StoreUnavailable
from bot.core.ids import SessionId, ThreadKey, order_of
from bot.core.inbound import Inbound, Prompt
from bot.core.ports import Accepted, Bound
from bot.core.state import SessionState, ask_of
from bot.core.stored import dump_inbound
from bot.core.views import HomeEntry, HomeView
from bot.store import asks, inbox, preferences, seen, sessions
from bot.store.database import Database, clock
from bot.store.sessions import SessionRow

OWED = "catchup.owed_since"
HOME_LOOKS_AT = 200
HOME_SHOWS = 20


class StoreBridge:
    """`wake(session, bucket)` is called after the commit. `agent` answers in new threads."""

    def __init__(
        self, database: Database, agent: str, wake: Callable[[SessionId, str], None]
    ) -> None:
        self._database = database
        self._agent = agent
        self._wake = wake

    async def accept(self, inbound: Inbound) -> Accepted:
        thread = inbound.thread
        async with self._database.transaction() as tx:
            row = await sessions.find_by_thread(tx, thread.team, thread.channel, thread.thread_ts)
            if row is None:
                if not _opens_a_session(inbound):
                    return "ignored"
                row = await sessions.get_or_create(
                    tx,
                    thread.session,
                    thread.team,
                    thread.channel,
                    thread.thread_ts,
                    bucket_of(thread.team),
                    self._agent,
                )
            new = await inbox.add(
                tx, inbound.key, row.id, row.bucket, inbound.kind, dump_inbound(inbound)
            )
            if isinstance(inbound, Prompt):
                await seen.advance(tx, thread.team, inbound.ts)
        self._wake(SessionId(row.id), row.bucket)
        return "stored" if new else "known"

    async def find_ask(self, uid: str) -> tuple[ThreadKey, Ask] | None:
        async with self._database.transaction() as tx:
            known = await asks.get(tx, uid)
            row = await sessions.get(tx, known.session_id) if known else None
        if known is None or row is None or row.state is None:
            return None
        try:
            state = stored_state(row.state, row.state_version)
        except SessionUnreadable as error:  # a press is not lost on a newer version's ask
            raise StoreUnavailable(error.user_message) from error
        ask = ask_of(state, known.ask_id)
        return (state.thread, ask.ask) if ask else None

    async def home(self, team: str, user: str) -> HomeView:
        async with self._database.transaction() as tx:
            rows = await sessions.recent(tx, team, HOME_LOOKS_AT)
        entries = [entry for row in rows if (entry := _home_entry(row, user))]
        order = ("needs_you", "running", "recent")
        entries.sort(key=lambda entry: order.index(entry.state))
        return HomeView(tuple(entries[:HOME_SHOWS]))

    async def bound(self, thread: ThreadKey) -> bool:
        async with self._database.transaction() as tx:
            row = await sessions.find_by_thread(tx, thread.team, thread.channel, thread.thread_ts)
        return row is not None

    async def recent(self, team: str, limit: int) -> list[Bound]:
        async with self._database.transaction() as tx:
            rows = await sessions.recent(tx, team, limit)
        return [Bound(ThreadKey(r.team, r.channel, r.thread_ts), r.updated_at) for r in rows]

    async def missed_since(self, team: str) -> float | None:
        async with self._database.transaction() as tx:
            owed = await _owed(tx, team)
            newest = await seen.get(tx, team)
            if newest is None:
                # The bot may go away before it hears anything, and a mention come meanwhile.
                await seen.advance(tx, team, f"{await clock(tx):.6f}")
        known = [owed] if owed is not None else []
        return min([*known, float(order_of(newest)[0])] if newest else known, default=None)

    async def owe(self, team: str, since: float) -> None:
        async with self._database.transaction() as tx:
            owed = await _owed(tx, team)
            if owed is None or since < owed:
                await preferences.put(tx, f"team:{team}", OWED, since)

    async def settle(self, team: str, since: float) -> None:
        async with self._database.transaction() as tx:
            owed = await _owed(tx, team)
            if owed is not None and owed >= since:
                await preferences.put(tx, f"team:{team}", OWED, None)


async def _owed(tx: AsyncConnection, team: str) -> float | None:
    owed = await preferences.get(tx, f"team:{team}", OWED)
    return float(owed) if isinstance(owed, int | float) else None


def bucket_of(team: str) -> str:
    """The unit of ownership: Slack's limits count per workspace, so one owner knows them all."""
    return f"{team}/0"


def _opens_a_session(inbound: Inbound) -> bool:
    return isinstance(inbound, Prompt) and (inbound.mentions_bot or inbound.direct)


def _home_entry(row: SessionRow, user: str) -> HomeEntry | None:
    if row.state is None:
        return None
    try:
        state = stored_state(row.state, row.state_version)
    except SessionUnreadable:
        return None  # its actor says so; the other sessions are listed all the same
    if state.owner is None or state.owner.user != user:
        return None
    return HomeEntry(SessionId(row.id), state.title, _needs(state), row.updated_at)


def _needs(state: SessionState) -> Literal["needs_you", "running", "recent"]:
    if any(ask.status == "open" for ask in state.asks):
        return "needs_you"
    return "running" if state.open_turns else "recent"
