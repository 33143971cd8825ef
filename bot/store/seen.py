"""The newest Slack ts seen per team: where catch-up begins after a start or a gap."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert
from bot.store.tables import seen


async def advance(tx: AsyncConnection, team: str, ts: str) -> None:
    """Move the mark to `ts`, never back: deliveries are not in order.

    Slack's ts has ten digits, a point and six digits, so text order is time order.
    """
    row = insert(tx, seen).values(team=team, ts=ts)
    await tx.execute(
        row.on_conflict_do_update(
            index_elements=[seen.c.team],
            set_={"ts": row.excluded.ts},
            where=seen.c.ts < row.excluded.ts,
        )
    )


async def get(tx: AsyncConnection, team: str) -> str | None:
    """The newest ts seen, None before the first."""
    return (await tx.execute(select(seen.c.ts).where(seen.c.team == team))).scalar_one_or_none()
