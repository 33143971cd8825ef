"""Apps connected to a local Slack, by Socket Mode or over HTTP, for as long as a test lasts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground
from bot.playground.model import Json
from bot.playground.slack_app import SlackApp

# Seconds between the looks of a client at its connection: longer than any test. One that was cut
# stays so until the test connects it again, and one to a busy machine is not given up.
NEVER = 3600


class PatientApp(AsyncApp):
    """Bolt, which gives a listener 3 s to ack; here the clock of the local Slack says what is too
    late."""

    def _register_listener(self, *args: Any, **kwargs: Any) -> Any:
        return super()._register_listener(*args, **kwargs, ack_timeout=NEVER)


async def _noted() -> None:
    """Acks what nobody in the test listens to."""


def client_of(slack: Playground, app: SlackApp | None = None) -> AsyncWebClient:
    """The client of an app, or of the one the local Slack is for."""
    return AsyncWebClient(token=(app or slack.app).bot_token, base_url=slack.base_url)


@asynccontextmanager
async def bolt_app(
    slack: Playground, app: SlackApp | None = None
) -> AsyncGenerator[AsyncApp, None]:
    """Listeners may be added while it runs."""
    bolt = PatientApp(client=client_of(slack, app))
    bolt.event("message")(_noted)
    app_token = (app or slack.app).app_token
    handler = AsyncSocketModeHandler(bolt, app_token, ping_interval=NEVER)
    await handler.connect_async()
    try:
        yield bolt
    finally:
        await handler.close_async()


@asynccontextmanager
async def serving(application: web.Application, port: int = 0) -> AsyncGenerator[str]:
    """The application on this machine, at a free port without `port`: its base URL."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, port, *_ = runner.addresses[0]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bolt_over_http(
    slack: Playground, app: SlackApp | None = None
) -> AsyncGenerator[AsyncApp]:
    """Bolt behind its own web server, verified and told everything at /slack/events."""
    told = app or slack.app
    bolt = PatientApp(client=client_of(slack, app), signing_secret=told.signing_secret)
    async with serving(bolt.server(host="127.0.0.1").web_app) as base:
        await told.deliver_to(f"{base}/slack/events")
        yield bolt


@asynccontextmanager
async def always_answering(slack: Playground, answer: Json) -> AsyncGenerator[None, None]:
    """An app that acks everything with this payload, which Bolt would not let it do."""

    async def ack(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))

    web = AsyncWebClient(base_url=slack.base_url)
    client = SocketModeClient(slack.app_token, web_client=web, ping_interval=NEVER)
    client.socket_mode_request_listeners.append(ack)
    await client.connect()
    try:
        yield
    finally:
        await client.close()
