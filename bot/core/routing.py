"""Which agent answers in a thread."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.core.access import Access, Where, gate
from bot.core.errors import UnknownAgent
from bot.core.inbound import Prompt


@dataclass(frozen=True, slots=True)
class Routes:
    """`known` are the names of all agents; `channels` pairs a channel's id with its agent's name;
    elsewhere it is `default`. `access` says who may choose."""

    default: str
    known: tuple[str, ...] = ()
    channels: Mapping[str, str] = field(default_factory=dict[str, str])
    access: Access = field(default_factory=Access)


_WITH = re.compile(r"with\s+(\w[\w.-]*?)[,:.!]?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)


def route(prompt: Prompt, routes: Routes, bound: str | None) -> tuple[str, Prompt]:
    """The agent, and the prompt as it is told; `with <agent> …` chooses one for a new thread.

    `bound` is the agent of the thread's session. Raises UnknownAgent for a name that cannot be had
    here: where there is but one agent, the words are its own.
    """
    agent = bound or routes.channels.get(prompt.thread.channel, routes.default)
    chosen = _WITH.fullmatch(prompt.text.strip()) if prompt.mentions_bot or prompt.direct else None
    where = Where(channel=prompt.thread.channel, shared=prompt.shared)
    if chosen and gate("start", prompt.by, where, routes.access) is None:
        name, words = chosen[1], chosen[2]
        named = next((one for one in routes.known if one.casefold() == name.casefold()), None)
        if named is not None and named != (bound or named):
            here = f"In this thread {bound} answers."
            raise UnknownAgent(f"{here} Mention me outside of it to work with {named}.")
        if named is not None:
            agent, prompt = named, replace(prompt, text=words or prompt.text)
        elif bound is None and len(routes.known) > 1:
            known = ", ".join(sorted(routes.known))
            raise UnknownAgent(
                f"I know no agent called {name}, so nothing was sent. There are: {known}. "
                "If you meant something else, begin with another word than “with”."
            )
    several = bound is None and len(routes.known) > 1
    return agent, replace(prompt, agent=agent) if several else prompt
