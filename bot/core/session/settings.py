"""What people choose for a thread, in a word of their own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import assert_never

from bot.core.access import gate
from bot.core.asks import Question
from bot.core.inbound import Configure, Prompt, Setting
from bot.core.policy import Rules, addressed
from bot.core.session.afresh import START, begin
from bot.core.session.notices import say
from bot.core.session.outbox import whisper
from bot.core.session.overhearing import overhear
from bot.core.session.people import prompted
from bot.core.session.waiting import list_waiting
from bot.core.state import SessionState, hear, meet, place_of

_DONE = {
    "quiet": "This thread is quiet now: it shows the answer and how it ended.",
    "normal": "This thread shows what the agent is doing and how far it is now.",
    "detailed": "This thread shows every step now, with its input, result and time.",
    "thinking on": "What the agent thinks is shown here now while it works, unless it is *quiet*.",
    "thinking off": "What the agent thinks is no longer shown. Write *thinking* to see it once.",
    "queue": "Messages sent here while the agent works wait now, and come next.",
    "steer": "Messages sent here while the agent works guide it now.",
    "together": "Messages that waited are read together now, in order.",
    "one by one": "Messages that waited are read one after the other now.",
    "listen to all": "The agent reads every message of this thread now, also without a mention.",
    "listen to mentions": "The agent reads only messages that mention me now.",
    "listen as usual": "No mention is needed here now while one person writes; then it is.",
}
NO_STEERING = (
    "Messages sent here are meant to guide the agent while it works, but this agent cannot take "
    "any then: they wait, and come next."
)
_BARE = " If this was meant for the agent, tell it in a sentence."


def configured(state: SessionState, wanted: Configure, rules: Rules, now: float) -> SessionState:
    """Somebody chooses how this thread is shown. A single word in a thread is easily meant for the
    agent, though: then it is a prompt."""
    said, by = wanted.said, wanted.by
    if wanted.key in state.heard or by.standing == "bot":
        return state
    state = meet(state, by) if said else state
    if said and not addressed(said, state.owner, state.people, state.listening):
        return overhear(state, said, "aside")
    if wanted.setting == "fresh":
        return _fresh(state, wanted, rules, now)
    if said and answers_the_agent(state, said, wanted.setting):
        return prompted(state, said, rules, now)
    refusal = gate("configure", by, place_of(state), rules.access)
    if refusal:
        return whisper(state, by, refusal)
    state = hear(state, wanted.key)
    if wanted.setting == "thinking":
        return _tell_thoughts(state, wanted)
    state = _chosen(state, wanted.setting, rules)
    text = _DONE[wanted.setting]
    if wanted.setting == "steer" and not rules.able.steer:
        text = NO_STEERING
    if wanted.setting == "queue" and state.queue:
        text = f"{text} {_waiting(len(state.queue))}"
    bare = said is not None and not said.mentions_bot
    return whisper(state, wanted.by, text + (_BARE if bare else ""))


def _chosen(state: SessionState, setting: Setting, rules: Rules) -> SessionState:
    match setting:
        case "quiet" | "normal" | "detailed":
            return replace(state, detail=setting)
        case "thinking on" | "thinking off":
            return replace(state, thinking=setting == "thinking on")
        case "queue":
            return list_waiting(replace(state, follow="queue"), rules)
        case "steer":
            return replace(state, follow="steer")
        case "together" | "one by one":
            return replace(state, flush="batched" if setting == "together" else "sequential")
        case "listen to all":
            return replace(state, listening="all")
        case "listen to mentions":
            return replace(state, listening="mention")
        case "listen as usual":
            return replace(state, listening="auto")
        case "thinking" | "fresh":
            return state
        case _:
            assert_never(setting)


def _waiting(count: int) -> str:
    return "One waits: see below." if count == 1 else f"{count} wait: see below."


def _fresh(state: SessionState, wanted: Configure, rules: Rules, now: float) -> SessionState:
    """Only a lost session is begun anew; elsewhere the word is the agent's."""
    if not state.lost:
        return prompted(state, wanted.said, rules, now) if wanted.said else state
    if refusal := gate("permit", wanted.by, place_of(state), rules.access):
        return whisper(state, wanted.by, refusal)
    return begin(hear(state, wanted.key), START, wanted.by, now)


def answers_the_agent(state: SessionState, said: Prompt, word: str) -> bool:
    """Whether a word of ours is more likely meant for the agent: it offers it as a choice, or it
    has asked something, in a question or in prose, and the bot was not mentioned."""
    for waiting in state.open_asks:
        if isinstance(waiting.ask, Question) and waiting.status == "open" and not waiting.ours:
            labels = {c.label.strip().casefold() for f in waiting.ask.fields for c in f.choices}
            if word in labels or not said.mentions_bot:
                return True
    if said.mentions_bot or not state.turns:
        return False
    written = [item.text.rstrip() for item in state.turns[-1].texts if item.text.strip()]
    last = written[-1].rsplit("\n\n", 1)[-1].casefold() if written else ""
    return any(mark in last for mark in "?？؟") or re.search(rf"\b{word}\b", last) is not None


def _tell_thoughts(state: SessionState, wanted: Configure) -> SessionState:
    thought = next((turn.thought for turn in reversed(state.turns) if turn.thought.text), None)
    if thought is None:
        return whisper(state, wanted.by, "The agent has not told what it thinks.")
    text = "The end of what the agent thought:" if thought.cut else "What the agent thought:"
    return say(state, f"thinking:{wanted.key}", text, "info", thought.text)
