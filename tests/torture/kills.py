"""Where the bot is killed: named points and random moments, drawn from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from typing import Literal

Way = Literal["victim", "posted", "draining", "moment"]


@dataclass(frozen=True, slots=True)
class Kill:
    """One `kill -9`. `victim`: the bot does it itself at the `nth` time of a point. `posted`: when
    the local Slack has applied the `nth` post, whose answer is lost. `draining`: after a SIGTERM
    `after` seconds into the story. `moment`: `after` seconds into it."""

    way: Way
    point: str
    nth: int = 1
    after: float = 0.0

    def __str__(self) -> str:
        if self.way in ("victim", "posted"):
            return f"{self.point}, time {self.nth}"
        return f"{self.point}, {self.after:.3f} s into it"


Plan = tuple[Kill, ...]
"""The kills of one story, one for each life of the bot before its last."""

# How often a story reaches a point at least: within these, every victim gets there.
REACHED = {
    "input committed, not acked": 6,
    "session adopted": 2,
    "intent committed": 6,
    "posted, ts not stored": 6,
    "inside a save": 5,
    "before the commit of a save": 12,
    "after the commit of a save": 12,
}
POSTS = 6
NAMED = (*REACHED, "lease claimed", "post applied, answer lost", "draining")


def plans(kills: int, seconds: float, random: Random) -> list[Plan]:
    """Half at named points, each of them at least once, and half at random moments of a story that
    takes `seconds`."""
    named = min(kills, max(kills // 2, len(NAMED)))
    chosen = [_named(point, seconds, random) for point in islice(cycle(NAMED), named)]
    moments = islice(_moments(kills - named, seconds, random), kills - named)
    return [*chosen, *((moment,) for moment in moments)]


def _moments(count: int, seconds: float, random: Random) -> Iterator[Kill]:
    """One in each of `count` equal stretches of the story."""
    for number in range(count):
        after = (number + random.random()) * seconds / count
        yield Kill("moment", "at a random moment", after=after)


def _named(point: str, seconds: float, random: Random) -> Plan:
    some_time = random.uniform(0.0, seconds)
    match point:
        case "post applied, answer lost":
            return (Kill("posted", point, nth=random.randint(1, POSTS)),)
        case "draining":
            return (Kill("draining", point, after=some_time),)
        case "lease claimed":  # in a takeover: there is work to take over
            return (
                Kill("moment", "at a random moment", after=some_time),
                Kill("victim", point),
            )
        case _:
            return (Kill("victim", point, nth=random.randint(1, REACHED[point])),)
