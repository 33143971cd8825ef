"""What is left of an allowance: full at first, stricter after a refusal it did not foresee."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.slack.allowance import (
    SLOWER,
    SPACED_FOR,
    STRICT_FOR,
    WINDOW,
    Allowance,
    Strictness,
)
from bot.slack.limits import Rate

FIFTY = Rate(per_minute=50, burst=50)
FLOW = 50 * SLOWER / 60


def _take_all(allowance: Allowance, now: float) -> int:
    taken = 0
    while allowance.wait(1, now) == 0:
        allowance.take(now)
        taken += 1
    return taken


def _waited_for(allowance: Allowance, calls: int, now: float) -> list[float]:
    """When each of so many calls could be made, one after the other."""
    times: list[float] = []
    for _ in range(calls):
        while wait := allowance.wait(1, now):
            now += wait
        allowance.take(now)
        times.append(now)
    return times


def test_a_rested_allowance_gives_nearly_all_at_once_and_then_what_flows_in() -> None:
    allowance = Allowance(FIFTY)
    assert _take_all(allowance, 100) == 49
    gaps = [later - sooner for sooner, later in pairwise(_waited_for(allowance, 5, 100))]
    assert gaps == pytest.approx([1 / FLOW] * 4)


def test_it_is_full_again_after_little_more_than_a_minute() -> None:
    allowance = Allowance(FIFTY)
    _take_all(allowance, 0)
    assert _take_all(allowance, 60 / SLOWER) == 49


def test_what_it_supplies_within_a_time_can_be_had_within_that_time() -> None:
    allowance = Allowance(FIFTY)
    _take_all(allowance, 0)
    supply = allowance.supply(30, 0)
    times = _waited_for(allowance, 30, 0)
    assert sum(at <= 30 for at in times) == int(supply)


def test_busy_since_it_was_last_full() -> None:
    allowance = Allowance(FIFTY)
    assert allowance.busy_for(10) == 0
    allowance.take(10, began=8)
    _take_all(allowance, 11)
    assert allowance.busy_for(20) == 12
    assert allowance.busy_for(90) == 0


def test_after_a_refusal_there_is_nothing_then_one_call_then_the_usual_pace() -> None:
    allowance = Allowance(FIFTY, learned_from=0)
    allowance.take(0)
    allowance.refused(7, 0)
    assert allowance.level(6.9) == 0
    assert allowance.supply(5, 0) == 0
    times = _waited_for(allowance, 3, 0)
    assert times == pytest.approx([7, 7 + 1 / FLOW, 7 + 2 / FLOW])


def test_a_minute_without_burst_is_learnt_from_one_refusal() -> None:
    allowance = Allowance(FIFTY, learned_from=0)
    times = _waited_for(allowance, 51, 0)
    allowance.refused(55, times[-1])
    assert allowance.strictness(times[-1]) is Strictness.WINDOW
    later = _waited_for(allowance, 150, times[-1])
    accepted = [*times[:-1], *later]
    for last, at in enumerate(accepted):
        assert sum(at - 60 < before <= at for before in accepted[: last + 1]) <= 50


def test_what_leaves_the_window_is_supplied_again() -> None:
    allowance = Allowance(FIFTY)
    allowance.be(Strictness.WINDOW, 0)
    assert _take_all(allowance, 0) == 49
    assert allowance.supply(30, 0) == 0
    assert allowance.supply(45, 20) == 49
    assert allowance.wait(1, 20) == pytest.approx(WINDOW - 20)


def test_a_refusal_nothing_explains_spaces_the_calls() -> None:
    allowance = Allowance(FIFTY)
    times = _waited_for(allowance, 3, 100)
    allowance.refused(2, times[-1])
    assert allowance.strictness(times[-1]) is Strictness.SPACED
    times = _waited_for(allowance, 4, 200)
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert gaps == pytest.approx([1 / FLOW] * 3)


def test_what_a_former_owner_used_teaches_nothing() -> None:
    allowance = Allowance(FIFTY, learned_from=1000)
    allowance.take(1010)
    allowance.refused(20, 1010)
    assert allowance.strictness(1010) is Strictness.BURST


def test_refusals_of_calls_that_were_under_way_say_nothing_new() -> None:
    allowance = Allowance(FIFTY)
    times = _waited_for(allowance, 53, 0)
    for _ in range(4):
        allowance.refused(30, times[-1])
    assert allowance.strictness(times[-1]) is Strictness.WINDOW


def test_strictness_passes_the_strictest_first() -> None:
    allowance = Allowance(FIFTY)
    allowance.be(Strictness.SPACED, 0)
    allowance.be(Strictness.WINDOW, 10)
    assert allowance.strictness(SPACED_FOR - 1) is Strictness.SPACED
    assert allowance.strictness(SPACED_FOR) is Strictness.WINDOW
    assert allowance.strictness(STRICT_FOR + 10) is Strictness.BURST
    assert allowance.is_fresh(STRICT_FOR + 10)


def test_what_passed_too_soon_lasts_twice_as_long_up_to_an_hour() -> None:
    allowance = Allowance(FIFTY)
    now, lasted = 0.0, list[float]()
    for _ in range(6):
        allowance.take(now)
        allowance.refused(1, now)
        began = now
        while allowance.strictness(now) is Strictness.SPACED:
            now += SPACED_FOR / 2
        lasted.append(now - began)
    assert lasted == [300, 600, 1200, 2400, 3600, 3600]


def test_long_after_the_last_hiccup_the_next_is_the_first_again() -> None:
    allowance = Allowance(FIFTY)
    for _ in range(3):
        allowance.be(Strictness.SPACED, 0)
    much_later = 4 * SPACED_FOR + STRICT_FOR + 1
    allowance.be(Strictness.SPACED, much_later)
    assert allowance.strictness(much_later + SPACED_FOR) is Strictness.WINDOW


def test_a_call_that_was_given_back_was_never_taken() -> None:
    allowance = Allowance(FIFTY)
    allowance.be(Strictness.WINDOW, 0)
    assert _take_all(allowance, 0) == 49
    allowance.give_back(0, 0)
    assert _take_all(allowance, 0) == 1
    allowance.give_back(17, 0)
    assert _take_all(allowance, 0) == 0
