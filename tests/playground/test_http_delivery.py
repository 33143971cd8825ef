"""Signed HTTP delivery on the wire, with bare servers on loopback where Bolt is too kind. Time is
driven, never waited for."""

import asyncio
import json

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bot.playground import Playground, PlaygroundConfig, serve
from bot.playground.http_delivery import BadUrl, require_deliverable
from bot.playground.model import RequestUrls
from bot.playground.slack_app import Unverified
from tests.playground.bolt import client_of, serving
from tests.playground.delivering import (
    acked,
    asleep,
    bare,
    button,
    empty,
    eventually,
    modal,
    settled,
)
from tests.ports import quiet_port


async def test_requests_are_signed_and_in_slacks_own_forms(slack: Playground) -> None:
    slack.register({"slash_commands": [{"command": "/deploy"}]})
    async with bare(slack, empty) as server:
        ana = slack.person("ana")
        await ana.post("#dev", "hello ünicode")
        await slack.until(lambda: settled(slack, "message"))
        assert await ana.command("/deploy a&b=c", "#dev")
        verifier = SignatureVerifier(slack.app.signing_secret)
        for request, body in server.requests:
            assert verifier.is_valid_request(body, dict(request.headers))
            assert not verifier.is_valid_request(body + b" ", dict(request.headers))
        (event, event_body), (command, command_body) = server.requests
        assert event.content_type == "application/json"
        assert json.loads(event_body)["token"] == slack.app.config.verification_token
        assert "X-Slack-Retry-Num" not in event.headers
        assert command.content_type == "application/x-www-form-urlencoded"
        assert b"text=a%26b%3Dc" in command_body


async def test_a_timeout_is_retried_at_once_then_after_one_and_five_minutes(
    driven: Playground,
) -> None:
    answered = asyncio.Event()

    async def hang(request: web.Request, body: bytes) -> web.Response:
        await answered.wait()
        return web.Response()

    async with bare(driven, hang) as server:
        await driven.person("ana").post("#dev", "hello")
        for number, wait in enumerate((0, 60, 300), start=1):
            await eventually(lambda number=number: len(server.requests) == number)
            await eventually(lambda: asleep(driven, 3))
            driven.clock.advance(3)
            if wait:
                await eventually(lambda wait=wait: asleep(driven, wait))
                assert len(server.requests) == number
                driven.clock.advance(wait)
        await eventually(lambda: len(server.requests) == 4)
        answered.set()
        await driven.until(lambda: settled(driven, "message"))
        assert server.headers("X-Slack-Retry-Num") == [None, "1", "2", "3"]
        assert server.headers("X-Slack-Retry-Reason") == [None, *["http_timeout"] * 3]
        assert len({json.loads(body)["event_id"] for _, body in server.requests}) == 1
        [delivery] = driven.journal.delivered("message")
        failures = [attempt.failure for attempt in delivery.attempts]
        assert failures == ["http_timeout"] * 3 + [None]


async def test_an_app_may_ask_for_no_retry(slack: Playground) -> None:
    async def refuse(request: web.Request, body: bytes) -> web.Response:
        return web.Response(status=503, headers={"X-Slack-No-Retry": "1"})

    async with bare(slack, refuse) as server:
        await slack.person("ana").post("#dev", "hello")
        await slack.until(lambda: settled(slack, "message"))
        assert len(server.requests) == 1
        assert slack.journal.delivered("message")[0].outcome == "given_up"


async def test_an_app_that_is_down_is_tried_again(slack: Playground) -> None:
    url = f"http://127.0.0.1:{quiet_port()}/"
    slack.app.config.request_urls = RequestUrls(events=url)
    await slack.person("ana").post("#dev", "hello")
    await slack.until(lambda: settled(slack, "message"))
    [delivery] = slack.journal.delivered("message")
    assert [attempt.failure for attempt in delivery.attempts] == ["connection_failed"] * 4


async def test_https_without_a_certificate_is_an_error_of_its_own(slack: Playground) -> None:
    async with bare(slack, empty) as server:
        url = server.url.replace("http:", "https:")
        slack.app.config.request_urls = RequestUrls(events=url)
        await slack.person("ana").post("#dev", "hello")
        await slack.until(lambda: settled(slack, "message"))
        [delivery] = slack.journal.delivered("message")
        assert [attempt.failure for attempt in delivery.attempts] == ["ssl_error"] * 4


