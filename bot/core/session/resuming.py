"""A turn that broke off while nobody could tell the agent to go on: what is offered, and done.

The agent still knows the session, so it needs no more than a word; but that word is a person's to
say, because what it had begun may have had its effect.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.core.asks import Answer, Choice
from bot.core.inbound import Person, Prompt
from bot.core.session.ours import Own, is_about, own_question
from bot.core.session.settling import settle
from bot.core.state import AskState, SessionState, ask_of, past_ask
from bot.core.turn import Turn

OWN: Final[Own] = "continue"
TITLE = "The agent was interrupted"
OFFER = "It knows what it had done so far. Press the button to let it go on, or write what to do."
GO_ON = "Continue where you were interrupted."


def offer(state: SessionState, turn: Turn) -> SessionState:
    """Ask whether the agent shall go on with `turn`; not where more was written already."""
    ask = own_question(OWN, turn.number, TITLE, OFFER, (Choice("continue", "Continue"),))
    if state.queue or ask_of(state, ask.id) is not None or past_ask(ask.id) in state.past:
        return state
    asked = AskState(ask=ask, turn=turn.number, late=True, ours=True)
    return replace(state, asks=(*state.asks, asked))


def accept(
    state: SessionState, ask: AskState, answer: Answer, by: Person, now: float
) -> SessionState:
    """`by` wants it to go on: a prompt like any other, which stands where the first one stood."""
    state = settle(state, replace(ask, answer=answer, by=by, at=now), "answered", now)
    turn = next((turn for turn in state.turns if turn.number == ask.turn), None)
    ts = turn.prompt.ts if turn is not None and turn.prompt is not None else state.thread.thread_ts
    prompt = Prompt(key=ask.ask.id, thread=state.thread, by=by, ts=ts, text=GO_ON, in_thread=True)
    return replace(state, queue=(prompt, *state.queue))


def supersede(state: SessionState, now: float) -> SessionState:
    """Somebody wrote instead of pressing the button."""
    for ask in state.open_asks:
        if is_about(ask, OWN):
            state = settle(state, ask, "elsewhere", now)
    return state
