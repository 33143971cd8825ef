"""Permits: within Slack's limits in any window, the urgent first, everybody in the end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import LeaseLost
from bot.core.views import Priority
from bot.playground.coverage import METHODS
from bot.playground.limits import Limits
from bot.slack import limits
from bot.slack.allowance import SLOWER
from bot.slack.lane import APPEND, EDIT, POST, START, STOP, Lane
from bot.slack.pacing import MIN_INTERVAL
from tests.slack.fake_clock import FakeClock, settled

EDITS = 49
"""How many edits a rested lane grants at once."""


class Street:
    """A lane, its clock, and who got a permit when."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.alive = True
        self.lane = Lane(lambda: self.alive, self.clock)
        self.granted: list[tuple[float, str]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def ask(
        self, name: str, method: str, priority: Priority, channel: str = "C1", message: str = ""
    ) -> asyncio.Task[None]:
        async def wait() -> None:
            await self.lane.permit(method, channel, priority, message)
            self.granted.append((self.clock.now, name))

        task = asyncio.create_task(wait(), name=name)
        self.tasks.append(task)
        return task

    def times(self, name: str = "") -> list[float]:
        return [at for at, who in self.granted if who.startswith(name)]


@asynccontextmanager
async def street() -> AsyncGenerator[Street]:
    made = Street()
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)
    await settled()
    assert made.clock.sleeping == 0


async def test_a_lone_call_goes_at_once() -> None:
    async with street() as s:
        s.ask("one", EDIT, Priority.DELTA, message="m")
        await settled()
        assert s.granted == [(0.0, "one")]


async def test_edits_of_one_message_keep_their_distance() -> None:
    async with street() as s:
        for _ in range(3):
            s.ask("a", EDIT, Priority.DELTA, message="a")
        s.ask("b", EDIT, Priority.FINAL, message="b")
        await s.clock.advance(10)
        assert s.times("a") == pytest.approx([0, MIN_INTERVAL, 2 * MIN_INTERVAL])
        assert s.times("b") == [0]


async def test_a_final_edit_does_not_wait_for_the_spacing() -> None:
    async with street() as s:
        s.ask("delta", EDIT, Priority.DELTA, message="a")
        s.ask("final", EDIT, Priority.FINAL, message="a")
        await settled()
        assert s.times() == [0, 0]


async def test_posts_in_a_channel_keep_its_pace_and_hold_up_no_other() -> None:
    async with street() as s:
        for _ in range(6):
            s.ask("busy", POST, Priority.FIRST)
        s.ask("quiet", POST, Priority.FIRST, channel="C2")
        await s.clock.advance(60)
        times = s.times("busy")
        gap = 60 / limits.POSTS_PER_CHANNEL.per_minute / SLOWER
        assert times[:3] == [0, 0, 0]
        assert times[3] < gap
        assert [b - a for a, b in itertools.pairwise(times[3:])] == pytest.approx([gap, gap])
        assert s.times("quiet") == [0]


async def test_the_urgent_find_a_call_however_many_texts_grow() -> None:
    async with street() as s:
        for at in range(100):
            s.ask(f"delta {at}", EDIT, Priority.DELTA, message=str(at))
        await s.clock.advance(1)
        assert 0 < len(s.granted) < EDITS
        before = len(s.granted)
        s.ask("final", EDIT, Priority.FINAL)
        s.ask("ask", EDIT, Priority.ASK)
        await settled()
        assert [name for _, name in s.granted[before:]] == ["final", "ask"]


async def test_at_the_bottom_the_most_urgent_waits_shortest() -> None:
    async with street() as s:
        for _ in range(EDITS):
            s.ask("spent", EDIT, Priority.ASK)
        await settled()
        s.granted.clear()
        for name in ("final", "ask", "stop"):
            s.ask(name, EDIT, Priority[name.upper()])
        await s.clock.advance(60)
        assert [name for _, name in s.granted] == ["ask", "stop", "final"]
        assert s.granted[0][0] <= 60 / 50 / SLOWER


async def test_threads_take_turns() -> None:
    async with street() as s:
        growing = [asyncio.create_task(_grow(s, f"thread {at}")) for at in range(10)]
        s.tasks += growing
        await s.clock.advance(60)
        s.granted.clear()
        await s.clock.advance(300)
        counts = [len(s.times(f"thread {at}")) for at in range(10)]
        assert max(counts) - min(counts) <= 1
        for at in range(10):
            times = s.times(f"thread {at}")
            gaps = [b - a for a, b in itertools.pairwise(times)]
            assert max(gaps) <= 1.5 * sum(gaps) / len(gaps)


