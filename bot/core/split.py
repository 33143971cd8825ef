"""Where a long Markdown text is cut into messages.

The cut depends on nothing but the text before it: however the text arrived, in one piece or in a
thousand, the parts are the same.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_JOINERS = ("\u200d", "\ufe0f")


@dataclass(frozen=True, slots=True)
class Cut:
    """End a part at offset `at`; `close` is written after it, `carry` before what follows, so that
    each side is well formed."""

    at: int
    close: str = ""
    carry: str = ""


def weight(text: str) -> int:
    """Bytes of the text as Slack counts an encoded block: UTF-8, with `&`, `<`, `>` as entities."""
    return len(text.encode("utf-8", "surrogatepass")) + (
        4 * text.count("&") + 3 * (text.count("<") + text.count(">"))
    )


def find_cut(text: str, limit: int) -> Cut | None:
    """None while the text fits into `limit` bytes (see `weight`); else the best place to cut:
    between two blocks, else between list items or lines, else between sentences or words."""
    if len(text) * 5 <= limit or weight(text) <= limit:
        return None
    head = _head(text, limit)
    least = len(head) // 2
    starts = _line_starts(head)
    tokens = [t for t in _MARKDOWN.parse(head) if t.map]
    last = next((t for t in reversed(tokens) if t.level == 0), None)
    if last is None or last.map is None:
        return Cut(_word_break(head, least))
    start = starts[last.map[0]]
    if start >= max(least, 1):
        return Cut(start)
    return _cut_inside(head, last, tokens, starts, least)


def _cut_inside(head: str, block: Token, tokens: list[Token], starts: list[int], least: int) -> Cut:
    line = starts[-1] if starts[-1] < len(head) else starts[-2] if len(starts) > 1 else 0
    first = block.map[0] if block.map else 0
    if block.type == "fence" and line > starts[min(first + 1, len(starts) - 1)]:
        opening = head[starts[first] :].split("\n", 1)[0]
        return Cut(line, close=block.markup, carry=f"{opening}\n")
    if block.type == "table_open" and line > starts[min(first + 2, len(starts) - 1)]:
        return Cut(line, carry=head[starts[first] : starts[first + 2]])
    items = [
        starts[t.map[0]] for t in tokens if t.type == "list_item_open" and t.level == 1 and t.map
    ]
    if items and items[-1] >= least:
        return Cut(items[-1])
    return Cut(line if line >= least else _word_break(head, least))


def _head(text: str, limit: int) -> str:
    """The longest prefix that weighs at most `limit`, never less than one character."""
    low, high = 1, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if weight(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low]


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n")[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _word_break(head: str, least: int) -> int:
    for mark in (". ", "! ", "? ", "。", " ", "\n"):
        at = head.rfind(mark)
        if at >= max(least, 1):
            return at + len(mark)
    at = len(head)
    while at > max(least, 1) and _glued(head, at):
        at -= 1
    return at


def _glued(head: str, at: int) -> bool:
    """Whether a cut before the last character could tear what is drawn as one."""
    return at == len(head) and (
        unicodedata.combining(head[at - 1]) != 0 or head[at - 1] in _JOINERS
    )
