"""What we want of the agent (commands), and what became of our own acts (outcomes).

Commands are part of the state: they are saved, then performed, and leave the outbox when
`Performed` or `Failed` comes back. `id` is unique in the session and stays over restarts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.core.asks import Answer
from bot.core.ids import PartKey, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """Create the remote session. `key` lets a server that knows it refuse a second one."""

    kind: Literal["open_session"] = "open_session"
    id: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPrompt:
    """Give the agent a prompt. `context_before` is the ts before which the thread's earlier
    messages are to be read and sent along; None when the agent knows them."""

    kind: Literal["send_prompt"] = "send_prompt"
    id: int
    turn: int
    key: str
    text: str
    context_before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupt:
    kind: Literal["interrupt"] = "interrupt"
    id: int
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAnswer:
    kind: Literal["send_answer"] = "send_answer"
    id: int
    ask: str
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper:
    """A private word to one person, seen by nobody else."""

    kind: Literal["whisper"] = "whisper"
    id: int
    user: str
    text: str


Command = OpenSession | SendPrompt | Interrupt | SendAnswer | Whisper


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A command waiting in the outbox. `attempts` have failed; the next is due at `not_before`."""

    command: Command
    attempts: int = 0
    not_before: float = 0.0


FailureKind = Literal["unavailable", "refused", "gone", "already_answered", "unsupported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """The command was taken. `remote_id` comes with `OpenSession`."""

    kind: Literal["performed"] = "performed"
    command: int
    remote_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The command was not taken. `message` is a sentence for people; `repeated` when an earlier
    try of ours may already have had its effect."""

    kind: Literal["failed"] = "failed"
    command: int
    failure: FailureKind
    message: str
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Slack shows this now."""

    kind: Literal["published"] = "published"
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Slack will not show this part any more: message deleted, channel archived, bad content."""

    kind: Literal["refused"] = "refused"
    key: PartKey
    shown: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed."""

    kind: Literal["tick"] = "tick"


Outcome = Performed | Failed | Published | Refused | Tick