async def test_one_thread_stays_close_behind_for_a_minute() -> None:
    async with street() as s:
        s.tasks.append(asyncio.create_task(_grow(s, "only")))
        await s.clock.advance(60)
        gaps = [b - a for a, b in itertools.pairwise(s.times())]
        assert max(gaps) <= 60 / 50 / SLOWER


async def _grow(s: Street, name: str, method: str = EDIT) -> None:
    while True:
        await s.lane.permit(method, "C1", Priority.DELTA, name)
        s.granted.append((s.clock.now, name))


async def test_patience_slack_asked_for_is_kept_by_that_method_only() -> None:
    async with street() as s:
        s.lane.blocked(EDIT, "C1", 30)
        s.ask("edit", EDIT, Priority.ASK)
        s.ask("post", POST, Priority.FIRST)
        await s.clock.advance(29.9)
        assert s.granted == [(0.0, "post")]
        await s.clock.advance(1)
        assert s.times("edit") == pytest.approx([30])


async def test_a_channel_that_is_posted_to_too_fast_holds_up_no_other() -> None:
    async with street() as s:
        s.lane.blocked(POST, "C1", 10)
        s.ask("there", POST, Priority.ASK)
        s.ask("elsewhere", POST, Priority.FIRST, channel="C2")
        await s.clock.advance(60)
        assert s.granted == [(0.0, "elsewhere"), (pytest.approx(10), "there")]


async def test_who_waits_learns_of_a_block_that_came_later() -> None:
    async with street() as s:
        for _ in range(EDITS + 1):
            s.ask("edit", EDIT, Priority.ASK)
        await settled()
        s.lane.blocked(EDIT, "C1", 20)
        await s.clock.advance(19.9)
        assert len(s.granted) == EDITS
        await s.clock.advance(2)
        assert len(s.granted) == EDITS + 1


async def test_after_the_lease_is_lost_nothing_is_granted() -> None:
    async with street() as s:
        await s.lane.permit(EDIT, "C1", Priority.DELTA, "m")
        waiting = s.ask("late", EDIT, Priority.DELTA, message="m")
        await settled()
        s.alive = False
        await s.clock.advance(5)
        with pytest.raises(LeaseLost):
            await waiting
        with pytest.raises(LeaseLost):
            await s.lane.permit(EDIT, "C1", Priority.ASK)
        with pytest.raises(LeaseLost):
            s.lane.require_alive()
        await s.lane.permit("chat.postEphemeral", "C1", Priority.STOP, fenced=False)


async def test_who_gives_up_leaves_nothing_behind() -> None:
    async with street() as s:
        await s.lane.permit(EDIT, "C1", Priority.DELTA, "m")
        waiting = s.ask("gone", EDIT, Priority.DELTA, message="m")
        await settled()
        waiting.cancel()
        await settled()
        assert s.clock.sleeping == 0
        await s.clock.advance(5)
        assert s.granted == []


async def test_a_permit_granted_to_somebody_who_just_gave_up_goes_to_the_next() -> None:
    async with street() as s:
        for _ in range(EDITS):
            await s.lane.permit(EDIT, "C1", Priority.ASK)
        gone = s.ask("gone", EDIT, Priority.ASK, message="m")
        await settled()
        s.clock.now = 1.0
        s.lane.closed("another")  # which lets it look: the permit is granted,
        gone.cancel()  # and nobody is there any more
        await settled()
        s.ask("next", EDIT, Priority.ASK, message="n")
        await settled()
        assert s.granted == [(1.0, "next")]
        await s.clock.advance(5)


async def test_no_end_is_kept_for_a_stream_whose_permit_came_too_late() -> None:
    async with street() as s:
        starts = 19
        for at in range(starts):
            await s.lane.permit(START, "C1", Priority.FIRST, str(at))
            s.lane.closed(str(at))
        gone = s.ask("gone", START, Priority.FIRST, message="m")
        await settled()
        room = s.lane.room(STOP)
        s.clock.now = 3.0
        s.lane.closed("another")
        gone.cancel()
        await settled()
        assert s.granted == []
        assert s.lane.room(STOP) >= room
        await s.clock.advance(5)


