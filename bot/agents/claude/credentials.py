"""What Claude Code is let in with: always from the environment, or from its own login."""

from __future__ import annotations

import os
import sys
from pathlib import Path

KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
CLOUDS = ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY")

MISSING = "Claude Code has no key"
REMEDY = (
    "Set ANTHROPIC_API_KEY in the environment of the bot (not in .env), or log in once with "
    "Claude Code as the bot's user"
)


def present() -> bool:
    """Whether there is anything to be let in with. A login may also lie where only the system can
    look, on macOS."""
    home = Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude")
    login = (home / ".credentials.json").is_file() or sys.platform == "darwin"
    return login or any(os.environ.get(name) for name in (*KEYS, *CLOUDS))


def keyed() -> bool:
    """Whether a key was set by hand, for this process."""
    return any(os.environ.get(name) for name in KEYS)


def masked(text: str) -> str:
    """The text without any of the keys."""
    for name in KEYS:
        if key := os.environ.get(name):
            text = text.replace(key, "***")
    return text
