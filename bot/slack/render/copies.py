"""What a card says of places: to which thread a copy belongs, and where an ask was decided."""

from __future__ import annotations

import re
from typing import Final

from bot.core.approvals import place_words
from bot.core.ids import ThreadKey
from bot.core.views import AskView
from bot.slack.render import blocks
from bot.slack.render.blocks import Json
from bot.slack.render.escape import shorten

_MOST_ASKED: Final = 5
_TITLE: Final = 80
_PLACE: Final = re.compile(r"(?:private|[CDGUW][A-Z0-9]{1,30})(?:/[0-9.]+)?", re.ASCII)
"""A place as it is stored: nothing else becomes a link."""


def belongs(view: AskView) -> list[Json]:
    """The line above a copy; nothing in the thread itself."""
    if view.home is None:
        return []
    title = shorten(" ".join(view.title.split()), _TITLE) or "a thread"
    leaves = [blocks.leaf("For ")]
    linked = blocks.rich_link(view.link, title, "bold") if view.link else None
    leaves.append(linked or blocks.leaf(title, "bold"))
    leaves += _channel(view.home)
    for at, user in enumerate(view.asked_by[:_MOST_ASKED]):
        leaves += [blocks.leaf(" and " if at else ", asked by "), blocks.rich_user(user)]
    if len(view.asked_by) > _MOST_ASKED:
        leaves.append(blocks.leaf(f" and {len(view.asked_by) - _MOST_ASKED} more"))
    return [blocks.rich_text(blocks.rich_section(*leaves))]


def decided_in(view: AskView) -> str:
    """As mrkdwn, a channel linked; empty where it was the session's own thread, or nobody knows."""
    known = view.place != "thread" and _PLACE.fullmatch(view.place)
    return place_words(view.place) if known else ""


def _channel(home: ThreadKey) -> list[Json]:
    if home.channel.startswith("D"):
        return [blocks.leaf(" in a conversation with me")]
    return [blocks.leaf(" in "), blocks.rich_channel(home.channel)]
