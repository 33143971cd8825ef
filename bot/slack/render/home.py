"""A person's Home: what this is, and their sessions, those that need them first."""

from __future__ import annotations

from bot.core.ids import ThreadKey
from bot.core.views import HomeEntry, HomeView
from bot.slack.render import blocks
from bot.slack.render.blocks import Json
from bot.slack.render.escape import shorten

WHAT = (
    "Mention me in a channel or write to me here, and an agent gets to work in the thread. "
    "It shows what it does, asks before it acts, and stops when you say *stop*."
)
_GROUPS = {"needs_you": "Needs you", "running": "Running", "recent": "Recent"}
_TITLE = 150


def home(view: HomeView) -> Json:
    """The `view` of views.publish."""
    made = [blocks.header("Your sessions"), blocks.section(blocks.mrkdwn(WHAT))]
    for state, title in _GROUPS.items():
        entries = [entry for entry in view.entries if entry.state == state]
        if entries:
            made += [
                blocks.section(blocks.mrkdwn(f"*{title}*")),
                blocks.rich_text(blocks.rich_list(_entry(entry) for entry in entries)),
            ]
    if not view.entries:
        made.append(blocks.context([blocks.mrkdwn("You have no sessions yet.")]))
    return {"type": "home", "blocks": [*made]}


def _entry(entry: HomeEntry) -> Json:
    channel = ThreadKey.parse(entry.session).channel
    is_direct = channel.startswith("D")
    return blocks.rich_section(
        blocks.leaf(shorten(" ".join(entry.title.split()) or "Untitled", _TITLE), "bold"),
        blocks.leaf(" in "),
        blocks.leaf("our conversation") if is_direct else blocks.rich_channel(channel),
        blocks.leaf(" · "),
        blocks.rich_date(entry.updated_at),
    )
