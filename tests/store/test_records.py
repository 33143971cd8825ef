"""Messages, asks, preferences, rate blocks and the mark of catch-up."""

from bot.store import asks, messages, preferences, rate_blocks, seen
from bot.store.asks import AskRow
from bot.store.database import Database


async def test_an_intent_is_open_until_its_ts_is_recorded(database: Database) -> None:
    async with database.transaction() as tx:
        for part in (0, 1):
            await messages.intend(tx, f"i{part}", "s1", "turn:1", part, "C1/1.1", "C1", "1.1")
        await messages.intend(tx, "i0", "s1", "turn:1", 0, "C1/1.1", "C1", "1.1")
        assert [row.intent for row in await messages.open_intents(tx, "s1")] == ["i0", "i1"]
        assert await messages.record(tx, "i0", "5.5", "hash-1", sealed=False)
        assert [row.intent for row in await messages.open_intents(tx, "s1")] == ["i1"]
        assert await messages.record(tx, "i0", "5.5", "hash-2", sealed=True)
        row = await messages.by_ts(tx, "C1", "5.5")
        assert row and (row.intent, row.ts, row.shown, row.sealed) == ("i0", "5.5", "hash-2", True)
        assert row in await messages.for_session(tx, "s1")


async def test_a_second_ts_for_one_intent_is_refused(database: Database) -> None:
    async with database.transaction() as tx:
        await messages.intend(tx, "i0", "s1", "turn:1", 0, "C1/1.1", "C1", "1.1")
        assert await messages.record(tx, "i0", "5.5", "hash", sealed=False)
        assert not await messages.record(tx, "i0", "6.6", "hash", sealed=False)
        assert not await messages.record(tx, "unknown", "6.6", "hash", sealed=False)
        assert await messages.by_ts(tx, "C1", "6.6") is None


async def test_an_intent_that_is_given_up_is_forgotten_and_a_message_stays(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        for part in (0, 1):
            await messages.intend(tx, f"i{part}", "s1", "turn:1", part, "C1/1.1", "C1", "1.1")
        await messages.record(tx, "i1", "5.5", "hash", sealed=False)
        for intent in ("i0", "i1"):
            await messages.give_up(tx, intent)
        assert [row.intent for row in await messages.for_session(tx, "s1")] == ["i1"]


async def test_an_ask_is_projected_as_it_is_now(database: Database) -> None:
    opened = AskRow("u1", "s1", "a1", "T1", "open", "confirmation")
    other = AskRow("u2", "s1", "a2", "T1", "open", "question")
    settled = AskRow("u1", "s1", "a1", "T1", "settled", "confirmation")
    async with database.transaction() as tx:
        await asks.project(tx, [])
        await asks.project(tx, [opened, other])
        await asks.project(tx, [settled, other])
        assert await asks.get(tx, "u1") == settled
        assert await asks.get(tx, "u2") == other
        assert await asks.get(tx, "u3") is None


async def test_preferences_are_set_changed_and_unset(database: Database) -> None:
    async with database.transaction() as tx:
        assert await preferences.get(tx, "user:T1/U1", "verbosity") is None
        await preferences.put(tx, "user:T1/U1", "verbosity", "quiet")
        await preferences.put(tx, "user:T1/U1", "verbosity", {"tools": ["bash"], "level": 2})
        await preferences.put(tx, "user:T1/U2", "verbosity", False)
        value = await preferences.get(tx, "user:T1/U1", "verbosity")
        assert value == {"tools": ["bash"], "level": 2}
        await preferences.put(tx, "user:T1/U1", "verbosity", None)
        assert await preferences.get(tx, "user:T1/U1", "verbosity") is None
        assert await preferences.get(tx, "user:T1/U2", "verbosity") is False


async def test_a_longer_rate_block_wins_and_a_passed_one_is_gone(database: Database) -> None:
    async with database.transaction() as tx:
        await rate_blocks.put(tx, "T1", "chat.postMessage", "C1", 30)
        await rate_blocks.put(tx, "T1", "chat.postMessage", "C1", 5)
        await rate_blocks.put(tx, "T1", "chat.update", "", -1)
        await rate_blocks.put(tx, "T2", "chat.update", "", 30)
        [block] = await rate_blocks.get(tx, "T1")
        assert (block.method, block.channel) == ("chat.postMessage", "C1")
        assert 5 < block.seconds <= 30
        await rate_blocks.prune(tx)
        assert len(await rate_blocks.get(tx, "T1")) == 1
        assert len(await rate_blocks.get(tx, "T2")) == 1


async def test_the_mark_never_moves_back(database: Database) -> None:
    async with database.transaction() as tx:
        assert await seen.get(tx, "T1") is None
        for ts in ("1700000001.000200", "1700000001.000100", "1700000002.000000"):
            await seen.advance(tx, "T1", ts)
        await seen.advance(tx, "T2", "1600000000.000000")
        await seen.advance(tx, "T1", "1699999999.999999")
        assert await seen.get(tx, "T1") == "1700000002.000000"
