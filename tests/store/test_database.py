"""The way to the database: configuration, transactions, and what happens when it is away."""

import asyncio
import sqlite3
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from bot.core.errors import ConfigError, StoreUnavailable
from bot.store import seen
from bot.store.database import Database, StoreConfig, clock
from bot.store.tables import seen as seen_table
from tests.databases import Postgres, sqlite_config
from tests.waiting import PATIENCE


@pytest.mark.parametrize(
    "url", ["", "mysql://h/d", "sqlite://", "sqlite:///:memory:", "threadline.db", "http://x"]
)
def test_an_unfit_url_is_refused_with_the_fit_ones(url: str) -> None:
    with pytest.raises(ValidationError, match="give sqlite:///path/to/file or postgresql://"):
        StoreConfig(url=url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_name_of_postgresql_is_understood(scheme: str) -> None:
    config = StoreConfig(url=f"{scheme}://u:secret@h:5433/d?sslmode=require")
    assert config.url == "postgresql://u:secret@h:5433/d?sslmode=require"
    assert config.sqlite_path is None
    assert "secret" not in repr(config)


async def test_sqlite_makes_the_directory_it_is_to_live_in(tmp_path: Path) -> None:
    config = sqlite_config(tmp_path / "new" / "data" / "threadline.db")
    async with Database.open(config) as database, database.transaction() as tx:
        assert (await tx.execute(text("PRAGMA journal_mode"))).scalar() == "wal"
        assert (await tx.execute(text("PRAGMA synchronous"))).scalar() == 2
    assert config.sqlite_path and config.sqlite_path.is_file()


async def test_postgresql_lets_go_of_a_stopped_replicas_locks(postgres: Postgres) -> None:
    async with (
        postgres.fresh() as config,
        Database.open(config) as database,
        database.transaction() as tx,
    ):
        assert (await tx.execute(text("SHOW lock_timeout"))).scalar() == "2s"
        idle = await tx.execute(text("SHOW idle_in_transaction_session_timeout"))
        assert idle.scalar() == "3s"


async def test_an_exception_undoes_the_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await seen.advance(tx, "T1", "1.1")
            raise RuntimeError
    async with database.transaction() as tx:
        assert await seen.get(tx, "T1") is None


async def test_a_cancelled_transaction_is_undone_and_the_next_works(database: Database) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with database.transaction() as tx:
            await seen.advance(tx, "T1", "1.1")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with database.transaction() as tx:
        assert await seen.get(tx, "T1") is None
        await seen.advance(tx, "T1", "2.2")


async def test_a_query_cancelled_on_its_way_leaves_the_next_unharmed(database: Database) -> None:
    async def work(team: str) -> None:
        async with database.transaction() as tx:
            for _ in range(50):
                await seen.advance(tx, team, "1.1")

    tasks = [asyncio.create_task(work(f"T{number}")) for number in range(10)]
    while tasks:  # a turn of the loop between two cancels: each is hit somewhere else
        tasks.pop().cancel()
        for _ in range(7):
            await asyncio.sleep(0)
    async with database.transaction() as tx:
        await seen.advance(tx, "T99", "9.9")
    async with database.transaction() as tx:
        assert await seen.get(tx, "T99") == "9.9"


async def test_a_cancelled_statement_does_not_keep_its_file_locked(tmp_path: Path) -> None:
    """The error of a cancelled task may live for long, and a cursor of SQLite with it."""
    path = tmp_path / "a.db"
    slow = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000)"
        " SELECT count(*) FROM n"
    )

    async def work(database: Database) -> None:
        async with database.transaction() as tx:
            await tx.execute(slow)

    config = sqlite_config(path).model_copy(update={"patience": PATIENCE})
    async with Database.open(config) as database:
        ended: list[asyncio.Task[None]] = []
        for turns in range(40):
            task = asyncio.create_task(work(database))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            ended.append(task)
            async with database.transaction() as tx:
                await clock(tx)


