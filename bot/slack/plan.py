"""From what Slack shows and what should be shown to the calls that make it so. Pure.

Messages are posted once and edited from then on. This is also where a native stream will be chosen
instead (append while the text grows by a suffix, else stop and edit): `Receipt.transport` tells in
which way a part is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from bot.core.ids import Receipt
from bot.core.views import MarkView, Shown, StatusView, digest
from bot.slack.render import Content


@dataclass(frozen=True, slots=True)
class Post:
    """A new message in the thread."""

    content: Content


@dataclass(frozen=True, slots=True)
class Update:
    """Message `ts` becomes `content`, whole."""

    ts: str
    content: Content


@dataclass(frozen=True, slots=True)
class React:
    """Our reaction `name` on message `ts` is there, or not."""

    ts: str
    name: str
    present: bool


@dataclass(frozen=True, slots=True)
class SetStatus:
    """The session's status beside the thread (agents.sessions.setStatus)."""

    status: Literal["processing", "suspended", "active"]


QUEUED: Final = "hourglass_flowing_sand"
WORKING: Final = "eyes"
_MARKS = ("queued", "working", "none")
_STATUS: dict[str, Literal["processing", "suspended", "active"]] = {
    "working": "processing",
    "waiting": "suspended",
    "idle": "active",
}


def plan_message(receipt: Receipt | None, shown: Shown, content: Content) -> Post | Update | None:
    """None when Slack shows this view already, or takes the part no more."""
    if receipt is None or not receipt.ts:
        return Post(content)
    if receipt.lost or receipt.shown == digest(shown):
        return None
    return Update(receipt.ts, content)


def plan_mark(receipt: Receipt | None, mark: MarkView, *, with_working: bool) -> tuple[React, ...]:
    """What is added comes first, so that there is a sign at every moment.

    `with_working`: whether work is shown by a reaction; it is not where the status tells it.
    """
    now = _reactions(mark.mark, with_working)
    before = _before(receipt, mark.ts, with_working)
    added = tuple(React(mark.ts, name, True) for name in sorted(now - before))
    return added + tuple(React(mark.ts, name, False) for name in sorted(before - now))


def plan_status(receipt: Receipt | None, status: StatusView) -> SetStatus | None:
    if receipt is not None and receipt.shown == digest(status):
        return None
    return SetStatus(_STATUS[status.status])


def _reactions(mark: str, with_working: bool) -> frozenset[str]:
    if mark == "queued":
        return frozenset({QUEUED})
    return frozenset({WORKING} if mark == "working" and with_working else ())


def _before(receipt: Receipt | None, ts: str, with_working: bool) -> frozenset[str]:
    """The reactions a receipt stands for; all we ever give where it is not known."""
    if receipt is None:
        return frozenset()
    for mark in _MARKS:
        if receipt.shown == digest(MarkView(ts=ts, mark=mark)):
            return _reactions(mark, with_working)
    return _reactions("queued", with_working) | _reactions("working", with_working)
