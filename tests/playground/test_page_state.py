"""What the page loads: a beginning of bounded size, older messages, the traffic without secrets."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import MethodFault, Playground, PlaygroundConfig
from bot.playground.feed import Feed
from bot.playground.journal import CallRecord, journal_of
from bot.playground.page_state import MOST, NEWEST, earlier, first_state
from bot.playground.traffic import KEPT, Traffic, without_secrets
from tests.waiting import PATIENCE


@pytest.fixture
async def page(slack: Playground) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    base = f"http://127.0.0.1:{slack.port}/"
    async with aiohttp.ClientSession(base, cookie_jar=jar) as http:
        async with http.get(slack.page_url) as response:
            assert response.status == 200
        yield http


async def get(page: aiohttp.ClientSession, path: str) -> Any:
    async with page.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def traffic_items(page: aiohttp.ClientSession, seq: int, count: int) -> list[Any]:
    """The next rows on the feed."""
    rows: list[Any] = []
    async with asyncio.timeout(PATIENCE), page.get(f"/local/feed?after={seq}") as feed:
        while len(rows) < count:
            line = (await feed.content.readline()).decode()
            if line.startswith("data: ") and (item := json.loads(line[6:]))["type"] == "traffic":
                rows.append(item["row"])
    return rows


async def test_the_beginning_holds_the_newest_of_each_channel_and_of_its_threads(
    slack: Playground,
) -> None:
    ana = slack.person("ana")
    thread = await ana.post("#dev", "0")
    replies = [await ana.reply(thread, f"reply {i}") for i in range(NEWEST + 5)]
    posts = [await ana.post("#dev", str(i)) for i in range(NEWEST + 5)]
    await ana.post("#general", "alone")

    state = first_state(slack.local, slack.bot)
    here = [m for m in state["messages"] if m["channel"] == thread.channel]
    assert [m["text"] for m in here] == [str(i) for i in range(5, NEWEST + 5)]
    assert sorted(m["ts"] for m in state["replies"]) == [r.ts for r in replies[5:]]
    assert state["older"] == [thread.channel]

    page = earlier(slack.workspace, thread.channel, None, posts[5].ts)
    assert [m["text"] for m in page["messages"]] == ["0", "0", "1", "2", "3", "4"]
    assert (page["older"], page["messages"][0]["reply_count"]) == (False, NEWEST + 5)
    rest = earlier(slack.workspace, thread.channel, thread.ts, replies[5].ts)
    assert [m["ts"] for m in rest["messages"]] == [thread.ts, *(r.ts for r in replies[:5])]
    assert not rest["older"]


async def test_a_reply_sent_to_the_channel_too_leaves_no_gap_in_its_thread(
    slack: Playground, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    thread = await ana.post("#dev", "root")
    both = await client.chat_postMessage(
        channel=thread.channel, thread_ts=thread.ts, text="for all", reply_broadcast=True
    )
    later = [(await ana.reply(thread, str(i))).ts for i in range(NEWEST)]
    state = first_state(slack.local, slack.bot)
    assert both["ts"] in [m["ts"] for m in state["messages"]]
    assert sorted(m["ts"] for m in state["replies"]) == later


async def test_older_messages_come_page_by_page_without_gap_or_overlap(slack: Playground) -> None:
    ana = slack.person("ana")
    sent = [(await ana.post("#dev", str(i))).ts for i in range(2 * MOST + 10)]
    channel = next(c.id for c in slack.workspace.channels.values() if c.name == "dev")
    seen: list[str] = []
    before, older = "", True
    while older:
        page = earlier(slack.workspace, channel, None, before)
        seen = [m["ts"] for m in page["messages"]] + seen
        before, older = seen[0], page["older"]
    assert seen == sent


async def test_earlier_messages_are_asked_for_over_http(
    slack: Playground, page: aiohttp.ClientSession
) -> None:
    thread = await slack.person("ana").post("#dev", "first")
    second = await slack.person("ana").post("#dev", "second")
    found = await get(page, f"/local/messages?channel={thread.channel}&before={second.ts}")
    assert ([m["text"] for m in found["messages"]], found["older"]) == (["first"], False)
    assert (await get(page, "/local/messages?channel=C404"))["messages"] == []
    assert (await get(page, f"/local/messages?channel={thread.channel}&thread=1.2")) == {
        "messages": [],
        "older": False,
    }
    async with page.get(f"/local/messages?channel={thread.channel}&before=x") as response:
        assert response.status == 400


async def test_calls_and_deliveries_come_over_the_feed_and_a_row_again_when_it_got_further(
    slack: Playground, page: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    seq = (await get(page, "/local/state"))["seq"]
    await client.auth_test()
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C404", text="x")
    [ok, refused] = await traffic_items(page, seq, 2)
    assert (ok["kind"], ok["name"], ok["status"], ok["error"]) == ("call", "auth.test", 200, None)
    assert (refused["channel"], refused["error"]) == ("C404", "channel_not_found")
    assert 0 <= ok["took"] < 60

    seq = (await get(page, "/local/state"))["seq"]
    await slack.person("ana").mention("#dev", "nobody listens")
    rows = await traffic_items(page, seq, 2)
    assert {row["name"] for row in rows} == {"app_mention", "message"}
    await slack.until(lambda: all(d.outcome == "lost" for d in slack.journal.deliveries))
    rows = (await get(page, "/local/state"))["traffic"]
    assert [row["outcome"] for row in rows if row["kind"] == "events_api"] == ["lost", "lost"]


async def test_calls_that_were_cut_show_how_far_they_came(
    slack: Playground, page: aiohttp.ClientSession
) -> None:
    once = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url, retry_handlers=[])
    for drop in ("before", "after"):
        slack.faults.methods["auth.test"] = MethodFault(drop=drop, times=1)
        with pytest.raises(aiohttp.ClientError):
            await once.auth_test()
    rows = (await get(page, "/local/state"))["traffic"]
    assert [(row["cut"], row["status"]) for row in rows] == [("before", 0), ("after", 200)]
    assert len(slack.journal.called("auth.test")) == 1


async def test_a_row_opens_to_its_json_without_secrets(
    slack: Playground, page: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(
        channel="C0DEV00002", text=f"my token is {slack.bot_token}", token=slack.bot_token
    )
    await client.apps_connections_open(app_token=slack.app_token)
    rows = [r for r in (await get(page, "/local/state"))["traffic"] if r["kind"] == "call"]
    whole = [await get(page, f"/local/traffic/{row['number']}") for row in rows]
    assert whole[0]["arguments"]["text"] == "my token is xoxb-…"
    assert whole[-1]["result"]["url"].startswith("ws://")
    said = json.dumps(whole)
    assert slack.bot_token not in said and slack.app_token not in said
    assert slack.bot_token.removeprefix("xoxb-") not in said
    async with page.get("/local/traffic/999") as response:
        assert response.status == 404


def test_secrets_are_hidden_however_deep() -> None:
    hidden = without_secrets(
        {
            "token": "verify",
            "list": [
                {"access_token": "xoxe.xoxp-1-abc", "text": "see xapp-1-A-b, wss://x?ticket=T-1"}
            ],
            "style": {"code": True},
            "code": None,
        }
    )
    assert hidden == {
        "token": "…",
        "list": [{"access_token": "…", "text": "see xapp-…, wss://x?ticket=…"}],
        "style": {"code": True},
        "code": None,
    }


def test_traffic_is_bounded_and_loses_nothing_new() -> None:
    journal, feed = journal_of(50), Feed(first=0)
    traffic = Traffic(journal, feed)
    for i in range(KEPT + 100):
        journal.calls.append(CallRecord(float(i), f"m{i}", {}, 200, {"ok": True}))
        traffic.collect()
    traffic.collect()
    rows = traffic.rows()
    assert [row["name"] for row in rows] == [f"m{i}" for i in range(100, KEPT + 100)]
    assert feed.seq == KEPT + 100
    for i in range(80):
        journal.calls.append(CallRecord(1e6 + i, f"n{i}", {}, 200, {"ok": True}))
    traffic.collect()
    assert [row["name"] for row in traffic.rows()[-50:]] == [f"n{i}" for i in range(30, 80)]


async def test_the_drawer_shows_limits_faults_and_what_must_never_happen() -> None:
    config = PlaygroundConfig(limits="standard")
    async with Playground(config, now=lambda: 1_800_000_000.0) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{slack.port}/", cookie_jar=jar) as page:
            async with page.get(slack.page_url) as opened:
                assert opened.status == 200
            await client.chat_postMessage(channel="C0DEV00002", text="one")
            slack.faults.methods["auth.test"] = MethodFault(status=429, times=1)
            seen = await get(page, "/local/oversight")
            assert seen["faults"]["methods"]["auth.test"]["status"] == 429
            assert seen["breaches"] == []
            of_method, of_channel = seen["limits"]
            assert (of_method["channel"], of_method["capacity"]) == (None, 300)
            assert (of_channel["channel"], of_channel["left"]) == ("C0DEV00002", 3)
            await slack.befall("spare", method="auth.test")
            await client.chat_postMessage(channel="C0DEV00002", text="<!here> look")
            seen = await get(page, "/local/oversight")
            assert seen["faults"]["methods"] == {}
            assert [breach["rule"] for breach in seen["breaches"]] == ["nobody is pinged"]


async def test_an_answer_that_grows_is_no_breach_on_the_page(
    slack: Playground, client: AsyncWebClient, page: aiohttp.ClientSession
) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "go")
    await client.chat_startStream(
        channel=thread.channel,
        thread_ts=thread.ts,
        recipient_user_id=ana.id,
        recipient_team_id=slack.workspace.users[ana.id].team_id,
    )
    assert (await get(page, "/local/oversight"))["breaches"] == []
    assert [breach.rule for breach in slack.invariants()] == ["no stream is left open"]
