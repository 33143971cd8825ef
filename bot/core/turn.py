"""One prompt and all the agent does for it; `fold` adds one event.

A turn's text is made of items, in the order the agent began them. It is shown in parts: a
`Boundary` ends a part for good, at an ask or where a message is full. A boundary remembers how
much of each item lies before it, so text that arrives late for an early item appears in the open
part and no character is ever shown twice or lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from bot.core.events import (
    ContentEvent,
    PlanChanged,
    PlanEntry,
    TextDelta,
    TextDone,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageReported,
)
from bot.core.inbound import Prompt
from bot.core.split import Cut, find_cut

SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class TextItem:
    """`done` once the agent said how it ended; deltas that come after change nothing."""

    id: str
    text: str
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One tool call. `part` is the part it began in. Times in epoch seconds."""

    id: str
    tool: str
    title: str
    part: int
    started_at: float
    ended_at: float | None = None
    ok: bool | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """The end of a part: how many characters of each item lie before it (items not named: none).

    `ask` is the ask that sealed it, whose card stands below. `close` and `carry` as in `Cut`.
    """

    offsets: tuple[tuple[str, int], ...]
    ask: str | None = None
    close: str = ""
    carry: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    id: str
    input_tokens: int
    output_tokens: int
    cost: float | None
    model: str


