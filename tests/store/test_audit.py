"""The audit trail: it only grows, and whatever was done to it shows."""

from __future__ import annotations

import asyncio
import hashlib
import json

import pytest
from pydantic import JsonValue
from sqlalchemy import text

from bot.bridge.erasing import erase
from bot.store import audit
from bot.store.audit import Chain, Entry
from bot.store.database import Database

TEAM = "T1"


def entry(number: int, at: float | None = None) -> Entry:
    said: dict[str, JsonValue] = {"person": "U1", "proposed": {"command": f"make {number} ✓"}}
    return Entry(f"k{number}", at or 1000.25 + number, "decided", "T1/C1/1.1", said)


async def record(database: Database, *entries: Entry, team: str = TEAM) -> None:
    async with database.transaction() as tx:
        await audit.append(tx, team, entries)


async def ten(database: Database) -> None:
    for number in range(1, 11):
        await record(database, entry(number))


async def tamper(database: Database, *statements: str) -> None:
    async with database.transaction() as tx:
        for statement in statements:
            await tx.execute(text(statement))


async def walked(database: Database, *heads: str) -> Chain:
    return await audit.verify(database, TEAM, heads, page=3)


async def the_head(database: Database) -> str:
    async with database.transaction() as tx:
        head = await audit.head(tx, TEAM)
    assert head is not None
    return head.digest


async def test_rows_chain_in_the_order_they_are_appended_E49(database: Database) -> None:
    await record(database, entry(1), entry(2))
    await record(database, entry(3))
    rows = [row async for row in audit.export(database, page=2)]
    assert [(row.seq, row.at) for row in rows] == [(1, 1001.25), (2, 1002.25), (3, 1003.25)]
    assert [row.previous for row in rows] == ["", rows[0].digest, rows[1].digest]
    chain = await walked(database)
    assert (chain.rows, chain.erased, chain.head) == (3, 0, rows[-1].digest)
    assert chain.broken_at is None
    assert await the_head(database) == chain.head


async def test_a_digest_is_what_the_manual_says(database: Database) -> None:
    await record(database, entry(1))
    [row] = [row async for row in audit.export(database)]
    said = json.dumps(
        ["T1", 1, "1001.250000", "decided", "T1/C1/1.1", row.content_digest, ""],
        separators=(",", ":"),
    )
    assert row.digest == hashlib.sha256(said.encode()).hexdigest()
    assert row.content is not None
    salted = f"{row.salt}\n{row.content}"
    assert row.content_digest == hashlib.sha256(salted.encode()).hexdigest()


async def test_what_was_appended_comes_once_however_often_it_is_tried(database: Database) -> None:
    for _ in range(3):
        await record(database, entry(1), entry(2))
    assert (await walked(database)).rows == 2


async def test_each_workspace_has_a_chain_of_its_own(database: Database) -> None:
    await record(database, entry(1))
    await record(database, entry(2), team="T2")
    async with database.transaction() as tx:
        assert await audit.teams(tx) == ["T1", "T2"]
    assert [row.seq async for row in audit.export(database)] == [1, 1]
    assert [row.team async for row in audit.export(database, "T2")] == ["T2"]
    since = [row.team async for row in audit.export(database, since=1002.0)]
    assert since == ["T2"]


async def test_those_who_append_at_once_leave_no_gap(database: Database) -> None:
    await asyncio.gather(*(record(database, entry(number)) for number in range(1, 9)))
    chain = await walked(database)
    assert (chain.rows, chain.broken_at) == (8, None)


async def test_nothing_is_appended_by_a_transaction_that_fails(database: Database) -> None:
    await record(database, entry(1))
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await audit.append(tx, TEAM, [entry(2)])
            raise RuntimeError
    await record(database, entry(3))
    assert [row.seq async for row in audit.export(database)] == [1, 2]


@pytest.mark.parametrize(
    ("done", "first"),
    [
        ("UPDATE audit SET kind = 'refused' WHERE seq = 4", 4),
        ("UPDATE audit SET at = at + 0.5 WHERE seq = 4", 4),
        ("UPDATE audit SET session = 'T1/C2/1.1' WHERE seq = 4", 4),
        ("UPDATE audit SET previous = digest WHERE seq = 4", 4),
        ("UPDATE audit SET digest = previous WHERE seq = 4", 4),
        ("UPDATE audit SET content_digest = digest WHERE seq = 4", 4),
        ("UPDATE audit_contents SET content = '{}' WHERE seq = 7", 7),
        ("UPDATE audit_contents SET salt = '' WHERE seq = 7", 7),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 5", 5),
        ("DELETE FROM audit WHERE seq > 8", 9),
        ("DELETE FROM audit", 1),
        ("DELETE FROM audit_heads", 10),
        ("UPDATE audit_heads SET digest = '00'", 10),
        ("UPDATE audit_heads SET seq = 9", 9),
    ],
)
async def test_whatever_was_done_to_it_shows_where_it_begins_E49(
    database: Database, done: str, first: int
) -> None:
    await ten(database)
    await tamper(database, done)
    chain = await walked(database)
    assert chain.broken_at == first
    assert chain.fault


