"""What fits an ask, and what a settled card says."""

from __future__ import annotations

import math

import pytest
from pydantic import JsonValue

from bot.core.asks import (
    DEEPEST,
    Answer,
    Choice,
    Field,
    Question,
    Verb,
    answer_label,
    bounded,
    check,
    reply_from_text,
)
from tests.core.scene import confirmation, question

COLOURS = (Choice("r", "Red"), Choice("b", "Blue"))
CHOICE = Field(id="c", text="Which?", choices=COLOURS, free_text=False)
SEVERAL = Field(id="c", text="Which?", choices=COLOURS, multiple=True)
FREE = Field(id="f", text="Why?")


def reply(**values: tuple[str, ...]) -> Answer:
    return Answer(verb="reply", values=tuple(values.items()))


@pytest.mark.parametrize(
    ("fields", "answer", "problem"),
    [
        ((CHOICE,), reply(c=("r",)), None),
        ((CHOICE,), reply(c=("green",)), "Choose one of the answers offered: Which?"),
        ((CHOICE,), reply(c=("r", "b")), "Only one answer is possible: Which?"),
        ((SEVERAL,), reply(c=("r", "b")), None),
        ((SEVERAL,), reply(c=("r", "mauve")), None),
        ((FREE,), reply(f=("because",)), None),
        ((FREE,), reply(f=(" \n",)), "An answer is missing: Why?"),
        ((FREE,), reply(f=()), "An answer is missing: Why?"),
        ((CHOICE, FREE), reply(c=("r",)), "An answer is missing: Why?"),
        ((CHOICE, FREE), reply(c=("r",), f=("so",), x=("extra",)), None),
        ((FREE,), Answer(verb="allow"), "This is a question: choose an answer or write one."),
    ],
)
def test_a_reply_fits_its_question(
    fields: tuple[Field, ...], answer: Answer, problem: str | None
) -> None:
    assert check(question("a", "t", *fields), answer) == problem


@pytest.mark.parametrize("verb", ["allow", "deny"])
def test_a_decision_the_agent_offers_fits(verb: Verb) -> None:
    assert check(confirmation(), Answer(verb=verb)) is None


@pytest.mark.parametrize("verb", ["allow_session", "allow_always", "reply"])
def test_a_decision_the_agent_does_not_offer_does_not_fit_E36(verb: Verb) -> None:
    assert check(confirmation(), Answer(verb=verb)) == "The agent does not offer this decision."


def test_a_line_names_a_choice_by_its_label_or_is_taken_as_written() -> None:
    asked = question("a", "t", CHOICE)
    assert reply_from_text(asked, " bLUE ") == reply(c=("b",))
    assert reply_from_text(asked, " something else ") == reply(c=("something else",))
    assert reply_from_text(question("a", "t", CHOICE, FREE), "blue") is None


@pytest.mark.parametrize(
    ("verb", "label"),
    [
        ("allow", "Allowed"),
        ("allow_session", "Allowed for this session"),
        ("allow_always", "Always allowed"),
        ("deny", "Denied"),
        ("reply", "Answered"),
    ],
)
def test_a_decided_card_says_how(verb: Verb, label: str) -> None:
    assert answer_label(confirmation(), Answer(verb=verb)) == label


def test_an_answered_question_shows_the_labels_of_its_own_fields_E53() -> None:
    yes, no = Choice("1", "Yes"), Choice("1", "No")
    asked = Question(
        id="a", turn="t", title="Q",
        fields=(Field(id="x", text="X?", choices=(yes,)), Field(id="y", text="Y?", choices=(no,))),
    )  # fmt: skip
    assert answer_label(asked, reply(x=("1",), y=("1", "perhaps"))) == "Yes · No, perhaps"


def test_a_tool_s_input_is_kept_as_far_as_it_can_be_stored() -> None:
    plain: JsonValue = {"a": [1, 2.5, "x", None, True, {"b": []}]}
    assert bounded(plain) == plain
    assert bounded([math.nan, math.inf, -math.inf]) == [None, None, None]
    deep: JsonValue = "end"
    for _ in range(DEEPEST + 1):
        deep = [deep]
    kept = bounded(deep)
    for _ in range(DEEPEST):
        assert isinstance(kept, list)
        [kept] = kept
    assert kept == "…"
