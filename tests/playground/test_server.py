"""The local Slack as the page and other processes meet it: over HTTP, with the secret of a run."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground
from bot.playground.feed import RING, Feed
from bot.playground.model import Json
from tests.waiting import PATIENCE


@pytest.fixture
async def page(slack: Playground) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that opened the printed address."""
    jar = aiohttp.CookieJar(unsafe=True)
    base = f"http://127.0.0.1:{slack.port}/"
    async with aiohttp.ClientSession(base, cookie_jar=jar) as http:
        async with http.get(slack.page_url, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/")
            cookie = response.headers["Set-Cookie"]
            assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        yield http


async def act(page: aiohttp.ClientSession, **request: Any) -> Any:
    async with page.post("/local/act", json=request) as response:
        return await response.json()


async def state(page: aiohttp.ClientSession) -> Any:
    async with page.get("/local/state") as response:
        return await response.json()


async def next_items(response: aiohttp.ClientResponse, count: int) -> list[tuple[int, Any]]:
    """The next items of a feed about the workspace, with their numbers: without traffic."""
    items: list[tuple[int, Any]] = []
    number = 0
    async with asyncio.timeout(PATIENCE):
        while len(items) < count:
            line = (await response.content.readline()).decode()
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                item = json.loads(line[6:])
                if item["type"] != "traffic":
                    items.append((number, item))
    return items


PATHS = ["/", "/page.js", "/local/state", "/local/feed", "/local/act", "/local/bot"]


@pytest.mark.parametrize("path", PATHS)
async def test_without_the_key_there_is_nothing_to_see(slack: Playground, path: str) -> None:
    verb = "POST" if path in ("/local/act", "/local/bot") else "GET"
    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{slack.port}") as http,
        http.request(
            verb, path, json={}, cookies={f"playground_{slack.port}": "guess"}
        ) as response,
    ):
        assert response.status == 403
        assert "printed when the local Slack started" in await response.text()


async def test_a_wrong_key_opens_nothing(slack: Playground) -> None:
    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{slack.port}") as http,
        http.get("/?key=guess", allow_redirects=False) as response,
    ):
        assert response.status == 403
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", ["/local/state", "/api/auth.test", "/link/"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_other_websites_cannot_reach_it(
    slack: Playground, page: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    token = {"Authorization": f"Bearer {slack.bot_token}"}
    async with page.get(path, headers={**token, **headers}) as response:
        assert response.status == 403


async def test_its_own_page_may_say_where_it_comes_from(
    slack: Playground, page: aiohttp.ClientSession
) -> None:
    origin = {"Origin": f"http://127.0.0.1:{slack.port}"}
    async with page.get("/local/state", headers=origin) as response:
        assert response.status == 200
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


async def test_an_act_must_come_as_json(page: aiohttp.ClientSession) -> None:
    async with page.post("/local/act", data='{"as": "U0ANA00001"}') as response:
        assert response.status == 400


async def test_no_file_outside_the_page_is_served(page: aiohttp.ClientSession) -> None:
    for path in ("/..%2fserver.py", "/%2e%2e/server.py", "/missing.js"):
        async with page.get(path) as response:
            assert response.status == 404


async def test_the_page_can_do_what_people_do(
    slack: Playground, page: aiohttp.ClientSession
) -> None:
    ana = "U0ANA00001"
    posted = await act(page, **{"as": ana}, do="post", channel="C0DEV00002", text="hi @ben <b>")
    assert posted["ok"] is True
    place = {"as": ana, "channel": "C0DEV00002", "ts": posted["ts"]}
    assert await act(page, **place, do="edit", text="hello") == {"ok": True}
    assert await act(page, **place, do="react", name="eyes") == {"ok": True}
    opened = await act(page, **{"as": ana}, do="open_dm")
    seen = await state(page)
    [message] = seen["messages"]
    assert (message["text"], message["reactions"][0]["name"]) == ("hello", "eyes")
    assert [c["kind"] for c in seen["channels"] if c["id"] == opened["channel"]] == ["im"]
    assert seen["bot"] == {"state": "external", "pid": None, "restarts": 0, "log": []}
    assert seen["bots"] == [
        {
            "user_id": "U0THREADLN",
            "app_id": "A0THREADLN",
            "name": "threadline",
            "team": "T0PLAYGRND",
        }
    ]


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({}, "invalid_arguments"),
        ({"as": "U0NOBODY00", "do": "post"}, "user_not_found"),
        ({"as": "U0ANA00001", "do": "dance"}, "unknown_act"),
        ({"as": "U0ANA00001", "do": "post", "channel": "C0DEV00002"}, "invalid_arguments"),
        (
            {"as": "U0CHO00003", "do": "post", "channel": "G0OPS00003", "text": "x"},
            "channel_not_found",
        ),
        (
            {
                "as": "U0ANA00001",
                "do": "post",
                "channel": "C0DEV00002",
                "text": "x",
                "thread_ts": "1",
            },
            "invalid_thread_ts",
        ),
        (
            {"as": "U0ANA00001", "do": "click", "channel": "C0DEV00002", "ts": "1.000001"},
            "message_not_found",
        ),
    ],
)
async def test_refused_acts_say_why(
    page: aiohttp.ClientSession, wanted: dict[str, str], error: str
) -> None:
    answer = await act(page, **wanted)
    assert (answer["ok"], answer["error"]) == (False, error)
    assert answer["message"].endswith(".")


