"""Permits: within Slack's limits in any window, the urgent first, everybody in the end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import LeaseLost
from bot.core.views import Priority
from bot.slack import limits
from bot.slack.lane import EDIT, POST, Lane
from tests.slack.fake_clock import FakeClock, settled


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
        s.ask("b", EDIT, Priority.DELTA, message="b")
        await s.clock.advance(10)
        assert s.times("a") == pytest.approx([0, limits.EDIT_SPACING, 2 * limits.EDIT_SPACING])
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
        gap = 60 / limits.POSTS_PER_CHANNEL.per_minute
        assert s.times("busy") == pytest.approx([0, 0, 0, gap, 2 * gap, 3 * gap])
        assert s.times("quiet") == [0]


async def test_the_urgent_go_first_and_find_a_token_however_many_texts_grow() -> None:
    async with street() as s:
        for at in range(100):
            s.ask(f"delta {at}", EDIT, Priority.DELTA, message=str(at))
        await settled()
        kept = limits.RESERVED[Priority.DELTA] * limits.TIER_3.burst
        assert len(s.granted) == int(limits.TIER_3.burst - kept)
        s.ask("final", EDIT, Priority.FINAL)
        s.ask("ask", EDIT, Priority.ASK)
        await settled()
        assert [name for _, name in s.granted[-2:]] == ["final", "ask"]


async def test_at_the_bottom_the_most_urgent_waits_shortest() -> None:
    async with street() as s:
        for _ in range(int(limits.TIER_3.burst)):
            s.ask("spent", EDIT, Priority.ASK)
        await settled()
        s.granted.clear()
        for name in ("final", "ask", "stop"):
            s.ask(name, EDIT, Priority[name.upper()])
        await s.clock.advance(60)
        assert [name for _, name in s.granted] == ["ask", "stop", "final"]
        assert s.granted[0][0] == pytest.approx(60 / limits.TIER_3.per_minute)


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
        assert max(gaps) <= limits.EDIT_SPACING + 0.01


async def _grow(s: Street, name: str) -> None:
    while True:
        await s.lane.permit(EDIT, "C1", Priority.DELTA, name)
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
        for _ in range(int(limits.TIER_3.burst) + 1):
            s.ask("edit", EDIT, Priority.ASK)
        await settled()
        s.lane.blocked(EDIT, "C1", 20)
        await s.clock.advance(19.9)
        assert len(s.granted) == int(limits.TIER_3.burst)
        await s.clock.advance(2)
        assert len(s.granted) == int(limits.TIER_3.burst) + 1


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


async def test_what_was_forgotten_changes_nothing() -> None:
    async with street() as s:
        for at in range(600):
            s.ask("post", POST, Priority.ASK, channel=f"C{at}", message=str(at))
            await s.clock.advance(0.3)
        assert len(s.granted) == 600
        posted_at = s.times()[-1]
        s.ask("edit", EDIT, Priority.DELTA, message="599")
        await s.clock.advance(5)
        assert s.times("edit") == pytest.approx([posted_at + limits.EDIT_SPACING])


CALLS = st.lists(
    st.tuples(
        st.floats(0, 5),
        st.sampled_from([POST, EDIT, "reactions.remove"]),
        st.sampled_from(Priority),
        st.sampled_from(["C1", "C2"]),
        st.sampled_from(["", "m1", "m2"]),
    ),
    max_size=120,
)


@settings(deadline=None, max_examples=60)
@given(CALLS)
def test_no_window_holds_more_than_slack_allows_and_everybody_is_served(
    calls: list[tuple[float, str, Priority, str, str]],
) -> None:
    async def scenario() -> None:
        async with street() as s:
            for wait, method, priority, channel, message in calls:
                await s.clock.advance(wait / 20)
                s.ask(f"{method} {channel}", method, priority, channel, message)
            await s.clock.advance(1000)
            assert len(s.granted) == len(calls)
            for method in (POST, EDIT, "reactions.remove"):
                _within(s.times(method), limits.RATES[method])
            for channel in ("C1", "C2"):
                _within(s.times(f"{POST} {channel}"), limits.POSTS_PER_CHANNEL)

    asyncio.run(scenario())


def _within(times: list[float], rate: limits.Rate) -> None:
    for first in range(len(times)):
        for last in range(first, len(times)):
            allowed = rate.burst + (times[last] - times[first]) * rate.per_minute / 60
            assert last - first + 1 <= allowed + 1e-3


def test_what_is_allowed_stays_below_slacks_tiers() -> None:
    tiers = {EDIT: 50, "reactions.remove": 20, "chat.postEphemeral": 100, POST: 300}
    assert all(limits.RATES[method].per_minute <= 0.9 * tier for method, tier in tiers.items())
