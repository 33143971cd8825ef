"""For how long messages have waited while the agent works, and whether that is shown."""

from __future__ import annotations

from dataclasses import replace

from bot.core.policy import Rules
from bot.core.state import SessionState


def watch(state: SessionState, now: float) -> SessionState:
    """Since when something waits, whoever may want to see it; nothing is listed when nothing
    does."""
    if not state.queue or state.lost:
        if state.waiting_since is None and not (state.listed or state.urgent):
            return state  # asked with every delta: no new state where nothing is new
        return replace(state, waiting_since=None, listed=False, urgent="")
    if state.waiting_since is None:
        return replace(state, waiting_since=now)
    return state


def list_waiting(state: SessionState, rules: Rules) -> SessionState:
    """What waits is shown from now on."""
    if not state.queue or state.lost or state.listed:
        return state
    return replace(state, listed=True, lists=state.lists + 1, steers=rules.able.steer)
