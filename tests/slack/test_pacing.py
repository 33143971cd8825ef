"""The interval of growing texts: fair, within what there is, and never shorter than of use."""

from __future__ import annotations

import pytest

from bot.slack.pacing import (
    LONG,
    MIN_INTERVAL,
    SHORT,
    SHORTEST,
    STILL_GROWING,
    Growth,
    Recent,
    horizon,
    interval,
)


def test_plenty_is_spent_as_fast_as_anybody_reads() -> None:
    assert interval(1, 0, supply=60, seconds=15) == MIN_INTERVAL


def test_a_supply_lasts_exactly_for_the_time_it_is_spread_over() -> None:
    """Ten texts, each shown once per interval and at the end, for fifteen seconds."""
    every = interval(10, 0, supply=50, seconds=15)
    assert every == pytest.approx(3)
    shown_at = [3.0] * 10
    left, now = 50 - 10, 3.0
    unseen = sum(now - at for at in shown_at)
    assert interval(10, unseen, left, 15 - now) == pytest.approx(every)


def test_within_a_round_the_interval_stays() -> None:
    """Five of ten were just shown, five are about to be."""
    assert interval(10, 5 * 3.0, supply=45, seconds=12) == pytest.approx(3)


def test_without_supply_the_interval_is_long_but_finite() -> None:
    assert 60 < interval(1, 0, supply=0, seconds=15) < 1000


def test_a_busy_time_is_expected_to_be_short_then_a_minute_then_to_go_on() -> None:
    assert horizon(20, 0) == 20
    assert horizon(20, 5) == 15
    assert horizon(15, SHORT - 0.1) == SHORTEST
    assert horizon(20, SHORT) == LONG - SHORT
    assert horizon(20, 80) == 40
    assert horizon(20, 1000) == LONG


def test_names_are_forgotten_in_time() -> None:
    recent = Recent(10)
    recent.see("a", 0)
    recent.see("b", 5)
    recent.see("a", 8)
    assert recent.count(14) == 2
    assert recent.at("a") == 8
    assert recent.count(15) == 1
    assert list(recent.times(15)) == [8]
    recent.forget("a")
    assert recent.count(15) == 0
    assert recent.at("a") == float("-inf")


def test_who_asks_grows_and_who_asked_just_now() -> None:
    growth = Growth()
    assert growth.ask("a", 9, 10) == 9
    assert growth.ask("rested", 0, 10) == 10
    assert growth.count(12) == 2
    assert growth.unseen(12) == 3 + 2
    growth.rest("a", 12)
    assert growth.count(13) == 2
    assert growth.unseen(13) == 1 + 3
    assert growth.holds("a", 13)
    assert growth.count(12 + STILL_GROWING) == 1
    growth.end("rested")
    assert growth.holds("rested", 20)
