"""The pieces all frames share: a turn that is open, texts that grow, calls, and what is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeVar

from pydantic import JsonValue, ValidationError

from bot.agents.agent_webkit import wire
from bot.agents.agent_webkit.memory import Call, Live, Memory, short
from bot.agents.shapes.asking import QUESTION_TOOL, input_of
from bot.agents.shapes.lines import title
from bot.core.events import AgentEvent, AskClosed, ToolFinished, ToolStarted, TurnStarted

MOST_KEPT = 16
"""Calls, asks and messages remembered at once."""

AskEnd = Literal["answered", "withdrawn", "expired"]
Made = tuple[Memory, tuple[AgentEvent, ...]]
_Model = TypeVar("_Model", bound=wire.Frame)


def read(model: type[_Model], data: JsonValue) -> _Model | None:
    try:
        return model.model_validate(data)
    except (ValidationError, RecursionError):
        return None


def working(memory: Memory) -> Made:
    """A turn is open: this one, or a new one."""
    if memory.turn is not None:
        return memory, ()
    turn = str(memory.seen)
    return replace(memory, turn=turn, last=turn), (TurnStarted(turn=turn),)


def live_text(memory: Memory, message: str) -> Live:
    turn = memory.turn or memory.last
    return next((live for live in memory.texts if live.message == message), None) or Live(
        message=message, turn=turn
    )


def keep(memory: Memory, live: Live) -> Memory:
    others = tuple(other for other in memory.texts if other.message != live.message)
    return replace(memory, texts=(*others, live)[-MOST_KEPT:])


def announce(memory: Memory, name: str, tool: str, given: dict[str, JsonValue]) -> Made:
    """A call is announced up to three times, in any order: only the first counts."""
    if tool == QUESTION_TOOL or any(call.id == name for call in memory.calls):
        return memory, ()
    given = input_of(given)
    call = Call(
        id=name,
        turn=memory.turn or memory.last,
        tool=tool,
        title=title(tool, given),
        input=short(given),
    )
    started = ToolStarted(turn=call.turn, item=name, tool=tool, title=call.title, input=given)
    return replace(memory, calls=(*memory.calls, call)[-MOST_KEPT:]), (started,)


def turn_of_call(memory: Memory, name: str) -> str:
    found = next((call.turn for call in memory.calls if call.id == name), None)
    return found or memory.turn or memory.last


def settle_untyped(memory: Memory) -> Made:
    """Where no results are told, the agent's next words are the sign that its calls have ended and
    that the one thing it waited for was decided."""
    if not memory.untyped:
        return memory, ()
    closed: tuple[AgentEvent, ...] = ()
    denied = {ask.id for ask in memory.asks if ask.denied}
    if len(memory.asks) == 1 and not memory.asks[0].background:
        memory, closed = close(memory, {memory.asks[0].id}, "answered")
    waiting = {ask.id for ask in memory.asks}
    over = [call for call in memory.calls if call.id not in waiting]
    finished = [ToolFinished(turn=c.turn, item=c.id, ok=c.id not in denied) for c in over]
    memory = replace(memory, calls=tuple(c for c in memory.calls if c.id in waiting))
    return memory, (*closed, *finished)


def close(memory: Memory, asks: set[str], how: AskEnd) -> Made:
    closed = tuple(AskClosed(ask=ask.id, how=how) for ask in memory.asks if ask.id in asks)
    return replace(memory, asks=tuple(a for a in memory.asks if a.id not in asks)), closed
