"""Streams as the real slack_sdk drives them, and all that Slack refuses, on a driven clock."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.messages.chunk import MarkdownTextChunk, TaskUpdateChunk
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Person, Playground, PlaygroundConfig, StreamRules, Thread

# Answers are read as plain JSON: slack_sdk says of every field that it may be None.
Client = Any
Chunk = dict[str, Any]

START = 1_800_000_000.0
TEAM = "T0PLAYGRND"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "the end"}}
METADATA = {"event_type": "part", "event_payload": {"slot": "turn:1"}}


@pytest.fixture
async def slack() -> AsyncIterator[Playground]:
    async with Playground(PlaygroundConfig(limits="off"), now=lambda: START) as running:
        yield running


@pytest.fixture
def ana(slack: Playground) -> Person:
    return slack.person("ana")


@pytest.fixture
async def thread(ana: Person) -> Thread:
    return await ana.mention("#dev", "tell me")


def place(thread: Thread) -> dict[str, str]:
    return {
        "channel": thread.channel,
        "thread_ts": thread.ts,
        "recipient_user_id": "U0ANA00001",
        "recipient_team_id": TEAM,
    }


async def started(client: Client, thread: Thread, **more: Any) -> dict[str, str]:
    """Where a new stream is."""
    answer = await client.chat_startStream(**place(thread), **more)
    return {"channel": answer["channel"], "ts": answer["ts"]}


async def refused(call: Any) -> str:
    """The code Slack refused with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


def text(words: str) -> Chunk:
    return {"type": "markdown_text", "text": words}


def task(title: str, status: str = "in_progress", task_id: str = "t1", **more: str) -> Chunk:
    return {"type": "task_update", "id": task_id, "title": title, "status": status, **more}


def rich(words: str) -> Chunk:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}
    return {"type": "rich_text", "elements": [section]}


def blocks(thread: Thread) -> list[Chunk]:
    """The blocks of the newest message, without ids."""
    newest = thread.messages()[-1].blocks or []
    return [{k: v for k, v in block.items() if k != "block_id"} for block in newest]


async def test_the_streamer_of_slack_sdk_appends_and_stops(
    slack: Playground, client: Client, thread: Thread
) -> None:
    streamer = await client.chat_stream(**place(thread), buffer_size=4)
    await streamer.append(markdown_text="**hello wo")
    await streamer.append(markdown_text="rld!** [see](https://x.y)")
    await streamer.append(chunks=[TaskUpdateChunk(id="t1", title="Look", status="in_progress")])
    assert thread.messages()[-1].streaming_state == "in_progress"
    await streamer.append(markdown_text="ok")
    answer = await streamer.stop(
        chunks=[MarkdownTextChunk(text="bye")], blocks=[SECTION], metadata=METADATA
    )
    assert [c.method for c in slack.journal.calls if c.method.endswith("Stream")] == [
        "chat.startStream",
        "chat.appendStream",
        "chat.appendStream",
        "chat.stopStream",
    ]
    assert blocks(thread) == [
        text("**hello world!** [see](https://x.y)") | {"type": "markdown"},
        {"type": "task_card", "task_id": "t1", "title": "Look", "status": "in_progress"},
        {"type": "markdown", "text": "okbye"},
        SECTION,
    ]
    assert answer["message"]["text"] == "*hello world!* <https://x.y|see>\nokbye"
    read = await client.conversations_replies(
        channel=thread.channel, ts=thread.ts, include_all_metadata=True
    )
    last = read["messages"][-1]
    assert (last["streaming_state"], last["metadata"]) == ("completed", METADATA)
    assert last["text"] == answer["message"]["text"]


async def test_the_streamer_of_slack_sdk_may_stop_before_it_appended(
    client: Client, thread: Thread
) -> None:
    streamer = await client.chat_stream(**place(thread))
    await streamer.stop(blocks=[SECTION])
    assert blocks(thread) == [SECTION]
    assert thread.messages()[-1].streaming_state == "completed"


