"""Sessions: one row per thread, written only by the replica whose epoch it carries.

Adoption writes the lease's epoch into the row; from then on a write with an older epoch matches
no row. So an older owner's write either commits before the adoption, and is seen by it, or never.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.errors import LeaseLost
from bot.store import leases
from bot.store.database import insert, now
from bot.store.tables import inbox, remote_ids, sessions

Status = Literal["idle", "active"]
"""`active`: work is open that must be resumed after a takeover, even without new input."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A stored session. `state` is the session's JSON, None before its first save."""

    id: str
    bucket: str
    team: str
    channel: str
    thread_ts: str
    agent: str
    remote_id: str | None
    state: str | None
    state_version: int
    status: Status
    epoch: int
    due_at: float | None
    created_at: float
    updated_at: float


async def get_or_create(
    tx: AsyncConnection,
    id: str,
    team: str,
    channel: str,
    thread_ts: str,
    bucket: str,
    agent: str,
) -> SessionRow:
    """The session of this thread. A new one takes `id`, `bucket` and `agent`, for good."""
    found = await find_by_thread(tx, team, channel, thread_ts)
    if found:
        return found
    await leases.ensure_bucket(tx, bucket)
    created = insert(tx, sessions).values(
        id=id,
        bucket=bucket,
        team=team,
        channel=channel,
        thread_ts=thread_ts,
        agent=agent,
        state_version=0,
        status="idle",
        epoch=0,
        created_at=now(tx),
        updated_at=now(tx),
    )
    await tx.execute(created.on_conflict_do_nothing())
    row = await find_by_thread(tx, team, channel, thread_ts)
    if row is None:
        raise ValueError(f"session {id} belongs to another thread")
    return row


async def get(tx: AsyncConnection, id: str) -> SessionRow | None:
    """The session of this id."""
    row = (await tx.execute(select(sessions).where(sessions.c.id == id))).mappings().one_or_none()
    return SessionRow(**row) if row else None


