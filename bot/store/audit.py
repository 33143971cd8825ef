"""The audit trail: one chain of digests per workspace that only grows.

Each row's digest covers the row and the digest before it, so a changed, missing or inserted row
shows. The contents stand beside the chain and can be erased: the chain keeps a digest of them and
their salt, without which nobody can try what an erased content may have been. A cut end shows
against the row in `audit_heads`, and against a head that was noted elsewhere.
"""

import hashlib
import json
import math
import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVarTuple

from pydantic import JsonValue
from sqlalchemy import Select, delete, func, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert
from bot.store.tables import audit, audit_contents, audit_heads

BEGINNING = ""
"""What stands for the digest before the first row."""

PAGE = 500
"""Rows in memory at once, and of one transaction."""

ERASED = "erased"
"""The kind of a row that says of others that their contents were erased. Its content, which names
no person, stays."""

Q = TypeVarTuple("Q")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be recorded. `key` names it, so that it is recorded once; `at` in epoch seconds;
    `session` is the session's id, empty where it is about none. `content` can be erased later."""

    key: str
    at: float
    kind: str
    session: str
    content: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a workspace's chain."""

    team: str
    seq: int
    digest: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A row as it is stored; `salt` and `content` (canonical JSON) are None once erased."""

    team: str
    seq: int
    at: float
    kind: str
    session: str
    content_digest: str
    previous: str
    digest: str
    salt: str | None
    content: str | None


@dataclass(slots=True)
class Chain:
    """What a walk over a workspace's chain found. `fault` says what is wrong at `broken_at`, the
    first seq that is; `found` are those of the digests looked for that the chain holds. `erased`
    contents are gone: those older than `erased_before` were erased, as the chain itself says,
    `unexplained` were not, the first of them at `unexplained_at`."""

    team: str
    rows: int = 0
    erased: int = 0
    erased_before: float = -math.inf
    unexplained: int = 0
    unexplained_at: int | None = None
    head: str = BEGINNING
    broken_at: int | None = None
    fault: str = ""
    found: set[str] = field(default_factory=set[str])


def canonical(value: JsonValue) -> str:
    """The one JSON text of a value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest_of_content(salt: str, content: str) -> str:
    return hashlib.sha256(f"{salt}\n{content}".encode()).hexdigest()


def digest_of_row(
    team: str, seq: int, at: float, kind: str, session: str, content_digest: str, previous: str
) -> str:
    """`at` counts in microseconds, so that every language writes the same."""
    row: list[JsonValue] = [team, seq, f"{at:.6f}", kind, session, content_digest, previous]
    return hashlib.sha256(canonical(row).encode()).hexdigest()


async def append(tx: AsyncConnection, team: str, entries: Sequence[Entry]) -> None:
    """Add the entries at the end of the team's chain, in the transaction of what they are about.

    Nothing happens when they stand there already: a commit whose confirmation was lost is tried
    again. Entries that came together once always come together. Others who append to this chain
    wait until the transaction ends: do this last in it.
    """
    if not entries:
        return
    beginning = insert(tx, audit_heads).values(team=team, seq=0, digest=BEGINNING)
    await tx.execute(beginning.on_conflict_do_nothing())
    locked = select(audit_heads.c.seq, audit_heads.c.digest).where(audit_heads.c.team == team)
    seq, previous = (await tx.execute(locked.with_for_update())).one()
    known = await tx.execute(select(audit.c.seq).where(audit.c.key == entries[0].key))
    if known.scalar_one_or_none() is not None:
        return
    rows: list[dict[str, object]] = []
    contents: list[dict[str, object]] = []
    for entry in entries:
        seq += 1
        salt, content = secrets.token_hex(16), canonical(entry.content)
        content_digest = digest_of_content(salt, content)
        digest = digest_of_row(
            team, seq, entry.at, entry.kind, entry.session, content_digest, previous
        )
        rows.append(
            {
                "team": team,
                "seq": seq,
                "key": entry.key,
                "at": entry.at,
                "kind": entry.kind,
                "session": entry.session,
                "content_digest": content_digest,
                "previous": previous,
                "digest": digest,
            }
        )
        contents.append(
            {"team": team, "seq": seq, "at": entry.at, "salt": salt, "content": content}
        )
        previous = digest
    await tx.execute(audit.insert(), rows)
    await tx.execute(audit_contents.insert(), contents)
    await tx.execute(
        update(audit_heads).where(audit_heads.c.team == team).values(seq=seq, digest=previous)
    )


async def head(tx: AsyncConnection, team: str) -> Head | None:
    """The end of the team's chain, None before its first row."""
    row = (await tx.execute(select(audit_heads).where(audit_heads.c.team == team))).one_or_none()
    return Head(row.team, row.seq, row.digest) if row else None


async def teams(tx: AsyncConnection) -> list[str]:
    """The workspaces that have a chain."""
    query = union(select(audit.c.team), select(audit_heads.c.team))
    return sorted((await tx.execute(query)).scalars())


async def export(
    database: Database, team: str | None = None, since: float | None = None, page: int = PAGE
) -> AsyncIterator[AuditRow]:
    """Every row, of one team or of all, in the order of their chains; those at or after `since`.

    Read in pages, each in a transaction of its own: what is appended meanwhile comes along."""
    async with database.transaction() as tx:
        wanted = [team] if team is not None else await teams(tx)
    for one in wanted:
        after = 0
        while rows := await _page(database, one, after, page):
            after = rows[-1].seq
            for row in rows:
                if since is None or row.at >= since:
                    yield row