async def test_a_person_presses_again_until_the_app_is_back(slack: Playground) -> None:
    async def fail_first(request: web.Request, body: bytes) -> web.Response:
        return web.Response(status=200 if len(server.requests) > 2 else 500)

    client, ana = client_of(slack), slack.person("ana")
    thread = await ana.post("#dev", "deploy")
    blocks = [{"type": "actions", "elements": [button("go")]}]
    await client.chat_postMessage(
        channel=thread.channel, thread_ts=thread.ts, text="sure?", blocks=blocks
    )
    async with bare(slack, fail_first) as server:
        assert await ana.click(thread, "Go", until_acked=True)
        assert len(server.requests) == 3


@pytest.mark.parametrize(("hops", "outcome"), [(2, "acked"), (3, "given_up")])
async def test_two_redirects_are_followed_and_no_third(
    slack: Playground, hops: int, outcome: str
) -> None:
    async def redirect(request: web.Request, body: bytes) -> web.Response:
        hop = int(request.query.get("hop", "0"))
        if hop == hops:
            return web.Response()
        return web.Response(status=302, headers={"Location": f"/?hop={hop + 1}"})

    async with bare(slack, redirect):
        await slack.person("ana").post("#dev", "hello")
        await slack.until(lambda: settled(slack, "message"))
        [delivery] = slack.journal.delivered("message")
        assert delivery.outcome == outcome
        expected = [None] if hops == 2 else ["too_many_redirects"] * 4
        assert [attempt.failure for attempt in delivery.attempts] == expected


async def test_no_redirect_leads_off_this_machine(slack: Playground) -> None:
    async def redirect(request: web.Request, body: bytes) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://example.com/"})

    async with bare(slack, redirect) as server:
        await slack.person("ana").post("#dev", "hello")
        await slack.until(lambda: settled(slack, "message"))
        assert slack.journal.delivered("message")[0].outcome == "given_up"
        assert len(server.requests) == 4


async def test_events_are_doubled_and_overtaken_over_http_too(slack: Playground) -> None:
    slack.faults.duplicate_events = 1
    slack.faults.event_delays = [60.0, 0.0]
    async with bare(slack, empty) as server:
        await slack.person("ana").post("#dev", "first")
        await slack.person("ana").post("#dev", "second")
        await slack.until(lambda: acked(slack, "message") == 2)
        slack.clock.advance(60)
        await slack.until(lambda: settled(slack, "message"))
        texts = [json.loads(body)["event"]["text"] for _, body in server.requests]
        assert texts == ["second", "second", "first", "first"]


@pytest.mark.parametrize(
    ("status", "trouble"), [(500, "http_service_error"), (404, "http_service_error")]
)
async def test_a_command_that_failed_says_how(slack: Playground, status: int, trouble: str) -> None:
    async def fail(request: web.Request, body: bytes) -> web.Response:
        return web.Response(status=status)

    slack.register({"slash_commands": [{"command": "/deploy"}]})
    async with bare(slack, fail):
        act = {"as": slack.person("ana").id, "do": "command", "channel": "C0DEV00002"}
        done = await slack.local.act({**act, "text": "/deploy"})
        assert (done["acked"], done["trouble"]) == (False, trouble)
        [breach] = slack.invariants()
        assert breach.rule == "every interaction is acked in time"
    done = await slack.local.act({**act, "text": "/deploy"})
    assert done["trouble"] == "dispatch_failed"


async def test_an_answer_to_a_submission_that_is_no_json_is_trouble(slack: Playground) -> None:
    async def say_ok(request: web.Request, body: bytes) -> web.Response:
        return web.Response(text="ok")

    client = client_of(slack)
    async with bare(slack, say_ok):
        ana = slack.person("ana")
        triggers = slack.local.interactivity.triggers
        trigger = triggers.give("1.2.abc", slack.app.id, ana.id, slack.clock())
        await client.views_open(trigger_id=trigger, view=modal())
        await ana.fill_modal({"Reason": "because"})
        done = await slack.local.act({"as": ana.id, "do": "submit"})
        assert done["trouble"] == "invalid_arguments"
    assert len(slack.journal.misuses) == 1
    slack.journal.misuses.clear()


