"""Names of things in the remote sessions of one thread.

A thread whose remote session was lost goes on with a new one, its next era. What the agent names
there may have been a name before: from the second era on it carries the era's number.
"""

from __future__ import annotations

from dataclasses import replace

from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    Attached,
    Detached,
    Gap,
    Notice,
    Unknown,
)


def in_era(event: AgentEvent, era: int) -> AgentEvent:
    """The event as the session's state knows it."""
    if era == 0:
        return event
    match event:
        case Attached() | Detached() | Unknown():
            return event
        case AskOpened(ask=ask):
            named = replace(ask, id=_name(era, ask.id), turn=_name(era, ask.turn))
            return replace(event, ask=named)
        case AskClosed():
            return replace(event, ask=_name(era, event.ask))
        case Notice() | Gap():
            return replace(event, id=_name(era, event.id))
        case _:
            return replace(event, turn=_name(era, event.turn))


def own_name(name: str, era: int) -> str:
    """What the agent itself calls it."""
    return name.removeprefix(_name(era, "")) if era else name


def _name(era: int, name: str) -> str:
    return f"{era}~{name}"