async def find_by_thread(
    tx: AsyncConnection, team: str, channel: str, thread_ts: str
) -> SessionRow | None:
    """The session of this thread, if it has one."""
    query = select(sessions).where(
        sessions.c.team == team,
        sessions.c.channel == channel,
        sessions.c.thread_ts == thread_ts,
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return SessionRow(**row) if row else None


async def adopt(tx: AsyncConnection, id: str, epoch: int) -> SessionRow | None:
    """Take the session over under the lease's epoch. None: a newer owner has it already."""
    statement = (
        update(sessions)
        .where(sessions.c.id == id, sessions.c.epoch <= epoch)
        .values(epoch=epoch)
        .returning(sessions)
    )
    row = (await tx.execute(statement)).mappings().one_or_none()
    return SessionRow(**row) if row else None


async def save(
    tx: AsyncConnection,
    id: str,
    epoch: int,
    *,
    state: str,
    state_version: int,
    status: Status,
    remote_id: str | None,
    due_at: float | None,
) -> None:
    """Write what the session is now. Raises LeaseLost when it was adopted by a newer owner.

    `due_at` is when it needs its actor again without any input. Inbox marks, intents and receipts
    that belong to this state follow in the same transaction and are fenced by it.
    """
    statement = (
        update(sessions)
        .where(sessions.c.id == id, sessions.c.epoch == epoch)
        .values(
            state=state,
            state_version=state_version,
            status=status,
            remote_id=remote_id,
            due_at=due_at,
            updated_at=now(tx),
        )
    )
    if (await tx.execute(statement)).rowcount != 1:
        raise LeaseLost()


async def fence(tx: AsyncConnection, id: str, epoch: int) -> None:
    """Begin an owner's transaction that saves no state: hold the row, or raise LeaseLost."""
    held = (
        select(sessions.c.id)
        .where(sessions.c.id == id, sessions.c.epoch == epoch)
        .with_for_update(key_share=True)
    )
    if (await tx.execute(held)).scalar_one_or_none() is None:
        raise LeaseLost()


async def due(tx: AsyncConnection, bucket: str, at: float) -> list[str]:
    """Ids of sessions whose time has come, longest overdue first."""
    query = (
        select(sessions.c.id)
        .where(sessions.c.bucket == bucket, sessions.c.due_at <= at)
        .order_by(sessions.c.due_at)
    )
    return list((await tx.execute(query)).scalars())


async def active(tx: AsyncConnection, buckets: Collection[str], at: float) -> list[str]:
    """Ids of sessions that need an actor: input waits, work is open, or their time has come."""
    mine = list(buckets)
    waiting = select(inbox.c.session_id).where(inbox.c.bucket.in_(mine), inbox.c.done_at.is_(None))
    working = select(sessions.c.id).where(
        sessions.c.bucket.in_(mine), sessions.c.status == "active"
    )
    overdue = select(sessions.c.id).where(sessions.c.bucket.in_(mine), sessions.c.due_at <= at)
    return list((await tx.execute(union(waiting, working, overdue))).scalars())


async def lingering(
    tx: AsyncConnection, buckets: Collection[str], agent: str, since: float
) -> list[tuple[str, str]]:
    """Ids and buckets of sessions with a remote session of this agent, written at `since` or
    later."""
    query = select(sessions.c.id, sessions.c.bucket).where(
        sessions.c.bucket.in_(list(buckets)),
        sessions.c.agent == agent,
        sessions.c.remote_id.is_not(None),
        sessions.c.updated_at >= since,
    )
    return [(row.id, row.bucket) for row in await tx.execute(query)]


async def recent(tx: AsyncConnection, team: str, limit: int) -> list[SessionRow]:
    """The team's sessions, last written first."""
    query = (
        select(sessions)
        .where(sessions.c.team == team)
        .order_by(sessions.c.updated_at.desc(), sessions.c.id)
        .limit(limit)
    )
    return [SessionRow(**row) for row in (await tx.execute(query)).mappings()]


async def times(
    tx: AsyncConnection, team: str, limit: int, also: Collection[str] = ()
) -> dict[str, float]:
    """When each was last written, of the team's sessions written last, of all with work open, and
    of those named in `also`."""
    columns = select(sessions.c.id, sessions.c.updated_at)
    newest = columns.where(sessions.c.team == team)
    newest = newest.order_by(sessions.c.updated_at.desc(), sessions.c.id).limit(limit)
    active = columns.where(sessions.c.team == team, sessions.c.status == "active")
    named = columns.where(sessions.c.team == team, sessions.c.id.in_(list(also)))
    found: dict[str, float] = {}
    for query in (newest, active, named):
        found |= {row.id: row.updated_at for row in await tx.execute(query)}
    return found


async def of(tx: AsyncConnection, ids: Collection[str], page: int = 100) -> list[SessionRow]:
    """The sessions of these ids."""
    wanted, rows = list(ids), list[SessionRow]()
    for start in range(0, len(wanted), page):
        query = select(sessions).where(sessions.c.id.in_(wanted[start : start + page]))
        rows += [SessionRow(**row) for row in (await tx.execute(query)).mappings()]
    return rows


async def add_remote_id(tx: AsyncConnection, agent: str, remote_id: str, session_id: str) -> None:
    """Remember a remote session or remote agent id as this session's; the newest claim wins."""
    statement = insert(tx, remote_ids).values(
        agent=agent, remote_id=remote_id, session_id=session_id
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[remote_ids.c.agent, remote_ids.c.remote_id],
            set_={"session_id": statement.excluded.session_id},
        )
    )


async def find_by_remote_id(tx: AsyncConnection, agent: str, remote_id: str) -> SessionRow | None:
    """The session a server means by `remote_id`."""
    query = (
        select(sessions)
        .join(remote_ids, remote_ids.c.session_id == sessions.c.id)
        .where(remote_ids.c.agent == agent, remote_ids.c.remote_id == remote_id)
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return SessionRow(**row) if row else None
