"""The names of emoji that a message can be reacted to with."""

import json
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from bot.playground.model import Json

# The table the page draws them by: Slack's shortcodes, aliases included.
_TABLE = Path(__file__).parent / "page" / "vendor" / "emoji.json"
_TONE = re.compile(r"::skin-tone-[2-6]$")


@cache
def _known() -> frozenset[str]:
    table: Json = json.loads(_TABLE.read_text("utf-8"))
    return frozenset(table)


def is_emoji(name: str, custom: Collection[str] = ()) -> bool:
    """Whether Slack knows it: a standard one, perhaps with a skin tone, or one of the workspace's
    own. Which standard ones take a tone is not checked."""
    return name in custom or _TONE.sub("", name) in _known()
