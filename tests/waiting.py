"""Waiting for a condition instead of for a time."""

import asyncio
from collections.abc import Awaitable, Callable

POLL = 0.005

PATIENCE = 30.0
"""Seconds after which a test is taken to hang. It measures nothing: machines may be busy."""


async def until(condition: Callable[[], Awaitable[bool]], within: float = PATIENCE) -> None:
    """Return once the condition holds; raises TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while True:
            if await condition():
                return
            await asyncio.sleep(POLL)
