"""Socket Mode with the real client of slack_sdk, and with a bare WebSocket where it is too kind."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground
from bot.playground.delivery import ACK_DEADLINE
from bot.playground.journal import Delivery
from bot.playground.socket_mode import DEBUG_LIFETIME, LIFETIME, MAX_SOCKETS, NOTICE, Socket
from tests.playground.bolt import NEVER
from tests.playground.delivering import acked, asleep, eventually
from tests.waiting import PATIENCE


class Listener:
    """A Socket Mode client that notes each envelope and acks those it is told to."""

    def __init__(self, slack: Playground) -> None:
        web = AsyncWebClient(base_url=slack.base_url)
        self.client = SocketModeClient(slack.app_token, web_client=web, ping_interval=NEVER)
        self.envelopes: list[SocketModeRequest] = []
        self.deaf_for = 0
        self.client.socket_mode_request_listeners.append(self.take)

    async def take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.envelopes.append(request)
        if self.deaf_for > 0:
            self.deaf_for -= 1
            return
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))


@asynccontextmanager
async def listening(slack: Playground) -> AsyncGenerator[Listener]:
    listener = Listener(slack)
    await listener.client.connect()
    yield listener
    await listener.client.close()


@pytest.fixture
async def listener(slack: Playground) -> AsyncIterator[Listener]:
    async with listening(slack) as listener:
        yield listener


async def let_expire(slack: Playground, listener: Listener, number: int) -> None:
    """Let the time for the ack of the `number`th envelope pass."""
    await eventually(lambda: len(listener.envelopes) == number and asleep(slack, ACK_DEADLINE))
    slack.clock.advance(ACK_DEADLINE)


async def let_pass(slack: Playground, seconds: float) -> None:
    """Let a wait that long begin, and end."""
    await eventually(lambda: asleep(slack, seconds))
    slack.clock.advance(seconds)


def settled(slack: Playground, count: int) -> bool:
    deliveries = slack.journal.deliveries
    return len(deliveries) == count and all(d.outcome != "pending" for d in deliveries)


async def link(slack: Playground) -> str:
    web = AsyncWebClient(base_url=slack.base_url)
    answer: Any = await web.apps_connections_open(app_token=slack.app_token)
    return answer["url"]


async def test_a_mention_is_two_events_of_one_message(
    slack: Playground, listener: Listener
) -> None:
    await slack.person("ana").mention("#dev", "hello")
    await slack.until(lambda: settled(slack, 2))
    bodies = [envelope.payload for envelope in listener.envelopes]
    assert {body["event"]["type"] for body in bodies} == {"app_mention", "message"}
    assert len({body["event"]["ts"] for body in bodies}) == 1
    assert len({body["event_id"] for body in bodies}) == 2
    assert bodies[0]["authorizations"][0]["user_id"] == "U0THREADLN"


async def test_an_unacked_event_comes_again_in_a_new_envelope(driven: Playground) -> None:
    async with listening(driven) as listener:
        listener.deaf_for = 2
        await driven.person("ana").post("#dev", "hello")
        for number in (1, 2):
            await let_expire(driven, listener, number)
        await let_pass(driven, 60)
        await driven.until(lambda: settled(driven, 1))
    assert [e.retry_attempt for e in listener.envelopes] == [0, 1, 2]
    assert [e.retry_reason for e in listener.envelopes] == ["", "timeout", "timeout"]
    assert len({e.envelope_id for e in listener.envelopes}) == 3
    assert len({e.payload["event_id"] for e in listener.envelopes}) == 1
    [delivery] = driven.journal.deliveries
    assert [attempt.acked_after is not None for attempt in delivery.attempts] == [
        False,
        False,
        True,
    ]


async def test_after_three_retries_an_event_is_given_up(driven: Playground) -> None:
    async with listening(driven) as listener:
        listener.deaf_for = 9
        await driven.person("ana").post("#dev", "hello")
        for number, wait in enumerate((0, 60, 300), start=1):
            await let_expire(driven, listener, number)
            if wait:
                await let_pass(driven, wait)
        await let_expire(driven, listener, 4)
        await driven.until(lambda: settled(driven, 1))
    assert driven.journal.deliveries[0].outcome == "given_up"
    assert len(listener.envelopes) == 4


async def test_a_socket_that_dies_with_an_event_does_not_lose_it(driven: Playground) -> None:
    slack = driven
    async with aiohttp.ClientSession() as http:
        ws = await http.ws_connect(await link(slack))
        await ws.receive_json()
        await slack.person("ana").post("#dev", "hello")
        first = await ws.receive_json()
        await ws.close()
        await slack.until(lambda: not slack.local.socket_mode.sockets)
        ws = await http.ws_connect(await link(slack))
        await ws.receive_json()
        await let_pass(slack, 60)
        second = await ws.receive_json()
        await ws.send_json({"envelope_id": second["envelope_id"]})
        await slack.until(lambda: settled(slack, 1))
        assert second["payload"]["event_id"] == first["payload"]["event_id"]


async def test_an_event_without_a_socket_is_lost_and_noted(slack: Playground) -> None:
    await slack.person("ana").post("#dev", "anybody?")
    await slack.until(lambda: settled(slack, 1))
    assert slack.journal.deliveries[0].outcome == "lost"


async def test_a_click_is_never_redelivered(slack: Playground, listener: Listener) -> None:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
    ana = slack.person("ana")
    thread = await ana.post("#dev", "hello")
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
    blocks = [{"type": "actions", "elements": [button]}]
    await client.chat_postMessage(
        channel=thread.channel, thread_ts=thread.ts, text="go?", blocks=blocks
    )
    await slack.until(lambda: settled(slack, 2))
    listener.envelopes.clear()
    listener.deaf_for = 1
    clicking = asyncio.create_task(ana.click(thread, "go"))
    await let_expire(slack, listener, 1)
    assert await clicking is False
    assert [envelope.type for envelope in listener.envelopes] == ["interactive"]
    assert await ana.click(thread, "Go")
    payload = listener.envelopes[-1].payload
    assert payload["actions"][0]["action_id"] == "go"
    assert payload["container"]["thread_ts"] == thread.ts
    assert payload["message"]["text"] == "go?"


async def test_each_event_goes_to_one_of_the_sockets_in_turn(slack: Playground) -> None:
    listeners = [Listener(slack), Listener(slack)]
    for listener in listeners:
        await listener.client.connect()
    for i in range(4):
        await slack.person("ana").post("#dev", f"number {i}")
    await slack.until(lambda: settled(slack, 4))
    assert [len(listener.envelopes) for listener in listeners] == [2, 2]
    for listener in listeners:
        await listener.client.close()


async def test_events_can_be_doubled_and_overtaken(slack: Playground, listener: Listener) -> None:
    slack.faults.duplicate_events = 2
    slack.faults.event_delays = [60.0, 0.0]
    ana = slack.person("ana")
    await ana.post("#dev", "first")
    await ana.post("#dev", "second")
    await slack.until(lambda: acked(slack, "message") == 3)
    slack.clock.advance(60)
    await slack.until(lambda: settled(slack, 6))
    texts = [envelope.payload["event"]["text"] for envelope in listener.envelopes]
    assert texts == ["second"] * 3 + ["first"] * 3
    assert len({envelope.payload["event_id"] for envelope in listener.envelopes}) == 2
    assert len({envelope.envelope_id for envelope in listener.envelopes}) == 6


def moved(slack: Playground, before: Socket) -> bool:
    """Whether there is another socket instead."""
    sockets = slack.local.socket_mode.sockets
    return bool(sockets) and before not in sockets


async def test_the_client_moves_to_a_new_link_when_told(
    slack: Playground, listener: Listener
) -> None:
    [before] = slack.local.socket_mode.sockets
    await slack.disconnect("refresh_requested")
    await slack.until(lambda: moved(slack, before))
    await slack.person("ana").post("#dev", "hello")
    await slack.until(lambda: settled(slack, 1))
    assert slack.journal.deliveries[0].outcome == "acked"


async def test_the_client_moves_on_when_its_connection_gets_old(
    slack: Playground, listener: Listener
) -> None:
    [before] = slack.local.socket_mode.sockets
    slack.clock.advance(LIFETIME - NOTICE)
    await slack.until(lambda: moved(slack, before))
    await slack.person("ana").post("#dev", "hello")
    await slack.until(lambda: settled(slack, 1))
    assert slack.journal.deliveries[0].outcome == "acked"


@pytest.mark.parametrize(
    ("asked", "lifetime"), [("", LIFETIME), ("&debug_reconnects=true", DEBUG_LIFETIME)]
)
async def test_an_old_connection_is_warned_then_told_to_go_then_closed(
    slack: Playground, asked: str, lifetime: float
) -> None:
    async with aiohttp.ClientSession() as http:
        ws = await http.ws_connect(await link(slack) + asked)
        hello: Any = await ws.receive_json()
        assert hello["debug_info"]["approximate_connection_time"] == lifetime
        slack.clock.advance(lifetime - NOTICE)
        reasons: list[Any] = [await ws.receive_json()]
        slack.clock.advance(NOTICE)
        reasons.append(await ws.receive_json())
        assert [each["reason"] for each in reasons] == ["warning", "refresh_requested"]
        assert len(slack.local.socket_mode.sockets) == 1
        slack.clock.advance(NOTICE)
        assert (await ws.receive()).type == aiohttp.WSMsgType.CLOSE
        await slack.until(lambda: not slack.local.socket_mode.sockets)


async def test_a_ticket_is_good_once(slack: Playground) -> None:
    url = await link(slack)
    async with aiohttp.ClientSession() as http:
        ws = await http.ws_connect(url)
        hello: Any = await ws.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)
        await ws.close()


async def test_the_eleventh_socket_is_sent_away(slack: Playground) -> None:
    async with aiohttp.ClientSession() as http:
        sockets = [await http.ws_connect(await link(slack)) for _ in range(MAX_SOCKETS + 1)]
        firsts: list[Any] = [await ws.receive_json() for ws in sockets]
        assert [first["type"] for first in firsts] == ["hello"] * MAX_SOCKETS + ["disconnect"]
        assert firsts[-1]["reason"] == "too_many_websockets"
        for ws in sockets:
            await ws.close()


async def test_a_ping_is_answered_with_its_payload(slack: Playground) -> None:
    async with aiohttp.ClientSession() as http:
        ws = await http.ws_connect(await link(slack), autoping=False)
        await ws.receive_json()
        await ws.ping(b"sdk-ping-pong:1")
        async with asyncio.timeout(PATIENCE):
            pong = await ws.receive()
        assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")
        await ws.close()


async def test_an_ack_of_nonsense_means_nothing(slack: Playground) -> None:
    async with aiohttp.ClientSession() as http:
        ws = await http.ws_connect(await link(slack))
        await ws.receive_json()
        for nonsense in ("not json", "[]", "{}", '{"envelope_id": "unknown"}'):
            await ws.send_str(nonsense)
        await slack.person("ana").post("#dev", "hello")
        envelope: Any = await ws.receive_json()
        await ws.send_json({"envelope_id": envelope["envelope_id"], "payload": {"a": 1}})
        await slack.until(lambda: settled(slack, 1))
        deliveries: list[Delivery] = [*slack.journal.deliveries]
        assert deliveries[0].attempts[0].payload == {"a": 1}
        await ws.close()
