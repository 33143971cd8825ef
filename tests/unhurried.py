"""A clock for a local Slack on a machine that may be busy with something else."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

MOMENT = 0.05


class Unhurried:
    """The time as `time.time` tells it, but between two looks at it no more than a moment passes:
    short waits end as ever, and no deadline runs out because nobody was let work meanwhile."""

    def __init__(self, moment: float = MOMENT) -> None:
        self._moment = moment
        self._seen = self._shown = time.time()

    def __call__(self) -> float:
        now = time.time()
        self._shown += min(max(0.0, now - self._seen), self._moment)
        self._seen = now
        return self._shown


@asynccontextmanager
async def watched_clock(moment: float = 0.5) -> AsyncGenerator[Unhurried]:
    """One that is looked at all the time: it differs from other clocks only where the loop stood
    still for longer than a moment."""
    clock = Unhurried(moment)

    async def watch() -> None:
        while True:
            clock()
            await asyncio.sleep(MOMENT)

    watching = asyncio.create_task(watch())
    try:
        yield clock
    finally:
        watching.cancel()
