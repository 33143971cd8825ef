"""What forms begin with, and what comes of what was written in them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.core.approvals import matches
from bot.core.asks import Confirmation
from bot.slack import limits
from bot.slack.action_ids import ModalRef
from bot.slack.render import modals, render
from bot.slack.render.blocks import Json
from bot.slack.render.edits import FORM_ROOM, MOST_PIECES, PIECE, changed_input, entries, pieces
from bot.slack.render.patterns import patterns, standing_rule
from bot.slack.wire import Option, Typed
from tests.slack.cards import CONFIRMATION, OPEN, SCHEMA

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
KNOWN = st.none() | st.fixed_dictionaries(
    {"properties": st.dictionaries(st.sampled_from("abc"), VALUES | st.just({"type": "string"}))}
)


@given(st.dictionaries(st.sampled_from("abcd") | st.text(max_size=6), VALUES, max_size=6), KNOWN)
def test_a_form_sent_as_it_was_opened_changes_nothing(
    given_input: dict[str, JsonValue], schema: dict[str, JsonValue] | None
) -> None:
    ask = replace(CONFIRMATION, input=given_input, schema=schema, editable=True)
    made, fixed = entries(ask, ask.input)
    assert {*ask.input} <= {e.name for e in made} | {f.name for f in fixed}
    filled = {
        entry.block: Typed(selected_option=Option(value=entry.initial))
        if entry.kind in ("boolean", "enum") and entry.initial
        else Typed(value=entry.initial or None)
        for entry in made
    }
    effective, wrong = changed_input(replace(ask, schema=None), ask.input, filled)
    if schema is None:
        assert (effective, wrong) == (ask.input, {})


LINES = st.lists(st.text(st.sampled_from("aé文😀 \t"), max_size=40), max_size=12).map("\n".join)
LONG = st.builds(lambda lines, times: lines * times, LINES, st.integers(1, 300))


@settings(deadline=None)
@given(LONG)
def test_a_long_text_stands_in_fields_that_are_together_the_text(text: str) -> None:
    made = pieces(text)
    if made:
        assert "\n".join(made) == text and len(made) <= MOST_PIECES
        sizes = [len(piece.encode("utf-16-le")) // 2 for piece in made]
        assert max(sizes) < PIECE or made == (text,)
    else:
        assert len(text.encode("utf-16-le")) // 2 > limits.TYPED_TEXT


def test_all_of_a_text_within_bounds_can_be_edited_E36() -> None:
    assert pieces("") == ("",)
    assert pieces("x" * 3000) == ("x" * 3000,)
    assert pieces("x" * 3001) == ()
    assert pieces("\n".join(["x" * 2499] * 5)) == ("x" * 2499,) * 5
    assert pieces("\n".join(["x" * 2499] * 6)) == ()
    assert pieces("\n" * 3001) == ("\n" * 2499, "\n" * 501)


SCRIPT = "".join(f"step {number:04}\n" for number in range(900))


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, [0, 1, 2, 3]),
        ({1: None}, [0, 2, 3]),
        ({0: "first\n  line"}, ["first\n  line", 1, 2, 3]),
        ({0: None, 3: "last"}, [1, 2, "last"]),
    ],
)
def test_changed_pieces_are_joined_with_those_that_stayed_E45(
    changes: dict[int, str | None], kept: list[int | str]
) -> None:
    ask = replace(CONFIRMATION, input={"script": SCRIPT}, editable=True)
    [entry] = entries(ask, ask.input)[0]
    assert len(entry.pieces) == 4 and "\n".join(entry.pieces) == SCRIPT
    # Slack may leave out what is white at both ends.
    opened = {b: Typed(value=p.strip()) for b, p in zip(entry.blocks, entry.pieces, strict=True)}
    changed = {entry.blocks[at]: Typed(value=text) for at, text in changes.items()}
    effective, wrong = changed_input(ask, ask.input, opened | changed)
    wanted = "\n".join(entry.pieces[one] if isinstance(one, int) else one for one in kept)
    assert (effective, wrong) == ({"script": wanted}, {})


def opened_form(ask: Confirmation, shown: dict[str, JsonValue] | None = None) -> Json:
    view = replace(OPEN, ask=replace(ask, input=shown or ask.input))
    form = modals.opened(ModalRef(OPEN.uid, "edit"), ask, view)
    assert form is not None
    return form


def test_a_form_stays_within_what_slack_takes() -> None:
    given_input: dict[str, JsonValue] = {
        f"text{n}": "ж" * 2490 + "\nж" * 300 + "\nж" for n in range(60)
    }
    ask = replace(CONFIRMATION, input=given_input, editable=True)
    made, fixed = entries(ask, ask.input)
    assert sum(len(entry.initial) for entry in made) <= FORM_ROOM
    assert len(made) + len(fixed) == 60 and {one.why for one in fixed} == {"the form is full"}
    assert len(json.dumps(opened_form(ask))) < 250_000


def test_a_form_of_long_and_short_values_has_room_for_all_its_blocks() -> None:
    long = "\n".join(["x" * 700, "y" * 2900] * 2 + ["z"])
    given_input: dict[str, JsonValue] = {f"s{n}": "x" for n in range(35)}
    given_input |= {f"t{n}": "\n" * 3500 for n in range(10)}
    ask = replace(CONFIRMATION, input={**given_input, "long": long}, editable=True)
    form = opened_form(ask)
    blocks = form["blocks"]
    assert isinstance(blocks, list) and len(blocks) <= limits.VIEW_BLOCKS
    assert "the form is full" in str(form)


def test_where_no_form_can_hold_an_input_the_card_says_why_and_what_to_do_E36() -> None:
    ask = replace(CONFIRMATION, input={"command": "x" * 20_000}, editable=True)
    said = str(render(replace(OPEN, ask=ask)))
    assert "command (20000 characters" in said and "deny with a reason" in said
    assert "Edit and allow" not in said
    some = str(render(replace(OPEN, ask=replace(ask, input={**ask.input, "timeout": 5}))))
    assert "Edit and allow" in some and "cannot be edited" not in some
    fixed = str(render(replace(OPEN, ask=replace(ask, editable=False))))
    assert "Edit and allow" not in fixed and "cannot be edited" not in fixed


def test_a_form_without_a_field_cannot_be_sent() -> None:
    ask = replace(CONFIRMATION, input={"command": "login ghp_x"}, editable=True)
    form = opened_form(ask, {"command": "login •••"})
    assert "submit" not in form
    assert "it holds a secret" in str(form) and "deny with a reason" in str(form)


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("priority", "3", 3),
        ("priority", "", None),
        ("summary", " two words ", " two words "),
        ("labels", "a\n\n b\n", ["a", " b"]),
        ("labels", "", []),
        ("extra", '{"deep": [1, 2.5, null]}', {"deep": [1, 2.5, None]}),
        ("weight", "-0.5", -0.5),
        ("weight", "7", 7),
    ],
)
def test_each_kind_of_field_is_read_as_its_kind(kind: str, written: str, value: JsonValue) -> None:
    ask = replace(SCHEMA, schema={**(SCHEMA.schema or {}), "required": []})
    block = next(e.block for e in entries(ask, ask.input)[0] if e.name == kind)
    effective, wrong = changed_input(ask, ask.input, {**as_opened(), block: Typed(value=written)})
    assert wrong == {}
    assert effective.get(kind) == value


def as_opened() -> dict[str, Typed]:
    return {
        entry.block: Typed(value=entry.initial, selected_option=Option(value=entry.initial))
        for entry in entries(SCHEMA, SCHEMA.input)[0]
    }


@pytest.mark.parametrize(
    ("kind", "written", "sentence"),
    [
        ("priority", "1e3", "Write a whole number"),
        ("priority", "9" * 400, "Write a whole number"),
        ("priority", "", "This is needed."),
        ("weight", "inf", "Write a number"),
        ("weight", "1_000", "Write a number"),
        ("extra", "NaN", "This is not valid JSON"),
        ("extra", "[" * 3000, "This is not valid JSON"),
        ("extra", "[1]", "This must be an object"),
    ],
)
def test_what_is_no_such_value_is_said_at_its_field(kind: str, written: str, sentence: str) -> None:
    block = next(e.block for e in entries(SCHEMA, SCHEMA.input)[0] if e.name == kind)
    _, wrong = changed_input(SCHEMA, SCHEMA.input, {**as_opened(), block: Typed(value=written)})
    assert [*wrong] == [block]
    assert wrong[block].startswith(sentence)


@pytest.mark.parametrize(
    ("name", "value", "suggested"),
    [
        ("command", "git log --oneline", "git log *"),
        ("command", "ls", "ls"),
        ("command", "ls -la", "ls *"),
        ("command", "make test", "make test"),
        ("command", "git log; rm -rf .", "git log; rm -rf ."),
        ("file_path", "shop/deep/a.py", "shop/deep/*"),
        ("file_path", "a.py", "a.py"),
        ("url", "https://example.com/a/b?c", "https://example.com/*"),
        ("url", "https://example.com@evil.test/", "https://example.com@evil.test/"),
        ("description", "List things", ""),
        ("content", "a\nb", ""),
        ("count", 3, "3"),
    ],
)
def test_a_rule_begins_with_something_like_the_call(
    name: str, value: JsonValue, suggested: str
) -> None:
    ask = replace(CONFIRMATION, input={name: value})
    [pattern] = patterns(ask, ask.input)
    assert pattern.suggested == suggested
    if suggested:
        assert matches(ask.tool, ((name, suggested),), ask, strict=True)


def test_a_secret_is_never_put_into_a_rule() -> None:
    ask = replace(CONFIRMATION, input={"command": "login ghp_x", "user": "ana"})
    shown: dict[str, JsonValue] = {"command": "login •••", "user": "ana"}
    assert [pattern.name for pattern in patterns(ask, shown)] == ["user"]


def test_a_rule_without_place_or_end_is_none() -> None:
    ask = replace(CONFIRMATION, input={"command": "ls -la"})
    filled = {"p0": Typed(value="ls *"), "scope": Typed(selected_option=Option(value="galaxy"))}
    assert {*standing_rule(ask, ask.input, filled)[1]} == {"scope", "days"}
    assert standing_rule(ask, ask.input, {})[1]["p0"].startswith("Say which commands")
