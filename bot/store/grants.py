"""Standing rules that people made: kept until they end or are revoked, and a while longer."""

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.approvals import Grant
from bot.store.database import insert
from bot.store.tables import grants

log = structlog.get_logger()

_GRANT = TypeAdapter(Grant)


async def add(tx: AsyncConnection, team: str, grant: Grant) -> None:
    """Store a new rule. One of the same id stays as it is, so a revoked one stays revoked."""
    row = insert(tx, grants).values(
        id=grant.id, team=team, body=_GRANT.dump_json(grant).decode(), until=grant.until
    )
    await tx.execute(row.on_conflict_do_nothing(index_elements=[grants.c.id]))


async def active(tx: AsyncConnection, team: str, now: float) -> list[Grant]:
    """The rules in force in this workspace, those that end first first. One that cannot be read is
    left out, and so allows nothing."""
    query = (
        select(grants.c.id, grants.c.body)
        .where(grants.c.team == team, grants.c.until > now, grants.c.revoked_at.is_(None))
        .order_by(grants.c.until, grants.c.id)
    )
    rows = await tx.execute(query)
    return [grant for row in rows if (grant := _read(row.id, row.body))]


async def get(tx: AsyncConnection, team: str, id: str) -> Grant | None:
    """The rule of this id, also when it has ended."""
    query = select(grants.c.body).where(grants.c.team == team, grants.c.id == id)
    body = (await tx.execute(query)).scalar_one_or_none()
    return None if body is None else _read(id, body)


async def revoke(tx: AsyncConnection, id: str, by: str, at: float) -> bool:
    """End the rule now. False when it had ended or been revoked before. `by` is a user id."""
    statement = (
        update(grants)
        .where(grants.c.id == id, grants.c.revoked_at.is_(None), grants.c.until > at)
        .values(revoked_at=at, revoked_by=by)
    )
    return (await tx.execute(statement)).rowcount == 1


async def prune(tx: AsyncConnection, team: str, before: float) -> int:
    """Forget the team's rules that ended before `before`; says how many."""
    ended = or_(grants.c.until < before, grants.c.revoked_at < before)
    return (await tx.execute(delete(grants).where(grants.c.team == team, ended))).rowcount


def _read(id: str, body: str) -> Grant | None:
    try:
        return _GRANT.validate_json(body)
    except ValidationError as error:
        log.error("grant.unreadable", grant=id, errors=error.error_count())
        return None