async def verify(
    database: Database, team: str, heads: Collection[str] = (), page: int = PAGE
) -> Chain:
    """Walk the team's chain to its end. `heads` are digests it has to hold: those that were its
    head once."""
    async with database.transaction() as tx:
        known = await head(tx, team)
        chain = Chain(team, erased_before=await _erased_before(tx, team))
    while chain.broken_at is None:
        rows = await _page(database, team, chain.rows, page)
        for row in rows:
            _check(chain, row, known, heads)
            if chain.broken_at is not None:
                return chain
        if not rows:
            break
    if known is None:
        if chain.rows:
            _break(chain, chain.rows, "the record of where the chain ends is missing")
    elif chain.rows < known.seq:
        _break(chain, chain.rows + 1, f"the chain was cut: it went on to {known.seq}")
    else:
        await _check_end(database, chain)
    return chain


async def erasable(tx: AsyncConnection, team: str, before: float) -> tuple[int, int]:
    """How many of the team's contents were recorded before `before` and are there still, and the
    last seq of them. What was said of an erasure is no content to be erased."""
    query = select(func.count(), func.coalesce(func.max(audit.c.seq), 0))
    counted, last = (await tx.execute(_old(query, team, before))).one()
    return counted, last


async def erase(tx: AsyncConnection, team: str, before: float, limit: int = PAGE) -> int:
    """Erase up to `limit` of them; says how many. The chain stays as it is: record the erasure in
    it, or what is gone counts as taken away."""
    old = _old(select(audit.c.seq), team, before).order_by(audit.c.seq).limit(limit)
    seqs = list((await tx.execute(old)).scalars())
    here = (audit_contents.c.team == team, audit_contents.c.seq.in_(seqs))
    return (await tx.execute(delete(audit_contents).where(*here))).rowcount if seqs else 0


def _old(query: Select[*Q], team: str, before: float) -> Select[*Q]:
    beside = (audit_contents.c.team == audit.c.team) & (audit_contents.c.seq == audit.c.seq)
    return (
        query.select_from(audit_contents)
        .join(audit, beside)
        .where(audit_contents.c.team == team, audit_contents.c.at < before, audit.c.kind != ERASED)
    )


async def _erased_before(tx: AsyncConnection, team: str) -> float:
    """Contents older than this were erased, the chain says; whether that was changed, the walk over
    it will tell."""
    query = select(audit_contents.c.content).join(
        audit, (audit_contents.c.team == audit.c.team) & (audit_contents.c.seq == audit.c.seq)
    )
    said = await tx.execute(query.where(audit.c.team == team, audit.c.kind == ERASED))
    return max((_before(content) for content in said.scalars()), default=-math.inf)


def _before(content: str) -> float:
    """What a record of an erasure says; one that says nothing explains nothing."""
    try:
        said = json.loads(content)
    except ValueError:  # it was tampered with, which is found where its digest is looked at
        return -math.inf
    match said:
        case {"effective": {"before": int() | float() as before}}:
            return float(before)
        case _:
            return -math.inf


async def _page(database: Database, team: str, after: int, page: int) -> list[AuditRow]:
    columns = (c for c in audit.c if c.name != "key")
    beside = (audit_contents.c.team == audit.c.team) & (audit_contents.c.seq == audit.c.seq)
    query = (
        select(*columns, audit_contents.c.salt, audit_contents.c.content)
        .join(audit_contents, beside, isouter=True)
        .where(audit.c.team == team, audit.c.seq > after)
        .order_by(audit.c.seq)
        .limit(page)
    )
    async with database.transaction() as tx:
        return [AuditRow(**row) for row in (await tx.execute(query)).mappings()]


def _check(chain: Chain, row: AuditRow, known: Head | None, heads: Collection[str]) -> None:
    """Go one row further. Every row before this one is sound."""
    if row.seq != chain.rows + 1:
        return _break(chain, chain.rows + 1, "the row is missing")
    if row.previous != chain.head:
        return _break(chain, row.seq, "the row does not follow from the one before it")
    if row.content is not None and row.salt is not None:
        if digest_of_content(row.salt, row.content) != row.content_digest:
            return _break(chain, row.seq, "the content was changed")
    else:
        _count_erased(chain, row)
    digest = digest_of_row(
        row.team, row.seq, row.at, row.kind, row.session, row.content_digest, row.previous
    )
    if digest != row.digest:
        return _break(chain, row.seq, "the row was changed")
    if known is not None and row.seq == known.seq and digest != known.digest:
        return _break(chain, row.seq, "the chain was written anew: it ended in another digest")
    chain.rows, chain.head = row.seq, digest
    if digest in heads:
        chain.found.add(digest)


def _count_erased(chain: Chain, row: AuditRow) -> None:
    chain.erased += 1
    if row.at >= chain.erased_before or row.kind == ERASED:
        chain.unexplained += 1
        chain.unexplained_at = chain.unexplained_at or row.seq


async def _check_end(database: Database, chain: Chain) -> None:
    """Nothing stands behind the end, and it was not taken back while we walked."""
    newest = select(func.max(audit.c.seq)).where(audit.c.team == chain.team).scalar_subquery()
    noted = select(audit_heads.c.seq).where(audit_heads.c.team == chain.team).scalar_subquery()
    async with database.transaction() as tx:  # one statement: rows are appended meanwhile
        last, ends_at = (await tx.execute(select(newest, noted))).one()
    if last != ends_at:
        seq = min(last or 0, ends_at or 0) + 1
        _break(chain, seq, "the chain does not end where its record says")


def _break(chain: Chain, seq: int, fault: str) -> None:
    chain.broken_at, chain.fault = seq, fault
