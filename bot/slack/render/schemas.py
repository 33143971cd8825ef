"""A tool's input held against its JSON Schema, in sentences for people. Pure.

Schemas come from agents. So nothing they refer to is fetched, no pattern of theirs is run (one can
take for ever), and one that makes no sense is as none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend  # pyright: ignore[reportUnknownVariableType]
from pydantic import JsonValue
from referencing import Registry
from referencing.exceptions import Unresolvable

LARGEST: Final = 50_000
"""Characters of a schema that is used."""
MOST: Final = 20
_NOTHING: Mapping[str, JsonValue] = {}


class Complaint(NamedTuple):
    """`name` of the value at the top that is wrong; "" where it is none of them."""

    name: str
    sentence: str


def complaints(
    schema: Mapping[str, JsonValue] | None, values: Mapping[str, JsonValue]
) -> Sequence[Complaint]:
    """What is wrong with the values; nothing where the schema is of no use."""
    if not schema or not _usable(schema):
        return ()
    checking = _VALIDATOR(dict(schema), registry=_NO_OTHERS)
    errors = cast(Iterable[ValidationError], checking.iter_errors(dict(values)))
    found: list[Complaint] = []
    try:
        for error in errors:
            found += _said(error)
            if len(found) >= MOST:
                break
    except (Unresolvable, RecursionError):
        return ()
    return found


def property_of(schema: Mapping[str, JsonValue] | None, name: str) -> Mapping[str, JsonValue]:
    """What the schema says of one value: a reference inside the schema followed, "or null" left
    out."""
    known = (schema or _NOTHING).get("properties")
    found = known.get(name) if isinstance(known, dict) else None
    return _plain(schema or _NOTHING, found)


def required_of(schema: Mapping[str, JsonValue] | None) -> frozenset[str]:
    named = (schema or _NOTHING).get("required")
    return frozenset(n for n in named if isinstance(n, str)) if isinstance(named, list) else _NONE


_NONE: frozenset[str] = frozenset()


def _plain(schema: Mapping[str, JsonValue], found: JsonValue, depth: int = 4) -> dict[str, Any]:
    if not isinstance(found, dict):
        return {}
    either = found.get("anyOf") or found.get("oneOf")
    if depth and isinstance(either, list):
        some = [one for one in either if one != {"type": "null"}]
        if len(some) == 1:
            return _plain(schema, some[0], depth - 1) | _described(found)
    where = found.get("$ref")
    if depth and isinstance(where, str) and where.startswith("#/"):
        at: JsonValue = dict(schema)
        for step in where[2:].split("/"):
            at = at.get(step) if isinstance(at, dict) else None
        return _plain(schema, at, depth - 1) | _described(found)
    kinds = found.get("type")
    if isinstance(kinds, list) and len(some := [kind for kind in kinds if kind != "null"]) == 1:
        return {**found, "type": some[0]}
    return found


def _described(found: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {"description": found["description"]} if "description" in found else {}


def _usable(schema: Mapping[str, JsonValue]) -> bool:
    written = json.dumps(schema)
    if len(written) > LARGEST or '"patternProperties"' in written:
        return False
    try:
        Draft202012Validator.check_schema(dict(schema))
    except (SchemaError, RecursionError):
        return False
    return True


def _unchecked(*_: object) -> Iterator[ValidationError]:
    return iter(())


_VALIDATOR: Callable[..., Validator] = extend(  # pyright: ignore[reportUnknownVariableType]
    Draft202012Validator, {"pattern": _unchecked}
)
_NO_OTHERS: Registry[Any] = Registry()


def _said(error: ValidationError) -> Iterator[Complaint]:
    """In words of ours: those of the library repeat the value, which may be a secret."""
    path = [*error.absolute_path]
    if not path and error.validator == "required":
        given = cast(Mapping[str, JsonValue], error.instance)
        for name in cast(Sequence[object], error.validator_value):
            if name not in given:
                yield Complaint(str(name), "This is needed.")
        return
    inside = "".join(f" › {step}" for step in path[1:])
    where = f" (at{inside})" if inside else ""
    name = str(path[0]) if path else ""
    yield Complaint(name, _sentence(str(error.validator), error.validator_value) + where)


def _sentence(rule: str, value: object) -> str:
    match rule, value:
        case "type", str():
            return f"This must be {_KINDS.get(value, value)}."
        case "required", _:
            return "Something that is needed is missing."
        case "enum", list():
            return f"This must be one of {json.dumps(value, ensure_ascii=False)[:200]}."
        case "additionalProperties" | "unevaluatedProperties", _:
            return "The tool does not know a name that is used here."
        case (
            ("minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems")
            | ("exclusiveMinimum" | "exclusiveMaximum" | "multipleOf"),
            int() | float(),
        ):
            return _LIMITS[rule].format(f"{value:g}")
        case _:
            return f"The tool does not take this (its schema says {rule})."


_KINDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "yes or no",
    "array": "a list",
    "object": "an object with names and values",
    "null": "null",
}
_LIMITS = {
    "minimum": "This must be at least {}.",
    "maximum": "This must be at most {}.",
    "exclusiveMinimum": "This must be more than {}.",
    "exclusiveMaximum": "This must be less than {}.",
    "multipleOf": "This must be a multiple of {}.",
    "minLength": "This needs at least {} characters.",
    "maxLength": "This may have at most {} characters.",
    "minItems": "This needs at least {} entries.",
    "maxItems": "This may have at most {} entries.",
}
