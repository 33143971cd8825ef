"""What goes wrong on demand: from a test, and over HTTP as the page asks for it."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import MethodFault, Person, Playground, Thread, mishaps
from bot.playground.mishaps import MISHAPS, Unknown
from tests.waiting import until

# Answers are read as plain JSON: slack_sdk says of every field that it may be None.
Client = Any


@pytest.fixture
def ana(slack: Playground) -> Person:
    return slack.person("ana")


@pytest.fixture
async def thread(ana: Person) -> Thread:
    return await ana.post("#dev", "a thread")


async def refused(call: Any) -> str:
    """The code Slack refused with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


def told(slack: Playground, kind: str) -> list[Any]:
    return [delivery.body["event"] for delivery in slack.journal.delivered(kind)]


async def stream(client: Client, thread: Thread) -> dict[str, str]:
    started = await client.chat_startStream(
        channel=thread.channel,
        thread_ts=thread.ts,
        recipient_user_id="U0ANA00001",
        recipient_team_id="T0PLAYGRND",
    )
    return {"channel": started["channel"], "ts": started["ts"]}


WORDS = [{"type": "markdown_text", "text": "x"}]


async def test_a_method_answers_an_error_of_slacks_after_a_while(
    slack: Playground, client: Client, thread: Thread
) -> None:
    slack.faults.methods["chat.postMessage"] = MethodFault(error="rate_limited", after=1, times=2)
    place = {"channel": thread.channel, "thread_ts": thread.ts}
    await client.chat_postMessage(**place, text="one")
    for _ in range(2):
        assert await refused(client.chat_postMessage(**place, text="lost")) == "rate_limited"
    await client.chat_postMessage(**place, text="two")
    assert thread.text() == "a thread\none\ntwo"


async def test_one_call_in_so_many_goes_wrong(slack: Playground, client: Client) -> None:
    slack.faults.methods["auth.test"] = MethodFault(error="internal_error", every=3, after=1)
    slack.faults.methods["*"] = MethodFault(error="service_unavailable")
    answers = [await refused(client.auth_test()) for _ in range(6)]
    spared, struck = "service_unavailable", "internal_error"
    assert answers == [spared, struck, spared, spared, struck, spared]


async def test_a_fault_of_every_method_leaves_those_with_one_of_their_own(
    slack: Playground, client: Client
) -> None:
    slack.faults.methods["*"] = MethodFault(error="internal_error")
    slack.faults.methods["auth.test"] = MethodFault()
    assert await refused(client.team_info()) == "internal_error"
    await client.auth_test()


async def test_the_token_is_revoked_in_the_middle_of_a_stream(
    slack: Playground, client: Client, thread: Thread
) -> None:
    place = await stream(client, thread)
    await slack.befall("revoke_token")
    late = client.chat_appendStream(**place, chunks=WORDS)
    assert await refused(late) == "token_revoked"
    assert told(slack, "tokens_revoked")[0]["tokens"]["bot"] == ["U0THREADLN"]
    await AsyncWebClient(base_url=slack.base_url).apps_connections_open(app_token=slack.app_token)


async def test_a_channel_is_archived_and_taken_back(
    slack: Playground, client: Client, thread: Thread
) -> None:
    place = await stream(client, thread)
    await slack.befall("archive", channel="#dev")
    for late in (
        client.chat_postMessage(channel=thread.channel, text="x"),
        client.chat_appendStream(**place, chunks=WORDS),
    ):
        assert await refused(late) == "is_archived"
    await slack.befall("unarchive", channel=thread.channel)
    await client.chat_appendStream(**place, chunks=WORDS)
    assert told(slack, "channel_archive") and told(slack, "channel_unarchive")


async def test_the_app_is_put_out_of_a_channel(
    slack: Playground, client: Client, thread: Thread
) -> None:
    place = await stream(client, thread)
    await slack.befall("remove_app", channel="#dev")
    for late in (
        client.chat_postMessage(channel=thread.channel, text="x"),
        client.chat_appendStream(**place, chunks=WORDS),
        client.chat_stopStream(**place),
    ):
        assert await refused(late) == "not_in_channel"
    assert told(slack, "channel_left")[0]["channel"] == thread.channel
    assert await slack.person("ana").reply(thread, "anybody?")
    assert not told(slack, "message")[2:]