# ---- where to


async def test_each_kind_goes_to_its_own_url(slack: Playground) -> None:
    paths: list[str] = []

    async def note(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response()

    application = web.Application()
    application.router.add_post("/{kind}", note)
    async with serving(application) as base:
        slack.register(
            {
                "slash_commands": [
                    {"command": "/own", "url": f"{base}/own"},
                    {"command": "/any", "url": "https://example.com/slack"},
                ],
                "shortcuts": [{"name": "Begin", "type": "global", "callback_id": "begin"}],
            }
        )
        await slack.app.deliver_to(
            RequestUrls(interactivity=f"{base}/interactivity", commands=f"{base}/commands")
        )
        ana = slack.person("ana")
        assert await ana.command("/own", "#dev")
        assert await ana.command("/any", "#dev")
        assert await ana.shortcut("Begin")
        assert paths == ["/own", "/commands", "/interactivity"]
        await ana.post("#dev", "nobody wants to hear this")
        assert [d.outcome for d in slack.journal.delivered("message")] == ["pending"]
        await slack.until(lambda: settled(slack, "message"))
        assert slack.journal.delivered("message")[0].outcome == "lost"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/slack/events",
        "http://10.0.0.1/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1@example.com/",
        "http://127.0.0.1:80@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com#@127.0.0.1/",
        "http://example.com?@127.0.0.1/",
        "http://0x7f.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "//127.0.0.1/",
        "http://127.0.0.1:port/",
        "",
    ],
)
def test_nothing_is_delivered_off_this_machine(url: str) -> None:
    with pytest.raises(BadUrl):
        require_deliverable(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:3000/slack/events", "http://[::1]:3000/", "https://localhost/"]
)
def test_this_machine_is_delivered_to(url: str) -> None:
    require_deliverable(url)


def test_another_host_is_delivered_to_once_it_is_named() -> None:
    require_deliverable("http://bot:3000/", {"bot"})


async def test_an_url_that_answers_something_else_is_not_set(slack: Playground) -> None:
    application = web.Application()

    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    application.router.add_post("/", hello)
    async with serving(application) as base:
        with pytest.raises(Unverified, match="challenge"):
            await slack.app.deliver_to(f"{base}/")
    with pytest.raises(Unverified, match="nobody"):
        await slack.app.deliver_to("http://127.0.0.1:9/")
    with pytest.raises(BadUrl):
        await slack.app.deliver_to("https://example.com/")
    assert slack.app.config.request_urls is None
    assert [d.outcome for d in slack.journal.deliveries] == ["acked"]


async def test_a_served_slack_asks_until_the_challenge_is_taken_and_says_why_not() -> None:
    asked: list[str] = []

    async def take(request: web.Request) -> web.Response:
        challenge = (await request.json())["challenge"]
        asked.append(challenge)
        return web.Response(text=challenge) if len(asked) > 2 else web.Response(status=401)

    application = web.Application()
    application.router.add_post("/", take)
    said: list[str] = []
    async with serving(application) as base:
        url = f"{base}/"
        slack = serve(PlaygroundConfig(), None, {}, lambda _: None, url, said.append)
        serves = asyncio.create_task(slack)
        await eventually(lambda: len(said) == 2)
        serves.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serves
    assert said == [f"{url} did not take the challenge: 401", f"Delivering to {url}"]


@pytest.mark.parametrize("form", ["json", "form"])
async def test_the_challenge_may_come_back_as_json_or_as_a_form(
    slack: Playground, form: str
) -> None:
    async def take(request: web.Request) -> web.Response:
        challenge = (await request.json())["challenge"]
        if form == "json":
            return web.json_response({"challenge": challenge})
        return web.Response(text=f"challenge={challenge}")

    application = web.Application()
    application.router.add_post("/", take)
    async with serving(application) as base:
        await slack.app.deliver_to(f"{base}/")
    assert slack.app.config.request_urls is not None
