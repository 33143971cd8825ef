"""An answer that one person reads grows natively; whatever goes wrong, it is there once."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.agents.demo.texts import essay
from bot.playground import Playground, Thread
from bot.playground.faults import MethodFault
from bot.slack.lane import APPEND, EDIT, POST, START, STOP
from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, ours, said

pytestmark = pytest.mark.slow

TEXT = essay(1_200)


def bare(text: str) -> str:
    """Letters and digits: what is left of Markdown however it is drawn."""
    return re.sub(r"[\W_]+", "", text)


def written(slack: Playground, method: str, thread: Thread) -> int:
    calls = slack.journal.called(method)
    return sum(call.arguments.get("channel") == thread.channel for call in calls)


async def test_a_direct_answer_grows_in_one_message_and_is_never_edited(
    calm_slack: Playground,
) -> None:
    slack = calm_slack
    thread = await slack.person("ana").message_bot(f"echo {TEXT}")
    await thread.until(is_done)
    [answer] = ours(thread)
    assert answer.streaming_state == "completed" and answer.edited is None
    assert whole(thread) == bare(TEXT)
    assert [written(slack, m, thread) for m in (START, STOP, POST, EDIT)] == [1, 1, 0, 0]
    assert written(slack, APPEND, thread) >= 1


async def test_a_card_stands_below_what_was_said_before_and_above_what_follows(
    slack: Playground,
) -> None:
    ana = slack.person("ana")
    thread = await ana.message_bot("deploy")
    await thread.until(lambda t: "Allow" in t.buttons())
    await thread.until(lambda t: t.status() == "suspended")
    assert not slack.workspace.streams
    await ana.click(thread, "Allow")
    await thread.until(is_done)
    assert "make rollback" in said(thread)
    states = [message.streaming_state for message in ours(thread)]
    assert len(states) == 3 and states[1] is None


async def test_slacks_own_stop_ends_a_stream_and_the_words_stay_E29(stage: Stage) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot(speed=0.2):
        thread = await ana.message_bot("essay 4000")
        await thread.until(lambda t: len(said(t)) > 300)
        await ana.stop(thread)
        await thread.until(is_done)
    assert f"Stopped by <@{ana.id}>" in said(thread)
    assert len(said(thread)) > 300


async def test_several_readers_see_it_grow_by_edits(slack: Playground) -> None:
    thread = await slack.person("ana").mention("#dev", f"echo {TEXT}")
    await thread.until(is_done)
    assert written(slack, START, thread) == 0
    assert whole(thread) == bare(TEXT)


FAULTS = {
    "too many": MethodFault(429, every=3),
    "broken": MethodFault(500, every=4),
    "lost before": MethodFault(drop="before", every=3),
    "lost after": MethodFault(drop="after", every=3),
    "ended by Slack": MethodFault(error="message_not_in_streaming_state", every=3),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("where", ["#dev", ""])
async def test_whatever_befalls_a_call_the_words_are_there_once(
    slack: Playground, where: str, fault: str
) -> None:
    """Some calls of every method go wrong while four threads are written at once."""
    befallen = (APPEND, STOP) if fault == "ended by Slack" else (POST, EDIT, START, APPEND, STOP)
    slack.faults.methods = {m: replace(FAULTS[fault], after=n) for n, m in enumerate(befallen)}
    ana = slack.person("ana")
    asked = f"echo {TEXT}"
    threads = [
        await (ana.mention(where, asked) if where else ana.message_bot(asked)) for _ in range(4)
    ]
    for thread in threads:
        await thread.until(is_done, 90)
        assert whole(thread) == bare(TEXT)


def is_done(thread: Thread) -> bool:
    return at_rest(thread) and not thread.slack.workspace.streams


def whole(thread: Thread) -> str:
    """The letters and digits of the answer, without the line that tells how the turn ended."""
    lines = said(thread).split("\n")
    return bare("\n".join(line for line in lines if not line.startswith("Done in")))
