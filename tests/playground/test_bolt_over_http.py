"""Bolt for Python behind its own web server and signature check, told everything over HTTP."""

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground
from bot.playground.model import Json
from bot.playground.slack_app import Unverified
from tests.playground.bolt import bolt_over_http, client_of, serving
from tests.playground.delivering import asleep, button, eventually, modal, settled


async def test_bolt_hears_a_mention_and_its_message_and_answers(slack: Playground) -> None:
    async with bolt_over_http(slack) as bolt:
        heard: list[str] = []

        @bolt.event("app_mention")
        async def greet(event: Json, say: Any) -> None:
            await say(f"Hello <@{event['user']}>", thread_ts=event["ts"])

        @bolt.event("message")
        async def note(event: Json) -> None:
            heard.append(event["text"])

        thread = await slack.person("ana").mention("#dev", "good morning")
        await thread.until(lambda t: "Hello" in t.text())
        await slack.until(lambda: len(heard) == 1)
        [mention] = slack.journal.delivered("app_mention")
        await slack.until(lambda: settled(slack, "app_mention"))
        assert (mention.outcome, mention.attempts[0].status) == ("acked", 200)
        assert mention.attempts[0].via.endswith("/slack/events")


async def test_an_event_comes_again_after_an_error(slack: Playground) -> None:
    async with bolt_over_http(slack) as bolt:
        seen: list[tuple[str, str]] = []

        @bolt.middleware
        async def fail_twice(req: Any, resp: Any, next: Any) -> Any:
            number = req.headers.get("x-slack-retry-num", ["0"])[0]
            seen.append((number, req.headers.get("x-slack-retry-reason", [""])[0]))
            if len(seen) < 3:
                resp.status = 500
                return resp
            return await next()

        @bolt.event("message")
        async def note() -> None: ...

        await slack.person("ana").post("#dev", "hello")
        await slack.until(lambda: settled(slack, "message"))
        assert seen == [("0", ""), ("1", "http_error"), ("2", "http_error")]
        [delivery] = slack.journal.delivered("message")
        assert [attempt.status for attempt in delivery.attempts] == [500, 500, 200]
        assert delivery.outcome == "acked"


async def test_an_event_comes_again_when_bolt_does_not_answer_in_time(driven: Playground) -> None:
    async with bolt_over_http(driven) as bolt:
        reasons: list[str] = []
        late = asyncio.Event()

        @bolt.middleware
        async def be_slow_once(req: Any, next: Any) -> Any:
            reasons.append(req.headers.get("x-slack-retry-reason", [""])[0])
            if len(reasons) == 1:
                await late.wait()
            return await next()

        @bolt.event("message")
        async def note() -> None: ...

        await driven.person("ana").post("#dev", "hello")
        await eventually(lambda: len(reasons) == 1 and asleep(driven, 3))
        driven.clock.advance(3)
        await driven.until(lambda: settled(driven, "message"))
        late.set()
        assert reasons == ["", "http_timeout"]
        assert driven.journal.delivered("message")[0].outcome == "acked"


async def test_bolt_refuses_a_signature_of_another_secret(slack: Playground) -> None:
    async with bolt_over_http(slack) as bolt:
        slack.app.config.signing_secret = "0" * 32

        @bolt.event("message")
        async def note() -> None:
            raise AssertionError("what is not signed by Slack must not be heard")

        await slack.person("ana").post("#dev", "hello")
        await slack.until(lambda: settled(slack, "message"))
        [delivery] = slack.journal.delivered("message")
        assert [attempt.status for attempt in delivery.attempts] == [401] * 4
        assert delivery.outcome == "given_up"


async def test_bolt_with_another_secret_does_not_take_the_challenge(slack: Playground) -> None:
    bolt = AsyncApp(client=client_of(slack), signing_secret="0" * 32)
    async with serving(bolt.server(host="127.0.0.1").web_app) as base:
        with pytest.raises(Unverified, match="401"):
            await slack.app.deliver_to(f"{base}/slack/events")
    assert slack.app.config.request_urls is None


