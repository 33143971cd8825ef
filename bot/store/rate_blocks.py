"""What Slack forbade with a Retry-After, so that a new owner does not knock again too early."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert, now
from bot.store.tables import rate_blocks


@dataclass(frozen=True, slots=True)
class RateBlock:
    """A method is blocked for `seconds` more; in one channel, or everywhere when it is empty."""

    method: str
    channel: str
    seconds: float


async def put(tx: AsyncConnection, team: str, method: str, channel: str, seconds: float) -> None:
    """Block for `seconds` from now; a longer block in force is kept."""
    row = insert(tx, rate_blocks).values(
        team=team, method=method, channel=channel, until=now(tx) + seconds
    )
    await tx.execute(
        row.on_conflict_do_update(
            index_elements=[rate_blocks.c.team, rate_blocks.c.method, rate_blocks.c.channel],
            set_={"until": row.excluded.until},
            where=rate_blocks.c.until < row.excluded.until,
        )
    )


async def get(tx: AsyncConnection, team: str) -> list[RateBlock]:
    """The blocks still in force."""
    remaining = rate_blocks.c.until - now(tx)
    query = select(rate_blocks.c.method, rate_blocks.c.channel, remaining.label("seconds")).where(
        rate_blocks.c.team == team, remaining > 0
    )
    return [RateBlock(**row) for row in (await tx.execute(query)).mappings()]


async def prune(tx: AsyncConnection) -> None:
    """Forget the blocks that have passed."""
    await tx.execute(delete(rate_blocks).where(rate_blocks.c.until < now(tx)))
