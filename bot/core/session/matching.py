"""Which turn an event of the agent's belongs to."""

from __future__ import annotations

from dataclasses import replace

from bot.core.session.outbox import interrupt, is_prompt_of
from bot.core.state import MOST_PAST, SessionState, put_turn
from bot.core.turn import Turn


def turn_of(
    state: SessionState, ref: str, prompt: str | None, now: float
) -> tuple[SessionState, Turn | None]:
    """The turn the agent calls `ref`: bound by its prompt's key, else the one that waits to be
    named, else a new one: for that prompt, or one that nobody asked for. None if it was
    forgotten."""
    known = next((turn for turn in state.turns if turn.ref == ref), None)
    if known is not None or ref in state.past:
        return state, known
    if prompt in state.past:
        state = replace(state, past=(*state.past, ref)[-MOST_PAST:])
        return interrupt(state, 0), None
    unnamed = [turn for turn in state.turns if turn.ref is None and turn.prompt]
    if prompt is not None:
        unnamed = [turn for turn in unnamed if turn.prompt and turn.prompt.key == prompt]
    else:
        unnamed = [turn for turn in unnamed if not turn.ended and not _waits_unsent(state, turn)]
    if unnamed:
        named = replace(unnamed[0], ref=ref)
        state = put_turn(state, named)
        # A prompt that was taken back reached the agent after all, or had not begun there.
        return interrupt(state, named.number) if named.stop_at is not None else state, named
    turn = Turn(number=state.next_turn, started_at=now, ref=ref, phase="working")
    asked = next((t for t in state.turns if t.prompt and t.prompt.key == prompt), None)
    if asked is not None:  # what the agent did by itself was taken for it before
        turn = replace(turn, prompt=asked.prompt, also=asked.also)
    return replace(state, turns=(*state.turns, turn), next_turn=turn.number + 1), turn


def _waits_unsent(state: SessionState, turn: Turn) -> bool:
    """Whether the turn's prompt is not at the agent: it was away, and is to be tried again."""
    return any(
        pending.attempts and not pending.begun and is_prompt_of(pending.command, turn.number)
        for pending in state.outbox
    )
