"""An agent's Markdown for a native stream, to which text can only be added.

What is written never depends on what comes later: each block is written from its own source, each
word from the construct it stands in, and what is not decided yet is held back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table as read_table
from markdown_it.token import Token

from bot.slack.render.escape import JOINER, clean, defuse
from bot.slack.render.settle import ONLY_MARKS, table_start
from bot.slack.render.stretches import KEPT, stretches
from bot.slack.render.text import COLUMN_MARKS, NONCHARACTERS, language, table_row
from bot.slack.render.words import ends, written

_DEEPEST: Final = 40


def grow(text: str, *, final: bool = False) -> str:
    """The written form of a text so far. For any prefix of a text it is a prefix of the text's.

    Held back are the word and the line of mere marks at the end, a table's head until its second
    row is there, a row until it ends, and inline constructs up to `words.LONGEST_HELD` characters.
    `final` lets all of it out; it only ever adds. Unlike in `markdown`, a reference does not become
    a link, a line below a paragraph does not make it a heading, and a table's rows begin with `|`.
    """
    source = NONCHARACTERS.sub("\ufffd", clean(text))
    if not final:
        head, _, line = source.rpartition("\n")
        source = f"{head}\n" if ONLY_MARKS.fullmatch(line) and line else source
    *finished, last = stretches(source)
    parts = [*map(_finished, finished), _Writer(last, growing=not final).write()]
    written = "\n\n".join(part for part in parts if part)
    return written if written.strip() else ""


@lru_cache(maxsize=KEPT)
def _finished(stretch: str) -> str:
    return _Writer(stretch, growing=False).write()


# ---- blocks


def _read_own_table(state: StateBlock, first: int, after: int, silent: bool) -> bool:
    """Only what begins with `|`: of any other line its beginning is shown before it is decided."""
    lines = range(first, min(first + 2, after))
    starts = (state.src[state.bMarks[line] + state.tShift[line] :][:1] for line in lines)
    return all(start == "|" for start in starts) and read_table(state, first, after, silent)


def _read_flat(state: StateBlock, first: int, after: int, silent: bool) -> bool:
    """Nested too deep: the rest is one paragraph."""
    if silent or state.level < _DEEPEST:
        return False
    state.line = after
    for kind, nesting in (("paragraph_open", 1), ("inline", 0), ("paragraph_close", -1)):
        token = state.push(kind, "p" if nesting else "", nesting)  # type: ignore[arg-type]
        token.map = [first, after]
        token.content = "" if nesting else state.getLines(first, after, 0, False).strip()
        token.children = None if nesting else []
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 2 * _DEEPEST})
    parser.enable("table").disable(["inline", "text_join", "reference", "html_block"])
    parser.block.ruler.at("table", _read_own_table, {"alt": ["paragraph"]})
    parser.block.ruler.before("table", "flat", _read_flat)
    return parser


_BLOCKS: Final = _parser()


@dataclass(slots=True)
class _Around:
    """A quote or list item: what its first line begins with, until written, and each further."""

    first: str
    rest: str
    is_begun: bool = False


@dataclass(slots=True)
class _List:
    """`number` is that of the next item; 0 in a list without numbers."""

    mark: str
    number: int
    is_begun: bool = False


_LEAVES: Final = frozenset(
    {"paragraph_open", "heading_open", "fence", "code_block", "hr", "table_open"}
)


class _Writer:
    """Writes the blocks of one stretch one below the other."""

    def __init__(self, source: str, *, growing: bool) -> None:
        self.growing = growing
        self.ends_line = source.endswith("\n")
        self.unfinished = source.count("\n")
        """The number of the last line: it may go on."""
        self.tokens = _BLOCKS.parse(source)
        self.around: list[_Around] = []
        self.lists: list[_List] = []
        self.out: list[str] = []
        self.last_bullet = ""
        self.is_tight = False
        """Whether the next block stands right below what is written, without an empty line."""

    def write(self) -> str:
        leaves = [at for at, token in enumerate(self.tokens) if token.type in _LEAVES]
        last = leaves[-1] if leaves else 0
        for at in range(last if self.growing else len(self.tokens)):
            self._token(at)
        if self.growing and leaves:
            self._leaf(last, growing=self._is_open(self.tokens[last]))
        return "".join(self.out)

    def _is_open(self, leaf: Token) -> bool:
        """Whether what comes next may belong to this block."""
        if leaf.type == "code_block":
            return True
        is_line = leaf.type in ("heading_open", "hr") or _is_closed(leaf)
        return _span(leaf)[1] + (not is_line) > self.unfinished

    def _token(self, at: int) -> None:
        token = self.tokens[at]
        if token.type in _LEAVES:
            self._leaf(at, growing=False)
        elif token.type == "blockquote_open":
            self.around.append(_Around("> ", "> "))
        elif token.type == "list_item_open":
            self._open_item()
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            self._open_list(at)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif token.type in ("list_item_close", "blockquote_close"):
            if token.type == "list_item_close" and not self.around[-1].is_begun:
                self._put("")
            self.around.pop()
            self.is_tight = False

    def _open_list(self, at: int) -> None:
        """Bullets differ from those of a list right before, or both would be one list."""
        token, before = self.tokens[at], self.tokens[at - 1].type if at else ""
        if before == "paragraph_close" and self.lists:
            self.is_tight = True
        if token.type == "ordered_list_open":
            self.lists.append(_List(token.markup, int(token.attrs.get("start", 1))))
            return
        is_second = before == "bullet_list_close" and self.last_bullet == "-"
        self.last_bullet = "*" if is_second else "-"
        self.lists.append(_List(self.last_bullet, 0))

    def _open_item(self) -> None:
        listed = self.lists[-1]
        is_numbered = listed.mark in (".", ")")
        marker = f"{listed.number}{listed.mark} " if is_numbered else f"{listed.mark} "
        self.is_tight = self.is_tight or listed.is_begun
        listed.number += 1
        listed.is_begun = True
        self.around.append(_Around(marker, " " * len(marker)))

    def _put(self, text: str) -> None:
        """Write a block, each line behind the marks of what it stands in."""
        begun = "".join(around.rest for around in self.around if around.is_begun).rstrip()
        if self.out:
            self.out.append("\n" if self.is_tight else f"\n{begun}\n")
        first = "".join(a.rest if a.is_begun else a.first for a in self.around)
        rest = "".join(around.rest for around in self.around)
        for around in self.around:
            around.is_begun = True
        line, *lines = text.split("\n")
        self.out.append(f"{first}{line}" if line else first.rstrip())
        self.out += [f"\n{rest}{line}" if line else f"\n{rest.rstrip()}" for line in lines]
        self.is_tight = False

    # ---- blocks with content

    def _leaf(self, at: int, *, growing: bool) -> None:
        token = self.tokens[at]
        match token.type:
            case "fence" | "code_block":
                self._code(at, growing=growing)
            case "table_open":
                if text := self._table(at, growing=growing):
                    self._put(text)
            case "hr":
                if not growing:
                    self._rule()
            case "paragraph_open":
                self._paragraph(self.tokens[at + 1].content, growing=growing)
            case _ if token.markup in ("=", "-"):
                self._paragraph(self.tokens[at + 1].content, growing=growing)
                self._rule()
            case _:
                text = written(self.tokens[at + 1].content, growing=growing)
                if text:
                    self._put(f"{token.markup} {text}".replace("\n", " "))

    def _rule(self) -> None:
        """Below a paragraph in a list, dashes would make a heading of it."""
        self._put("***" if self.around else "---")

    def _paragraph(self, content: str, *, growing: bool) -> None:
        if growing:
            start = table_start(content)
            content = f"{content[:start]}\n" if self.ends_line or start < len(content) else content
        if text := written(content, growing=growing):
            self._put(text)

    def _code(self, at: int, *, growing: bool) -> None:
        token = self.tokens[at]
        mark, content = token.markup or "```", token.content
        if not token.markup:
            content = _MARK_IN_CODE.sub(JOINER, content.rstrip("\n"))
        if growing and _span(token)[0] == self.unfinished:
            return
        is_closed = _is_closed(token) or not growing
        stop = len(content) if is_closed or self.ends_line else _last_end(content)
        body = defuse(content, stop).rstrip()
        if self.around and at and self.tokens[at - 1].type == "paragraph_close":
            self.is_tight = True
        lines = [f"{mark}{language(token.info)}", *([body] if body else ())]
        self._put("\n".join([*lines, mark] if is_closed else lines))

    def _table(self, at: int, *, growing: bool) -> str:
        """Row by row; without padding: one long cell would blow up every row."""
        first = _span(self.tokens[at])[0]
        if growing and first + 1 >= self.unfinished:
            return ""
        rows: list[list[str]] = []
        marks: list[str] = []
        for token in self._until("table_close", at):
            if token.type == "tr_open":
                rows.append([])
                if growing and len(rows) > 1 and first + len(rows) >= self.unfinished:
                    rows.pop()
                    break
            elif token.type == "inline":
                cell = written(token.content, growing=False).replace("\n", " ")
                rows[-1].append(_BARE_PIPE.sub(r"\\|", cell))
            elif token.type == "th_open":
                marks.append(COLUMN_MARKS.get(str(token.attrs.get("style", "")), "---"))
        return "\n".join(map(table_row, [rows[0], marks, *rows[1:]]))

    def _until(self, kind: str, at: int) -> Iterator[Token]:
        return takewhile(lambda token: token.type != kind, islice(self.tokens, at, None))


_BARE_PIPE = re.compile(r"(?<!\\)\|")
_MARK_IN_CODE = re.compile(r"^(?= {0,3}```)", re.MULTILINE)


def _span(token: Token) -> tuple[int, int]:
    """The token's first line and the line after its last."""
    first, after = token.map or (0, 0)
    return first, after


def _is_closed(fence: Token) -> bool:
    """Whether its last line is the mark that ends it."""
    first, after = _span(fence)
    return fence.type == "fence" and after - first - 1 > len(fence.content.splitlines())


def _last_end(code: str) -> int:
    """Up to where the words of code have ended."""
    line = code.rfind("\n") + 1
    return line + max(ends(code[line:]), default=0)
