"""What people see, as Block Kit: pure functions from views to content."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import assert_never

from bot.core.asks import Confirmation
from bot.core.views import AskView, NoticeView, QueueView, TurnView
from bot.slack import limits
from bot.slack.render import blocks, inputs
from bot.slack.render.asks import ask
from bot.slack.render.blocks import Content
from bot.slack.render.escape import clean
from bot.slack.render.masking import MessageView
from bot.slack.render.notices import notice
from bot.slack.render.queue import queue
from bot.slack.render.text import stretched
from bot.slack.render.turn import turn


def render(view: MessageView, every: float = 0.0) -> Content:
    """Total, and within Slack's limits for any view. `every`: seconds between two updates of a
    message that grows, at present."""
    match view:
        case TurnView():
            return turn(view, every)
        case AskView():
            return ask(view)
        case NoticeView():
            return notice(view)
        case QueueView():
            return queue(view)
        case _:
            assert_never(view)


_MOST_SECTIONS = limits.MESSAGE_BLOCKS - 5


def plainly(view: MessageView) -> Content:
    """The same in the simplest form there is, for when Slack refuses the usual one: all of the
    words, and the elements people act with."""
    usual = render(view)
    words = clean("\n".join(_words(view))).strip()
    said = [*islice(stretched(words, limits.SECTION_TEXT), _MOST_SECTIONS)]
    if not (said and isinstance(view, TurnView | NoticeView)):
        said.insert(0, usual.text)
    acting = [block for block in usual.blocks if block["type"] == "actions"]
    return Content(usual.text, (*(blocks.section(blocks.mrkdwn(part)) for part in said), *acting))


def _words(view: MessageView) -> Iterator[str]:
    """Whatever people have to read; nobody should allow what they could not."""
    match view:
        case TurnView():
            yield view.text
        case NoticeView():
            yield from (view.text, view.quote)
        case AskView(ask=Confirmation() as asked):
            yield f"{inputs.one_line(asked.tool)}:"
            given = (f"{piece.label}: {piece.text}" for piece in inputs.pieces(asked.input))
            yield inputs.cut("\n".join(given), 2 * inputs.INPUT_ROOM)
        case AskView() | QueueView():
            pass