async def test_what_was_forgotten_changes_nothing() -> None:
    async with street() as s:
        for at in range(600):
            s.ask("post", POST, Priority.ASK, channel=f"C{at}", message=str(at))
            await s.clock.advance(0.3)
        assert len(s.granted) == 600
        posted_at = s.times()[-1]
        s.ask("edit", EDIT, Priority.DELTA, message="599")
        await s.clock.advance(5)
        assert s.times("edit") == pytest.approx([posted_at + MIN_INTERVAL])


async def test_a_stream_always_finds_the_call_that_ends_it() -> None:
    async with street() as s:
        streams = [f"stream {at}" for at in range(40)]
        begun: list[str] = []
        for stream in streams:
            if s.lane.room(START) >= 1:
                begun.append(stream)
                await s.lane.permit(START, "C1", Priority.FIRST, stream)
        assert len(begun) == 19
        await s.clock.advance(30)
        for stream in begun:
            s.ask(f"stop {stream}", STOP, Priority.FINAL, message=stream)
        await settled()
        assert len(s.times("stop")) == len(begun)


async def test_no_stream_is_begun_that_could_not_be_ended() -> None:
    async with street() as s:
        for _ in range(15):
            s.ask("spent", STOP, Priority.FINAL)
        await settled()
        for at in range(6):
            s.ask(f"start {at}", START, Priority.FIRST, message=f"stream {at}")
        await settled()
        assert s.lane.room(START) < 1 < s.lane.room(POST, "C1")
        assert len(s.times("start")) == 4
        s.lane.closed("stream 0")
        await settled()
        assert len(s.times("start")) == 5


async def test_room_is_what_is_not_kept_for_others() -> None:
    async with street() as s:
        assert s.lane.room(APPEND) == pytest.approx(100, abs=1)
        empty = s.lane.room(EDIT)
        await s.lane.permit(EDIT, "C1", Priority.DELTA, "m")
        assert empty - s.lane.room(EDIT) == pytest.approx(2)
        await s.lane.permit(EDIT, "C1", Priority.FINAL, "m")
        assert empty - s.lane.room(EDIT) == pytest.approx(2)
        s.lane.blocked(EDIT, "C1", 5)
        assert s.lane.room(EDIT) == 0
        assert s.lane.room(POST, "C1") == pytest.approx(4, abs=0.5)


async def test_posts_leave_an_edit_for_their_ends() -> None:
    async with street() as s:
        before = s.lane.room(EDIT)
        for at in range(20):
            await s.lane.permit(POST, f"C{at}", Priority.FIRST, f"short {at}")
        assert before - s.lane.room(EDIT) == pytest.approx(20)
        for at in range(100):
            s.ask(f"delta {at}", EDIT, Priority.DELTA, message=f"long {at}")
        await s.clock.advance(10)
        before = len(s.granted)
        for at in range(20):
            s.ask("final", EDIT, Priority.FINAL, message=f"short {at}")
        await settled()
        assert len(s.granted) - before == 20


async def test_the_pace_slows_as_more_grow_and_as_less_is_left() -> None:
    async with street() as s:
        assert s.lane.pace(APPEND) == MIN_INTERVAL
        for at in range(30):
            s.tasks.append(asyncio.create_task(_grow(s, f"stream {at}", APPEND)))
        await s.clock.advance(1)
        many = s.lane.pace(APPEND)
        assert many > 2 * MIN_INTERVAL
        await s.clock.advance(30)
        assert s.lane.pace(APPEND) > 2 * many
        assert s.lane.pace(EDIT) == MIN_INTERVAL
        s.lane.blocked(APPEND, "C1", 50)
        assert s.lane.pace(APPEND, "stream 1") >= 50


async def test_a_stream_that_is_stopped_in_the_middle_counts_among_the_edits_at_once() -> None:
    async with street() as s:
        alone = s.lane.pace(EDIT)
        for at in range(10):
            await s.lane.permit(START, "C1", Priority.FIRST, f"stream {at}")
            await s.lane.permit(STOP, "C1", Priority.DELTA, f"stream {at}")
        assert s.lane.pace(EDIT) > 2 * alone
        assert s.lane.room(EDIT) == pytest.approx(EDITS - 10, abs=1)


