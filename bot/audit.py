"""What `threadline audit` does: the trail as lines of text, and whether it is whole."""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from pydantic import JsonValue

from bot.bridge.erasing import erase
from bot.settings import Settings
from bot.store import audit, migrate
from bot.store.audit import AuditRow, Chain
from bot.store.database import Database

Format = Literal["jsonl", "csv"]

BY_HAND = "threadline audit erase"
"""What a record of an erasure names as its reason."""

CONTENT = (
    "person", "name", "ask", "tool", "verb", "where", "rule", "detail", "proposed", "effective",
    "grant",
)  # fmt: skip
COLUMNS = (
    "team", "seq", "time", "kind", "session", *CONTENT, "erased", "content_digest", "previous",
    "digest",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet may run a cell that begins with one of these."""


@dataclass(frozen=True, slots=True)
class Found:
    """A line about a chain, or about a head that was looked for."""

    ok: bool
    line: str


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[Database]:
    """Beside a bot that may run. Raises ConfigError, StoreUnavailable."""
    await migrate.check(settings.store)
    async with Database.open(settings.store, shared=True) as database:
        yield database


async def exported(
    settings: Settings, form: Format, team: str | None, since: datetime | None
) -> AsyncIterator[str]:
    """The lines of the export, each with its end."""
    begins = None if since is None else _seconds(since)
    async with _opened(settings) as database:
        if form == "csv":
            yield _csv(COLUMNS)
        async for row in audit.export(database, team, begins):
            yield _json_line(row) if form == "jsonl" else _csv_line(row)


async def verified(settings: Settings, heads: Sequence[str]) -> list[Found]:
    """Walk every chain; each of `heads` has to be in one of them."""
    missing = dict.fromkeys(head.strip().lower() for head in heads)
    findings: list[Found] = []
    async with _opened(settings) as database:
        async with database.transaction() as tx:
            teams = await audit.teams(tx)
        for team in teams:
            chain = await audit.verify(database, team, missing)
            for digest in chain.found:
                del missing[digest]
            findings.append(_found(chain))
    if not teams:
        findings.append(Found(True, "Nothing has been recorded yet."))
    findings += [Found(False, f"head {head}: no chain holds it") for head in missing]
    return findings


def _found(chain: Chain) -> Found:
    counted = f"{chain.team}: {records(chain.rows)}, contents of {chain.erased} erased"
    if math.isfinite(chain.erased_before):
        counted += f" (of what was recorded before {_time(chain.erased_before)})"
    if chain.broken_at is not None:
        return Found(False, f"{counted}; broken at seq {chain.broken_at}: {chain.fault}")
    if chain.unexplained:
        gone = f"{chain.unexplained} of these contents are gone without a record that says so"
        return Found(False, f"{counted}; {gone}, the first at seq {chain.unexplained_at}")
    return Found(True, f"{counted}, head {chain.head or 'none'}")


async def erased(settings: Settings, before: datetime) -> int:
    """How many contents were erased."""
    count = 0
    async with _opened(settings) as database:
        async with database.transaction() as tx:
            teams = await audit.teams(tx)
        for team in teams:
            count += await erase(database, team, _seconds(before), BY_HAND, time.time())
    return count


def records(number: int) -> str:
    return f"{number} record" if number == 1 else f"{number} records"


def _seconds(at: datetime) -> float:
    """A time without a zone is meant as UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _json_line(row: AuditRow) -> str:
    """All that is needed to check the chain from the export alone."""
    line: dict[str, JsonValue] = {
        "team": row.team,
        "seq": row.seq,
        "time": _time(row.at),
        "at": f"{row.at:.6f}",
        "kind": row.kind,
        "session": row.session,
        "content": _content(row),
        "salt": row.salt,
        "content_digest": row.content_digest,
        "previous": row.previous,
        "digest": row.digest,
    }
    return json.dumps(line, ensure_ascii=True) + "\n"


def _csv_line(row: AuditRow) -> str:
    content = _content(row)
    told = [_cell((content or {}).get(name)) for name in CONTENT]
    place = [row.team, str(row.seq), _time(row.at), row.kind, row.session]
    digests = [row.content_digest, row.previous, row.digest]
    return _csv([*place, *told, "no" if content else "yes", *digests])


def _csv(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow([_harmless(cell) for cell in cells])
    return written.getvalue()


def _harmless(cell: str) -> str:
    cell = cell.replace("\0", "")
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _cell(value: JsonValue) -> str:
    match value:
        case None:
            return ""
        case str():
            return value.encode("utf-8", "replace").decode()
        case _:
            return json.dumps(value, ensure_ascii=True)


def _content(row: AuditRow) -> dict[str, JsonValue] | None:
    return None if row.content is None else cast("dict[str, JsonValue]", json.loads(row.content))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
