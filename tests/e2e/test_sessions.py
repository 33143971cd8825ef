"""What a session in a thread is like, from the first mention to the end."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing

import pytest

from bot import app
from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.playground import Playground, Thread
from bot.playground.blocks import visible_text
from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, ours, said, soon

pytestmark = pytest.mark.slow


async def test_a_mention_is_answered_in_its_thread_E10(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "echo Good morning!")
    await thread.until(at_rest)
    assert said(thread).startswith("Good morning!")
    assert len(ours(thread)) == 1
    assert slack.whispers(ana) == []


async def test_a_sign_of_life_comes_within_a_second_E1(calm_slack: Playground) -> None:
    async def attempt() -> float:
        began = time.monotonic()
        thread = await calm_slack.person("ana").mention("#dev", "explain")
        await thread.until(lambda t: t.status() == "processing" or t.reactions())
        took = time.monotonic() - began
        await thread.until(ours)
        assert said(thread).split("\n")[0].strip() not in ("", "Working…"), "begins with text"
        return took

    await soon(attempt, 1.0)


async def test_the_answer_grows_in_one_message(calm_slack: Playground) -> None:
    thread = await calm_slack.person("ana").mention("#dev", "explain")
    shown: list[str] = []

    def grows(seen: Thread) -> bool:
        shown.append(said(seen))
        return at_rest(seen)

    await thread.until(grows, timeout=60)
    assert len(ours(thread)) == 1
    last = [line for line in shown[-1].splitlines() if len(line) > 20][-1]
    parts = [text for text in shown if "The smallest agent" in text and last not in text]
    assert parts, "a part of it can be read before the whole"
    assert said(thread).count("The smallest agent") == 1


async def test_a_tool_runs_after_allow_and_the_rest_stands_below_E42(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "deploy the website to staging")
    await thread.until(lambda t: "Allow" in t.buttons() and t.status() == "suspended")
    assert await ana.click(thread, "Allow")
    await thread.until(at_rest)
    before, card, after = (visible_text(message) for message in ours(thread))
    assert "I ask before I go on" in before
    assert "Allowed" in card and f"<@{ana.id}>" in card
    assert "make rollback" in after


async def test_a_denied_tool_does_not_run_E36(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "deploy")
    await thread.until(lambda t: "Deny" in t.buttons())
    await ana.click(thread, "Deny")
    await thread.until(at_rest)
    assert "stays as it is" in said(thread)
    assert "make rollback" not in said(thread)


async def test_a_question_is_answered_by_a_line_in_the_thread_E51(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "ask me something")
    await thread.until(lambda t: "DuckDB" in t.buttons())
    await ana.reply(thread, "duckdb")
    await thread.until(at_rest)
    assert "DuckDB it is" in said(thread)


async def test_a_message_sent_meanwhile_waits_visibly_and_in_order_E21(
    calm_slack: Playground,
) -> None:
    ana = calm_slack.person("ana")
    thread = await ana.mention("#dev", "deploy")
    await thread.until(lambda t: "Allow" in t.buttons())
    await ana.reply(thread, "echo first")
    await ana.reply(thread, "echo second")
    waiting = "hourglass_flowing_sand"
    await thread.until(lambda t: sum(waiting in m.reactions for m in t.messages()) == 2)
    await ana.click(thread, "Deny")
    await thread.until(at_rest)
    order = [said(thread).index(piece) for piece in ("on the copy", "first", "second")]
    assert order == sorted(order)


async def test_a_direct_message_is_a_session_too_E63(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.message_bot("echo between us")
    await thread.until(at_rest)
    assert "between us" in said(thread)


async def test_the_agent_is_told_what_was_said_before_E28(stage: Stage) -> None:
    ana, ben = stage.slack.person("ana"), stage.slack.person("ben")
    async with stage.bot():
        thread = await ben.post("#dev", "The search is slow since noon.")
        await ben.reply(thread, "Only for long words.")
        await ana.reply(thread, "echo I look into it", mention=True)
        await thread.until(at_rest)
    told = _told_to_the_agent(stage)
    assert len(told) == 1
    assert "> ben: The search is slow since noon." in told[0]
    assert "> ben: Only for long words." in told[0]
    assert told[0].endswith("echo I look into it")
    assert "slow since noon" not in said(thread)


def _told_to_the_agent(stage: Stage) -> list[str]:
    with closing(sqlite3.connect(stage.data / "demo.db")) as journal:
        rows = journal.execute(
            "SELECT json_extract(body, '$.text') FROM journal WHERE kind = 'prompted' ORDER BY seq"
        )
        return [row[0] for row in rows]


async def test_two_who_mention_in_the_same_second_share_one_session_E57(
    stage: Stage,
) -> None:
    ana, ben = stage.slack.person("ana"), stage.slack.person("ben")
    async with stage.bot():
        thread = await ana.post("#dev", "Who can help?")
        await asyncio.gather(
            ana.reply(thread, "echo from Ana", mention=True),
            ben.reply(thread, "echo from Ben", mention=True),
        )
        await thread.until(lambda t: at_rest(t) and len(ours(t)) == 2)
    with closing(sqlite3.connect(stage.database)) as store:
        assert store.execute("SELECT count(*) FROM sessions").fetchone() == (1,)
    assert sorted(message.text for message in ours(thread)) == ["from Ana", "from Ben"]


async def test_an_event_delivered_five_times_has_one_effect_E70(slack: Playground) -> None:
    slack.faults.duplicate_events = 4
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "echo once")
    await thread.until(at_rest)
    await ana.reply(thread, "echo twice")
    await thread.until(lambda t: at_rest(t) and len(ours(t)) == 2)
    await slack.until(lambda: all(d.outcome == "acked" for d in slack.journal.deliveries))
    assert len(ours(thread)) == 2


async def test_overtaken_events_are_not_lost(slack: Playground) -> None:
    slack.faults.event_delays = [0.6, 0.6, 0.0]
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "echo the mention comes late")
    await ana.reply(thread, "echo the reply overtook it")
    await thread.until(lambda t: at_rest(t) and len(ours(t)) == 2)
    assert "the mention comes late" in said(thread)
    assert "the reply overtook it" in said(thread)


async def test_an_agent_out_of_reach_is_told_and_gets_the_message_later_E76(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [time.time()]
    agent = DemoConnector(DemoConfig(data_dir=stage.data, speed=0), now=lambda: at[0])
    monkeypatch.setattr(app, "build", lambda _: agent)
    ana = stage.slack.person("ana")
    async with stage.bot():
        thread = await ana.mention("#dev", "away 4")
        await thread.until(at_rest)
        await ana.reply(thread, "echo are you there?")
        await thread.until(lambda t: "is kept and goes out when it is back" in said(t))
        at[0] += 4
        await thread.until(lambda t: "are you there?" in said(t) and at_rest(t), timeout=60)
