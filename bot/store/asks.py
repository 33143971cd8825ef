"""A projection of the asks in the sessions' states: found by uid from any replica.

Written in the transaction that saves the state it is taken from.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert, now
from bot.store.tables import asks


@dataclass(frozen=True, slots=True)
class AskRow:
    """Where an ask belongs and how far it is. `ask_id` is the agent's name for it."""

    uid: str
    session_id: str
    ask_id: str
    team: str
    status: str
    kind: str


async def project(tx: AsyncConnection, rows: Sequence[AskRow]) -> None:
    """Store the asks as they are now, one row per uid; unchanged ones are left alone."""
    if not rows:
        return
    statement = insert(tx, asks).values([asdict(row) | {"updated_at": now(tx)} for row in rows])
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[asks.c.uid],
            set_={
                "status": statement.excluded.status,
                "updated_at": statement.excluded.updated_at,
            },
            where=asks.c.status != statement.excluded.status,
        )
    )


async def get(tx: AsyncConnection, uid: str) -> AskRow | None:
    """The ask of this uid."""
    columns = (c for c in asks.c if c.name != "updated_at")
    row = (await tx.execute(select(*columns).where(asks.c.uid == uid))).mappings().one_or_none()
    return AskRow(**row) if row else None
