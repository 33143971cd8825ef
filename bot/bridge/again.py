"""Looking again and again: every so often, and at once when there is news."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.core.errors import StoreUnavailable

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Again:
    """Calls `look` every `seconds`. A database that is away is logged as `trouble`, and looked for
    the next time."""

    def __init__(self, look: Callable[[], Awaitable[None]], seconds: float, trouble: str) -> None:
        self._look = look
        self._seconds = seconds
        self._trouble = trouble
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Look now; once more if it is looking already."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._news.clear()
            try:
                await self._look()
            except StoreUnavailable as error:
                log.warning(self._trouble, error=type(error.__cause__ or error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._news.wait()
