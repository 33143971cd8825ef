"""What Slack will not show any more, and what is done about it.

What people deleted stays deleted. But an answer that goes on must be readable from there, an agent
that waits must not wait for ever, and nothing is left out without a word.
"""

from __future__ import annotations

from dataclasses import replace

from bot.core.asks import Answer, Confirmation, Question
from bot.core.commands import Refused
from bot.core.ids import PartKey, Place, Receipt, ask_slot, file_slot, turn_slot
from bot.core.parts import part_text, seal_at
from bot.core.policy import Rules
from bot.core.session.notices import say, say_once
from bot.core.session.settling import send_answer
from bot.core.state import AskState, SessionState, put_ask, put_receipt, put_turn
from bot.core.turn import Turn

MOST_CARDS = 2
"""How often the card of an open ask is posted again after people deleted it."""
_LONGEST = 500

NOT_ASKED = "Nobody could be asked: the request could not be shown."


def refused(state: SessionState, no: Refused, rules: Rules, now: float) -> SessionState:
    """The part is not tried again; what it held or asked is not forgotten."""
    old = _receipt(state, no.key) or Receipt(key=no.key, ts="", shown="")
    state = put_receipt(state, replace(old, shown=no.shown, lost=True))
    posted = bool(old.ts)
    if no.key.place != state.thread.place:
        return state if posted else _copy_refused(state, no.key.place)
    for ask in state.asks:
        if ask.status == "open" and (ask_slot(ask.ask.id), ask.card) == (no.key.slot, no.key.part):
            return _card_refused(state, ask, no, posted, now)
    for turn in state.turns:
        if no.key.slot == file_slot(turn.number) and not posted:
            text = f"I could not show the file with the whole answer. {no.reason}"
            return say(state, f"file:{turn.number}", text, "warning")
        if no.key.slot == turn_slot(turn.number) and no.gone and posted:
            return _message_gone(state, turn, old, no, rules)
    return state


def _copy_refused(state: SessionState, place: Place) -> SessionState:
    """The card in the thread is as good; who was to be asked elsewhere is named there, once."""
    to, text = (
        f"<#{place.channel}>",
        "I could not ask in this channel. Invite me there, if I am to.",
    )
    if place.is_private:
        to, text = f"<@{place.channel}>", "I could not write to this person, who may decide here."
    return say_once(state, f"copy:{place.channel}", text, "warning", to=to)


def _message_gone(
    state: SessionState, turn: Turn, old: Receipt, no: Refused, rules: Rules
) -> SessionState:
    """A part that was shown to its end stays deleted. One that was not goes on in a new message."""
    length = old.length if no.shown_length is None else no.shown_length
    if no.key.part != len(turn.boundaries):
        return state
    if turn.ended and not part_text(turn, no.key.part)[length:].strip():
        return state
    return put_turn(state, seal_at(turn, length, rules.part_limit))


def with_card(state: SessionState, ask: AskState) -> AskState:
    """The ask, with a new card if Slack takes its old one no more."""
    receipt = _receipt(state, PartKey(ask_slot(ask.ask.id), ask.card, state.thread.place))
    return replace(ask, card=ask.card + 1) if receipt is not None and receipt.lost else ask


def _receipt(state: SessionState, key: PartKey) -> Receipt | None:
    return next((receipt for receipt in state.receipts if receipt.key == key), None)


def _card_refused(
    state: SessionState, ask: AskState, no: Refused, posted: bool, now: float
) -> SessionState:
    if posted and not no.gone:
        return state  # an edit was refused: what can be pressed stands there still
    if no.gone and ask.card < MOST_CARDS:
        return put_ask(state, replace(ask, card=ask.card + 1))
    why = "It was deleted each time I posted it." if no.gone else no.reason
    return _decide_without_card(state, ask, why, now)


def _decide_without_card(state: SessionState, ask: AskState, why: str, now: float) -> SessionState:
    """A question can be answered by writing; a permission nobody can give is denied. Where the
    agent takes neither, people can stop the turn."""
    notice = f"card:{ask.ask.id}"
    match ask.ask:
        case Question(fields=(field,)):
            labels = ", ".join(choice.label for choice in field.choices)
            choices = f" Possible answers: {labels}." if labels else ""
            text = f"I cannot show this question as a card. {why} {field.text}{choices}"
            text = f"{text[:_LONGEST]} Write your answer here."
            return say(state, notice, text, "warning")
        case Confirmation() if "deny" in ask.ask.verbs and ask.card <= MOST_CARDS:
            text = f"I cannot show a request of the agent, so I denied it. {why} {ask.ask.title}"
            state = say(state, notice, text[:_LONGEST], "warning")
            return send_answer(state, ask, Answer(verb="deny", text=NOT_ASKED), None, now)
        case _:
            text = f"I cannot show a request of the agent. {why} {ask.ask.title}"
            text = f"{text[:_LONGEST]} Write *stop* to end the turn that waits for it."
            return say(state, notice, text, "warning")
