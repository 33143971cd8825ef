"""Standing rules are ended from Home: in the store, and in the audit trail with it."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.bridge.stored_session import stored_state
from bot.bridge.trail import entries_of
from bot.core.approvals import Grant, grant_name
from bot.core.asks import Mask
from bot.core.errors import SessionUnreadable
from bot.core.inbound import Person
from bot.core.records import Record
from bot.core.views import may_revoke
from bot.store import audit, grants, sessions
from bot.store.database import Database

UNKNOWN = "I do not know this standing rule any more. Nothing was changed."
ENDED = "This standing rule had ended already."
REVOKED = "The standing rule is revoked. From now on the agent asks again."


async def revoke(
    database: Database, team: str, id: str, by: Person, key: str, mask: Mask, now: float
) -> str:
    """What became of it, for the person. Whoever made the rule may end it, and the owner of the
    session it is for. Raises StoreUnavailable."""
    async with database.transaction() as tx:
        grant = await grants.get(tx, team, id)
        if grant is None:
            return UNKNOWN
        allowed = may_revoke(grant, by, await _owner(tx, grant))
        if allowed and not await grants.revoke(tx, id, by.user, now):
            return ENDED
        record = Record(
            kind="revoked" if allowed else "refused",
            at=now,
            by=by,
            tool=grant.tool,
            verb="revoke",
            where="home",
            rule=grant_name(grant),
            grant=grant,
        )
        session = grant.place if grant.scope == "thread" else ""
        await audit.append(tx, team, await entries_of([record], session, key, mask))
    if allowed:
        return REVOKED
    return f"Only <@{grant.by.user}>, who made this standing rule, can revoke it. Ask them to."


async def _owner(tx: AsyncConnection, grant: Grant) -> Person | None:
    """Whose session a rule of one thread is for."""
    row = await sessions.get(tx, grant.place) if grant.scope == "thread" else None
    if row is None or row.state is None:
        return None
    try:
        return stored_state(row.state, row.state_version).owner
    except SessionUnreadable:
        return None
