"""An event loop whose seconds are shorter than the system's: for what is nothing but waiting."""

from __future__ import annotations

import asyncio
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

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / self._speed)


class FastLoop(asyncio.SelectorEventLoop):
    """All that sleeps, times out or is due in it is `speed` times as early. What computing costs
    counts `speed` times as much."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        super().__init__(_Selector(speed))

    def time(self) -> float:
        return super().time() * self._speed


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


def run_at(speed: float, main: Coroutine[None, None, T]) -> T:
    """As `asyncio.run`, in a loop that is `speed` times as fast."""
    with asyncio.Runner(loop_factory=lambda: FastLoop(speed)) as runner:
        return runner.run(main)
