"""Messages we post: the intent is stored before the post, its ts after it.

Writes here belong into a transaction that `sessions.save` or `sessions.fence` has fenced.
"""

from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert, now
from bot.store.tables import messages


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message: without `ts` it was meant to be posted, and may have been.

    `place` is the stored form of where it is shown; `shown` a hash of what Slack shows.
    """

    intent: str
    session_id: str
    slot: str
    part: int
    place: str
    channel: str
    thread_ts: str
    ts: str | None
    shown: str | None
    sealed: bool
    created_at: float
    updated_at: float


async def intend(
    tx: AsyncConnection,
    intent: str,
    session_id: str,
    slot: str,
    part: int,
    place: str,
    channel: str,
    thread_ts: str,
) -> None:
    """Store that a message is about to be posted. Saying it twice changes nothing."""
    row = insert(tx, messages).values(
        intent=intent,
        session_id=session_id,
        slot=slot,
        part=part,
        place=place,
        channel=channel,
        thread_ts=thread_ts,
        sealed=False,
        created_at=now(tx),
        updated_at=now(tx),
    )
    await tx.execute(row.on_conflict_do_nothing(index_elements=[messages.c.intent]))


async def record(tx: AsyncConnection, intent: str, ts: str, shown: str, sealed: bool) -> bool:
    """Store where the message is and what it shows.

    False: the intent is unknown or has another ts, so the message at `ts` is one too many.
    """
    statement = (
        update(messages)
        .where(messages.c.intent == intent, or_(messages.c.ts.is_(None), messages.c.ts == ts))
        .values(ts=ts, shown=shown, sealed=sealed, updated_at=now(tx))
    )
    return (await tx.execute(statement)).rowcount == 1


async def give_up(tx: AsyncConnection, intent: str) -> None:
    """Forget an intent that led to no post. A message stays."""
    await tx.execute(delete(messages).where(messages.c.intent == intent, messages.c.ts.is_(None)))


async def for_session(tx: AsyncConnection, session_id: str) -> list[MessageRow]:
    """All messages and intents of a session, by slot, part and place."""
    query = (
        select(messages)
        .where(messages.c.session_id == session_id)
        .order_by(messages.c.slot, messages.c.part, messages.c.place, messages.c.created_at)
    )
    return [MessageRow(**row) for row in (await tx.execute(query)).mappings()]


async def open_intents(tx: AsyncConnection, session_id: str) -> list[MessageRow]:
    """Intents without a ts, oldest first: look for them in Slack before posting again."""
    query = (
        select(messages)
        .where(messages.c.session_id == session_id, messages.c.ts.is_(None))
        .order_by(messages.c.created_at, messages.c.intent)
    )
    return [MessageRow(**row) for row in (await tx.execute(query)).mappings()]


async def by_ts(tx: AsyncConnection, channel: str, ts: str) -> MessageRow | None:
    """The message of ours at this place in Slack."""
    query = select(messages).where(messages.c.channel == channel, messages.c.ts == ts)
    row = (await tx.execute(query)).mappings().one_or_none()
    return MessageRow(**row) if row else None
