"""The way to the database: configuration, engine, transactions, and what the dialects spell apart.

SQLite has one connection, so transactions wait for each other here and never inside SQLite; each
begins with BEGIN IMMEDIATE, so no read is promoted to a write that fails half-way.
PostgreSQL connections carry timeouts: a replica stopped inside a transaction loses its locks.
"""

import sqlite3
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import ColumnElement, Connection, Double, Table, event, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.core.errors import ConfigError, StoreUnavailable

CONNECT_TIMEOUT = 5.0
"""Seconds to wait for a new PostgreSQL connection."""

COMMAND_TIMEOUT = 10.0
"""Seconds for one statement, after which the network or the server is taken for dead."""

POSTGRES_SETUP = (
    # Not in the startup packet: PgBouncer refuses the settings it does not know.
    "SELECT set_config('idle_in_transaction_session_timeout', '3s', false),"
    " set_config('lock_timeout', '2s', false),"
    " set_config('tcp_keepalives_idle', '5', false),"
    " set_config('tcp_keepalives_interval', '2', false),"
    " set_config('tcp_keepalives_count', '3', false)",
)

SQLITE_SETUP = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # what was acknowledged to Slack outlives a power cut
)

_NOW: Mapping[str, ColumnElement[float]] = {
    "sqlite": literal_column("((julianday('now') - 2440587.5) * 86400.0)", Double()),
    "postgresql": literal_column(
        "cast(extract(epoch from clock_timestamp()) as double precision)", Double()
    ),
}

# SQLSTATE classes: connection, resources, operator intervention, rollback (deadlock).
_PASSING_CLASSES = {"08", "53", "57", "40"}
_PASSING_STATES = {"55P03", "25P03"}  # lock_timeout, idle_in_transaction_session_timeout
_CONFIG_CLASSES = {"28", "3D"}  # wrong password or role, no such database
_PASSING_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


class StoreConfig(BaseModel):
    """Where sessions are kept.

    `url` is `sqlite:///relative/path`, `sqlite:////absolute/path` or
    `postgresql://user:password@host/database`, with the options of libpq (`?sslmode=require`).
    `direct_url` reaches the same PostgreSQL around a transaction pooler, for LISTEN.
    `patience` is the seconds a transaction waits to begin: less than Slack waits for an answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(default="sqlite:///data/threadline.db", repr=False)
    direct_url: str | None = Field(default=None, repr=False)
    pool_size: int = Field(default=5, ge=1)
    patience: float = Field(default=2.0, gt=0)

    @field_validator("url", "direct_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            url = make_url(value)
        except ArgumentError:
            url = URL.create("unknown")
        match url.drivername.partition("+")[0]:
            case "sqlite" if url.database and url.database != ":memory:":
                return value
            case "postgresql" | "postgres":
                return url.set(drivername="postgresql").render_as_string(hide_password=False)
            case _:
                raise ValueError("give sqlite:///path/to/file or postgresql://user@host/database")

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, or None on PostgreSQL."""
        url = make_url(self.url)
        return Path(url.database or "") if url.drivername.startswith("sqlite") else None


class Database:
    """An open database. Give out transactions; hold none across a network call."""

    def __init__(self, config: StoreConfig, engine: AsyncEngine) -> None:
        self.config = config
        self._engine = engine

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        config: StoreConfig,
        *,
        shared: bool = False,
        statement_seconds: float = COMMAND_TIMEOUT,
    ) -> AsyncGenerator["Database"]:
        """Connect once, so that a wrong URL is told at start, and close all at exit.

        A SQLite file is for one process, which holds a file lock beside it; `shared` is for a
        look at it while that process runs. A statement may take PostgreSQL `statement_seconds`.
        Raises ConfigError when another process has the file, and for a wrong password, role or
        database; StoreUnavailable when the database cannot be reached now.
        """
        with nullcontext() if shared else _sole_process(config):
            database = cls(config, _engine(config, statement_seconds))
            try:
                async with database.transaction():
                    pass
                yield database
            finally:
                await database._engine.dispose()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """Commit at the end, roll back on an exception. Do not nest: SQLite has one connection.

        Raises StoreUnavailable when the database is away, locked, full or stopping: nothing of
        the transaction is to be taken as stored, and it may be tried again.
        """
        try:
            async with self._engine.begin() as tx:
                yield tx
        except DBAPIError as error:
            raise _translated(error) from error
        except (PoolTimeout, OSError) as error:
            raise StoreUnavailable() from error


