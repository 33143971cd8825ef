"""Waiting for a condition instead of for a time."""

import asyncio
from collections.abc import Awaitable, Callable

POLL = 0.005


async def until(condition: Callable[[], Awaitable[bool]], within: float = 5.0) -> None:
    """Return once the condition holds; raises TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while True:
            if await condition():
                return
            await asyncio.sleep(POLL)
