"""The one clock of a local Slack: of ts, limits, lifetimes, deadlines and waits."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from bot.playground.feed import Signal

Result = TypeVar("Result")


class Clock:
    """Epoch seconds of `base`, and what `advance` added. A wait ends as soon as its time has come,
    so that a test which drives the clock never waits itself.

    A `base` that stands still makes a clock that only `advance` moves.
    """

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._ahead = 0.0
        self._advanced = Signal()
        # Called at every advance, before those who sleep wake up.
        self.watchers: list[Callable[[], None]] = []
        # When each of the waits under way ends, in no order.
        self.dues: list[float] = []

    def __call__(self) -> float:
        return self._base() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once. ValueError if it is negative."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self._ahead += seconds
        for watcher in self.watchers:
            watcher()
        self._advanced.fire()

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock shows `seconds` more."""
        due = self() + seconds
        self.dues.append(due)
        try:
            while (left := due - self()) > 0:
                # The clock itself decides whether it is time: its base may stand still.
                with suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await self._advanced.wait()
        finally:
            self.dues.remove(due)

    async def within(self, seconds: float, awaited: "asyncio.Future[Result]") -> Result:
        """What comes of `awaited`; TimeoutError once the clock shows `seconds` more."""
        bell = asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait((awaited, bell), return_when=asyncio.FIRST_COMPLETED)
        finally:
            bell.cancel()
        if not awaited.done():
            raise TimeoutError
        return awaited.result()
