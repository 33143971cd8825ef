"""Several apps in one workspace: each has its own line, rights, limits and screens."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import MethodFault, Playground, PlaygroundConfig
from bot.playground.agent_sessions import session_record
from bot.playground.model import Json, RequestUrls
from bot.playground.slack_app import SlackApp
from bot.playground.stored import from_json, to_json
from tests.playground.bolt import bolt_app, bolt_over_http, client_of


def told(slack: Playground, app_id: str) -> list[str]:
    """The events an app was told, oldest first."""
    deliveries = slack.journal.deliveries
    return [d.event_type for d in deliveries if d.app_id == app_id]


async def test_each_app_hears_what_happens_where_it_is(slack: Playground) -> None:
    helper = slack.add_app("helper", channels=["#dev"])
    async with bolt_app(slack) as first, bolt_app(slack, helper) as second:
        heard: list[tuple[str, str]] = []

        @first.middleware
        async def to_first(body: Json, next: Any) -> Any:
            heard.append(("first", body["event_id"]))
            return await next()

        @second.middleware
        async def to_second(body: Json, next: Any) -> Any:
            heard.append(("second", body["event_id"]))
            return await next()

        ana = slack.person("ana")
        await ana.post("#dev", "hello both")
        await slack.until(lambda: len(heard) == 2)
        assert {who for who, _ in heard} == {"first", "second"}
        assert len({event_id for _, event_id in heard}) == 2
        await ana.post("#general", "hello first")
        await slack.until(lambda: len(heard) == 3)
        assert heard[-1][0] == "first"


async def test_only_the_app_that_is_named_is_told_of_a_mention(slack: Playground) -> None:
    helper = slack.add_app("helper", channels=["#dev"])
    await slack.person("ana").using(helper).mention("#dev", "help me")
    assert told(slack, slack.app.id) == ["message"]
    assert told(slack, helper.id) == ["app_mention", "message"]


async def test_the_journal_tells_whose_call_it_was(slack: Playground) -> None:
    helper = slack.add_app("helper")
    await client_of(slack).auth_test()
    await client_of(slack, helper).apps_connections_open(app_token=helper.app_token)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client_of(slack).apps_connections_open(app_token=helper.bot_token)
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await AsyncWebClient(token="xoxb-nobody", base_url=slack.base_url).auth_test()
    secrets = {"client_id": helper.client_id, "client_secret": helper.client_secret}
    with pytest.raises(SlackApiError, match="invalid_code"):
        await AsyncWebClient(base_url=slack.base_url).api_call(
            "oauth.v2.access", params={**secrets, "code": "old"}
        )
    slack.faults.methods["auth.test"] = MethodFault(error="internal_error")
    with pytest.raises(SlackApiError, match="internal_error"):
        await client_of(slack, helper).auth_test()
    told_by = [call.app_id for call in slack.journal.calls]
    assert told_by == [slack.app.id, helper.id, helper.id, "", helper.id, helper.id]


async def test_the_page_is_told_whose_status_of_a_session_it_shows(slack: Playground) -> None:
    helper = slack.add_app("helper", channels=["#dev"])
    thread = await slack.person("ana").post("#dev", "who is at it?")
    place = {"channel_id": thread.channel, "thread_ts": thread.ts}
    for app, status in ((slack.app, "processing"), (helper, "suspended")):
        client = client_of(slack, app)
        await client.api_call("agents.sessions.setStatus", json={**place, "status": status})
    session = slack.workspace.sessions[(thread.channel, thread.ts)]
    assert session_record(session)["agents"] == [helper.user_id]


async def test_what_one_app_writes_the_other_hears_with_its_bot_profile(slack: Playground) -> None:
    helper = slack.add_app("helper", channels=["#dev"])
    await client_of(slack, helper).chat_postMessage(
        channel="C0DEV00002", text=f"<@{slack.app.user_id}> go"
    )
    assert told(slack, helper.id) == ["message"]
    assert told(slack, slack.app.id) == ["app_mention", "message"]
    [mention] = slack.journal.delivered("app_mention")
    assert mention.body["event"]["bot_profile"]["app_id"] == helper.id
    assert mention.body["authorizations"][0]["user_id"] == slack.app.user_id


async def test_an_app_hears_what_it_subscribed_to_and_has_a_scope_for(slack: Playground) -> None:
    choosy = slack.add_app("choosy", subscribed=["app_mention"], channels=["#dev"])
    weak = slack.add_app("weak", scopes=["app_mentions:read", "chat:write"], channels=["#dev"])
    ana = slack.person("ana")
    await ana.post("#dev", "@choosy and @weak")
    thread = await ana.post("#dev", "no name")
    await ana.react(thread, "eyes")
    assert told(slack, choosy.id) == ["app_mention"]
    assert told(slack, weak.id) == ["app_mention"]


async def test_a_click_goes_to_the_app_that_drew_the_button(slack: Playground) -> None:
    helper = slack.add_app("helper", channels=["#dev"])
    async with bolt_app(slack), bolt_app(slack, helper) as second:

        @second.action("go")
        async def go(ack: Any, respond: Any) -> None:
            await ack()
            await respond("gone", replace_original=False)

        ana = slack.person("ana")
        thread = await ana.post("#dev", "deploy")
        text = {"type": "plain_text", "text": "Go"}
        button = {"type": "button", "action_id": "go", "text": text}
        await client_of(slack, helper).chat_postMessage(
            channel=thread.channel,
            thread_ts=thread.ts,
            text="sure?",
            blocks=[{"type": "actions", "elements": [button]}],
        )
        assert await ana.click(thread, "Go")
        await slack.until(lambda: ana.whispers() == ["gone"])
        [click] = slack.journal.delivered("block_actions")
        assert click.body["token"] == helper.config.verification_token


async def test_of_two_equal_commands_the_app_installed_later_has_it(slack: Playground) -> None:
    helper = slack.add_app("helper")
    slack.register({"slash_commands": [{"command": "/deploy"}, {"command": "/undo"}]})
    helper.register({"slash_commands": [{"command": "/deploy"}]})
    async with bolt_app(slack) as first, bolt_app(slack, helper) as second:

        @first.command("/undo")
        async def undo(ack: Any) -> None:
            await ack("first")

        @second.command("/deploy")
        async def deploy(ack: Any) -> None:
            await ack("second")

        ana = slack.person("ana")
        assert await ana.command("/deploy")
        assert await ana.command("/undo")
        assert ana.whispers() == ["second", "first"]


async def test_what_belongs_to_one_app_the_other_cannot_use(slack: Playground) -> None:
    helper = slack.add_app("helper", channels=["#dev"])
    first, second = client_of(slack), client_of(slack, helper)
    ana = slack.person("ana")
    title = {"type": "plain_text", "text": "Mine"}
    view: Json = {"type": "modal", "title": title, "blocks": [{"type": "divider"}]}
    triggers = slack.local.interactivity.triggers
    trigger = triggers.give("1.2.abc", slack.app.id, ana.id, slack.clock())
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await second.views_open(trigger_id=trigger, view=view)
    opened: Any = await first.views_open(trigger_id=trigger, view=view)
    with pytest.raises(SlackApiError, match="not_found"):
        await second.views_update(view_id=opened["view"]["id"], view=view)
    posted: Any = await first.chat_postMessage(channel="C0DEV00002", text="mine")
    with pytest.raises(SlackApiError, match="cant_update_message"):
        await second.chat_update(channel="C0DEV00002", ts=posted["ts"], text="yours")


async def test_each_app_has_a_home_tab_of_its_own(slack: Playground) -> None:
    helper = slack.add_app("helper")
    ana = slack.person("ana")
    for app, words in ((slack.app, "first"), (helper, "second")):
        section = {"type": "section", "text": {"type": "mrkdwn", "text": words}}
        view = {"type": "home", "blocks": [section]}
        await client_of(slack, app).views_publish(user_id=ana.id, view=view)
    await ana.using(helper).open_home()
    [opened] = slack.journal.delivered("app_home_opened")
    assert opened.app_id == helper.id
    assert opened.body["event"]["view"]["blocks"][0]["text"]["text"] == "second"
    assert (ana.home() or {})["blocks"][0]["text"]["text"] == "first"
    assert await ana.using(helper).open_messages() != await ana.open_messages()


async def test_what_one_app_spent_of_its_limits_the_other_still_has() -> None:
    config = PlaygroundConfig(limits="strict")
    async with Playground(config, now=lambda: 1_800_000_000.0) as slack:
        first, second = client_of(slack), client_of(slack, slack.add_app("helper"))
        await first.users_list()
        with pytest.raises(SlackApiError, match="ratelimited"):
            await first.users_list()
        await second.users_list()


@asynccontextmanager
async def a_socket(
    slack: Playground, app: SlackApp
) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
    """A connection of an app that does nothing by itself, after its hello."""
    opened: Any = await client_of(slack).apps_connections_open(app_token=app.app_token)
    async with aiohttp.ClientSession() as http, http.ws_connect(opened["url"]) as ws:
        assert (await ws.receive_json())["connection_info"]["app_id"] == app.id
        yield ws


async def test_what_befalls_sockets_befalls_those_of_all_apps(slack: Playground) -> None:
    helper = slack.add_app("helper")
    async with a_socket(slack, slack.app) as first, a_socket(slack, helper) as second:
        await slack.befall("disconnect", reason="refresh_requested")
        for ws in (first, second):
            assert (await ws.receive_json())["reason"] == "refresh_requested"
        await slack.befall("drop_sockets")
        for ws in (first, second):
            assert (await ws.receive()).type == aiohttp.WSMsgType.CLOSED


async def test_one_app_is_put_out_and_another_stays(slack: Playground) -> None:
    helper = slack.add_app("helper", channels=["#dev"])
    await slack.befall("remove_app", channel="#dev", app=helper.id)
    assert told(slack, helper.id) == ["channel_left"]
    await slack.person("ana").post("#dev", "who is still there?")
    assert "message" not in told(slack, helper.id)
    assert "message" in told(slack, slack.app.id)


async def test_one_app_by_its_sockets_and_another_over_http(slack: Playground) -> None:
    helper = slack.add_app("helper", channels=["#dev"])
    async with bolt_app(slack), bolt_over_http(slack, helper) as second:

        @second.event("message")
        async def note() -> None: ...

        await slack.person("ana").post("#dev", "hello")
        deliveries = slack.journal.delivered("message")
        await slack.until(lambda: all(d.outcome == "acked" for d in deliveries))
        ways = {d.app_id: d.attempts[0].via.partition(" ")[0] for d in deliveries}
        assert ways[slack.app.id] == "socket"
        assert ways[helper.id].startswith("http://127.0.0.1")


async def test_no_sockets_for_an_app_that_is_told_over_http(slack: Playground) -> None:
    async with a_socket(slack, slack.app) as ws:
        await slack.app.deliver_to(RequestUrls(interactivity="http://127.0.0.1:9/"))
        assert (await ws.receive_json())["reason"] == "link_disabled"
    with pytest.raises(SlackApiError, match="forbidden_team"):
        await client_of(slack).apps_connections_open(app_token=slack.app_token)
    slack.app.use_socket_mode()
    await client_of(slack).apps_connections_open(app_token=slack.app_token)


async def test_apps_and_their_urls_are_kept(tmp_path: Path) -> None:
    config = PlaygroundConfig(state=tmp_path / "slack.json")
    async with Playground(config) as slack:
        helper = slack.add_app("helper", subscribed=["app_mention"], channels=["#dev"])
        helper.register({"slash_commands": [{"command": "/deploy"}]})
        await helper.deliver_to(RequestUrls(commands="http://127.0.0.1:9/"))
        await client_of(slack, helper).auth_test()
        apps = slack.workspace.apps
    async with Playground(config) as slack:
        assert slack.workspace.apps == apps
        assert slack.app.id != helper.id
        await slack.person("ana").using(helper).mention("#dev", "still there?")
        assert told(slack, helper.id) == ["app_mention"]


def test_a_workspace_kept_before_there_were_several_apps_is_read() -> None:
    slack = Playground()
    slack.register({"slash_commands": [{"command": "/deploy"}]})
    now: Json = json.loads(json.dumps(to_json(slack.workspace)))
    [app] = now["apps"]
    [install] = now["installs"]
    before = now | {
        "version": 1,
        "app_token": app["app_tokens"][0],
        "installs": [install | {"commands": app["commands"], "shortcuts": app["shortcuts"]}],
        "homes": {"U0ANA00001": {"type": "home"}},
    }
    del before["apps"]
    loaded = from_json(before)
    assert loaded.installs == slack.workspace.installs
    assert loaded.homes == {(app["id"], "U0ANA00001"): {"type": "home"}}
    [read] = loaded.apps.values()
    assert (read.app_tokens, read.commands) == (app["app_tokens"], app["commands"])
