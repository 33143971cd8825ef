"""An agent's schema is held against what people write, and can do no harm."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from bot.slack.render.schemas import Complaint, complaints, property_of

Schema = dict[str, JsonValue]


def of(known: JsonValue, value: JsonValue) -> list[str]:
    schema: Schema = {"properties": {"x": known}}
    found = complaints(schema, {"x": value})
    assert all(complaint.name == "x" for complaint in found)
    return [complaint.sentence for complaint in found]


@pytest.mark.parametrize(
    ("known", "value", "sentence"),
    [
        ({"type": "integer"}, "secret", "This must be a whole number."),
        ({"type": "integer"}, True, "This must be a whole number."),
        ({"enum": ["a", "b"]}, "secret", 'This must be one of ["a", "b"].'),
        ({"maxLength": 3}, "secret", "This may have at most 3 characters."),
        ({"items": {"type": "string"}}, [1], "This must be text. (at › 0)"),
        ({"not": {}}, "secret", "The tool does not take this (its schema says not)."),
        ({"type": "object", "required": ["y"]}, {}, "Something that is needed is missing."),
    ],
)
def test_complaints_are_sentences_that_repeat_no_value(
    known: JsonValue, value: JsonValue, sentence: str
) -> None:
    assert of(known, value) == [sentence]


def test_what_is_missing_is_named() -> None:
    assert complaints({"required": ["a", "b"]}, {"a": 1}) == [Complaint("b", "This is needed.")]


@pytest.mark.parametrize(
    "known",
    [
        {"$ref": "https://127.0.0.1:9/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"pattern": "^(a+)+$"},
        {"$ref": "#/properties/x"},
        {"type": "nothing we know"},
    ],
)
def test_a_schema_that_makes_no_sense_is_as_none_and_nothing_is_fetched_or_run(
    known: JsonValue,
) -> None:
    assert of(known, "a" * 60 + "!") == []


def test_a_pattern_of_names_is_not_run_either() -> None:
    schema: Schema = {"patternProperties": {"^(a+)+$": False}, "additionalProperties": False}
    assert complaints(schema, {"a" * 60 + "!": 1}) == ()


def test_references_inside_are_followed_and_null_is_left_out() -> None:
    schema: Schema = {
        "$defs": {"Kind": {"enum": ["a"]}},
        "properties": {
            "x": {"anyOf": [{"$ref": "#/$defs/Kind"}, {"type": "null"}], "description": "Which"},
            "y": {"type": ["integer", "null"]},
            "z": {"$ref": "#/$defs/Gone"},
        },
    }
    assert property_of(schema, "x") == {"enum": ["a"], "description": "Which"}
    assert property_of(schema, "y") == {"type": "integer"}
    assert property_of(schema, "z") == {} == property_of(None, "x")
