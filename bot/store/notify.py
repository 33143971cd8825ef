"""Wake-up between replicas: PostgreSQL tells at once that an input was stored.

Only a hint. A listener that was cut off for a moment misses notifications, so owners also look by
themselves. On SQLite there is one process, which wakes itself.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Protocol, cast

from asyncpg import InterfaceError, PostgresError  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import NullPool

from bot.store.database import Database, postgres_engine
from bot.store.inbox import CHANNEL

PROBE = 10.0
"""Seconds after which a silent connection is asked whether it still lives."""

FIRST_DELAY, LONGEST_DELAY = 0.1, 5.0
"""Seconds before connecting again, doubled each time until a connection outlives a probe."""


class _Driver(Protocol):
    """What is used of asyncpg's connection, which has no types of its own."""

    async def add_listener(
        self, channel: str, callback: Callable[[object, int, str, str], None]
    ) -> None: ...

    def add_termination_listener(self, callback: Callable[[object], None]) -> None: ...


async def listen(database: Database, callback: Callable[[str | None], None]) -> None:
    """Call back with the bucket of each input stored anywhere; run until cancelled.

    The callback gets None after every connect: anything may have been missed before it.
    On SQLite this returns at once.
    """
    if database.dialect == "sqlite":
        return
    config = database.config
    engine = postgres_engine(config.direct_url or config.url, poolclass=NullPool)
    delay = FIRST_DELAY
    try:
        while True:
            began = time.monotonic()
            await _listen_once(engine, callback)
            delay = FIRST_DELAY if time.monotonic() - began > PROBE else delay
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, LONGEST_DELAY)
    finally:
        await engine.dispose()


async def _listen_once(engine: AsyncEngine, callback: Callable[[str | None], None]) -> None:
    """Listen on one connection until it is lost."""

    def heard(_connection: object, _pid: int, _channel: str, bucket: str) -> None:
        callback(bucket)

    try:
        async with engine.connect() as connection:
            pooled = await connection.get_raw_connection()
            driver = cast(_Driver, pooled.driver_connection)
            lost = asyncio.Event()
            driver.add_termination_listener(lambda _: lost.set())
            await driver.add_listener(CHANNEL, heard)
            callback(None)
            while not await _happened(lost, within=PROBE):
                await _probe(connection)
    except (DBAPIError, InterfaceError, PostgresError, OSError):
        return  # the caller connects again


async def _probe(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT 1"))
    await connection.rollback()  # notifications are not delivered inside a transaction


async def _happened(event: asyncio.Event, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            return await event.wait()
    except TimeoutError:
        return False
