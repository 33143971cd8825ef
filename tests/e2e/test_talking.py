"""Talking to an agent that works: waiting, steering, editing, and who is listened to."""

from __future__ import annotations

import time

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground, Thread
from tests.e2e.reading import at_rest, ours, said, soon

pytestmark = pytest.mark.slow


def works(thread: Thread) -> bool:
    return "Check addresses" in said(thread) and "Stop" in thread.buttons()


async def test_messages_sent_while_it_works_are_listed_and_read_together_E22_E23_E24(
    calm_slack: Playground,
) -> None:
    ana = calm_slack.person("ana")
    thread = await ana.mention("#dev", "work for 60 seconds")
    await thread.until(works)
    await ana.reply(thread, "echo one", mention=True)
    await thread.until(lambda t: "Cancel" in t.buttons())
    assert "1 message waits" in said(thread)
    assert {"Steer now", "Stop and do this", "Cancel"} <= set(thread.buttons())
    await ana.reply(thread, "echo two")
    await ana.reply(thread, "echo three")
    await thread.until(lambda t: "3. ana: echo three" in said(t))
    assert "3 messages wait" in said(thread)
    await ana.click(thread, "Stop")
    await thread.until(lambda t: at_rest(t) and "one\n\necho two\n\necho three" in said(t))
    assert "messages wait" not in said(thread)


async def test_a_waiting_message_is_edited_deleted_and_cancelled_E24_E25_E26(
    calm_slack: Playground,
) -> None:
    ana = calm_slack.person("ana")
    thread = await ana.mention("#dev", "work for 60 seconds")
    await thread.until(works)
    posts = [await ana.reply(thread, f"echo {word}") for word in ("red", "green", "blue")]
    await thread.until(lambda t: "3. ana: echo blue" in said(t))
    await ana.edit(posts[0], "echo crimson")
    await ana.delete(posts[1])
    await thread.until(
        lambda t: "1. ana: echo crimson" in said(t) and "2. ana: echo blue" in said(t)
    )
    await ana.click(thread, "Cancel")  # of the first in its menu
    await thread.until(lambda t: "1 message waits" in said(t))
    await ana.click(thread, "Stop and do this")
    await thread.until(lambda t: at_rest(t) and f"Stopped by <@{ana.id}>" in said(t))
    assert "blue" in said(thread)
    assert "crimson" not in said(thread) and "green" not in said(thread)


async def test_a_message_guides_the_work_and_visibly_changes_it_E22(calm_slack: Playground) -> None:
    ana = calm_slack.person("ana")
    thread = await ana.mention("#dev", "work for 60 seconds")
    await thread.until(works)
    post = await ana.reply(thread, "echo never mind")
    await thread.until(lambda t: "Steer now" in t.buttons())
    await ana.click(thread, "Steer now")
    await thread.until(lambda t: "Understood: “never mind”" in said(t) and at_rest(t))
    assert "batches are done" not in said(thread)
    assert not [m for m in thread.messages() if m.ts == post.ts and m.reactions]


async def test_in_a_thread_that_steers_messages_do_not_wait_E22(calm_slack: Playground) -> None:
    ana = calm_slack.person("ana")
    thread = await ana.mention("#dev", "work for 60 seconds")
    await thread.until(works)
    await ana.reply(thread, "steer", mention=True)
    await calm_slack.until(lambda: "guide it now" in str(calm_slack.whispers(ana)))
    await ana.reply(thread, "echo enough of that")
    await thread.until(lambda t: "Understood: “enough of that”" in said(t) and at_rest(t))


async def test_an_idle_agent_gets_a_message_at_once_E21(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "echo first")
    await thread.until(at_rest)
    words = iter(("second", "third", "fourth", "fifth", "sixth"))

    async def attempt() -> float:
        began, word = time.monotonic(), next(words)
        await ana.reply(thread, f"echo {word}")
        await thread.until(lambda t: word in said(t))
        took = time.monotonic() - began
        assert "waits" not in said(thread)
        await thread.until(at_rest)
        return took

    await soon(attempt, 4.0)


async def test_others_arrange_nothing_and_are_told_privately_E24(calm_slack: Playground) -> None:
    ana, ben = calm_slack.person("ana"), calm_slack.person("ben")
    thread = await ana.mention("#dev", "work for 60 seconds")
    await thread.until(works)
    await ana.reply(thread, "echo mine")
    await thread.until(lambda t: "Cancel" in t.buttons())
    await ben.click(thread, "Cancel")
    await calm_slack.until(lambda: calm_slack.whispers(ben))
    assert f"Only <@{ana.id}> can arrange what others wrote" in calm_slack.whispers(ben)[0]
    assert "1 message waits" in said(thread)


async def test_a_stop_by_reaction_and_one_that_takes_back_what_waits_E29(
    calm_slack: Playground,
) -> None:
    ana, ben = calm_slack.person("ana"), calm_slack.person("ben")
    thread = await ana.mention("#dev", "work for 60 seconds")
    await thread.until(works)
    await ben.react(thread, "octagonal_sign")
    await calm_slack.until(lambda: calm_slack.whispers(ben))
    assert f"Only <@{ana.id}> can stop this" in calm_slack.whispers(ben)[0]
    await ana.react(thread, "octagonal_sign")
    await thread.until(lambda t: f"Stopped by <@{ana.id}>" in said(t))
    await ana.reply(thread, "work for 60 seconds", mention=True)
    await thread.until(works)
    await ana.reply(thread, "echo forgotten")
    await thread.until(lambda t: "1 message waits" in said(t))
    await ana.reply(thread, "stop all")
    await thread.until(lambda t: "ana took back a waiting message" in said(t))
    await thread.until(lambda t: "Stop" not in t.buttons() and t.status() == "active")
    assert "forgotten" not in said(thread)


async def test_what_is_said_between_people_and_by_bots_reaches_the_agent_as_data_E27_E84(
    slack: Playground,
) -> None:
    ana, ben = slack.person("ana"), slack.person("ben")
    helper = slack.add_app("helper", channels=["#dev"])
    bot_id = slack.workspace.installs[0].bot_id
    thread = await ana.mention("#dev", "echo begin")
    await thread.until(at_rest)
    await ben.reply(thread, "shall we have lunch?")
    web = AsyncWebClient(token=helper.bot_token, base_url=slack.base_url)
    await web.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="echo delete all")
    await ana.reply(thread, "echo done", mention=True)
    await thread.until(lambda t: at_rest(t) and "done" in said(t))
    assert [m.text for m in ours(thread) if m.bot_id == bot_id] == ["begin", "done"]
    await ana.reply(thread, "listen to all", mention=True)
    await slack.until(lambda: "reads every message" in str(slack.whispers(ana)))
    await ben.reply(thread, "echo now me")
    await thread.until(lambda t: "now me" in said(t) and at_rest(t))
