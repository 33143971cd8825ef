"""The grantor of permits under Slack's rate limits: one for a workspace, held by its owner.

A call asks for a permit and only then looks at what is to be shown, so nothing stale is ever
queued. Each method has an allowance for the whole workspace (`limits.BUDGETS`); a post takes from
its channel's too. Of those who wait for a method the most urgent goes first, among equals the one
whose message has stood unchanged for longest; who waits for something of its own (its channel's
pace, its message's interval) holds nobody up.

A growing text is shown at once when it has rested, and then at an interval that follows from how
many grow and what is left (`pacing`). It leaves some calls for the more urgent, and one for the end
of each message that was begun, so that an end never waits: an edit for an edited message, a stop
for a stream; and for every card that can be pressed, in whatever place, the edits of its end. A
refusal closes only that method, or that channel for posts.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.core.errors import LeaseLost
from bot.core.views import Priority
from bot.slack import limits, pacing
from bot.slack.allowance import Allowance, Strictness
from bot.slack.clock import Clock, SystemClock
from bot.slack.limits import Budget
from bot.slack.pacing import Growth, Recent

POST: Final = "chat.postMessage"
EDIT: Final = "chat.update"
DELETE: Final = "chat.delete"
START: Final = "chat.startStream"
APPEND: Final = "chat.appendStream"
STOP: Final = "chat.stopStream"

KEPT: Final = 1.0
"""The call that all others leave for approvals, questions and stop acknowledgements."""
ENDS_WITHIN: Final = 60.0
"""Seconds a call is kept for the end of a message that neither grows nor ends."""
CARD_EDITS: Final = 2
"""Of a card: that an answer is on its way, and that it was taken."""
CARD_WAITS: Final = 3600.0
"""Seconds calls are kept for a card nobody presses."""
OWED_AT_MOST: Final = 0.6
"""The share of a burst that is kept for ends: however many texts grow, some of it is theirs."""
REMEMBERED: Final = 300.0

_GROWN_BY = (EDIT, APPEND)
_ALMOST = 1e-6
_MANY = 256


@dataclass(slots=True, order=True)
class _Waiter:
    priority: Priority
    shown_at: float
    number: int
    channel: str = field(compare=False)
    message: str = field(compare=False)
    fenced: bool = field(compare=False)
    granted: asyncio.Future[None] = field(compare=False)
    since: float | None = field(compare=False)
    """When the text began to grow that waits, if one does."""
    taken_at: float = field(default=-math.inf, compare=False)

    @property
    def paced(self) -> bool:
        return self.since is not None


class _Line:
    """Those who wait for one method, in the order they are served, and what they wait for."""

    def __init__(self, method: str, since: float) -> None:
        self.method = method
        self.budget: Budget = limits.BUDGETS[method]
        self.allowance = Allowance(self.budget.rate, since)
        self.waiting: list[_Waiter] = []
        self.growth = Growth()
        self.owed = Recent(limits.STREAM_LIFE if method == STOP else ENDS_WITHIN)
        self.cards = Recent(CARD_WAITS)
        self.look_at = math.inf

    def kept(self, priority: Priority, now: float) -> float:
        """The calls that one of this priority may not touch."""
        kept = KEPT if self.budget.shared and priority >= Priority.FINAL else 0.0
        if priority >= Priority.PROGRESS and self.method != STOP:
            owed = self.owed.count(now) + CARD_EDITS * self.cards.count(now)
            kept += min(owed, OWED_AT_MOST * self.allowance.burst)
        return kept

    def busy_for(self, now: float) -> float:
        growing = self.growth.count(now)
        unseen = self.growth.unseen(now) / growing if growing else 0.0
        return max(self.allowance.busy_for(now), unseen)

    def interval(self, busy_for: float, now: float, more: int = 0) -> float:
        """Between two calls for one message, at present or when so many `more` grew."""
        growing = self.growth.count(now) + more
        seconds = pacing.horizon(self.budget.prior, busy_for)
        supply = self.allowance.supply(seconds, now)
        supply += growing if self.method == APPEND else -KEPT
        unseen = self.growth.unseen(now)
        return pacing.interval(growing, unseen, supply, seconds)


class Lane:
    """`alive` says whether this replica still owns the workspace; asked right before each grant.
    `on_blocked(method, channel, seconds)` hears of each refusal, so that the next owner may know.
    """

    def __init__(
        self,
        alive: Callable[[], bool],
        clock: Clock | None = None,
        on_blocked: Callable[[str, str, float], None] | None = None,
    ) -> None:
        self._alive = alive
        self._clock = clock or SystemClock()
        self._on_blocked = on_blocked
        self._numbers = itertools.count()
        since = self._clock.monotonic()
        self._lines = {method: _Line(method, since) for method in limits.BUDGETS}
        self._channels: dict[str, Allowance] = {}
        self._called = Recent(REMEMBERED)
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

        `message` names what is posted, streamed or edited: by it a text's calls keep their
        interval, and its end finds a call. Raises `LeaseLost` unless `fenced` is off (for what any
        replica may do).
        """
        now = self._clock.monotonic()
        line = self._lines[method]
        granted = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        shown_at = self._called.at(message)
        since = None
        if message and method in _GROWN_BY and priority >= Priority.PROGRESS:
            since = line.growth.ask(message, shown_at, now)
        waiter = _Waiter(priority, shown_at, number, channel, message, fenced, granted, since)
        insort(line.waiting, waiter)
        self._advance(line, now)
        try:
            await granted
        except asyncio.CancelledError:
            now = self._clock.monotonic()
            if waiter in line.waiting:
                self._leave(line, waiter)
            elif waiter.taken_at > -math.inf:  # granted, and nobody was there any more to use it
                self._give_back(line, waiter, now)
            self._advance_all(now)
            raise

    def blocked(self, method: str, channel: str, seconds: float) -> None:
        """Slack refused a call and asked for patience: in its channel for a post, else everywhere.

        Where we thought that there was room we think so no more, see `Allowance`.
        """
        now = self._clock.monotonic()
        place = channel if method == POST else ""
        allowance = self._allowance(method, place)
        allowance.refused(seconds, now)
        if allowance.strictness(now) is Strictness.WINDOW:
            for line in self._lines.values():
                line.allowance.be(Strictness.WINDOW, now)
        self._advance_all(now)
        if self._on_blocked is not None:
            self._on_blocked(method, place, seconds)

    def restore(self, method: str, channel: str, seconds: float) -> None:
        """A former owner was refused, and the seconds it was asked to wait are not over."""
        if method in limits.BUDGETS:
            now = self._clock.monotonic()
            self._allowance(method, channel if method == POST else "").close(seconds, now)
            self._advance_all(now)

    def closed(self, message: str) -> None:
        """This stream is over without our stop, or was never begun: none is owed to it."""
        self._lines[STOP].owed.forget(message)
        self._lines[APPEND].growth.end(message)
        self._advance_all(self._clock.monotonic())

    def settled(self, message: str) -> None:
        """This card can be pressed no more, and shows so."""
        edits = self._lines[EDIT]
        edits.cards.forget(message)
        self._advance(edits, self._clock.monotonic())

    def room(self, method: str, channel: str = "") -> float:
        """The calls that could be made now without touching what is kept for others. For a stream
        to begin there must be room for its end too."""
        now = self._clock.monotonic()
        line = self._lines[method]
        room = line.allowance.level(now) - line.kept(Priority.DELTA, now)
        room -= sum(waiter.priority <= Priority.FIRST for waiter in line.waiting)
        if method == STOP:
            room -= line.owed.count(now)
        if method == START:
            room = min(room, self.room(STOP))
        if method == POST:
            room = min(room, self._allowance(POST, channel).level(now))
        return max(0.0, room)

    def pace(self, method: str, message: str = "") -> float:
        """The interval at which a text is shown by `method` at present, in seconds, if `message`
        is one of those that grow. Long where it would have to wait for its first call."""
        now = self._clock.monotonic()
        line = self._lines[method]
        if line.growth.holds(message, now):
            return max(line.allowance.closed_for(now), self._interval(line, now))
        wait = line.allowance.wait(2 + line.kept(Priority.DELTA, now), now)
        return max(wait, self._interval(line, now, 1))

    def require_alive(self) -> None:
        """Raises `LeaseLost`. To be asked again right before a call that a permit was got for."""
        if not self._alive():
            raise LeaseLost()

    # ---- granting

    def _advance_all(self, now: float) -> None:
        for line in self._lines.values():
            self._advance(line, now)

    def _advance(self, line: _Line, now: float) -> None:
        """Grant what can be granted now, and see to it that this is looked at again in time."""
        line.look_at = math.inf
        for waiter in list(line.waiting):
            wait = line.allowance.wait(1 + line.kept(waiter.priority, now), now)
            if wait > 0:  # nor is there anything for those behind
                line.look_at = min(line.look_at, now + wait)
                break
            wait = self._wait(line, waiter, now)
            if wait > _ALMOST:
                line.look_at = min(line.look_at, now + wait)
                continue
            self._leave(line, waiter)
            if waiter.granted.done():
                continue
            if waiter.fenced and not self._alive():
                waiter.granted.set_exception(LeaseLost())
            else:
                self._take(line, waiter, now)
                waiter.granted.set_result(None)
        self._wake_at(min(line.look_at for line in self._lines.values()))

    def _wait(self, line: _Line, waiter: _Waiter, now: float) -> float:
        """For what only this one waits for."""
        wait = 0.0
        if waiter.paced:
            wait = self._called.at(waiter.message) + self._interval(line, now) - now
        if line.method == POST:
            wait = max(wait, self._allowance(POST, waiter.channel).wait(1, now))
        if line.method == START:
            stops = self._lines[STOP]
            wait = max(wait, stops.allowance.wait(1 + stops.owed.count(now), now))
        return wait

    def _interval(self, line: _Line, now: float, more: int = 0) -> float:
        busy_for = max(self._lines[method].busy_for(now) for method in _GROWN_BY)
        if line.method == EDIT:  # what waits to be posted will grow by edits
            more += sum(bool(waiter.message) for waiter in self._lines[POST].waiting)
        return line.interval(busy_for, now, more)

    def _take(self, line: _Line, waiter: _Waiter, now: float) -> None:
        line.allowance.take(now, waiter.since)
        waiter.taken_at = now
        if line.method == POST:
            self._allowance(POST, waiter.channel).take(now)
            self._forget_channels(now)
        if waiter.message:
            self._called.see(waiter.message, now)
            self._note(line, waiter, now)

    def _give_back(self, line: _Line, waiter: _Waiter, now: float) -> None:
        """As if it had not been granted. How long its message has stood unchanged is forgotten."""
        line.allowance.give_back(waiter.taken_at, now)
        if line.method == POST:
            self._allowance(POST, waiter.channel).give_back(waiter.taken_at, now)
        message = waiter.message
        if not message:
            return
        self._called.forget(message)
        if line.method in (START, POST):  # not begun, so no end is owed to it
            self.closed(message)
            self._lines[EDIT].owed.forget(message)
        elif line.method == STOP:
            self._lines[STOP].owed.see(message, now)
        elif line.method == EDIT and waiter.priority is Priority.FINAL:
            line.owed.see(message, now)

    def _note(self, line: _Line, waiter: _Waiter, now: float) -> None:
        """By which method the message will grow, if it does, and by which it will end."""
        edits, appends, stops = self._lines[EDIT], self._lines[APPEND], self._lines[STOP]
        message = waiter.message
        if line.method == START:
            stops.owed.see(message, now)
            appends.growth.rest(message, now)
        elif line.method == STOP:
            stops.owed.forget(message)
            appends.growth.end(message)
        if waiter.priority is Priority.ASK and line.method == POST:
            edits.cards.see(message, now)
        if waiter.priority is Priority.FINAL:
            edits.owed.forget(message)
        elif line.method in (POST, EDIT, STOP) and waiter.priority >= Priority.FIRST:
            edits.owed.see(message, now)
            edits.growth.rest(message, now)

    def _leave(self, line: _Line, waiter: _Waiter) -> None:
        line.waiting.remove(waiter)
        if waiter.paced:
            line.growth.rest(waiter.message, self._clock.monotonic())

    def _allowance(self, method: str, channel: str) -> Allowance:
        if not channel:
            return self._lines[method].allowance
        if channel not in self._channels:
            self._channels[channel] = Allowance(limits.POSTS_PER_CHANNEL)
        return self._channels[channel]

    def _forget_channels(self, now: float) -> None:
        """What is no longer different from the beginning need not be remembered."""
        if len(self._channels) > _MANY:
            self._channels = {c: a for c, a in self._channels.items() if not a.is_fresh(now)}

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
        self._advance_all(self._clock.monotonic())
