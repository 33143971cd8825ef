"""Slash commands, shortcuts and response_url, with Bolt's own `ack` and `respond`."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.playground import Misused, Person, Playground, Refused, Thread
from bot.playground.model import Json
from bot.playground.response_urls import USES
from tests.playground.bolt import always_answering, bolt_app

Client = Any

FEATURES = {
    "slash_commands": [
        {"command": "/deploy", "description": "Deploy it", "should_escape": True},
        {"command": "/raw", "description": "As it is typed"},
    ],
    "shortcuts": [
        {"name": "New session", "type": "global", "callback_id": "new"},
        {"name": "Stop this session", "type": "message", "callback_id": "stop"},
    ],
}
GO = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
BLOCKS = [{"type": "actions", "elements": [GO]}]


@pytest.fixture
async def app(slack: Playground) -> AsyncIterator[AsyncApp]:
    slack.register(FEATURES)
    async with bolt_app(slack) as app:
        yield app


@pytest.fixture
def ana(slack: Playground) -> Person:
    return slack.person("ana")


@pytest.fixture
async def thread(ana: Person) -> Thread:
    return await ana.message_bot("hello")


@pytest.fixture
async def asked(client: Client, thread: Thread) -> Thread:
    """A thread in which the app posted a button."""
    await client.chat_postMessage(
        channel=thread.channel, thread_ts=thread.ts, text="go?", blocks=BLOCKS
    )
    return thread


def responds(app: AsyncApp, *responses: Json) -> list[Json]:
    """Let the app answer a press by `respond`, once for each of `responses`; the bodies heard."""
    heard: list[Json] = []

    async def listener(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        heard.append(body)
        for response in responses:
            answer = await respond(**response)
            heard.append({"status": answer.status_code, "body": answer.body})
        await ack()

    app.action("go")(listener)
    return heard


# ---- commands


async def test_a_command_is_told_and_its_ack_is_shown(
    slack: Playground, app: AsyncApp, ana: Person
) -> None:
    heard: list[Json] = []

    async def listener(ack: AsyncAck, command: Json) -> None:
        heard.append(command)
        await ack("Deploying.")

    app.command("/deploy")(listener)
    assert await ana.command("/deploy @ben  to #dev", "#ops")
    assert ana.whispers() == ["Deploying."]
    assert slack.person("ben").whispers() == []
    [told] = heard
    assert told["text"] == "<@U0BEN00002|ben>  to <#C0DEV00002|dev>"
    assert (told["command"], told["channel_name"]) == ("/deploy", "privategroup")
    assert (told["user_id"], told["team_domain"]) == (ana.id, "threadline-playground")
    assert "thread_ts" not in told


async def test_a_command_may_speak_in_the_channel_later(
    slack: Playground, app: AsyncApp, ana: Person
) -> None:
    """The app need not be in the channel."""
    heard: list[Json] = []

    async def listener(ack: AsyncAck, respond: AsyncRespond, command: Json) -> None:
        heard.append(command)
        await ack()
        await respond("For all to see.", response_type="in_channel")

    app.command("/raw")(listener)
    assert await ana.command("/raw @ben", "#ops")
    assert heard[0]["text"] == "@ben"
    await slack.until(lambda: slack.workspace.messages.get("G0OPS00003"))
    [message] = slack.workspace.messages["G0OPS00003"].values()
    assert (message.text, message.user) == ("For all to see.", "U0THREADLN")


async def test_commands_do_not_work_in_threads_nor_by_another_name(
    slack: Playground, app: AsyncApp, ana: Person, thread: Thread
) -> None:
    with pytest.raises(Refused, match="not supported in threads"):
        await ana.command("/deploy", thread)
    with pytest.raises(Refused, match="no such command"):
        await ana.command("/destroy")
    with pytest.raises(Refused, match="channel_not_found"):
        await slack.person("cho").command("/deploy", "#ops")


async def test_an_ack_slack_cannot_show_fails_the_test() -> None:
    with pytest.raises(Misused, match="/deploy: invalid_blocks"):
        async with Playground() as slack:
            slack.register(FEATURES)
            async with always_answering(slack, {"blocks": [{"type": "sction"}]}):
                assert not await slack.person("ana").command("/deploy")


# ---- shortcuts


async def test_a_global_shortcut_opens_a_modal(
    slack: Playground, app: AsyncApp, ana: Person
) -> None:
    heard: list[Json] = []
    view = {"type": "modal", "title": {"type": "plain_text", "text": "New"}, "blocks": []}

    async def listener(ack: AsyncAck, body: Json, client: Client) -> None:
        heard.append(body)
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    app.shortcut("new")(listener)
    assert await ana.shortcut("New session")
    assert (await ana.until_modal("New")).view["callback_id"] == ""
    assert not {"channel", "response_url"} & heard[0].keys()


async def test_a_message_shortcut_works_inside_a_thread(
    app: AsyncApp, ana: Person, asked: Thread
) -> None:
    heard: list[Json] = []

    async def listener(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        heard.append(body)
        await respond("Stopped.", thread_ts=body["message"]["thread_ts"])
        await ack()

    app.shortcut("stop")(listener)
    reply = asked.messages()[1]
    assert await ana.shortcut("stop", type(asked)(asked.slack, reply.channel, reply.ts))
    [told] = heard
    assert (told["type"], told["message_ts"]) == ("message_action", reply.ts)
    assert (told["message"]["text"], told["message"]["thread_ts"]) == ("go?", asked.ts)
    assert ana.whispers() == ["Stopped."]
    with pytest.raises(Refused, match="no such shortcut"):
        await ana.shortcut("Stop this session")


# ---- response_url


async def test_a_press_can_be_answered_beside_the_message(
    app: AsyncApp, ana: Person, asked: Thread
) -> None:
    heard = responds(
        app,
        {"text": "only you"},
        {"text": "all", "response_type": "in_channel", "thread_ts": asked.ts},
    )
    assert await ana.click(asked, "Go")
    assert ana.whispers() == ["only you"]
    assert asked.text() == "hello\n\nall"
    assert heard[1] == {"status": 200, "body": "ok"}


async def test_the_message_itself_can_be_replaced_and_deleted(
    app: AsyncApp, ana: Person, asked: Thread
) -> None:
    heard = responds(app, {"text": "went", "replace_original": True})
    await ana.click(asked, "Go")
    assert (asked.text(), asked.buttons()) == ("hello\nwent", [])
    url = AsyncWebhookClient(heard[0]["response_url"])
    assert (await url.send_dict({"delete_original": True})).body == "ok"
    assert asked.text() == "hello"
    assert (await url.send_dict({"delete_original": True})).status_code == 400


async def test_an_ephemeral_message_changes_only_by_its_response_url(
    app: AsyncApp, client: Client, ana: Person, thread: Thread
) -> None:
    await ana.reply(thread, "well?")
    await client.chat_postEphemeral(
        channel=thread.channel, user=ana.id, thread_ts=thread.ts, text="psst", blocks=BLOCKS
    )
    heard = responds(app, {"text": "went", "replace_original": True})
    assert await ana.click(thread, "Go")
    assert ana.whispers() == ["went"]
    assert "message" not in heard[0]
    assert heard[0]["container"]["is_ephemeral"] is True
    url = heard[0]["response_url"]
    gone = await AsyncWebhookClient(url).send_dict({"delete_original": True})
    assert (gone.status_code, ana.whispers()) == (200, [])


async def test_a_response_url_is_good_five_times_in_half_an_hour(
    slack: Playground, app: AsyncApp, ana: Person, asked: Thread
) -> None:
    heard = responds(app, *[{"text": "again"}] * (USES + 1))
    await ana.click(asked, "Go")
    assert [answer["status"] for answer in heard[1:]] == [200] * USES + [404]
    assert '"used_url"' in heard[-1]["body"]
    await ana.click(asked, "Go")
    slack.clock.advance(30 * 60 + 1)
    late = AsyncWebhookClient(heard[USES + 2]["response_url"])
    assert '"expired_url"' in (await late.send(text="late")).body
    assert '"invalid_url"' in (await AsyncWebhookClient(late.url + "x").send(text="x")).body
    assert [call.error for call in slack.journal.called("response_url")][-2:] == [
        "expired_url",
        "invalid_url",
    ]


async def test_what_was_given_out_days_ago_is_forgotten(
    slack: Playground, ana: Person, asked: Thread
) -> None:
    """A playground runs for days: nothing it keeps may only grow."""
    for _ in range(3):
        await ana.click(asked, "Go")
        slack.clock.advance(25 * 3600)
    await ana.click(asked, "Go")
    interactivity = slack.local.interactivity
    assert len(interactivity.triggers.given) == 1
    assert len(interactivity.response_urls.occasions) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "no_text"),
        ({"text": "x", "blocks": [{"type": "sction"}]}, "invalid_blocks"),
        ({"text": "x", "response_type": "loud"}, "invalid_arguments"),
        ({"replace_original": True}, "no_text"),
    ],
    ids=str,
)
async def test_what_cannot_be_shown_is_refused(
    app: AsyncApp, ana: Person, asked: Thread, body: Json, error: str
) -> None:
    heard = responds(app)
    await ana.click(asked, "Go")
    url = heard[0]["response_url"]
    async with aiohttp.ClientSession() as http, http.post(url, json=body) as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, error)


async def test_choices_in_a_message_are_sent_with_its_button(
    app: AsyncApp, client: Client, ana: Person, thread: Thread
) -> None:
    menu = {
        "type": "static_select",
        "action_id": "pick",
        "options": [{"text": GO["text"], "value": value} for value in ("a", "b")],
    }
    blocks = [{"type": "actions", "block_id": "row", "elements": [menu, GO]}]
    await client.chat_postMessage(
        channel=thread.channel, thread_ts=thread.ts, text="?", blocks=blocks
    )
    heard = responds(app)

    async def noted(ack: AsyncAck) -> None:
        await ack()

    app.action("pick")(noted)
    assert await ana.select(thread, "pick", "b")
    assert await ana.click(thread, "go")
    state = heard[0]["state"]["values"]
    assert state["row"]["pick"]["selected_option"]["value"] == "b"
