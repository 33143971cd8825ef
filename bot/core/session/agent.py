"""What an agent does to a session."""

from __future__ import annotations

from dataclasses import replace

from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    Attached,
    ContentEvent,
    Detached,
    Gap,
    Notice,
    TurnEnded,
    TurnStarted,
    Unknown,
)
from bot.core.folding import fold
from bot.core.parts import limit_parts
from bot.core.policy import Rules
from bot.core.session.afresh import lose
from bot.core.session.asks import closed, opened
from bot.core.session.matching import turn_of
from bot.core.session.notices import say, say_again, say_once
from bot.core.session.resend import settle_arrived
from bot.core.session.resuming import offer
from bot.core.state import SessionState, put_turn
from bot.core.turn import end


def agent_did(state: SessionState, event: AgentEvent, rules: Rules, now: float) -> SessionState:
    """The state after `event`, which may be an old one seen again. What comes from a session that
    was given up says nothing any more."""
    if state.lost:
        return state
    match event:
        case AskOpened():
            return opened(state, event, rules, now)
        case AskClosed():
            return closed(state, event, rules, _time_of(event, now))
        case Attached():
            return say_again(state, "lost:", "The connection to the agent is back.")
        case Detached():
            return _detached(state, event, now)
        case Notice():
            return say_once(state, f"agent:{event.id}", event.text, event.level)
        case Gap():
            return say_once(state, f"gap:{event.id}", event.reason, "warning")
        case Unknown():
            return replace(state, unknown_events=state.unknown_events + 1)
        case _:
            return _content(state, event, rules, now)


def _content(state: SessionState, event: ContentEvent, rules: Rules, now: float) -> SessionState:
    prompt = event.prompt if isinstance(event, TurnStarted) else None
    state, turn = turn_of(state, event.turn, prompt, _time_of(event, now))
    if turn is None:
        return state
    folded = fold(turn, event, rules.part_limit, now)
    state = put_turn(state, limit_parts(folded, rules.most_parts))
    broke_off = folded.phase == "failed" and not turn.ended
    if isinstance(event, TurnEnded) and event.resumable and broke_off:
        return offer(state, folded)
    return settle_arrived(state, now)


def _time_of(event: AgentEvent, now: float) -> float:
    return now if event.time is None else event.time


def _detached(state: SessionState, event: Detached, now: float) -> SessionState:
    if not event.final:
        if not any(turn.phase == "working" for turn in state.turns):
            return state
        number = state.open_turns[-1].number
        return say(state, f"lost:{number}", f"{event.reason} I keep trying.", "warning")
    if state.remote_id is not None:
        return lose(state, event.reason, now)
    for turn in state.open_turns:
        state = put_turn(state, end(turn, "failed", now, event.reason))
    return say_again(state, "lost:", event.reason)
