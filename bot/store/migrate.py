"""Brings the database to the form this version of the program knows, and refuses a newer one.

Running twice at once is safe: SQLite's file is for one process, PostgreSQL's migration holds an
advisory lock, and each runs in one transaction that is undone when it fails.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.errors import ConfigError
from bot.store.database import Database, StoreConfig
from bot.store.tables import REVISION

MIGRATION_LOCK = 7_483_201_946
"""Key of PostgreSQL's advisory lock; any number that nobody else uses."""


async def upgrade(config: StoreConfig) -> None:
    """Migrate to the newest revision. Raises ConfigError when a newer program was here before."""
    async with _migrating(config) as tx:
        found = await _current(tx)
        if found == REVISION:
            return
        from bot.store import revisions  # a start with nothing to migrate is spared Alembic

        revisions.refuse_unknown(found)
        await tx.run_sync(revisions.upgrade)


async def downgrade(config: StoreConfig, revision: str) -> None:
    """Migrate back to `revision`, `base` for an empty database. What newer tables held is lost."""
    from bot.store import revisions

    async with _migrating(config) as tx:
        revisions.refuse_unknown(await _current(tx))
        await tx.run_sync(revisions.downgrade, revision)


async def current(config: StoreConfig) -> str | None:
    """The revision the database has, None before the first migration."""
    async with Database.open(config, shared=True) as database, database.transaction() as tx:
        return await _current(tx)


async def check(config: StoreConfig) -> None:
    """Raise ConfigError unless the database has the newest revision, and say what to do."""
    found = await current(config)
    if found == REVISION:
        return
    from bot.store import revisions

    revisions.refuse_unknown(found)
    raise ConfigError(
        "database",
        f"the database has revision {found or 'none'} and {REVISION} is needed",
        "Run: threadline migrate",
    )


def head() -> str:
    """The newest revision this program knows."""
    return REVISION


@asynccontextmanager
async def _migrating(config: StoreConfig) -> AsyncGenerator[AsyncConnection]:
    async with Database.open(config) as database, database.transaction() as tx:
        if database.dialect == "postgresql":
            await tx.execute(select(func.set_config("lock_timeout", "60s", True)))
            await tx.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        yield tx


async def _current(tx: AsyncConnection) -> str | None:
    if not await tx.run_sync(_was_migrated):
        return None
    return (await tx.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()


def _was_migrated(connection: Connection) -> bool:
    return inspect(connection).has_table("alembic_version")
