"""Who may do what, what an agent can do, and the numbers the session's rules use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.core.access import Access, is_group
from bot.core.approvals import Approvals, Grant, endless, spell
from bot.core.errors import ConfigError
from bot.core.inbound import AgentSetting, Detail, Person, Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLimits:
    """Media types an agent reads, the bytes of one image, and how many go with one prompt."""

    types: tuple[str, ...] = ("image/png", "image/jpeg", "image/gif", "image/webp")
    most_bytes: int = 5_000_000
    most: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an agent server can do. A missing ability is data, not a missing method.

    `replay`: how a lost stream is resumed. `prompt_check`: whether a prompt in doubt may be
    repeated (the server knows its key), may be repeated if its absence can be read, or must be
    asked about. `max_hold`: seconds the server waits for an answer, None for ever. `settings`: what
    `RemoteSession.configure` takes. `images`: None when prompts are text only. `stop_task`: work in
    the background can be ended by its id. `linger`: seconds after its last use for which a session
    stays attached, because the server forgets what nobody attends to, or its agent may go on by
    itself.
    """

    steer: bool = False
    interrupt: bool = True
    questions: bool = True
    replay: Literal["cursor", "history", "none"] = "none"
    prompt_check: Literal["idempotent", "readable", "none"] = "none"
    max_hold: float | None = None
    settings: tuple[AgentSetting, ...] = ()
    images: ImageLimits | None = None
    stop_task: bool = False
    linger: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Numbers in seconds, but `part_limit`: bytes of Markdown in one message, weighed as by
    `split.weight`. It leaves room below Slack's 12,000 for escaping and our own blocks.
    `most_parts`: full messages of one answer; what is longer comes as a file.
    `status_lasts`: a session's status is said again after it; Slack forgets it after an hour.
    `stream_lasts`: a native stream is ended by us after it; Slack breaks it off after 300.
    `progress_every`: how often the time a step takes so far is told. `detail`: what a thread shows
    of the work until somebody chooses.

    `queue_patience`: what waits longer is listed in the thread. `edits`: what becomes of the edit
    of a message that the agent has read already.

    `access` and `approvals` are the operator's, `grants` the standing rules people made that may
    matter here, `able` is what the session's agent can do: the actor fills in both. `groups` are
    the members (user ids) of the user groups these name, as far as Slack has told."""

    part_limit: int = 8_800
    most_parts: int = 8
    stop_patience: float = 10.0
    retry_first: float = 1.0
    retry_most: float = 30.0
    answer_tries: int = 6
    status_lasts: float = 45 * 60.0
    stream_lasts: float = 240.0
    progress_every: float = 15.0
    queue_patience: float = 2.0
    edits: Literal["ignore", "correct"] = "ignore"
    detail: Detail = "normal"
    access: Access = field(default_factory=Access)
    approvals: Approvals = field(default_factory=Approvals)
    grants: tuple[Grant, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    able: Capabilities = field(default_factory=Capabilities)


def require_an_end(policy: Approvals, agent: str, able: Capabilities) -> None:
    """Raises ConfigError where requests of an agent that cannot be kept waiting would wait for
    ever."""
    if able.max_hold is None or (where := endless(policy, agent)) is None:
        return
    raise ConfigError(
        "approvals",
        f"{where} keeps waiting for a decision, but {agent} waits only {spell(able.max_hold)}",
        'Set deadline_minutes and at_deadline = "deny" there',
    )


def groups_named(access: Access, approvals: Approvals) -> tuple[str, ...]:
    """The user groups whose members matter, by id."""
    layers = (access.workspace, *access.in_channels.values())
    words = [word for layer in layers for word in (*layer.people, *layer.stop)]
    for layer in (approvals.workspace, *approvals.channels.values()):
        for wanted in (layer.wanted, *(rule.wanted for rule in layer.rules)):
            words += wanted.who or ()
    return tuple(dict.fromkeys(word for word in words if is_group(word)))


Listening = Literal["auto", "mention", "all"]
"""What counts as addressed in a thread: see `addressed`."""


def addressed(
    prompt: Prompt, owner: Person | None, people: tuple[str, ...], listening: Listening = "auto"
) -> bool:
    """Whether a post in a session's thread is meant for the agent.

    Being mentioned or written to directly always is. In a thread with one person no mention is
    needed; as soon as others write there, or the post names somebody else, it is. People may want a
    mention always, or never.
    """
    if prompt.mentions_bot or prompt.direct:
        return True
    if listening != "auto":
        return listening == "all" and owner is not None
    alone = owner is not None and set(people) <= {owner.user} and prompt.by.user == owner.user
    return alone and not prompt.mentions_others
