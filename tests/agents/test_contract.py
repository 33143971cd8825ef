"""What every connector does, whichever server stands behind it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.agents.claude.connector import ClaudeConnector
from bot.core.asks import Answer, Confirmation, Question
from bot.core.errors import AskAlreadyAnswered, SessionGone
from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    Attached,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)
from bot.core.ports import Connector, RemoteSession
from tests.agents.contract import REAL_CLAUDE, SERVERS, Server, real_webkit
from tests.agents.reading import (
    happened,
    is_ask,
    is_end,
    is_text,
    play_turn,
    read_until,
    tool_results,
    whole_text,
)
from tests.agents.servers.real_claude import ABSENT, PRESENT, sharing
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
REAL_WEBKIT = pytest.param("webkit_url", id="real agent-webkit", marks=pytest.mark.slow)


WITH_CLAUDE = pytest.param(
    REAL_CLAUDE,
    id=REAL_CLAUDE.name,
    marks=[pytest.mark.slow, pytest.mark.skipif(not PRESENT, reason=ABSENT)],
)


@pytest.fixture(params=[*SERVERS, REAL_WEBKIT, WITH_CLAUDE], ids=lambda server: server.name)
def server(request: pytest.FixtureRequest) -> Server:
    if isinstance(request.param, Server):
        return request.param
    return real_webkit(request.getfixturevalue(request.param))


@pytest.fixture
def shared(server: Server, request: pytest.FixtureRequest) -> ClaudeConnector | None:
    """What takes too long to start for each test."""
    return request.getfixturevalue("shared_claude")[0] if server is REAL_CLAUDE else None


@pytest_asyncio.fixture(loop_scope="module")
async def connector(
    server: Server, shared: ClaudeConnector | None, tmp_path: Path
) -> AsyncIterator[Connector]:
    if shared is not None:
        yield shared
        return
    async with server.connect(tmp_path) as connector:
        yield connector


@pytest_asyncio.fixture(loop_scope="module")
async def remote(
    connector: Connector, request: pytest.FixtureRequest
) -> AsyncIterator[RemoteSession]:
    if isinstance(connector, ClaudeConnector):
        async with sharing(connector, request.node.name) as remote:
            yield remote
        return
    async with connector.attach(await connector.create("C1/1.0"), None) as remote:
        yield remote


async def test_says_that_it_is_well(connector: Connector):
    health = await connector.check()
    assert health.ok, health.detail


async def test_a_prompt_is_answered_with_text(server: Server, remote: RemoteSession):
    seen = await play_turn(remote, server.short, "p1")
    first, last = happened(seen)[0], seen[-1]
    assert isinstance(first, TurnStarted) and (first.prompt or "p1").endswith("p1")
    assert isinstance(last, TurnEnded) and (last.turn, last.outcome) == (first.turn, "done")
    assert whole_text(seen)


async def test_turns_follow_each_other_under_names_of_their_own(
    server: Server, remote: RemoteSession
):
    await remote.prompt(server.short, "p1")
    await remote.prompt(server.short, "p2")
    events = remote.events()
    first = await read_until(events, is_end)
    second = await read_until(events, is_end)
    assert whole_text(first) == whole_text(second)
    assert not _names(first) & _names(second)


def _names(seen: list[AgentEvent]) -> set[str]:
    return {event.item for event in seen if isinstance(event, TextDelta)}


async def test_a_tool_runs_once_it_is_allowed(server: Server, remote: RemoteSession):
    await remote.prompt(server.guarded, "p1")
    events = remote.events()
    before = await read_until(events, is_ask)
    opened = before[-1]
    assert isinstance(opened, AskOpened) and isinstance(opened.ask, Confirmation)
    assert opened.ask.tool == server.tool and {"allow", "deny"} <= set(opened.ask.verbs)
    assert server.tool not in dict(tool_results(before))
    await remote.answer(opened.ask.id, Answer(verb="allow"))
    after = await read_until(events, is_end)
    closed = [(event.ask, event.how) for event in after if isinstance(event, AskClosed)]
    assert closed == [(opened.ask.id, "answered")]
    assert (server.tool, True) in tool_results(before + after)


async def test_a_reason_for_a_denial_reaches_the_agent(server: Server, remote: RemoteSession):
    reason = "not before the fair on Monday"
    seen = await play_turn(remote, server.guarded, "p1", Answer(verb="deny", text=reason))
    assert (server.tool, True) not in tool_results(seen)
    told = [event.summary for event in seen if isinstance(event, ToolFinished)]
    assert reason in whole_text(seen) + " ".join(told)


async def test_a_second_answer_is_refused(server: Server, remote: RemoteSession):
    await remote.prompt(server.guarded, "p1")
    opened = (await read_until(remote.events(), is_ask))[-1]
    assert isinstance(opened, AskOpened)
    await remote.answer(opened.ask.id, Answer(verb="allow"))
    with pytest.raises(AskAlreadyAnswered):
        await remote.answer(opened.ask.id, Answer(verb="deny"))


async def test_a_question_takes_a_choice(server: Server, remote: RemoteSession):
    await remote.prompt(server.question, "p1")
    events = remote.events()
    opened = (await read_until(events, is_ask))[-1]
    assert isinstance(opened, AskOpened) and isinstance(opened.ask, Question)
    field, *others = opened.ask.fields
    assert server.choice in {choice.id for choice in field.choices}
    chosen = [(field.id, (server.choice,)), *((o.id, (o.choices[0].id,)) for o in others)]
    await remote.answer(opened.ask.id, Answer(verb="reply", values=tuple(chosen)))
    seen = await read_until(events, is_end)
    assert isinstance(seen[-1], TurnEnded) and seen[-1].outcome == "done"
    assert server.choice in whole_text(seen).casefold()


async def test_an_interrupt_ends_the_turn_and_not_the_session(
    server: Server, remote: RemoteSession
):
    await remote.prompt(server.endless, "p1")
    events = remote.events()
    await read_until(events, is_text)
    await remote.interrupt()
    stopped = (await read_until(events, is_end))[-1]
    assert isinstance(stopped, TurnEnded) and stopped.outcome == "stopped"
    await remote.prompt(server.short, "p2")
    ended = (await read_until(events, is_end))[-1]
    assert isinstance(ended, TurnEnded) and ended.outcome == "done"


async def test_an_interrupt_before_the_first_word_counts(server: Server, remote: RemoteSession):
    await remote.prompt(server.endless, "p1")
    await remote.interrupt()
    stopped = (await read_until(remote.events(), is_end))[-1]
    assert isinstance(stopped, TurnEnded) and stopped.outcome == "stopped"


async def test_an_interrupt_withdraws_what_the_agent_waits_for(
    server: Server, remote: RemoteSession
):
    await remote.prompt(server.guarded, "p1")
    events = remote.events()
    opened = (await read_until(events, is_ask))[-1]
    assert isinstance(opened, AskOpened)
    await remote.interrupt()
    seen = await read_until(events, is_end)
    closed = [(event.ask, event.how) for event in seen if isinstance(event, AskClosed)]
    assert closed == [(opened.ask.id, "withdrawn")]
    assert isinstance(seen[-1], TurnEnded) and seen[-1].outcome == "stopped"
    with pytest.raises(AskAlreadyAnswered):
        await remote.answer(opened.ask.id, Answer(verb="allow"))


async def test_an_interrupt_ends_the_tool_that_runs(server: Server, remote: RemoteSession):
    if not server.busy:
        pytest.skip("this server's tools cannot be held")
    await remote.prompt(server.busy, "p1")
    events = remote.events()
    await read_until(events, lambda event: isinstance(event, ToolStarted))
    await remote.interrupt()
    stopped = (await read_until(events, is_end))[-1]
    assert isinstance(stopped, TurnEnded) and stopped.outcome == "stopped"
    assert (await play_turn(remote, server.short, "p2"))[-1].kind == "turn_ended"


async def test_a_prompt_while_it_works_is_answered_afterwards(
    server: Server, remote: RemoteSession
):
    await remote.prompt(server.endless, "p1")
    events = remote.events()
    await read_until(events, is_text)
    sending = asyncio.create_task(remote.prompt(server.short, "p2"))
    await asyncio.wait([sending], timeout=1)  # some take it at once, some when they are free
    await remote.interrupt()
    stopped = (await read_until(events, is_end))[-1]
    assert isinstance(stopped, TurnEnded) and stopped.outcome == "stopped"
    seen = await read_until(events, is_end)
    await sending
    assert isinstance(seen[-1], TurnEnded) and seen[-1].outcome == "done"
    assert whole_text(seen)


async def test_a_denial_may_end_the_turn(server: Server, remote: RemoteSession):
    if not server.stops_when_denied:
        pytest.skip("this server goes on after a denial")
    answer = Answer(verb="deny", text="Stop", interrupt=True)
    ended = (await play_turn(remote, server.guarded, "p1", answer))[-1]
    assert isinstance(ended, TurnEnded) and ended.outcome == "stopped"


async def test_a_connection_dropped_after_every_frame_loses_and_doubles_nothing(
    server: Server, connector: Connector
):
    if connector.capabilities.replay != "cursor":
        pytest.skip("this server cannot resume")
    session = await connector.create("C1/1.0")
    async with connector.attach(session, None) as remote:
        whole = happened(await play_turn(remote, server.short, "p1"))
    pieces: list[AgentEvent] = []
    cursor = None
    while not (pieces and is_end(pieces[-1])):
        async with connector.attach(session, cursor) as remote:
            frame = await read_until(
                remote.events(), lambda e: bool(e.cursor) and not isinstance(e, Attached)
            )
            cursor = frame[-1].cursor
            pieces += happened(frame)
    assert pieces == whole


async def test_a_call_may_be_changed_before_it_is_allowed(server: Server, remote: RemoteSession):
    seen = await play_turn(
        remote, server.guarded, "p1", Answer(verb="allow", input={"command": "echo changed"})
    )
    assert (server.tool, True) in tool_results(seen)
    if server.name.startswith("real"):
        assert "changed" in whole_text(seen)


async def test_leaving_ends_every_task(server: Server, tmp_path: Path):
    before = asyncio.all_tasks()
    async with server.connect(tmp_path) as connector:
        session = await connector.create("C1/1.0")
        async with connector.attach(session, None) as remote:
            reading = asyncio.create_task(read_until(remote.events(), is_end))
            await remote.prompt(server.endless, "p1")
            reading.cancel()
            await asyncio.wait([reading])

    async def ended() -> bool:  # the server's own may take a moment
        return asyncio.all_tasks() <= before

    await until(ended)


async def test_an_unknown_session_is_gone(connector: Connector):
    with pytest.raises(SessionGone):
        async with connector.attach("never-created", None):
            raise AssertionError("attached to nothing")


async def test_a_key_names_one_session(connector: Connector):
    if connector.capabilities.prompt_check != "idempotent":
        pytest.skip("this server does not know keys")
    assert await connector.create("C1/1.0") == await connector.create("C1/1.0")
    assert await connector.create("C1/1.0") != await connector.create("C1/2.0")


async def test_a_repeated_prompt_is_taken_once(server: Server, connector: Connector):
    if connector.capabilities.prompt_check != "idempotent":
        pytest.skip("this server does not know keys")
    session = await connector.create("C1/1.0")
    async with connector.attach(session, None) as remote:
        await remote.prompt(server.short, "p1")
        await remote.prompt(server.short, "p1")
        first = await play_turn(remote, server.short, "p1")
    async with connector.attach(session, first[-1].cursor) as remote:
        await remote.prompt(server.short, "p1")
        second = await play_turn(remote, server.short, "p2")
    assert [e.prompt for e in first if isinstance(e, TurnStarted)] == ["p1"]
    assert [e.prompt for e in second if isinstance(e, TurnStarted)] == ["p2"]


async def test_a_new_connection_goes_on_after_the_cursor(server: Server, tmp_path: Path):
    async with server.connect(tmp_path) as connector:
        if connector.capabilities.replay != "cursor":
            pytest.skip("this server cannot resume")
        session = await connector.create("C1/1.0")
        async with connector.attach(session, None) as remote:
            await remote.prompt(server.short, "p1")
            before = await read_until(remote.events(), is_text)
    async with server.connect(tmp_path) as connector:
        async with connector.attach(session, before[-1].cursor) as remote:
            after = await read_until(remote.events(), is_end)
        async with connector.attach(session, None) as remote:
            whole = await read_until(remote.events(), is_end)
    assert happened(before) + happened(after) == happened(whole)
