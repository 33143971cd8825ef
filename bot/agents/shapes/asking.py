"""How Claude Code asks people, and how it wants to be answered."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from bot.agents.shapes import wire
from bot.core.asks import Answer, Choice, Field, Question, Verb, bounded
from bot.core.ports import Image

QUESTION_TOOL = "AskUserQuestion"

MOST_RULES = 4_000
"""Characters of suggested rules that are remembered."""


def question(ask: str, turn: str, items: Sequence[wire.QuestionItem], link: str = "") -> Question:
    """The questions asked in call `ask`, which can be answered at `link` too."""
    match items:
        case []:
            title = "The agent asks something"
        case [one]:
            title = one.header or one.question
        case _:
            title = "A few questions"
    fields = tuple(_field(item) for item in items)
    return Question(id=ask, turn=turn, title=title, fields=fields, item=ask, link=link)


def _field(item: wire.QuestionItem) -> Field:
    """The agent wants its own words back: the question's whole text, and the label chosen."""
    return Field(
        id=item.question,
        text=item.question,
        choices=tuple(Choice(o.label, o.label, o.description) for o in item.options if o.label),
        multiple=bool(item.multiSelect),
    )


def answers(answer: Answer) -> dict[str, JsonValue]:
    """By question; several choices stand in one line."""
    return {field: ", ".join(values) for field, values in answer.values}


def verbs(suggestions: Sequence[Mapping[str, JsonValue]]) -> tuple[Verb, ...]:
    """The decisions a person may take: what lasts longer needs a rule that says so."""
    found: list[Verb] = ["allow"]
    if any(rule.get("destination") == "session" for rule in suggestions):
        found.append("allow_session")
    if any(rule.get("destination") != "session" for rule in suggestions):
        found.append("allow_always")
    return (*found, "deny")


def rules(
    answer: Answer, suggestions: Sequence[dict[str, JsonValue]]
) -> list[dict[str, JsonValue]]:
    """Of what the agent suggested, what lasts as long as was said."""
    if answer.verb not in ("allow_session", "allow_always"):
        return []
    for_session = answer.verb == "allow_session"
    return [rule for rule in suggestions if (rule.get("destination") == "session") == for_session]


def input_of(given: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """A tool's input as it can be stored."""
    return {key: bounded(value) for key, value in given.items()}


def content(text: str, images: Sequence[Image]) -> JsonValue:
    """A person's message as the model takes it."""
    if not images:
        return text
    said: list[JsonValue] = [{"type": "text", "text": text}] if text else []
    return [*said, *map(_image, images)]


def _image(image: Image) -> JsonValue:
    source: dict[str, JsonValue] = {
        "type": "base64",
        "media_type": image.media_type,
        "data": base64.b64encode(image.data).decode("ascii"),
    }
    return {"type": "image", "source": source}
