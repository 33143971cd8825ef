"""Brings the database to the form this version of the program knows, and refuses a newer one.

Running twice at once is safe: SQLite's file is for one process, PostgreSQL's migration holds an
advisory lock, and each runs in one transaction that is undone when it fails.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from bot.core.errors import ConfigError
from bot.store.database import Database, StoreConfig

MIGRATION_LOCK = 7_483_201_946
"""Key of PostgreSQL's advisory lock; any number that nobody else uses."""

PACKAGE = Path(__file__).parent.parent


async def upgrade(config: StoreConfig) -> None:
    """Migrate to the newest revision. Raises ConfigError when a newer program was here before."""
    await _in_transaction(config, _upgrade)


async def downgrade(config: StoreConfig, revision: str) -> None:
    """Migrate back to `revision`, `base` for an empty database. What newer tables held is lost."""
    await _in_transaction(config, partial(_downgrade, revision))


async def current(config: StoreConfig) -> str | None:
    """The revision the database has, None before the first migration."""
    async with Database.open(config, shared=True) as database, database.transaction() as tx:
        return await tx.run_sync(_current)


async def check(config: StoreConfig) -> None:
    """Raise ConfigError unless the database has the newest revision, and say what to do."""
    found = await current(config)
    _refuse_unknown(found)
    if found != head():
        raise ConfigError(
            "database",
            f"the database has revision {found or 'none'} and {head()} is needed",
            "Run: threadline migrate",
        )


def head() -> str:
    """The newest revision this program knows."""
    revision = _scripts().get_current_head()
    assert revision is not None
    return revision


async def _in_transaction(config: StoreConfig, migrate: Callable[[Connection], None]) -> None:
    async with Database.open(config) as database, database.transaction() as tx:
        if database.dialect == "postgresql":
            await tx.execute(select(func.set_config("lock_timeout", "60s", True)))
            await tx.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        await tx.run_sync(migrate)


def _upgrade(connection: Connection) -> None:
    _refuse_unknown(_current(connection))
    command.upgrade(_config(connection), "head")


def _downgrade(revision: str, connection: Connection) -> None:
    _refuse_unknown(_current(connection))
    command.downgrade(_config(connection), revision)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(revision: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise ConfigError(
            "database",
            f"a newer version has written it (revision {revision}; this one knows up to {head()})",
            "Install that version again, or restore the backup made before the upgrade",
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    packaged, source = PACKAGE / "_migrations", PACKAGE.parent / "migrations"
    config = Config()
    location = packaged if packaged.is_dir() else source
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
