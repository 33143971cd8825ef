"""Agent sessions as the real slack_sdk drives them, on a driven clock."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Person, Playground, PlaygroundConfig, Thread
from bot.playground.model import Status
from bot.playground.stored import from_json, to_json
from tests.playground.bolt import client_of

# Answers are read as plain JSON: slack_sdk says of every field that it may be None.
Client = Any

START = 1_800_000_000.0


@pytest.fixture
async def slack() -> AsyncIterator[Playground]:
    async with Playground(PlaygroundConfig(limits="off"), now=lambda: START) as running:
        yield running


@pytest.fixture
def ana(slack: Playground) -> Person:
    return slack.person("ana")


@pytest.fixture
async def thread(ana: Person) -> Thread:
    return await ana.mention("#dev", "work")


def at(thread: Thread) -> dict[str, str]:
    return {"channel_id": thread.channel, "thread_ts": thread.ts}


async def refused(call: Any) -> Any:
    """The body of the answer Slack refused with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response.data


async def test_processing_falls_back_after_an_hour_unless_it_is_sent_again(
    slack: Playground, client: Client, thread: Thread
) -> None:
    await client.agents_sessions_setStatus(**at(thread), status="processing")
    slack.clock.advance(3599)
    await client.agents_sessions_setStatus(**at(thread), status="processing")
    slack.clock.advance(3599)
    assert thread.status() == "processing"
    slack.clock.advance(1)
    assert thread.status() == "active"


@pytest.mark.parametrize("status", ["suspended", "active", "closed"])
async def test_no_other_status_falls_back(
    slack: Playground, client: Client, thread: Thread, status: str
) -> None:
    await client.agents_sessions_setStatus(**at(thread), status=status)
    slack.clock.advance(86_400)
    assert thread.status() == status


@pytest.mark.parametrize(
    ("own", "other", "whole"),
    [
        ("processing", "suspended", "suspended"),
        ("suspended", "processing", "suspended"),
        ("active", "processing", "processing"),
        ("closed", "active", "active"),
        ("closed", "closed", "closed"),
    ],
)
async def test_the_most_pressing_status_is_that_of_the_session(
    slack: Playground, client: Client, thread: Thread, own: str, other: Status, whole: str
) -> None:
    second = slack.add_app("second", scopes=["chat:write"], channels=["#dev"])
    await client_of(slack, second).agents_sessions_setStatus(**at(thread), status=other)
    answer = await client.agents_sessions_setStatus(**at(thread), status=own)
    assert (answer["status"], answer["agent_status"]) == (whole, own)
    assert thread.status() == whole


async def test_title_and_initiator_count_at_the_beginning_only(
    slack: Playground, client: Client, thread: Thread
) -> None:
    first = {"title": "12:30", "initiator_user_id": "U0BEN00002"}
    made = await client.agents_sessions_setStatus(**at(thread), status="active", **first)
    again = {"title": "other", "initiator_user_id": "U0CHO00003"}
    kept = await client.agents_sessions_setStatus(**at(thread), status="closed", **again)
    assert (made["title"], kept["title"]) == ("12_30", "12_30")
    session = slack.workspace.sessions[(thread.channel, thread.ts)]
    assert session.initiator == "U0BEN00002"


async def test_refusals(slack: Playground, client: Client, thread: Thread) -> None:
    def call(**change: str) -> Any:
        return client.agents_sessions_setStatus(**{**at(thread), "status": "active"} | change)

    assert (await refused(call(initiator_user_id="U0NOBODY00")))["error"] == "user_not_found"
    assert (await refused(call(title="x" * 201)))["error"] == "invalid_arguments"
    assert (await refused(call(channel_id="C0NOWHERE1")))["error"] == "channel_not_found"
    looked = await refused(call(username="Dr Bot"))
    assert (looked["error"], looked["needed"]) == ("missing_scope", "chat:write.customize")
    slack.workspace.channels[thread.channel].members.remove("U0THREADLN")
    assert (await refused(call()))["error"] == "not_authorized"


async def test_naming_one_part_of_the_look_resets_the_others_and_null_clears() -> None:
    async with Playground(scopes=["chat:write", "chat:write.customize"]) as slack:
        client: Client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        thread = await slack.person("ana").mention("#dev", "work")
        place = {**at(thread), "status": "processing"}
        await client.agents_sessions_setStatus(**place, username="Dr Bot", icon_emoji=":ox:")
        session = slack.workspace.sessions[(thread.channel, thread.ts)]
        await client.agents_sessions_setStatus(**place)
        assert session.agents[slack.app.user_id].look == {
            "username": "Dr Bot",
            "icon_emoji": ":ox:",
        }
        await client.agents_sessions_setStatus(**place, icon_emoji=":cow:")
        assert session.agents[slack.app.user_id].look == {"icon_emoji": ":cow:"}
        await client.api_call("agents.sessions.setStatus", json={**place, "icon_emoji": None})
        assert session.agents[slack.app.user_id].look == {}


