"""What a tool is given, as people read it: commands and changes as code, short values as lines.

Nobody should allow what they could not read. So every value is shown by name, what could hide is
written out, and what does not fit is cut visibly: `pages` has all of it.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple, cast
from urllib.parse import urlsplit

from pydantic import JsonValue

from bot.slack.render import blocks
from bot.slack.render.blocks import Json
from bot.slack.render.escape import shorten

INPUT_ROOM: Final = 4_000
"""Characters of a tool's input on a card, over all its values."""
PAGE_ROOM: Final = 8_000
"""Characters of it on one page of a modal."""
LINE: Final = 150
_NAME: Final = 60
_MOST_LINES: Final = 20
_MOST_CODE: Final = 5
_MOST_PAGE_PIECES: Final = 60
_MOST_COMPARED: Final = 2_000
"""Lines; comparing takes time that grows faster than they do."""
_OBVIOUS_URL: Final = 60

COMMANDS: Final = frozenset({"command", "cmd", "script", "code", "query", "sql", "statement"})
"""Names of inputs that are what will run."""
PATHS: Final = frozenset({"file_path", "path", "file", "filename", "notebook_path"})
_WHOLES: Final = ("content", "contents", "file_text", "new_source")
_PAIRS: Final = (
    ("old_string", "new_string"),
    ("old_str", "new_str"),
    ("old_text", "new_text"),
    ("old", "new"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One value, or one change. A `line` is short; other text stands in a code block below its
    label. `first`: it is what will run. `note` is a word of ours about the value."""

    label: str
    text: str
    line: bool = False
    first: bool = False
    note: str = ""


class Card(NamedTuple):
    """Parts of a rich text; whether nothing had to be left out."""

    parts: tuple[Json, ...]
    whole: bool


def card(
    values: Mapping[str, JsonValue], room: int = INPUT_ROOM, most_lines: int = _MOST_LINES
) -> Card:
    found = pieces(values)
    lines = [piece for piece in found if piece.line]
    code = [piece for piece in found if not piece.line]
    kept = code[:_MOST_CODE]
    texts = [*_share([piece.text for piece in kept], room)]
    cut = [Piece(p.label, text, first=p.first) for p, text in zip(kept, texts, strict=True)]
    parts = [*_parts([*lines[:most_lines], *cut])]
    hidden = len(lines[most_lines:]) + len(code[_MOST_CODE:])
    if hidden:
        parts.append(blocks.rich_section(blocks.leaf(f"… and {hidden} more values")))
    whole = not hidden and texts == [piece.text for piece in kept]
    return Card(tuple(parts), whole)


def pages(values: Mapping[str, JsonValue]) -> list[tuple[Json, ...]]:
    """All of it, as parts of one rich text a page; at least one page."""
    made: list[list[Piece]] = [[]]
    room = PAGE_ROOM
    for piece in (short for long in pieces(values) for short in _stretches(long)):
        size = len(piece.text) + len(piece.label)
        if made[-1] and (size > room or len(made[-1]) >= _MOST_PAGE_PIECES):
            made.append([])
            room = PAGE_ROOM
        made[-1].append(piece)
        room -= size
    nothing = blocks.rich_section(blocks.leaf("It is given nothing."))
    return [tuple(_parts(page)) or (nothing,) for page in made]


def pieces(values: Mapping[str, JsonValue]) -> list[Piece]:
    """In reading order: what will run, short values, changes, everything else."""
    left = dict(values)
    changes = [*_changes(left)]
    plain = [_piece(name, value) for name, value in left.items()]
    first = [piece for piece in plain if piece.first]
    lines = [piece for piece in plain if piece.line and not piece.first]
    rest = [piece for piece in plain if not piece.line and not piece.first]
    return [*first, *lines, *changes, *rest]


def gist(values: Mapping[str, JsonValue]) -> str:
    """The one line that tells most of it, for notifications; "" if there is none."""
    found = pieces(values)
    line = next((piece for piece in found if piece.first or piece.line), None)
    return one_line(line.text) if line else ""


def changed(
    proposed: Mapping[str, JsonValue], effective: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Of the second what differs from the first; texts that are shown as one change stay together.
    What is gone is null."""
    different = {
        name: effective.get(name)
        for name in (*effective, *(name for name in proposed if name not in effective))
        if name not in effective
        or name not in proposed
        or not equal(proposed[name], effective[name])
    }
    for pair in _PAIRS:
        if different.keys() & {*pair} and effective.keys() >= {*pair}:
            different |= {name: effective[name] for name in pair}
    return different


# ---- single values


def _piece(name: str, value: JsonValue) -> Piece:
    text = visible(value if isinstance(value, str) else as_json(value))
    first = name in COMMANDS and isinstance(value, str)
    line = not first and len(text) <= LINE and "\n" not in text
    note = leads(value) if line and isinstance(value, str) else ""
    return Piece(_name(name), text, line, first, note)


def as_json(value: JsonValue) -> str:
    """For people: short values on one line."""
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= _NAME else json.dumps(value, ensure_ascii=False, indent=2)


def leads(address: str) -> str:
    """Where an address leads, if that is not plain to see."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", address):
        return ""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        return "not clear where this leads"
    if not host or "\\" in address:
        return "not clear where this leads"
    plain = "@" not in parts.netloc and host in address.lower() and "xn--" not in host
    return "" if plain and len(address) <= _OBVIOUS_URL else f"leads to {host}"


def visible(text: str) -> str:
    """Characters that could hide or turn around what will run are written out."""
    if text.isascii() and not _CONTROLS.search(text):
        return text
    return "".join(_written_out(char) if _hides(char) else char for char in text)


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def _hides(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") and char not in "\n\t"


def _written_out(char: str) -> str:
    return f"⟨U+{ord(char):04X}⟩"


def one_line(text: str) -> str:
    return shorten(visible(" ".join(text.split())), LINE)


def _name(name: str) -> str:
    return shorten(visible(name), _NAME)


# ---- changes


def _changes(values: dict[str, JsonValue]) -> Iterator[Piece]:
    """Takes the values out that are shown as changes."""
    for old, new in _PAIRS:
        before, after = values.get(old), values.get(new)
        if isinstance(before, str) and isinstance(after, str):
            del values[old], values[new]
            yield Piece("Change", unified(before, after))
    edits = values.get("edits")
    if isinstance(edits, list) and edits:
        made = [_edit(number, edit) for number, edit in enumerate(edits, 1)]
        if None not in made:
            del values["edits"]
            yield from (piece for piece in made if piece)
    if any(isinstance(values.get(path), str) for path in PATHS):
        for name in _WHOLES:
            whole = values.get(name)
            if isinstance(whole, str) and whole:
                del values[name]
                yield Piece(f"{name}, the whole of it", _marked("+", whole.removesuffix("\n")))


def _edit(number: int, edit: JsonValue) -> Piece | None:
    """One of several; None where that would hide something of it."""
    if not isinstance(edit, dict):
        return None
    for old, new in _PAIRS:
        before, after = edit.get(old), edit.get(new)
        if isinstance(before, str) and isinstance(after, str):
            others = {name: value for name, value in edit.items() if name not in (old, new)}
            said = visible(as_json(others)) if others else ""
            if len(said) > LINE:
                return None
            label = f"Change {number}" + (f" with {said}" if said else "")
            return Piece(label, unified(before, after))
    return None


def unified(before: str, after: str) -> str:
    """The lines that go and come, with three around them; without positions, which would be those
    in the texts and not in the file."""
    before, after = visible(before), visible(after)
    if before.endswith("\n") and after.endswith("\n"):
        before, after = before[:-1], after[:-1]
    old, new = before.split("\n"), after.split("\n")
    if not before or not after or len(old) + len(new) > _MOST_COMPARED:
        both = [_marked(sign, text) for sign, text in (("-", before), ("+", after)) if text]
        return "\n".join(both) or "(no change)"
    lines = islice(difflib.unified_diff(old, new, lineterm=""), 3, None)
    changed = ["⋯" if line.startswith("@@") else line for line in lines]
    return "\n".join(changed) or "(no change)"


def _marked(sign: str, text: str) -> str:
    return "\n".join(f"{sign}{line}" for line in visible(text).split("\n"))


# ---- as blocks


def _parts(shown: Iterable[Piece]) -> Iterator[Json]:
    """Lines that follow each other become one paragraph; what will run stands above all."""
    shown = [*shown]
    yield from (blocks.rich_code(piece.text) for piece in shown if piece.first)
    if lines := [piece for piece in shown if piece.line and not piece.first]:
        leaves = [leaf for piece in lines for leaf in (_BREAK, *_line(piece))]
        yield blocks.rich_section(*leaves[1:])
    for piece in shown:
        if not piece.line and not piece.first:
            yield blocks.rich_section(blocks.leaf(f"{piece.label}:"))
            yield blocks.rich_code(piece.text)


_BREAK = blocks.leaf("\n")


def _line(piece: Piece) -> Sequence[Json]:
    note = [blocks.leaf(f" ({piece.note})")] if piece.note else []
    return [blocks.leaf(f"{piece.label}: "), blocks.leaf(piece.text, "code"), *note]


def _share(texts: Sequence[str], room: int) -> Iterator[str]:
    """Each text cut to an equal share of what the ones before it left."""
    for at, text in enumerate(texts):
        share = room // (len(texts) - at)
        room -= min(share, len(text))
        yield cut(text, share)


def cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit} more characters)"


def _stretches(piece: Piece) -> Iterator[Piece]:
    """A piece in parts that fit on a page, if it can be at the end of a line."""
    rest, label = piece.text, piece.label
    while len(rest) > PAGE_ROOM:
        end = rest.rfind("\n", PAGE_ROOM // 2, PAGE_ROOM)
        end = PAGE_ROOM if end < 0 else end + 1
        yield Piece(label, rest[:end], first=piece.first)
        rest, label = rest[end:], f"{piece.label}, continued"
    yield Piece(label, rest, piece.line, piece.first, piece.note)


def equal(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are the same JSON: 1 is not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, cast(list[JsonValue], other)))
    return one == other
