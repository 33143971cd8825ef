"""What of a growing text can be shown already: constructs not yet ended are closed or held back.

Without this a reader would see `**bo`, `[label](htt` or a table's first row as raw marks for the
moment until the rest arrives.
"""

from __future__ import annotations

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, link_pairs
from markdown_it.token import Token

from bot.slack.render.text import DEEPEST, PARSER

LONGEST_HELD: Final = 400
"""Characters after which a mark that was never ended counts as plain text."""
LONGEST_TARGET: Final = 500

# Enough to find the last block.
_BLOCKS = (
    MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    .enable("table")
    .disable("inline")
)

ONLY_MARKS = re.compile(
    r"""(?: [ \t>] | (?:[-+*]|\d{1,9}[.)])(?=[ \t]) )*+
    (?: \#{1,6} | [-+*=_|:\ \t]+ | \d{1,9}[.)]? | \[[ xX]?\]?
        | `{1,2} | `{3,}[^`\n]* | ~{1,2} | ~{3,}[^\n]* )?[ \t]*""",
    re.VERBOSE,
)
"""A line of which nobody can tell yet what its marks mean."""
_DELIMITER_ROW = re.compile(r"[\s|:-]*")
_HALF_TARGET = re.compile(r"\(\s*(?:<[^<>\n]*|[^\s<>]*)(?:\s+(?:[\"'(][^\n]*)?)?")
_HALF_END = re.compile(r"(?:\\|[*_~]+\s*|!|&#?\w{0,30}|<[^\s<>]{0,200})$")


def settle(text: str) -> str:
    """The part of `text` that stays right whatever comes next, well formed by itself."""
    text = _without_half_line(text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip() or text.endswith("\n\n"):
        return text
    last = _last_leaf(_BLOCKS.parse(text))
    if last is None or last.type != "inline":
        return text
    content = last.content.rstrip()
    kept = content[: table_start(content)].rstrip()
    kept = kept[: _open_at(kept)]
    kept = _HALF_END.sub("", kept).rstrip()
    return _replace_end(text, content, kept, _closers(kept))


def is_settled(content: str) -> bool:
    """Whether no code span, link or emphasis in these whole words waits for its end."""
    words = f"{content} "
    return _open_at(words) == len(words) and not _closers(content)


def _without_half_line(text: str) -> str:
    """Without a last line that is nothing but marks so far: what they mean is not decided."""
    head, _, line = text.rpartition("\n")
    if not line.strip() or not ONLY_MARKS.fullmatch(line):
        return text
    last = _last_leaf(_BLOCKS.parse(text))
    if last is not None and _is_inside(last, text.count("\n")):
        return head if _is_half_fence(last, line.strip()) else text
    return head


def _is_inside(leaf: Token, line: int) -> bool:
    """Whether line number `line` belongs to this fence, and does not open it."""
    return leaf.type == "fence" and leaf.map is not None and leaf.map[0] < line < leaf.map[1]


def _is_half_fence(fence: Token, line: str) -> bool:
    """Whether the line may grow into the mark that ends the fence, but is still code."""
    code = fence.content.rstrip("\n").rpartition("\n")[2].strip()
    return set(line) == {fence.markup[0]} and code == line


def _last_leaf(tokens: list[Token]) -> Token | None:
    """The last block with content; the empty cells that fill up a table's row do not count."""
    leaves = (t for t in reversed(tokens) if t.type in ("inline", "fence", "code_block", "hr"))
    return next((t for t in leaves if t.type != "inline" or t.content), None)


def table_start(content: str) -> int:
    """Where lines begin that may become a table once its second row is there."""
    lines = content.split("\n")
    if lines[-1].lstrip().startswith("|"):
        before = len(lines) > 1 and lines[-2].lstrip().startswith("|")
        held = 2 if before and _DELIMITER_ROW.fullmatch(lines[-1]) else 1
        return len("\n".join(lines[:-held]))
    return len(content)


def _open_at(text: str) -> int:
    """Where a code span or link begins that has not ended, else the length of the text."""
    brackets: list[int] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 2
        elif char == "`":
            end = _code_end(text, at)
            if end is None and len(text) - at <= LONGEST_HELD:
                return at
            at = end or at + _run(text, at)
        elif char == "]" and brackets:
            start = brackets.pop()
            end = _target_end(text, at + 1)
            if end is None and len(text) - start <= LONGEST_HELD:
                return start
            at = end or at + 1
        else:
            if char == "[":
                brackets.append(at - 1 if text[max(0, at - 1)] == "!" else at)
            at += 1
    return next((start for start in brackets if len(text) - start <= LONGEST_HELD), len(text))


def _run(text: str, at: int) -> int:
    return len(text) - at - len(text[at:].lstrip("`"))


def _code_end(text: str, at: int) -> int | None:
    length = _run(text, at)
    for run in re.finditer("`+", text[at + length :]):
        if len(run[0]) == length:
            return at + length + run.end()
    return None


def _target_end(text: str, at: int) -> int | None:
    """Where a link's target ends that begins at `at`, `at` if there is none; None: not ended."""
    if at == len(text):
        return None
    if text[at] != "(":
        return at
    depth = 0
    for end in range(at, min(len(text), at + LONGEST_TARGET)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return end + 1
    return None if _HALF_TARGET.fullmatch(text, at) else at


def _closers(content: str) -> str:
    """The marks that end the emphasis still open, the innermost first."""
    state = StateInline(content, PARSER, {}, [])
    PARSER.inline.tokenize(state)
    link_pairs(state)
    closers: list[str] = []
    at = 0
    while at < len(state.delimiters):
        delimiter = state.delimiters[at]
        if delimiter.end >= 0:
            at = delimiter.end
        elif delimiter.open:
            closers.append(state.tokens[delimiter.token].content)
        at += 1
    return "".join(reversed(closers))


def _replace_end(text: str, content: str, kept: str, closers: str) -> str:
    """`text` with `kept` and `closers` where its last paragraph had `content`."""
    if kept == content and not closers:
        return text
    dropped = content[len(kept) :].split("\n")
    lines = text.rstrip().split("\n")
    remaining = lines[: len(lines) - len(dropped) + 1]
    end = remaining[-1].rstrip() if len(dropped) == 1 else remaining[-1]
    if len(dropped) > len(lines) or not end.endswith(content.split("\n")[-len(dropped)].rstrip()):
        return text
    cut = len(end) - len(dropped[0]) if dropped[0] else len(end)
    remaining[-1] = end[:cut].rstrip() + closers
    return "\n".join(remaining)