async def test_a_fault_of_the_program_stays_what_it_is(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.transaction() as tx:
            for _ in range(2):
                await tx.execute(seen_table.insert().values(team="T1", ts="1.1"))


async def test_the_clock_is_the_databases(database: Database) -> None:
    async with database.transaction() as tx:
        first = await clock(tx)
        second = await clock(tx)
    assert 1_700_000_000 < first <= second < first + 60


async def test_connections_cut_between_transactions_are_replaced_unseen(
    postgres: Postgres,
) -> None:
    async with postgres.fresh() as config, Database.open(config) as database:
        async with database.transaction() as tx:
            await seen.advance(tx, "T1", "1.1")
        await _cut_all(config)
        async with database.transaction() as tx:
            assert await seen.get(tx, "T1") == "1.1"


async def test_a_connection_cut_inside_is_told_and_nothing_is_stored(postgres: Postgres) -> None:
    async with postgres.fresh() as config, Database.open(config) as database:
        with pytest.raises(StoreUnavailable):
            async with database.transaction() as tx:
                await seen.advance(tx, "T1", "1.1")
                await _cut_all(config)
                await seen.advance(tx, "T1", "2.2")
        async with database.transaction() as tx:
            assert await seen.get(tx, "T1") is None


async def _cut_all(config: StoreConfig) -> None:
    async with Database.open(config) as other, other.transaction() as tx:
        await tx.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


async def test_a_row_locked_for_too_long_is_told(postgres: Postgres) -> None:
    async with (
        postgres.fresh() as config,
        Database.open(config) as database,
        database.transaction() as tx,
    ):
        await seen.advance(tx, "T1", "1.1")
        with pytest.raises(StoreUnavailable):
            async with database.transaction() as blocked:
                await blocked.execute(text("SET LOCAL lock_timeout = '20ms'"))
                await seen.advance(blocked, "T1", "2.2")


async def test_a_full_pool_is_told(store_config: StoreConfig) -> None:
    config = store_config.model_copy(update={"pool_size": 1, "patience": 0.05})
    async with Database.open(config) as database, AsyncExitStack() as held:
        for _ in range({"sqlite": 1, "postgresql": 2}[database.dialect]):
            await held.enter_async_context(database.transaction())
        with pytest.raises(StoreUnavailable):
            async with database.transaction():
                pytest.fail("a connection too many")


async def test_an_unreachable_server_is_told() -> None:
    config = StoreConfig(url="postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(StoreUnavailable):
        async with Database.open(config):
            pytest.fail("opened")


async def test_a_missing_database_is_a_matter_of_configuration(postgres: Postgres) -> None:
    with pytest.raises(ConfigError, match="refuses this user, password or database"):
        async with Database.open(postgres.config("no_such_database")):
            pytest.fail("opened")


async def test_a_file_locked_by_another_process_is_told(tmp_path: Path) -> None:
    config = sqlite_config(tmp_path / "a.db").model_copy(update={"patience": 0.05})
    async with Database.open(config) as database:
        other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            async with database.transaction():
                pytest.fail("two writers")
        other.execute("COMMIT")
        other.close()
        async with database.transaction() as tx:
            assert (await tx.execute(select(1))).scalar() == 1


async def test_a_second_process_on_one_file_is_refused(tmp_path: Path) -> None:
    config = sqlite_config(tmp_path / "a.db")
    async with Database.open(config):
        with pytest.raises(ConfigError, match=r"another process is using .*a\.db"):
            async with Database.open(config):
                pytest.fail("two owners")
        async with Database.open(config, shared=True) as looking, looking.transaction() as tx:
            assert (await tx.execute(select(1))).scalar() == 1
    async with Database.open(config):
        pass


async def test_a_killed_process_leaves_the_file_free(tmp_path: Path) -> None:
    config = sqlite_config(tmp_path / "a.db")
    program = (
        "import asyncio\n"
        "from bot.store.database import Database, StoreConfig\n"
        "async def main():\n"
        f"    async with Database.open(StoreConfig(url={config.url!r})):\n"
        "        print('open', flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout and await process.stdout.readline() == b"open\n"
    with pytest.raises(ConfigError, match="another process"):
        async with Database.open(config):
            pytest.fail("two owners")
    process.kill()
    await process.wait()
    async with Database.open(config):
        pass


async def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError):
        async with Database.open(sqlite_config(tmp_path / "file" / "a.db")):
            pytest.fail("opened")


async def test_an_unknown_table_stays_a_fault_of_the_program(postgres: Postgres) -> None:
    async with postgres.fresh() as config, Database.open(config) as database:
        with pytest.raises(ProgrammingError):
            async with database.transaction() as tx:
                await tx.execute(text("SELECT * FROM no_such_table"))
