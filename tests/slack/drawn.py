"""Messages as Slack would take them, and what can be pressed in them."""

from __future__ import annotations

import re

from bot.playground.validate import require_blocks
from bot.slack import limits
from bot.slack.render.blocks import Content, Json
from tests.slack.liveness import live_sequences, strings

OURS = r"<@[UW][A-Z0-9]+>|<#[CG][A-Z0-9]+>|<!date\^\d+\^[^|<>]+\|[^|<>]+>"
"""What we make live on purpose."""


def checked(content: Content) -> Content:
    """The content, if Slack would take it and nothing of others' in it would act."""
    require_blocks([*content.blocks])
    assert 0 < len(content.text) <= limits.SUMMARY_TEXT
    parsed = [block for block in content.blocks if block["type"] != "rich_text"]
    for said in (content.text, *strings(parsed)):
        ours = re.sub(OURS, "", said)
        assert live_sequences(ours) == []
    return content


def actions(content: Content) -> list[Json]:
    blocks = [block for block in content.blocks if block["type"] == "actions"]
    return [element for block in blocks for element in block["elements"]]  # type: ignore
