"""Lines of ours in the thread: where a new one stands, and how an old one is reworded."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bot.core.parts import beyond, shown_parts
from bot.core.state import BELOW_ALL, NoticeState, SessionState, past_notice
from bot.core.turn import Turn


def say(
    state: SessionState,
    notice_id: str,
    text: str,
    level: Literal["info", "warning", "error"],
    quote: str = "",
    to: str = "",
) -> SessionState:
    """A notice below what people have read; the same id again only changes its words."""
    if any(notice.id == notice_id for notice in state.notices):
        return _reword(state, notice_id, text, level)
    turn = state.turns[-1] if state.turns else None
    part, after = 0, False
    if turn is not None and turn.ended and beyond(turn):
        part = BELOW_ALL
    elif turn is not None:
        part = len(turn.boundaries)
        after = part in shown_parts(turn, bare_steps=state.detail != "quiet")
    notice = NoticeState(
        number=state.next_notice,
        id=notice_id,
        text=text,
        level=level,
        turn=turn.number if turn else 0,
        part=part,
        after=after,
        quote=quote,
        to=to,
    )
    return replace(state, notices=(*state.notices, notice), next_notice=state.next_notice + 1)


def say_once(
    state: SessionState,
    notice_id: str,
    text: str,
    level: Literal["info", "warning", "error"],
    to: str = "",
) -> SessionState:
    """A notice that may be replayed, also long after it was read."""
    known = past_notice(notice_id) in state.past
    if known or any(notice.id == notice_id for notice in state.notices):
        return state
    return say(state, notice_id, text, level, to=to)


def say_above(
    state: SessionState, turn: Turn, part: int, notice_id: str, text: str
) -> SessionState:
    """A notice that stands above part `part` of the turn."""
    notice = NoticeState(
        number=state.next_notice,
        id=notice_id,
        text=text,
        level="info",
        turn=turn.number,
        part=part,
        after=False,
    )
    return replace(state, notices=(*state.notices, notice), next_notice=state.next_notice + 1)


def say_again(state: SessionState, prefix: str, text: str) -> SessionState:
    """Troubles that are over say so where they stand."""
    for notice in state.notices:
        if notice.id.startswith(prefix) and notice.level != "info":
            state = _reword(state, notice.id, text, "info")
    return state


def _reword(
    state: SessionState, notice_id: str, text: str, level: Literal["info", "warning", "error"]
) -> SessionState:
    notices = tuple(
        replace(n, text=text, level=level) if n.id == notice_id else n for n in state.notices
    )
    return replace(state, notices=notices)
