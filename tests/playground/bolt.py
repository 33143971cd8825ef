"""Apps connected to a local Slack by Socket Mode, for as long as a test lasts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground
from bot.playground.model import Json


async def _noted() -> None:
    """Acks what nobody in the test listens to."""


@asynccontextmanager
async def bolt_app(slack: Playground) -> AsyncGenerator[AsyncApp, None]:
    """Listeners may be added while it runs."""
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
    app = AsyncApp(token=slack.bot_token, client=client)
    app.event("message")(_noted)
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()
    try:
        yield app
    finally:
        await handler.close_async()


@asynccontextmanager
async def always_answering(slack: Playground, answer: Json) -> AsyncGenerator[None, None]:
    """An app that acks everything with this payload, which Bolt would not let it do."""

    async def ack(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))

    web = AsyncWebClient(base_url=slack.base_url)
    client = SocketModeClient(app_token=slack.app_token, web_client=web)
    client.socket_mode_request_listeners.append(ack)
    await client.connect()
    try:
        yield
    finally:
        await client.close()
