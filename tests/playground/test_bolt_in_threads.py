"""Bolt without asyncio, on slack_sdk's own WebSocket client: what most apps in Python run."""

import asyncio
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.playground import Playground
from bot.playground.model import Json


async def test_bolt_in_threads_connects_hears_a_mention_and_answers(slack: Playground) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.base_url)
    bolt = await asyncio.to_thread(App, client=client)

    @bolt.event("app_mention")
    def greet(event: Json, say: Any) -> None:
        say(f"Hello <@{event['user']}>", thread_ts=event["ts"])

    @bolt.event("message")
    def note() -> None: ...

    handler = SocketModeHandler(bolt, slack.app_token)
    await asyncio.to_thread(handler.connect)
    try:
        await slack.until(lambda: slack.local.is_connected)
        thread = await slack.person("ana").mention("#dev", "good morning")
        await thread.until(lambda t: "Hello" in t.text())
        [mention] = slack.journal.delivered("app_mention")
        await slack.until(lambda: mention.outcome == "acked")
    finally:
        await asyncio.to_thread(handler.close)