async def test_a_button_opens_a_modal_whose_submission_is_first_refused(slack: Playground) -> None:
    async with bolt_over_http(slack) as bolt:

        @bolt.event("message")
        async def note() -> None: ...

        @bolt.action("go")
        async def go(ack: Any, body: Json, client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=modal())

        @bolt.view("deny")
        async def deny(ack: Any, view: Json) -> None:
            given = view["state"]["values"]["reason"]["why"]["value"]
            if len(given) < 4:
                await ack(response_action="errors", errors={"reason": "Say more."})
            else:
                await ack()

        ana = slack.person("ana")
        thread = await ana.post("#dev", "deploy")
        client = client_of(slack)
        await client.chat_postMessage(
            channel=thread.channel,
            thread_ts=thread.ts,
            text="sure?",
            blocks=[{"type": "actions", "elements": [button("go")]}],
        )
        assert await ana.click(thread, "Go")
        await ana.fill_modal({"Reason": "no"})
        assert await ana.submit() == {"Reason": "Say more."}
        await ana.fill_modal({"Reason": "too risky"})
        assert await ana.submit() == {}
        assert ana.modal() is None


async def test_a_submission_may_update_push_or_clear(slack: Playground) -> None:
    async with bolt_over_http(slack) as bolt:

        @bolt.view("deny")
        async def deny(ack: Any, view: Json) -> None:
            action = view["state"]["values"]["reason"]["why"]["value"]
            if action == "clear":
                await ack(response_action="clear")
            else:
                title = {"type": "plain_text", "text": action}
                await ack(response_action=action, view=modal() | {"title": title})

        ana = slack.person("ana")
        triggers = slack.local.interactivity.triggers
        trigger = triggers.give("1.2.abc", slack.app.id, ana.id, slack.clock())
        await client_of(slack).views_open(trigger_id=trigger, view=modal())
        for action, depth in (("update", 1), ("push", 2)):
            await ana.fill_modal({"Reason": action})
            assert await ana.submit() == {}
            assert (await ana.until_modal(action)).title == action
            assert len(slack.local.interactivity.screens.stacks[ana.id]) == depth
        await ana.fill_modal({"Reason": "clear"})
        assert await ana.submit() == {}
        assert ana.modal() is None


async def test_options_are_loaded_and_a_command_and_shortcuts_are_taken(slack: Playground) -> None:
    slack.register(
        {
            "slash_commands": [{"command": word} for word in ("/deploy", "/shout", "/quiet")],
            "shortcuts": [
                {"name": "Begin", "type": "global", "callback_id": "begin"},
                {"name": "Quote", "type": "message", "callback_id": "quote"},
            ],
        }
    )
    async with bolt_over_http(slack) as bolt:
        used: list[str] = []

        @bolt.event("message")
        async def note() -> None: ...

        @bolt.options("where")
        async def where(ack: Any) -> None:
            one = {"text": {"type": "plain_text", "text": "Berlin"}, "value": "ber"}
            await ack(options=[one])

        @bolt.command("/deploy")
        async def deploy(ack: Any, command: Json) -> None:
            await ack(f"deploying {command['text']}")

        @bolt.command("/shout")
        async def shout(ack: Any) -> None:
            await ack(text="everybody!", response_type="in_channel")

        @bolt.command("/quiet")
        async def quiet(ack: Any) -> None:
            await ack()

        @bolt.shortcut("begin")
        async def begin(ack: Any, shortcut: Json) -> None:
            await ack()
            used.append(shortcut["type"])

        @bolt.shortcut("quote")
        async def quote(ack: Any, shortcut: Json) -> None:
            await ack()
            used.append(shortcut["message"]["text"])

        ana = slack.person("ana")
        thread = await ana.post("#dev", "deploy")
        menu = {
            "type": "external_select",
            "action_id": "where",
            "min_query_length": 0,
            "placeholder": {"type": "plain_text", "text": "Where"},
        }
        client = client_of(slack)
        await client.chat_postMessage(
            channel=thread.channel,
            thread_ts=thread.ts,
            text="where?",
            blocks=[{"type": "actions", "elements": [menu]}],
        )
        assert await ana.options(thread, "Where", "ber") == ["Berlin"]
        assert await ana.command("/deploy it", "#dev")
        assert ana.whispers() == ["deploying it"]
        assert await ana.command("/shout", "#dev")
        shouted = list(slack.workspace.messages[thread.channel].values())[-1]
        assert (shouted.text, shouted.bot_id) == ("everybody!", slack.app.install.bot_id)
        assert await ana.command("/quiet", "#dev")
        assert ana.whispers() == ["deploying it"]
        assert await ana.shortcut("Begin")
        assert await ana.shortcut("Quote", on=thread)
        assert used == ["shortcut", "deploy"]
