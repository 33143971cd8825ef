"""Slack's rate limits: token buckets per method and workspace, and the pace of posts."""

import math
from dataclasses import dataclass
from typing import Literal

from bot.playground.coverage import Method

LimitMode = Literal["standard", "off"]
POSTS_PER_MINUTE = 300


@dataclass(slots=True)
class Bucket:
    """Holds up to `capacity` calls and gains `per_second`; starts full."""

    capacity: float
    per_second: float
    level: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until a call may be taken; 0 if now."""
        self.level = min(self.capacity, self.level + max(0.0, now - self.at) * self.per_second)
        self.at = max(self.at, now)
        # An almost full token counts, or the truthful answer would round to a wait too short.
        return 0.0 if self.level >= 1 - 1e-9 else (1 - self.level) / self.per_second

    def take(self) -> None:
        self.level -= 1


class Limits:
    """Grants or refuses calls. `standard`: capacity is the tier's number per minute, full at start.

    Posts also pace at 1/s in each channel, with a burst of `post_burst`, and 300/min in each
    workspace. A refused call takes nothing.
    """

    def __init__(self, mode: LimitMode, post_burst: int) -> None:
        self.mode: LimitMode = mode
        self.post_burst = post_burst
        self._buckets: dict[tuple[str, ...], Bucket] = {}

    def refuse_for(self, method: Method, team_id: str, channel_id: str, now: float) -> int:
        """The whole seconds of `Retry-After`, or 0 when the call is granted."""
        if self.mode == "off":
            return 0
        if method.name == "chat.postMessage":
            buckets = [
                self._bucket((method.name, team_id), POSTS_PER_MINUTE, POSTS_PER_MINUTE, now),
                self._bucket((method.name, team_id, channel_id), self.post_burst, 60, now),
            ]
        else:
            per_minute = method.per_minute
            buckets = [self._bucket((method.name, team_id), per_minute, per_minute, now)]
        wait = max(bucket.wait(now) for bucket in buckets)
        if wait > 0:
            return max(1, math.ceil(wait))
        for bucket in buckets:
            bucket.take()
        return 0

    def _bucket(
        self, key: tuple[str, ...], capacity: float, per_minute: float, now: float
    ) -> Bucket:
        if key not in self._buckets:
            self._buckets[key] = Bucket(capacity, per_minute / 60, capacity, now)
        return self._buckets[key]
