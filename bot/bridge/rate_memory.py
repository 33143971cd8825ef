"""What Slack refuses for a while, kept so that the next owner of the workspace knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.core.errors import StoreUnavailable
from bot.store import rate_blocks
from bot.store.database import Database

log = structlog.get_logger()


class RateMemory:
    """Neither method waits. A database that is away costs the next owner a refusal, no more."""

    def __init__(self, database: Database, team: str, tasks: asyncio.TaskGroup) -> None:
        self._database, self._team, self._tasks = database, team, tasks

    def keep(self, method: str, channel: str, seconds: float) -> None:
        """Slack takes no calls of `method` for so long; in one channel, or anywhere if empty."""
        self._tasks.create_task(self._keep(method, channel, seconds), name="keep rate block")

    def recall(self, tell: Callable[[str, str, float], None]) -> None:
        """Tell of all that is still refused, as `keep` was told."""
        self._tasks.create_task(self._recall(tell), name="recall rate blocks")

    async def _keep(self, method: str, channel: str, seconds: float) -> None:
        try:
            async with self._database.transaction() as tx:
                await rate_blocks.prune(tx)
                await rate_blocks.put(tx, self._team, method, channel, seconds)
        except StoreUnavailable as error:
            log.warning("rate_block.not_kept", error=type(error.__cause__ or error).__name__)

    async def _recall(self, tell: Callable[[str, str, float], None]) -> None:
        try:
            async with self._database.transaction() as tx:
                blocks = await rate_blocks.get(tx, self._team)
        except StoreUnavailable as error:
            log.warning("rate_blocks.not_recalled", error=type(error.__cause__ or error).__name__)
            return
        for block in blocks:
            tell(block.method, block.channel, block.seconds)
