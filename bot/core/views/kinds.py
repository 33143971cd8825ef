"""The kinds of things people see, as immutable descriptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from pydantic import JsonValue

from bot.core.approvals import Grant
from bot.core.asks import Ask
from bot.core.ids import PartKey, Place, Receipt, SessionId, Slot, ThreadKey
from bot.core.inbound import Detail


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
    """One tool call. `title` is one readable line: what is done with what; `summary` one of its
    result. `seconds` it took, or so far while it runs (as of the last tick); None while that is not
    worth telling. `recovered`: it failed, and what it was for was done later all the same.
    `id` is the agent's name for it and never changes. `input` is one line of what the tool was
    given, told in detail only. `rule` says what decided it where nobody was asked."""

    title: str
    status: Literal["running", "waiting", "done", "failed", "recovered"]
    summary: str = ""
    seconds: float | None = None
    id: str = ""
    tool: str = ""
    input: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class PlanLine:
    text: str
    status: Literal["pending", "running", "done"]


TurnStatus = Literal["sending", "working", "waiting", "stopping", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """One part of a turn: one message.

    `text` is Markdown, well formed by itself (fences closed and reopened at part boundaries).
    `last` marks the turn's newest part: it alone carries status line, progress and Stop, all the
    fields from `detail` on. A part that is not the last has ended: its status is "done", it holds
    nothing but its text and never changes again.

    `running` says that the turn is not over; then progress shows live, later in one line.
    `detail` is what people chose. `steps` are the newest ones, those that run among them;
    `step_count`, `done_count` (ended) and `failed_count` (recovered or not, but not denied) are of
    all; `ruled_count` were decided by a rule, without asking. Quiet has neither `steps` nor `plan`
    nor `thinking`, what the agent thought last while it works.
    `seconds` the turn took, once it ended. `more` characters, about, of the answer are in no
    message; they come in the turn's file. `stopped_by` is a user id. `queued` messages wait,
    where they are not listed.
    `settled`: the agent has ended what it was saying; more would be something new.
    `besides`: what the session does beside this turn. It is told together with the turn's end, but
    is no reason to show the turn again, so no digest knows it.
    """

    kind: Literal["turn"] = "turn"
    session: SessionId
    text: str
    status: TurnStatus
    last: bool
    detail: Detail = "normal"
    steps: tuple[StepView, ...] = ()
    plan: tuple[PlanLine, ...] = ()
    thinking: str = ""
    seconds: float | None = None
    step_count: int = 0
    done_count: int = 0
    failed_count: int = 0
    ruled_count: int = 0
    more: int = 0
    error: str = ""
    stopped_by: str | None = None
    queued: int = 0
    settled: bool = False
    besides: Literal["working", "waiting", "idle"] = field(default="idle", repr=False)

    @property
    def running(self) -> bool:
        return self.status not in ("done", "stopped", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file below a turn's messages, made once the turn ended: the whole of an answer that is too
    long for them. `text` is its content, the agent's Markdown as it came."""

    kind: Literal["file"] = "file"
    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskView:
    """The card of an ask.

    `uid` is what its buttons carry. `who` may decide, as mrkdwn; `asked_by` are the user ids behind
    the prompts. Of `need` people who have to agree `agreed` did. `deadline` in epoch seconds, and
    what happens then. `rule` says what the policy says. `always`: standing rules may be made.
    `held_until`: see `AskState`, while the agent's server waits; `parked` too. `others`: as many
    more requests of the turn are open. `effective` is the input an approval changed, or one that
    the votes propose; `reason` of a denial. `place` is where it was decided. Without `by`, `rule`
    decided what was "answered". `explain` says who decides and why, as mrkdwn.
    `open`: buttons show, `note` may say why it is open again. `sending`: `by` chose `label`, the
    agent has not taken it yet. `settled`: `outcome` tells how; `by`, `label`, `at` if known here.
    A copy elsewhere names the thread it belongs to (`home`) and the `title` of its session; `link`
    leads there, where Slack told, and `groups` are names of user groups by id, which are not called
    by a card: neither is a reason to show the card again.
    """

    kind: Literal["ask"] = "ask"
    uid: str
    ask: Ask
    status: Literal["open", "sending", "settled"]
    who: str = ""
    asked_by: tuple[str, ...] = ()
    need: int = 1
    agreed: tuple[str, ...] = ()
    deadline: float | None = None
    at_deadline: Literal["wait", "deny"] = "wait"
    rule: str = ""
    always: bool = False
    held_until: float | None = None
    parked: bool = False
    others: int = 0
    effective: dict[str, JsonValue] | None = None
    reason: str = ""
    place: str = ""
    by: str | None = None
    label: str = ""
    at: float | None = None
    outcome: Literal["answered", "elsewhere", "withdrawn", "expired"] | None = None
    note: str = ""
    home: ThreadKey | None = None
    title: str = ""
    link: str = field(default="", repr=False)
    groups: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    explain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A line of ours in the thread. `quote` stands below it: words of the agent's, as Markdown.
    `to` names who is called by it, as mrkdwn."""

    kind: Literal["notice"] = "notice"
    text: str
    quote: str = ""
    to: str = ""
    level: Literal["info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A message that waits. `uid` is what its buttons carry, `name` who wrote it, `line` its
    beginning."""

    uid: str
    name: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """What waits, in order; without entries the message is to be taken away. `more` wait behind.
    `together`: they are read as one prompt; `urgent`: but the first comes alone. `steers`: each may
    be given to the agent while it works."""

    kind: Literal["queue"] = "queue"
    session: SessionId
    entries: tuple[QueueEntry, ...] = ()
    more: int = 0
    together: bool = True
    urgent: bool = False
    steers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The session's status as Slack shows it beside the thread. `said` makes a view that says the
    same once more a new one."""

    kind: Literal["status"] = "status"
    status: Literal["working", "waiting", "idle"]
    said: int = 0


Mark = Literal["queued", "working", "steered", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkView:
    """A sign on a person's message `ts`: it waits in the queue, is being worked on, guides that
    work, or nothing of it."""

    kind: Literal["mark"] = "mark"
    ts: str
    mark: Mark


Shown = TurnView | FileView | AskView | NoticeView | QueueView | StatusView | MarkView


@dataclass(frozen=True, slots=True)
class HomeEntry:
    """One session on a person's Home. `state` is what it needs from them. `at`, in epoch seconds:
    since when it waits or runs, or when something last happened. `asked`: what they may decide."""

    session: SessionId
    title: str
    state: Literal["needs_you", "running", "recent"]
    at: float
    asked: tuple[str, ...] = ()
    may_stop: bool = False


@dataclass(frozen=True, slots=True)
class HomeGrant:
    """A standing rule that concerns a person."""

    grant: Grant
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class HomeView:
    """Home of one person: sessions, those that need them first, and standing rules, of which
    `more_grants` are left out. `notice` is a sentence about what they pressed last."""

    entries: tuple[HomeEntry, ...] = ()
    grants: tuple[HomeGrant, ...] = ()
    more_grants: int = 0
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to show: part `part` of `slot`; in the session's thread where no `place` is
    given."""

    slot: Slot
    part: int
    shown: Shown
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """`messages` in the order they stand in the thread; `signs` are no messages and have none.
    `copies` are cards shown elsewhere too."""

    messages: tuple[Item, ...]
    signs: tuple[Item, ...]
    copies: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Overdue:
    """An item that Slack shows in an older form (`receipt`) or not at all."""

    key: PartKey
    shown: Shown
    receipt: Receipt | None
    priority: Priority
