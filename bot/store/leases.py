"""Who is alive and who owns which bucket.

A replica lives as long as it beats; a bucket is owned by one replica under an epoch that grows
with every change of owner. Reap and claim run in separate transactions, reap first: the row lock
of a replica orders its death against a heartbeat in flight, which a claim alone could not.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert, now
from bot.store.tables import leases, replicas

FORGET_AFTER = 3600.0
"""Seconds after which the row of a dead replica that owns nothing is removed."""


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A bucket and its owner's epoch. `wanted_by` asks the owner for a planned move."""

    bucket: str
    replica_id: str | None
    epoch: int
    wanted_by: str | None


async def ensure_bucket(tx: AsyncConnection, bucket: str) -> None:
    """Make the bucket known, so that some replica claims it."""
    row = insert(tx, leases).values(bucket=bucket, epoch=0)
    await tx.execute(row.on_conflict_do_nothing(index_elements=[leases.c.bucket]))


async def register(tx: AsyncConnection, replica_id: str, ttl: float, build: str) -> None:
    """Join under a new id for `ttl` seconds (infinity where a file lock is the heartbeat)."""
    await tx.execute(
        insert(tx, replicas).values(
            id=replica_id, expires_at=now(tx) + ttl, dead=False, started_at=now(tx), build=build
        )
    )


async def heartbeat(tx: AsyncConnection, replica_id: str, ttl: float) -> bool:
    """Live `ttl` seconds more. False: declared dead or too late; drop all and join anew."""
    statement = (
        update(replicas)
        .where(replicas.c.id == replica_id, ~replicas.c.dead, replicas.c.expires_at > now(tx))
        .values(expires_at=now(tx) + ttl)
    )
    return (await tx.execute(statement)).rowcount == 1


async def reap(tx: AsyncConnection) -> list[str]:
    """Declare dead whoever has not beaten in time; returns their ids."""
    return await _bury(tx, replicas.c.expires_at < now(tx))


async def reap_others(tx: AsyncConnection, replica_id: str) -> list[str]:
    """Declare all others dead at once: for the holder of the SQLite file lock."""
    return await _bury(tx, replicas.c.id != replica_id)


async def _bury(tx: AsyncConnection, condition: ColumnElement[bool]) -> list[str]:
    statement = (
        update(replicas)
        .where(condition, ~replicas.c.dead)
        .values(dead=True, expires_at=now(tx))
        .returning(replicas.c.id)
    )
    return list((await tx.execute(statement)).scalars())


async def live(tx: AsyncConnection) -> list[str]:
    """Ids of the replicas not declared dead."""
    query = select(replicas.c.id).where(~replicas.c.dead).order_by(replicas.c.id)
    return list((await tx.execute(query)).scalars())


async def claimable(tx: AsyncConnection) -> list[LeaseRow]:
    """Buckets without an owner, or whose owner is dead."""
    query = select(leases).where(_ownerless()).order_by(leases.c.bucket)
    return [LeaseRow(**row) for row in (await tx.execute(query)).mappings()]


async def claim(tx: AsyncConnection, replica_id: str, buckets: Collection[str]) -> dict[str, int]:
    """Take what is still claimable of `buckets`; returns the epoch of each one gained.

    A claimant that is dead itself gains nothing.
    """
    alive = exists().where(
        replicas.c.id == replica_id, ~replicas.c.dead, replicas.c.expires_at > now(tx)
    )
    statement = (
        update(leases)
        .where(leases.c.bucket.in_(buckets), _ownerless(), alive)
        .values(replica_id=replica_id, epoch=leases.c.epoch + 1, wanted_by=None)
        .returning(leases.c.bucket, leases.c.epoch)
    )
    return {bucket: epoch for bucket, epoch in (await tx.execute(statement)).all()}


def _ownerless() -> ColumnElement[bool]:
    # An owner whose row is not visible here registered and claimed since this statement began.
    owner = replicas.alias("owner")
    dead = exists().where(owner.c.id == leases.c.replica_id, owner.c.dead)
    return or_(leases.c.replica_id.is_(None), dead)


async def owned(tx: AsyncConnection, replica_id: str) -> list[LeaseRow]:
    """The buckets this replica owns."""
    query = select(leases).where(leases.c.replica_id == replica_id)
    return [LeaseRow(**row) for row in (await tx.execute(query)).mappings()]


async def want(tx: AsyncConnection, bucket: str, replica_id: str) -> None:
    """Ask the owner of a bucket to hand it to `replica_id`: a planned move."""
    await tx.execute(update(leases).where(leases.c.bucket == bucket).values(wanted_by=replica_id))


async def release(tx: AsyncConnection, replica_id: str, buckets: Collection[str]) -> None:
    """Give these buckets up, as far as this replica still owns them."""
    await tx.execute(
        update(leases)
        .where(leases.c.bucket.in_(buckets), leases.c.replica_id == replica_id)
        .values(replica_id=None)
    )


async def retire(tx: AsyncConnection, replica_id: str) -> None:
    """Leave for good: release everything and be counted no longer."""
    await tx.execute(
        update(leases).where(leases.c.replica_id == replica_id).values(replica_id=None)
    )
    await _bury(tx, replicas.c.id == replica_id)


async def forget_dead(tx: AsyncConnection) -> None:
    """Remove the rows of replicas long dead that own nothing."""
    owners = select(leases.c.replica_id).where(leases.c.replica_id.is_not(None))
    await tx.execute(
        delete(replicas).where(
            replicas.c.dead,
            replicas.c.expires_at < now(tx) - FORGET_AFTER,
            replicas.c.id.not_in(owners),
        )
    )
