"""The operator's lists: one check in front of every way in, and private refusals."""

from __future__ import annotations

import pytest

from bot.playground import MethodFault
from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, ours, said

pytestmark = pytest.mark.slow


async def test_who_is_not_named_gets_in_by_no_way_and_is_told_privately_E80_E81(
    stage: Stage,
) -> None:
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    access = {"people": [ana.id], "stop": ["anyone"]}

    async def refused(count: int) -> None:
        await slack.until(lambda: len(slack.whispers(ben)) == count)
        assert "You cannot work with me here" in slack.whispers(ben)[-1]

    async with stage.bot(speed=1.0, access=access):
        other = await ben.mention("#dev", "echo let me in")
        await refused(1)
        assert ours(other) == []
        thread = await ana.mention("#dev", "work for 60 seconds")
        await thread.until(lambda t: "Check addresses" in said(t) and "Stop" in t.buttons())
        await ben.reply(thread, "echo me too", mention=True)
        await refused(2)
        await ben.click(thread, "Stop")
        await refused(3)
        await ben.react(thread, "octagonal_sign")
        await refused(4)
        await ben.reply(thread, "stop")
        await refused(5)
        quiet = await ben.reply(thread, "never mind")
        await ben.edit(quiet, "@threadline echo me after all")
        await refused(6)
        await ana.reply(thread, "echo mine", mention=True)
        await thread.until(lambda t: "Cancel" in t.buttons())
        await ben.click(thread, "Cancel")
        await refused(7)
        assert "Stopped" not in said(thread)
        await ana.click(thread, "Stop")
        await thread.until(lambda t: t.status() == "active" and "mine" in said(t))
        assert "me too" not in said(thread) and "me after all" not in said(thread)


async def test_a_guest_is_let_in_by_name_alone_E80(stage: Stage) -> None:
    slack = stage.slack
    cho, ben = slack.person("cho"), slack.person("ben")
    async with stage.bot(access={"people": [cho.id, "anyone"]}):
        for person in (cho, ben):
            thread = await person.mention("#dev", f"echo hello {person.name}")
            await thread.until(lambda t: at_rest(t) and "hello" in said(t))


async def test_a_channel_s_own_lists_count_there_E80(stage: Stage) -> None:
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    dev = (await ana.post("#dev", "hi")).channel
    only_ben = {dev: {"access": {"people": [ben.id]}}}
    async with stage.bot(channels=only_ben):
        await ana.mention("#dev", "echo no")
        await slack.until(lambda: slack.whispers(ana))
        thread = await ana.mention("#general", "echo yes")
        await thread.until(lambda t: at_rest(t) and "yes" in said(t))


async def test_an_edit_calls_the_bot_once_E25(stage: Stage) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot(speed=0.0):
        thread = await ana.post("#dev", "echo let us see")
        await ana.edit(thread, "@threadline echo let us see")
        await thread.until(lambda t: at_rest(t) and "let us see" in said(t))
        await ana.edit(thread, "@threadline echo let us see!")
        await ana.reply(thread, "echo and then")
        await thread.until(lambda t: at_rest(t) and "and then" in said(t))
        assert len(ours(thread)) == 2


async def test_an_edit_of_what_was_read_is_told_where_that_is_wanted_E25(stage: Stage) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot(speed=0.0, talk={"edits": "correct"}):
        thread = await ana.mention("#dev", "echo one")
        await thread.until(at_rest)
        await ana.edit(thread, "@threadline echo two")
        await thread.until(lambda t: len(ours(t)) == 2 and at_rest(t))
        assert "edited: a message of mine" in said(thread)


async def test_a_stop_reaches_the_agent_while_slack_limits_us_E30(stage: Stage) -> None:
    slack = stage.slack
    ana = slack.person("ana")
    async with stage.bot(speed=1.0):
        thread = await ana.mention("#dev", "work for 60 seconds")
        await thread.until(lambda t: "Check addresses" in said(t) and "Stop" in t.buttons())
        limited = MethodFault(status=429, retry_after=3, times=2)
        slack.faults.methods["chat.update"] = limited
        slack.faults.methods["chat.appendStream"] = limited
        await ana.reply(thread, "stop")
        await thread.until(lambda t: f"Stopped by <@{ana.id}>" in said(t))
        await thread.until(at_rest)
        before = said(thread)
        await ana.reply(thread, "echo go on")
        await thread.until(lambda t: at_rest(t) and "go on" in said(t))
        assert said(thread).startswith(before)
