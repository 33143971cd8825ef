"""What an earlier owner posted without a record is found again before anything new is posted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.bridge.actor import SessionActor
from bot.bridge.stored_session import StoredSession, intent_id
from bot.core.commands import Tick
from bot.core.events import TextDelta, TurnStarted
from bot.core.ids import PartKey, Receipt, notice_slot, turn_slot
from bot.core.inbound import Deleted
from bot.core.policy import Rules
from bot.core.ports import Intent, Newest, Target
from bot.core.session import reduce
from bot.core.state import SessionState
from bot.core.views import digest, find
from bot.store import messages
from bot.store.database import Database, StoreConfig
from bot.store.inbox import InboxRow
from tests.bridge.house import THREAD, prompt, running
from tests.bridge.listed import Listed, ListedSurface
from tests.waiting import PATIENCE

KEY = PartKey(turn_slot(1), 0, THREAD.place)


class _Stored:
    """A session in memory whose first save lasts until recovery has reported."""

    def __init__(self, state: SessionState) -> None:
        self.state = state
        self.intended: list[PartKey] = []
        self.saving = asyncio.Event()
        self.reported = asyncio.Event()

    async def adopt(self) -> tuple[SessionState, list[Intent]]:
        return self.state, [Intent(THREAD, KEY, 0.0)]

    async def pending(self, after_seq: int) -> list[InboxRow]:
        return []

    async def save(
        self, state: SessionState, *, intents: Sequence[PartKey] = (), **_: object
    ) -> None:
        self.intended += intents
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
        actor = SessionActor(
            cast(StoredSession, stored),
            {"demo": agent},
            surface,
            Rules(),
            fetch_image=Listed().fetch_image,
        )
        acting = asyncio.create_task(actor.run())
        await listed.until(lambda seen: seen.calls > 0)
        actor.stop()
        await acting
    assert [key for key, _ in listed.messages.values()].count(KEY) == 1


class _TakenBack(ListedSurface):
    """A surface on which what waits is taken back just before it would be listed."""

    mailbox: asyncio.Queue[object]

    def __init__(self, listed: Listed) -> None:
        super().__init__(listed)
        self.asked = asyncio.Event()

    async def show(self, target: Target, receipt: Receipt | None, newest: Newest) -> Receipt | None:
        if not target.key.slot.startswith("queue"):
            return await super().show(target, receipt, newest)
        await self.mailbox.put(Deleted(key="del:1", thread=THREAD, ts=WAITING.ts))
        shown = await newest()
        self.asked.set()
        return Receipt(key=target.key, ts="9.0", shown=digest(shown)) if shown else None


WAITING = prompt("and then this", mentions_bot=True)


async def test_what_is_gone_before_it_could_be_posted_leaves_nothing_to_look_for(
    tmp_path: Path,
) -> None:
    rules = Rules(queue_patience=0.0)
    state = reduce(reduce(_working(), WAITING, rules, 1.0), Tick(), rules, 2.0)
    assert state.listed
    stored, listed = _Stored(state), Listed()
    stored.reported.set()
    async with DemoConnector(DemoConfig(data_dir=tmp_path)) as agent:
        surface = _TakenBack(listed)
        actor = SessionActor(
            cast(StoredSession, stored),
            {"demo": agent},
            surface,
            rules,
            fetch_image=listed.fetch_image,
        )
        surface.mailbox = cast("asyncio.Queue[object]", actor._mailbox)
        acting = asyncio.create_task(actor.run())
        async with asyncio.timeout(PATIENCE):
            await surface.asked.wait()
        actor.stop()
        await acting
    assert [key.slot for key in stored.intended if key.slot.startswith("queue")] == []


async def test_what_slack_does_not_have_is_looked_for_once(
    store_config: StoreConfig, tmp_path: Path
) -> None:
    """Else each start of the session would read its thread again, and wait for that."""
    never = PartKey(notice_slot(7), 0, THREAD.place)
    async with running(store_config, tmp_path, Listed()) as house:
        await house.mention("echo hello", ts=THREAD.thread_ts)
        await house.listed.until(lambda seen: "done: hello" in seen.text())
    async with Database.open(store_config) as database, database.transaction() as tx:
        name = intent_id(THREAD.session, never)
        place, thread = THREAD.place, THREAD
        await messages.intend(
            tx, name, thread.session, never.slot, 0, str(place), place.channel, place.thread_ts
        )
    async with running(store_config, tmp_path, Listed(posted=1)) as house:
        await house.mention("echo again")
        await house.listed.until(lambda seen: "done: again" in seen.text())
    async with Database.open(store_config) as database, database.transaction() as tx:
        assert await messages.open_intents(tx, THREAD.session) == []
        assert len(await messages.for_session(tx, THREAD.session)) == 2
