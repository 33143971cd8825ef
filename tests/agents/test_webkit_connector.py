"""How the connector bears with what agent-webkit servers do."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.agents.agent_webkit.connector import AgentWebkitConfig, AgentWebkitConnector
from bot.core.asks import Answer, Confirmation
from bot.core.errors import (
    AgentAuthError,
    AgentProtocolError,
    AgentRefused,
    AgentUnavailable,
    AskAlreadyAnswered,
    PromptInDoubt,
    SessionGone,
)
from bot.core.events import (
    AgentEvent,
    AskOpened,
    Attached,
    Detached,
    Gap,
    Notice,
    TextDelta,
    TextDone,
    TurnEnded,
    TurnStarted,
    Unknown,
)
from bot.core.ports import Connector, Image, RemoteSession
from bot.settings import ENV
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
from tests.agents.servers.webkit import TOKEN, FakeWebkit, serving
from tests.ports import quiet_port
from tests.waiting import until


@pytest.fixture
def fake() -> FakeWebkit:
    return FakeWebkit()


@asynccontextmanager
async def connected(fake: FakeWebkit, **settings: Any) -> AsyncGenerator[AgentWebkitConnector]:
    async with serving(fake) as url:
        given = {"kind": "agent_webkit", "url": url, "token": TOKEN, "silence": 0.1, **settings}
        async with AgentWebkitConnector(AgentWebkitConfig.model_validate(given)) as connector:
            yield connector


@pytest.fixture
async def connector(fake: FakeWebkit) -> AsyncIterator[Connector]:
    async with connected(fake) as connector:
        yield connector


@pytest.fixture
async def remote(connector: Connector) -> AsyncIterator[RemoteSession]:
    async with connector.attach(await connector.create("C1/1.0"), None) as remote:
        yield remote


def is_gone(event: AgentEvent) -> bool:
    return isinstance(event, Detached) and event.final


def without_time(events: list[AgentEvent]) -> list[AgentEvent]:
    return [event for event in happened(events) if not isinstance(event, Detached)]


# --- streams --------------------------------------------------------------------------------------


async def test_a_stream_that_ends_in_silence_is_opened_again(
    fake: FakeWebkit, remote: RemoteSession
):
    fake.faults.quiet = 0.05
    await remote.prompt("trace:interrupt-mid-stream", "p1")
    events = remote.events()
    await read_until(events, is_text)
    reading = asyncio.create_task(read_until(events, is_end))

    async def opened_again() -> bool:
        return len(fake.cursors) >= 4

    await until(opened_again)
    await remote.interrupt()
    assert not any(isinstance(event, Detached) for event in await reading)


async def test_an_end_that_is_withheld_is_fetched(fake: FakeWebkit, remote: RemoteSession):
    fake.faults.withheld = {"result"}
    seen = await play_turn(remote, "trace:claude-stock-withheld-result", "p1", Answer(verb="allow"))
    assert is_end(seen[-1])


@pytest.mark.parametrize("frames", [1, 2, 3])
async def test_a_stream_cut_after_every_few_frames_loses_and_doubles_nothing(
    fake: FakeWebkit, connector: Connector, frames: int
):
    seen: list[list[AgentEvent]] = []
    for fault in (None, frames):
        fake.faults.per_stream = fault
        async with connector.attach(await connector.create(f"C1/{fault}"), None) as remote:
            seen.append(await play_turn(remote, "trace:markdown-unicode", "p1"))
    assert without_time(seen[0]) == without_time(seen[1])


async def test_what_a_live_stream_jumped_over_is_fetched_from_the_begin(
    fake: FakeWebkit, remote: RemoteSession
):
    fake.faults.hole = {4, 5}
    events = remote.events()
    reading = asyncio.create_task(read_until(events, is_end))

    async def listening() -> bool:
        return fake.streams > 0

    await until(listening)
    await remote.prompt("trace:multi-turn", "p1")
    seen = await reading
    assert not any(isinstance(event, Gap) for event in seen)
    whole_text(seen)  # each delta stands where the one before it ended
    assert None in fake.cursors


async def test_what_is_lost_for_good_is_told_and_nothing_is_doubled(
    fake: FakeWebkit, connector: Connector
):
    session = await connector.create("C1/1.0")
    async with connector.attach(session, None) as remote:
        first = await play_turn(remote, "trace:plain-qa", "p1")
    for _ in range(3):
        fake.say(session, "message_delta", {"message_id": "lost", "delta": {"text": "x"}})
    fake.faults.ring = 2
    fake.say(session, "result", {"subtype": "success"})
    async with connector.attach(session, first[-1].cursor) as remote:
        seen = await read_until(remote.events(), is_end)
    assert [type(event) for event in happened(seen)] == [Gap, TurnStarted, TextDelta, TurnEnded]


async def test_a_request_no_stream_can_carry_is_answered_all_the_same(
    fake: FakeWebkit, remote: RemoteSession
):
    fake.faults.unsendable = {"permission_request"}
    await remote.prompt("trace:claude-stock-tool-allowed", "p1")
    events = remote.events()
    before = await read_until(events, is_ask)
    opened = before[-1]
    assert isinstance(opened, AskOpened) and isinstance(opened.ask, Confirmation)
    assert opened.ask.tool == "Bash" and "command" in opened.ask.input
    await remote.answer(opened.ask.id, Answer(verb="allow"))
    after = await read_until(events, is_end)
    assert tool_results(before + after) == [("Bash", True)]


async def test_garbage_is_counted_and_what_follows_is_read(fake: FakeWebkit, connector: Connector):
    session = await connector.create("C1/1.0")
    for name, data in (("message_delta", "{"), ("made_up", "{}"), ("result", "[1]"), ("", "\x00")):
        fake.sessions[session].append(name, data)
    async with connector.attach(session, None) as remote:
        seen = await play_turn(remote, "trace:plain-qa", "p1")
    assert len([event for event in seen if isinstance(event, Unknown)]) == 4
    assert seen[-1].kind == "turn_ended"


async def test_a_frame_of_ten_megabytes_passes(fake: FakeWebkit, connector: Connector):
    session = await connector.create("C1/1.0")
    long = "word " * 2_000_000
    block = {"message_id": "m", "message": {"content": [{"type": "text", "text": long}]}}
    fake.say(session, "message_complete", block)
    fake.say(session, "result", {"subtype": "success"})
    async with connector.attach(session, None) as remote:
        seen = await read_until(remote.events(), is_end)
    assert [event.text for event in seen if isinstance(event, TextDone)] == [long]


async def test_a_frame_without_end_is_refused_and_fills_no_memory(
    fake: FakeWebkit, connector: Connector
):
    session = await connector.create("C1/1.0")
    fake.sessions[session].append("message_delta", " " * 33_000_000)
    async with connector.attach(session, None) as remote:
        with pytest.raises(AgentProtocolError):
            await read_until(remote.events(), is_end)


async def test_separators_inside_text_end_no_line(fake: FakeWebkit, connector: Connector):
    session = await connector.create("C1/1.0")
    odd = "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"
    data = json.dumps({"message_id": "m", "delta": {"text": odd}}, ensure_ascii=False)
    fake.sessions[session].append("message_delta", data)
    async with connector.attach(session, None) as remote:
        seen = await read_until(remote.events(), is_text)
    assert isinstance(seen[-1], TextDelta) and seen[-1].text == odd


async def test_a_slow_reader_gets_everything(fake: FakeWebkit, connector: Connector):
    session = await connector.create("C1/1.0")
    fake.faults.ring = 10_000
    async with connector.attach(session, None) as remote:
        events = remote.events()
        await anext(events)
        for _ in range(5_000):
            fake.say(session, "message_delta", {"message_id": "m", "delta": {"text": "word "}})
        fake.say(session, "result", {"subtype": "success"})

        async def sent() -> bool:
            return fake.streams == 1

        await until(sent)
        seen = await read_until(events, is_end)
    assert len(whole_text(seen)) == 25_000


async def test_leaving_ends_every_task_and_every_stream(fake: FakeWebkit):
    before = asyncio.all_tasks()
    async with serving(fake) as url:
        given = {"kind": "agent_webkit", "url": url, "token": TOKEN}
        async with AgentWebkitConnector(AgentWebkitConfig.model_validate(given)) as connector:
            async with connector.attach(await connector.create("C1/1.0"), None) as remote:
                reading = asyncio.create_task(read_until(remote.events(), is_end))
                await remote.prompt("trace:interrupt-mid-stream", "p1")

                async def listening() -> bool:
                    return fake.streams > 0

                await until(listening)
                reading.cancel()
                await asyncio.wait([reading])

            async def left() -> bool:
                return fake.streams == 0

            await until(left)

    async def ended() -> bool:  # the server's own may take a moment
        return asyncio.all_tasks() <= before

    await until(ended)


async def test_a_stop_ends_the_turn_that_began_and_not_the_next(
    fake: FakeWebkit, connector: Connector
):
    """Even if it comes between two events of the frame the turn began with."""
    session = await connector.create("C1/1.0")
    async with connector.attach(session, None) as remote:
        for key in ("p1", "p2"):
            await remote.prompt("trace:interrupt-mid-stream", key)
        events = remote.events()
        await read_until(events, lambda event: isinstance(event, TurnStarted))
        await remote.interrupt()
        await read_until(events, is_end)
        await read_until(events, is_text)
    said = [body["type"] for body in fake.sessions[session].inputs]
    assert said == ["user_message", "user_message", "interrupt"]


# --- the server comes and goes --------------------------------------------------------------------


async def test_a_server_that_restarted_has_forgotten_the_session(
    fake: FakeWebkit, connector: Connector
):
    session = await connector.create("C1/1.0")
    async with connector.attach(session, None) as remote:
        await remote.prompt("trace:interrupt-mid-stream", "p1")
        events = remote.events()
        await read_until(events, is_text)
        fake.restart()
        gone = (await read_until(events, is_gone))[-1]
        assert isinstance(gone, Detached) and "no longer remembers" in gone.reason
        with pytest.raises(SessionGone):
            await remote.prompt("anything", "p2")
    with pytest.raises(SessionGone):
        async with connector.attach(session, None):
            raise AssertionError("attached to nothing")


async def test_a_server_that_is_away_is_waited_for(fake: FakeWebkit):
    port = quiet_port()
    async with serving(fake, port) as url:
        given = {"kind": "agent_webkit", "url": url, "token": TOKEN, "silence": 0.1}
        connector = AgentWebkitConnector(AgentWebkitConfig.model_validate(given))
        await connector.__aenter__()
        session = await connector.create("C1/1.0")
    try:
        async with serving(fake, port), connector.attach(session, None) as remote:
            await remote.prompt("trace:interrupt-mid-stream", "p1")
            events = remote.events()
            await read_until(events, is_text)
        # The attachment is over; a new one is refused while the server is away.
        with pytest.raises(AgentUnavailable):
            async with connector.attach(session, None):
                raise AssertionError("attached to nothing")
        assert not (await connector.check()).ok
        async with serving(fake, port), connector.attach(session, None) as remote:
            await remote.interrupt()
            seen = await read_until(remote.events(), is_end)
            assert isinstance(seen[0], Attached)
    finally:
        await connector.__aexit__(None, None, None)


async def test_a_wrong_token_is_told_apart_from_a_wrong_address(fake: FakeWebkit):
    async with connected(fake, token="wrong") as connector:
        health = await connector.check()
        assert not health.ok and "token" in health.detail
        with pytest.raises(AgentAuthError):
            await connector.create("C1/1.0")
    async with serving(fake) as url:
        given = {"kind": "agent_webkit", "url": f"{url}/elsewhere", "token": TOKEN}
        async with AgentWebkitConnector(AgentWebkitConfig.model_validate(given)) as connector:
            assert "not an agent-webkit server" in (await connector.check()).detail
            with pytest.raises(AgentProtocolError):
                await connector.create("C1/1.0")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host",
        "http://host:port",
        "host:8000",
        "http://me:secret@host",
        "http://host?x=1",
        "http:///x",
    ],
)
def test_an_address_that_cannot_work_is_refused(url: str):
    with pytest.raises(ValidationError):
        AgentWebkitConfig.model_validate({"kind": "agent_webkit", "url": url})


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "agent.example", "https://me:x@host", "https:///x", "http://host:port"],
)
def test_a_web_address_nobody_can_open_is_refused(url: str):
    given = {"kind": "agent_webkit", "url": "http://host", "web_url": url}
    with pytest.raises(ValidationError, match="web_url"):
        AgentWebkitConfig.model_validate(given)


def test_a_web_address_may_have_a_place_of_its_own():
    given = {"kind": "agent_webkit", "url": "http://host", "web_url": "https://h/a?b=1#sessions"}
    assert AgentWebkitConfig.model_validate(given).web_url == "https://h/a?b=1#sessions"


def test_the_guide_tells_every_setting_and_its_default():
    guide = (Path(__file__).parents[2] / "docs" / "agents" / "agent-webkit.md").read_text("utf-8")
    rows = {name: default for name, default in re.findall(r"^\| `(\w+)` \| (.*?) \|", guide, re.M)}
    fields = {n: f for n, f in AgentWebkitConfig.model_fields.items() if n != "kind"}
    assert rows.keys() == fields.keys() | {f"token{ENV}"}
    for name, field in fields.items():
        if isinstance(field.default, bool | int | float):
            assert rows[name] == f"`{json.dumps(field.default).removesuffix('.0')}`", name


async def test_a_dead_agent_ends_the_session_there_too(fake: FakeWebkit, connector: Connector):
    session = await connector.create("C1/1.0")
    async with connector.attach(session, None) as remote:
        await remote.prompt("trace:agent-crash", "p1")
        seen = await read_until(remote.events(), is_gone)
    assert any(isinstance(e, TurnEnded) and e.outcome == "failed" for e in seen)
    assert session not in fake.sessions


# --- prompts, answers, settings -------------------------------------------------------------------


async def test_a_prompt_whose_reply_is_lost_is_sent_again_only_by_who_was_told(
    fake: FakeWebkit, connector: Connector
):
    session = await connector.create("C1/1.0")
    sent = fake.sessions[session].inputs
    async with connector.attach(session, None) as remote:
        fake.faults.lose_replies = 1
        fake.faults.delay = asyncio.Event()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await remote.prompt("trace:plain-qa", "p1")
        fake.faults.delay.set()
        with pytest.raises(PromptInDoubt):  # the same prompt, not another
            await remote.prompt("trace:plain-qa", "p1")
        assert whole_text(await read_until(remote.events(), is_end))
        assert len(sent) == 1
        await remote.prompt("trace:plain-qa", "p1")
    assert len(sent) == 2


async def test_a_prompt_the_server_did_not_take_may_be_sent_again(
    fake: FakeWebkit, connector: Connector
):
    session = await connector.create("C1/1.0")
    async with connector.attach(session, None) as remote:
        fake.faults.status = 503
        with pytest.raises(AgentUnavailable):
            await remote.prompt("trace:plain-qa", "p1")
        fake.faults.status = None
        await play_turn(remote, "trace:plain-qa", "p1")
    assert len(fake.sessions[session].inputs) == 1


async def test_a_prompt_that_cannot_be_written_is_its_own_problem_alone(
    fake: FakeWebkit, remote: RemoteSession
):
    with pytest.raises(PromptInDoubt):
        await remote.prompt("half a character: \ud83d", "p1")
    assert whole_text(await play_turn(remote, "trace:plain-qa", "p2"))


async def test_an_answer_whose_reply_is_lost_may_be_repeated(
    fake: FakeWebkit, remote: RemoteSession
):
    await remote.prompt("trace:tool-allowed", "p1")
    opened = (await read_until(remote.events(), is_ask))[-1]
    assert isinstance(opened, AskOpened)
    fake.faults.lose_replies = 1
    with pytest.raises(AgentUnavailable):
        await remote.answer(opened.ask.id, Answer(verb="allow"))
    with pytest.raises(AskAlreadyAnswered):
        await remote.answer(opened.ask.id, Answer(verb="allow"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(verb="allow", input={"command": "ls"}), {"updated_input": {"command": "ls"}}),
        (Answer(verb="deny", text="No", interrupt=True), {"message": "No", "interrupt": True}),
        (Answer(verb="allow_session"), {"updated_permissions": "session"}),
        (Answer(verb="allow_always"), {"updated_permissions": "localSettings"}),
    ],
)
async def test_decisions_carry_all_that_was_said(
    fake: FakeWebkit, answer: Answer, said: dict[str, Any]
):
    async with connected(fake, updated_permissions=True) as connector:
        session = await connector.create("C1/1.0")
        async with connector.attach(session, None) as remote:
            await remote.prompt("trace:claude-rich-confirmation-after-result", "p1")
            opened = (await read_until(remote.events(), is_ask))[-1]
            assert isinstance(opened, AskOpened)
            await remote.answer(opened.ask.id, answer)
    body = fake.sessions[session].inputs[-1]
    if isinstance(said.get("updated_permissions"), str):
        assert {rule["destination"] for rule in body["updated_permissions"]} == set(said.values())
    else:
        assert said.items() <= body.items()
    assert body["behavior"] == answer.verb.partition("_")[0]


async def test_an_answer_that_a_server_loses_is_said_again(fake: FakeWebkit, connector: Connector):
    session = await connector.create("C1/1.0")
    async with connector.attach(session, None) as remote:
        await remote.prompt("trace:claude-stock-ask-user-question", "p1")
        events = remote.events()
        opened = (await read_until(events, is_ask))[-1]
        assert isinstance(opened, AskOpened)
        values = (("Which color should I use?", ("blue",)), ("Which sizes?", ("S", "L")))
        await remote.answer(opened.ask.id, Answer(verb="reply", values=values))
        await read_until(events, is_end)
        seen = await read_until(events, is_end)
    assert any(isinstance(event, Notice) for event in seen)
    assert "Which sizes?: S, L" in whole_text(seen)


async def test_pictures_go_with_a_prompt(fake: FakeWebkit, connector: Connector):
    assert connector.capabilities.images is not None
    session = await connector.create("C1/1.0")
    async with connector.attach(session, None) as remote:
        await remote.prompt("What is this?", "p1", [Image("image/png", b"\x89PNG")])
    text, image = fake.sessions[session].inputs[0]["content"]
    assert text == {"type": "text", "text": "What is this?"}
    assert image["source"] == {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}


async def test_settings_and_tasks_are_handed_on(fake: FakeWebkit, connector: Connector):
    session = await connector.create("C1/1.0")
    async with connector.attach(session, None) as remote:
        await remote.configure("model", "")
        await remote.configure("permission_mode", "plan")
        await remote.stop_task("task_bg_1")
        fake.faults.status = 500
        with pytest.raises(AgentRefused):
            await remote.configure("permission_mode", "bypassPermissions")
        fake.faults.status = None
        await remote.close()
        await remote.close()
    assert session not in fake.sessions


async def test_a_session_begins_with_what_the_operator_chose(fake: FakeWebkit):
    async with connected(fake, model="opus", permission_mode="plan", cwd="/srv") as connector:
        session = await connector.create("C1/1.0")
    chosen = {"model": "opus", "permission_mode": "plan", "cwd": "/srv"}
    assert fake.sessions[session].created_with == chosen
    async with connected(fake, cwd="/nowhere") as connector:
        with pytest.raises(AgentRefused):
            await connector.create("C1/1.0")


async def test_who_gives_up_waiting_for_a_session_finds_it_later(
    fake: FakeWebkit, connector: Connector
):
    fake.faults.creating = asyncio.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await connector.create("C1/1.0")
    fake.faults.creating.set()
    assert await connector.create("C1/1.0") == "session-1"
    assert fake.made == 1
    assert await connector.create("C1/1.0") == "session-2"


# --- keeping --------------------------------------------------------------------------------------


async def test_a_session_that_waits_for_a_person_is_kept_alive(fake: FakeWebkit):
    async with connected(fake, beat_every=0.04, keep_alive=0.4) as connector:
        session = await connector.create("C1/1.0")
        async with connector.attach(session, None) as remote:
            await remote.configure("permission_mode", "acceptEdits")
            said = fake.sessions[session].inputs
            said.clear()
            await remote.prompt("trace:tool-allowed", "p1")
            await read_until(remote.events(), is_ask)

            async def beaten() -> bool:
                return len(said) >= 21  # after which nobody used it for about twice 0.4 s

            await until(beaten)
    beats = [body for body in said if body["type"] != "user_message"]
    assert all(b == {"type": "set_permission_mode", "mode": "acceptEdits"} for b in beats)


async def test_a_session_nobody_uses_is_kept_for_a_while_and_then_no_more(fake: FakeWebkit):
    """The other session shows that time passes."""
    async with connected(fake, beat_every=0.04, keep_alive=0.4) as connector:
        unused, waiting = await connector.create("C1/1.0"), await connector.create("C1/2.0")
        async with connector.attach(unused, None), connector.attach(waiting, None) as remote:
            await remote.prompt("trace:tool-allowed", "p1")
            await read_until(remote.events(), is_ask)
            inputs, beats = fake.sessions[unused].inputs, fake.sessions[waiting].inputs

            async def kept() -> bool:
                connector._kept[unused].use()
                return bool(inputs)

            async def much_later() -> bool:
                return len(beats) >= 20  # 0.8 s at least

            await until(kept)
            beats.clear()
            await until(much_later)
            known = len(inputs)
            beats.clear()
            await until(much_later)
            assert len(inputs) == known
    assert connector.capabilities.linger == pytest.approx(0.32)


async def test_a_session_known_from_before_a_restart_is_beaten_at_once(fake: FakeWebkit):
    async with connected(fake) as connector:
        session = await connector.create("C1/1.0")
        async with connector.attach(session, None) as remote:
            await remote.configure("permission_mode", "plan")
            seen = await read_until(remote.events(), lambda event: isinstance(event, Attached))
    inputs = fake.sessions[session].inputs
    inputs.clear()
    async with connected(fake) as connector, connector.attach(session, seen[-1].cursor):

        async def beaten() -> bool:
            return bool(inputs)

        await until(beaten)
    assert inputs == [{"type": "set_permission_mode", "mode": "plan"}]


async def test_a_session_that_is_slow_to_attach_is_not_forgotten_meanwhile(fake: FakeWebkit):
    async with connected(fake) as connector:
        slow, quick = await connector.create("C1/1.0"), await connector.create("C1/2.0")
    said, beats = fake.sessions[slow].inputs, fake.sessions[quick].inputs
    async with connected(fake, beat_every=0.04) as connector, connector.attach(quick, None):
        fake.faults.opening = asyncio.Event()
        attaching = connector.attach(slow, None)
        entering = asyncio.create_task(attaching.__aenter__())

        async def later() -> bool:
            return len(beats) >= 3

        await until(later)
        fake.faults.opening.set()
        await entering
        try:

            async def beaten() -> bool:
                return bool(said)

            await until(beaten)
        finally:
            await attaching.__aexit__(None, None, None)


async def test_a_session_nobody_attends_to_is_left_alone(fake: FakeWebkit):
    """Another replica may attend to it, in another permission mode."""
    async with connected(fake, beat_every=0.04) as connector:
        left, attended = await connector.create("C1/1.0"), await connector.create("C1/2.0")
        async with connector.attach(left, None):
            pass

        async def quiet() -> bool:  # a beat may be on its way
            return not connector._beats

        await until(quiet)
        fake.sessions[left].inputs.clear()
        async with connector.attach(attended, None):

            async def beaten() -> bool:
                return len(fake.sessions[attended].inputs) >= 5

            await until(beaten)
    assert fake.sessions[left].inputs == []


async def test_an_agent_that_hangs_holds_up_no_other_session_s_beat(fake: FakeWebkit):
    async with connected(fake, beat_every=0.04) as connector:
        hangs, well = await connector.create("C1/1.0"), await connector.create("C1/2.0")
        fake.faults.hangs = {hangs}
        async with connector.attach(hangs, None), connector.attach(well, None):

            async def beaten() -> bool:
                return len(fake.sessions[well].inputs) >= 5

            await until(beaten)
    assert fake.sessions[hangs].inputs == []


async def test_of_too_many_sessions_the_one_unused_for_longest_goes(fake: FakeWebkit):
    async with connected(fake, max_kept_sessions=2) as connector:
        busy, idle = await connector.create("C1/1.0"), await connector.create("C1/2.0")
        async with connector.attach(busy, None) as working, connector.attach(idle, None) as remote:
            await working.prompt("trace:tool-allowed", "p1")
            await read_until(working.events(), is_ask)
            events = remote.events()
            await anext(events)
            await connector.create("C1/3.0")
            notice, gone = await read_until(events, is_gone)
        assert isinstance(notice, Notice) and isinstance(gone, Detached)
        assert "more were open than I may keep" in gone.reason
        assert set(fake.sessions) == {busy, "session-3"}
        with pytest.raises(SessionGone, match="more were open than I may keep"):
            async with connector.attach(idle, None):
                raise AssertionError("attached to nothing")