async def test_what_is_open_shows_in_history_and_on_the_page(
    slack: Playground, client: Client, thread: Thread
) -> None:
    seen = slack.local.feed.seq
    stream = await started(client, thread, chunks=[text("one ")])
    await client.chat_appendStream(**stream, chunks=[text("two")])
    items = [item for _, item in slack.local.feed.since(seen)]
    assert sum('"streaming_state":"in_progress"' in item for item in items) == 2
    assert '"text":"one two"' in items[-1]
    read = await client.conversations_replies(channel=thread.channel, ts=thread.ts)
    assert read["messages"][-1]["streaming_state"] == "in_progress"
    assert thread.text().endswith("one two")


async def test_the_app_hears_of_a_stream_when_it_starts_and_when_it_ends(
    slack: Playground, client: Client, thread: Thread
) -> None:
    stream = await started(client, thread)
    await client.chat_appendStream(**stream, chunks=[text("x")])
    await client.chat_stopStream(**stream)
    told = [d.body["event"] for d in slack.journal.delivered("message")][1:]
    assert [(e.get("subtype"), e.get("message", e)["streaming_state"]) for e in told] == [
        (None, "in_progress"),
        ("message_changed", "completed"),
    ]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"recipient_user_id": None}, "missing_recipient_user_id"),
        ({"recipient_team_id": None}, "missing_recipient_team_id"),
        ({"recipient_user_id": "U0NOBODY00"}, "user_not_found"),
        ({"recipient_team_id": "T0ELSEWHER"}, "user_not_found"),
        ({"thread_ts": None}, "invalid_arguments"),
        ({"task_display_mode": "table"}, "invalid_arguments"),
        ({"markdown_text": "x", "chunks": [text("x")]}, "invalid_arguments"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"chunks": [text("x" * 6_001)] * 2}, "msg_too_long"),
        ({"chunks": [{"type": "song"}]}, "invalid_chunks"),
        ({"chunks": [task("Look", status="done")]}, "invalid_chunks"),
        ({"chunks": [{"type": "blocks", "blocks": [{"type": "song"}]}]}, "invalid_blocks"),
        ({"chunks": [{"type": "blocks", "blocks": [{"type": "file"}]}]}, "internal_error"),
        (
            {"chunks": [{"type": "blocks", "blocks": [{"type": "divider"}] * 51}]},
            "msg_blocks_too_many",
        ),
        ({"chunks": [task("x", task_id=str(i)) for i in range(51)]}, "msg_blocks_too_many"),
        ({"channel": "G0OPS00003"}, "channel_not_found"),
    ],
)
async def test_a_start_is_refused_with_slacks_codes(
    client: Client, thread: Thread, change: dict[str, Any], error: str
) -> None:
    arguments = {k: v for k, v in {**place(thread), **change}.items() if v is not None}
    assert await refused(client.api_call("chat.startStream", json=arguments)) == error
    assert len(thread.messages()) == 1


async def test_a_direct_message_needs_no_recipient(client: Client, ana: Person) -> None:
    thread = await ana.message_bot("psst")
    stream = await client.chat_startStream(
        channel=thread.channel, thread_ts=thread.ts, chunks=[text("yes?")]
    )
    await client.chat_stopStream(channel=thread.channel, ts=stream["ts"])
    assert thread.text() == "psst\nyes?"


async def test_kinds_of_channels_may_be_closed_to_streams() -> None:
    async with Playground(streams=StreamRules(kinds=("im",))) as slack:
        client: Client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        other = await slack.person("ana").mention("#dev", "hi")
        assert await refused(client.chat_startStream(**place(other))) == (
            "channel_type_not_supported"
        )


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"markdown_text": "a"}, {"chunks": [text("b")]}),
        ({"chunks": [text("a")]}, {"markdown_text": "b"}),
    ],
)
async def test_a_stream_keeps_to_one_mode(
    client: Client, thread: Thread, first: Any, then: Any
) -> None:
    stream = await started(client, thread, **first)
    assert await refused(client.chat_appendStream(**stream, **then)) == "streaming_mode_mismatch"
    assert await refused(client.chat_stopStream(**stream, **then)) == "streaming_mode_mismatch"
    await client.chat_appendStream(**stream, **first)
    assert thread.messages()[-1].text == "aa"


