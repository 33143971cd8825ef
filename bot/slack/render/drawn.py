"""How much of a growing text its readers have seen, where its end was held back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.slack.render.growth import grow
from bot.slack.render.settle import settle

_MOST_HELD: Final = 600
"""Characters; what is held back longer is let out."""


def drawn(text: str) -> int:
    """Of a text shown by edits: up to where it stands as it is."""
    readable = settle(text)
    most = min(len(text), len(readable))
    return next((at for at in range(most) if text[at] != readable[at]), most)


def drawn_in_stream(text: str, held: str, mask: Callable[[str], str]) -> int:
    """Of a text of which a native stream holds the written form `held`, without what `mask`
    hides."""
    for length in range(len(text), max(0, len(text) - _MOST_HELD), -1):
        if held.startswith(_end(grow(mask(text[:length]), final=True))):
            return length
    return max(0, len(text) - _MOST_HELD)


def _end(written: str) -> str:
    """Without the marks that only close what is open."""
    return written.rstrip("`~ \n")
