"""A thread whose agent is Claude Code behind an agent-webkit server, as it was recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.agents.servers.webkit import TOKEN, FakeWebkit, serving
from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, said

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> FakeWebkit:
    return FakeWebkit()


@pytest.fixture
async def url(server: FakeWebkit) -> AsyncIterator[str]:
    async with serving(server) as url:
        yield url


def agents(url: str, **settings: object) -> dict[str, object]:
    given = {"kind": "agent_webkit", "url": url, "token": TOKEN, "silence": 0.2, **settings}
    return {"demo": given}


async def test_a_tool_is_allowed_and_its_result_told(stage: Stage, url: str) -> None:
    async with stage.bot(agents=agents(url)):
        ana = stage.slack.person("ana")
        thread = await ana.mention("#dev", "trace:claude-rich-tool-allowed")
        await thread.until(lambda t: "Allow" in t.buttons())
        assert "echo hello-from-tool" in said(thread)
        assert await ana.click(thread, "Allow")
        await thread.until(at_rest)
    assert "The tool said: hello-from-tool" in said(thread)


async def test_a_bot_that_restarts_while_its_agent_waits_goes_on(stage: Stage, url: str) -> None:
    async with stage.bot(agents=agents(url)):
        ana = stage.slack.person("ana")
        thread = await ana.mention("#dev", "trace:claude-rich-tool-allowed")
        await thread.until(lambda t: "Allow" in t.buttons())
    async with stage.bot(agents=agents(url)):
        assert await ana.click(thread, "Allow")
        await thread.until(at_rest)
    assert said(thread).count("Let me use a tool.") == 1
    assert said(thread).count("The tool said: hello-from-tool") == 1


async def test_what_a_background_agent_asks_can_be_allowed_late(stage: Stage, url: str) -> None:
    async with stage.bot(agents=agents(url)):
        ana = stage.slack.person("ana")
        thread = await ana.mention("#dev", "trace:claude-rich-confirmation-after-result")
        await thread.until(lambda t: "Allow" in t.buttons() and "Async agent" in said(t))
        assert await ana.click(thread, "Allow")
        await thread.until(lambda t: "The background job has finished." in said(t))


async def test_a_server_that_forgot_the_session_is_told_of(
    stage: Stage, url: str, server: FakeWebkit
) -> None:
    async with stage.bot(agents=agents(url)):
        ana = stage.slack.person("ana")
        thread = await ana.mention("#dev", "trace:interrupt-mid-stream")
        await thread.until(lambda t: bool(said(t)))
        server.restart()
        await thread.until(lambda t: "no longer remembers" in said(t))


async def test_a_session_that_makes_room_for_another_says_so_in_its_thread(
    stage: Stage, url: str, server: FakeWebkit
) -> None:
    async with stage.bot(agents=agents(url, max_kept_sessions=1)):
        ana = stage.slack.person("ana")
        first = await ana.mention("#dev", "the first")
        await first.until(lambda t: at_rest(t) and "You said: the first" in said(t))
        second = await ana.mention("#dev", "the second")
        await second.until(lambda t: "You said: the second" in said(t))
        await first.until(lambda t: "Start afresh" in t.buttons())
    assert "more were open than I may keep" in said(first)
    assert "Start afresh" not in second.buttons()
    assert list(server.sessions) == ["session-2"]


async def test_after_a_restart_of_the_bot_idle_sessions_are_kept_alive(
    stage: Stage, url: str, server: FakeWebkit
) -> None:
    async with stage.bot(agents=agents(url)):
        ana = stage.slack.person("ana")
        thread = await ana.mention("#dev", "the first")
        await thread.until(lambda t: at_rest(t) and "You said: the first" in said(t))
    inputs = server.sessions["session-1"].inputs
    inputs.clear()
    async with stage.bot(agents=agents(url)):
        await stage.slack.until(lambda: inputs)
        assert inputs == [{"type": "set_permission_mode", "mode": "default"}]
        # And what its agent does by itself is seen.
        server.say(
            "session-1", "message_delta", {"message_id": "m", "delta": {"text": "By itself"}}
        )
        server.say("session-1", "result", {"subtype": "success"})
        await thread.until(lambda t: "By itself" in said(t))
    assert "Nobody asked for this" in said(thread)


async def test_a_message_whose_reply_is_lost_is_answered_once_and_nobody_is_asked(
    stage: Stage, url: str, server: FakeWebkit
) -> None:
    server.faults.lose_replies = 1
    async with stage.bot(agents=agents(url)):
        ana = stage.slack.person("ana")
        thread = await ana.mention("#dev", "trace:markdown-unicode")
        await thread.until(lambda t: at_rest(t) and bool(said(t)))
    assert len(server.sessions["session-1"].inputs) == 1
    assert not thread.buttons()
