"""From records of a session's state to rows of the audit trail and of the standing rules."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.approvals import Grant
from bot.core.asks import Mask, bounded, masked_json, masked_text
from bot.core.records import Record
from bot.store import grants
from bot.store.audit import Entry


async def entries_of(records: Sequence[Record], session: str, name: str, mask: Mask) -> list[Entry]:
    """The rows of these records, named `name:0`, `name:1`, …, without credentials."""
    if not records:
        return []
    # In a thread: what a tool is given may be a whole file, and masking it takes its time.
    return await asyncio.to_thread(_entries, records, session, name, mask)


def _entries(records: Sequence[Record], session: str, name: str, mask: Mask) -> list[Entry]:
    return [
        Entry(f"{name}:{number}", record.at, record.kind, session, content_of(record, mask))
        for number, record in enumerate(records)
    ]


def content_of(record: Record, mask: Mask) -> dict[str, JsonValue]:
    """What a row says beside its place in the chain. Every row has every name."""
    return {
        "person": record.by.user if record.by else None,
        "name": record.by.name if record.by else None,
        "ask": record.ask,
        "tool": mask(record.tool),
        "verb": record.verb,
        "where": record.where,
        "rule": mask(record.rule),
        "detail": mask(record.detail),
        "proposed": _masked_input(record.proposed, mask),
        "effective": _masked_input(record.effective, mask),
        "grant": _grant(record.grant, mask) if record.grant else None,
    }


async def keep_grants(tx: AsyncConnection, team: str, records: Sequence[Record]) -> None:
    """Store the standing rules that were made, and end those that were taken back."""
    for record in records:
        if record.grant is None:
            continue
        if record.kind == "granted":
            await grants.add(tx, team, record.grant)
        elif record.kind == "revoked":
            by = record.by.user if record.by else ""
            await grants.revoke(tx, record.grant.id, by, record.at)


def with_made(standing: tuple[Grant, ...], records: Sequence[Record]) -> tuple[Grant, ...]:
    """The standing rules as they are with those made or taken back in records not yet stored."""
    known = {grant.id: grant for grant in standing}
    for record in records:
        if record.grant is not None and record.kind == "granted":
            known[record.grant.id] = record.grant
        elif record.grant is not None and record.kind == "revoked":
            known.pop(record.grant.id, None)
    return tuple(known.values())


def _grant(grant: Grant, mask: Mask) -> JsonValue:
    return {
        "id": grant.id,
        "scope": grant.scope,
        "place": grant.place,
        "agent": grant.agent,
        "tool": mask(grant.tool),
        "input": [[name, masked_text(name, pattern, mask)] for name, pattern in grant.input],
        "until": grant.until,
    }


def _masked_input(given: dict[str, JsonValue] | None, mask: Mask) -> JsonValue:
    return None if given is None else masked_json(bounded(given), mask)
