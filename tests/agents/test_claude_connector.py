"""The real Claude Code behind its connector: what the contract of all agents does not say."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.agents.claude.connector import ClaudeConnector
from bot.agents.claude.history import INTERRUPTED
from bot.agents.claude.process import ENDED, NO_PLACE
from bot.core.asks import Answer
from bot.core.errors import AgentAuthError, AgentRefused, AgentUnavailable, SessionGone
from bot.core.events import AgentEvent, AskClosed, AskOpened, ThoughtDelta, TurnEnded, UsageReported
from bot.core.ports import Image, RemoteSession
from tests.agents.reading import (
    happened,
    is_ask,
    is_end,
    is_text,
    play_turn,
    read_until,
    texts,
    whole_text,
)
from tests.agents.servers.model import StandIn
from tests.agents.servers.real_claude import ABSENT, KEY, PRESENT, connected, sharing
from tests.waiting import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PRESENT, reason=ABSENT),
    pytest.mark.asyncio(loop_scope="module"),
]

Both = tuple[ClaudeConnector, StandIn]
PIXEL = Image("image/png", b"\x89PNG\r\n\x1a\n" + b"\0" * 16)


@pytest_asyncio.fixture(loop_scope="module")
async def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Both]:
    async with connected(tmp_path, monkeypatch.setenv) as both:
        yield both


@pytest_asyncio.fixture(loop_scope="module")
async def remote(both: Both) -> AsyncIterator[RemoteSession]:
    async with both[0].attach(await both[0].create("T1/C1/1.0"), None) as remote:
        yield remote


@pytest_asyncio.fixture(loop_scope="module")
async def shared(
    shared_claude: Both, request: pytest.FixtureRequest
) -> AsyncIterator[RemoteSession]:
    """A session whose process runs already, for what leaves no trace in it."""
    async with sharing(shared_claude[0], request.node.name) as remote:
        yield remote


def ended(events: list[AgentEvent]) -> TurnEnded:
    assert isinstance(events[-1], TurnEnded)
    return events[-1]


def pids(directory: Path) -> list[Path]:
    return [*(directory / "data" / "claude").glob("*.pid")]


# --- a session and its restarts -------------------------------------------------------------------


async def test_a_restart_while_it_waits_interrupts_the_turn_and_the_session_goes_on_E39(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(tmp_path, monkeypatch.setenv) as (connector, _):
        session = await connector.create("T1/C1/1.0")
        async with connector.attach(session, None) as remote:
            await remote.prompt("guarded", "p1")
            before = await read_until(remote.events(), is_ask)
    assert pids(tmp_path) == []
    async with connected(tmp_path, monkeypatch.setenv) as (connector, model):
        async with connector.attach(session, before[-1].cursor) as remote:
            after = await read_until(remote.events(), is_end)
            opened = before[-1]
            assert isinstance(opened, AskOpened)
            assert AskClosed(ask=opened.ask.id, how="withdrawn") in after
            assert (ended(after).outcome, ended(after).resumable) == ("failed", True)
            assert ended(after).error == INTERRUPTED
            assert whole_text(before).startswith("Let me use a tool.")
            assert not texts(after)
            await remote.prompt("guarded", "p1")  # the agent has had it: nothing happens
            await remote.prompt("short", "p2")
            seen = await read_until(remote.events(), lambda e: is_end(e) and e is not after[-1])
        assert "Hello from" in whole_text(seen)
        assert [word for word in model.said() if word == "guarded"] == []
        assert "Let me use a tool." in str(model.requests[-1]["messages"])


async def test_the_tool_killed_in_the_middle_is_told_and_started_anew(
    both: Both, remote: RemoteSession, tmp_path: Path
) -> None:
    connector, _ = both
    await remote.prompt("endless", "p1")
    events = remote.events()
    await read_until(events, is_text)
    survivor = connector._records.survivor(pids(tmp_path)[0].stem)
    assert survivor is not None and not survivor.orphan
    os.kill(survivor.pid, signal.SIGKILL)
    seen = await read_until(events, is_end)
    assert (ended(seen).outcome, ended(seen).error) == ("failed", ENDED)
    assert ended(seen).resumable
    await remote.prompt("short", "p2")
    assert ended(await read_until(events, is_end)).outcome == "done"


async def test_a_reader_that_comes_back_misses_nothing(both: Both) -> None:
    connector, _ = both
    session = await connector.create("T1/C1/1.0")
    async with connector.attach(session, None) as remote:
        await remote.prompt("short", "p1")
        first = await read_until(remote.events(), is_text)
    async with connector.attach(session, first[-1].cursor) as remote:
        rest = await read_until(remote.events(), is_end)
    async with connector.attach(session, None) as remote:
        whole = await read_until(remote.events(), is_end)
    assert happened(first) + happened(rest) == happened(whole)


async def test_a_closed_session_is_forgotten(both: Both) -> None:
    connector, _ = both
    session = await connector.create("T1/C1/1.0")
    async with connector.attach(session, None) as remote:
        await play_turn(remote, "short", "p1")
        await remote.close()
    with pytest.raises(SessionGone):
        async with connector.attach(session, None):
            raise AssertionError("attached to nothing")


# --- where and how it works -----------------------------------------------------------------------


async def test_each_channel_may_have_a_directory_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    special = tmp_path / "special"
    special.mkdir()
    async with connected(tmp_path, monkeypatch.setenv, channels={"C02": special}) as (claude, _):
        for channel in ("C01", "C02"):
            async with claude.attach(await claude.create(f"T1/{channel}/1.0"), None) as remote:
                await play_turn(remote, "run: touch here.txt", "p1", Answer(verb="allow"))
    assert (tmp_path / "work" / "here.txt").exists()
    assert (special / "here.txt").exists()


async def test_a_directory_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "nowhere"
    async with (
        connected(tmp_path, monkeypatch.setenv, cwd=missing) as (claude, _),
        claude.attach(await claude.create("T1/C1/1.0"), None) as remote,
    ):
        with pytest.raises(AgentRefused, match=NO_PLACE):
            await remote.prompt("short", "p1")
        health = await claude.check()
    assert (health.ok, health.remedy) == (False, "Create it")


async def test_no_more_run_at_once_than_may_and_the_idle_one_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(tmp_path, monkeypatch.setenv, max_sessions=1) as (claude, _):
        one, two = [await claude.create(f"T1/C1/{n}.0") for n in (1, 2)]
        async with claude.attach(one, None) as first, claude.attach(two, None) as second:
            await first.prompt("endless", "p1")
            events = first.events()
            await read_until(events, is_text)
            with pytest.raises(AgentUnavailable, match="at work"):
                await second.prompt("short", "p1")
            await first.interrupt()
            await read_until(events, is_end)
            assert ended(await play_turn(second, "short", "p1")).outcome == "done"
            assert [path.stem for path in pids(tmp_path)] == [two]
            await first.prompt("short", "p2")
            assert ended(await read_until(events, is_end)).outcome == "done"


async def test_no_more_run_at_once_than_may_also_when_all_begin_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(tmp_path, monkeypatch.setenv, max_sessions=1) as (claude, _):
        one, two = [await claude.create(f"T1/C1/{n}.0") for n in (1, 2)]
        async with claude.attach(one, None) as first, claude.attach(two, None) as second:
            both = first.prompt("endless", "p1"), second.prompt("endless", "p1")
            became = await asyncio.gather(*both, return_exceptions=True)
            assert [type(one) for one in became if one] == [AgentUnavailable]
            assert len(pids(tmp_path)) == 1


async def test_a_stop_while_the_process_starts_counts(remote: RemoteSession) -> None:
    sending = asyncio.create_task(remote.prompt("endless", "p1"))
    await asyncio.sleep(0)
    await remote.interrupt()
    seen = await read_until(remote.events(), is_end)
    assert ended(seen).outcome == "stopped"
    await sending


async def test_a_session_that_was_closed_begins_no_more(both: Both, tmp_path: Path) -> None:
    session = await both[0].create("T1/C1/1.0")
    async with both[0].attach(session, None) as remote:
        await remote.close()
        with pytest.raises(SessionGone):
            await remote.prompt("short", "p1")
    assert pids(tmp_path) == []


async def test_model_and_mode_change_and_stay_over_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(tmp_path, monkeypatch.setenv) as (claude, model):
        session = await claude.create("T1/C1/1.0")
        async with claude.attach(session, None) as remote:
            before = await play_turn(remote, "short", "p1")
            await remote.configure("model", "claude-haiku-4-5")
            await remote.configure("permission_mode", "acceptEdits")
            with pytest.raises(AgentRefused):
                await remote.configure("permission_mode", "whatever")
    async with connected(tmp_path, monkeypatch.setenv) as (claude, model):
        async with claude.attach(session, before[-1].cursor) as remote:
            await remote.prompt("run: mkdir made", "p2")
            seen = await read_until(remote.events(), is_end)
        assert (tmp_path / "work" / "made").is_dir()
        assert not [event for event in seen if isinstance(event, AskOpened)]
        assert model.requests[-1]["model"] == "claude-haiku-4-5"


async def test_what_is_always_allowed_is_not_asked_again(
    both: Both, remote: RemoteSession, tmp_path: Path
) -> None:
    await remote.prompt("guarded", "p1")
    events = remote.events()
    opened = (await read_until(events, is_ask))[-1]
    assert isinstance(opened, AskOpened)
    assert opened.ask.kind == "confirmation" and "allow_always" in opened.ask.verbs
    await remote.answer(opened.ask.id, Answer(verb="allow_always"))
    await read_until(events, is_end)
    await remote.prompt("run: echo hello-from-tool again", "p2")
    again = await read_until(events, is_end)
    assert not [event for event in again if isinstance(event, AskOpened)]


async def test_two_calls_at_once_are_asked_for_one_by_one(shared: RemoteSession) -> None:
    await shared.prompt("both: touch one.txt && touch two.txt", "p1")
    events = shared.events()
    for _ in range(2):
        opened = (await read_until(events, is_ask))[-1]
        assert isinstance(opened, AskOpened)
        await shared.answer(opened.ask.id, Answer(verb="allow"))
    assert ended(await read_until(events, is_end)).outcome == "done"


# --- what it says ---------------------------------------------------------------------------------


async def test_thoughts_usage_and_the_whole_text_are_told(shared: RemoteSession) -> None:
    seen = await play_turn(shared, "thinking", "p1")
    thought = [event.text for event in seen if isinstance(event, ThoughtDelta)]
    assert thought == ["Let me think about this."]
    assert whole_text(seen).endswith("This is the second paragraph.")
    [spent] = [event for event in seen if isinstance(event, UsageReported)]
    assert (spent.input_tokens, spent.output_tokens) == (1000, 50)
    assert spent.cost and spent.model


async def test_pictures_go_with_a_prompt(shared_claude: Both, shared: RemoteSession) -> None:
    await shared.prompt("what is this?", "p1", [PIXEL])
    await read_until(shared.events(), is_end)
    kinds = [b["type"] for m in shared_claude[1].requests[-1]["messages"] for b in m["content"]
             if isinstance(b, dict)]  # fmt: skip
    assert "image" in kinds


async def test_a_model_that_refuses_fails_the_turn_with_its_reason(shared: RemoteSession) -> None:
    seen = await play_turn(shared, "broken", "p1")
    assert ended(seen).outcome == "failed"
    assert "the stand-in refuses" in ended(seen).error
    assert not ended(seen).resumable


async def test_names_of_files_and_commands_in_a_message_are_only_words(
    shared_claude: Both, shared: RemoteSession
) -> None:
    claude, model = shared_claude
    (claude._config.cwd / "secret.txt").write_text("the-content-of-the-file")
    await play_turn(shared, "/compact look at @secret.txt", "p1")
    assert "the-content-of-the-file" not in str(model.requests[-1])
    assert model.said()[-1] == "/compact look at @secret.txt"


# --- secrets --------------------------------------------------------------------------------------


async def test_the_bots_own_credentials_do_not_reach_the_agents_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-the-bot")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@h/d")
    async with (
        connected(tmp_path, monkeypatch.setenv) as (claude, _),
        claude.attach(await claude.create("T1/C1/1.0"), None) as remote,
    ):
        await play_turn(remote, "run: env | tee env.txt", "p1", Answer(verb="allow"))
    env = (tmp_path / "work" / "env.txt").read_text()
    assert "PATH=" in env
    assert "xoxb" not in env and "hunter2" not in env and "THREADLINE" not in env
    kept = [p.read_text() for p in (tmp_path / "data").rglob("*") if p.is_file()]
    assert kept and not [text for text in kept if KEY in text]


async def test_without_a_key_it_says_what_to_do(
    both: Both, remote: RemoteSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(AgentAuthError, match="has no key"):
        await remote.prompt("short", "p1")
    health = await both[0].check()
    assert not health.ok
    assert "ANTHROPIC_API_KEY" in health.remedy


async def test_it_says_that_it_is_well_with_directory_mode_and_version(both: Both) -> None:
    health = await both[0].check()
    assert health.ok
    assert "permission mode default" in health.detail and "/work" in health.detail
    assert any(char.isdigit() for char in health.detail.partition(" works")[0])


async def test_an_unused_process_is_ended_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone() -> bool:
        return not pids(tmp_path)

    async with (
        connected(tmp_path, monkeypatch.setenv, keep_alive=0) as (claude, _),
        claude.attach(await claude.create("T1/C1/1.0"), None) as remote,
    ):
        await play_turn(remote, "short", "p1")
        await until(gone)
        await remote.prompt("short", "p2")
        events = remote.events()
        await read_until(events, is_end)
        assert ended(await read_until(events, is_end)).outcome == "done"
