"""Where a long Markdown text is cut into messages.

The cut depends on nothing but the text before it: however the text arrived, in one piece or in a
thousand, the parts are the same.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import takewhile

from markdown_it import MarkdownIt
from markdown_it.token import Token

_BLOCKS = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
_NEWLINE = re.compile(r"\r\n?|\n")
_MARKERS = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?=\s)")
_SPAN = re.compile(
    r"(?P<ticks>`+)(?:(?!(?P=ticks)).)*+(?:(?P=ticks)|\Z)"
    r"|\[[^\[\]]*+(?:\]\([^()\s]*+\)?|\]?\Z)"
    r"|\*\*[^*]*+(?:\*\*|\*?\Z)"
    r"|https?://[^\s>)]*+",
    re.DOTALL,
)
KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_SO_FAR = re.compile(r"(?:(?!-----)[A-Za-z0-9+/=\\\s>|:,-])*+")
_PAUSES = ("\n", ". ", "! ", "? ", "。", "！", "？", " ")
_BLANK = " \t>"
_ZERO_WIDTH_JOINER = "\u200d"
_VIRAMA = 9


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


def find_cut(text: str, limit: int, after: int = 0) -> Cut | None:
    """None while the text fits into `limit` bytes (see `weight`); else the best place to cut:
    between two blocks, else between list items or lines, else between sentences or words.

    The cut lies behind the first `after` characters: those were carried over from the part before.
    """
    if len(text) * 5 <= limit or (len(text) <= limit and weight(text) <= limit):
        return None
    head = text[: max(_fitting(text, limit), after + 1)]
    if len(head) == len(text):
        return None
    return _naming_key(head, _best_cut(head, limit, after), limit)


def _best_cut(head: str, limit: int, after: int) -> Cut:
    page = _Page(head)
    least = max(len(head) // 2, after + 1)
    block = page.newest_block()
    if block >= least:
        return Cut(block)
    items = [page.starts[first] for first, _ in page.lists(level=1)]
    if items and items[-1] >= least:
        return Cut(items[-1])
    return page.cut_at_line(least, after, limit) or page.cut_in_line(block, least, limit)


def cut_at_end(text: str, limit: int) -> Cut:
    """End a part here, whatever is open: a fence is closed, and opened again by what follows."""
    page = _Page(text)
    fence = next((fence for fence in page.leaves("fence") if page.is_open(fence)), None)
    cut = page.cut(len(text), page.end - 1, fence, limit) if fence else Cut(len(text))
    return _naming_key(text, cut, limit)


def _naming_key(text: str, cut: Cut, limit: int) -> Cut:
    """Inside a private key the next part begins with the line that says so: each part is masked
    by itself."""
    head = text[: cut.at]
    last = head.rfind("-----BEGIN ")
    begins = KEY_BEGINS.match(head, max(last, 0))
    if begins is None or not _KEY_SO_FAR.fullmatch(head, begins.end()):
        return cut
    return replace(cut, carry=cut.carry + _within(limit, f"{begins[0]}\n"))


class _Page:
    """The blocks of a text that may end in the middle of a line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(newline.end() for newline in _NEWLINE.finditer(text))]
        self.tokens = [token for token in _BLOCKS.parse(text) if token.map]
        written = text.rstrip(f"{_BLANK}\r\n")
        self.end = len(_NEWLINE.findall(written)) + 1
        """The line after the last one with anything on it."""

    def line(self, number: int) -> str:
        stop = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : stop].rstrip("\r\n")

    @staticmethod
    def span(token: Token) -> tuple[int, int]:
        """The token's first line and the line after its last."""
        first, after = token.map or (0, 0)
        return first, after

    def newest_block(self) -> int:
        """Where the last block begins that stands in no other, with the headings right above it:
        a heading at the end of a message would announce nothing."""
        tops = [token for token in self.tokens if token.level == 0]
        last = len(tops) - 1
        while last > 0 and tops[last - 1].type == "heading_open":
            last -= 1
        return self.starts[self.span(tops[last])[0]] if tops else 0

    def lists(self, level: int | None = None) -> list[tuple[int, int]]:
        return [
            self.span(token)
            for token in self.tokens
            if token.type == "list_item_open" and level in (None, token.level)
        ]

    def leaves(self, *types: str) -> list[Token]:
        return [token for token in reversed(self.tokens) if token.type in types]

    def leaf(self, number: int) -> Token | None:
        """The fence or table that line `number` continues."""
        for token in self.leaves("fence", "table_open"):
            first, after = self.span(token)
            if first < number < after:
                return token
        return None

    def is_open(self, fence: Token) -> bool:
        """Whether it may go on after the text: neither it nor what it stands in has ended."""
        first, after = self.span(fence)
        closed = after - 1 > first and self._is_fence_end(fence, after - 1, len(fence.markup))
        return after >= self.end and not closed

    def _is_fence_end(self, fence: Token, number: int, least: int) -> bool:
        """Whether the line is made of nothing but `least` or more marks of the fence."""
        marks = self.line(number).strip(_BLANK)
        return len(marks) >= least and set(marks) <= {fence.markup[0]}

    def cut_at_line(self, least: int, after: int, limit: int) -> Cut | None:
        """Before the last line that may begin a part."""
        last = len(self.starts) - 1
        if not self.line(last).strip(_BLANK):
            last -= 1  # perhaps the indent of a line of the same block
        for number in range(last, 0, -1):
            at = self.starts[number]
            leaf = self.leaf(number)
            if at <= after or (leaf is None and at < least):
                return None
            if leaf is None or self._continues(leaf, number):
                return self.cut(at, number, leaf, limit)
        return None

    def _continues(self, leaf: Token, number: int) -> bool:
        """Whether the leaf has lines of its own before and after a cut here."""
        first = self.span(leaf)[0]
        if leaf.type == "fence":
            return number > first + 1 and not self._is_fence_end(leaf, number, 0)
        return number > first + 2

    def cut_in_line(self, block: int, least: int, limit: int) -> Cut:
        """Between sentences or words of the newest block, never inside what is drawn as one."""
        at = _pause(self.text, block, least)
        number = sum(1 for _ in takewhile(lambda start: start <= at, self.starts)) - 1
        leaf = self.leaf(number)
        return self.cut(at, number, leaf if leaf and leaf.type == "fence" else None, limit)

    def cut(self, at: int, number: int, leaf: Token | None, limit: int) -> Cut:
        """The cut before offset `at` in line `number`, with what must be closed and reopened."""
        around = "".join(f"{marker} …\n\n" for marker in self._list_markers(number))
        if leaf is None:
            return Cut(at, carry=_within(limit, around))
        first = self.span(leaf)[0]
        opening = self.line(first)
        if leaf.type == "table_open":
            header = f"{_unmarked(opening, leaf)}\n{self.line(first + 1)}\n"
            return Cut(at, carry=_within(limit, around + header, header))
        indent = re.sub(r"[^\s>]", " ", opening[: opening.index(leaf.markup)])
        mark = f"{indent}{leaf.markup}"
        carry = _within(limit, f"{around}{mark}{leaf.info}\n", f"{mark}{leaf.info}\n", f"{mark}\n")
        return Cut(at, close=mark if carry else "", carry=carry)

    def _list_markers(self, number: int) -> list[str]:
        """The markers of the list items that line `number` continues, the outermost first."""
        lines = dict.fromkeys(first for first, after in self.lists() if first < number < after)
        found = [_ITEM.match(self.line(first)) for first in lines]
        return [] if None in found else [match.group() for match in found if match]


