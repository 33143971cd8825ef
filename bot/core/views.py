"""Immutable descriptions of what people should see, derived from the state."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from bot.core.asks import Ask
from bot.core.ids import SessionId


class Priority(IntEnum):
    """Who goes first when Slack's limits are tight. Lower is sooner."""

    ASK = 0
    STOP = 1
    FINAL = 2
    FIRST = 3
    PROGRESS = 4
    DELTA = 5


@dataclass(frozen=True, slots=True)
class StepView:
    """One tool call. `seconds` once it ended; `summary` is one line of its result."""

    title: str
    status: Literal["running", "waiting", "done", "failed"]
    summary: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class PlanLine:
    text: str
    status: Literal["pending", "running", "done"]


TurnStatus = Literal["sending", "working", "waiting", "stopping", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """One part of a turn: one message.

    `text` is Markdown, well formed by itself (fences closed and reopened at part boundaries).
    `last` marks the turn's newest part: it alone carries status line and Stop.
    `running` says that the turn is not over; then `steps` and `plan` show live, later collapsed.
    `seconds` and `step_count`, `failed_count` are those of the whole turn, set once it ended.
    `stopped_by` is a user id. `queued` messages wait behind this turn.
    """

    kind: Literal["turn"] = "turn"
    session: SessionId
    text: str
    status: TurnStatus
    last: bool
    steps: tuple[StepView, ...] = ()
    plan: tuple[PlanLine, ...] = ()
    seconds: float | None = None
    step_count: int = 0
    failed_count: int = 0
    error: str = ""
    stopped_by: str | None = None
    queued: int = 0

    @property
    def running(self) -> bool:
        return self.status not in ("done", "stopped", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskView:
    """The card of an ask.

    `uid` is what its buttons carry. `decider` is the user id of who may decide.
    `open`: buttons show, `note` may say why it is open again. `sending`: `by` chose `label`, the
    agent has not taken it yet. `settled`: `outcome` tells how; `by`, `label`, `at` if known here.
    """

    kind: Literal["ask"] = "ask"
    uid: str
    ask: Ask
    status: Literal["open", "sending", "settled"]
    decider: str | None = None
    by: str | None = None
    label: str = ""
    at: float | None = None
    outcome: Literal["answered", "elsewhere", "withdrawn", "expired"] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A line of ours in the thread, not the agent's words."""

    kind: Literal["notice"] = "notice"
    text: str
    level: Literal["info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The session's status as Slack shows it beside the thread."""

    kind: Literal["status"] = "status"
    status: Literal["working", "waiting", "idle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkView:
    """A sign on a person's message `ts`: it waits in the queue, is being worked on, or neither."""

    kind: Literal["mark"] = "mark"
    ts: str
    mark: Literal["queued", "working", "none"]


Shown = TurnView | AskView | NoticeView | StatusView | MarkView


@dataclass(frozen=True, slots=True)
class HomeEntry:
    """One session on a person's Home. `state` is what it needs from them, most urgent first."""

    session: SessionId
    title: str
    state: Literal["needs_you", "running", "recent"]
    updated_at: float


@dataclass(frozen=True, slots=True)
class HomeView:
    """Home of one person: their newest sessions, those that need them first."""

    entries: tuple[HomeEntry, ...] = ()
