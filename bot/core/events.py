"""What an agent did, normalised. Adapters produce these; nothing else knows their wire formats.

Every content event names the remote turn and its item, and a delta its offset in the item, so that
applying one twice changes nothing. `cursor` is an opaque string of the adapter: stored with the
state, handed back on attach, never compared. `time` is the server's time of the event in epoch
seconds where it has one, so that a replay shows the durations that really were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from bot.core.asks import Ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """The stream of events is open (again)."""

    kind: Literal["attached"] = "attached"
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted:
    """The agent began to work. `prompt` is the key of the prompt it answers; None when the server
    does not say or nobody asked."""

    kind: Literal["turn_started"] = "turn_started"
    turn: str
    prompt: str | None = None
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """Markdown that belongs at offset `at` (in characters) of text item `item`."""

    kind: Literal["text_delta"] = "text_delta"
    turn: str
    item: str
    at: int
    text: str
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDone:
    """The whole of a text item, as it ended."""

    kind: Literal["text_done"] = "text_done"
    turn: str
    item: str
    text: str
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThoughtDelta:
    """Reasoning text, as `TextDelta`. Kept apart from the answer."""

    kind: Literal["thought_delta"] = "thought_delta"
    turn: str
    item: str
    at: int
    text: str
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStarted:
    """A tool call. `title` is one readable line: what is done with what."""

    kind: Literal["tool_started"] = "tool_started"
    turn: str
    item: str
    tool: str
    title: str
    input: dict[str, JsonValue]
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFinished:
    """The tool call ended. `summary` is one readable line of its result, may be empty."""

    kind: Literal["tool_finished"] = "tool_finished"
    turn: str
    item: str
    ok: bool
    summary: str = ""
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One line of an agent's plan."""

    text: str
    status: Literal["pending", "running", "done"] = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged:
    """The agent's plan as it is now, whole. `revision` counts up within the turn, so that an old
    plan seen again does not replace a newer one."""

    kind: Literal["plan_changed"] = "plan_changed"
    turn: str
    revision: int
    entries: tuple[PlanEntry, ...]
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOpened:
    """The agent waits for a person. `background`: what asks goes on when the ask's turn has ended,
    and so does its waiting."""

    kind: Literal["ask_opened"] = "ask_opened"
    ask: Ask
    background: bool = False
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskClosed:
    """The agent waits no longer: somebody answered, here or elsewhere, or it was withdrawn."""

    kind: Literal["ask_closed"] = "ask_closed"
    ask: str
    how: Literal["answered", "withdrawn", "expired"]
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReported:
    """Tokens and money spent in a turn since the last report. `cost` in US dollars; `id` makes a
    repeat harmless."""

    kind: Literal["usage_reported"] = "usage_reported"
    turn: str
    id: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    model: str = ""
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the agent's server wants people to know. `id` makes a repeat harmless."""

    kind: Literal["notice"] = "notice"
    id: str
    text: str
    level: Literal["info", "warning", "error"] = "info"
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded:
    """The agent's work on a turn is over. `error` is a sentence for people when it failed.
    `resumable`: it broke off, and the agent would go on from there if it were asked to."""

    kind: Literal["turn_ended"] = "turn_ended"
    turn: str
    outcome: Literal["done", "stopped", "failed"]
    error: str = ""
    resumable: bool = False
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Events were lost and cannot be had again. `reason` is a sentence for people."""

    kind: Literal["gap"] = "gap"
    id: str
    reason: str
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detached:
    """The stream of events is closed. `final` when it will not come back by itself."""

    kind: Literal["detached"] = "detached"
    reason: str
    final: bool = False
    cursor: str | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """An event this version does not know: counted, never raised."""

    kind: Literal["unknown"] = "unknown"
    name: str
    cursor: str | None = None
    time: float | None = None


ContentEvent = (
    TurnStarted
    | TextDelta
    | TextDone
    | ThoughtDelta
    | ToolStarted
    | ToolFinished
    | PlanChanged
    | UsageReported
    | TurnEnded
)
"""Events that belong to one turn."""

AgentEvent = Attached | ContentEvent | AskOpened | AskClosed | Notice | Gap | Detached | Unknown
