"""Migrations: up, down, equal to the tables, and never over a newer database."""

import asyncio
import logging
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, inspect, select, text

from bot.core.errors import ConfigError
from bot.store import migrate, revisions
from bot.store.database import COMMAND_TIMEOUT, Database, StoreConfig
from bot.store.tables import REVISION, metadata
from tests.databases import Postgres, sqlite_config
from tests.waiting import until


def _differences(connection: Connection) -> list[object]:
    return compare_metadata(MigrationContext.configure(connection), metadata)


def _table_names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


@pytest.fixture
async def migrated_config(empty_config: StoreConfig) -> StoreConfig:
    """A database to be spoiled: the shared fixtures' ones are used again."""
    await migrate.upgrade(empty_config)
    return empty_config


def test_the_tables_belong_to_the_newest_migration() -> None:
    assert revisions.newest() == REVISION == migrate.head()


async def test_the_migrations_make_exactly_the_tables(empty_config: StoreConfig) -> None:
    await migrate.upgrade(empty_config)
    async with Database.open(empty_config) as database, database.transaction() as tx:
        assert await tx.run_sync(_differences) == []
        assert await tx.run_sync(_table_names) == {*metadata.tables, "alembic_version"}


async def test_the_comparison_sees_a_missing_index(migrated_config: StoreConfig) -> None:
    async with Database.open(migrated_config) as database, database.transaction() as tx:
        await tx.execute(text("DROP INDEX ix_inbox_waiting"))
        assert len(await tx.run_sync(_differences)) == 1


async def test_down_to_nothing_and_up_again(migrated_config: StoreConfig) -> None:
    await migrate.downgrade(migrated_config, "base")
    assert await migrate.current(migrated_config) is None
    async with Database.open(migrated_config) as database, database.transaction() as tx:
        assert await tx.run_sync(_table_names) == {"alembic_version"}
    await migrate.upgrade(migrated_config)
    assert await migrate.current(migrated_config) == migrate.head()


async def test_upgrading_twice_changes_nothing(migrated_config: StoreConfig) -> None:
    await migrate.upgrade(migrated_config)
    await migrate.check(migrated_config)


async def test_two_that_start_at_once_migrate_once(postgres: Postgres) -> None:
    async with postgres.empty() as config:
        await asyncio.gather(*(migrate.upgrade(config) for _ in range(3)))
        await migrate.check(config)


@pytest.mark.slow
async def test_one_that_migrates_for_long_is_waited_for(postgres: Postgres) -> None:
    """Longer than any statement of the running bot may take."""
    waits = text(
        "SELECT coalesce(extract(epoch FROM max(clock_timestamp() - query_start)), 0)"
        " FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
    )
    async with postgres.empty() as config, Database.open(config) as other:
        async with other.transaction() as first:
            await first.execute(select(func.pg_advisory_xact_lock(migrate.MIGRATION_LOCK)))
            second = asyncio.create_task(migrate.upgrade(config))

            async def has_waited() -> bool:
                async with other.transaction() as look:
                    await first.execute(select(1))  # else it would count as stopped
                    return second.done() or (await look.scalar(waits)) > COMMAND_TIMEOUT + 0.5

            await until(has_waited)
            assert not second.done()
        await second
        await migrate.check(config)


async def test_a_migration_that_thinks_between_two_statements_is_not_cut_off(
    postgres: Postgres,
) -> None:
    """A start on a busy machine takes seconds to read the migrations."""
    async with postgres.empty() as config, migrate.migrating(config) as tx:
        idle = await tx.scalar(text("SHOW idle_in_transaction_session_timeout"))
        assert idle == "1min"


async def test_a_file_in_use_is_not_migrated(tmp_path: Path) -> None:
    config = sqlite_config(tmp_path / "a.db")
    async with Database.open(config):
        with pytest.raises(ConfigError, match="another process is using"):
            await migrate.upgrade(config)
        assert await migrate.current(config) is None


async def test_an_unmigrated_database_is_told_apart(empty_config: StoreConfig) -> None:
    with pytest.raises(ConfigError, match="threadline migrate"):
        await migrate.check(empty_config)


async def test_a_newer_database_is_refused_and_left_alone_E79(migrated_config: StoreConfig) -> None:
    async with Database.open(migrated_config) as database, database.transaction() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refused in (
        migrate.upgrade(migrated_config),
        migrate.downgrade(migrated_config, "base"),
        migrate.check(migrated_config),
    ):
        with pytest.raises(ConfigError, match="newer version has written it"):
            await refused
    assert await migrate.current(migrated_config) == "9999"


async def test_migrating_leaves_logging_as_it_was(empty_config: StoreConfig) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    await migrate.upgrade(empty_config)
    assert (root.level, list(root.handlers)) == before
    assert not logging.getLogger("sqlalchemy.engine").disabled
