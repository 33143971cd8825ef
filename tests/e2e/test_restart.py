"""The bot is killed in the middle of a turn and started again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground import Playground
from tests.e2e.reading import at_rest, ours, said
from tests.processes import RUN, environment

pytestmark = pytest.mark.slow

LONG = 60.0
"""Seconds a start may take, and what follows it: it takes two where nothing else is done."""


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Playground]:
    """A local Slack with the bot as its child."""
    async with Playground() as slack:
        await slack.start_bot(RUN, environment(tmp_path, speed="1"))
        await slack.until(lambda: slack.bot.state == "running", LONG)
        yield slack


async def test_killed_while_it_writes_it_goes_on_where_it_was_E71(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "explain")
    await thread.until(lambda t: "How a session works here" in said(t))
    await slack.bot.kill()
    before = said(thread)
    await ana.reply(thread, "echo written while you were dead")
    await slack.bot.start()
    await thread.until(lambda t: at_rest(t) and "while you were dead" in said(t), LONG)
    answer, then = ours(thread)
    assert before.split("\n")[0] in said(thread)
    assert said(thread).count("to be asked for permission") == 1
    assert "How a session works here" in answer.text
    assert then.text.startswith("written while you were dead")


async def test_killed_while_it_waits_the_card_still_works_E39(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "deploy")
    await thread.until(lambda t: "Allow" in t.buttons())
    await slack.bot.kill()
    assert not await ana.click(thread, "Allow")
    await slack.bot.start()
    await ana.click(thread, "Allow", until_acked=True, within=LONG)
    await thread.until(at_rest, LONG)
    assert "make rollback" in said(thread)
    assert len(ours(thread)) == 3


async def test_killed_while_a_stream_grows_the_message_goes_on_by_edits_E71(
    slack: Playground,
) -> None:
    ana = slack.person("ana")
    thread = await ana.message_bot("explain")
    await thread.until(lambda t: "How a session works here" in said(t))
    [begun] = slack.workspace.streams
    await slack.bot.kill()
    await slack.bot.start()
    await thread.until(lambda t: at_rest(t) and not slack.workspace.streams, LONG)
    [answer] = ours(thread)
    assert answer.ts == begun[1]
    assert said(thread).count("How a session works here") == 1
    assert "to be asked for permission" in said(thread)


async def test_killed_while_messages_wait_their_list_is_right_after_the_start_E71_E24(
    slack: Playground,
) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "work for 240 seconds")
    await thread.until(lambda t: "Check addresses" in said(t) and "Stop" in t.buttons())
    await ana.reply(thread, "echo one", mention=True)
    await thread.until(lambda t: "Cancel" in t.buttons(), LONG)
    await slack.bot.kill()
    await ana.reply(thread, "echo two")
    assert not await ana.click(thread, "Cancel")
    await slack.bot.start()
    await thread.until(lambda t: "2. ana: echo two" in said(t), LONG)
    assert said(thread).count("messages wait") == 1 and "1 message waits" not in said(thread)
    assert len([m for m in ours(thread) if "echo one" in m.text]) == 1
    await ana.click(thread, "Cancel")  # of the first in its menu
    await thread.until(lambda t: "ana: echo one" not in said(t) and "comes next" in said(t))
    await ana.click(thread, "Stop and do this")
    await thread.until(lambda t: at_rest(t) and f"Stopped by <@{ana.id}>" in said(t), LONG)
    assert ours(thread)[-1].text.startswith("two")
    assert "waits" not in said(thread) and "one" not in ours(thread)[-1].text
