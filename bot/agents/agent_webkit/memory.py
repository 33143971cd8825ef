"""What has to be remembered between two frames. It travels in the cursor, so that a restart goes on
exactly where the last event that was stored left off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue, TypeAdapter, ValidationError

from bot.core.errors import AgentProtocolError
from bot.core.events import AgentEvent

LONGEST_INPUT = 2_000
"""Characters of a call's input, as JSON, that are remembered in case its request is lost."""

TOO_LONG: dict[str, JsonValue] = {"input": "too long to repeat here; the step above shows it"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call that was announced and whose result has not come."""

    id: str
    turn: str
    tool: str
    title: str
    input: dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An ask nobody is known to have answered. `background`: a sub-agent waits, and may do so after
    the turn. `denied`: we said no. `suggestions` are the rules that would make it needless."""

    id: str
    turn: str
    question: bool = False
    background: bool = False
    denied: bool = False
    suggestions: tuple[dict[str, JsonValue], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A message under way. It may end several times, each time with another of its pieces:
    `segment` counts the texts that ended, `length` the characters of the one that grows."""

    message: str
    turn: str
    segment: int = 0
    length: int = 0

    @property
    def item(self) -> str:
        return f"{self.message}.{self.segment}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`seen` is the id of the last frame; `turn` the open turn, `last` the newest; `cost` what the
    session had cost by the last result, in US dollars; `failure` what the agent said instead of an
    answer; `untyped`: this server's factory leaves out types, results and deltas; `mode` is the
    permission mode, None when it is not known."""

    seen: int = 0
    turn: str | None = None
    last: str = "0"
    cost: float = 0.0
    calls: tuple[Call, ...] = ()
    asks: tuple[Waiting, ...] = ()
    texts: tuple[Live, ...] = ()
    failure: str = ""
    untyped: bool = False
    mode: str | None = None

    @property
    def parked(self) -> bool:
        """Whether the agent waits for a person."""
        return bool(self.asks)


_MEMORY = TypeAdapter(Memory)


def to_cursor(memory: Memory) -> str:
    return _MEMORY.dump_json(memory, exclude_defaults=True).decode("utf-8", "replace")


def with_cursor(memory: Memory, events: Sequence[AgentEvent]) -> tuple[AgentEvent, ...]:
    """The events of one frame, which is done with the last of them."""
    if not events:
        return ()
    return (*events[:-1], replace(events[-1], cursor=to_cursor(memory)))


def from_cursor(cursor: str | None, mode: str | None = None) -> Memory:
    """`mode` is the permission mode where the cursor does not tell. Raises AgentProtocolError for
    what `to_cursor` did not make."""
    if cursor is None:
        return Memory(mode=mode)
    try:
        memory = _MEMORY.validate_json(cursor)
    except ValidationError as error:
        raise AgentProtocolError("The place to go on from is not one this agent gave.") from error
    return memory if memory.mode else replace(memory, mode=mode)


def short(given: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """An input as it is remembered: whole, or a word instead."""
    return given if len(json.dumps(given)) <= LONGEST_INPUT else TOO_LONG
