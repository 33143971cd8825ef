"""The bot dies after it sent a prompt and before it knew: by what the server can tell, it is
repeated, found there, or asked about. And: sessions that somebody has to attend to."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.agents.agent_webkit.patience import Patience
from bot.bridge import performer
from bot.bridge.attachment import ATTACH_PATIENCE
from bot.bridge.performer import patience
from bot.core.asks import Answer
from bot.core.commands import ConfigureAgent, Interrupt, StopTask
from bot.core.events import TextDelta, TurnEnded, TurnStarted
from bot.store.database import Database, StoreConfig
from bot.store.tables import sessions
from tests.bridge.house import ANA, running
from tests.bridge.listed import Listed
from tests.bridge.scripted import ScriptedAgent
from tests.waiting import PATIENCE, until

AGAIN = Answer(verb="reply", values=(("resend", ("again",)),))


@pytest.fixture
def listed() -> Listed:
    return Listed()


def says(agent: ScriptedAgent, text: str, turn: str = "t1") -> None:
    agent.does(
        TurnStarted(turn=turn),
        TextDelta(turn=turn, item=f"{turn}.m", at=0, text=text),
        TurnEnded(turn=turn, outcome="done"),
    )


async def dies_unheard(
    agent: ScriptedAgent, config: StoreConfig, data: Path, listed: Listed
) -> None:
    """The agent has the prompt; the bot is killed before it hears so."""
    agent.silent = True
    async with running(config, data, listed, connector=agent, drain=False) as house:
        await house.mention("pay the bill")
        await agent.until_prompted("pay the bill")
    agent.silent = False


def prompts(agent: ScriptedAgent) -> list[str]:
    return [prompt for remote in agent.sessions.values() for prompt in remote.prompts]


async def test_where_nobody_can_tell_people_are_asked_E71(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent("none", remembers=True)
    await dies_unheard(agent, store_config, tmp_path, listed)
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await listed.until(lambda seen: "ask open" in seen.text())
        assert "I was restarted" in listed.ask().ask.title
        assert prompts(agent) == ["pay the bill"]
        await house.answer(AGAIN)
        await listed.until(lambda seen: "answered Send again" in seen.text())
        await until(lambda: _has(agent, 2))
        says(agent, "Paid.")
        await listed.until(lambda seen: "done: Paid." in seen.text())


async def test_an_agent_that_is_seen_to_work_on_it_is_not_asked_about_E71(
    store_config: StoreConfig, tmp_path: Path, listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performer, "SIGN_PATIENCE", PATIENCE)
    agent = ScriptedAgent("none", remembers=True)
    await dies_unheard(agent, store_config, tmp_path, listed)
    says(agent, "Paid.")
    async with running(store_config, tmp_path, listed, connector=agent):
        await listed.until(lambda seen: "done: Paid." in seen.text())
    assert listed.outline() == ["done: Paid."]
    assert prompts(agent) == ["pay the bill"]


async def test_a_prompt_the_server_can_show_is_not_repeated(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent("readable", remembers=True)
    await dies_unheard(agent, store_config, tmp_path, listed)
    agent.read = True
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await agent.until_asked()
        await house.reply("and the rent")
        says(agent, "Paid.")
        await agent.until_prompted("and the rent")
        await listed.until(lambda seen: "done: Paid." in seen.text())
    assert prompts(agent) == ["pay the bill", "and the rent"]
    assert listed.outline() == ["done: Paid."]


async def test_a_prompt_the_server_lacks_for_certain_is_repeated(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent("readable", remembers=True)
    await dies_unheard(agent, store_config, tmp_path, listed)
    agent.read = False
    async with running(store_config, tmp_path, listed, connector=agent):
        await until(lambda: _has(agent, 2))
        says(agent, "Paid.")
        await listed.until(lambda seen: "done: Paid." in seen.text())
    assert listed.outline() == ["done: Paid."]


async def test_a_server_that_cannot_say_for_once_is_one_that_never_can(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent("readable", remembers=True)
    await dies_unheard(agent, store_config, tmp_path, listed)
    async with running(store_config, tmp_path, listed, connector=agent):
        await listed.until(lambda seen: "ask open" in seen.text())
    assert prompts(agent) == ["pay the bill"]


async def _has(agent: ScriptedAgent, number: int) -> bool:
    return prompts(agent) == ["pay the bill"] * number


async def test_where_keys_are_known_it_is_repeated_under_its_key(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent("idempotent", remembers=True)
    await dies_unheard(agent, store_config, tmp_path, listed)
    async with running(store_config, tmp_path, listed, connector=agent):
        await until(lambda: _has(agent, 2))


async def test_a_message_kept_for_a_server_that_is_away_goes_out_unasked(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    """It was tried before, but certainly did not arrive."""
    agent = ScriptedAgent("none", remembers=True)
    agent.away = True
    async with running(store_config, tmp_path, listed, connector=agent, drain=False) as house:
        await house.mention("pay the bill")
        await listed.until(lambda seen: "Your message is kept" in seen.text())
    agent.away = False
    async with running(store_config, tmp_path, listed, connector=agent):
        await agent.until_prompted("pay the bill")
        says(agent, "Paid.")
        await listed.until(lambda seen: "done: Paid." in seen.text())
    assert prompts(agent) == ["pay the bill"]
    assert "ask" not in listed.text()


async def test_a_server_that_is_away_resolves_no_doubt(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent("none", remembers=True)
    await dies_unheard(agent, store_config, tmp_path, listed)
    agent.away = True
    async with running(store_config, tmp_path, listed, connector=agent, drain=False):
        await listed.until(lambda seen: "It may have your message already" in seen.text())
    agent.away = False
    async with running(store_config, tmp_path, listed, connector=agent):
        await listed.until(lambda seen: "ask open" in seen.text())
    assert prompts(agent) == ["pay the bill"]


async def test_a_connection_that_breaks_while_a_prompt_is_sent_is_asked_about(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent("none")
    agent.breaks = True
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention("pay the bill")
        await listed.until(lambda seen: "ask open" in seen.text())
        assert "connection broke" in listed.ask().ask.title
        says(agent, "Paid.")  # it has it after all
        await listed.until(lambda seen: "done: Paid." in seen.text())
        settled = "ask settled answered The agent has your message"
        await listed.until(lambda seen: seen.outline()[0].startswith(settled))


def test_what_the_agent_s_process_is_asked_about_may_take_a_minute() -> None:
    """The server waits 60 s for it, the connector 65 s for the server, and 5 s to attach."""
    by = ANA
    for command in (
        ConfigureAgent(id=1, by=by, setting="model", value="opus"),
        StopTask(id=1, by=by, task="b1"),
    ):
        assert patience(command) > Patience().control + ATTACH_PATIENCE
    assert patience(Interrupt(id=1, turn=1)) < 30


async def test_a_session_that_needs_somebody_is_attended_to_for_a_while(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent(linger=0.8)
    async with running(store_config, tmp_path, listed, connector=agent, idle_after=0.3) as house:
        await house.mention("start the build")
        await agent.until_prompted("start the build")
        says(agent, "Started.")
        since = time.time()
        await listed.until(lambda seen: "done: Started." in seen.text())
        await house.falls_idle()
        assert time.time() - since >= 0.8


async def test_an_agent_that_goes_on_by_itself_after_a_restart_is_heard_E61(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent(linger=3600, remembers=True)
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention("start the build")
        await agent.until_prompted("start the build")
        says(agent, "Started.")
        await listed.until(lambda seen: "done: Started." in seen.text())
    async with running(store_config, tmp_path, listed, connector=agent):
        says(agent, "The build is green.", "t2")
        await listed.until(lambda seen: "done: The build is green." in seen.text())
    assert agent.attached == 2


async def test_a_session_unused_for_long_is_attended_to_no_more(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    """The one used lately shows that the other was passed over."""
    agent = ScriptedAgent(remembers=True)
    async with running(store_config, tmp_path, listed, connector=agent, idle_after=0.5) as house:
        await house.mention("one")
        await agent.until_prompted("one")
        says(agent, "One.")
        await listed.until(lambda seen: "done: One." in seen.text())
        await house.falls_idle()
    agent.linger = 3600
    async with Database.open(store_config) as database, database.transaction() as tx:
        long_ago = update(sessions).values(updated_at=sessions.c.updated_at - 3700)
        await tx.execute(long_ago)
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention_elsewhere("two")
        await agent.until_prompted("two")
        assert agent.attached == 2
