"""How near the lane's decisions come to what one could reach who knew the future."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.bench.pacing import LATENCY, SCENES, Scene, bound, play

BY_NAME = {scene.name: scene for scene in SCENES}

NEAR = {
    "ten, edits": 1.5,
    "ten, streams": 1.1,
    "ten, streams, 60 s": 1.3,
    "ten, streams, three turns": 1.3,
    "ten, edits, window": 1.3,
    "ten, streams, window": 1.3,
    "ten, streams, one channel": 1.1,
    "ten, edits, 60 s": 1.5,
}
"""The worst thread's mean to the least possible."""


@pytest.mark.parametrize("name", NEAR)
async def test_no_thread_is_far_behind_what_is_possible(name: str) -> None:
    scene = BY_NAME[name]
    outcome = await play(scene)
    assert outcome.worst_mean <= NEAR[name] * bound(scene)
    assert outcome.worst_last <= 0.5
    if scene.mode == "standard":
        assert not outcome.refused


async def test_a_lone_text_stays_close_behind() -> None:
    for native in (False, True):
        outcome = await play(Scene("quiet", 1, native))
        assert outcome.calls.total() <= 30
        assert outcome.worst_first <= 0.25
        behind = sorted(outcome.threads[0].behind)
        assert behind[int(len(behind) * 0.95)] <= 0.6


async def test_thirty_short_answers_come_at_once_and_end_in_time() -> None:
    for native in (False, True):
        outcome = await play(Scene("short", 30, native, seconds=2))
        assert outcome.worst_first <= 2 * LATENCY
        assert outcome.worst_last <= 0.5
        assert not outcome.refused


async def test_thirty_long_ones_end_in_time_too() -> None:
    outcome = await play(BY_NAME["thirty, edits"])
    assert outcome.worst_first <= 2 * LATENCY
    assert outcome.worst_last <= 0.5
    assert not outcome.refused


@pytest.mark.parametrize("native", [False, True])
async def test_a_workspace_without_bursts_refuses_once_and_not_again(native: bool) -> None:
    """The calls under way at that moment are refused with it."""
    scene = Scene("window", 10, native, seconds=60, mode="window")
    first = await play(scene)
    all_of_them = await play(replace(scene, turns=4))
    assert 0 < first.refused.total() <= 10
    assert all_of_them.refused == first.refused
    assert all(max(thread.last[1:]) <= 0.5 for thread in all_of_them.threads)