async def test_an_append_needs_content_and_a_stream_that_is_ours(
    client: Client, thread: Thread
) -> None:
    stream = await started(client, thread)
    ordinary = await client.chat_postMessage(channel=thread.channel, text="x")
    for error, where, chunks in (
        ("no_text", stream, []),
        ("message_not_owned_by_app", {"channel": thread.channel, "ts": thread.ts}, [text("x")]),
        ("message_not_found", {"channel": thread.channel, "ts": "1.000001"}, [text("x")]),
        (
            "message_not_in_streaming_state",
            {"channel": thread.channel, "ts": ordinary["ts"]},
            [text("x")],
        ),
    ):
        assert await refused(client.chat_appendStream(**where, chunks=chunks)) == error


async def test_tasks_are_merged_by_their_id(client: Client, thread: Thread) -> None:
    stream = await started(client, thread, chunks=[task("Look", details="a ")])
    await client.chat_appendStream(**stream, chunks=[text("meanwhile")])
    await client.chat_stopStream(
        **stream, chunks=[task("Looked", "complete", details="b", output="found")]
    )
    assert blocks(thread) == [
        {
            "type": "task_card",
            "task_id": "t1",
            "title": "Looked",
            "status": "complete",
            "details": rich("a b"),
            "output": rich("found"),
        },
        {"type": "markdown", "text": "meanwhile"},
    ]


async def test_in_plan_mode_all_tasks_are_in_one_plan(client: Client, thread: Thread) -> None:
    chunks = [{"type": "plan_update", "title": "Deploy"}, task("Build"), text("so far")]
    stream = await started(client, thread, task_display_mode="plan", chunks=chunks)
    await client.chat_stopStream(**stream, chunks=[task("Ship", task_id="t2")])
    plan, said = blocks(thread)
    assert (plan["type"], plan["title"]) == ("plan", "Deploy")
    assert [card["title"] for card in plan["tasks"]] == ["Build", "Ship"]
    assert said["text"] == "so far"


async def test_once_too_long_a_stream_takes_no_more_but_can_be_stopped(
    client: Client, thread: Thread
) -> None:
    stream = await started(client, thread, chunks=[text("é" * 5_000)])
    assert await refused(client.chat_appendStream(**stream, chunks=[text("x" * 1_601)])) == (
        "msg_too_long"
    )
    assert await refused(client.chat_appendStream(**stream, chunks=[text("x")])) == "msg_too_long"
    assert await refused(client.chat_stopStream(**stream, blocks=[SECTION])) == "msg_too_long"
    await client.chat_stopStream(**stream)
    assert thread.messages()[-1].text == "é" * 5_000


async def test_details_and_output_of_tasks_weigh_double(client: Client, thread: Thread) -> None:
    stream = await started(client, thread, chunks=[task("x" * 100, details="d" * 5_250)])
    assert await refused(client.chat_stopStream(**stream, chunks=[text("y")])) == "msg_too_long"


async def test_a_stream_lives_five_minutes_whatever_is_appended(
    slack: Playground, client: Client, thread: Thread
) -> None:
    stream = await started(client, thread, chunks=[text("one")])
    slack.clock.advance(299)
    await client.chat_appendStream(**stream, chunks=[text(" two")])
    assert thread.status() == "processing"
    slack.clock.advance(1)
    assert thread.messages()[-1].streaming_state == "errored"
    assert "Something went wrong" in thread.text()
    assert thread.status() == "active"
    for late in (
        client.chat_appendStream(**stream, chunks=[text("x")]),
        client.chat_stopStream(**stream),
    ):
        assert await refused(late) == "message_not_in_streaming_state"
    await client.chat_update(**stream, text="one two, repaired")
    assert thread.text().endswith("one two, repaired")
    assert "went wrong" not in thread.text()


async def test_the_lifetime_may_be_another_and_count_from_the_last_append() -> None:
    rules = StreamRules(lifetime=10, idle=True)
    async with Playground(now=lambda: START, streams=rules) as slack:
        client: Client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        thread = await slack.person("ana").mention("#dev", "hi")
        stream = await started(client, thread)
        for _ in range(3):
            slack.clock.advance(9)
            await client.chat_appendStream(**stream, chunks=[text("x")])
        slack.clock.advance(10)
        assert thread.messages()[-1].streaming_state == "errored"


