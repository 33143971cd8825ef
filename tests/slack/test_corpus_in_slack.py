"""Agents' answers in a local Slack, sent by the real client: accepted, and pinging nobody (E82)."""

from __future__ import annotations

import pytest
from slack_sdk.models.messages.chunk import MarkdownTextChunk
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground
from bot.slack.render.blocks import markdown_block
from bot.slack.render.growth import grow
from bot.slack.render.secrets import mask
from bot.slack.render.settle import settle
from bot.slack.render.text import markdown, summary
from tests.slack.corpus.__main__ import answers

ANSWERS = answers()
STEPS = 12


@pytest.mark.parametrize("name", ["hostile", "html", "review", "unclosed", "key"])
async def test_an_answer_grows_by_edits_and_pings_nobody(local: Playground, name: str) -> None:
    client = AsyncWebClient(token=local.bot_token, base_url=local.base_url)
    thread = await local.person("ana").mention("#dev", "go on")
    answer = mask(ANSWERS[name])
    posted = await client.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="…")
    for step in range(1, STEPS + 1):
        so_far = answer[: len(answer) * step // STEPS]
        shown = markdown(so_far if step == STEPS else settle(so_far))
        await client.chat_update(
            channel=thread.channel,
            ts=str(posted["ts"]),
            text=summary(so_far) or "…",
            blocks=[markdown_block(shown)] if shown else [],
        )
    assert local.invariants() == []


@pytest.mark.parametrize("name", ["hostile", "html", "review", "unclosed", "key"])
async def test_an_answer_grows_in_a_native_stream_and_pings_nobody(
    local: Playground, name: str
) -> None:
    client = AsyncWebClient(token=local.bot_token, base_url=local.base_url)
    ana = local.person("ana")
    thread = await ana.mention("#dev", "go on")
    answer = ANSWERS[name]
    started = await client.chat_startStream(
        channel=thread.channel,
        thread_ts=thread.ts,
        recipient_user_id=ana.id,
        recipient_team_id=local.workspace.users[ana.id].team_id,
        chunks=[],
    )
    ts = str(started["ts"])
    sent = ""
    for step in range(1, STEPS + 1):
        so_far = mask(answer[: len(answer) * step // STEPS])
        shown = grow(so_far, final=step == STEPS)
        assert shown.startswith(sent)
        if more := shown.removeprefix(sent):
            await client.chat_appendStream(
                channel=thread.channel, ts=ts, chunks=[MarkdownTextChunk(text=more)]
            )
        sent = shown
    await client.chat_stopStream(channel=thread.channel, ts=ts)
    assert local.invariants() == []
