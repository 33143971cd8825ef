"""Inline Markdown written word by word: what is written stays, whatever follows.

A piece is the shortest run of words in which nothing waits for its end. Each is written by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from bot.slack.render.escape import JOINER
from bot.slack.render.html_tags import without_lone_tags
from bot.slack.render.settle import is_settled
from bot.slack.render.text import written_inline

LONGEST_HELD: Final = 120
"""Characters after which a mark that was never ended is let out as plain text."""
LONGEST_WORD: Final = 400
"""A run without a space that is longer is let out `_STEP` by `_STEP`, all but its last
`LONGEST_WORD - _STEP` characters: enough to tell what it is."""
_STEP: Final = 100
_KEPT: Final = 4096
"""Pieces with marks whose written form is remembered, of all texts."""

_SPACE = " \t\n"
_MARKS = r"\\`*_~\[\]<>&"
# Scripts written without spaces.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff00-\uffef"
    "\U00020000-\U0003ffff"
)
_END = re.compile(rf"(?<=[^{_SPACE}])(?=[{_SPACE}])|(?<=[{_UNSPACED}])(?=[^!({_MARKS}{_SPACE}])")
_PLAIN = re.compile(rf"[^{_MARKS}]*|[{_SPACE}]*\*")
_OPENER = re.compile(r"`+|\*+|_+|~+|(?:!?\[)+")
_MAY_END = re.compile(r"[\])`]|(?<=\S)(?:(?<!\*)\*|(?<!_)_|(?<!~)~)")
_HALF_LIVE = re.compile(r"&lt;(?=[*_~`\\!\[]*\Z)")
_LINE_START = re.compile(
    r">|[-+*](?=\s|\Z)|#{1,6}(?=\s|\Z)|=+(?=\s|\Z)|[|:-]+(?=\s|\Z)|\||:?-+:?\|"
)
_NUMBER = re.compile(r"(\d{1,9})(?=[.)](?:\s|\Z))")


def ends(text: str) -> Iterator[int]:
    """Offsets at which a word has ended for certain, in order; the last word has not."""
    last = 0
    for found in _END.finditer(text):
        yield from _within(last, found.start())
        yield found.start()
        last = found.start()
    yield from _within(last, len(text))


def _within(start: int, stop: int) -> Iterator[int]:
    """Where an endless word is let out."""
    if stop - start >= LONGEST_WORD:
        yield from range(start + _STEP, stop - (LONGEST_WORD - _STEP) + 1, _STEP)


def written(content: str, *, growing: bool) -> str:
    """`content`, the inline text of one block, as far as it is decided: with `growing`, more of it
    may follow. No line of the result starts a block."""
    content = without_lone_tags(content, growing=growing)
    out: list[str] = []
    start = before = 0
    for stop in ends(content) if growing else (*ends(content), len(content)):
        while start < stop:
            piece = content[start:stop]
            may_end = start >= before or _MAY_END.search(content, before, stop)
            shown = _settled(piece.lstrip(_SPACE)) if may_end else None
            if shown is None and stop - start <= LONGEST_HELD:
                break
            if shown is None:
                piece = piece[: _mark(piece).end]
                shown = _literal(piece.lstrip(_SPACE))
            start += len(piece)
            if content[start : start + 1] in ("", "\n"):
                shown = _without_break(piece, shown)
            out.append(_joined(piece, shown, is_first=not out))
        before = stop
    if not growing and start < len(content):
        rest = content[start:]
        out.append(_joined(rest, _form(rest.lstrip(_SPACE)), is_first=not out))
    return "".join(out)


def _settled(words: str) -> str | None:
    """`words` written, or None while something in them waits for its end."""
    return words if _PLAIN.fullmatch(words) else _settled_form(words)


@lru_cache(maxsize=_KEPT)
def _settled_form(words: str) -> str | None:
    return _form(words) if is_settled(words) else None


def _form(words: str) -> str:
    if _PLAIN.fullmatch(words):
        return words
    return _HALF_LIVE.sub(f"&lt;{JOINER}", written_inline(words))


def _literal(words: str) -> str:
    """What ends in a mark that opens nothing."""
    mark = _mark(words)
    head = _form(words[: mark.start]) if mark.start else ""
    return head + "".join(f"\\{char}" for char in words[mark.start : mark.end])


class _Mark(NamedTuple):
    start: int
    end: int


def _mark(piece: str) -> _Mark:
    """The first mark in it, or its end if there is none."""
    found = _OPENER.search(piece)
    return _Mark(*found.span()) if found else _Mark(len(piece), len(piece))


def _without_break(source: str, shown: str) -> str:
    """Without the backslash that asks for a new line: lines are kept anyway."""
    backslashes = len(source) - len(source.rstrip("\\"))
    return shown[:-2] if backslashes % 2 and shown.endswith("\\\\") else shown


def _joined(source: str, shown: str, *, is_first: bool) -> str:
    """`shown` behind the space its source begins with."""
    space = source[: len(source) - len(source.lstrip(_SPACE))]
    first, *lines = shown.split("\n")
    if is_first or "\n" in space:
        first = _as_line_start(first)
    kept = [first, *(_as_line_start(line) for line in lines if line)]
    return ("\n" if "\n" in space else " " if space else "") + "\n".join(kept)


def _as_line_start(text: str) -> str:
    """Text that would begin a list, a heading, a rule, a quote or a table at a line's start."""
    if _NUMBER.match(text):
        return _NUMBER.sub(r"\1\\", text, count=1)
    return f"\\{text}" if _LINE_START.match(text) else text
