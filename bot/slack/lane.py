"""The grantor of permits under Slack's rate limits: one for a workspace, held by its owner.

A call asks for a permit and only then looks at what is to be shown, so nothing stale is ever
queued. Each method has a token bucket for the whole workspace (`limits.RATES`); a post takes from
its channel's bucket too. Of those who wait, the most urgent goes first, among equals the one that
has waited longest; who waits for something of its own (its channel's pace, its message's spacing)
holds nobody up. Part of every bucket is kept for the more urgent (`limits.RESERVED`): when many
texts grow at once the bucket sinks to that part, and they share what flows in by turns, while an
approval still finds a token. A lone edit finds a full bucket and goes at once.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.core.errors import LeaseLost
from bot.core.views import Priority
from bot.slack import limits
from bot.slack.clock import Clock, SystemClock
from bot.slack.limits import Rate

POST = "chat.postMessage"
EDIT = "chat.update"

_ALMOST = 1e-6
_MANY = 256


@dataclass(slots=True)
class _Bucket:
    """Holds up to `rate.burst` tokens; `level` was true at `at`, which may lie ahead: until then
    nothing flows in."""

    rate: Rate
    level: float
    at: float

    def wait(self, needed: float, now: float) -> float:
        """Seconds until it holds `needed` tokens."""
        self._flow(now)
        missing = min(needed, self.rate.burst) - self.level
        if missing <= _ALMOST:
            return max(0.0, self.at - now)
        return missing * 60 / self.rate.per_minute + max(0.0, self.at - now)

    def take(self) -> None:
        self.level -= 1

    def stop_until(self, at: float, level: float) -> None:
        self.level, self.at = min(self.level, level), max(self.at, at)

    def is_full(self, now: float) -> bool:
        return self.wait(self.rate.burst, now) <= 0

    def _flow(self, now: float) -> None:
        if now > self.at:
            gained = (now - self.at) * self.rate.per_minute / 60
            self.level, self.at = min(self.rate.burst, self.level + gained), now


@dataclass(slots=True, order=True)
class _Waiter:
    priority: Priority
    number: int
    method: str = field(compare=False)
    channel: str = field(compare=False)
    message: str = field(compare=False)
    fenced: bool = field(compare=False)
    granted: asyncio.Future[None] = field(compare=False)


class Lane:
    """`alive` says whether this replica still owns the workspace; asked right before each grant."""

    def __init__(self, alive: Callable[[], bool], clock: Clock | None = None) -> None:
        self._alive = alive
        self._clock = clock or SystemClock()
        self._numbers = itertools.count()
        self._waiting: list[_Waiter] = []
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._edited: dict[str, float] = {}
        self._timer: asyncio.Task[None] | None = None
        self._timer_at = math.inf

    async def permit(
        self,
        method: str,
        channel: str,
        priority: Priority,
        message: str = "",
        *,
        fenced: bool = True,
    ) -> None:
        """Returns when one call of `method` may be made.

        `message` names what is posted or edited, so that edits of one message keep their distance.
        Raises `LeaseLost` unless `fenced` is off (for what any replica may do).
        """
        granted = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        waiter = _Waiter(priority, number, method, channel, message, fenced, granted)
        insort(self._waiting, waiter)
        self._advance()
        try:
            await granted
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                self._advance()

    def blocked(self, method: str, channel: str, seconds: float) -> None:
        """Slack asked for patience. A post is slowed in its channel, all else everywhere.

        Afterwards everybody gets one call, and then the usual pace.
        """
        now = self._clock.monotonic()
        bucket = self._bucket(method, channel if method == POST else "", now)
        once = 1 + max(limits.RESERVED.values()) * bucket.rate.burst
        bucket.stop_until(now + seconds, once)
        self._advance()

    def require_alive(self) -> None:
        """Raises `LeaseLost`. To be asked again right before a call that a permit was got for."""
        if not self._alive():
            raise LeaseLost()

    def _advance(self) -> None:
        """Grant what can be granted now, and see to it that this is looked at again in time."""
        now = self._clock.monotonic()
        next_at = math.inf
        for waiter in list(self._waiting):
            wait = self._wait(waiter, now)
            if wait > 0:
                next_at = min(next_at, now + wait)
                continue
            self._waiting.remove(waiter)
            if waiter.granted.done():
                continue
            if waiter.fenced and not self._alive():
                waiter.granted.set_exception(LeaseLost())
            else:
                self._take(waiter, now)
                waiter.granted.set_result(None)
        self._wake_at(next_at)

    def _wait(self, waiter: _Waiter, now: float) -> float:
        share = limits.RESERVED[waiter.priority]
        bucket = self._bucket(waiter.method, "", now)
        wait = bucket.wait(1 + share * bucket.rate.burst, now)
        if waiter.method == POST:
            wait = max(wait, self._bucket(POST, waiter.channel, now).wait(1, now))
        if waiter.method == EDIT and waiter.priority >= Priority.PROGRESS:
            edited = self._edited.get(waiter.message, -math.inf)
            wait = max(wait, edited + limits.EDIT_SPACING - now)
        return wait if wait > _ALMOST else 0.0

    def _take(self, waiter: _Waiter, now: float) -> None:
        self._bucket(waiter.method, "", now).take()
        if waiter.method == POST:
            self._bucket(POST, waiter.channel, now).take()
        if waiter.message:
            self._edited[waiter.message] = now
        self._forget(now)

    def _bucket(self, method: str, channel: str, now: float) -> _Bucket:
        key = (method, channel)
        if key not in self._buckets:
            rate = limits.POSTS_PER_CHANNEL if channel else limits.RATES[method]
            self._buckets[key] = _Bucket(rate, rate.burst, now)
        return self._buckets[key]

    def _forget(self, now: float) -> None:
        """What is no longer different from the beginning need not be remembered."""
        if len(self._edited) > _MANY:
            recent = self._edited.items()
            self._edited = {m: at for m, at in recent if at + limits.EDIT_SPACING > now}
        if len(self._buckets) > _MANY:
            self._buckets = {k: b for k, b in self._buckets.items() if not b.is_full(now)}

    def _wake_at(self, at: float) -> None:
        if at == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, at
        if at < math.inf:
            self._timer = asyncio.create_task(self._wake(at), name="lane")

    async def _wake(self, at: float) -> None:
        await self._clock.sleep(max(0.0, at - self._clock.monotonic()))
        self._timer, self._timer_at = None, math.inf
        self._advance()
