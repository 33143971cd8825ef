"""What an earlier owner posted without a record is found again before anything new is posted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.bridge.actor import SessionActor
from bot.bridge.stored_session import StoredSession
from bot.core.events import TextDelta, TurnStarted
from bot.core.ids import PartKey, Receipt, turn_slot
from bot.core.policy import Rules
from bot.core.ports import Intent
from bot.core.session import reduce
from bot.core.state import SessionState
from bot.core.views import find
from bot.store.inbox import InboxRow
from tests.bridge.house import THREAD, prompt
from tests.bridge.listed import Listed, ListedSurface

KEY = PartKey(turn_slot(1), 0, THREAD.place)


class _Stored:
    """A session in memory whose first save lasts until recovery has reported."""

    def __init__(self, state: SessionState) -> None:
        self.state = state
        self.saving = asyncio.Event()
        self.reported = asyncio.Event()

    async def adopt(self) -> tuple[SessionState, list[Intent]]:
        return self.state, [Intent(THREAD, KEY, 0.0)]

    async def pending(self, after_seq: int) -> list[InboxRow]:
        return []

    async def save(self, state: SessionState, **_: object) -> None:
        self.saving.set()
        await self.reported.wait()
        for _turn in range(20):  # what recovery hands on has arrived by then
            await asyncio.sleep(0)
        self.state = state


class _FindsMeanwhile:
    """A surface whose search ends while the session is being saved."""

    def __init__(self, inner: ListedSurface, stored: _Stored) -> None:
        self._inner = inner
        self._stored = stored
        self.show, self.whisper, self.earlier = inner.show, inner.whisper, inner.earlier

    async def recover(self, intents: Sequence[Intent]) -> list[Receipt]:
        await self._stored.saving.wait()
        self._stored.reported.set()
        return await self._inner.recover(intents)


def _working() -> SessionState:
    state = SessionState(thread=THREAD, agent="demo")
    mention = prompt("explain", mentions_bot=True)
    started = TurnStarted(turn="t1", prompt=mention.key)
    written = TextDelta(turn="t1", item="t1.1", at=0, text="Half an answer")
    for happened in (mention, started, written):
        state = reduce(state, happened, Rules(), 1.0)
    return state


async def test_nothing_is_posted_twice_while_what_was_found_waits_behind_a_save(
    tmp_path: Path,
) -> None:
    state = _working()
    shown = find(state, KEY.slot, KEY.part)
    assert shown is not None
    listed = Listed(messages={"1.0": (KEY, shown)})
    stored = _Stored(state)
    surface = _FindsMeanwhile(ListedSurface(listed), stored)
    async with DemoConnector(DemoConfig(data_dir=tmp_path)) as agent:
        actor = SessionActor(cast(StoredSession, stored), {"demo": agent}, surface, Rules())
        running = asyncio.create_task(actor.run())
        await listed.until(lambda seen: seen.calls > 0)
        actor.stop()
        await running
    assert [key for key, _ in listed.messages.values()].count(KEY) == 1
