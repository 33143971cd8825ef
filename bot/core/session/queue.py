"""Messages that wait while the agent works, and what people do to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.core.access import Action, gate
from bot.core.ids import entry_uid
from bot.core.inbound import Arrange, Deleted, Edited, Person, Prompt
from bot.core.policy import Rules, addressed
from bot.core.session.outbox import whisper
from bot.core.session.overhearing import reread, unhear
from bot.core.session.people import clear, prompted, stop_turn
from bot.core.session.steering import guiding, steer, steerable
from bot.core.state import SessionState, enqueue, hear, place_of

GONE: Final = "This message does not wait any more; nothing was changed."
NO_STEERING: Final = "The agent cannot be given a message while it works; it waits and comes next."
EDITED: Final = "[edited: a message of mine that you have read says this now]"


def edited(state: SessionState, edit: Edited, rules: Rules, now: float) -> SessionState:
    """What still waits is read as it stands now; only its author can have edited it. What calls the
    bot only now is taken as if it were new. Of what was used, the agent is told if the operator
    wants that."""
    post = edit.post
    waiting = next((one for one in state.queue if one.key == post.key), None)
    if waiting is not None:
        post = replace(post, agent=waiting.agent)
        queue = tuple(post if one is waiting else one for one in state.queue)
        return replace(state, queue=queue)
    if post.key not in state.heard:
        calls = edit.calls or any(one.ts == post.ts for one in state.overheard)
        if calls and addressed(post, state.owner, state.people, state.listening):
            return prompted(unhear(state, [post.ts]), post, rules, now)
        return reread(state, post)
    return _corrected(state, edit, rules)


def _corrected(state: SessionState, edit: Edited, rules: Rules) -> SessionState:
    if rules.edits == "ignore" or edit.key in state.heard:
        return state
    post, by = edit.post, edit.by
    told_of = [prompt for turn in state.turns for prompt in (*turn.prompts, *turn.steered)]
    used = any(post.ts == prompt.ts for prompt in (*told_of, *guiding(state)))
    if not used or gate("prompt", by, place_of(state), rules.access):
        return state
    quote = "\n".join(f"> {line}" for line in post.text.splitlines())
    told = replace(post, key=edit.key, text=f"{EDITED}\n{quote}", files=())
    return enqueue(hear(state, edit.key), told)


def deleted(state: SessionState, gone: Deleted) -> SessionState:
    """What waits leaves; what the agent has read it has read."""
    state = unhear(state, [gone.ts])
    return replace(state, queue=tuple(p for p in state.queue if p.ts != gone.ts))


def arranged(state: SessionState, wish: Arrange, rules: Rules, now: float) -> SessionState:
    """Its author and who started the session may arrange a waiting message."""
    if wish.act == "clear":
        return _cleared(state, wish, rules)
    at = next((n for n, one in enumerate(state.queue) if entry_uid(one.key) == wish.entry), None)
    if at is None:
        steered = any(entry_uid(one.key) == wish.entry for one in guiding(state))
        return state if steered else whisper(state, wish.by, GONE)
    if refusal := _why_not(state, state.queue[at], wish, rules):
        return whisper(state, wish.by, refusal)
    queue = [*state.queue]
    entry = queue.pop(at)
    match wish.act:
        case "cancel":
            pass
        case "steer":
            turn = steerable(state, rules.able)
            if turn is None:
                return whisper(state, wish.by, NO_STEERING)
            state = steer(state, turn, entry)
        case "now":
            queue.insert(0, entry)
            return _now(replace(state, queue=tuple(queue), urgent=entry.key), wish.by, now)
        case "up":
            queue.insert(max(0, at - 1), entry)
        case "down":
            queue.insert(at + 1, entry)
    return replace(state, queue=tuple(queue))


def _why_not(state: SessionState, entry: Prompt, wish: Arrange, rules: Rules) -> str | None:
    own = entry.by.user == wish.by.user
    action: Action = "prompt" if own else "arrange"
    where = place_of(state)
    refusal = gate(action, wish.by, where, rules.access)
    if refusal is None and wish.act == "now" and state.open_turns:
        return gate("stop", wish.by, where, rules.access)
    return refusal


def _now(state: SessionState, by: Person, now: float) -> SessionState:
    for turn in state.open_turns:
        if turn.phase != "stopping":
            state = stop_turn(state, turn, by, now)
    return state


def _cleared(state: SessionState, wish: Arrange, rules: Rules) -> SessionState:
    if not state.queue:
        return whisper(state, wish.by, GONE)
    own = all(one.by.user == wish.by.user for one in state.queue)
    refusal = gate("prompt" if own else "arrange", wish.by, place_of(state), rules.access)
    if refusal:
        return whisper(state, wish.by, refusal)
    return clear(state, wish.by, wish.key)
