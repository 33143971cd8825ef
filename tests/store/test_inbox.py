"""The inbox: one effect per key, in commit order."""

import asyncio
from itertools import pairwise

from bot.store import inbox
from bot.store.database import Database


async def _add(database: Database, key: str, session: str = "s1") -> bool:
    async with database.transaction() as tx:
        return await inbox.add(tx, key, session, "T1/0", "prompt", f"body of {key}")


async def test_a_stored_input_comes_back_whole(database: Database) -> None:
    assert await _add(database, "msg:1")
    async with database.transaction() as tx:
        [row] = await inbox.pending(tx, "s1")
        assert await inbox.is_known(tx, "msg:1")
        assert not await inbox.is_known(tx, "msg:2")
    assert (row.key, row.session_id, row.bucket) == ("msg:1", "s1", "T1/0")
    assert (row.seq, row.kind, row.body, row.done_at) == (1, "prompt", "body of msg:1", None)


async def test_a_key_delivered_twenty_times_at_once_is_stored_once_E70(database: Database) -> None:
    added = await asyncio.gather(*(_add(database, "msg:1") for _ in range(20)))
    assert added.count(True) == 1
    async with database.transaction() as tx:
        assert len(await inbox.pending(tx, "s1")) == 1


async def test_seq_increases_in_commit_order(database: Database) -> None:
    committed: list[str] = []

    async def add(key: str) -> None:
        async with database.transaction() as tx:
            await inbox.add(tx, key, "s1", "T1/0", "prompt", "{}")
            committed.append(key)  # the ingress row is locked until the commit that follows

    await asyncio.gather(*(add(f"msg:{number}") for number in range(20)))
    async with database.transaction() as tx:
        rows = await inbox.pending(tx, "s1")
    assert [row.key for row in rows] == committed
    assert all(before.seq < after.seq for before, after in pairwise(rows))


async def test_a_duplicate_leaves_a_gap_and_order_holds(database: Database) -> None:
    for key in ("a", "a", "b"):
        await _add(database, key)
    async with database.transaction() as tx:
        rows = await inbox.pending(tx, "s1")
        assert [row.key for row in rows] == ["a", "b"]
        assert [row.key for row in await inbox.pending(tx, "s1", after_seq=rows[0].seq)] == ["b"]


async def test_done_rows_wait_no_longer_and_are_marked_once(database: Database) -> None:
    for key in ("a", "b", "c"):
        await _add(database, key)
    async with database.transaction() as tx:
        assert await inbox.mark_done(tx, ["a", "c"]) == {"a", "c"}
        assert await inbox.mark_done(tx, ["a", "b", "unknown"]) == {"b"}
        assert await inbox.mark_done(tx, []) == set()
        assert await inbox.pending(tx, "s1") == []


async def test_a_done_key_delivered_again_is_a_duplicate(database: Database) -> None:
    await _add(database, "a")
    async with database.transaction() as tx:
        await inbox.mark_done(tx, ["a"])
    assert not await _add(database, "a")


async def test_pruning_forgets_what_was_done_long_ago_only(database: Database) -> None:
    for key in ("done", "waiting"):
        await _add(database, key)
    async with database.transaction() as tx:
        await inbox.mark_done(tx, ["done"])
        assert await inbox.prune(tx, older_than=3600) == 0
        assert await inbox.prune(tx, older_than=-1) == 1
        assert not await inbox.is_known(tx, "done")
        assert await inbox.is_known(tx, "waiting")


async def test_sessions_count_apart(database: Database) -> None:
    await _add(database, "a", "s1")
    await _add(database, "b", "s2")
    async with database.transaction() as tx:
        assert [row.seq for row in await inbox.pending(tx, "s2")] == [1]