async def test_a_click_from_the_page_tells_whether_it_was_acked(
    slack: Playground, page: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}}
    blocks = [{"type": "actions", "elements": [button]}]
    posted: Any = await client.chat_postMessage(channel="C0DEV00002", text="go?", blocks=blocks)
    [block] = posted["message"]["blocks"]
    click = {
        "as": "U0ANA00001",
        "do": "click",
        "channel": "C0DEV00002",
        "ts": posted["ts"],
        "block_id": block["block_id"],
        "action_id": block["elements"][0]["action_id"],
    }
    assert await act(page, **click) == {"ok": True, "acked": False}
    await client.chat_update(channel="C0DEV00002", ts=posted["ts"], text="gone", blocks=[])
    assert (await act(page, **click))["error"] == "no_such_element"


async def test_the_feed_shows_each_change_from_the_state_on(
    slack: Playground, page: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    seq = (await state(page))["seq"]
    thread = await ana.post("#dev", "hello")
    async with page.get(f"/local/feed?after={seq}") as feed:
        [(_, first)] = await next_items(feed, 1)
        assert (first["type"], first["message"]["text"]) == ("message", "hello")
        await client.chat_postEphemeral(channel=thread.channel, user=ana.id, text="only you")
        await client.agents_sessions_setStatus(
            channel_id=thread.channel, thread_ts=thread.ts, status="processing"
        )
        reply = await ana.reply(thread, "more")
        await ana.delete(reply)
        items = [item for _, item in await next_items(feed, 6)]
    assert [item["type"] for item in items] == [
        "ephemeral",
        "session",
        "message",
        "message_changed",
        "message_deleted",
        "message_changed",
    ]
    assert (items[0]["message"]["user"], items[0]["message"]["author"]) == (ana.id, "U0THREADLN")
    assert items[1]["session"]["status"] == "processing"
    assert items[3]["message"]["reply_count"] == 1
    assert "reply_count" not in items[5]["message"]


async def test_a_page_that_comes_back_misses_nothing(
    slack: Playground, page: aiohttp.ClientSession
) -> None:
    ana = slack.person("ana")
    seq = (await state(page))["seq"]
    for word in ("one", "two"):
        await ana.post("#dev", word)
    again = {"Last-Event-ID": str(seq + 1)}
    async with page.get("/local/feed", headers=again) as feed:
        [(number, item)] = await next_items(feed, 1)
    assert (number, item["message"]["text"]) == (seq + 2, "two")


@pytest.mark.parametrize("seen", [0, 10**15])
async def test_a_page_of_another_run_is_told_to_start_anew(
    slack: Playground, page: aiohttp.ClientSession, seen: int
) -> None:
    await slack.person("ana").post("#dev", "hello")
    async with page.get("/local/feed", headers={"Last-Event-ID": str(seen)}) as feed:
        assert [item for _, item in await next_items(feed, 1)] == [{"type": "reset"}]


def test_a_reader_too_far_behind_is_told_to_start_anew() -> None:
    feed = Feed(first=100)
    for i in range(RING + 1):
        feed.publish({"type": "log", "lines": [str(i)]})
    assert feed.since(100) == [(feed.seq, '{"type":"reset"}')]
    assert len(feed.since(101)) == RING
    assert feed.since(feed.seq) == []


async def test_ephemeral_messages_and_home_can_be_pressed(
    slack: Playground, page: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    socket = SocketModeClient(
        app_token=slack.app_token, web_client=AsyncWebClient(base_url=slack.base_url)
    )
    await socket.connect()
    slack.local.courier.ack_deadline = 0.02
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
    blocks = [{"type": "actions", "block_id": "row", "elements": [button]}]
    thread = await ana.post("#dev", "hello")
    await ana.reply(thread, "well?")
    await client.chat_postEphemeral(
        channel=thread.channel, user=ana.id, text="go?", blocks=blocks, thread_ts=thread.ts
    )
    await client.views_publish(user_id=ana.id, view={"type": "home", "blocks": blocks})
    assert await ana.click(thread, "Go") is False
    home = {"as": ana.id, "do": "click", "block_id": "row", "action_id": "go"}
    assert await act(page, **home) == {"ok": True, "acked": False}
    whispered, at_home = (d.body for d in slack.journal.delivered("block_actions"))
    assert whispered["container"]["is_ephemeral"] is True
    assert "message" not in whispered
    assert at_home["container"]["type"] == "view"
    assert "channel" not in at_home
    await socket.close()


async def test_a_modal_is_drawn_filled_and_closed_from_the_page(
    slack: Playground, page: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    triggers = slack.local.interactivity.triggers
    field: Json = {
        "type": "input",
        "block_id": "why",
        "label": {"type": "plain_text", "text": "Why?"},
        "element": {"type": "plain_text_input", "action_id": "text"},
    }
    text = {"type": "plain_text", "text": "Deny"}
    view: Json = {"type": "modal", "title": text, "submit": text, "blocks": [field]}
    seq = (await state(page))["seq"]
    trigger = triggers.give("1.2.abc", slack.app.id, ana.id, slack.clock())
    await client.views_open(trigger_id=trigger, view=view)
    [modal] = (await state(page))["modals"]
    [drawn] = modal["views"]
    assert (modal["user"], drawn["title"]["text"], modal["errors"]) == (ana.id, "Deny", {})
    top = {"as": ana.id, "view": drawn["id"]}
    missing = await act(page, **top, do="submit")
    assert missing["errors"] == {"why": "Please complete this required field."}
    place = {**top, "block_id": "why", "action_id": "text"}
    assert await act(page, **place, do="fill", value="because") == {"ok": True, "acked": True}
    assert (await act(page, **place, do="suggest", value="b"))["error"] == "no_such_element"
    unheard = await act(page, **top, do="submit")
    assert (unheard["acked"], unheard["errors"]) == (False, {})
    await act(page, **top, do="close_modal")
    assert (await act(page, **top, do="submit"))["message"] == "That window is closed."
    assert (await state(page))["modals"] == []
    async with page.get(f"/local/feed?after={seq}") as feed:
        items = [item for _, item in await next_items(feed, 4)]
    assert {item["type"] for item in items} == {"modal"}
    assert items[1]["errors"] == {drawn["id"]: missing["errors"]}
    assert items[-1]["views"] == []


async def test_the_page_knows_what_can_be_called(
    slack: Playground, page: aiohttp.ClientSession
) -> None:
    slack.register({"slash_commands": [{"command": "/deploy"}]})
    [app] = (await state(page))["apps"]
    assert (app["commands"], app["shortcuts"]) == ([{"command": "/deploy"}], [])
    call = {"as": "U0ANA00001", "do": "command", "channel": "C0DEV00002", "text": "/deploy now"}
    unheard = {"ok": True, "acked": False, "trouble": "dispatch_failed"}
    assert await act(page, **call) == unheard
    in_thread = await act(page, **call, thread_ts="1.000001")
    assert in_thread["message"] == "Commands are not supported in threads."


async def test_files_are_shown_to_the_page_and_run_nothing(
    slack: Playground, page: aiohttp.ClientSession
) -> None:
    post = await slack.person("ana").upload("#ops", "evil.html", "<script>alert(1)</script>")
    shown = next(m for m in (await state(page))["messages"] if m["ts"] == post.ts)
    link = shown["files"][0]["url_private"].removeprefix(slack.workspace.web_base)
    async with page.get(link) as response:
        assert await response.text() == "<script>alert(1)</script>"
        assert response.content_type == "text/plain"
        assert "sandbox" in response.headers["Content-Security-Policy"]
    broken = {"as": "U0ANA00001", "do": "upload", "channel": "C0DEV00002"}
    for files in ([], [{"name": "x", "content": "not base64!"}], "x"):
        assert not (await act(page, **broken, files=files))["ok"]
