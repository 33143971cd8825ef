"""Slack's rate limits, per method, app and workspace, and the pace of posts."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bot.playground.method import Method

LimitMode = Literal["standard", "window", "strict", "off"]
POSTS_PER_MINUTE = 300
MINUTE = 60.0
# Epoch seconds as floats are good to a quarter of a microsecond: what is this near counts as there,
# or a caller who waited as long as told would be refused again.
_MOMENT = 1e-6
_WHOLE = 1 - 1e-4


class Meter(Protocol):
    """Counts calls: `wait` is the seconds until one may be taken, `take` takes it, `left` says how
    many may be taken at once."""

    capacity: float

    def wait(self, now: float) -> float: ...

    def take(self, now: float) -> None: ...

    def left(self, now: float) -> int: ...


@dataclass(slots=True)
class Bucket:
    """Holds up to `capacity` calls and gains `per_second`; starts full."""

    capacity: float
    per_second: float
    level: float
    at: float

    def wait(self, now: float) -> float:
        self.level = min(self.capacity, self.level + max(0.0, now - self.at) * self.per_second)
        self.at = max(self.at, now)
        return 0.0 if self.level >= _WHOLE else (1 - self.level) / self.per_second

    def take(self, now: float) -> None:
        self.level -= 1

    def left(self, now: float) -> int:
        self.wait(now)
        return math.floor(self.level + 1 - _WHOLE)


@dataclass(slots=True)
class Window:
    """At most `most` calls in any `seconds`."""

    capacity: float
    seconds: float
    taken: deque[float] = field(default_factory=lambda: deque[float]())

    def wait(self, now: float) -> float:
        while self.taken and self.taken[0] + self.seconds <= now + _MOMENT:
            self.taken.popleft()
        return 0.0 if len(self.taken) < self.capacity else self.taken[0] + self.seconds - now

    def take(self, now: float) -> None:
        self.taken.append(now)

    def left(self, now: float) -> int:
        self.wait(now)
        return int(self.capacity) - len(self.taken)


@dataclass(frozen=True, slots=True)
class Level:
    """What is left of one limit: of a method, for a caller, perhaps in one channel. `wait` is the
    seconds until the next call is granted."""

    method: str
    caller: str
    channel: str | None
    left: int
    capacity: int
    wait: float


class Limits:
    """Grants or refuses calls, by method and by app in a workspace.

    `standard`: a token bucket, whose capacity is the tier's number per minute, full at start.
    `window`: that number in any 60 s. `strict`: that pace, without any burst. `off`: no limit.

    Posts have other numbers: 1/s in each channel, with a burst of `post_burst` (none in `strict`),
    and 300/min in each workspace. A refused call takes nothing.
    """

    def __init__(self, mode: LimitMode, post_burst: int) -> None:
        self.mode: LimitMode = mode
        self.post_burst = post_burst
        self._meters: dict[tuple[str, ...], Meter] = {}

    def refuse_for(self, method: Method, caller: str, channel_id: str, now: float) -> int:
        """The whole seconds of `Retry-After`, or 0 when the call is granted. `caller` is an app in
        one workspace, by its token or any other name."""
        if self.mode == "off":
            return 0
        key = (self.mode, method.name, caller)
        if method.name == "chat.postMessage":
            meters = [
                self._meter(key, lambda: self._by_the_minute(POSTS_PER_MINUTE, now)),
                self._meter((*key, channel_id), lambda: self._by_the_second(now)),
            ]
        else:
            meters = [self._meter(key, lambda: self._by_the_minute(method.per_minute, now))]
        wait = max(meter.wait(now) for meter in meters)
        if wait > 0:
            return max(1, math.ceil(wait - _MOMENT))
        for meter in meters:
            meter.take(now)
        return 0

    def levels(self, now: float) -> list[Level]:
        """What is left of each limit that was drawn on in the present mode."""
        return [
            Level(
                method=method,
                caller=caller,
                channel=channel[0] if channel else None,
                left=meter.left(now),
                capacity=int(meter.capacity),
                wait=meter.wait(now),
            )
            for (mode, method, caller, *channel), meter in self._meters.items()
            if mode == self.mode
        ]

    def _meter(self, key: tuple[str, ...], make: Callable[[], Meter]) -> Meter:
        if key not in self._meters:
            self._meters[key] = make()
        return self._meters[key]

    def _by_the_minute(self, per_minute: int, now: float) -> Meter:
        if self.mode == "window":
            return Window(per_minute, MINUTE)
        capacity = 1 if self.mode == "strict" else per_minute
        return Bucket(capacity, per_minute / MINUTE, capacity, now)

    def _by_the_second(self, now: float) -> Meter:
        capacity = 1 if self.mode == "strict" else self.post_burst
        return Bucket(capacity, 1.0, capacity, now)
