"""A dozen kills in each test run; `make torture` makes a hundred."""

import os
from random import Random

import pytest

from tests.torture.kills import NAMED, plans
from tests.torture.run import all_of, uninterrupted

KILLS = 12
SEED = 2

pytestmark = pytest.mark.slow


@pytest.mark.timeout(900)  # it is a dozen stories
async def test_killed_anywhere_people_read_the_same_in_the_end_E71(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = await uninterrupted()
    drawn = plans(KILLS, plain.seconds, Random(SEED))
    verdicts = [verdict async for verdict in all_of(drawn, plain.ending, os.cpu_count() or 1)]
    equal = sum(not verdict.wrong for verdict in verdicts)
    with capsys.disabled():
        print(f" torture: {equal} of {KILLS} equal ", end="")
    wrong = [f"killed {verdict}" for verdict in verdicts if verdict.wrong]
    assert not wrong, "\n\n".join(wrong)


def test_a_dozen_kills_reach_every_named_point() -> None:
    drawn = plans(KILLS, 4.0, Random(SEED))
    assert {kill.point for plan in drawn for kill in plan} > set(NAMED)
