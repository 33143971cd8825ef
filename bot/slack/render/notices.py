"""Lines of ours: notices everybody sees, and words to one person."""

from __future__ import annotations

from bot.core.views import NoticeView
from bot.slack import limits
from bot.slack.render import blocks
from bot.slack.render.blocks import Content
from bot.slack.render.escape import escape_keeping_mentions, shorten
from bot.slack.render.text import fit, markdown

_SIGNS = {"info": ":information_source:", "warning": ":warning:", "error": ":x:"}


def notice(view: NoticeView) -> Content:
    """May quote the agent's server, so nobody is mentioned but who is meant to be called."""
    text = view.text.strip() or "Something happened that I have no words for."
    to = escape_keeping_mentions(view.to)
    signed = " ".join(word for word in (_SIGNS[view.level], to) if word)
    elements = [blocks.mrkdwn(signed), blocks.plain(text)]
    quoted = markdown("\n".join(f"> {line}" for line in view.quote.splitlines()))
    below = [blocks.markdown_block(quoted)] if quoted else []
    spoken = fit(text, limits.SUMMARY_TEXT - len(to) - 1)
    return Content(f"{to} {spoken}".strip(), (blocks.context(elements), *below))


def whisper(text: str) -> Content:
    """A sentence of ours in which people may be named as `<@U1>`."""
    said = escape_keeping_mentions(shorten(text.strip(), limits.SECTION_TEXT // 6)) or "…"
    return Content(said, (blocks.section(blocks.mrkdwn(said)),))
