"""Erases what is old in the audit trail, and says so there: the chain tells that contents are gone
because they were erased, and when, and by which rule."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from bot.bridge.trail import content_of
from bot.core.records import Record
from bot.store import audit
from bot.store.audit import PAGE, Entry
from bot.store.database import Database


async def erase(
    database: Database, team: str, before: float, rule: str, now: float, page: int = PAGE
) -> int:
    """Erase the contents of what the team recorded before `before`; says how many. `rule` says what
    wants it. It is recorded with the first of them: what a crash leaves is erased, and recorded,
    the next time. Raises StoreUnavailable."""
    async with database.transaction() as tx:
        contents, last = await audit.erasable(tx, team, before)
        if not contents:
            return 0
        erased = await audit.erase(tx, team, before, page)
        record = _record(contents, last, before, rule, now)
        name = f"erased:{uuid.uuid4().hex}"
        await audit.append(tx, team, [Entry(name, now, record.kind, "", content_of(record, str))])
    while erased < contents:
        async with database.transaction() as tx:
            more = await audit.erase(tx, team, before, page)
        if not more:  # somebody else was quicker
            break
        erased += more
    return erased


def _record(contents: int, last: int, before: float, rule: str, now: float) -> Record:
    day = datetime.fromtimestamp(before, UTC).isoformat(timespec="seconds")
    return Record(
        kind="erased",
        at=now,
        rule=rule,
        detail=f"The contents of {contents} records up to seq {last}, recorded before {day}.",
        effective={"before": before, "up_to": last, "contents": contents},
    )
