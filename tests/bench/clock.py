"""A clock that runs so many times as fast as the system's: for what is nothing but waiting."""

from __future__ import annotations

import asyncio
import time


class FastClock:
    """Implements `bot.slack.clock.Clock`. What computing costs counts `speed` times as much."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._began = time.monotonic()
        self._epoch = time.time()

    def monotonic(self) -> float:
        return self._began + (time.monotonic() - self._began) * self.speed

    def time(self) -> float:
        return self._epoch + self.monotonic() - self._began

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)