def now(tx: AsyncConnection) -> ColumnElement[float]:
    """The database's clock in epoch seconds, as an expression: replicas' own clocks differ."""
    return _NOW[tx.dialect.name]


async def clock(tx: AsyncConnection) -> float:
    """The database's clock, read: epoch seconds."""
    return (await tx.execute(select(now(tx)))).scalar_one()


def insert(tx: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


@contextmanager
def _sole_process(config: StoreConfig) -> Generator[None]:
    """Hold the lock of the SQLite file. The system lets go of it however the process ends."""
    if config.sqlite_path is None:
        yield
        return
    path = _with_directory(config.sqlite_path)
    lock = FileLock(f"{path}.lock", timeout=0, fallback_to_soft=False, preserve_lock_file=True)
    try:
        lock.acquire()
    except Timeout as error:
        raise ConfigError(
            "database url",
            f"another process is using {path}",
            "Stop it first, or use PostgreSQL to run several",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _with_directory(path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"the directory of {path} cannot be made ({error.strerror})"
        raise ConfigError("database url", problem, "Choose a path that can be written") from error
    return path


def _engine(config: StoreConfig, statement_seconds: float) -> AsyncEngine:
    if config.sqlite_path:
        return _sqlite_engine(config)
    return postgres_engine(
        config.url,
        statement_seconds,
        pool_size=config.pool_size,
        max_overflow=config.pool_size,
        pool_timeout=config.patience,
        pool_pre_ping=True,
    )


def postgres_engine(
    url: str, statement_seconds: float = COMMAND_TIMEOUT, **pool: Any
) -> AsyncEngine:
    """An engine whose connections carry the timeouts above. `pool`: see `create_async_engine`."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        # The driver reads the URL itself, so that libpq's options mean what they mean elsewhere.
        connect_args={
            "dsn": url,
            "timeout": CONNECT_TIMEOUT,
            "command_timeout": statement_seconds,
        },
        hide_parameters=True,
        **pool,
    )
    _on_connect(engine, POSTGRES_SETUP)
    return engine


def _sqlite_engine(config: StoreConfig) -> AsyncEngine:
    engine = create_async_engine(
        make_url(config.url).set(drivername="sqlite+aiosqlite"),
        # No isolation level: BEGIN is left to `_begin_immediate`.
        connect_args={"isolation_level": None, "timeout": config.patience},
        pool_size=1,
        max_overflow=0,
        pool_timeout=config.patience,
        pool_reset_on_return=None,  # `transaction` leaves nothing to roll back
        hide_parameters=True,
    )
    _on_connect(engine, SQLITE_SETUP)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    event.listen(engine.sync_engine, "invalidate", _let_go)
    return engine


def _on_connect(engine: AsyncEngine, statements: Sequence[str]) -> None:
    def set_up(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    event.listen(engine.sync_engine, "connect", set_up)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _let_go(connection: DBAPIConnection, _record: object, _error: object) -> None:
    """End the transaction of a connection given up in a statement, as when a task is cancelled:
    closing alone keeps the file locked for as long as that statement's cursor lives."""
    connection.rollback()


def _translated(error: DBAPIError) -> Exception:
    """What the caller can act on; the error itself where it is a fault of the program."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        passing = cause.sqlite_errorcode & 0xFF in _PASSING_SQLITE
        return StoreUnavailable() if passing else error
    state: str = getattr(cause, "sqlstate", None) or ""
    if state[:2] in _CONFIG_CLASSES:
        return ConfigError(
            "database url",
            "PostgreSQL refuses this user, password or database",
            "Try the same URL with psql",
        )
    passing = state[:2] in _PASSING_CLASSES or state in _PASSING_STATES
    return StoreUnavailable() if passing or error.connection_invalidated else error
