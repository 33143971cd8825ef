"""An agent that forgets, and one that asks late: over a store, in the running bot."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.bridge.home_views import HomeViews
from bot.core.access import Access
from bot.core.asks import Answer, Confirmation
from bot.core.events import AskOpened, Detached, TextDelta, TurnEnded, TurnStarted
from bot.core.inbound import Person
from bot.store.database import Database, StoreConfig
from tests.bridge.house import running
from tests.bridge.listed import Listed
from tests.bridge.scripted import ScriptedAgent

START = Answer(verb="reply", values=(("afresh", ("afresh",)),))


@pytest.fixture
def listed() -> Listed:
    return Listed(context="Earlier: hello")


def says(agent: ScriptedAgent, text: str) -> None:
    agent.does(
        TurnStarted(turn="t1"),
        TextDelta(turn="t1", item="m", at=0, text=text),
        TurnEnded(turn="t1", outcome="done"),
    )


async def test_a_forgotten_session_is_begun_afresh_with_what_was_said_E58(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent()
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention("one")
        await agent.until_prompted("one")
        says(agent, "First.")
        await listed.until(lambda seen: "done: First." in seen.outline())
        del agent.sessions["r1"]
        agent.poke()
        await listed.until(lambda seen: "ask open" in seen.text())
        await house.reply("two")
        await listed.until(lambda seen: bool(seen.whispers))
        assert len(agent.keys) == 1
        await house.answer(START)
        assert await agent.until_prompted("two") == "Earlier: hello\n\ntwo"
        says(agent, "Second.")
        await listed.until(lambda seen: "done: Second." in seen.outline())
    assert [key.rpartition("#")[2] for key in agent.keys][1:] == ["1"]


async def test_a_session_forgotten_while_nobody_watched_is_offered_once_over_restarts_E39(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent()
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention("one")
        await agent.until_prompted("one")
        says(agent, "First.")
        await listed.until(lambda seen: "done: First." in seen.outline())
    for text in ("two", "three"):
        async with running(store_config, tmp_path, listed, connector=agent) as house:
            known = len(listed.whispers)
            await house.reply(text)
            await listed.until(
                lambda seen, known=known: len(seen.whispers) > known or "ask open" in seen.text()
            )
    assert sum("ask open" in line for line in listed.outline()) == 1
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.answer(START)
        await agent.until_prompted("two\n\nthree")


async def test_an_idle_session_that_is_lost_needs_no_actor_and_its_button_still_works(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent(linger=3600)
    async with running(store_config, tmp_path, listed, connector=agent, idle_after=0.3) as house:
        await house.mention("one")
        await agent.until_prompted("one")
        says(agent, "First.")
        await listed.until(lambda seen: "done: First." in seen.text())
        agent.does(Detached(reason="The server was restarted.", final=True))
        await listed.until(lambda seen: "ask open" in seen.text())
        await house.falls_idle()
        async with Database.open(store_config, shared=True) as database:
            homes = HomeViews(database, Access())
            home = homes.view(await homes.board("T1"), Person("U1", "Ann"))
        assert [entry.state for entry in home.entries] == ["recent"]
        await house.answer(START)
        await listed.until(lambda seen: "answered Start afresh" in seen.text())
        await house.reply("two")
        await agent.until_prompted("two")


async def test_what_is_asked_after_the_turn_is_decided_in_a_card_below(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent()
    ask = Confirmation(id="a1", turn="t1", tool="bash", title="Run ls", input={})
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention("one")
        await agent.until_prompted("one")
        says(agent, "Done.")
        agent.does(AskOpened(ask=ask, background=True))
        await listed.until(lambda seen: "ask open" in seen.text())
        await house.decide("allow")
        await listed.until(lambda seen: "answered Allowed" in seen.text())
        assert agent.sessions["r1"].answers == [("a1", Answer(verb="allow"))]
    assert [line.split(" ")[0] for line in listed.outline()] == ["done:", "ask"]


async def test_a_setting_reaches_an_agent_that_has_it_and_no_other(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent()
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention("one")
        await agent.until_prompted("one")
        await house.tune("mode", "plan")
        await listed.until(lambda seen: bool(seen.whispers))
        await house.tune("model", "opus")
        await listed.until(lambda seen: "changed the model to opus" in seen.text())
        await house.tune("stop task", "b1")
        await listed.until(lambda seen: "Ana stopped the background task b1." in seen.text())
    assert agent.configured == [("model", "opus"), ("task", "b1")]
    assert listed.whispers == [
        (
            "U1",
            "The permission mode was not changed. This agent cannot change it while it runs.",
        )
    ]
