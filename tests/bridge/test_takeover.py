"""An owner dies at any moment and another goes on: people read the same, once."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import pytest

from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.core.events import TurnEnded, TurnStarted
from bot.core.views import QueueView
from bot.store import messages
from bot.store.database import StoreConfig
from tests.bridge.house import QUICK, THREAD, House, running
from tests.bridge.listed import Listed
from tests.bridge.scripted import ScriptedAgent
from tests.waiting import PATIENCE, until


def _finished(seen: Listed) -> bool:
    lines = seen.outline()
    return sum(line.startswith("done") for line in lines) == 2 and "ask settled" in seen.text()


async def _talk(house: House) -> None:
    """What people do, again after every restart: the same posts, and Allow whenever it shows."""
    await house.mention("deploy", ts="1700000000.000100")
    await house.reply("echo and then this", ts="1700000000.000200")
    while True:
        house.listed.changed.clear()
        if _finished(house.listed):
            return
        if "ask open" in house.listed.text():
            await house.decide("allow")
        await house.listed.changed.wait()


async def _story(config: StoreConfig, data_dir: Path, dies_after: list[tuple[int, bool]]) -> Listed:
    """The whole story, with owners that die at the given call numbers, before or after the call."""
    listed = Listed()
    for number, before in dies_after:
        dead = asyncio.Event()

        def die(at: int = number, event: asyncio.Event = dead) -> None:
            if listed.calls >= at:
                event.set()

        listed.before_call, listed.after_call = (die, _lives) if before else (_lives, die)
        async with running(config, data_dir, listed, speed=50, drain=False) as house:
            talking = asyncio.create_task(_talk(house))
            dying = asyncio.create_task(dead.wait())
            await asyncio.wait((talking, dying), timeout=20, return_when=asyncio.FIRST_COMPLETED)
            for task in (talking, dying):
                task.cancel()
            await asyncio.wait((talking, dying))
    listed.before_call = listed.after_call = _lives
    async with running(config, data_dir, listed, speed=50) as house:
        async with asyncio.timeout(PATIENCE):
            await _talk(house)
            await listed.until(_finished)
    return listed


def _lives() -> None:
    pass


@pytest.mark.parametrize("seed", range(8))
async def test_owners_die_at_random_and_the_thread_reads_the_same_E71(
    store_config: StoreConfig, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    deaths = sorted((chance.randint(1, 25), chance.random() < 0.5) for _ in range(3))
    (tmp_path / "data").mkdir()
    listed = await _story(store_config, tmp_path / "data", deaths)
    kinds = [line.split(" ")[0].rstrip(":") for line in listed.outline()]
    assert kinds == ["part", "ask", "done", "done"]
    text = listed.text()
    assert "ask settled answered Allowed by=U1" in text
    assert text.count("and then this") == 1
    slots = [(key.slot, key.part) for key, _ in listed.messages.values()]
    assert len(slots) == len(set(slots)), "a message was posted twice"


async def test_a_replaced_owner_that_goes_on_writes_and_shows_nothing(
    store_config: StoreConfig, tmp_path: Path
) -> None:
    """The first owner is not told: only the fence stops it."""
    old, new = Listed(), Listed()
    async with AsyncExitStack() as stack:
        agent = await stack.enter_async_context(
            DemoConnector(DemoConfig(data_dir=tmp_path, speed=1))
        )
        first = await stack.enter_async_context(
            running(store_config, tmp_path, old, connector=_Shared(agent), drain=False)
        )
        await first.mention("work for 30 seconds")
        await old.until(lambda seen: bool(seen.outline()))
        second = await stack.enter_async_context(
            running(store_config, tmp_path, new, connector=_Shared(agent), shared=True)
        )
        await new.until(lambda seen: bool(seen.signs) or bool(seen.outline()))
        shown = old.calls
        await second.stop()
        await new.until(lambda seen: "stopped" in seen.text())
        await first.falls_idle()
        assert old.calls <= shown + 1
        assert "stopped" not in old.text()


@pytest.mark.parametrize("recorded", [True, False])
async def test_a_list_of_what_waits_is_kept_by_who_takes_over_and_goes_with_its_entries_E78(
    store_config: StoreConfig, tmp_path: Path, recorded: bool
) -> None:
    """The first owner dies when the list was posted, before or after that is recorded."""
    agent, listed = ScriptedAgent(remembers=True), Listed()
    posted = asyncio.Event()
    listed.after_call = lambda: posted.set() if _queued(listed) else None
    rules = replace(QUICK, queue_patience=0.0)
    async with running(
        store_config, tmp_path, listed, connector=agent, drain=False, rules=rules
    ) as house:
        await house.mention("work", ts="1700000000.000100")
        await agent.until_prompted("work")
        agent.does(TurnStarted(turn="t1", cursor="1"))
        await house.mention("and more", ts="1700000000.000200")
        await posted.wait()
        if recorded:
            await until(lambda: _is_recorded(house))
    [first] = _queued(listed)
    async with running(store_config, tmp_path, listed, connector=agent, rules=rules) as house:
        await house.mention("and much more", ts="1700000000.000300")
        await listed.until(lambda seen: "and much more" in seen.text())
        assert _queued(listed) == [first]
        agent.does(TurnEnded(turn="t1", outcome="done", cursor="2"))
        await agent.until_prompted("and much more")
        await listed.until(lambda seen: not _queued(seen))
    prompts = [prompt for remote in agent.sessions.values() for prompt in remote.prompts]
    assert [prompt.count("and more") for prompt in prompts] == [0, 1]


def _queued(seen: Listed) -> list[str]:
    """The messages that list what waits."""
    return [ts for ts, (_, shown) in seen.messages.items() if isinstance(shown, QueueView)]


async def _is_recorded(house: House) -> bool:
    async with house.supervisor._database.transaction() as tx:
        return not await messages.open_intents(tx, THREAD.session)


class _Shared:
    """A connector that is entered by whoever made it, not by the bots that use it."""

    def __init__(self, agent: DemoConnector) -> None:
        self._agent = agent
        self.capabilities = agent.capabilities
        self.check, self.create, self.attach = agent.check, agent.create, agent.attach

    async def __aenter__(self) -> _Shared:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass
