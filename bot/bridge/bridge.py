"""The way in for whatever people do: stored in one transaction, then the session is woken."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.bridge import homes, standing_rules
from bot.bridge.stored_session import stored_state
from bot.core.access import Access
from bot.core.asks import Mask
from bot.core.errors import SessionUnreadable, StoreUnavailable
from bot.core.ids import SessionId, ThreadKey, order_of
from bot.core.inbound import Inbound, Person, Prompt
from bot.core.ports import Accepted, Bound, KnownAsk
from bot.core.routing import Routes, route
from bot.core.state import ask_of, place_of
from bot.core.stored import dump_inbound
from bot.core.views import ask_view
from bot.store import asks, inbox, messages, preferences, seen, sessions
from bot.store.database import Database, clock

OWED = "catchup.owed_since"


class StoreBridge:
    """`wake(session, bucket)` is called after the commit, `look_at_homes` after somebody opened
    theirs. `routes` says who answers where, `access` who may use the bot. `mask` takes credentials
    out of what is recorded."""

    def __init__(
        self,
        database: Database,
        routes: Routes,
        wake: Callable[[SessionId, str], None],
        *,
        mask: Mask,
        access: Access | None = None,
        look_at_homes: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._routes = routes
        self._wake = wake
        self._mask = mask
        self._access = access or Access()
        self._look_at_homes = look_at_homes
        self._now = now

    async def accept(self, inbound: Inbound) -> Accepted:
        thread = inbound.thread
        async with self._database.transaction() as tx:
            row = await sessions.find_by_thread(tx, thread.team, thread.channel, thread.thread_ts)
            if row is None:
                if not isinstance(inbound, Prompt) or not (inbound.mentions_bot or inbound.direct):
                    return "ignored"
                agent, inbound = route(inbound, self._routes, None)
                row = await sessions.get_or_create(
                    tx,
                    thread.session,
                    thread.team,
                    thread.channel,
                    thread.thread_ts,
                    bucket_of(thread.team),
                    agent,
                )
            elif isinstance(inbound, Prompt):
                _, inbound = route(inbound, self._routes, row.agent)
            new = await inbox.add(
                tx, inbound.key, row.id, row.bucket, inbound.kind, dump_inbound(inbound)
            )
            if isinstance(inbound, Prompt):
                await seen.advance(tx, thread.team, inbound.ts)
        self._wake(SessionId(row.id), row.bucket)
        return "stored" if new else "known"

    async def find_ask(self, uid: str) -> KnownAsk | None:
        async with self._database.transaction() as tx:
            known = await asks.get(tx, uid)
            row = await sessions.get(tx, known.session_id) if known else None
        if known is None or row is None or row.state is None:
            return None
        try:
            state = stored_state(row.state, row.state_version)
        except SessionUnreadable as error:  # a press is not lost on a newer version's ask
            raise StoreUnavailable(error.user_message) from error
        ask, view = ask_of(state, known.ask_id), ask_view(state, known.ask_id)
        if ask is None or view is None:
            return None
        where = place_of(state, ask.requesters)
        return KnownAsk(state.thread, view, where, ask.terms, self._access)

    async def find_thread(self, team: str, channel: str, ts: str, post: str) -> ThreadKey | None:
        async with self._database.transaction() as tx:
            shown = await messages.by_ts(tx, channel, ts)
            session = shown.session_id if shown else await inbox.session_of(tx, post)
            row = await sessions.get(tx, session) if session else None
        if row is None or row.team != team:
            return None
        return ThreadKey(row.team, row.channel, row.thread_ts)

    async def home_opened(self, team: str, person: Person, notice: str = "") -> None:
        async with self._database.transaction() as tx:
            await homes.opened(tx, team, person, notice)
        self._look_at_homes()

    async def revoke(self, team: str, grant: str, by: Person, key: str) -> str:
        at = self._now()
        return await standing_rules.revoke(self._database, team, grant, by, key, self._mask, at)

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
