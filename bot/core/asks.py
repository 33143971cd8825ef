"""What an agent may ask of a person, and what a person may answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

DEEPEST = 40
"""Levels of a tool's input that are kept: JSON parsers give up on what is nested without end."""

Verb = Literal["allow", "allow_session", "allow_always", "deny", "reply"]
"""`reply` answers a question; the others decide a confirmation."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers a question offers. `id` goes back to the agent, `label` is read."""

    id: str
    label: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question inside a `Question`."""

    id: str
    text: str
    choices: tuple[Choice, ...] = ()
    multiple: bool = False
    free_text: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The agent wants to run a tool and waits for permission.

    `item` is the step it belongs to; `verbs` are those the agent's server understands. `editable`:
    it takes a changed input with an approval; `schema` is the JSON schema of the tool's input,
    where that is known.
    """

    kind: Literal["confirmation"] = "confirmation"
    id: str
    turn: str
    tool: str
    title: str
    input: dict[str, JsonValue]
    item: str | None = None
    verbs: tuple[Verb, ...] = ("allow", "deny")
    editable: bool = False
    schema: dict[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The agent wants to know something and waits for it. `link` leads to where it can be answered
    beside Slack; without fields it can be answered only there."""

    kind: Literal["question"] = "question"
    id: str
    turn: str
    title: str
    fields: tuple[Field, ...]
    item: str | None = None
    link: str = ""


Ask = Confirmation | Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A decision or a reply. `values` pairs a field's id with the chosen ids or the written text;
    `text` is the reason of a denial; `input` replaces the tool's input; `interrupt`: the turn ends
    with the denial."""

    verb: Verb
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    text: str | None = None
    input: dict[str, JsonValue] | None = None
    interrupt: bool = False


def bounded(value: JsonValue, depth: int = DEEPEST) -> JsonValue:
    """The value as it can be stored: every number finite, nothing nested too deep."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict() | list() if depth == 0:
            return "…"
        case dict():
            return {key: bounded(inner, depth - 1) for key, inner in value.items()}
        case list():
            return [bounded(inner, depth - 1) for inner in value]
        case _:
            return value


Mask = Callable[[str], str]
"""A text with its credentials masked."""


def masked_json(value: JsonValue, mask: Mask, name: str = "") -> JsonValue:
    """The value without credentials, names included. Two names that look alike then stay two."""
    match value:
        case str():
            return masked_text(name, value, mask)
        case dict():
            shown: dict[str, JsonValue] = {}
            for key, inner in value.items():
                called, number = mask(key), 1
                while called in shown:
                    number += 1
                    called = f"{mask(key)} ({number})"
                shown[called] = masked_json(inner, mask, key)
            return shown
        case list():
            return [masked_json(inner, mask, name) for inner in value]
        case _:
            return value


def masked_text(name: str, text: str, mask: Mask) -> str:
    """Some credentials are known by the name that stands before them."""
    alone, led = mask(text), f"{name}: "
    if not name or alone != text:
        return alone
    both = mask(f"{led}{text}")
    return both[len(led) :] if both.startswith(led) else alone


def check(ask: Ask, answer: Answer) -> str | None:
    """None when the answer fits the ask, else a sentence for the person who gave it."""
    match ask:
        case Confirmation():
            if answer.verb not in ask.verbs:
                return "The agent does not offer this decision."
            if answer.input is not None and not ask.editable:
                return "The agent does not take a changed input: allow the call as it is, or deny."
            return None
        case Question():
            return _check_reply(ask, answer)


def _check_reply(ask: Question, answer: Answer) -> str | None:
    if answer.verb != "reply":
        return "This is a question: choose an answer or write one."
    given = dict(answer.values)
    for field in ask.fields:
        problem = _check_field(field, given.get(field.id, ()))
        if problem:
            return problem
    return None


def _check_field(field: Field, values: tuple[str, ...]) -> str | None:
    if not any(value.strip() for value in values):
        return f"An answer is missing: {field.text}"
    if len(values) > 1 and not field.multiple:
        return f"Only one answer is possible: {field.text}"
    known = {choice.id for choice in field.choices}
    if not field.free_text and any(value not in known for value in values):
        return f"Choose one of the answers offered: {field.text}"
    return None


def reply_from_text(ask: Question, text: str) -> Answer | None:
    """A line written in the thread as an answer: a choice by its label, else free text.

    None when the question has several fields: one line cannot answer those.
    """
    if len(ask.fields) != 1:
        return None
    field = ask.fields[0]
    said = text.strip().casefold()
    chosen = next((c.id for c in field.choices if c.label.strip().casefold() == said), text.strip())
    return Answer(verb="reply", values=((field.id, (chosen,)),))


def answer_label(ask: Ask, answer: Answer) -> str:
    """What to write on the settled card: the labels of what was chosen or the text written."""
    if isinstance(ask, Confirmation):
        return {
            "allow": "Allowed",
            "allow_session": "Allowed for this session",
            "allow_always": "Always allowed",
            "deny": "Denied",
        }.get(answer.verb, "Answered")
    labels = {
        (field.id, choice.id): choice.label for field in ask.fields for choice in field.choices
    }
    return " · ".join(
        ", ".join(labels.get((field, value), value) for value in values)
        for field, values in answer.values
        if values
    )
