"""Who may use the bot where: the operator's lists, and the one gate every path passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.core.inbound import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Whom one layer lets in, as user ids (`U…`), user group ids (`S…`) and words.

    `people` may start sessions and speak to them; empty: every member of the workspace. `stop`: who
    may stop what runs, in the words of `named`. Guests and people of other organisations are never
    meant by a word or an empty list: they must be named by their own id."""

    people: tuple[str, ...] = ()
    stop: tuple[str, ...] = ("owner",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`channels` the bot works in; empty: wherever it was invited. `in_channels` replaces the
    workspace's layer in single channels. `bots` are user ids of bots that may speak to sessions,
    each `bot_budget` times in a thread before a person has to write again."""

    workspace: Admitted = field(default_factory=Admitted)
    channels: tuple[str, ...] = ()
    in_channels: Mapping[str, Admitted] = field(default_factory=dict[str, Admitted])
    bots: tuple[str, ...] = ()
    bot_budget: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The place an action is about. `owner` started the session there; `requesters` wrote what
    the agent works on. `shared`: the channel belongs to other organisations too."""

    channel: str
    owner: Person | None = None
    requesters: tuple[Person, ...] = ()
    shared: bool = False


NOBODY = "Nobody has started a session in this thread. Mention me to start one."

Action = Literal["start", "prompt", "configure", "arrange", "permit", "decide", "stop"]


def gate(action: Action, person: Person, where: Where, access: Access) -> str | None:
    """The one authorisation every path passes: None to go on, else a sentence for the person.

    Who may speak to the session may choose how it is shown, and the model. The person who started
    it stops it, says what the agent may do unasked, and arranges what others wrote and what waits.
    `decide` only says whether somebody may decide anything here at all: whether this request,
    `core.approvals` knows. Bots that were named may speak to a session that somebody started.
    """
    if person.standing == "bot" and not (action == "prompt" and person.user in access.bots):
        return "Bots cannot use me."
    owner = where.owner
    if refusal := _shut(person, where, access):
        return refusal
    if action in ("start", "prompt"):
        return None
    if owner is None:
        return NOBODY
    if action in ("configure", "decide"):
        return None
    allowed = _layer(where, access).stop if action == "stop" else ("owner",)
    own = action == "stop" and "owner" in allowed and owner.user == person.user
    if own or named(allowed, person, where):  # a guest who was let in may stop what they started
        return None
    verb = _VERBS[action]
    return f"Only <@{owner.user}> can {verb}, because they started the session. Ask them to do it."


_VERBS: Mapping[str, str] = {
    "arrange": "arrange what others wrote",
    "permit": "change what the agent may do",
    "stop": "stop this",
}


def named(words: tuple[str, ...], person: Person, where: Where) -> bool:
    """Whether `words` mean this person: user ids, user group ids, `owner`, `requester`, `anyone`.
    A guest or a stranger is meant by their own id alone, and where the channel belongs to other
    organisations too not even by that."""
    if person.standing != "member":
        return person.user in words and not where.shared
    if person.user in words:
        return True
    owners = () if where.owner is None else (where.owner,)
    known = {"owner": owners, "requester": where.requesters}
    return (
        ("anyone" in words and not where.shared)
        or any(group in words for group in person.groups)
        or any(who.user == person.user and word in words
               for word, those in known.items() for who in those)
    )  # fmt: skip


def is_group(word: str) -> bool:
    """Whether a word of the operator's lists is the id of a user group."""
    return word.startswith("S")


def _layer(where: Where, access: Access) -> Admitted:
    return access.in_channels.get(where.channel, access.workspace)


def _shut(person: Person, where: Where, access: Access) -> str | None:
    known = not access.channels or where.channel in (*access.channels, *access.in_channels)
    if not (known or where.channel.startswith("D")):
        return "I do not work in this channel. Ask whoever runs me to allow it."
    people = _layer(where, access).people or ("anyone",)
    if person.standing == "bot" or named(people, person, where):
        return None
    if "anyone" in people and person.standing == "member":
        return None  # who may speak is no less where others read along; who decides is
    if person.standing != "member":
        who = "Guests" if person.standing == "guest" else "People from other organisations"
        return f"{who} cannot work with me here. Ask a member of this workspace to do it for you."
    return "You cannot work with me here. Ask whoever runs me to add you to those who may."
