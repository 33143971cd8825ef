"""Sessions: one per thread, written only under the newest epoch."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.errors import LeaseLost
from bot.store import inbox, leases, messages, sessions
from bot.store.database import Database, clock
from bot.store.sessions import SessionRow
from tests.waiting import until

BUCKET = "T1/0"


async def _new(tx: AsyncConnection, thread_ts: str = "1.1", team: str = "T1") -> SessionRow:
    key = f"{team}/C1/{thread_ts}"
    return await sessions.get_or_create(tx, key, team, "C1", thread_ts, f"{team}/0", "demo")


async def _save(
    tx: AsyncConnection,
    id: str,
    epoch: int,
    state: str = "{}",
    status: sessions.Status = "idle",
    due_at: float | None = None,
) -> None:
    await sessions.save(
        tx,
        id,
        epoch,
        state=state,
        state_version=1,
        status=status,
        remote_id="remote-1",
        due_at=due_at,
    )


async def test_a_new_session_is_idle_and_its_bucket_can_be_claimed(database: Database) -> None:
    async with database.transaction() as tx:
        row = await _new(tx)
        assert (row.status, row.epoch, row.state, row.due_at) == ("idle", 0, None, None)
        assert [lease.bucket for lease in await leases.claimable(tx)] == [BUCKET]
        assert abs(row.created_at - await clock(tx)) < 60


async def test_twenty_at_once_in_one_thread_make_one_session_E57(database: Database) -> None:
    async def mention(number: int) -> tuple[str, bool]:
        async with database.transaction() as tx:
            row = await sessions.get_or_create(tx, f"s{number}", "T1", "C1", "1.1", BUCKET, "demo")
            return row.id, await inbox.add(tx, f"msg:{number}", row.id, BUCKET, "prompt", "{}")

    made = await asyncio.gather(*(mention(number) for number in range(20)))
    assert len({id for id, _ in made}) == 1
    assert all(added for _, added in made)
    async with database.transaction() as tx:
        assert len(await sessions.recent(tx, "T1", 10)) == 1
        waiting = await inbox.pending(tx, made[0][0])
    assert {row.key for row in waiting} == {f"msg:{number}" for number in range(20)}
    assert len({row.seq for row in waiting}) == 20


async def test_an_id_of_another_thread_is_a_fault(database: Database) -> None:
    with pytest.raises(ValueError, match="another thread"):
        async with database.transaction() as tx:
            await sessions.get_or_create(tx, "s1", "T1", "C1", "1.1", BUCKET, "demo")
            await sessions.get_or_create(tx, "s1", "T1", "C1", "2.2", BUCKET, "demo")


async def test_what_is_saved_is_adopted(database: Database) -> None:
    async with database.transaction() as tx:
        id = (await _new(tx)).id
        assert await sessions.adopt(tx, id, 1)
        await _save(tx, id, 1, '{"turn": 3}', "active", due_at=12.5)
    async with database.transaction() as tx:
        row = await sessions.adopt(tx, id, 2)
    assert row
    assert (row.state, row.state_version, row.status) == ('{"turn": 3}', 1, "active")
    assert (row.remote_id, row.due_at, row.epoch) == ("remote-1", 12.5, 2)


async def test_adopting_again_under_the_same_epoch_is_allowed(database: Database) -> None:
    async with database.transaction() as tx:
        id = (await _new(tx)).id
        assert await sessions.adopt(tx, id, 3)
        assert await sessions.adopt(tx, id, 3)


async def test_a_stale_epoch_neither_adopts_nor_writes(database: Database) -> None:
    async with database.transaction() as tx:
        id = (await _new(tx)).id
        assert await sessions.adopt(tx, id, 2)
        await _save(tx, id, 2, "new")
        assert await sessions.adopt(tx, id, 1) is None
        for stale in (_save(tx, id, 1, "old"), sessions.fence(tx, id, 1)):
            with pytest.raises(LeaseLost):
                await stale
        await sessions.fence(tx, id, 2)
        row = await sessions.get(tx, id)
    assert row and row.state == "new"


async def test_a_refused_write_takes_its_whole_transaction_with_it(database: Database) -> None:
    async with database.transaction() as tx:
        id = (await _new(tx)).id
        await inbox.add(tx, "msg:1", id, BUCKET, "prompt", "{}")
        await sessions.adopt(tx, id, 2)
    with pytest.raises(LeaseLost):
        async with database.transaction() as tx:
            await inbox.mark_done(tx, ["msg:1"])
            await messages.intend(tx, "i1", id, "turn:1", 0, "C1/1.1", "C1", "1.1")
            await _save(tx, id, 1)
    async with database.transaction() as tx:
        assert [row.key for row in await inbox.pending(tx, id)] == ["msg:1"]
        assert await messages.for_session(tx, id) == []


async def test_a_zombie_inside_its_transaction_is_seen_or_refused(database: Database) -> None:
    """The old owner holds the row when the new one adopts: its write comes first and is seen."""
    async with database.transaction() as tx:
        id = (await _new(tx)).id
        await sessions.adopt(tx, id, 1)
    written = asyncio.Event()

    async def zombie() -> None:
        async with database.transaction() as tx:
            await sessions.fence(tx, id, 1)
            written.set()
            await _save(tx, id, 1, "by the zombie")

    async def successor() -> SessionRow | None:
        await written.wait()
        async with database.transaction() as tx:
            return await sessions.adopt(tx, id, 2)

    _, row = await asyncio.gather(zombie(), successor())
    assert row and row.state == "by the zombie"
    with pytest.raises(LeaseLost):
        await zombie()


async def test_active_finds_input_open_work_and_passed_deadlines(database: Database) -> None:
    async with database.transaction() as tx:
        for thread in ("input", "work", "overdue", "future", "done", "idle"):
            id = (await _new(tx, thread)).id
            await sessions.adopt(tx, id, 1)
            await _save(
                tx,
                id,
                1,
                status="active" if thread == "work" else "idle",
                due_at={"overdue": 99.0, "future": 101.0}.get(thread),
            )
        for thread in ("input", "done"):
            await inbox.add(tx, thread, f"T1/C1/{thread}", BUCKET, "prompt", "{}")
        await inbox.mark_done(tx, ["done"])
        other = await _new(tx, "other", team="T2")
        await inbox.add(tx, "other", other.id, other.bucket, "prompt", "{}")

        found = await sessions.active(tx, [BUCKET], 100.0)
        assert sorted(found) == ["T1/C1/input", "T1/C1/overdue", "T1/C1/work"]
        assert await sessions.due(tx, BUCKET, 100.0) == ["T1/C1/overdue"]
        assert await sessions.due(tx, BUCKET, 102.0) == ["T1/C1/overdue", "T1/C1/future"]
        assert await sessions.active(tx, [], 100.0) == []


async def test_recent_gives_the_teams_last_written_first(database: Database) -> None:
    for thread in ("1.1", "2.2", "3.3"):
        async with database.transaction() as tx:
            await _new(tx, thread)
    async with database.transaction() as tx:
        await _new(tx, "4.4", team="T2")
        await sessions.adopt(tx, "T1/C1/1.1", 1)
    await _until_the_clock_moved(database)
    async with database.transaction() as tx:
        await _save(tx, "T1/C1/1.1", 1)
    async with database.transaction() as tx:
        threads = [row.thread_ts for row in await sessions.recent(tx, "T1", 2)]
    assert threads[0] == "1.1" and len(threads) == 2


async def _until_the_clock_moved(database: Database) -> None:
    async def read() -> float:
        async with database.transaction() as tx:
            return await clock(tx)

    start = await read()

    async def moved() -> bool:
        return await read() > start + 0.002  # SQLite's clock has milliseconds

    await until(moved)


async def test_a_remote_id_leads_to_its_session(database: Database) -> None:
    async with database.transaction() as tx:
        first, second = await _new(tx, "1.1"), await _new(tx, "2.2")
        await sessions.add_remote_id(tx, "demo", "r1", first.id)
        found = await sessions.find_by_remote_id(tx, "demo", "r1")
        assert found and found.id == first.id
        await sessions.add_remote_id(tx, "demo", "r1", second.id)
        found = await sessions.find_by_remote_id(tx, "demo", "r1")
        assert found and found.id == second.id
        assert await sessions.find_by_remote_id(tx, "other", "r1") is None
