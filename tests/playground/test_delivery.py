"""The courier's retries, the same for sockets and for request URLs: on a clock that only the test
moves, and by a transport that fails as it is told."""

import asyncio
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playground.clock import Clock
from bot.playground.delivery import ACK_DEADLINE, Courier, NotTaken
from bot.playground.feed import Signal
from bot.playground.journal import Attempt, Delivery

SCHEDULE = (0.5, 60.0, 300.0)
# What becomes of a try: taken, refused, refused for good, never answered, or nobody is there.
Fate = Literal["taken", "refused", "final", "silent", "absent"]
FATES: tuple[Fate, ...] = ("taken", "refused", "final", "silent", "absent")


class Told:
    """A transport that meets its fates in order, and notes when it was used."""

    def __init__(self, clock: Clock, fates: list[Fate]) -> None:
        self.clock = clock
        self.fates = fates
        self.tries: list[tuple[float, int, str | None]] = []
        self.turn = -1

    def reaches(self, delivery: Delivery) -> bool:
        self.turn += 1
        return self.fates[self.turn] != "absent"

    async def send(self, delivery: Delivery, attempt: Attempt) -> Any:
        self.tries.append((self.clock(), attempt.retry_attempt, attempt.retry_reason))
        match self.fates[self.turn]:
            case "taken":
                return {"text": "yes"}
            case "silent":
                await asyncio.Event().wait()
            case fate:
                raise NotTaken("http_error", final=fate == "final")


def expected(fates: list[Fate]) -> tuple[str, list[tuple[float, int, str | None]]]:
    """The outcome, and each try: when, its number, and why the one before failed."""
    now, reason = 0.0, None
    tries: list[tuple[float, int, str | None]] = []
    for number, (wait, fate) in enumerate(zip((0.0, *SCHEDULE), fates, strict=True)):
        now += wait
        if fate == "absent":
            if not tries:
                return "lost", []
            continue
        tries.append((now, number, reason))
        if fate == "taken":
            return "acked", tries
        if fate == "final":
            break
        now += ACK_DEADLINE if fate == "silent" else 0.0
        reason = "http_timeout" if fate == "silent" else "http_error"
    return "given_up", tries


async def delivered(fates: list[Fate]) -> tuple[Delivery, Told]:
    clock = Clock(lambda: 0.0)
    told = Told(clock, fates)
    courier = Courier(lambda: told, clock, Signal(), retry_schedule=SCHEDULE)
    delivery = Delivery(0.0, "events_api", {"event": {"type": "message"}})
    courier.send_event(delivery)
    while delivery.outcome == "pending":
        # Let everything happen that can without time; then only time can help.
        for _ in range(20):
            await asyncio.sleep(0)
        if clock.dues:
            clock.advance(max(0.0, min(clock.dues) - clock()))
    await courier.close()
    return delivery, told


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(FATES), min_size=4, max_size=4))
def test_an_event_is_tried_when_and_as_often_as_slack_does(fates: list[Fate]) -> None:
    delivery, told = asyncio.run(delivered(fates))
    outcome, tries = expected(fates)
    assert (delivery.outcome, told.tries) == (outcome, tries)
    assert len(delivery.attempts) == len(tries)
    acked = [attempt.acked_after is not None for attempt in delivery.attempts]
    assert sum(acked) == (outcome == "acked")


async def test_an_interaction_is_tried_once() -> None:
    cases: tuple[tuple[Fate, str], ...] = (
        ("taken", "acked"),
        ("refused", "given_up"),
        ("absent", "lost"),
    )
    for fate, outcome in cases:
        clock = Clock(lambda: 0.0)
        told = Told(clock, [fate, "taken"])
        courier = Courier(lambda told=told: told, clock, Signal(), retry_schedule=SCHEDULE)
        click = Delivery(0.0, "interactive", {"type": "block_actions"})
        assert await courier.interact(click) is (outcome == "acked")
        assert click.outcome == outcome


async def test_what_the_app_answered_is_kept_with_the_attempt() -> None:
    delivery, _ = await delivered(["refused", "taken", "taken", "taken"])
    assert [attempt.payload for attempt in delivery.attempts] == [None, {"text": "yes"}]
    assert [attempt.failure for attempt in delivery.attempts] == ["http_error", None]
