"""Wake-up by LISTEN and NOTIFY."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store import inbox
from bot.store.database import Database
from bot.store.notify import listen
from tests.databases import Postgres, sqlite_config
from tests.waiting import PATIENCE


@pytest.fixture
async def database(postgres: Postgres) -> AsyncGenerator[Database]:
    """PostgreSQL only: SQLite has no notifications."""
    async with postgres.fresh() as config, Database.open(config) as opened:
        yield opened


@pytest.fixture
async def heard(database: Database) -> AsyncGenerator[asyncio.Queue[str | None]]:
    """What a listener was called with."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    listening = asyncio.create_task(listen(database, queue.put_nowait))
    yield queue
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def _next(heard: asyncio.Queue[str | None]) -> str | None:
    async with asyncio.timeout(PATIENCE):
        return await heard.get()


async def _add(database: Database, key: str) -> None:
    async with database.transaction() as tx:
        await inbox.add(tx, key, "s1", "T1/0", "prompt", "{}")


async def test_a_stored_input_wakes_the_listener(
    database: Database, heard: asyncio.Queue[str | None]
) -> None:
    assert await _next(heard) is None
    await _add(database, "a")
    assert await _next(heard) == "T1/0"


async def test_a_duplicate_wakes_nobody(
    database: Database, heard: asyncio.Queue[str | None]
) -> None:
    assert await _next(heard) is None
    for key in ("a", "a", "b"):
        await _add(database, key)
    assert [await _next(heard), await _next(heard)] == ["T1/0", "T1/0"]
    assert heard.empty()


async def test_a_cut_listener_comes_back_and_says_so(
    database: Database, heard: asyncio.Queue[str | None]
) -> None:
    assert await _next(heard) is None
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                " datname = current_database() AND query ILIKE 'listen%'"
            )
        )
    assert await _next(heard) is None
    await _add(database, "a")
    assert await _next(heard) == "T1/0"


async def test_sqlite_has_nothing_to_listen_to(tmp_path: Path) -> None:
    async with Database.open(sqlite_config(tmp_path / "a.db")) as database:
        await listen(database, lambda _: pytest.fail("woken"))
