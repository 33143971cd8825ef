"""What is looked at again and again."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from bot.bridge.again import Again
from bot.core.errors import StoreUnavailable
from tests.waiting import PATIENCE


class Looked:
    """Counts its looks, of which the first fail."""

    def __init__(self, failing: int = 0) -> None:
        self.times = 0
        self._failing = failing
        self.again: Again | None = None
        self.enough = asyncio.Event()

    async def look(self) -> None:
        self.times += 1
        if self.times == 1 and self.again is not None:
            self.again.wake()
        if self.times > max(1, self._failing):
            self.enough.set()
        if self.times <= self._failing:
            raise StoreUnavailable()


async def _run(again: Again, until: asyncio.Event) -> None:
    running = asyncio.create_task(again.run())
    async with asyncio.timeout(PATIENCE):
        await until.wait()
    running.cancel()
    await asyncio.wait([running])


async def test_news_that_come_during_a_look_are_looked_at() -> None:
    looked = Looked()
    looked.again = Again(looked.look, 3600.0, "not.read")
    await _run(looked.again, looked.enough)
    assert looked.times == 2


async def test_a_database_that_is_away_is_logged_and_looked_for_the_next_time() -> None:
    looked = Looked(failing=2)
    with capture_logs() as logs:
        await _run(Again(looked.look, 0.001, "not.read"), looked.enough)
    assert [(log["event"], log["error"]) for log in logs] == [("not.read", "StoreUnavailable")] * 2
