"""Stop: before the first word, in a tool, while waiting; by button, word and Slack's own."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import pytest

from bot.playground import Person, Playground, Thread
from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, ours, said, soon

pytestmark = pytest.mark.slow

Stopping = Callable[[Person, Thread], Awaitable[object]]


async def _by_word(person: Person, thread: Thread) -> None:
    await person.reply(thread, "Stop!")


async def _by_button(person: Person, thread: Thread) -> None:
    assert await person.click(thread, "Stop")


async def _natively(person: Person, thread: Thread) -> None:
    await person.stop(thread)


@pytest.mark.parametrize("stop", [_by_word, _by_button, _natively])
async def test_a_tool_is_stopped_within_two_seconds_E29(
    calm_slack: Playground, stop: Stopping
) -> None:
    ana = calm_slack.person("ana")

    async def attempt() -> float:
        thread = await ana.mention("#dev", "work for 60 seconds")
        await thread.until(lambda t: "Check addresses" in said(t) and "Stop" in t.buttons())
        began = time.monotonic()
        await stop(ana, thread)
        await thread.until(lambda t: f"Stopped by <@{ana.id}>" in said(t))
        took = time.monotonic() - began
        await thread.until(at_rest)
        return took

    await soon(attempt, 2.0)


@pytest.mark.parametrize("stop", [_by_word, _natively])
async def test_a_stop_before_the_first_word_is_told_E30(stage: Stage, stop: Stopping) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot(speed=0.01):
        thread = await ana.mention("#dev", "essay 4000")
        await thread.until(lambda t: t.status() == "processing")
        assert not ours(thread)
        await stop(ana, thread)
        await thread.until(lambda t: f"Stopped by <@{ana.id}>" in said(t))
        await thread.until(at_rest)
    assert len(said(thread)) < 200


@pytest.mark.parametrize("stop", [_by_word, _by_button])
async def test_a_stop_withdraws_what_was_asked_E42(slack: Playground, stop: Stopping) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "deploy")
    await thread.until(lambda t: {"Allow", "Stop"} <= set(t.buttons()))
    await stop(ana, thread)
    await thread.until(at_rest)
    assert f"Stopped by <@{ana.id}>" in said(thread)
    assert "make rollback" not in said(thread)


async def test_after_a_stop_the_session_goes_on_E33(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "deploy")
    await thread.until(lambda t: "Stop" in t.buttons())
    await ana.reply(thread, "stop")
    await thread.until(at_rest)
    await ana.reply(thread, "echo here again")
    await thread.until(lambda t: at_rest(t) and "here again" in said(t))


async def test_others_do_not_stop_it_and_are_told_privately_E32(calm_slack: Playground) -> None:
    ana, ben = calm_slack.person("ana"), calm_slack.person("ben")
    thread = await ana.mention("#dev", "work for 60 seconds")
    await thread.until(lambda t: "Stop" in t.buttons())
    await ben.click(thread, "Stop")
    await calm_slack.until(lambda: calm_slack.whispers(ben))
    assert f"Only <@{ana.id}> can stop this" in calm_slack.whispers(ben)[0]
    assert "Stopped" not in said(thread)
    await ana.click(thread, "Stop")
    await thread.until(at_rest)