async def test_an_app_that_is_not_told_of_stop_is_warned() -> None:
    async with Playground(subscribed=["app_mention"]) as slack:
        client: Client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        ana = slack.person("ana")
        thread = await ana.mention("#dev", "work")
        answer = await client.agents_sessions_setStatus(**at(thread), status="processing")
        warning = "missing_agent_session_stopped_event_subscription"
        assert answer["response_metadata"]["warnings"] == [warning]
        await ana.stop(thread)
        assert [d.event_type for d in slack.journal.deliveries] == ["app_mention"]


async def test_a_rename_is_told_with_what_it_was(
    slack: Playground, client: Client, thread: Thread
) -> None:
    await client.agents_sessions_setStatus(**at(thread), status="active")
    for title in ("first", "a: b"):
        await client.agents_sessions_rename(**at(thread), title=title)
    events = [d.body["event"] for d in slack.journal.delivered("agent_session_title_changed")]
    assert [(e.get("previous_title"), e["title"]) for e in events] == [
        (None, "first"),
        ("first", "a_ b"),
    ]
    for title in ("", "x" * 201):
        wrong = client.agents_sessions_rename(**at(thread), title=title)
        assert (await refused(wrong))["error"] == "invalid_name"
    slack.workspace.channels[thread.channel].is_archived = True
    late = client.agents_sessions_rename(**at(thread), title="x")
    assert (await refused(late))["error"] == "is_archived"


async def test_the_legacy_status_ends_after_two_minutes(
    slack: Playground, client: Client, thread: Thread
) -> None:
    await client.assistant_threads_setStatus(
        **at(thread), status="is thinking", loading_messages=["one", "two"]
    )
    slack.clock.advance(119)
    assert thread.status() == "processing"
    slack.clock.advance(1)
    assert thread.status() == "active"


@pytest.mark.parametrize("lines", [[], ["x"] * 11, ["x" * 51], [""]])
async def test_loading_messages_have_limits(
    client: Client, thread: Thread, lines: list[str]
) -> None:
    call = client.assistant_threads_setStatus(
        **at(thread), status="is thinking", loading_messages=lines
    )
    assert (await refused(call))["error"] == "invalid_arguments"


async def test_the_legacy_title_is_that_of_the_session(
    slack: Playground, client: Client, thread: Thread
) -> None:
    await client.assistant_threads_setTitle(**at(thread), title="Old: style")
    assert slack.workspace.sessions[(thread.channel, thread.ts)].title == "Old_ style"
    assert thread.status() == "active"
    nowhere = client.assistant_threads_setTitle(
        channel_id=thread.channel, thread_ts="1.000001", title="x"
    )
    assert (await refused(nowhere))["error"] == "invalid_thread_ts"


async def test_the_first_content_of_a_stream_ends_the_legacy_status(
    client: Client, thread: Thread
) -> None:
    await client.assistant_threads_setStatus(**at(thread), status="is thinking")
    await client.chat_startStream(
        channel=thread.channel,
        thread_ts=thread.ts,
        recipient_user_id="U0ANA00001",
        recipient_team_id="T0PLAYGRND",
    )
    assert thread.status() == "active"


async def test_a_session_kept_before_apps_had_parts_of_it_is_the_first_apps(
    slack: Playground, client: Client, thread: Thread
) -> None:
    await client.agents_sessions_setStatus(**at(thread), status="processing", title="work")
    kept = json.loads(json.dumps(to_json(slack.workspace)))
    [app] = kept.pop("apps")
    [session] = kept["sessions"]
    [own] = session.pop("agents").values()
    before = kept | {
        "version": 1,
        "app_token": app["app_tokens"][0],
        "homes": {},
        "sessions": [session | own | {"others": {}}],
    }
    assert from_json(before).sessions == slack.workspace.sessions


async def test_stop_tells_each_agent_at_work_of_its_own_streams(
    slack: Playground, client: Client, thread: Thread
) -> None:
    second = slack.add_app("second", scopes=["chat:write"], channels=["#dev"])
    idle = slack.add_app("idle", scopes=["chat:write"], channels=["#dev"])
    recipient = {"recipient_user_id": "U0ANA00001", "recipient_team_id": slack.team.id}
    place = {"channel": thread.channel, "thread_ts": thread.ts}
    stream = await client.chat_startStream(**place, **recipient, markdown_text="well")
    await client_of(slack, second).agents_sessions_setStatus(**at(thread), status="processing")
    await client_of(slack, idle).agents_sessions_setStatus(**at(thread), status="active")
    await slack.person("ana").stop(thread)
    told = {d.body["api_app_id"]: d.body["event"] for d in slack.journal.deliveries}
    stopped = {
        app: event["streaming_message_ts"]
        for app, event in told.items()
        if event["type"] == "agent_session_stopped"
    }
    assert stopped == {slack.app.id: [stream["ts"]], second.id: []}


async def test_only_an_agent_of_the_session_renames_it(
    slack: Playground, client: Client, thread: Thread
) -> None:
    second = slack.add_app("second", scopes=["chat:write"], channels=["#dev"])
    await client.agents_sessions_setStatus(**at(thread), status="active")
    other: Client = client_of(slack, second)
    renaming = other.agents_sessions_rename(**at(thread), title="mine")
    assert (await refused(renaming))["error"] == "not_authorized"
