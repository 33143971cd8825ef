"""The demo agent's memory: an append-only journal per session, in a SQLite file of its own.

Whoever opens a session to play it claims it; a claim ends the one before it, so a process that
was paused and replaced finds its next write refused.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import uuid4

from pydantic import Field, TypeAdapter

from bot.agents.demo.play import Entry, Row
from bot.core.errors import AgentUnavailable, ConfigError, LeaseLost, SessionGone

T = TypeVar("T")

REMEMBERED = (
    "prompted", "steered", "answered", "interrupted", "turn_started", "ask_opened", "turn_ended",
)  # fmt: skip
"""Kinds that count beyond their turn: keys of prompts, a stop that came first, what was allowed."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    claim INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS journal (
    session TEXT NOT NULL REFERENCES sessions (id),
    seq INTEGER NOT NULL,
    time REAL NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;
"""

_CODEC: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="kind")])


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write one session's journal, until somebody else claims it."""

    session: str
    number: int


class Journal:
    """An open journal file. SQLite is used in one thread only, a transaction at a time; a caller
    that is cancelled meanwhile leaves whole transactions behind.

    Raises AgentUnavailable where the file cannot be read or written.
    """

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._thread = thread

    async def create(self, key: str) -> str:
        """The id of the session of this key, made if there is none."""

        def run(db: sqlite3.Connection) -> str:
            fresh = f"demo-{uuid4().hex[:12]}"
            db.execute(
                "INSERT INTO sessions (id, key) VALUES (?, ?) ON CONFLICT DO NOTHING", (fresh, key)
            )
            return str(db.execute("SELECT id FROM sessions WHERE key = ?", (key,)).fetchone()[0])

        return await self._transaction(run)

    async def claim(self, session: str) -> Claim:
        """Ends every claim made before. Raises SessionGone for a session nobody created."""

        def run(db: sqlite3.Connection) -> Claim:
            found = db.execute(
                "UPDATE sessions SET claim = claim + 1 WHERE id = ? RETURNING claim", (session,)
            ).fetchall()
            if not found:
                raise SessionGone()
            return Claim(session, int(found[0][0]))

        return await self._transaction(run)

    async def append(self, claim: Claim, rows: Sequence[Row]) -> None:
        """All rows or none. Raises LeaseLost when somebody else writes this session now."""
        lines = [
            (claim.session, row.seq, row.time, row.entry.kind, _CODEC.dump_json(row.entry).decode())
            for row in rows
        ]

        def run(db: sqlite3.Connection) -> None:
            held = db.execute("SELECT claim FROM sessions WHERE id = ?", (claim.session,))
            if held.fetchone() != (claim.number,):
                raise LeaseLost()
            try:
                db.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", lines)
            except sqlite3.IntegrityError as taken:
                raise LeaseLost() from taken

        await self._transaction(run)

    async def read(self, session: str, after: int, limit: int) -> list[Row]:
        """At most `limit` rows after `after`, in order."""
        return await self._rows(
            "WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?",
            (session, after, limit),
        )

    async def recall(self, session: str) -> list[Row]:
        """What is needed to go on: the last turn whole, of those before it what is remembered."""
        kinds = ", ".join(f"'{kind}'" for kind in REMEMBERED)
        return await self._rows(
            f"WHERE session = ?1 AND (kind IN ({kinds}) OR seq > (SELECT coalesce(max(seq), 0)"
            " FROM journal WHERE session = ?1 AND kind = 'turn_started')) ORDER BY seq",
            (session,),
        )

    async def count(self) -> int:
        """How many sessions there are."""

        def run(db: sqlite3.Connection) -> int:
            return int(db.execute("SELECT count(*) FROM sessions").fetchone()[0])

        return await self._transaction(run)

    async def _rows(self, where: str, values: Iterable[str | int]) -> list[Row]:
        given = tuple(values)

        def run(db: sqlite3.Connection) -> list[tuple[int, float, str]]:
            return db.execute(f"SELECT seq, time, body FROM journal {where}", given).fetchall()

        found = await self._transaction(run)
        return [Row(seq, time, _CODEC.validate_json(body)) for seq, time, body in found]

    async def _transaction(self, run: Callable[[sqlite3.Connection], T]) -> T:
        def work() -> T:
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                return run(self._connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise AgentUnavailable("The demo agent's journal cannot be used right now.") from error


@asynccontextmanager
async def open_journal(path: Path) -> AsyncGenerator[Journal]:
    """Opens the file, or makes it and its directory. Raises ConfigError when it cannot."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="demo-journal") as thread:
        try:
            connection = await loop.run_in_executor(thread, _connect, path)
        except (OSError, sqlite3.Error) as error:
            hint = "Name a directory I may write to."
            raise ConfigError("data_dir", f"{path} cannot be opened ({error})", hint) from error
        try:
            yield Journal(connection, thread)
        finally:
            await loop.run_in_executor(thread, connection.close)


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=10, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection
