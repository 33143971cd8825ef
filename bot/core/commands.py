"""What we want of the agent (commands), and what became of our own acts (outcomes).

Commands are part of the state: they are saved, then performed, and leave the outbox when
`Performed` or `Failed` comes back. `id` is unique in the session and stays over restarts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.core.asks import Answer
from bot.core.ids import PartKey, Receipt
from bot.core.inbound import AgentSetting, Person, PostedFile, Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """Create the remote session. `key` lets a server that knows it refuse a second one."""

    kind: Literal["open_session"] = "open_session"
    id: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPrompt:
    """Give the agent a prompt. `context_before` is the ts before which the thread's earlier
    messages are to be read and sent along; None when the agent knows them. `files`: those of them
    that the agent can read are fetched and sent along. `overheard` are the ts of the posts that
    `text` quotes besides."""

    kind: Literal["send_prompt"] = "send_prompt"
    id: int
    turn: int
    key: str
    text: str
    context_before: str | None = None
    files: tuple[PostedFile, ...] = ()
    overheard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Steer:
    """Give the agent a message while it works on turn `turn`. `prompt` is it, should it have to
    wait after all; `text` is what the agent is told."""

    kind: Literal["steer"] = "steer"
    id: int
    turn: int
    prompt: Prompt
    text: str


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
class ConfigureAgent:
    """Change what the agent works with, as `by` wants it."""

    kind: Literal["configure_agent"] = "configure_agent"
    id: int
    by: Person
    setting: AgentSetting
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTask:
    """End work in the background, as `by` wants it. `task` is the agent's name for it."""

    kind: Literal["stop_task"] = "stop_task"
    id: int
    by: Person
    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper:
    """A private word to one person, seen by nobody else."""

    kind: Literal["whisper"] = "whisper"
    id: int
    user: str
    text: str


Command = (
    OpenSession | SendPrompt | Steer | Interrupt | SendAnswer | ConfigureAgent | StopTask | Whisper
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A command waiting in the outbox. `attempts` have failed; the next is due at `not_before`.
    `begun`: it may have had its effect, although nothing came back."""

    command: Command
    attempts: int = 0
    not_before: float = 0.0
    begun: bool = False


FailureKind = Literal[
    "unavailable", "refused", "gone", "already_answered", "unsupported", "in_doubt"
]
"""`in_doubt`: nobody can tell whether the agent has taken it, so it must not be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The command is about to be performed. Noted first where it must not be done twice."""

    kind: Literal["begun"] = "begun"
    command: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """The command was taken. `remote_id` comes with `OpenSession`; `left_out` with a prompt: the
    files that could not go along, each with the reason."""

    kind: Literal["performed"] = "performed"
    command: int
    remote_id: str | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The command was not taken. `message` is a sentence for people; `repeated` when an earlier
    try of ours may already have had its effect; `unsure` when it still cannot be told which."""

    kind: Literal["failed"] = "failed"
    command: int
    failure: FailureKind
    message: str
    repeated: bool = False
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Slack shows this now."""

    kind: Literal["published"] = "published"
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Slack will not show this part any more: channel archived, bad content, or message deleted by
    a person, which is `gone`. `shown_length` are the characters of the view's text that had been
    shown by then, where that is more than the part's receipt says. `reason` is a sentence."""

    kind: Literal["refused"] = "refused"
    key: PartKey
    shown: str
    reason: str
    gone: bool = False
    shown_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed."""

    kind: Literal["tick"] = "tick"


Outcome = Begun | Performed | Failed | Published | Refused | Tick
