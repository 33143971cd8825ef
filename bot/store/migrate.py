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

PATIENCE = 60.0
"""Seconds for a statement, for a lock, and between two statements."""


async def upgrade(config: StoreConfig) -> None:
    """Migrate to the newest revision. Raises ConfigError when a newer program was here before."""
    async with migrating(config) as tx:
        found = await _current(tx)
        if found == REVISION:
            return
        from bot.store import revisions  # a start with nothing to migrate is spared Alembic

        revisions.refuse_unknown(found)
        await tx.run_sync(revisions.upgrade)


async def downgrade(config: StoreConfig, revision: str) -> None:
    """Migrate back to `revision`, `base` for an empty database. What newer tables held is lost."""
    from bot.store import revisions

    async with migrating(config) as tx:
        revisions.refuse_unknown(await _current(tx))
        await tx.run_sync(revisions.downgrade, revision)


async def current(config: StoreConfig) -> str | None:
    """The revision the database has, None before the first migration. Makes no file."""
    if config.sqlite_path is not None and not config.sqlite_path.exists():
        return None
    async with Database.open(config, shared=True) as database, database.transaction() as tx:
        return await _current(tx)


async def check(config: StoreConfig) -> None:
    """Raise ConfigError unless the database has the newest revision, and say what to do."""
    found = await current(config)
    if found == REVISION:
        return
    from bot.store import revisions

    revisions.refuse_unknown(found)
    problem = f"it has revision {found} and {REVISION} is needed" if found else missing(config)
    raise ConfigError("database", problem, "Run: threadline migrate")


def missing(config: StoreConfig) -> str:
    """What to say where nothing was migrated yet."""
    path = config.sqlite_path
    return "it is empty" if path is None or path.exists() else f"there is none at {path}"


def head() -> str:
    """The newest revision this program knows."""
    return REVISION


@asynccontextmanager
async def migrating(config: StoreConfig) -> AsyncGenerator[AsyncConnection]:
    """The transaction of a migration, which no other runs beside. A running bot's patience with
    its database is too short for one that has much to do, or waits for another's."""
    opened = Database.open(config, statement_seconds=PATIENCE)
    async with opened as database, database.transaction() as tx:
        if database.dialect == "postgresql":
            for timeout in ("lock_timeout", "idle_in_transaction_session_timeout"):
                await tx.execute(select(func.set_config(timeout, f"{PATIENCE:.0f}s", True)))
            await tx.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        yield tx


async def _current(tx: AsyncConnection) -> str | None:
    if not await tx.run_sync(_was_migrated):
        return None
    return (await tx.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()


def _was_migrated(connection: Connection) -> bool:
    return inspect(connection).has_table("alembic_version")
