"""How a turn of Claude Code ends."""

from __future__ import annotations

from bot.core.events import TurnEnded

SYNTHETIC = "<synthetic>"
"""The model named in messages the agent wrote itself because the model's server failed."""

LONGEST_ERROR = 600

_REASONS = {
    "error_max_turns": "The agent gave up: it took as many steps as it may.",
    "error_max_budget_usd": "The agent gave up: it spent as much money as it may.",
}


def ended(turn: str, subtype: str, failure: str) -> TurnEnded:
    """A model that fails still reports success: then the agent's own words say what happened."""
    if subtype == "success":
        if failure:
            return TurnEnded(turn=turn, outcome="failed", error=f"The model failed. {failure}")
        return TurnEnded(turn=turn, outcome="done")
    if subtype in ("error_during_execution", "interrupted"):
        return TurnEnded(turn=turn, outcome="stopped")
    why = _REASONS.get(subtype, f"The agent ended early ({subtype or 'without a reason'}).")
    return TurnEnded(turn=turn, outcome="failed", error=why)
