"""What is left of an allowance, as far as its owner can know. Pure: time is an argument.

At first an allowance is a token bucket: some workspaces take a whole minute's calls at once.
Where a refusal shows that ours does not, the allowance becomes stricter for an hour. The strictest
form costs most and may be learnt from a mere hiccup: it passes sooner, and lasts longer each time
it turns out that it passed too soon.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from enum import IntEnum
from typing import Final

from bot.slack.limits import Rate

JITTER: Final = 0.25
"""Seconds by which calls may reach Slack closer together than they were granted."""
SLOWER: Final = 0.98
"""Our pace to Slack's, because clocks differ."""
WINDOW: Final = 60 / SLOWER
STRICT_FOR: Final = 3600.0
SPACED_FOR: Final = 300.0
"""At first; twice as long each time again, up to `STRICT_FOR`."""
SAME_REFUSAL: Final = 5.0
"""Seconds in which further refusals say nothing new: those calls were under way already."""

_ALMOST = 1e-6
_MOST_OF = 0.9


class Strictness(IntEnum):
    BURST = 0
    """A token bucket."""
    WINDOW = 1
    """And never more than a minute's calls in any minute."""
    SPACED = 2
    """And each call at its distance from the one before."""


class Allowance:
    """`learned_from`: what came before is not known. A refusal within a minute of it may be due to
    the calls of a former owner."""

    def __init__(self, rate: Rate, learned_from: float = -math.inf) -> None:
        self._flow = SLOWER * rate.per_minute / 60
        self.burst = rate.burst - JITTER * rate.per_minute / 60
        self._most = math.floor(rate.per_minute - 1)
        self._learned_from = learned_from
        self._level, self._at = self.burst, -math.inf
        self._granted: deque[float] = deque()
        self._full_at = -math.inf
        self._closed_until = self._refused_at = -math.inf
        self._window_until = self._spaced_until = -math.inf
        self._spaced_for = SPACED_FOR

    def level(self, now: float) -> float:
        """The calls that could be made now."""
        if self.closed_for(now) > 0:
            return 0.0
        level = max(0.0, self._flown(now))
        strictness = self.strictness(now)
        if strictness >= Strictness.WINDOW:
            level = min(level, self._most - self._count(now))
        if strictness >= Strictness.SPACED:
            level = min(level, 1.0 if self._spacing(now) <= _ALMOST else 0.0)
        return max(0.0, level)

    def wait(self, calls: float, now: float) -> float:
        """Seconds until `calls` could be made at once, or as many as ever can be."""
        missing = min(calls, self.burst) - self._flown(now)
        wait = self.closed_for(now) + (missing / self._flow if missing > _ALMOST else 0.0)
        strictness = self.strictness(now)
        if strictness >= Strictness.WINDOW:
            count = self._count(now)
            surplus = math.ceil(count + min(calls, self._most) - self._most - _ALMOST)
            if surplus > 0:
                last_to_leave = self._granted[len(self._granted) - count + surplus - 1]
                wait = max(wait, last_to_leave + WINDOW - now)
        if strictness >= Strictness.SPACED:
            wait = max(self.closed_for(now), self._spacing(now))
        return wait if wait > _ALMOST else 0.0

    def supply(self, seconds: float, now: float) -> float:
        """The calls that can be made within `seconds`, at most a minute."""
        flowing = seconds - self.closed_for(now)
        if flowing <= 0:
            return 0.0
        supply = max(0.0, self._flown(now)) + flowing * self._flow
        strictness = self.strictness(now)
        if strictness >= Strictness.WINDOW:
            supply = min(supply, self._most - self._count(now + seconds))
        if strictness >= Strictness.SPACED:
            supply = min(supply, flowing * self._flow)
        return supply

    def busy_for(self, now: float) -> float:
        """Seconds since it was full, or since its first call after that was waited for."""
        return 0.0 if self._is_full(now) else now - self._full_at

    def is_fresh(self, now: float) -> bool:
        """Whether it differs in nothing from a new one."""
        return (
            self._is_full(now)
            and self.closed_for(now) <= 0
            and self.strictness(now) is Strictness.BURST
        )

    def take(self, now: float, began: float | None = None) -> None:
        """One call, at the end of a wait that `began` before, if it did."""
        if self._is_full(now):
            self._full_at = now if began is None else began
        self._level, self._at = self._flown(now) - 1, max(self._at, now)
        self._granted.append(now)
        while self._granted[0] + WINDOW <= now:
            self._granted.popleft()

    def give_back(self, taken_at: float, now: float) -> None:
        """A call that was taken then will not be made."""
        if taken_at in self._granted:
            self._granted.remove(taken_at)
            self._level = min(self._flown(now) + 1, self.burst)
            self._at = max(self._at, now)

    def refused(self, seconds: float, now: float) -> None:
        """Slack did not take a call that was granted here, and will take none for `seconds`."""
        if self._granted:
            self._granted.pop()
        if now > max(self._refused_at + SAME_REFUSAL, self._closed_until):
            self._learn(now)
        self._refused_at = now
        self.close(seconds, now)

    def be(self, strictness: Strictness, now: float) -> None:
        """At least so strict from now on, for a while."""
        if strictness >= Strictness.WINDOW:
            self._window_until = now + STRICT_FOR
        if strictness >= Strictness.SPACED:
            if now > self._spaced_until + STRICT_FOR:
                self._spaced_for = SPACED_FOR
            self._spaced_until = now + self._spaced_for
            self._spaced_for = min(2 * self._spaced_for, STRICT_FOR)

    def close(self, seconds: float, now: float) -> None:
        """There is nothing for `seconds`, then one call."""
        self._level = min(self._flown(now), 1.0)
        self._closed_until = max(self._closed_until, now + seconds)
        self._at = max(self._at, self._closed_until)

    def closed_for(self, now: float) -> float:
        return max(0.0, self._closed_until - now)

    def strictness(self, now: float) -> Strictness:
        if now < self._spaced_until:
            return Strictness.SPACED
        return Strictness.WINDOW if now < self._window_until else Strictness.BURST

    def _learn(self, now: float) -> None:
        """Would a stricter allowance have foreseen this refusal?"""
        is_full = self._count(now) >= _MOST_OF * self._most
        if is_full and self.strictness(now) is Strictness.BURST:
            self.be(Strictness.WINDOW, now)
        elif now - self._learned_from >= WINDOW:
            self.be(Strictness.SPACED, now)

    def _flown(self, now: float) -> float:
        return min(self.burst, self._level + max(0.0, now - self._at) * self._flow)

    def _is_full(self, now: float) -> bool:
        return self._flown(now) >= self.burst - _ALMOST

    def _count(self, at: float) -> int:
        """Calls granted so far that a window which ends at `at` holds."""
        return len(self._granted) - bisect_right(self._granted, at - WINDOW)

    def _spacing(self, now: float) -> float:
        return self._granted[-1] + 1 / self._flow - now if self._granted else 0.0
