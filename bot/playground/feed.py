"""What a page must redraw, as numbered items that a reader can follow and catch up on."""

import asyncio
import json
from collections import deque

from bot.playground.model import Json

RING = 2000


class Signal:
    """Wakes everybody who waits, each time it is fired."""

    def __init__(self) -> None:
        self._fired = asyncio.Event()

    def fire(self) -> None:
        self._fired.set()
        self._fired = asyncio.Event()

    async def wait(self) -> None:
        await self._fired.wait()


class Feed:
    """A bounded ring of items. `first` must exceed every number an earlier run gave out, so that a
    page which outlived a restart is told to start anew."""

    def __init__(self, first: int) -> None:
        self.seq = first
        self.news = Signal()
        self._ring: deque[tuple[int, str]] = deque(maxlen=RING)

    def publish(self, item: Json) -> None:
        self.seq += 1
        self._ring.append((self.seq, json.dumps(item, separators=(",", ":"))))
        self.news.fire()

    def since(self, after: int) -> list[tuple[int, str]]:
        """The items past number `after`; one `reset` where some of them are gone."""
        oldest = self._ring[0][0] if self._ring else self.seq + 1
        if after + 1 < oldest or after > self.seq:
            return [(self.seq, '{"type":"reset"}')]
        return [pair for pair in self._ring if pair[0] > after]
