"""Small settings chosen in Slack, as JSON under a scope (`user:T1/U1`, `channel:T1/C1`) and key."""

import json

from pydantic import JsonValue
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert, now
from bot.store.tables import preferences


async def get(tx: AsyncConnection, scope: str, key: str) -> JsonValue:
    """The value, or None where nothing is set."""
    query = select(preferences.c.value).where(
        preferences.c.scope == scope, preferences.c.key == key
    )
    stored: str | None = (await tx.execute(query)).scalar_one_or_none()
    return None if stored is None else json.loads(stored)


async def all_of(tx: AsyncConnection, scope: str) -> dict[str, JsonValue]:
    """Everything that is set in a scope, by key."""
    query = select(preferences.c.key, preferences.c.value).where(preferences.c.scope == scope)
    return {row.key: json.loads(row.value) for row in await tx.execute(query)}


async def put(tx: AsyncConnection, scope: str, key: str, value: JsonValue) -> None:
    """Set the value; None unsets it."""
    if value is None:
        await tx.execute(
            delete(preferences).where(preferences.c.scope == scope, preferences.c.key == key)
        )
        return
    row = insert(tx, preferences).values(
        scope=scope, key=key, value=json.dumps(value), updated_at=now(tx)
    )
    await tx.execute(
        row.on_conflict_do_update(
            index_elements=[preferences.c.scope, preferences.c.key],
            set_={"value": row.excluded.value, "updated_at": row.excluded.updated_at},
        )
    )
