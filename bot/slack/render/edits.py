"""The form in which a tool's input is changed: its fields, and what was written in them. Pure.

A long text stands in several fields, cut at ends of lines. What Slack cannot carry back unharmed (a
text that is too long even so, a masked secret, characters nobody can type) has no field and stays
as the agent gave it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from pydantic import JsonValue

from bot.core.asks import Confirmation, bounded
from bot.slack import limits
from bot.slack.render.escape import clean
from bot.slack.render.forms import Errors, Filled
from bot.slack.render.inputs import COMMANDS, one_line
from bot.slack.render.schemas import Complaint, complaints, property_of, required_of
from bot.slack.wire import Typed

MOST_ENTRIES: Final = 40
MOST_PIECES: Final = 5
"""Fields in which one long text stands."""
PIECE: Final = 2_500
"""Characters in each of them at first: there has to be room to write more."""
MOST_FIELDS: Final = 90
FORM_ROOM: Final = 35_000
"""Characters of all texts in a form: Slack takes no view of more than 250 kB, and one character may
be sent as six bytes."""
_DIGITS = re.compile(r"[+-]?[0-9]{1,300}", re.ASCII)

EntryKind = Literal["text", "long", "number", "integer", "boolean", "enum", "lines", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One value of the input. `initial` stands in the field (for `boolean` and `enum` the value of
    the option), a long text by `pieces` in several: joined by line ends they are the text.
    `options` are the values of an enum. `given`: the agent named it."""

    block: str
    name: str
    kind: EntryKind
    initial: str = ""
    pieces: tuple[str, ...] = ("",)
    options: tuple[JsonValue, ...] = ()
    given: bool = True
    required: bool = False
    hint: str = ""

    @property
    def blocks(self) -> list[str]:
        """One for each piece; what is wrong with the value is said at the first."""
        return [self.block, *(f"{self.block}.{number}" for number in range(1, len(self.pieces)))]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that cannot be changed in a form, and why."""

    name: str
    why: str


def entries(ask: Confirmation, shown: Mapping[str, JsonValue]) -> tuple[list[Entry], list[Fixed]]:
    """`shown` is the input as people may see it: secrets masked."""
    names = [*dict.fromkeys((*ask.input, *_properties(ask.schema)))]
    called = dict(zip(ask.input, shown, strict=True))
    made: list[Entry] = []
    fixed: list[Fixed] = []
    room, fields = FORM_ROOM, MOST_FIELDS
    for name in names:
        if len(made) >= MOST_ENTRIES and name not in ask.input:
            continue
        value = ask.input.get(name)
        entry = _entry(f"e{len(made)}", name, ask, value)
        room -= _size(entry.initial)
        fields -= len(entry.pieces)
        if name in ask.input and shown.get(name) != value:
            why = "it holds a secret"
        elif not entry.pieces:
            why = f"{len(entry.initial)} characters: it, or a line of it, is too long for a form"
        elif clean(entry.initial) != entry.initial:
            why = "it has characters that cannot be typed"
        elif len(made) >= MOST_ENTRIES or room < 0 or fields < 0:
            why = "the form is full"
        else:
            made.append(entry)
            continue
        room += _size(entry.initial)
        fields += len(entry.pieces)
        if name in ask.input:
            fixed.append(Fixed(called[name], why))
    return made, fixed


def pieces(text: str) -> tuple[str, ...]:
    """The text cut at ends of lines, so that each piece fits into a field with room to write in;
    none where it is too long, or a line of it is."""
    if len(text) > MOST_PIECES * PIECE:
        return ()
    if _size(text) <= limits.TYPED_TEXT:
        return (text,)
    made: list[list[str]] = [[]]
    room = PIECE
    for line in text.split("\n"):
        size = _size(line) + 1
        if size > room and made[-1]:
            made.append([])
            room = PIECE
        made[-1].append(line)
        room -= size
        if room < 0:
            return ()
    return tuple("\n".join(lines) for lines in made) if len(made) <= MOST_PIECES else ()


def _size(text: str) -> int:
    """As Slack may count characters: those beyond the first 65,536 are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


INSTEAD: Final = "To have it changed, deny with a reason: the agent reads that."


def named(fixed: Sequence[Fixed]) -> str:
    """What cannot be changed, and why, in a few words each."""
    return ", ".join(f"{one_line(one.name)} ({one.why})" for one in fixed)


def _properties(schema: Mapping[str, JsonValue] | None) -> list[str]:
    known = (schema or {}).get("properties")
    return [*known] if isinstance(known, dict) else []


def _entry(block: str, name: str, ask: Confirmation, value: JsonValue) -> Entry:
    known = property_of(ask.schema, name)
    given = name in ask.input
    kind = _kind(name, known, value, given=given)
    options: tuple[JsonValue, ...] = ()
    if kind == "enum":
        options = tuple(cast(list[JsonValue], known["enum"]))
    described = known.get("description")
    initial = _initial(kind, value, options) if given else ""
    return Entry(
        block=block,
        name=name,
        kind=kind,
        initial=initial,
        pieces=pieces(initial),
        options=options,
        given=given,
        required=name in required_of(ask.schema),
        hint=described if isinstance(described, str) else "",
    )


