"""Asks of our own: a card like the agent's, whose answer is for us. `people` acts on the answer."""

from __future__ import annotations

from typing import Literal

from bot.core.asks import Answer, Choice, Field, Question
from bot.core.state import AskState

Own = Literal["afresh", "continue", "resend"]
"""What is asked about: the name of the question's one field."""


def own_question(
    own: Own, number: int, title: str, text: str, choices: tuple[Choice, ...], turn: str = ""
) -> Question:
    """`number` tells it from earlier ones of its kind."""
    field = Field(id=own, text=text, choices=choices, free_text=False)
    return Question(id=f"{own}:{number}", turn=turn, title=title, fields=(field,))


def own_answer(own: Own, choice: str) -> Answer:
    """What a press of the button of `choice` says."""
    return Answer(verb="reply", values=((own, (choice,)),))


def is_about(known: AskState, own: Own) -> bool:
    return known.ours and known.ask.id.startswith(f"{own}:")
