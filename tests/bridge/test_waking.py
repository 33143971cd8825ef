"""What comes due wakes the actor, at whatever moment that is."""

from __future__ import annotations

import asyncio
import random
from typing import cast

import pytest

from bot.bridge.actor import SessionActor
from bot.bridge.stored_session import StoredSession
from bot.core.errors import AgentUnavailable
from bot.core.ids import Receipt
from bot.core.inbound import Prompt
from bot.core.policy import Rules
from bot.core.ports import Newest, Target
from tests.bridge.contest import THREAD, Kept, Owned, Server
from tests.bridge.house import ANA
from tests.bridge.listed import Listed, ListedSurface
from tests.waiting import PATIENCE

STEP = 0.01


class AwayOnce(Server):
    """It cannot be reached the first time."""

    def __init__(self) -> None:
        super().__init__(random.Random(0), "none", says_closed=True)
        self.tried = 0
        self.reached = asyncio.Event()

    async def create(self, key: str) -> str:
        self.tried += 1
        if self.tried == 1:
            raise AgentUnavailable()
        self.reached.set()
        return await super().create(key)


class Still(ListedSurface):
    """Shows nothing, so nothing that was shown wakes anybody."""

    async def show(self, target: Target, receipt: Receipt | None, newest: Newest) -> Receipt | None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("looks", range(1, 24))
async def test_what_comes_due_between_two_looks_at_the_clock_is_not_missed(looks: int) -> None:
    """Each look at the clock finds it a moment on, and after `looks` of them it is time."""
    kept, listed, server = Kept(), Listed(), AwayOnce()
    wait = (looks - 0.5) * STEP
    at = [1000.0]

    def now() -> float:
        at[0] += STEP
        return at[0]

    said = Prompt(
        key="msg:1", thread=THREAD, by=ANA, ts=THREAD.thread_ts, text="go", mentions_bot=True
    )
    kept.accept(said)
    actor = SessionActor(
        cast(StoredSession, Owned(kept, random.Random(0))),
        {"demo": server},
        Still(listed),
        Rules(retry_first=wait, retry_most=wait, status_lasts=1e6),
        fetch_image=listed.fetch_image,
        now=now,
    )
    running = asyncio.create_task(actor.run())
    try:
        async with asyncio.timeout(PATIENCE):
            await server.reached.wait()
    finally:
        actor.stop()
        await running
