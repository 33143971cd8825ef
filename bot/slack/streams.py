"""The native streams we have begun, and what Slack has taken of each.

Kept in memory alone: after a restart, or whenever it is not known for sure what a stream holds, it
is stopped, and the message edited to what it should be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.core.ids import PartKey, Receipt
from bot.core.views import TurnView
from bot.slack.clock import Clock
from bot.slack.lane import APPEND, EDIT, START, Lane
from bot.slack.limits import STREAM_LIFE
from bot.slack.plan import Append, SessionStatus, Start, Stop, plan_start, plan_stream
from bot.slack.render.stream import Growing, is_growing, stream
from bot.slack.render.text import fits

LIFETIME: Final = 235.0
"""Seconds after which a stream is ended by us, a little before `Rules.stream_lasts` makes us look;
Slack breaks it off after 300."""
TOO_SLOW: Final = 2.5
"""Seconds between two additions from which on editing is looked at as the quicker way."""
MUCH_SLOWER: Final = 1.6


@dataclass(slots=True)
class _Open:
    """`holds` is None when that is not known for sure; `since` in monotonic seconds."""

    ts: str
    holds: Growing | None
    since: float


class Streams:
    """Which of our messages grow natively, and how they go on."""

    def __init__(self, lane: Lane, clock: Clock) -> None:
        self._lane, self._clock = lane, clock
        self._open: dict[PartKey, _Open] = {}

    def have_room(self, channel: str) -> bool:
        """Beginning and ending streams is the scarcest budget: an answer is not kept waiting for
        it, but posted. So it is where edits would be much quicker now."""
        return self._lane.room(START, channel) >= 1 and self._is_quick("")

    def start(self, view: TurnView, name: str) -> Start | None:
        """How a part begins as a stream; None where it does not pay: it is complete already, has
        nothing to show, or shows what can only be edited."""
        form = self._form(view, name)
        if not is_growing(view) or view.thinking or not fits(form.text):
            return None
        return plan_start(form)

    def plan(
        self, receipt: Receipt, view: TurnView, status: SessionStatus, name: str
    ) -> Append | Stop | None:
        """The next call for a part that is a stream; the lane knows it by `name`. One that is to be
        shown although nothing is new (`Receipt.shown` is empty) ends."""
        opened = self._open.get(receipt.key)
        form = self._form(view, name)
        if opened is not None and (opened.ts != receipt.ts or not fits(form.text)):
            opened = None
        return plan_stream(
            receipt.ts,
            opened.holds if opened else None,
            form,
            growing=is_growing(view),
            go_on=opened is not None and self._goes_on(opened, receipt, view, name),
            status=status,
        )

    def knows(self, key: PartKey) -> bool:
        return key in self._open

    def names(self) -> set[str]:
        """The ts of all of them."""
        return {opened.ts for opened in self._open.values()}

    def text_of(self, key: PartKey) -> str | None:
        """The text it holds, where that is known."""
        opened = self._open.get(key)
        return opened.holds.text if opened is not None and opened.holds is not None else None

    def took(self, key: PartKey, ts: str, holds: Growing) -> None:
        """Slack has taken the call that leaves the stream with this."""
        now = self._clock.monotonic()
        old = self._open.pop(key, None)
        self._open[key] = _Open(ts, holds, old.since if old and old.ts == ts else now)
        # What Slack has ended by itself meanwhile, and nobody came back to.
        over = [each for each, opened in self._open.items() if now - opened.since > STREAM_LIFE]
        for each in over:
            del self._open[each]

    def doubt(self, key: PartKey) -> None:
        """What it holds is not known any more."""
        if key in self._open:
            self._open[key].holds = None

    def end(self, key: PartKey, name: str) -> None:
        """It is over, whoever ended it."""
        if self._open.pop(key, None) is not None:
            self._lane.closed(name)

    def _form(self, view: TurnView, name: str) -> Growing:
        return stream(view, self._lane.pace(APPEND, name))

    def _goes_on(self, opened: _Open, receipt: Receipt, view: TurnView, name: str) -> bool:
        young = self._clock.monotonic() - opened.since < LIFETIME
        return young and bool(receipt.shown) and not view.thinking and self._is_quick(name)

    def _is_quick(self, name: str) -> bool:
        pace = self._lane.pace(APPEND, name)
        return pace <= TOO_SLOW or pace <= MUCH_SLOWER * self._lane.pace(EDIT, name)
