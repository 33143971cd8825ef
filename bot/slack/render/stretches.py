"""Where a Markdown text can be taken apart: between two stretches nothing is open, so that each can
be written, and remembered, by itself."""

from __future__ import annotations

import re
from typing import Final

KEPT: Final = 512
"""Stretches whose written form is remembered, of all texts that grow."""

_FENCE = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`\n]*$)|~{3,})")
_CLOSED = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*$")
_FRESH = re.compile(r"(?![ \t>]|(?:[-+*]|\d{1,9}[.)])(?:\s|$))")


def stretches(source: str) -> list[str]:
    """The text cut before each line that begins a block whatever stands before it: after an empty
    line, outside fences, neither indented nor part of a list or quote."""
    cuts = [0]
    at, mark, is_after_blank = 0, "", False
    for line in source.splitlines(keepends=True) if "\n" in source else ():
        is_blank = not line.strip()
        if mark:
            closed = _CLOSED.match(line)
            if closed and closed[1].startswith(mark):
                mark = ""
        else:
            if is_after_blank and not is_blank and _FRESH.match(line):
                cuts.append(at)
            opened = _FENCE.match(line)
            mark = opened[1] if opened else ""
        is_after_blank = is_blank
        at += len(line)
    return [source[start:stop] for start, stop in zip(cuts, [*cuts[1:], None], strict=True)]
