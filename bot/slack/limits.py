"""Slack's limits as data: how large things may be, and how often methods may be called.

Sizes are in characters. Sources: the Block Kit and method reference pages, and for the size of a
whole message what others measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.core.views import Priority

# ---- sizes

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
MARKDOWN_SUM: Final = 12_000
"""Over all markdown blocks of a message; the payload as a whole is refused not far above it."""
SUMMARY_TEXT: Final = 3_000
"""`text` beside blocks. An update with more than 4,000 is refused."""
SECTION_TEXT: Final = 3_000
CONTEXT_ELEMENTS: Final = 10
CONTEXT_TEXT: Final = 3_000
ACTIONS_ELEMENTS: Final = 25
BUTTON_TEXT: Final = 75
ACCESSIBILITY_LABEL: Final = 75
OPTION_TEXT: Final = 75
SELECT_OPTIONS: Final = 100
PLACEHOLDER: Final = 150
HEADER_TEXT: Final = 150

# ---- rates


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `burst` calls at once, then `per_minute`."""

    per_minute: float
    burst: float


def _tier(per_minute: int) -> Rate:
    """Nine tenths of what Slack allows, for one owner of the workspace's whole allowance."""
    return Rate(per_minute * 0.9, per_minute * 0.9)


TIER_2: Final = _tier(20)
TIER_3: Final = _tier(50)
TIER_4: Final = _tier(100)

RATES: Final = MappingProxyType(
    {
        "chat.postMessage": _tier(300),  # a workspace's cap is "several hundred per minute"
        "chat.update": TIER_3,
        "chat.postEphemeral": TIER_4,
        "conversations.replies": TIER_3,
        "conversations.open": TIER_3,
        "reactions.add": TIER_3,
        "reactions.remove": TIER_2,
        "agents.sessions.setStatus": TIER_3,
        "views.publish": TIER_4,
    }
)
POSTS_PER_CHANNEL: Final = Rate(per_minute=54, burst=3)
"""About one a second in each channel, "short bursts tolerated"."""

RESERVED: Final = MappingProxyType(
    {
        Priority.ASK: 0.0,
        Priority.STOP: 0.0,
        Priority.FINAL: 0.05,
        Priority.FIRST: 0.1,
        Priority.PROGRESS: 0.2,
        Priority.DELTA: 0.2,
    }
)
"""The share of a bucket that a priority may not touch: it is kept for those before it."""

EDIT_SPACING: Final = 0.9
"""Seconds between two edits of one message while text grows. An edit at rest goes at once."""