def _kind(name: str, known: Mapping[str, JsonValue], value: JsonValue, *, given: bool) -> EntryKind:
    """As the schema says, unless the value is of another kind: then as the value is."""
    values = known.get("enum")
    if (
        isinstance(values, list)
        and 0 < len(values) <= limits.SELECT_OPTIONS
        and (not given or value in values)
    ):
        return "enum"
    kind = _TYPES.get(str(known.get("type")))
    if known.get("type") == "array" and _is_strings(known.get("items")):
        kind = "lines"
    natural = _kind_of(name, value)
    if kind is None:
        return natural if given else "json"
    fits = natural == kind or not given or (natural, kind) in _FIT
    return ("long" if natural == "long" else kind) if fits else natural


_TYPES: Mapping[str, EntryKind] = {
    "string": "text",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "array": "json",
    "object": "json",
    "null": "json",
}
_FIT = frozenset({("integer", "number"), ("long", "text"), ("json", "lines"), ("lines", "json")})


def _is_strings(items: JsonValue) -> bool:
    return isinstance(items, dict) and items.get("type") == "string"


def _kind_of(name: str, value: JsonValue) -> EntryKind:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "long" if name in COMMANDS or len(value) > 80 or "\n" in value else "text"
        case [_, *_] if all(isinstance(v, str) and v.strip() and "\n" not in v for v in value):
            return "lines"
        case _:
            return "json"


def _initial(kind: EntryKind, value: JsonValue, options: Sequence[JsonValue]) -> str:
    match kind:
        case "text" | "long":
            return str(value)
        case "enum":
            return str(options.index(value))
        case "lines" if isinstance(value, list):
            if _kind_of("", value) == "lines":
                return "\n".join(str(line) for line in value)
            return "" if not value else json.dumps(value, ensure_ascii=False, indent=2)
        case _:
            return json.dumps(value, ensure_ascii=False, indent=2)


def changed_input(
    ask: Confirmation, shown: Mapping[str, JsonValue], filled: Filled
) -> tuple[dict[str, JsonValue], Errors]:
    """The input as somebody wants it, checked against its schema; or what is wrong with it."""
    made, _ = entries(ask, shown)
    effective = dict(ask.input)
    wrong: Errors = {}
    for entry in made:
        written = [*_written(entry, filled)]
        if written == [*entry.pieces]:
            continue
        try:
            _put(effective, entry, "\n".join(piece for piece in written if piece is not None))
        except ValueError as error:
            wrong[entry.block] = str(error)
    if not wrong:
        wrong = _placed(complaints(ask.schema, effective), made)
    return effective, wrong


def _written(entry: Entry, filled: Filled) -> Iterator[str | None]:
    """What stands in the fields of the value now: as it was, to the last space, where nobody
    changed it; None where somebody took it all away."""
    for block, piece in zip(entry.blocks, entry.pieces, strict=True):
        held = filled.get(block, Typed())
        written = held.selected_option.value if held.selected_option else held.value
        yield piece if (written or "").strip() == piece.strip() else written or None


def _placed(found: Sequence[Complaint], made: Sequence[Entry]) -> Errors:
    """Each complaint at its field; one about nothing in the form at the first, by name."""
    blocks = {entry.name: entry.block for entry in made}
    wrong: Errors = {}
    for complaint in found:
        if complaint.name in blocks:
            wrong.setdefault(blocks[complaint.name], complaint.sentence)
        elif made:
            about = f"{complaint.name}: " if complaint.name else ""
            wrong.setdefault(made[0].block, f"{about}{complaint.sentence}")
    return wrong


def _put(effective: dict[str, JsonValue], entry: Entry, written: str) -> None:
    """Raises ValueError with a sentence when what was written is no such value."""
    if not written.strip() and entry.kind not in ("text", "long", "lines"):
        effective.pop(entry.name, None)
        return
    if not written and not entry.given:
        return
    effective[entry.name] = _value(entry, written)


def _value(entry: Entry, text: str) -> JsonValue:
    match entry.kind:
        case "text" | "long":
            return text
        case "integer":
            return _integer(text)
        case "number":
            return _number(text)
        case "boolean":
            return _option(entry, text, {"true": True, "false": False})
        case "enum":
            return _option(entry, text, {str(at): v for at, v in enumerate(entry.options)})
        case "lines":
            return [*filter(str.strip, text.split("\n"))]
        case "json":
            return _json(text)


def _option(entry: Entry, chosen: str, known: Mapping[str, JsonValue]) -> JsonValue:
    if chosen not in known:
        raise ValueError("Choose one of the values offered.")
    return known[chosen]


def _integer(text: str) -> int:
    if not _DIGITS.fullmatch(text.strip()):
        raise ValueError("Write a whole number, such as 12.")
    return int(text)


def _number(text: str) -> int | float:
    said = text.strip()
    if _DIGITS.fullmatch(said):
        return int(said)
    try:
        number = float(said)
    except ValueError:
        number = float("nan")
    if bounded(number) is None or "_" in said:
        raise ValueError("Write a number, such as 12 or 0.5.")
    return number


def _json(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"This is not valid JSON: {error.msg} ({where}).") from None
    except (RecursionError, ValueError):
        raise ValueError("This is not valid JSON.") from None
    return bounded(value)


def _no_constant(name: str) -> None:
    raise ValueError(name)
