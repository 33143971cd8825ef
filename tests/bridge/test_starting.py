"""A start beside somebody who holds the database file: a backup, say."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from structlog.testing import capture_logs

from bot.bridge.ownership import Ownership
from bot.store import leases
from bot.store.database import Database
from tests.databases import fresh_sqlite
from tests.waiting import until


async def test_a_file_that_is_locked_at_the_start_is_waited_for(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    path = tmp_path / "threadline.db"
    config = fresh_sqlite(migrated_sqlite, path).model_copy(update={"patience": 0.05})
    gained: list[str] = []
    async with Database.open(config) as database:
        async with database.transaction() as tx:
            await leases.ensure_bucket(tx, "T1/0")
        with closing(sqlite3.connect(path, isolation_level=None)) as other, capture_logs() as logs:
            other.execute("BEGIN IMMEDIATE")
            ownership = Ownership(
                database, on_gained=lambda bucket, _: gained.append(bucket), on_lost=gained.remove
            )
            owning = asyncio.create_task(ownership.run())

            async def failed() -> bool:
                return any(entry["event"] == "heartbeat.failed" for entry in logs)

            async def owns() -> bool:
                return gained == ["T1/0"]

            await until(failed)
            assert not ownership.deadline_ok()
            other.execute("ROLLBACK")
            await until(owns)
            assert ownership.deadline_ok()
        await ownership.drain()
        await owning
