"""Runs migrations: on the connection the program hands in, or on one of the alembic command.

Alembic's own command names the database with `-x`, as in `alembic -x url=sqlite:///a.db current`.
Logging is left as it is: the program that runs the migrations has set it up.
"""

import asyncio

from alembic import context
from sqlalchemy import Connection

from bot.store.database import Database, StoreConfig
from bot.store.tables import metadata


def run(connection: Connection) -> None:
    """Run the migrations Alembic was asked for in the transaction of `connection`."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    context.run_migrations()


async def run_from_command_line() -> None:
    """Open the database named by `-x url=...`, or the default one."""
    named = context.get_x_argument(as_dictionary=True)
    config = StoreConfig.model_validate({"url": named["url"]} if "url" in named else {})
    async with Database.open(config) as database, database.transaction() as tx:
        await tx.run_sync(run)


handed_in = context.config.attributes.get("connection")
if isinstance(handed_in, Connection):
    run(handed_in)
else:
    asyncio.run(run_from_command_line())