async def test_a_cut_tail_whose_record_was_mended_shows_against_a_head_that_was_noted(
    database: Database,
) -> None:
    await ten(database)
    noted = await the_head(database)
    await record(database, entry(11))
    assert (await walked(database, noted)).found == {noted}
    await tamper(
        database,
        "DELETE FROM audit WHERE seq > 8",
        "UPDATE audit_heads SET seq = 8, digest = (SELECT digest FROM audit WHERE seq = 8)",
    )
    chain = await walked(database, noted)
    assert (chain.broken_at, chain.found) == (None, set())


async def test_erased_contents_leave_the_chain_whole_and_cannot_be_guessed_E102(
    database: Database,
) -> None:
    await ten(database)
    assert await erase(database, TEAM, 1006.0, "keep_days", 2000.0, page=2) == 5
    assert await erase(database, TEAM, 1006.0, "keep_days", 2000.0) == 0
    chain = await walked(database)
    assert (chain.rows, chain.erased, chain.broken_at) == (11, 5, None)
    assert (chain.erased_before, chain.unexplained) == (1006.0, 0)
    rows = [row async for row in audit.export(database)]
    assert [row.content is None for row in rows] == [True] * 5 + [False] * 6
    assert rows[-1].kind == "erased" and rows[-1].content is not None
    said = json.loads(rows[-1].content)
    assert (said["rule"], said["effective"]["up_to"]) == ("keep_days", 5)
    assert rows[0].salt is None
    guessed = audit.canonical(entry(1).content)
    assert rows[0].content_digest != audit.digest_of_content("", guessed)
    assert await erase(database, "T2", 2000.0, "keep_days", 2000.0) == 0


async def test_what_is_said_of_an_erasure_stays_and_is_no_reason_for_another(
    database: Database,
) -> None:
    await ten(database)
    assert await erase(database, TEAM, 1006.0, "keep_days", 2000.0) == 5
    assert await erase(database, TEAM, 9000.0, "keep_days", 9000.0) == 5
    assert await erase(database, TEAM, 99000.0, "keep_days", 99000.0) == 0
    chain = await walked(database)
    assert (chain.rows, chain.erased, chain.unexplained, chain.broken_at) == (12, 10, 0, None)


@pytest.mark.parametrize(("seq", "kind"), [(7, "decided"), (11, "erased")])
async def test_contents_that_were_not_erased_by_us_show_as_taken_away_E49(
    database: Database, seq: int, kind: str
) -> None:
    await ten(database)
    await erase(database, TEAM, 1006.0, "keep_days", 2000.0)
    await tamper(database, f"DELETE FROM audit_contents WHERE seq = {seq}")
    chain = await walked(database)
    assert (chain.broken_at, chain.unexplained_at) == (None, seq if kind == "decided" else 1)
    assert chain.unexplained == (1 if kind == "decided" else 6)


async def test_a_record_of_an_erasure_that_is_nonsense_now_shows_as_changed_E49(
    database: Database,
) -> None:
    await ten(database)
    await erase(database, TEAM, 1006.0, "keep_days", 2000.0)
    await tamper(database, "UPDATE audit_contents SET content = 'nonsense' WHERE seq = 11")
    assert (await walked(database)).broken_at == 11


async def test_an_erasure_that_was_cut_short_is_finished_the_next_time(database: Database) -> None:
    await ten(database)
    async with database.transaction() as tx:  # as far as a bot came that died
        await audit.erase(tx, TEAM, 1006.0, 2)
    assert (await walked(database)).unexplained == 2
    assert await erase(database, TEAM, 1006.0, "keep_days", 2000.0) == 3
    assert (await walked(database)).unexplained == 0


async def test_what_json_can_hold_is_kept_as_it_is(database: Database) -> None:
    odd = Entry("k1", 1.0, "asked", "", {"proposed": {"a\0": "\ud800 ‮", "n": [1, 2.5, None]}})
    await record(database, odd)
    [row] = [row async for row in audit.export(database)]
    assert row.content is not None
    assert json.loads(row.content) == odd.content
    assert (await walked(database)).broken_at is None


async def test_no_chain_is_a_whole_chain(database: Database) -> None:
    chain = await walked(database)
    assert (chain.rows, chain.head, chain.broken_at) == (0, "", None)
    await record(database)
    async with database.transaction() as tx:
        assert await audit.teams(tx) == []
        assert await audit.head(tx, TEAM) is None
