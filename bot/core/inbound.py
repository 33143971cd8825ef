"""What people did, as the rest of the house knows it. `key` is made from the content, never from
the envelope it came in: the same post delivered five times has one key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.core.asks import Answer
from bot.core.ids import ThreadKey

Standing = Literal["member", "guest", "external", "bot"]


@dataclass(frozen=True, slots=True)
class Person:
    """Who acted, with the facts the gate needs, resolved before it decides.

    `standing`: `guest` is a restricted account, `external` belongs to another organisation.
    """

    user: str
    name: str
    standing: Standing = "member"
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A post meant for the agent. `text` is what the agent is told: mention stripped, names
    resolved. `in_thread` says that the post replied to an existing thread."""

    kind: Literal["prompt"] = "prompt"
    key: str
    thread: ThreadKey
    by: Person
    ts: str
    text: str
    mentions_bot: bool = False
    mentions_others: bool = False
    direct: bool = False
    in_thread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A person's answer to an ask, by button or form. `place` is where it was given."""

    kind: Literal["reply"] = "reply"
    key: str
    thread: ThreadKey
    by: Person
    ask: str
    answer: Answer
    place: str = "thread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A person wants the running turn to end."""

    kind: Literal["stop"] = "stop"
    key: str
    thread: ThreadKey
    by: Person
    via: Literal["button", "word", "native", "reaction"]


Inbound = Prompt | Reply | Stop
