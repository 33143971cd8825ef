"""What was chosen and written in the form of a question. Pure."""

from __future__ import annotations

import re

from bot.core.asks import Field, Question
from bot.slack.action_ids import OTHER, choice_of
from bot.slack.render.forms import Errors, Filled
from bot.slack.wire import Typed


def field_of(block: str) -> int:
    """The number of the question's field a block of choices is for; 0 for anything else."""
    found = re.fullmatch(r"c([0-9]{1,3})", block, re.ASCII)
    return int(found[1]) if found else 0


Values = tuple[tuple[str, tuple[str, ...]], ...]


def answers(question: Question, uid: str, filled: Filled) -> tuple[Values, Errors]:
    """What was chosen and written, field by field; or what is wrong with it. Texts as they are."""
    values: list[tuple[str, tuple[str, ...]]] = []
    wrong: Errors = {}
    for at, field in enumerate(question.fields):
        try:
            values.append((field.id, _answer(field, uid, at, filled)))
        except _At as error:
            wrong[error.block] = error.sentence
    return tuple(values), wrong


class _At(Exception):
    """Something wrong at one field."""

    def __init__(self, block: str, sentence: str) -> None:
        super().__init__(sentence)
        self.block, self.sentence = block, sentence


def _answer(field: Field, uid: str, at: int, filled: Filled) -> tuple[str, ...]:
    choices, text = f"c{at}", f"t{at}"
    chosen = _chosen(field, uid, choices, filled.get(choices, Typed()))
    written = filled.get(text, Typed()).value or ""
    other = OTHER in chosen
    picked = tuple(one for one in chosen if one != OTHER)
    if not written.strip():
        if other:
            raise _At(text, "Write your own answer here.")
        if not picked:
            raise _At(choices if field.choices else text, "An answer is needed here.")
        return picked
    if picked and not field.multiple:
        raise _At(text, "You chose an answer above as well. Choose Other to send this one.")
    return (*picked, written)


def _chosen(field: Field, uid: str, block: str, held: Typed) -> tuple[str, ...]:
    """Ids of choices, and `OTHER`."""
    options = [*held.selected_options, *([held.selected_option] if held.selected_option else [])]
    found: list[str] = []
    for option in options:
        at = choice_of(option.value, uid)
        if option.value == OTHER:
            found.append(OTHER)
        elif at is None or at >= len(field.choices):
            raise _At(block, "This answer is not offered any more.")
        else:
            found.append(field.choices[at].id)
    return tuple(dict.fromkeys(found))
