"""A bucket is given back while the store cannot be written."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from bot.bridge.bridge import bucket_of
from bot.core.events import Notice
from tests.bridge.house import TEAM, running
from tests.bridge.listed import Listed
from tests.databases import fresh_sqlite
from tests.waiting import until


async def _locked(other: sqlite3.Connection) -> bool:
    """Never waits: who has the lock may need this loop to go on."""
    with suppress(sqlite3.OperationalError):
        other.execute("BEGIN IMMEDIATE")
    return other.in_transaction


async def test_a_release_that_is_given_up_leaves_no_actor_behind(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    """Else the process would never end: they try to save for as long as the file is locked."""
    path, listed = tmp_path / "threadline.db", Listed()
    config = fresh_sqlite(migrated_sqlite, path).model_copy(update={"patience": 0.05})
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
        async with asyncio.timeout(60), running(config, tmp_path, listed, drain=False) as house:
            await house.mention("deploy")
            await listed.until(lambda seen: "ask open" in seen.text())
            [owned] = house.supervisor._owned.values()
            [one] = owned.sessions.values()
            assert one.actor is not None and one.task is not None
            await until(lambda: _locked(other))
            assert one.actor is not None
            one.actor._mailbox.put_nowait(Notice(id="n1", text="Something to save."))
            releasing = asyncio.create_task(house.supervisor.release(bucket_of(TEAM)))
            await asyncio.sleep(0)
            releasing.cancel()
            await asyncio.wait([releasing, one.task])
            assert one.task.cancelled()
        other.execute("ROLLBACK")
