"""Who may do what, what an agent can do, and the numbers the session's rules use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.core.inbound import Person, Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an agent server can do. A missing ability is data, not a missing method.

    `replay`: how a lost stream is resumed. `prompt_check`: whether a prompt in doubt may be
    repeated (the server knows its key), may be repeated if its absence can be read, or must be
    asked about. `max_hold`: seconds the server waits for an answer, None for ever.
    """

    steer: bool = False
    interrupt: bool = True
    questions: bool = True
    replay: Literal["cursor", "history", "none"] = "none"
    prompt_check: Literal["idempotent", "readable", "none"] = "none"
    max_hold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Numbers in seconds, but `part_limit`: bytes of Markdown in one message, weighed as by
    `split.weight`. It leaves room below Slack's 12,000 for escaping and our own blocks.
    `status_lasts`: a session's status is said again after it; Slack forgets it after an hour."""

    part_limit: int = 6000
    stop_patience: float = 10.0
    retry_first: float = 1.0
    retry_most: float = 30.0
    answer_tries: int = 6
    status_lasts: float = 45 * 60.0


Action = Literal["start", "prompt", "decide", "stop"]


def gate(action: Action, person: Person, owner: Person | None) -> str | None:
    """The one authorisation every path passes: None to go on, else a sentence for the person.

    The person who started the session decides and stops. Guests and people of other organisations
    start nothing and speak to no session; bots do nothing at all.
    """
    if person.standing == "bot":
        return "Bots cannot use me."
    if action in ("start", "prompt"):
        if person.standing == "member":
            return None
        who = "Guests" if person.standing == "guest" else "People from other organisations"
        return f"{who} cannot work with me here. Ask a member of this workspace to do it for you."
    if owner is not None and owner.user == person.user:
        return None
    if owner is None:
        return "Nobody has started a session in this thread. Mention me to start one."
    verb = "decide this" if action == "decide" else "stop this"
    return f"Only <@{owner.user}> can {verb}, because they started the session. Ask them to do it."


def addressed(prompt: Prompt, owner: Person | None, people: tuple[str, ...]) -> bool:
    """Whether a post in a session's thread is meant for the agent.

    Being mentioned or written to directly always is. In a thread with one person no mention is
    needed; as soon as others write there, or the post names somebody else, it is.
    """
    if prompt.mentions_bot or prompt.direct:
        return True
    alone = owner is not None and set(people) <= {owner.user} and prompt.by.user == owner.user
    return alone and not prompt.mentions_others
