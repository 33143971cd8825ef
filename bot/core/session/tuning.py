"""What the agent works with: its model, its permission mode, what it has used up."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from bot.core.access import Action, gate
from bot.core.commands import ConfigureAgent, Failed, StopTask
from bot.core.inbound import PERMISSION_MODES, Tune
from bot.core.policy import Rules, addressed
from bot.core.records import Record
from bot.core.session.notices import say
from bot.core.session.outbox import drop, want, whisper
from bot.core.session.overhearing import overhear
from bot.core.session.people import prompted
from bot.core.session.settings import answers_the_agent
from bot.core.spent import spent_in, total
from bot.core.state import SessionState, hear, meet, place_of

NOT_YET: Final = "There is no session with the agent yet. Ask it something first."
_NAMES: Final = {"model": "model", "permission_mode": "permission mode"}


def tuned(state: SessionState, wish: Tune, rules: Rules, now: float) -> SessionState:
    """Somebody asks how the agent is set up, or changes it. What may answer the agent's question is
    a prompt."""
    said, by = wish.said, wish.by
    if wish.key in state.heard or by.standing == "bot":
        return state
    state = meet(state, by)
    if not addressed(said, state.owner, state.people, state.listening):
        return overhear(state, said, "aside")
    if answers_the_agent(state, said, wish.what):
        return prompted(state, said, rules, now)
    if refusal := gate(_action(wish), by, place_of(state), rules.access):
        return whisper(state, by, refusal)
    state = hear(state, wish.key)
    if wish.what == "usage":
        return whisper(state, by, usage(state))
    if not wish.value:
        return whisper(state, by, _told(state, wish.what))
    if state.lost or (state.remote_id is None and not state.open_turns):
        return whisper(state, by, NOT_YET)
    if wish.what == "stop task":
        return want(state, StopTask(id=state.next_command, by=by, task=wish.value))
    setting = "model" if wish.what == "model" else "permission_mode"
    value = "" if setting == "model" and wish.value == "default" else wish.value
    return want(state, ConfigureAgent(id=state.next_command, by=by, setting=setting, value=value))


def _action(wish: Tune) -> Action:
    if wish.what == "stop task":
        return "stop"
    return "permit" if wish.what == "mode" and wish.value else "configure"


def _told(state: SessionState, what: Literal["model", "mode", "stop task"]) -> str:
    if what == "stop task":
        return "Which one? Write *stop task* and the id the agent named when it began."
    if what == "model":
        model = state.model or _model_used(state)
        known = f"The model is `{model}`." if model else "The model is the agent's own choice."
        return (
            f"{known} Mention me with *model* and a name to change it; *model default* resets it."
        )
    mode = state.permission_mode
    known = f"The permission mode is `{mode}`." if mode else "The permission mode is as configured."
    modes = ", ".join(f"*mode {mode}*" for mode in PERMISSION_MODES)
    return f"{known} Who started the session may change it: {modes}."


def _model_used(state: SessionState) -> str:
    used = (usage.model for turn in reversed(state.turns) for usage in reversed(turn.usage))
    return next((model for model in used if model), "")


def usage(state: SessionState) -> str:
    """The session's tokens, cost and duration so far, as a sentence."""
    spent = total([state.spent, *(spent_in(turn) for turn in state.turns)])
    if not spent.turns:
        return "The agent has done nothing here yet."
    facts = [_counted(spent.turns, "turn"), f"{_duration(spent.seconds)} of work"]
    if spent.input_tokens or spent.output_tokens:
        facts.append(f"{spent.input_tokens:,} tokens read, {spent.output_tokens:,} written")
    if spent.cost is not None:
        facts.append(f"{spent.cost:.2f} US dollars" if spent.cost >= 0.01 else "under a cent")
    model = state.model or _model_used(state)
    return f"This session so far: {', '.join(facts)}." + (f" Model: `{model}`." if model else "")


def _counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def tuned_agent(state: SessionState, done: ConfigureAgent | StopTask, now: float) -> SessionState:
    """The agent has taken it: everybody in the thread is told."""
    if isinstance(done, StopTask):
        text = f"{done.by.name} stopped the background task {done.task}."
        return say(state, f"configured:{done.id}", text, "info")
    if done.setting == "model":
        state = replace(state, model=done.value)
    else:
        state = replace(state, permission_mode=done.value)
        detail = f"permission mode: {done.value or 'default'}"
        written = Record(kind="configured", at=now, by=done.by, where="thread", detail=detail)
        state = replace(state, records=(*state.records, written))
    to = f"to {done.value}" if done.value else "back to the agent's own choice"
    text = f"{done.by.name} changed the {_NAMES[done.setting]} {to}."
    unasked = done.value == "bypassPermissions"
    if unasked:
        text = f"{text} The agent does not ask for permission any more."
    return say(state, f"configured:{done.id}", text, "warning" if unasked else "info")


def not_tuned(
    state: SessionState, tried: ConfigureAgent | StopTask, failed: Failed
) -> SessionState:
    if isinstance(tried, StopTask):
        text = f"The background task was not stopped. {failed.message}"
    else:
        text = f"The {_NAMES[tried.setting]} was not changed. {failed.message}"
    return whisper(drop(state, tried.id), tried.by, text)
