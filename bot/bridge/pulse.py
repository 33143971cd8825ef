"""Waking everybody who waits."""

from __future__ import annotations

import asyncio


class Pulse:
    """Wakes everybody who waits, now; remembers nothing."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def beat(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        await self._event.wait()
