"""A prompt of which nobody can tell whether the agent has it: people decide, unless the agent is
seen to work on it first. It is never repeated by itself, because the agent would do it twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.core.asks import Answer, Choice
from bot.core.commands import SendPrompt
from bot.core.inbound import Person
from bot.core.parts import seal
from bot.core.policy import Rules
from bot.core.session.following import send
from bot.core.session.notices import say_again
from bot.core.session.ours import Own, is_about, own_answer, own_question
from bot.core.session.outbox import drop
from bot.core.session.settling import settle
from bot.core.state import AskState, SessionState, put_turn
from bot.core.turn import Turn, end

OWN: Final[Own] = "resend"
TWICE = (
    "If nothing comes from it here, send it again. If it does have the message, it would do what "
    "you asked twice."
)
AGAIN, DROP = Choice("again", "Send again"), Choice("drop", "Drop")
CAME = "The agent has your message after all."


def ask_to_resend(
    state: SessionState, command: SendPrompt, reason: str, rules: Rules
) -> SessionState:
    """The turn waits for a decision, or for a sign of the agent's."""
    state = drop(state, command.id)
    turn = next((turn for turn in state.turns if turn.number == command.turn), None)
    if turn is None or turn.ended or turn.ref is not None:
        return state
    if turn.stop_at is not None:  # nobody wants it any more, and a stop is on its way
        return put_turn(state, end(turn, "stopped", turn.stop_at))
    ask = own_question(OWN, command.id, reason, TWICE, (AGAIN, DROP))
    state = say_again(state, f"trouble:{turn.number}:", "The agent is back.")
    state = put_turn(state, seal(turn, ask.id, rules.part_limit))
    return replace(state, asks=(*state.asks, AskState(ask=ask, turn=turn.number, ours=True)))


def resend(
    state: SessionState, known: AskState, answer: Answer, by: Person, now: float
) -> SessionState:
    """`by` has decided what becomes of the prompt."""
    state = settle(state, replace(known, answer=answer, by=by, at=now), "answered", now)
    turn = _turn_of(state, known)
    if turn is None or turn.ended or turn.ref is not None:
        return state
    if answer == own_answer(OWN, AGAIN.id):
        return send(state, turn)
    stopping = replace(turn, phase="stopping", stopped_by=by.user, stop_at=now)
    return put_turn(state, end(stopping, "stopped", now))


def settle_arrived(state: SessionState, now: float) -> SessionState:
    """The agent works on it: there is nothing to decide any more."""
    for known in state.open_asks:
        turn = _turn_of(state, known)
        if is_about(known, OWN) and turn is not None and turn.ref is not None:
            said = replace(known, answer=own_answer(OWN, CAME), by=None, at=now)
            state = settle(state, said, "answered", now)
    return state


def in_doubt(state: SessionState, turn: Turn) -> bool:
    """Whether nobody knows if the agent has the turn's prompt."""
    asked = {known.turn for known in state.open_asks if is_about(known, OWN)}
    return turn.number in asked


def _turn_of(state: SessionState, known: AskState) -> Turn | None:
    return next((turn for turn in state.turns if turn.number == known.turn), None)
