"""Lines of ours: notices everybody sees, and words to one person."""

from __future__ import annotations

from bot.core.views import NoticeView
from bot.slack import limits
from bot.slack.render import blocks
from bot.slack.render.blocks import Content
from bot.slack.render.escape import escape_keeping_mentions, shorten
from bot.slack.render.text import fit

_SIGNS = {"info": ":information_source:", "warning": ":warning:", "error": ":x:"}


def notice(view: NoticeView) -> Content:
    """May quote the agent's server, so nobody is mentioned."""
    text = view.text.strip() or "Something happened that I have no words for."
    elements = [blocks.mrkdwn(_SIGNS[view.level]), blocks.plain(text)]
    return Content(fit(text, limits.SUMMARY_TEXT), (blocks.context(elements),))


def whisper(text: str) -> Content:
    """A sentence of ours in which people may be named as `<@U1>`."""
    said = escape_keeping_mentions(shorten(text.strip(), limits.SECTION_TEXT // 6)) or "…"
    return Content(said, (blocks.section(blocks.mrkdwn(said)),))
