"""Names of things: threads, sessions, slots, places; and receipts for what was shown."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, NewType

SessionId = NewType("SessionId", str)
"""`team/channel/thread_ts`: derived from the thread, so two people who mention the bot in one
thread in the same second name the same session."""

Slot = NewType("Slot", str)
"""The stable name of something shown: `turn:3`, `file:3`, `ask:a1`, `notice:2`, `mark:<ts>`,
`queue:4`, `status`."""

STATUS = Slot("status")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something of a session is shown: a thread, or, without `thread_ts`, by a post of its
    own in `channel`. A user id for a channel means a direct message to them.
    `str()` gives the stored form `channel/thread_ts`."""

    channel: str
    thread_ts: str

    def __str__(self) -> str:
        return f"{self.channel}/{self.thread_ts}"

    @property
    def is_private(self) -> bool:
        return self.channel.startswith(("U", "W"))

    @staticmethod
    def parse(text: str) -> Place:
        """Raises ValueError when `text` is not the stored form."""
        channel, thread_ts = text.split("/")
        return Place(channel, thread_ts)


@dataclass(frozen=True, slots=True, order=True)
class ThreadKey:
    """The place of a session in Slack: `thread_ts` is the ts of the thread's root message."""

    team: str
    channel: str
    thread_ts: str

    def __str__(self) -> str:
        return f"{self.team}/{self.channel}/{self.thread_ts}"

    @property
    def session(self) -> SessionId:
        return SessionId(str(self))

    @property
    def place(self) -> Place:
        return Place(self.channel, self.thread_ts)

    @staticmethod
    def parse(text: str) -> ThreadKey:
        """Raises ValueError when `text` is not `team/channel/thread_ts`."""
        team, channel, thread_ts = text.split("/")
        if not (team and channel and thread_ts):
            raise ValueError(f"not a thread: {text!r}")
        return ThreadKey(team, channel, thread_ts)


def turn_slot(number: int) -> Slot:
    return Slot(f"turn:{number}")


def ask_slot(ask_id: str) -> Slot:
    return Slot(f"ask:{ask_id}")


def file_slot(number: int) -> Slot:
    """The file with the whole answer of turn `number`."""
    return Slot(f"file:{number}")


def notice_slot(number: int) -> Slot:
    return Slot(f"notice:{number}")


def mark_slot(ts: str) -> Slot:
    return Slot(f"mark:{ts}")


def queue_slot(number: int) -> Slot:
    """The list of what waits, as it was opened for the `number`th time."""
    return Slot(f"queue:{number}")


def entry_uid(prompt: str) -> str:
    """What a button carries of the waiting prompt with this key."""
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def ask_uid(session: SessionId, ask_id: str) -> str:
    """What a button carries: opaque, the same after a restart, and no key to anything by itself."""
    name = f"{session}\n{ask_id}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(name).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class PartKey:
    """One message of a slot in one place."""

    slot: Slot
    part: int
    place: Place


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was shown of one part in one place.

    `ts` is Slack's name of the message; empty for what is not a message (a status, a reaction).
    `shown` is the digest of the view shown last, `length` the characters of agent text in it.
    `transport`: whether the message is a native stream that grows, since `streamed_at` (epoch
    seconds), or an ordinary one.
    `lost` says that Slack will not take this part any more (message deleted, channel archived).
    """

    key: PartKey
    ts: str
    shown: str
    length: int = 0
    transport: Literal["message", "stream"] = "message"
    streamed_at: float = 0.0
    sealed: bool = False
    lost: bool = False


def order_of(ts: str) -> tuple[int, int]:
    """Slack's ts compares as two integers, never as a float. Garbage sorts first."""
    seconds, _, micro = ts[:40].partition(".")
    if not (seconds.isdecimal() and seconds.isascii()):
        return (0, 0)
    return (int(seconds), int(micro) if micro.isdecimal() and micro.isascii() else 0)
