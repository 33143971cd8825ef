"""Whole sessions with the embedded agent, shown on lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.core.asks import Answer, Question
from bot.store import messages
from bot.store.database import Database, StoreConfig
from tests.bridge.house import BEN, CHO, QUICK, THREAD, running
from tests.bridge.listed import Listed


@pytest.fixture
def listed() -> Listed:
    return Listed()


def done(times: int = 1):
    return lambda seen: sum(line.startswith("done") for line in seen.outline()) >= times


def asked(seen: Listed) -> bool:
    return any(line.startswith("ask open") for line in seen.outline())


async def test_a_mention_is_answered_in_its_thread(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed) as house:
        assert await house.mention("echo good morning") == "stored"
        await listed.until(done())
    assert listed.outline() == ["done: good morning"]


async def test_only_what_is_posted_leaves_an_intent_to_look_for(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed) as house:
        await house.mention("echo good morning")
        await listed.until(done())
    async with Database.open(store_config) as database, database.transaction() as tx:
        intended = await messages.for_session(tx, str(THREAD))
    assert [(row.slot, row.ts is not None) for row in intended] == [("turn:1", True)]


async def test_one_post_delivered_five_times_has_one_effect_E70(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed) as house:
        accepted = [await house.mention("echo once", ts="1700000000.000100") for _ in range(5)]
        await listed.until(done())
    assert accepted == ["stored", "known", "known", "known", "known"]
    assert listed.outline() == ["done: once"]


async def test_a_tool_runs_after_allow_and_the_rest_stands_below_the_card(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed) as house:
        await house.mention("deploy")
        await listed.until(asked)
        await house.decide("allow", by=BEN)
        await listed.until(lambda seen: bool(seen.whispers))
        assert "Only <@U1> can decide" in listed.whispers[0][1]
        await house.decide("allow")
        await listed.until(done())
        await listed.until(lambda seen: "ask settled" in seen.text())
    kinds = [line.split(" ")[0].rstrip(":") for line in listed.outline()]
    assert kinds == ["part", "ask", "done"]
    assert "ask settled answered Allowed by=U1" in listed.outline()[1]


async def test_a_question_is_answered_by_a_line_in_the_thread_E51(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed) as house:
        await house.mention("ask")
        await listed.until(asked)
        await house.reply("something of my own")
        await listed.until(done())
        await listed.until(lambda seen: "something of my own by=U1" in seen.text())


async def test_posts_while_it_works_wait_and_are_read_together_in_order_E21_E23(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed) as house:
        await house.mention("ask")
        await listed.until(asked)
        await house.mention("echo third", ts="1700000300.000000", by=BEN)
        await house.mention("echo second", ts="1700000200.000000", by=BEN)
        await listed.until(lambda seen: "queued" in str(list(seen.signs.values())))
        question = listed.ask().ask
        assert isinstance(question, Question)
        field = question.fields[0].id
        await house.answer(Answer(verb="reply", values=((field, ("x",)),)))
        await listed.until(done(2))
        await listed.until(
            lambda seen: all(s.kind != "mark" or s.mark == "none" for s in seen.signs.values())
        )
    # The embedded agent goes by the last paragraph of what it is told.
    assert listed.outline()[-1] == "done: third"
    assert "second" not in listed.text()


async def test_stop_in_the_text_keeps_what_was_said_E31(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed, speed=1) as house:
        await house.mention("essay 200000")
        await listed.until(lambda seen: len(seen.text()) > 50)
        await house.stop(by=BEN)
        await house.stop()
        await listed.until(lambda seen: "stopped by=U1" in seen.text())
        before = listed.outline()
        await house.mention("echo next")
        await listed.until(done())
    assert listed.outline()[: len(before)] == before
    assert listed.outline()[-1] == "done: next"
    assert [user for user, _ in listed.whispers] == [BEN.user]


async def test_guests_start_nothing_and_are_told_privately_E80(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed) as house:
        await house.mention("echo no", by=CHO)
        await listed.until(lambda seen: bool(seen.whispers))
    assert listed.outline() == []
    assert listed.whispers[0][0] == CHO.user


async def test_an_unreachable_agent_is_told_and_gets_the_message_later_E76(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    at = [1_700_000_000.0]
    agent = DemoConnector(DemoConfig(data_dir=tmp_path, speed=0), now=lambda: at[0])
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention("away 5")
        await listed.until(done())
        await house.mention("echo patience")
        await listed.until(lambda seen: "Your message is kept" in seen.text())
        at[0] += 5
        await listed.until(done(2))
    assert "notice info: The agent is back and has your message." in listed.outline()
    assert listed.outline()[-1] == "done: patience"


async def test_an_idle_actor_ends_and_the_next_post_starts_it_again(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed, idle_after=0.05) as house:
        await house.mention("echo one")
        await listed.until(done())
        await house.falls_idle()
        await house.mention("echo two")
        await listed.until(done(2))
    assert listed.outline() == ["done: one", "done: two"]


async def test_an_archived_channel_ends_showing_but_not_the_session(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    listed.closed = True
    async with running(store_config, tmp_path, listed, idle_after=0.05) as house:
        await house.mention("echo lost")
        await house.falls_idle()
    assert listed.outline() == []


async def test_a_choice_is_remembered_over_a_restart_E18(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed) as house:
        await house.mention("steps 4")
        await listed.until(done())
        assert "[Read shop/part_03.py: done]" in listed.text()
        await house.choose("quiet")
        await listed.until(lambda seen: bool(seen.whispers))
        await listed.until(lambda seen: "[" not in seen.text())
    assert listed.whispers[0][1].startswith("This thread is quiet now")
    async with running(store_config, tmp_path, listed) as house:
        await house.reply("steps 6")
        await listed.until(done(2))
    assert listed.outline()[-1] == "done: All 6 steps are done. 1 had to be done twice."


async def test_an_answer_too_long_for_messages_comes_as_a_file_E7(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    rules = replace(QUICK, part_limit=1000, most_parts=3)
    async with running(store_config, tmp_path, listed, rules=rules, idle_after=0.1) as house:
        await house.mention("essay 9000")
        await listed.until(lambda seen: "file " in seen.text())
        await house.falls_idle()
    *parts, file = listed.outline()
    assert [line.split(":")[0] for line in parts] == ["part", "part", "done"]
    whole = file.removeprefix("file answer-1.md: ")
    assert len(whole) > 9000
    assert whole.startswith(parts[0].removeprefix("part: ").strip())