async def test_a_message_of_the_app_is_deleted_by_somebody(
    slack: Playground, client: Client, thread: Thread
) -> None:
    place = await stream(client, thread)
    await slack.befall("delete_message", **place)
    late = client.chat_appendStream(**place, chunks=WORDS)
    assert await refused(late) == "message_not_found"
    assert slack.workspace.streams == {}
    await slack.befall("delete_message", channel=thread.channel, ts=thread.ts)
    assert thread.messages() == []


async def test_latency_is_on_the_clock() -> None:
    async with Playground(now=lambda: 1_800_000_000.0) as slack:
        client: Client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        slack.faults.methods["auth.test"] = MethodFault(latency=60)
        answering = asyncio.create_task(client.auth_test())

        async def waits() -> bool:
            return slack.clock() + 60 in slack.clock.dues

        await until(waits)
        slack.clock.advance(60)
        assert (await answering)["ok"]


# ---- over HTTP


@pytest.fixture
def url(slack: Playground) -> str:
    return f"http://127.0.0.1:{slack.port}/local/fault"


@pytest.fixture
def cookies(slack: Playground) -> dict[str, str]:
    return {f"playground_{slack.port}": slack.key}


async def ask(url: str, cookies: dict[str, str], **request: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(cookies=cookies) as http,
        http.post(url, json=request) as response,
    ):
        read = response.json if response.status == 200 else response.text
        return response.status, await read()


async def test_the_page_sets_reads_and_clears_faults(
    slack: Playground, url: str, cookies: dict[str, str]
) -> None:
    await ask(url, cookies, do="set", duplicate_events=2, feature_disabled=True)
    await ask(url, cookies, do="method", method="chat.update", status=429, retry_after=7)
    await ask(url, cookies, do="limits", mode="strict")
    async with (
        aiohttp.ClientSession(cookies=cookies) as http,
        http.get(url) as response,
    ):
        seen = await response.json()
    assert (seen["duplicate_events"], seen["feature_disabled"]) == (2, True)
    assert seen["methods"]["chat.update"]["retry_after"] == 7
    assert (seen["limits"], slack.local.limits.mode) == ("strict", "strict")
    assert slack.faults.methods["chat.update"].status == 429
    _, cleared = await ask(url, cookies, do="clear")
    assert (cleared["methods"], cleared["duplicate_events"]) == ({}, 0)


async def test_the_page_drops_sockets_and_lets_time_pass(
    slack: Playground, url: str, cookies: dict[str, str]
) -> None:
    web = AsyncWebClient(base_url=slack.base_url)
    socket = SocketModeClient(slack.app_token, web_client=web, auto_reconnect_enabled=False)
    await socket.connect()
    before = slack.clock()
    await ask(url, cookies, do="drop_sockets")
    assert slack.local.socket_mode.sockets == []
    await ask(url, cookies, do="advance", seconds=3600)
    assert slack.clock() - before >= 3600
    await socket.close()


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({}, '"do" must be one of: set, method'),
        ({"do": "explode"}, '"do" must be one of: set, method'),
        ({"do": "set", "gravity": 0}, "unknown: gravity"),
        ({"do": "set", "methods": {}}, "unknown: methods"),
        ({"do": "set", "token_error": "stolen"}, "token_error"),
        ({"do": "method"}, "missing required field: method"),
        ({"do": "method", "method": "auth.test", "status": 200}, "status"),
        ({"do": "archive", "channel": "#nowhere"}, "channel_not_found"),
        ({"do": "remove_app", "channel": "#ops"}, "not_in_channel"),
        ({"do": "delete_message", "channel": "#dev", "ts": "1.000001"}, "message_not_found"),
        ({"do": "disconnect", "reason": "boredom"}, "reason must be one of"),
        ({"do": "limits", "mode": "none"}, "mode must be one of"),
        ({"do": "advance", "seconds": -1}, "not negative"),
        ({"do": "advance"}, "valid number"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_reason(
    slack: Playground, url: str, cookies: dict[str, str], request_: Any, why: str
) -> None:
    status, text = await ask(url, cookies, **request_)
    assert status == 400
    assert why in text
    with pytest.raises(Unknown):
        fields = {name: value for name, value in request_.items() if name != "do"}
        await slack.befall(request_.get("do", ""), **fields)


def test_every_mishap_is_explained() -> None:
    assert mishaps.__doc__ is not None
    assert all(f"`{word}`" in mishaps.__doc__ for word in MISHAPS)
