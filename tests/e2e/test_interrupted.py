"""A message deleted or a channel archived while the answer grows; an answer too long for posts."""

from __future__ import annotations

import pytest

from bot.agents.demo.texts import essay
from bot.playground import Playground
from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, ours, said

pytestmark = pytest.mark.slow


def _letters(text: str) -> str:
    """Without what Slack writes in another way: list marks, spaces."""
    return "".join(filter(str.isalpha, text))


@pytest.mark.parametrize("where", ["#dev", ""])
async def test_below_a_deleted_message_the_tail_appears_once(stage: Stage, where: str) -> None:
    slack = stage.slack
    ana = slack.person("ana")
    async with stage.bot(speed=0.15):
        asked = "essay 2500"
        thread = await (ana.mention(where, asked) if where else ana.message_bot(asked))
        await thread.until(lambda t: len(said(t)) > 600)
        [first] = ours(thread)
        await slack.befall("delete_message", channel=thread.channel, ts=first.ts)
        await thread.until(lambda t: at_rest(t) and not slack.workspace.streams, 60)
    [rest] = ours(thread)
    assert rest.ts != first.ts
    whole, shown = _letters(essay(2_500)), _letters(said(thread))
    assert shown.count(whole[-400:]) == 1
    assert whole[:100] not in shown
    assert len(shown) < len(whole) - 400


@pytest.mark.parametrize("where", ["#dev", "#general"])
async def test_an_archived_channel_leaves_the_bot_well(calm_slack: Playground, where: str) -> None:
    ana = calm_slack.person("ana")
    thread = await ana.mention(where, "essay 3000")
    await thread.until(lambda t: len(said(t)) > 300)
    await calm_slack.befall("archive", channel=thread.channel)
    after = await ana.message_bot("echo Still here.")
    await after.until(at_rest, 30)
    assert "Still here." in said(after)
    assert not calm_slack.workspace.streams


async def test_an_answer_too_long_for_messages_ends_in_a_file(stage_at_once: Playground) -> None:
    thread = await stage_at_once.person("ana").message_bot("essay 90000")
    await thread.until(lambda t: any(m.files for m in t.messages()) and at_rest(t), 60)
    assert "The whole answer is in the file below." in said(thread)
    assert not stage_at_once.workspace.streams
    [file] = stage_at_once.workspace.files.values()
    assert file.content.decode().rstrip() == essay(90_000).rstrip()


@pytest.mark.parametrize("setting", ["quiet", "normal", "detailed", "thinking on"])
async def test_whatever_is_shown_beside_it_a_direct_answer_is_whole(
    slack: Playground, setting: str
) -> None:
    ana = slack.person("ana")
    thread = await ana.message_bot("echo Hello.")
    await thread.until(at_rest)
    await ana.reply(thread, setting)
    await ana.reply(thread, "plan")
    await thread.until(lambda t: "Three of them are new." in said(t) and at_rest(t), 30)
    assert not slack.workspace.streams
    assert said(thread).count("Three of them are new.") == 1
    assert said(thread).count("I will fix that.") == 1