def _within(limit: int, *carries: str) -> str:
    """The first that leaves most of the next part for what is new."""
    return next((carry for carry in carries if weight(carry) <= limit // 4), "")


def _unmarked(line: str, token: Token) -> str:
    """The line without the list markers before its content, which begin an item only once."""
    markers = _MARKERS.match(line) if token.level else None
    if markers is None:
        return line
    return re.sub(r"[^\s>]", " ", markers.group()) + line[markers.end() :]


def _fitting(text: str, limit: int) -> int:
    """The length of the longest prefix that weighs at most `limit`."""
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if weight(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _pause(text: str, start: int, least: int) -> int:
    """The best offset from `least` on: behind a sentence or a word that is in no link, code or
    emphasis, else behind any, else between two characters."""
    spans = [found.span() for found in _SPAN.finditer(text, start)]
    torn = {at for first, after in spans for at in range(first + 1, after)}
    for forbidden in (torn, frozenset[int]()):
        for pause in _PAUSES:
            at = text.rfind(pause) + len(pause)
            while at >= max(least, len(pause)):
                if at not in forbidden and _is_boundary(text, at):
                    return at
                at = text.rfind(pause, 0, at - 1) + len(pause)
    whole = (at for at in range(len(text) - 1, least - 1, -1) if _is_boundary(text, at))
    return next(whole, len(text))


def _is_boundary(text: str, at: int) -> bool:
    """Whether a cut tears nothing that is drawn as one character (Unicode annex 29, in short). At
    the end of the text nobody knows yet."""
    if at >= len(text):
        return False
    before, here = text[at - 1], text[at]
    if before in "\r\n" or here in "\r\n":
        return not (before == "\r" and here == "\n")
    if before == _ZERO_WIDTH_JOINER or _extends(here):
        return False
    if unicodedata.combining(before) == _VIRAMA and unicodedata.category(here) == "Lo":
        return False
    if "\ud800" <= before <= "\udbff" and "\udc00" <= here <= "\udfff":
        return False
    if _is_flag(here):
        return sum(1 for _ in takewhile(_is_flag, reversed(text[:at]))) % 2 == 0
    return True


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char).startswith("M")
        or char in "\u200c\u200d\u0e33\u0eb3"
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags
        or "\u1160" <= char <= "\u11ff"  # Hangul vowels and finals
    )


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
