"""What every test has: workers, databases."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from bot.store.database import Database, StoreConfig
from tests.databases import (
    Postgres,
    PostgresMissing,
    fresh_sqlite,
    postgres_server,
    sqlite_config,
    sqlite_template,
)

POSTGRES_USED = pytest.StashKey[str]()

# The same examples in every run, so that a change is judged by what it changes, however busy the
# machine is. New ones are tried by `make explore`.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: stories wait for Slack's pace, too."""
    return min(8, 1 + (os.cpu_count() or 1))


def pytest_collection() -> None:
    """What is imported is never garbage: to look at it again and again takes a fifth of the time
    of a run."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test first: nobody waits for it in the end."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/torture/"))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[Postgres]:
    """A PostgreSQL server, shared by the test run; skips where there is none."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres_server())
        except PostgresMissing as reason:
            pytestconfig.stash[POSTGRES_USED] = f"none, its tests were skipped ({reason})"
            pytest.skip(f"no PostgreSQL: {reason}")
        pytestconfig.stash[POSTGRES_USED] = server.origin
        yield server


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say which PostgreSQL was used, if any test asked for one."""
    used = config.stash.get(POSTGRES_USED, None)
    if used:
        terminalreporter.write_line(f"PostgreSQL: {used}")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, not to be opened but copied."""
    return sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each of the two databases in turn; what is shared by the run is started here."""
    needed = {"sqlite": "migrated_sqlite", "postgresql": "postgres"}
    request.getfixturevalue(needed[request.param])
    return request.param


@pytest.fixture
async def store_config(
    dialect: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[StoreConfig]:
    """A fresh, migrated database."""
    if dialect == "sqlite":
        template: Path = request.getfixturevalue("migrated_sqlite")
        yield fresh_sqlite(template, tmp_path / "threadline.db")
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.fresh() as config:
        yield config


@pytest.fixture
async def empty_config(
    dialect: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[StoreConfig]:
    """A fresh database without any table."""
    if dialect == "sqlite":
        yield sqlite_config(tmp_path / "empty.db")
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.empty() as config:
        yield config


@pytest.fixture
async def database(store_config: StoreConfig) -> AsyncIterator[Database]:
    """A fresh, migrated database, open."""
    async with Database.open(store_config) as opened:
        yield opened
