"""What of a session goes into the log: its turns and the places of its cards, never its words."""

from __future__ import annotations

import structlog

from bot.core.state import SessionState
from bot.core.turn import Turn

log = structlog.get_logger()


def just_ended(before: SessionState, after: SessionState) -> list[Turn]:
    """The turns that were open before and are over after."""
    if before.turns is after.turns:
        return []
    open_before = {turn.number for turn in before.open_turns}
    return [turn for turn in after.turns if turn.ended and turn.number in open_before]


def log_copies(before: SessionState, after: SessionState) -> None:
    """Where a card goes beside its thread."""
    if before.asks is after.asks:
        return
    known = {ask.ask.id: ask.copies for ask in before.asks}
    for ask in after.asks:
        if ask.copies != known.get(ask.ask.id, ()):
            places = [str(place) for place in ask.copies]
            log.info("ask.copied", ask=ask.ask.id, places=places, left_out=ask.unasked)


def log_turn(turn: Turn) -> None:
    """The one canonical line of a turn."""
    ended = turn.ended_at or turn.started_at
    log.info(
        "turn.ended", turn=turn.number, phase=turn.phase, steps=len(turn.steps),
        ms=round((ended - turn.started_at) * 1000), parts=turn.parts,
        characters=sum(len(item.text) for item in turn.texts),
    )  # fmt: skip
