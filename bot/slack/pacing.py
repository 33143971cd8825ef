"""How often a growing text is shown: as often as what is left of an allowance suggests. Pure.

Of N texts that grow at once each is shown once per interval T. Were the end of this busy time
known, h seconds away, a text last shown `a` seconds ago would need (h + a) / T more calls, its end
among them: T is the sum of h + a over all texts, divided by the calls there are until then. The end
is not known: a time of usual length is expected at first, later that it goes on for some part of
what it has lasted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

MIN_INTERVAL: Final = 0.525
"""Nobody reads faster; a quarter of a minute costs one text 27 calls."""
SHORT: Final = 15.5
"""Seconds within which a busy time usually ends."""
LONG: Final = 60.0
"""Seconds that it usually lasts otherwise."""
LINGERS: Final = 0.5
"""The part of what it has lasted for which it goes on, if it lasts longer still."""
SHORTEST: Final = 2.0
STILL_GROWING: Final = 2.5
"""Seconds after a call in which its message counts as growing though it asks for none."""

_LEAST = 0.1


def horizon(prior: float, busy_for: float) -> float:
    """The seconds over which what is left is spread. In a minute an allowance is there anew:
    nothing need be saved for longer."""
    if busy_for < SHORT:
        return max(prior - busy_for, SHORTEST)
    return min(LONG, max(LONG - busy_for, busy_for * LINGERS))


def interval(growing: int, unseen: float, supply: float, seconds: float) -> float:
    """Between two calls for each of `growing` messages, which were up to date `unseen` seconds
    ago in sum, with `supply` calls for the next `seconds`."""
    return max(MIN_INTERVAL, (growing * seconds + unseen) / max(supply, _LEAST))


class Recent:
    """Names with the time each was last seen, forgotten `seconds` later."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[str, float] = {}

    def see(self, name: str, now: float) -> None:
        self._seen.pop(name, None)
        self._seen[name] = now
        self._tidy(now)

    def at(self, name: str) -> float:
        return self._seen.get(name, -math.inf)

    def forget(self, name: str) -> None:
        self._seen.pop(name, None)

    def times(self, now: float) -> Iterable[float]:
        self._tidy(now)
        return self._seen.values()

    def count(self, now: float) -> int:
        self._tidy(now)
        return len(self._seen)

    def _tidy(self, now: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if self._seen[oldest] + self._seconds > now:
                break
            del self._seen[oldest]


class Growth:
    """The messages that grow by one method: those that ask for it, and those that did just now."""

    def __init__(self) -> None:
        self._asking: dict[str, float] = {}
        self._resting = Recent(STILL_GROWING)

    def ask(self, message: str, shown_at: float, now: float) -> float:
        """Since when it shows less than there is: it was up to date if it rested."""
        since = shown_at if shown_at + STILL_GROWING > now else now
        self._asking[message] = since
        self._resting.forget(message)
        return since

    def rest(self, message: str, now: float) -> None:
        """It does not ask at the moment."""
        self._asking.pop(message, None)
        self._resting.see(message, now)

    def end(self, message: str) -> None:
        self._resting.forget(message)

    def count(self, now: float) -> int:
        return len(self._asking) + self._resting.count(now)

    def unseen(self, now: float) -> float:
        """The seconds since each was up to date, in sum."""
        asking = sum(now - since for since in self._asking.values())
        return asking + sum(now - seen_at for seen_at in self._resting.times(now))

    def holds(self, message: str, now: float) -> bool:
        return message in self._asking or self._resting.at(message) + STILL_GROWING > now