TurnPhase = Literal["sending", "working", "stopping", "done", "stopped", "failed"]
ENDED: tuple[TurnPhase, ...] = ("done", "stopped", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """`prompt` is None for a turn nobody asked for. `ref` is the agent's name for the turn."""

    number: int
    started_at: float
    prompt: Prompt | None = None
    ref: str | None = None
    phase: TurnPhase = "sending"
    texts: tuple[TextItem, ...] = ()
    thoughts: tuple[TextItem, ...] = ()
    steps: tuple[Step, ...] = ()
    plan: tuple[PlanEntry, ...] = ()
    plan_revision: int = -1
    usage: tuple[Usage, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    ended_at: float | None = None
    error: str = ""
    stopped_by: str | None = None
    stop_at: float | None = None

    @property
    def ended(self) -> bool:
        return self.phase in ENDED

    @property
    def parts(self) -> int:
        return len(self.boundaries) + 1


def fold(turn: Turn, event: ContentEvent, limit: int, now: float) -> Turn:
    """The turn after `event`. Applying an event twice, or any earlier event again, changes nothing.

    Once a stop was asked for, nothing new appears: only the end of the turn counts.
    `limit` is the weight of a part in bytes.
    """
    at = event.time if event.time is not None else now
    if isinstance(event, TurnEnded):
        return _end(turn, event, at)
    if turn.phase in ("stopping", "stopped"):
        return turn
    match event:
        case TextDelta():
            return _seal_full(replace(turn, texts=_grow(turn.texts, event)), limit)
        case TextDone():
            return _seal_full(replace(turn, texts=_finish(turn, event)), limit)
        case ThoughtDelta():
            return replace(turn, thoughts=_grow(turn.thoughts, event))
        case ToolFinished():
            return replace(turn, steps=tuple(_finish_step(s, event, at) for s in turn.steps))
        case UsageReported():
            return _add_usage(turn, event)
        case TurnStarted() | ToolStarted() | PlanChanged():
            return turn if turn.ended else _begin(turn, event, at)


def _begin(turn: Turn, event: TurnStarted | ToolStarted | PlanChanged, at: float) -> Turn:
    match event:
        case TurnStarted():
            if turn.phase != "sending":
                return turn
            return replace(turn, phase="working", started_at=at)
        case ToolStarted():
            if any(step.id == event.item for step in turn.steps):
                return turn
            step = Step(
                id=event.item,
                tool=event.tool,
                title=event.title,
                part=len(turn.boundaries),
                started_at=at,
            )
            return replace(turn, steps=(*turn.steps, step))
        case PlanChanged():
            if event.revision <= turn.plan_revision:
                return turn
            return replace(turn, plan=event.entries, plan_revision=event.revision)


def _end(turn: Turn, event: TurnEnded, at: float) -> Turn:
    if turn.ended:
        return turn
    stopped = turn.phase == "stopping" or event.outcome == "stopped"
    steps = tuple(s if s.ended_at is not None else replace(s, ended_at=at) for s in turn.steps)
    phase: TurnPhase = "stopped" if stopped else event.outcome
    return replace(turn, phase=phase, ended_at=at, error=event.error, steps=steps)


def _add_usage(turn: Turn, event: UsageReported) -> Turn:
    if any(usage.id == event.id for usage in turn.usage):
        return turn
    usage = Usage(event.id, event.input_tokens, event.output_tokens, event.cost, event.model)
    return replace(turn, usage=(*turn.usage, usage))


def _finish_step(step: Step, event: ToolFinished, at: float) -> Step:
    if step.id != event.item or step.ok is not None:
        return step
    return replace(step, ended_at=at, ok=event.ok, summary=event.summary)


def _grow(items: tuple[TextItem, ...], event: TextDelta | ThoughtDelta) -> tuple[TextItem, ...]:
    for index, item in enumerate(items):
        if item.id == event.item:
            # What lies before the end is known already; a hole is closed later by the whole text.
            fresh = event.text[max(0, len(item.text) - event.at) :]
            if item.done or not fresh:
                return items
            return (*items[:index], TextItem(item.id, item.text + fresh), *items[index + 1 :])
    return (*items, TextItem(event.item, event.text)) if event.text else items


def _finish(turn: Turn, event: TextDone) -> tuple[TextItem, ...]:
    sealed = dict(turn.boundaries[-1].offsets).get(event.item, 0) if turn.boundaries else 0
    for index, item in enumerate(turn.texts):
        if item.id == event.item:
            if item.done:
                return turn.texts
            whole = TextItem(item.id, item.text[:sealed] + event.text[sealed:], done=True)
            return (*turn.texts[:index], whole, *turn.texts[index + 1 :])
    return (*turn.texts, TextItem(event.item, event.text, done=True))


def _pieces(turn: Turn, part: int) -> list[tuple[str, int, str]]:
    """(item, offset, text) of what each item contributes to a part."""
    before = dict(turn.boundaries[part - 1].offsets) if part else {}
    after = dict(turn.boundaries[part].offsets) if part < len(turn.boundaries) else None
    pieces: list[tuple[str, int, str]] = []
    for item in turn.texts:
        start = before.get(item.id, 0)
        stop = len(item.text) if after is None else after.get(item.id, 0)
        if item.text[start:stop]:
            pieces.append((item.id, start, item.text[start:stop]))
    return pieces


def part_text(turn: Turn, part: int) -> str:
    """The Markdown of one part, well formed by itself: what was open is closed and reopened."""
    body = SEPARATOR.join(text for _, _, text in _pieces(turn, part))
    carry = turn.boundaries[part - 1].carry if part else ""
    close = turn.boundaries[part].close if part < len(turn.boundaries) else ""
    if close and not body.endswith("\n"):
        close = f"\n{close}"
    return f"{carry}{body}{close}" if body else ""


def seal(turn: Turn, ask: str) -> Turn:
    """End the open part for good: the card of `ask` stands below it, the rest below the card."""
    offsets = tuple((item.id, len(item.text)) for item in turn.texts)
    return replace(turn, boundaries=(*turn.boundaries, Boundary(offsets=offsets, ask=ask)))


def _seal_full(turn: Turn, limit: int) -> Turn:
    while True:
        part = len(turn.boundaries)
        carry = turn.boundaries[-1].carry if part else ""
        cut = find_cut(part_text(turn, part), max(limit, 2 * len(carry) + 64))
        if cut is None:
            return turn
        turn = replace(turn, boundaries=(*turn.boundaries, _boundary(turn, cut, len(carry))))


def _boundary(turn: Turn, cut: Cut, carried: int) -> Boundary:
    """The cut's offset in the part's text, as offsets in its items."""
    part = len(turn.boundaries)
    offsets = dict(turn.boundaries[-1].offsets) if part else {}
    left = max(1, cut.at - carried)
    for item, start, text in _pieces(turn, part):
        if left <= 0:
            break
        offsets[item] = start + min(left, len(text))
        left -= len(text) + len(SEPARATOR)
    return Boundary(offsets=tuple(offsets.items()), close=cut.close, carry=cut.carry)


def has_content(turn: Turn, part: int) -> bool:
    """Whether the agent put anything into this part: text, or a tool call that began in it."""
    return bool(part_text(turn, part)) or any(step.part == part for step in turn.steps)
