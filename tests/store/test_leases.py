"""Membership and leases: who is alive, who owns what, and what two at once may do."""

import asyncio
import math

import pytest
from sqlalchemy import literal, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import leases
from bot.store.database import Database
from bot.store.tables import replicas
from tests.waiting import until

LONG, PAST = 60.0, -1.0


async def _with_bucket(database: Database, *members: str) -> None:
    async with database.transaction() as tx:
        await leases.ensure_bucket(tx, "T1/0")
        for member in members:
            await leases.register(tx, member, LONG, "test")


async def _claim(database: Database, replica: str) -> dict[str, int]:
    async with database.transaction() as tx:
        return await leases.claim(tx, replica, ["T1/0"])


async def _kill(tx: AsyncConnection, replica: str) -> None:
    await tx.execute(update(replicas).where(replicas.c.id == replica).values(expires_at=0))
    assert await leases.reap(tx) == [replica]


async def test_a_heartbeat_prolongs_a_life(database: Database) -> None:
    async with database.transaction() as tx:
        await leases.register(tx, "a", LONG, "test")
        assert await leases.heartbeat(tx, "a", math.inf)
        assert await leases.reap(tx) == []
        assert await leases.live(tx) == ["a"]


async def test_a_heartbeat_too_late_is_refused_even_before_the_reaper_came(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await leases.register(tx, "late", PAST, "test")
        assert not await leases.heartbeat(tx, "late", LONG)
        assert not await leases.heartbeat(tx, "unknown", LONG)


async def test_the_dead_are_reaped_once_and_stay_dead(database: Database) -> None:
    async with database.transaction() as tx:
        await leases.register(tx, "dead", PAST, "test")
        await leases.register(tx, "alive", LONG, "test")
        assert await leases.reap(tx) == ["dead"]
        assert await leases.reap(tx) == []
        assert not await leases.heartbeat(tx, "dead", LONG)
        assert await leases.live(tx) == ["alive"]


async def test_a_heartbeat_in_flight_wins_against_the_reaper(database: Database) -> None:
    """The reaper saw the old expiry, and must look again once the heartbeat has committed."""
    async with database.transaction() as tx:
        await leases.register(tx, "a", PAST, "test")

    async def reap() -> list[str]:
        async with database.transaction() as tx:
            return await leases.reap(tx)

    async with database.transaction() as tx:
        with pytest.MonkeyPatch.context() as patch:  # it was in time when it came
            patch.setattr(leases, "now", lambda _: literal(0.0))
            assert await leases.heartbeat(tx, "a", math.inf)
        reaping = asyncio.create_task(reap())
        await _until_it_waits(tx)
    assert await reaping == []


async def test_a_reaper_in_flight_wins_against_the_heartbeat(database: Database) -> None:
    await _with_bucket(database, "a")

    async def beat() -> bool:
        async with database.transaction() as tx:
            return await leases.heartbeat(tx, "a", LONG)

    async with database.transaction() as tx:
        await _kill(tx, "a")
        beating = asyncio.create_task(beat())
        await _until_it_waits(tx)
    assert not await beating


async def _until_it_waits(tx: AsyncConnection) -> None:
    """Until another transaction waits for a row lock of this one; on SQLite for its turn."""
    await asyncio.sleep(0)
    if tx.dialect.name == "postgresql":
        count = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

        async def waits() -> bool:
            return (await tx.execute(count)).scalar_one() > 0

        await until(waits)


async def test_one_of_many_claims(database: Database) -> None:
    members = [f"r{number}" for number in range(20)]
    await _with_bucket(database, *members)
    gained = await asyncio.gather(*(_claim(database, member) for member in members))
    assert sorted(gained, key=len)[-1] == {"T1/0": 1}
    assert sum(map(len, gained)) == 1


async def test_takeover_of_a_dead_owners_bucket_raises_the_epoch(database: Database) -> None:
    await _with_bucket(database, "a", "b")
    assert await _claim(database, "a") == {"T1/0": 1}
    assert await _claim(database, "b") == {}
    async with database.transaction() as tx:
        await _kill(tx, "a")
    assert await _claim(database, "b") == {"T1/0": 2}
    async with database.transaction() as tx:
        assert await leases.owned(tx, "a") == []
        [lease] = await leases.owned(tx, "b")
        assert lease.epoch == 2


async def test_a_dead_or_unknown_claimant_gains_nothing(database: Database) -> None:
    await _with_bucket(database, "a")
    async with database.transaction() as tx:
        await leases.register(tx, "expired", PAST, "test")
    assert await _claim(database, "expired") == {}
    async with database.transaction() as tx:
        await leases.reap(tx)
    assert await _claim(database, "expired") == {}
    assert await _claim(database, "unknown") == {}
    assert await _claim(database, "a") == {"T1/0": 1}


async def test_only_the_owner_releases(database: Database) -> None:
    await _with_bucket(database, "a", "b")
    await _claim(database, "a")
    async with database.transaction() as tx:
        await leases.release(tx, "b", ["T1/0"])
        assert await leases.claimable(tx) == []
        await leases.release(tx, "a", ["T1/0"])
        assert [lease.bucket for lease in await leases.claimable(tx)] == ["T1/0"]
    assert await _claim(database, "b") == {"T1/0": 2}


async def test_a_wish_lasts_until_the_next_claim(database: Database) -> None:
    await _with_bucket(database, "a", "b")
    await _claim(database, "a")
    async with database.transaction() as tx:
        await leases.want(tx, "T1/0", "b")
        assert [lease.wanted_by for lease in await leases.owned(tx, "a")] == ["b"]
        await leases.release(tx, "a", ["T1/0"])
    await _claim(database, "b")
    async with database.transaction() as tx:
        assert [lease.wanted_by for lease in await leases.owned(tx, "b")] == [None]


async def test_who_retires_owns_nothing_and_is_not_counted(database: Database) -> None:
    await _with_bucket(database, "a", "b")
    await _claim(database, "a")
    async with database.transaction() as tx:
        await leases.retire(tx, "a")
        assert await leases.live(tx) == ["b"]
        assert [lease.bucket for lease in await leases.claimable(tx)] == ["T1/0"]


async def test_the_holder_of_the_file_lock_buries_all_others_at_once(database: Database) -> None:
    await _with_bucket(database, "before", "me")
    await _claim(database, "before")
    async with database.transaction() as tx:
        assert await leases.reap_others(tx, "me") == ["before"]
    assert await _claim(database, "me") == {"T1/0": 2}


async def test_the_long_dead_are_forgotten_unless_they_still_own(database: Database) -> None:
    await _with_bucket(database, "owner", "fresh", "old", "alive")
    await _claim(database, "owner")
    async with database.transaction() as tx:
        await leases.retire(tx, "fresh")
        for id in ("owner", "old"):
            await tx.execute(
                update(replicas).where(replicas.c.id == id).values(dead=True, expires_at=0)
            )
        await leases.forget_dead(tx)
        left = (await tx.execute(replicas.select().order_by(replicas.c.id))).scalars()
        assert list(left) == ["alive", "fresh", "owner"]


async def test_knowing_a_bucket_again_changes_nothing(database: Database) -> None:
    await _with_bucket(database, "a")
    await _claim(database, "a")
    await _with_bucket(database)
    async with database.transaction() as tx:
        assert [lease.epoch for lease in await leases.owned(tx, "a")] == [1]
