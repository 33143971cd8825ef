"""What tests of agents do with a stream of events."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

from bot.core.asks import Answer
from bot.core.events import (
    AgentEvent,
    AskOpened,
    Attached,
    TextDelta,
    TextDone,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from bot.core.ports import RemoteSession

PATIENCE = 30.0
"""Seconds until a test gives up on an event that does not come. Busy machines need many."""


async def read_until(
    events: AsyncIterator[AgentEvent], last: Callable[[AgentEvent], bool]
) -> list[AgentEvent]:
    """Events up to and with the first one that is `last`."""
    seen: list[AgentEvent] = []
    async with asyncio.timeout(PATIENCE):
        async for event in events:
            seen.append(event)
            if last(event):
                return seen
    raise AssertionError(f"the stream ended early, after {seen[-3:]}")


def is_end(event: AgentEvent) -> bool:
    return isinstance(event, TurnEnded)


def is_ask(event: AgentEvent) -> bool:
    return isinstance(event, AskOpened)


def is_text(event: AgentEvent) -> bool:
    return isinstance(event, TextDelta)


def happened(events: Iterable[AgentEvent]) -> list[AgentEvent]:
    """Without what belongs to the attachment and not to the session."""
    return [event for event in events if not isinstance(event, Attached)]


def texts(events: Iterable[AgentEvent]) -> dict[str, str]:
    """The text of each item, put together from its deltas. An item's end must agree with them."""
    found: dict[str, str] = {}
    for event in events:
        if isinstance(event, TextDelta):
            assert event.at == len(found.get(event.item, ""))
            found[event.item] = found.get(event.item, "") + event.text
        elif isinstance(event, TextDone):
            assert found.get(event.item, event.text) == event.text
            found[event.item] = event.text
    return found


def whole_text(events: Iterable[AgentEvent]) -> str:
    return "\n\n".join(texts(events).values())


def tool_results(events: Iterable[AgentEvent]) -> list[tuple[str, bool]]:
    """(tool, whether it went well) of each call that began and ended, in the order they ended."""
    seen = list(events)
    tools = {event.item: event.tool for event in seen if isinstance(event, ToolStarted)}
    return [(tools[event.item], event.ok) for event in seen if isinstance(event, ToolFinished)]


async def play_turn(
    remote: RemoteSession, text: str, key: str, answer: Answer | None = None
) -> list[AgentEvent]:
    """Prompt, answer each ask with `answer`, and read to the end of the turn."""
    await remote.prompt(text, key)
    events = remote.events()
    seen: list[AgentEvent] = []
    while not (seen and is_end(seen[-1])):
        seen += await read_until(events, lambda event: is_end(event) or is_ask(event))
        if isinstance(seen[-1], AskOpened):
            assert answer is not None, "the agent asked something"
            await remote.answer(seen[-1].ask.id, answer)
    return seen
