"""Slack's limits as data: how large things may be, and how often methods may be called.

Sizes are in characters. Sources: the Block Kit and method reference pages, and for the size of a
whole message what others measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

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
URL: Final = 3_000
OVERFLOW_OPTIONS: Final = 5
CHECKED_OPTIONS: Final = 10
"""Of checkboxes and radio buttons."""
MODAL_TITLE: Final = 24
INPUT_LABEL: Final = 2_000
TYPED_TEXT: Final = 3_000
"""What a person can write in one field, and what can stand in it when it is opened."""
CONFIRM_TEXT: Final = 300

# ---- rates


@dataclass(frozen=True, slots=True)
class Rate:
    """What Slack takes: `burst` calls at once, and `per_minute` in the long run."""

    per_minute: float
    burst: int


@dataclass(frozen=True, slots=True)
class Budget:
    """A method's allowance in one workspace, and how growing texts spend it.

    `prior`: the seconds a busy time is expected to last before anything is known of it. What is
    there at its beginning is spread over them (`pacing`).
    `shared`: calls of several priorities come this way, so one is kept for the urgent.
    """

    rate: Rate
    prior: float = 15.0
    shared: bool = True


def _tier(per_minute: int, prior: float = 15.0, *, shared: bool = True) -> Budget:
    return Budget(Rate(per_minute, per_minute), prior, shared)


BUDGETS: Final = MappingProxyType(
    {
        "chat.postMessage": _tier(300),  # a workspace's cap is "several hundred per minute"
        "chat.update": _tier(50, prior=22.0),  # few: some are saved for a time that lasts longer
        "chat.delete": _tier(50),
        "chat.startStream": _tier(20, shared=False),
        "chat.appendStream": _tier(100, shared=False),
        "chat.stopStream": _tier(20, shared=False),
        "chat.postEphemeral": _tier(100),
        "conversations.history": _tier(50),
        "conversations.info": _tier(50),
        "conversations.members": _tier(100),
        "conversations.open": _tier(50),
        "conversations.replies": _tier(50),
        "users.info": _tier(100),
        "reactions.add": _tier(50),
        "reactions.remove": _tier(20),
        "agents.sessions.setStatus": _tier(50),
        "agents.sessions.rename": _tier(50),
        "files.getUploadURLExternal": _tier(100),
        "files.completeUploadExternal": _tier(100),
        "views.open": _tier(100),
        "views.publish": _tier(100),
        "views.update": _tier(100),
    }
)
"""By method: Slack's tiers are 20 (2), 50 (3) and 100 (4) calls a minute."""

POSTS_PER_CHANNEL: Final = Rate(per_minute=60, burst=4)
"""About one a second in each channel, "short bursts tolerated"."""

STREAM_LIFE: Final = 300.0
"""Seconds after which Slack ends a stream by itself."""
