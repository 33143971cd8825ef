"""Standing rules in the store."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from bot.core.approvals import Grant
from bot.core.inbound import Person
from bot.store import grants
from bot.store.database import Database

ANA = Person("U1", "Ana", groups=("S1",))
GRANT = Grant(
    id="g1", scope="channel", place="C1", agent="demo", tool="Bash",
    input=(("command", "git *"),), by=ANA, made_at=1.0, until=200.0,
)  # fmt: skip


async def test_a_rule_is_in_force_until_it_ends_E44(database: Database) -> None:
    longer = replace(GRANT, id="g0", until=300.0)
    async with database.transaction() as tx:
        for grant in (longer, GRANT):
            await grants.add(tx, "T1", grant)
        await grants.add(tx, "T2", replace(GRANT, id="g3"))
        assert await grants.active(tx, "T1", 100.0) == [GRANT, longer]
        assert await grants.active(tx, "T1", 200.0) == [longer]
        assert await grants.get(tx, "T1", "g1") == GRANT
        assert await grants.get(tx, "T2", "g1") is None


async def test_a_rule_is_revoked_once_and_stays_so_E44(database: Database) -> None:
    async with database.transaction() as tx:
        await grants.add(tx, "T1", GRANT)
        assert await grants.revoke(tx, "g1", "U1", 50.0)
        assert not await grants.revoke(tx, "g1", "U1", 51.0)
        await grants.add(tx, "T1", GRANT)
        assert await grants.active(tx, "T1", 60.0) == []
        assert not await grants.revoke(tx, "unknown", "U1", 50.0)


async def test_one_that_ended_by_itself_is_not_revoked(database: Database) -> None:
    async with database.transaction() as tx:
        await grants.add(tx, "T1", GRANT)
        assert not await grants.revoke(tx, "g1", "U1", 200.0)


async def test_those_that_ended_long_ago_are_forgotten(database: Database) -> None:
    async with database.transaction() as tx:
        await grants.add(tx, "T1", GRANT)
        await grants.add(tx, "T1", replace(GRANT, id="g2", until=900.0))
        await grants.add(tx, "T1", replace(GRANT, id="g3", until=900.0))
        await grants.add(tx, "T2", replace(GRANT, id="g4"))
        await grants.revoke(tx, "g3", "U1", 100.0)
        assert await grants.prune(tx, "T1", 500.0) == 2
        assert [grant.id for grant in await grants.active(tx, "T1", 1.0)] == ["g2"]
        assert await grants.get(tx, "T2", "g4") is not None


async def test_one_that_cannot_be_read_allows_nothing(database: Database) -> None:
    async with database.transaction() as tx:
        await grants.add(tx, "T1", GRANT)
        await tx.execute(text("UPDATE grants SET body = '{\"id\": 1}'"))
        assert await grants.active(tx, "T1", 100.0) == []
        assert await grants.get(tx, "T1", "g1") is None
