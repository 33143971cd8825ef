"""What people see, as Block Kit: pure functions from views to content."""

from __future__ import annotations

from typing import assert_never

from bot.core.views import AskView, NoticeView, TurnView
from bot.slack import limits
from bot.slack.render import blocks
from bot.slack.render.asks import ask
from bot.slack.render.blocks import Content
from bot.slack.render.notices import notice
from bot.slack.render.text import fit
from bot.slack.render.turn import turn

MessageView = TurnView | AskView | NoticeView


def render(view: MessageView) -> Content:
    """Total, and within Slack's limits for any view."""
    match view:
        case TurnView():
            return turn(view)
        case AskView():
            return ask(view)
        case NoticeView():
            return notice(view)
        case _:
            assert_never(view)


def plainly(view: MessageView) -> Content:
    """The same in the simplest form there is, for when Slack refuses the usual one: words, and the
    elements people act with."""
    usual = render(view)
    words = view.text if isinstance(view, TurnView | NoticeView) else usual.text
    said = fit(words or usual.text, limits.SECTION_TEXT)
    acting = [block for block in usual.blocks if block["type"] == "actions"]
    return Content(usual.text, (blocks.section(blocks.mrkdwn(said)), *acting))
