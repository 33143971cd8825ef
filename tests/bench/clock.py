"""An event loop whose seconds are shorter than the system's: for what is nothing but waiting."""

from __future__ import annotations

import asyncio
import math
import selectors
import time
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Waits as long as the loop's seconds are in the system's."""

    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed
        self.waited = 0.0
        """Seconds of the system's that the last look was meant to take at most."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        timeout = None if timeout is None else timeout / self._speed
        self.waited = math.inf if timeout is None else max(0.0, timeout)
        return super().select(timeout)


class FastLoop(asyncio.SelectorEventLoop):
    """All that sleeps, times out or is due in it is `speed` times as early. What computing costs
    counts `speed` times as much, but no more than `most` seconds of the system's at a time: so a
    machine that is busy with something else takes nothing away."""

    def __init__(self, speed: float, most: float = math.inf) -> None:
        self._speed, self._most = speed, most
        self._waits = _Selector(speed)
        self._seen = time.monotonic()
        self._shown = self._seen * speed
        super().__init__(self._waits)

    def time(self) -> float:
        now = time.monotonic()
        passed = min(now - self._seen, self._waits.waited + self._most)
        self._seen, self._waits.waited = now, 0.0
        self._shown += passed * self._speed
        return self._shown


class LoopClock:
    """The running loop's time. Implements `bot.slack.clock.Clock`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._epoch = time.time() - self._loop.time()

    def monotonic(self) -> float:
        return self._loop.time()

    def time(self) -> float:
        return self._epoch + self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run_at(speed: float, main: Coroutine[None, None, T], most: float = math.inf) -> T:
    """As `asyncio.run`, in a loop that is `speed` times as fast."""
    with asyncio.Runner(loop_factory=lambda: FastLoop(speed, most)) as runner:
        return runner.run(main)
