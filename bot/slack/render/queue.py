"""The list of what waits: small, and what can be done about each message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.core.inbound import QueueAct
from bot.core.views import QueueEntry, QueueView
from bot.slack import limits
from bot.slack.queue_ids import queue_button, queue_option
from bot.slack.render import blocks
from bot.slack.render.blocks import Content, Json
from bot.slack.render.text import fit

_NAMES: Final[dict[QueueAct, str]] = {
    "steer": "Steer now",
    "now": "Stop and do this",
    "up": "Up",
    "down": "Down",
    "cancel": "Cancel",
    "clear": "Clear",
}
_NAME: Final = 40
_NOTHING: Final = "Nothing waits any more."


def queue(view: QueueView) -> Content:
    """Words of people are shown as they are, and nobody is called by them."""
    if not view.entries:
        return Content(_NOTHING, (blocks.context([blocks.plain(_NOTHING)]),))
    heading = _heading(view)
    if len(view.entries) == 1 and not view.more:
        entry = view.entries[0]
        body = [
            blocks.context([blocks.mrkdwn(heading), blocks.plain(_said(entry))]),
            blocks.actions([*_buttons(view, entry)]),
        ]
    else:
        body = [blocks.context([blocks.mrkdwn(heading)]), *_lines(view)]
    spoken = "; ".join([_plain_heading(view), *(_said(entry) for entry in view.entries)])
    return Content(fit(spoken, limits.SUMMARY_TEXT), tuple(body))


def _heading(view: QueueView) -> str:
    return f":hourglass_flowing_sand: *{_count(view)}* · {_fate(view)}"


def _plain_heading(view: QueueView) -> str:
    return f"{_count(view)}: {_fate(view)}"


def _count(view: QueueView) -> str:
    count = len(view.entries) + view.more
    return "1 message waits" if count == 1 else f"{count} messages wait"


def _fate(view: QueueView) -> str:
    """What will happen to them."""
    if len(view.entries) + view.more == 1:
        return "comes next"
    if view.urgent:
        return "the first comes next, alone"
    return "come next, read together" if view.together else "come next, one after the other"


def _said(entry: QueueEntry) -> str:
    return f"{fit(entry.name, _NAME)}: {entry.line}"


def _buttons(view: QueueView, entry: QueueEntry) -> Iterator[Json]:
    for act in _acts(view, 0):
        ref = queue_button(view.session, entry.uid, act)
        yield blocks.button(_NAMES[act], ref, about=entry.line)


def _lines(view: QueueView) -> Iterator[Json]:
    for place, entry in enumerate(view.entries):
        options = [
            (_NAMES[act], queue_option(view.session, entry.uid, act)) for act in _acts(view, place)
        ]
        menu = blocks.overflow(options)
        yield {**blocks.section(blocks.plain(f"{place + 1}. {_said(entry)}")), "accessory": menu}
    if view.more:
        yield blocks.context([blocks.plain(f"… and {view.more} more")])
    clear = queue_button(view.session, "", "clear")
    yield blocks.actions([blocks.button("Clear", clear, about="take back all that waits")])


def _acts(view: QueueView, place: int) -> Iterator[QueueAct]:
    """What can be done about the message at this place, counted from 0."""
    if view.steers:
        yield "steer"
    yield "now"
    if place > 0:
        yield "up"
    if place + 1 < len(view.entries) + view.more:
        yield "down"
    yield "cancel"
