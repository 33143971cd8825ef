"""Where reading begins after a gap survives a crash in the middle of reading."""

from __future__ import annotations

import time

from bot.bridge.bridge import StoreBridge
from bot.core.routing import Routes
from bot.store.database import Database
from tests.bridge.house import TEAM, prompt


async def test_a_gap_is_owed_until_it_was_read_E72(database: Database) -> None:
    bridge = StoreBridge(database, Routes("demo"), lambda _session, _bucket: None, mask=str)
    assert await bridge.missed_since(TEAM) is None
    await bridge.accept(prompt("old", ts="4100000000.000100", mentions_bot=True))
    assert await bridge.missed_since(TEAM) == 4100000000

    await bridge.owe(TEAM, 4100000000)
    await bridge.accept(prompt("live", ts="4100009999.000100", mentions_bot=True))
    assert await bridge.missed_since(TEAM) == 4100000000, "a live post must not hide the gap"

    await bridge.settle(TEAM, 4100005000)
    assert await bridge.missed_since(TEAM) == 4100000000, "only the later half was read"
    await bridge.settle(TEAM, 4100000000)
    assert await bridge.missed_since(TEAM) == 4100009999


async def test_what_comes_before_anything_was_heard_is_missed_too(database: Database) -> None:
    """The bot may be killed right after its first start."""
    bridge = StoreBridge(database, Routes("demo"), lambda _session, _bucket: None, mask=str)
    assert await bridge.missed_since(TEAM) is None
    since = await bridge.missed_since(TEAM)
    assert since is not None and abs(since - time.time()) < 60
