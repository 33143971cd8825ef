"""What must hold of an app, and that each breach of it is found."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Misused, Person, Playground, PlaygroundConfig, Thread
from bot.playground.model import Message
from bot.playground.pings import pings

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
    return await ana.mention("#dev", "hello @ben and @here")


def place(thread: Thread) -> dict[str, str]:
    return {"channel": thread.channel, "thread_ts": thread.ts}


def recipient(thread: Thread) -> dict[str, str]:
    return {
        **place(thread),
        "recipient_user_id": "U0ANA00001",
        "recipient_team_id": "T0PLAYGRND",
    }


def rules(slack: Playground) -> list[str]:
    return [breach.rule for breach in slack.invariants()]


def section(text: str, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": "section", "text": {"type": kind, "text": text}}


def rich(*leaves: dict[str, Any]) -> dict[str, Any]:
    inside = {"type": "rich_text_section", "elements": list(leaves)}
    return {"type": "rich_text", "elements": [inside]}


def message(text: str, *blocks: dict[str, Any]) -> Message:
    return Message("C1", "1.000001", "UBOT", text, blocks=list(blocks))


MARKDOWN = "see `<!here>`\n```\n<!channel>\n``` and <!everyone>"


@pytest.mark.parametrize(
    ("written", "pinged"),
    [
        (
            message("hi <@U1> <@W2|ben>, <!here> <!subteam^S1|@ops>"),
            ["@U1", "@W2", "!here", "!subteam^S1"],
        ),
        (message("&lt;!channel&gt; @channel <#C1> <!date^1^x|y> <https://x.y|@U1>"), []),
        (message("x", section("<!channel>")), ["!channel"]),
        (message("x", section("<!channel>", "plain_text")), []),
        (message("x", {"type": "markdown", "text": MARKDOWN}), ["!everyone"]),
        (message(MARKDOWN, {"type": "markdown", "text": MARKDOWN}), ["!everyone"]),
        (message("x", rich({"type": "text", "text": "<!channel>"})), []),
        (
            message(
                "x",
                rich(
                    {"type": "user", "user_id": "U1"},
                    {"type": "broadcast", "range": "here"},
                    {"type": "usergroup", "usergroup_id": "S1"},
                ),
            ),
            ["@U1", "!here", "!subteam^S1"],
        ),
    ],
)
def test_text_is_read_as_slack_reads_it(written: Message, pinged: list[str]) -> None:
    assert pings(written) == pinged


def test_only_a_text_parsed_in_full_pings_by_plain_words() -> None:
    assert pings(message("hey @channel, ana@here.org"), parsed_in_full=True) == ["!channel"]


async def test_what_people_write_breaks_nothing(slack: Playground, thread: Thread) -> None:
    assert slack.invariants() == []


async def test_a_ping_is_found_even_if_it_was_taken_back(
    slack: Playground, client: Client, thread: Thread
) -> None:
    posted = await client.chat_postMessage(**place(thread), text="<@U0BEN00002> look")
    await client.chat_update(channel=thread.channel, ts=posted["ts"], text="look")
    [breach] = slack.invariants()
    assert (breach.rule, breach.facts["whom"]) == ("nobody is pinged", "@U0BEN00002")
    assert breach.facts["ts"] == posted["ts"]
    assert slack.invariants(may_ping=["U0BEN00002"]) == []


async def test_a_ping_split_over_two_appends_is_found(
    slack: Playground, client: Client, thread: Thread
) -> None:
    stream = await client.chat_startStream(**recipient(thread), markdown_text="all of <!chan")
    there = {"channel": thread.channel, "ts": stream["ts"]}
    assert rules(slack) == ["no stream is left open"]
    await client.chat_appendStream(**there, markdown_text="nel>")
    await client.chat_stopStream(**there)
    assert set(rules(slack)) == {"nobody is pinged"}


async def test_a_stream_that_broke_off_is_open_until_it_is_repaired(
    slack: Playground, client: Client, thread: Thread
) -> None:
    stream = await client.chat_startStream(**recipient(thread), markdown_text="well")
    slack.clock.advance(300)
    [breach] = slack.invariants()
    assert breach.facts["streaming_state"] == "errored"
    await client.chat_update(channel=thread.channel, ts=stream["ts"], text="well then")
    assert slack.invariants() == []


async def test_a_slot_shown_twice_is_found_and_one_replaced_is_not(
    slack: Playground, client: Client, thread: Thread
) -> None:
    part = {"event_type": "part", "event_payload": {"slot": 1, "part": 0}}
    same = {"event_payload": {"part": 0, "slot": 1}, "event_type": "part"}
    first = await client.chat_postMessage(**place(thread), text="x", metadata=part)
    second = await client.chat_postMessage(**place(thread), text="x", metadata=same)
    [breach] = slack.invariants()
    assert breach.rule == "no slot is shown twice"
    assert breach.facts["ts"] == [first["ts"], second["ts"]]
    await client.chat_delete(channel=thread.channel, ts=first["ts"])
    assert slack.invariants() == []


@pytest.mark.parametrize(
    "arguments",
    [{"text": ""}, {"text": "x", "blocks": [{"type": "song"}]}, {"markdown_text": "x" * 12_001}],
)
async def test_a_refused_payload_is_found(
    slack: Playground, client: Client, thread: Thread, arguments: Any
) -> None:
    with pytest.raises(SlackApiError):
        await client.api_call("chat.postMessage", json={**place(thread), **arguments})
    [breach] = slack.invariants()
    assert breach.rule == "no payload is refused"
    assert breach.facts["method"] == "chat.postMessage"


async def test_an_interaction_nobody_acked_is_found(
    slack: Playground, client: Client, ana: Person, thread: Thread
) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}}
    row = {"type": "actions", "elements": [button]}
    await client.chat_postMessage(**place(thread), text="go?", blocks=[row])
    assert await ana.click(thread, "Go") is False
    [breach] = slack.invariants()
    assert breach.rule == "every interaction is acked in time"
    assert breach.facts["outcome"] == "lost"


async def test_leaving_a_strict_playground_tells_of_every_breach() -> None:
    with pytest.raises(Misused, match=r"nobody is pinged: .*!here"):
        async with Playground(strict=True) as slack:
            client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
            await client.chat_postMessage(channel="C0DEV00002", text="<!here> I am")


async def test_a_strict_playground_lets_an_app_name_whom_it_may() -> None:
    async with Playground(strict=True, may_ping=["U0ANA00001"]) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        await client.chat_postMessage(channel="C0DEV00002", text="<@U0ANA00001> done")


async def test_of_pings_as_many_are_kept_as_of_calls() -> None:
    async with Playground(PlaygroundConfig(limits="off"), journal_size=2) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        thread = await slack.person("ana").post("#dev", "?")
        for number in range(3):
            await client.chat_postMessage(channel=thread.channel, text=f"<!here> {number}")
        assert [ping["text"][-1] for ping in slack.journal.pings] == ["1", "2"]
