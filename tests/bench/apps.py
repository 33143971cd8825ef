"""The apps that are compared: ours, and what one would build with Slack's own SDK."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path

import structlog
from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot import app as threadline_app
from bot.playground import Playground
from bot.playground.model import Json
from bot.settings import Settings
from bot.slack.app import connect
from bot.slack.clock import Clock
from bot.store.database import Database
from tests.bench.agent import ScriptedAgent, requested
from tests.bench.answers import Script
from tests.bench.ledger import Ledger

EDIT_EVERY = 1.0
"""Seconds between the edits of a plain edit loop, as most bots have it."""


@contextmanager
def _quietly() -> Generator[None]:
    """Only what is alarming is logged."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.configure(**before)


@asynccontextmanager
async def threadline(
    slack: Playground, scripts: Sequence[Script], ledger: Ledger, clock: Clock
) -> AsyncGenerator[None]:
    """This bot, wired as `threadline run` wires it, with an agent that plays the scripts."""
    with _quietly(), tempfile.TemporaryDirectory(prefix="threadline-bench-") as directory:
        settings = Settings(
            slack_bot_token=SecretStr(slack.bot_token),
            slack_app_token=SecretStr(slack.app_token),
            slack_api_url=slack.base_url,
            data_dir=Path(directory),
            port=0,
        )
        await threadline_app.upgrade(settings)
        async with (
            Database.open(settings.store) as database,
            ScriptedAgent(scripts, ledger, clock) as agent,
            connect(settings.slack) as connection,
        ):
            stopping = asyncio.Event()
            serving = asyncio.create_task(
                threadline_app._serve(
                    settings, database, {"demo": agent}, connection, stopping, clock
                )
            )
            try:
                yield
            finally:
                stopping.set()
                await serving


@asynccontextmanager
async def sdk_stream(
    slack: Playground, scripts: Sequence[Script], ledger: Ledger, clock: Clock
) -> AsyncGenerator[None]:
    """slack_sdk's own helper for native streams, fed as its documentation shows."""

    async def answer(client: AsyncWebClient, event: Json, words: AsyncIterator[str]) -> None:
        stream = await client.chat_stream(
            channel=event["channel"],
            thread_ts=event.get("thread_ts", event["ts"]),
            recipient_user_id=event["user"],
            recipient_team_id=event["team"],
        )
        async for text in words:
            await stream.append(markdown_text=text)
        await stream.stop()

    async with bolt(slack, scripts, ledger, clock, answer):
        yield


@asynccontextmanager
async def edit_loop(
    slack: Playground, scripts: Sequence[Script], ledger: Ledger, clock: Clock
) -> AsyncGenerator[None]:
    """One message, edited every second while it grows, and once more at the end."""

    async def answer(client: AsyncWebClient, event: Json, words: AsyncIterator[str]) -> None:
        place = {"channel": event["channel"]}
        text, ts, edited = "", "", 0.0
        async for more in words:
            text += more
            if not ts:
                root = event.get("thread_ts", event["ts"])
                posted = await client.chat_postMessage(
                    **place, thread_ts=root, markdown_text=text, unfurl_links=False
                )
                ts, edited = str(posted["ts"]), clock.monotonic()
            elif clock.monotonic() - edited >= EDIT_EVERY:
                await client.chat_update(**place, ts=ts, markdown_text=text)
                edited = clock.monotonic()
        await client.chat_update(**place, ts=ts, markdown_text=text)

    async with bolt(slack, scripts, ledger, clock, answer):
        yield


Answering = Callable[[AsyncWebClient, Json, AsyncIterator[str]], Awaitable[None]]


@asynccontextmanager
async def bolt(
    slack: Playground,
    scripts: Sequence[Script],
    ledger: Ledger,
    clock: Clock,
    answer: Answering,
) -> AsyncGenerator[None]:
    """A Bolt app that hears who asks for a script and answers in their thread. It waits as long as
    Slack says when Slack refuses a call."""
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
    client.proxy = None
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=100))
    app = AsyncApp(client=client)

    async def play(event: Json) -> None:
        if event.get("bot_id") is None and event.get("subtype") is None:
            number = requested(event["text"])
            async with aclosing(_told(scripts[number], ledger, number, clock)) as words:
                await answer(client, event, words)

    async def play_direct(event: Json) -> None:
        if event.get("channel_type") == "im":
            await play(event)

    app.event("app_mention")(play)
    app.event("message")(play_direct)
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()
    try:
        yield
    finally:
        await handler.close_async()


async def _told(script: Script, ledger: Ledger, number: int, clock: Clock) -> AsyncGenerator[str]:
    """What a model says: it does not wait for whoever listens."""
    said = asyncio.Queue[str | None]()

    async def speak() -> None:
        began = clock.monotonic()
        for beat in script:
            await clock.sleep(began + beat.at - clock.monotonic())
            ledger.said(number, beat.text)
            said.put_nowait(beat.text)
        ledger.ended(number)
        said.put_nowait(None)

    speaking = asyncio.create_task(speak(), name=f"model {number}")
    try:
        while (text := await said.get()) is not None:
            yield text
    finally:
        speaking.cancel()
