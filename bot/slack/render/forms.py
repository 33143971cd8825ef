"""What the fields of a modal hold, by the block each stands in."""

from __future__ import annotations

from collections.abc import Mapping

from bot.slack.wire import Typed

Filled = Mapping[str, Typed]
"""What the fields hold, by block id."""

Errors = dict[str, str]
"""A sentence for each field that is wrong, by block id."""
