"""One prompt and all the agent does for it; `fold` adds one event.

A turn's text is made of items, in the order the agent began them. It is shown in parts: a
`Boundary` ends a part for good, at an ask or where a message is full. It names the pieces of the
items that lie in its part, and each item knows how much of it is sealed; so text that arrives late
for an early item appears in the open part, and no character is ever shown twice or lost.
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
    ToolFinished,
    ToolStarted,
    TurnEnded,
    UsageReported,
)
from bot.core.inbound import Prompt
from bot.core.split import Cut, cut_at_end, find_cut

SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class TextItem:
    """`done` once the agent said how it ended; deltas that come after change nothing.

    The first `sealed` characters lie in parts that have ended. `holes` are what never arrived: an
    offset in `text` and how many characters of the agent's are missing there.
    """

    id: str
    text: str
    done: bool = False
    sealed: int = 0
    holes: tuple[tuple[int, int], ...] = ()


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
    """The end of a part. `pieces` are what lies in it: an item's id, from and to which character.

    `ask` is the ask that sealed it, whose card stands below. `close` and `carry` as in `Cut`.
    """

    pieces: tuple[tuple[str, int, int], ...]
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
BARE: tuple[TurnPhase, ...] = ("stopping", "stopped", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """`prompt` is None for a turn nobody asked for. `ref` is the agent's name for the turn.
    `over`: the agent no longer works on it, and will not; a turn may have ended for us before."""

    number: int
    started_at: float
    prompt: Prompt | None = None
    ref: str | None = None
    phase: TurnPhase = "sending"
    texts: tuple[TextItem, ...] = ()
    steps: tuple[Step, ...] = ()
    plan: tuple[PlanEntry, ...] = ()
    plan_revision: int = -1
    usage: tuple[Usage, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    ended_at: float | None = None
    error: str = ""
    stopped_by: str | None = None
    stop_at: float | None = None
    over: bool = False

    @property
    def ended(self) -> bool:
        return self.phase in ENDED

    @property
    def parts(self) -> int:
        return len(self.boundaries) + 1


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


def end(
    turn: Turn, outcome: Literal["done", "stopped", "failed"], at: float, error: str = ""
) -> Turn:
    """The turn as it ended; one that is being stopped is stopped, whatever else went wrong."""
    if turn.phase == "stopping":
        outcome, error = "stopped", ""
    steps = tuple(s if s.ended_at is not None else replace(s, ended_at=at) for s in turn.steps)
    return replace(turn, phase=outcome, ended_at=at, error=error, steps=steps)


def _add(turn: Turn, event: ContentEvent, limit: int, at: float) -> Turn:
    match event:
        case TextDelta():
            return _seal_full(replace(turn, texts=_grow(turn.texts, event)), limit)
        case TextDone():
            return _seal_full(replace(turn, texts=_finish(turn.texts, event)), limit)
        case ToolStarted():
            return turn if turn.ended else _add_step(turn, event, at)
        case ToolFinished():
            return replace(turn, steps=tuple(_finish_step(s, event, at) for s in turn.steps))
        case PlanChanged() if event.revision > turn.plan_revision and not turn.ended:
            return replace(turn, plan=event.entries, plan_revision=event.revision)
        case _:
            # Thoughts and the start are signs of life, which the phase shows already.
            return turn


def _add_step(turn: Turn, event: ToolStarted, at: float) -> Turn:
    if any(step.id == event.item for step in turn.steps):
        return turn
    part = len(turn.boundaries)
    step = Step(id=event.item, tool=event.tool, title=event.title, part=part, started_at=at)
    return replace(turn, steps=(*turn.steps, step))


def _add_usage(turn: Turn, event: UsageReported) -> Turn:
    if any(usage.id == event.id for usage in turn.usage):
        return turn
    usage = Usage(event.id, event.input_tokens, event.output_tokens, event.cost, event.model)
    return replace(turn, usage=(*turn.usage, usage))


def _finish_step(step: Step, event: ToolFinished, at: float) -> Step:
    if step.id != event.item or step.ok is not None:
        return step
    return replace(step, ended_at=at, ok=event.ok, summary=event.summary)


def _grow(items: tuple[TextItem, ...], event: TextDelta) -> tuple[TextItem, ...]:
    old = _item(items, event.item)
    at = max(0, event.at)
    known = len(old.text) + sum(missing for _, missing in old.holes)
    fresh = event.text[max(0, known - at) :]
    if old.done or not fresh:
        return items
    holes = (*old.holes, (len(old.text), at - known)) if at > known else old.holes
    return _put(items, replace(old, text=old.text + fresh, holes=holes))


def _finish(items: tuple[TextItem, ...], event: TextDone) -> tuple[TextItem, ...]:
    """What is sealed stays as it was read; the whole text closes the holes behind it."""
    old = _item(items, event.item)
    if old.done:
        return items
    missing = sum(missing for at, missing in old.holes if at < old.sealed)
    text = old.text[: old.sealed] + event.text[old.sealed + missing :]
    return _put(items, TextItem(event.item, text, done=True, sealed=old.sealed))


def _item(items: tuple[TextItem, ...], item_id: str) -> TextItem:
    return next((item for item in items if item.id == item_id), TextItem(item_id, ""))


def _put(items: tuple[TextItem, ...], new: TextItem) -> tuple[TextItem, ...]:
    if any(old.id == new.id for old in items):
        return tuple(new if old.id == new.id else old for old in items)
    return (*items, new)


def part_text(turn: Turn, part: int) -> str:
    """The Markdown of one part, well formed by itself: what was open is closed and reopened.
    Empty for nothing but white space, which cannot be shown."""
    return part_texts(turn, part)[0]


def part_texts(turn: Turn, first: int = 0) -> list[str]:
    """`part_text` of every part from `first` on."""
    texts = {item.id: item.text for item in turn.texts}
    carry = turn.boundaries[first - 1].carry if first else ""
    parts: list[str] = []
    for boundary in turn.boundaries[first:]:
        body = SEPARATOR.join(texts[item][start:stop] for item, start, stop in boundary.pieces)
        newline = "\n" if boundary.close and not body.endswith("\n") else ""
        parts.append(carry + body + newline + boundary.close if body.strip() else "")
        carry = boundary.carry
    body = SEPARATOR.join(text for _, text in _open_pieces(turn))
    return [*parts, carry + body if body.strip() else ""]


def _open_pieces(turn: Turn, most: int | None = None) -> list[tuple[TextItem, str]]:
    """What of each item lies in no ended part, and no more than the first `most` characters."""
    pieces: list[tuple[TextItem, str]] = []
    for item in turn.texts:
        stop = None if most is None else item.sealed + most
        text = item.text[item.sealed : stop]
        if text:
            pieces.append((item, text))
            most = most and max(0, most - len(text))
    return pieces


def seal(turn: Turn, ask: str, limit: int) -> Turn:
    """End the open part for good: the card of `ask` stands below it, the rest below the card."""
    carry = turn.boundaries[-1].carry if turn.boundaries else ""
    pieces = _open_pieces(turn)
    cut = cut_at_end(carry + SEPARATOR.join(text for _, text in pieces), limit)
    if turn.texts and turn.texts[-1].done:
        cut = replace(cut, carry="")  # a text that is over is not continued
    return _seal(turn, pieces, replace(cut, at=cut.at - len(carry)), ask)


def _seal_full(turn: Turn, limit: int) -> Turn:
    """Every part but the last is full, whatever the size of what arrived."""
    while True:
        carry = turn.boundaries[-1].carry if turn.boundaries else ""
        pieces = _open_pieces(turn, limit + 1)
        cut = find_cut(carry + SEPARATOR.join(text for _, text in pieces), limit, len(carry))
        if cut is None:
            return turn
        turn = _seal(turn, pieces, replace(cut, at=cut.at - len(carry)))


def _seal(turn: Turn, pieces: list[tuple[TextItem, str]], cut: Cut, ask: str | None = None) -> Turn:
    """The cut's offset in the open part's text, as offsets in its items."""
    left = cut.at
    inside: list[tuple[str, int, int]] = []
    texts = turn.texts
    for item, text in pieces:
        if left <= 0:
            break
        stop = item.sealed + min(left, len(text))
        inside.append((item.id, item.sealed, stop))
        texts = _put(texts, replace(item, sealed=stop))
        left -= len(text) + len(SEPARATOR)
    boundary = Boundary(pieces=tuple(inside), ask=ask, close=cut.close, carry=cut.carry)
    return replace(turn, texts=texts, boundaries=(*turn.boundaries, boundary))


def shown_parts(turn: Turn, texts: list[str]) -> list[int]:
    """The parts with content; `texts` are those of all parts. A turn that ended badly or is being
    stopped is shown even without; one that just had nothing to say is not."""
    busy = {step.part for step in turn.steps}
    shown = [part for part, text in enumerate(texts) if text or part in busy]
    return shown or ([turn.parts - 1] if turn.phase in BARE else [])
