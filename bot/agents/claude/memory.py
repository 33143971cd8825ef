"""What has to be remembered between two messages. It travels in the cursor, so that after a restart
the transcript is read on from where the last event that was stored left off."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter, ValidationError

from bot.core.errors import AgentProtocolError


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call whose result has not come."""

    id: str
    turn: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An ask nobody has answered. `background`: a sub-agent waits, and may do so after the turn.
    `suggestions` are the rules that would make it needless."""

    id: str
    turn: str
    question: bool = False
    background: bool = False
    suggestions: tuple[dict[str, JsonValue], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`seen` is the transcript's last message that was told; `turn` the open turn, `last` the
    newest: each is called by the id of the prompt it answers. `prompts` pairs such ids with the
    keys of prompts that were sent and not answered yet. `cost` in US dollars by the last result.
    `message` is the answer under way, `texts` of its texts ended, `length` characters of the next
    one and `thought` of what it thinks have come. `failure` is what the agent said instead of an
    answer. `tasks` run in the background. `told` events were told since `life` began: one time that
    the session is kept in a process of ours."""

    seen: str = ""
    turn: str | None = None
    last: str = ""
    prompts: tuple[tuple[str, str], ...] = ()
    cost: float = 0.0
    calls: tuple[Call, ...] = ()
    asks: tuple[Waiting, ...] = ()
    message: str = ""
    texts: int = 0
    length: int = 0
    thought: int = 0
    failure: str = ""
    tasks: tuple[str, ...] = ()
    life: str = ""
    told: int = 0

    @property
    def needed(self) -> bool:
        """Whether the process works or waits for a person."""
        return self.turn is not None or bool(self.asks or self.tasks)


_MEMORY = TypeAdapter(Memory)


def to_cursor(memory: Memory) -> str:
    return _MEMORY.dump_json(memory, exclude_defaults=True).decode("utf-8", "replace")


def from_cursor(cursor: str | None) -> Memory:
    """Raises AgentProtocolError for what `to_cursor` did not make."""
    if cursor is None:
        return Memory()
    try:
        return _MEMORY.validate_json(cursor)
    except ValidationError as error:
        raise AgentProtocolError("The place to go on from is not one this agent gave.") from error


def bounded_rules(rules: list[dict[str, JsonValue]], most: int) -> tuple[dict[str, JsonValue], ...]:
    """The suggested rules, or none where they would take more than `most` characters."""
    return tuple(rules) if len(json.dumps(rules)) <= most else ()
