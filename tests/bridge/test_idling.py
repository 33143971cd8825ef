"""When an actor may end by itself."""

from __future__ import annotations

import asyncio
import random
from typing import cast

from bot.bridge.actor import SessionActor
from bot.bridge.stored_session import StoredSession
from bot.core.inbound import Prompt
from bot.store.inbox import InboxRow
from tests.bridge.contest import RULES, THREAD, Kept, Owned, Server
from tests.bridge.house import ANA
from tests.bridge.listed import Listed, ListedSurface
from tests.waiting import PATIENCE


class SlowToRead(Owned):
    """Its inbox is read only once the clock was looked at often: it is long idle by then."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept, random.Random(0))
        self.looks = 0
        self._often = asyncio.Event()

    def now(self) -> float:
        self.looks += 1
        if self.looks > 20:
            self._often.set()
        return 1000.0 + self.looks

    async def pending(self, after_seq: int) -> list[InboxRow]:
        await self._often.wait()
        return await super().pending(after_seq)


async def test_an_actor_that_waits_for_a_slow_store_does_not_end_as_idle() -> None:
    """It would be started again for the same input, and end again, for ever."""
    kept, listed = Kept(), Listed()
    kept.accept(
        Prompt(
            key="msg:1", thread=THREAD, by=ANA, ts=THREAD.thread_ts, text="go", mentions_bot=True
        )
    )
    stored = SlowToRead(kept)
    server = Server(random.Random(0), "none", says_closed=True)
    actor = SessionActor(
        cast(StoredSession, stored),
        {"demo": server},
        ListedSurface(listed),
        RULES,
        fetch_image=listed.fetch_image,
        idle_after=0.001,
        now=stored.now,
    )
    async with asyncio.timeout(PATIENCE):
        running = asyncio.create_task(actor.run())
        while not kept.done:
            assert not running.done(), "ended without having read its input"
            await asyncio.sleep(0)
        actor.stop()
        await running
    assert kept.done == {"msg:1"}