async def test_an_open_stream_can_be_neither_updated_nor_deleted(
    client: Client, thread: Thread
) -> None:
    stream = await started(client, thread, chunks=[text("x"), task("Look")])
    update = client.chat_update(**stream, text="y")
    assert await refused(update) == "streaming_state_conflict"
    assert await refused(client.chat_delete(**stream)) == "cant_delete_message"
    await client.chat_stopStream(**stream)
    await client.chat_update(**stream, text="x")
    replaced = thread.messages()[-1]
    assert (replaced.text, replaced.blocks, replaced.streaming_state) == ("x", None, None)
    assert replaced.edited is not None
    await client.chat_delete(**stream)
    assert len(thread.messages()) == 1


async def test_stop_ends_the_streams_of_its_thread_and_tells_the_app(
    slack: Playground, client: Client, ana: Person, thread: Thread
) -> None:
    elsewhere = await ana.mention("#dev", "another")
    other = await started(client, elsewhere, chunks=[text("going on")])
    stream = await started(client, thread, chunks=[text("well, ")])
    await slack.person("ben").stop(thread)
    [stopped] = slack.journal.delivered("agent_session_stopped")
    assert stopped.body["event"]["streaming_message_ts"] == [stream["ts"]]
    assert stopped.body["event"]["user"] == "U0BEN00002"
    late = client.chat_appendStream(**stream, chunks=[text("x")])
    assert await refused(late) == "stopped_by_user"
    assert await refused(client.chat_stopStream(**stream)) == "message_not_in_streaming_state"
    assert thread.text().endswith("well, ")
    await client.chat_appendStream(**other, chunks=[text(" still")])


async def test_a_stream_begins_a_session_and_its_end_says_how_it_goes_on(
    slack: Playground, client: Client, thread: Thread
) -> None:
    stream = await started(client, thread)
    session = slack.workspace.sessions[(thread.channel, thread.ts)]
    assert (session.whole, session.initiator) == ("processing", "U0ANA00001")
    await client.chat_stopStream(**stream, session_status="suspended")
    assert thread.status() == "suspended"
    again = await started(client, thread)
    assert thread.status() == "suspended"
    await client.chat_stopStream(**again)
    assert thread.status() == "active"
    third = await started(client, thread)
    wrong = client.chat_stopStream(**third, session_status="busy")
    assert await refused(wrong) == "invalid_arguments"


async def test_without_agent_sessions_a_stream_begins_none(
    slack: Playground, client: Client, thread: Thread
) -> None:
    slack.faults.feature_disabled = True
    stream = await started(client, thread)
    await client.chat_stopStream(**stream)
    assert thread.status() is None


async def test_a_button_in_a_stream_can_be_pressed_while_it_grows(
    slack: Playground, client: Client, ana: Person, thread: Thread
) -> None:
    """Slack gives an element without an action_id one of its own, in a stream, too."""
    button = {"type": "button", "text": {"type": "plain_text", "text": "Halt"}}
    actions = {"type": "actions", "elements": [button]}
    stream = await started(client, thread, chunks=[{"type": "blocks", "blocks": [actions]}])
    [found] = thread.pressables()
    await client.chat_appendStream(**stream, chunks=[text("going on")])
    assert thread.pressables() == [found]
    assert not await ana.click(thread, "Halt")
    [pressed] = slack.journal.delivered("block_actions")
    assert pressed.body["actions"][0]["action_id"] == found.click["action_id"]


@pytest.mark.parametrize(
    ("markdown", "mrkdwn"),
    [
        ("**bold** and *soft* and ~~gone~~", "*bold* and _soft_ and ~gone~"),
        ("# Title\ntext", "*Title*\ntext"),
        ("`**code**` ```\n# code\n```", "`**code**` ```\n# code\n```"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("![pic](https://x.y/z.png)", "<https://x.y/z.png|pic>"),
    ],
)
async def test_streamed_text_comes_back_as_mrkdwn(
    client: Client, thread: Thread, markdown: str, mrkdwn: str
) -> None:
    stream = await started(client, thread, markdown_text=markdown)
    answer = await client.chat_stopStream(**stream)
    assert answer["message"]["text"] == mrkdwn
