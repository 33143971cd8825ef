"""What goes wrong beside a session is told in it, and never holds up what people do."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from bot.bridge.bridge import bucket_of
from bot.bridge.home_views import HomeViews
from bot.core.access import Access
from bot.core.errors import StoreUnavailable
from bot.core.ids import ask_uid
from bot.core.policy import Rules
from bot.store import asks, inbox, sessions
from bot.store.asks import AskRow
from bot.store.database import Database, StoreConfig
from bot.store.tables import sessions as sessions_table
from tests.bridge.awkward import AwkwardAgent, Faults
from tests.bridge.house import BEN, TEAM, THREAD, running
from tests.bridge.listed import Listed
from tests.waiting import until

SOON = 20.0
"""Seconds: less than the patience with an agent that hangs, and much more than it takes."""


@pytest.fixture
def listed() -> Listed:
    return Listed()


@pytest.fixture
def faults() -> Faults:
    return Faults()


def shows(*texts: str):
    return lambda seen: all(text in seen.text() for text in texts)


async def _session(config: StoreConfig, agent: str = "demo") -> None:
    async with Database.open(config) as database, database.transaction() as tx:
        await sessions.get_or_create(
            tx, str(THREAD), TEAM, THREAD.channel, THREAD.thread_ts, bucket_of(TEAM), agent
        )


async def test_a_stop_is_shown_while_the_agent_hangs_in_the_prompt_E30(
    store_config: StoreConfig, tmp_path: Path, listed: Listed, faults: Faults
) -> None:
    faults.hangs = {"prompt"}
    agent = AwkwardAgent(tmp_path, faults)
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention("echo never")
        await faults.until_called("prompt")
        await house.stop(by=BEN)
        await listed.until(lambda seen: bool(seen.whispers), within=SOON)
        await house.stop()
        await listed.until(shows("stopping by=U1"), within=SOON)


async def test_a_stop_reaches_an_agent_that_hangs_in_an_answer_E30(
    store_config: StoreConfig, tmp_path: Path, listed: Listed, faults: Faults
) -> None:
    faults.hangs = {"answer"}
    agent = AwkwardAgent(tmp_path, faults)
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention("deploy")
        await listed.until(shows("ask open"))
        await house.decide("allow")
        await faults.until_called("answer")
        await house.stop()
        await faults.until_called("interrupt", SOON)
        await listed.until(shows("stopped by=U1"), within=SOON)


async def test_the_next_prompt_waits_for_a_stop_that_is_still_on_its_way(
    store_config: StoreConfig, tmp_path: Path, listed: Listed, faults: Faults
) -> None:
    faults.hangs = {"interrupt"}
    agent = AwkwardAgent(tmp_path, faults, speed=1)
    rules = Rules(retry_first=0.02, retry_most=0.1, stop_patience=0.2)
    async with running(store_config, tmp_path, listed, connector=agent, rules=rules) as house:
        await house.mention("work for 30 seconds")
        await listed.until(shows("working"))
        await house.stop()
        await listed.until(shows("stopped by=U1"))
        await house.mention("echo later")
        await listed.until(lambda seen: len(seen.signs) > 2)
    assert faults.called.count("prompt") == 1


async def test_patience_with_a_stop_ends_however_busy_the_agent_is(
    store_config: StoreConfig, tmp_path: Path, listed: Listed, faults: Faults
) -> None:
    faults.deaf = True
    agent = AwkwardAgent(tmp_path, faults)
    rules = Rules(retry_first=0.02, retry_most=0.1, stop_patience=0.5)
    async with running(store_config, tmp_path, listed, connector=agent, rules=rules) as house:
        await house.mention("echo on and on")
        await listed.until(shows("on and on"))
        await house.stop()
        await listed.until(shows("stopped by=U1"), within=SOON)


async def test_a_fault_in_the_connector_fails_the_turn_and_not_the_session(
    store_config: StoreConfig, tmp_path: Path, listed: Listed, faults: Faults
) -> None:
    faults.breaks = {"prompt"}
    agent = AwkwardAgent(tmp_path, faults)
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        await house.mention("echo broken")
        await listed.until(shows("failed error=The agent could not do this."))
        faults.breaks = {"events"}
        attached = faults.called.count("attach")
        await house.mention("echo well")
        while faults.called.count("attach") < attached + 2:
            faults.news.clear()
            await faults.news.wait()
        faults.breaks = set()
        await listed.until(shows("done: well"))


async def test_an_agent_that_is_configured_no_more_is_told_and_the_message_kept(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    await _session(store_config, agent="gone")
    async with running(store_config, tmp_path, listed) as house:
        await house.mention("echo hello")
        await listed.until(shows("The agent gone is no longer configured here.", "is kept"))
        await house.stop()
        await listed.until(shows("stopped by=U1"))


async def test_input_that_cannot_be_read_is_told_once_and_over(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    await _session(store_config)
    async with Database.open(store_config) as database, database.transaction() as tx:
        await inbox.add(tx, "k1", str(THREAD), bucket_of(TEAM), "dance", '{"kind": "dance"}')
    async with running(store_config, tmp_path, listed) as house:
        await listed.until(shows("cannot read any more"))
        await house.mention("echo and on")
        await listed.until(shows("done: and on"))
    assert listed.text().count("cannot read any more") == 1
    async with Database.open(store_config) as database, database.transaction() as tx:
        assert await inbox.waiting(tx, [bucket_of(TEAM)]) == []


async def test_a_session_of_a_newer_version_keeps_its_input_and_tells_its_author_E79(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    await _session(store_config)
    uid = ask_uid(THREAD.session, "a1")
    newer = update(sessions_table).values(state='{"secret": "words"}', state_version=99)
    async with Database.open(store_config) as database, database.transaction() as tx:
        await tx.execute(newer)
        await asks.project(tx, [AskRow(uid, str(THREAD), "a1", TEAM, "open", "question")])
    with capture_logs() as logs:
        async with running(store_config, tmp_path, listed) as house:
            await house.mention("echo hello")
            await listed.until(lambda seen: bool(seen.whispers))
            views = HomeViews(house.supervisor._database, Access())
            assert (await views.board(TEAM)).sessions == {}

            async def refused() -> bool:
                with pytest.raises(StoreUnavailable) as told:
                    await house.bridge.find_ask(uid)
                return "cannot read" in str(told.value)

            await until(refused)
            await house.supervisor.release(bucket_of(TEAM))
    # It paused, and there was nothing to wait for.
    assert [log["late"] for log in logs if log["event"] == "bucket.released"] == [0]
    assert listed.whispers[0][0] == "U1"
    assert "cannot read" in listed.whispers[0][1]
    assert "words" not in str(logs)
    async with Database.open(store_config) as database, database.transaction() as tx:
        assert len(await inbox.pending(tx, str(THREAD))) == 1


async def test_each_turn_is_logged_once_without_its_words(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    with capture_logs() as logs:
        async with running(store_config, tmp_path, listed) as house:
            for number in range(3):
                await house.mention(f"echo password{number}")
                await listed.until(shows(f"done: password{number}"))

            async def logged() -> bool:
                return sum(log["event"] == "turn.ended" for log in logs) >= 3

            await until(logged)
    ended = [log["turn"] for log in logs if log["event"] == "turn.ended"]
    assert ended == [1, 2, 3]
    assert "password" not in str(logs)


async def test_long_sessions_stay_small(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    async with running(store_config, tmp_path, listed) as house:
        for number in range(24):
            await house.mention(f"echo word{number:02}")
            await listed.until(shows(f"done: word{number:02}"))
    async with Database.open(store_config) as database, database.transaction() as tx:
        row = await sessions.get(tx, str(THREAD))
    assert row is not None and row.state is not None
    assert row.state.count('"boundaries"') <= 2, "old turns are still in the state"
    assert len(row.state) < 10_000