@pytest.mark.parametrize("growing", [1, 3, 10])
async def test_a_card_and_its_end_are_everywhere_at_once_while_threads_grow_E35_E42(
    growing: int,
) -> None:
    async with street() as s:

        async def grows(number: int) -> None:
            while True:
                await s.lane.permit(EDIT, "C1", Priority.DELTA, f"text {number}")

        s.tasks += [asyncio.create_task(grows(number)) for number in range(growing)]
        await s.clock.advance(60)
        places = {"C1": "own", "C9": "ops"} | {f"D{n}": f"person {n}" for n in range(4)}
        for channel, name in places.items():
            s.ask("posted", POST, Priority.ASK, channel, name)
        await s.clock.advance(1)
        assert s.times("posted") == [60.0] * 6
        await s.clock.advance(59)
        for status in ("sending", "settled"):
            for channel, name in places.items():
                s.ask(status, EDIT, Priority.ASK, channel, name)
        await s.clock.advance(2)
        assert len(s.times("sending")) == len(s.times("settled")) == 6
        kept = s.lane.room(EDIT)
        for name in places.values():
            s.lane.settled(name)
        assert s.lane.room(EDIT) >= kept


async def test_for_cards_that_are_settled_nothing_is_kept() -> None:
    async with street() as s:
        s.ask("posted", POST, Priority.ASK, "C9", "card")
        await settled()
        assert s.lane.room(EDIT) == pytest.approx(EDITS - 2, abs=0.5)
        s.lane.settled("card")
        assert s.lane.room(EDIT) == pytest.approx(EDITS, abs=0.5)


async def test_what_rested_is_shown_first() -> None:
    async with street() as s:
        for at in range(EDITS - 9):
            await s.lane.permit(EDIT, "C1", Priority.ASK, f"m{at}")
            await s.clock.advance(0.01)
        for at in reversed(range(5)):
            s.ask(f"m{at}", EDIT, Priority.DELTA, message=f"m{at}")
        await s.clock.advance(60)
        assert [name for _, name in s.granted] == [f"m{at}" for at in range(5)]


async def test_all_refusals_are_told_and_those_of_a_former_owner_kept() -> None:
    told: list[tuple[str, str, float]] = []
    clock = FakeClock()
    lane = Lane(lambda: True, clock, lambda *refusal: told.append(refusal))
    lane.blocked(POST, "C1", 3)
    lane.blocked(EDIT, "C1", 4)
    assert told == [(POST, "C1", 3), (EDIT, "", 4)]
    lane.restore(APPEND, "", 20)
    lane.restore("chat.unheardOf", "", 20)
    assert lane.room(APPEND) == 0
    waiting = asyncio.create_task(lane.permit(APPEND, "C1", Priority.DELTA, "m"))
    await clock.advance(19.9)
    assert not waiting.done()
    await clock.advance(0.2)
    assert waiting.done()
    assert len(told) == 2


async def test_a_workspace_without_bursts_is_known_by_one_refusal() -> None:
    async with street() as s:
        for _ in range(100):
            s.ask("append", APPEND, Priority.FINAL)
        await s.clock.advance(5)
        s.lane.blocked(APPEND, "C1", 55)
        for _ in range(200):
            s.ask("edit", EDIT, Priority.FINAL)
        await s.clock.advance(59)
        assert len(s.times("edit")) <= 50


def test_budgets_are_slacks_tiers() -> None:
    for method, budget in limits.BUDGETS.items():
        allowed = 300 if method == POST else METHODS[method].per_minute
        assert budget.rate == limits.Rate(allowed, allowed)


CALLS = st.lists(
    st.tuples(
        st.floats(0, 20),
        st.sampled_from([POST, EDIT, START, APPEND, STOP, "reactions.remove"]),
        st.sampled_from(Priority),
        st.sampled_from(["C1", "C2"]),
        st.sampled_from(["", "m1", "m2", "m3"]),
        st.integers(1, 50),
    ),
    max_size=16,
)


@settings(deadline=None, max_examples=30)
@given(CALLS, st.randoms(use_true_random=False))
def test_slack_refuses_nothing_that_was_granted_and_everybody_is_served(
    calls: list[tuple[float, str, Priority, str, str, int]], random: Random
) -> None:
    """However calls come, and though each takes up to a tenth of a second to reach Slack."""

    async def scenario() -> None:
        async with street() as s:
            for wait, method, priority, channel, message, times in calls:
                await s.clock.advance(wait)
                for _ in range(times):
                    s.ask(f"{method} {channel}", method, priority, channel, message)
            await s.clock.advance(10_000)
            assert len(s.granted) == sum(times for *_, times in calls)
            slack = Limits("standard", limits.POSTS_PER_CHANNEL.burst)
            arrivals = sorted((at + random.uniform(0, 0.1), name) for at, name in s.granted)
            for at, name in arrivals:
                method, channel = name.split()
                assert not slack.refuse_for(METHODS[method], "T1", channel, at)

    asyncio.run(scenario())
