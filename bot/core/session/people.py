"""What people do to a session."""

from __future__ import annotations

from dataclasses import replace

from bot.core.access import gate
from bot.core.ids import ask_slot, notice_slot, turn_slot
from bot.core.inbound import Person, Prompt, Stop
from bot.core.policy import Rules, addressed
from bot.core.records import Record
from bot.core.session.afresh import KEPT
from bot.core.session.deciding import answered_in_words
from bot.core.session.notices import say
from bot.core.session.outbox import interrupt, pending_prompt, whisper
from bot.core.session.overhearing import called, overhear
from bot.core.session.settling import withdraw_asks
from bot.core.session.steering import steer, steerable
from bot.core.state import SessionState, enqueue, hear, meet, place_of, put_turn
from bot.core.turn import Turn, end


def prompted(state: SessionState, prompt: Prompt, rules: Rules, now: float) -> SessionState:
    """A post in the thread: a prompt if it is meant for the agent, or an answer to its question.
    All others are overheard."""
    if prompt.key in state.heard:
        return state
    if prompt.by.standing == "bot":
        return _bot_said(state, prompt, rules)
    state = meet(state, prompt.by)
    if not addressed(prompt, state.owner, state.people, state.listening):
        return overhear(state, prompt, "aside")
    state = replace(state, shared=prompt.shared)
    action = "prompt" if state.owner else "start"
    refusal = gate(action, prompt.by, place_of(state), rules.access)
    if refusal:
        state = overhear(state, prompt, "no_right")
        unasked = state.listening == "all" and not (prompt.mentions_bot or prompt.direct)
        return state if unasked else whisper(state, prompt.by, refusal)
    if state.owner is None:
        state = _begun_by(state, prompt, rules)
    state = replace(hear(state, prompt.key), bot_said=())
    answered = answered_in_words(state, prompt, rules, now)
    if answered is not None:
        return answered
    turn = steerable(state, rules.able) if state.follow == "steer" else None
    if turn is not None:
        return steer(state, turn, prompt)
    state = enqueue(state, prompt)
    return whisper(state, prompt.by, KEPT) if state.lost else state


def _begun_by(state: SessionState, prompt: Prompt, rules: Rules) -> SessionState:
    """Where other organisations read along, little is shown until somebody wants more."""
    detail = "quiet" if prompt.shared else rules.detail
    state = replace(state, owner=prompt.by, detail=detail)
    if not prompt.agent:
        return state
    return say(state, "agent", f"{prompt.agent} answers in this thread.", "info")


def _bot_said(state: SessionState, prompt: Prompt, rules: Rules) -> SessionState:
    """A bot that was named speaks to the session by mention, so often until a person writes again;
    all else that bots say is overheard."""
    by, most = prompt.by, rules.access.bot_budget
    where = replace(place_of(state), shared=prompt.shared)
    speaks = prompt.mentions_bot and state.owner is not None
    if not speaks or gate("prompt", by, where, rules.access):
        return overhear(state, prompt, "bot")
    counts = dict(state.bot_said)
    said = counts.get(by.user, 0) + 1
    counts[by.user] = min(said, most + 2)
    state = replace(state, bot_said=tuple(counts.items()))
    if said > most:
        state = overhear(state, prompt, "bot")
        if said > most + 1:
            return state
        return say(state, f"bot:{prompt.key}", _spent(prompt), "info")
    return enqueue(hear(state, prompt.key), prompt)


def _spent(prompt: Prompt) -> str:
    return (
        f"I no longer listen to {called(prompt.by)}, a bot: nobody else has written here for a "
        "while. As soon as a person writes to me, I do again."
    )


def stopped(state: SessionState, stop: Stop, rules: Rules, now: float) -> SessionState:
    """Somebody wants what runs to end. What waits comes after it, unless that is to go too."""
    if stop.via == "reaction" and not _is_about_work(state, stop.on):
        return state
    refusal = gate("stop", stop.by, place_of(state), rules.access)
    if refusal:
        return whisper(state, stop.by, refusal)
    if stop.clear and state.queue:
        state = clear(state, stop.by, stop.key)
    elif not state.open_turns:
        return whisper(state, stop.by, "Nothing is running here, so there is nothing to stop.")
    for turn in state.open_turns:
        if turn.phase != "stopping":
            state = stop_turn(state, turn, stop.by, now)
    return state


def _is_about_work(state: SessionState, ts: str) -> bool:
    """Whether message `ts` is a prompt the agent works on, or shows that work."""
    for turn in state.open_turns:
        if any(prompt.ts == ts for prompt in (*turn.prompts, *turn.steered)):
            return True
        slots = {turn_slot(turn.number)}
        slots |= {ask_slot(ask.ask.id) for ask in state.asks if ask.turn == turn.number}
        slots |= {notice_slot(n.number) for n in state.notices if n.turn == turn.number}
        if any(shown.ts == ts and shown.key.slot in slots for shown in state.receipts):
            return True
    return False


def clear(state: SessionState, by: Person, key: str) -> SessionState:
    """Nothing waits any more; all are told. `key` names the wish."""
    count = len(state.queue)
    messages = "a waiting message" if count == 1 else f"{count} waiting messages"
    state = replace(state, queue=())
    return say(state, f"cleared:{key}", f"{called(by)} took back {messages}.", "info")


def stop_turn(state: SessionState, turn: Turn, by: Person, now: float) -> SessionState:
    state = withdraw_asks(state, turn.number, now)
    stopping = replace(turn, phase="stopping", stopped_by=by.user, stop_at=now)
    written = Record(kind="stopped", at=now, by=by, where="thread", detail=f"turn {turn.number}")
    state = replace(state, records=(*state.records, written))
    sending = pending_prompt(state, turn.number)
    if sending is not None and sending.attempts and not sending.begun:
        # The agent has not taken the prompt, as far as we know: there is nothing to interrupt.
        return put_turn(state, end(stopping, "stopped", now))
    return interrupt(put_turn(state, stopping), turn.number)
