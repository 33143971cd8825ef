"""The harness finds what it is there to find: apps that lose, double or leave things moving."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import MethodFault, Playground
from bot.playground.model import Json
from bot.slack.clock import Clock
from tests.bench.answers import Script, asking, talk
from tests.bench.apps import bolt, edit_loop, sdk_stream, threadline
from tests.bench.clock import run_at
from tests.bench.ledger import Ledger
from tests.bench.scene import App, Scene, perform

QUICK = 20.0
"""Times as fast as the clock on the wall."""
MOMENT = 0.005
"""Seconds of that clock which computing takes at most: what is measured is not the machine."""


async def careless(client: AsyncWebClient, event: Json, words: AsyncIterator[str]) -> None:
    """Forgets the beginning, says the rest twice, and does not end its stream."""
    said = [text async for text in words]
    chunks = [{"type": "markdown_text", "text": "".join(said[40:])}]
    began = await client.chat_startStream(
        channel=event["channel"],
        thread_ts=event["ts"],
        recipient_user_id=event["user"],
        recipient_team_id=event["team"],
        chunks=chunks,
    )
    await client.chat_appendStream(channel=event["channel"], ts=str(began["ts"]), chunks=chunks)


def careless_app(
    slack: Playground, scripts: Sequence[Script], ledger: Ledger, clock: Clock
) -> AbstractAsyncContextManager[None]:
    return bolt(slack, scripts, ledger, clock, careless)


def test_what_is_lost_doubled_and_left_open_is_found():
    scene = Scene([[talk(1, 4.0)]], "several", patience=10.0)
    outcome = run_at(QUICK, perform(scene, careless_app), MOMENT)
    assert outcome.lost > 50 and outcome.extra > 50
    assert outcome.left and "no stream is left open" in outcome.broken[0]


@pytest.mark.parametrize("app", [edit_loop, sdk_stream])
def test_a_whole_answer_is_seen_to_grow(app: App):
    outcome = run_at(QUICK, perform(Scene([[talk(1, 8.0)]], "several"), app), MOMENT)
    (reading,) = outcome.readings
    assert (outcome.lost, outcome.extra, outcome.left, outcome.refused) == (0, 0, (), 0)
    assert len(reading.looks) > 3 and reading.messages == 1
    assert 0 < reading.mean <= reading.p95 <= reading.worst < 8.0


def test_a_reply_that_is_lost_is_a_loss_for_who_does_not_ask_again():
    fault = MethodFault(drop="after", after=1, times=1)
    scene = Scene(
        [[talk(1, 8.0)]],
        "one",
        patience=10.0,
        faults={"chat.appendStream": fault},
    )
    outcome = run_at(QUICK, perform(scene, sdk_stream), MOMENT)
    assert outcome.lost or outcome.extra


@pytest.mark.slow
async def test_the_bot_answers_is_asked_and_goes_on():
    script = asking(talk(1, 2.0), 1.0)
    outcome = await perform(Scene([[script, talk(2, 1.0)]], "several"), threadline)
    (reading,) = outcome.readings
    assert (outcome.lost, outcome.extra, outcome.left, outcome.broken) == (0, 0, (), ())
    assert reading.asked is not None and reading.asked < 20.0
