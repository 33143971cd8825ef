"""What Slack would act on, judged without the renderer's own means."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

_OPENERS = ("!", "@", "#")
_CODE = ("!--", "!doctype", "![cdata[", *(f"#{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"))
_MARKS = "*_~`\\"


def live_sequences(text: str) -> list[str]:
    """Control sequences in `text` as it stands, with entities decoded, and with marks removed.

    Of the sequences decoded from entities those with the entity directly before them are Slack's
    own escapes for the three characters, but a careless reader decodes twice: they count too.
    """
    readings = {text, html.unescape(text), html.unescape(html.unescape(text))}
    readings |= {"".join(c for c in reading if c not in _MARKS) for reading in set(readings)}
    return sorted(found for reading in readings for found in _raw(reading))


def _raw(text: str) -> Iterator[str]:
    for at, char in enumerate(text):
        if char != "<":
            continue
        rest = text[at + 1 : at + 300]
        is_code = rest.startswith(_CODE) or rest[:9].lower().startswith(_CODE[:3])
        if rest.startswith(_OPENERS) and not is_code:
            yield text[at : at + 20]
        scheme, colon, after = rest.partition(":")
        # No scheme that opens anything has two letters, and many a prefix in XML (`<xs:…`) has.
        is_address = bool(colon) and scheme.isascii() and scheme.isalpha() and len(scheme) > 2
        if is_address and "|" in after.split(">")[0].split("\n")[0]:
            yield text[at : at + 20]


def strings(part: Any) -> Iterator[str]:
    """Every string a reader may see somewhere in blocks."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for key, value in part.items():
            if key not in ("type", "action_id", "block_id", "value", "style", "url", "user_id"):
                yield from strings(value)
    elif isinstance(part, (list, tuple)):
        for item in part:
            yield from strings(item)
