"""A turn after one more event of the agent's."""

from __future__ import annotations

import json
import math
from dataclasses import replace

from pydantic import JsonValue

from bot.core.asks import bounded
from bot.core.events import (
    ContentEvent,
    PlanChanged,
    TextDelta,
    TextDone,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    UsageReported,
)
from bot.core.parts import SEPARATOR, item_of, put_item, seal_full
from bot.core.turn import Step, TextItem, Thought, Turn, Usage, end

MOST_THOUGHT = 4000
LONGEST_INPUT = 300


def fold(turn: Turn, event: ContentEvent, limit: int, now: float) -> Turn:
    """The turn after `event`. Applying an event twice, or any earlier event again, changes nothing.

    Once a stop was asked for, nothing new appears: only the end of the turn and its cost count.
    `limit` is the weight of a part in bytes.
    """
    at = event.time if event.time is not None else now
    match event:
        case TurnEnded():
            ended = turn if turn.ended else end(turn, event.outcome, at, event.error)
            return replace(ended, over=True)
        case UsageReported():
            return _add_usage(turn, event)
        case _ if turn.phase in ("stopping", "stopped"):
            return turn
        case _ if turn.phase == "sending":
            return _add(replace(turn, phase="working", started_at=at), event, limit, at)
        case _:
            return _add(turn, event, limit, at)


def _add(turn: Turn, event: ContentEvent, limit: int, at: float) -> Turn:
    match event:
        case TextDelta():
            return seal_full(replace(turn, texts=_grow(turn.texts, event)), limit)
        case TextDone():
            return seal_full(replace(turn, texts=_finish(turn.texts, event)), limit)
        case ToolStarted():
            return turn if turn.ended else _add_step(turn, event, at)
        case ToolFinished():
            return replace(turn, steps=tuple(_finish_step(s, event, at) for s in turn.steps))
        case PlanChanged() if event.revision > turn.plan_revision and not turn.ended:
            return replace(turn, plan=event.entries, plan_revision=event.revision)
        case ThoughtDelta() if not turn.ended:
            return replace(turn, thought=_think(turn.thought, event))
        case _:
            return turn  # a start is a sign of life, which the phase shows already


def _add_step(turn: Turn, event: ToolStarted, at: float) -> Turn:
    if any(step.id == event.item for step in turn.steps):
        return turn
    part = len(turn.boundaries)
    step = Step(
        id=event.item,
        tool=event.tool,
        title=event.title,
        part=part,
        started_at=at,
        input=_one_line(event.input),
    )
    return replace(turn, steps=(*turn.steps, step))


def _one_line(given: dict[str, JsonValue]) -> str:
    """What a tool was given, readable: `path: notes.md, limit: 5`."""
    said = {
        key: value[:LONGEST_INPUT] if isinstance(value, str) else json.dumps(bounded(value))
        for key, value in given.items()
    }
    line = " ".join(", ".join(f"{key}: {value}" for key, value in said.items()).split())
    return line if len(line) <= LONGEST_INPUT else f"{line[: LONGEST_INPUT - 1]}…"


def _think(old: Thought, event: ThoughtDelta) -> Thought:
    known = dict(old.known)
    come, at = known.get(event.item, 0), max(0, event.at)
    fresh = event.text[max(0, come - at) :]
    if not fresh:
        return old
    between = SEPARATOR if old.text and event.item not in known else ""
    known[event.item] = at + len(event.text)
    text = old.text + between + fresh
    cut = old.cut or len(text) > MOST_THOUGHT
    return Thought(text[-MOST_THOUGHT:], cut, tuple(known.items()))


def _add_usage(turn: Turn, event: UsageReported) -> Turn:
    if any(usage.id == event.id for usage in turn.usage):
        return turn
    cost = event.cost if event.cost is not None and math.isfinite(event.cost) else None
    usage = Usage(event.id, event.input_tokens, event.output_tokens, cost, event.model)
    return replace(turn, usage=(*turn.usage, usage))


def _finish_step(step: Step, event: ToolFinished, at: float) -> Step:
    if step.id != event.item or step.ok is not None:
        return step
    return replace(step, ended_at=at, ok=event.ok, summary=event.summary)


def _grow(items: tuple[TextItem, ...], event: TextDelta) -> tuple[TextItem, ...]:
    old = item_of(items, event.item)
    at = max(0, event.at)
    known = len(old.text) + sum(missing for _, missing in old.holes)
    fresh = event.text[max(0, known - at) :]
    if old.done or not fresh:
        return items
    holes = (*old.holes, (len(old.text), at - known)) if at > known else old.holes
    return put_item(items, replace(old, text=old.text + fresh, holes=holes))


def _finish(items: tuple[TextItem, ...], event: TextDone) -> tuple[TextItem, ...]:
    """What is sealed stays as it was read; the whole text closes the holes behind it."""
    old = item_of(items, event.item)
    if old.done:
        return items
    missing = sum(missing for at, missing in old.holes if at < old.sealed)
    text = old.text[: old.sealed] + event.text[old.sealed + missing :]
    return put_item(items, TextItem(event.item, text, done=True, sealed=old.sealed))
