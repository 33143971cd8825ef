"""What came in and is not yet done: stored before it is acknowledged, one effect per key."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert, now
from bot.store.tables import inbox, ingress

CHANNEL = "inbox"
"""The PostgreSQL notification channel; the payload is the bucket."""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One stored input. `seq` increases within a session in commit order and may have gaps."""

    key: str
    session_id: str
    bucket: str
    seq: int
    kind: str
    body: str
    received_at: float
    done_at: float | None


async def add(
    tx: AsyncConnection, key: str, session_id: str, bucket: str, kind: str, body: str
) -> bool:
    """Store an input unless its key is known; says whether it was new.

    The ingress row is locked until commit, so commit order is `seq` order within a session.
    On PostgreSQL the commit wakes the listeners of `CHANNEL`.
    """
    counter = insert(tx, ingress).values(session_id=session_id, bucket=bucket, seq=1)
    seq = await tx.execute(
        counter.on_conflict_do_update(
            index_elements=[ingress.c.session_id], set_={"seq": ingress.c.seq + 1}
        ).returning(ingress.c.seq)
    )
    row = insert(tx, inbox).values(
        key=key,
        session_id=session_id,
        bucket=bucket,
        seq=seq.scalar_one(),
        kind=kind,
        body=body,
        received_at=now(tx),
    )
    added = await tx.execute(
        row.on_conflict_do_nothing(index_elements=[inbox.c.key]).returning(inbox.c.key)
    )
    if added.scalar_one_or_none() is None:
        return False
    if tx.dialect.name == "postgresql":
        await tx.execute(select(func.pg_notify(CHANNEL, bucket)))
    return True


async def session_of(tx: AsyncConnection, key: str) -> str | None:
    """The session an input was for, as long as it is kept."""
    query = select(inbox.c.session_id).where(inbox.c.key == key)
    return (await tx.execute(query)).scalar_one_or_none()


async def pending(tx: AsyncConnection, session_id: str, after_seq: int = 0) -> list[InboxRow]:
    """The session's inputs not yet done, in order.

    `after_seq` only skips rows already taken up: a row is finished when it is marked, so begin
    at 0 after an adoption.
    """
    query = (
        select(inbox)
        .where(
            inbox.c.session_id == session_id,
            inbox.c.seq > after_seq,
            inbox.c.done_at.is_(None),
        )
        .order_by(inbox.c.seq)
    )
    return [InboxRow(**row) for row in (await tx.execute(query)).mappings()]


async def waiting(tx: AsyncConnection, buckets: Collection[str]) -> list[tuple[str, str]]:
    """(session id, bucket) of the sessions that have inputs not yet done."""
    query = (
        select(inbox.c.session_id, inbox.c.bucket)
        .where(inbox.c.bucket.in_(list(buckets)), inbox.c.done_at.is_(None))
        .distinct()
    )
    return [(session, bucket) for session, bucket in (await tx.execute(query)).all()]


async def is_known(tx: AsyncConnection, key: str) -> bool:
    """Whether an input of this key was stored, done or not."""
    found = await tx.execute(select(inbox.c.key).where(inbox.c.key == key))
    return found.scalar_one_or_none() is not None


async def mark_done(tx: AsyncConnection, keys: Collection[str]) -> set[str]:
    """Mark inputs as done, in the owner's transaction that stores their effect.

    Returns the keys this call marked: one that is missing was done before, and its effect must
    not be stored again.
    """
    statement = (
        update(inbox)
        .where(inbox.c.key.in_(keys), inbox.c.done_at.is_(None))
        .values(done_at=now(tx))
        .returning(inbox.c.key)
    )
    return set((await tx.execute(statement)).scalars())


async def prune(tx: AsyncConnection, older_than: float) -> int:
    """Forget inputs done more than `older_than` seconds ago; says how many.

    Keep them longer than Slack redelivers and catch-up looks back: a pruned key is new again.
    """
    result = await tx.execute(delete(inbox).where(inbox.c.done_at < now(tx) - older_than))
    return result.rowcount
