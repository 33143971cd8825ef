"""Immutable descriptions of what people should see, derived from the state.

`view` gives all of it in the order it stands in the thread; `overdue` what Slack does not show yet.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import chain
from typing import Literal

from bot.core.asks import Ask, answer_label
from bot.core.ids import (
    STATUS,
    PartKey,
    Receipt,
    SessionId,
    Slot,
    ask_slot,
    ask_uid,
    mark_slot,
    notice_slot,
    turn_slot,
)
from bot.core.state import MOST_PAST, AskState, SessionState
from bot.core.turn import Step, Turn, part_texts, shown_parts


class Priority(IntEnum):
    """Who goes first when Slack's limits are tight. Lower is sooner."""

    ASK = 0
    STOP = 1
    FINAL = 2
    FIRST = 3
    PROGRESS = 4
    DELTA = 5


@dataclass(frozen=True, slots=True)
class StepView:
    """One tool call. `seconds` once it ended; `summary` is one line of its result."""

    title: str
    status: Literal["running", "waiting", "done", "failed"]
    summary: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class PlanLine:
    text: str
    status: Literal["pending", "running", "done"]


TurnStatus = Literal["sending", "working", "waiting", "stopping", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """One part of a turn: one message.

    `text` is Markdown, well formed by itself (fences closed and reopened at part boundaries).
    `last` marks the turn's newest part: it alone carries status line and Stop.
    `running` says that the turn is not over; then `steps` and `plan` show live, later collapsed.
    `seconds` and `step_count`, `failed_count` are those of the whole turn, set once it ended.
    `stopped_by` is a user id. `queued` messages wait behind this turn.
    """

    kind: Literal["turn"] = "turn"
    session: SessionId
    text: str
    status: TurnStatus
    last: bool
    steps: tuple[StepView, ...] = ()
    plan: tuple[PlanLine, ...] = ()
    seconds: float | None = None
    step_count: int = 0
    failed_count: int = 0
    error: str = ""
    stopped_by: str | None = None
    queued: int = 0

    @property
    def running(self) -> bool:
        return self.status not in ("done", "stopped", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskView:
    """The card of an ask.

    `uid` is what its buttons carry. `decider` is the user id of who may decide.
    `open`: buttons show, `note` may say why it is open again. `sending`: `by` chose `label`, the
    agent has not taken it yet. `settled`: `outcome` tells how; `by`, `label`, `at` if known here.
    """

    kind: Literal["ask"] = "ask"
    uid: str
    ask: Ask
    status: Literal["open", "sending", "settled"]
    decider: str | None = None
    by: str | None = None
    label: str = ""
    at: float | None = None
    outcome: Literal["answered", "elsewhere", "withdrawn", "expired"] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A line of ours in the thread, not the agent's words."""

    kind: Literal["notice"] = "notice"
    text: str
    level: Literal["info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The session's status as Slack shows it beside the thread. `said` makes a view that says the
    same once more a new one."""

    kind: Literal["status"] = "status"
    status: Literal["working", "waiting", "idle"]
    said: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkView:
    """A sign on a person's message `ts`: it waits in the queue, is being worked on, or neither."""

    kind: Literal["mark"] = "mark"
    ts: str
    mark: Literal["queued", "working", "none"]


Shown = TurnView | AskView | NoticeView | StatusView | MarkView


@dataclass(frozen=True, slots=True)
class HomeEntry:
    """One session on a person's Home. `state` is what it needs from them, most urgent first."""

    session: SessionId
    title: str
    state: Literal["needs_you", "running", "recent"]
    updated_at: float


@dataclass(frozen=True, slots=True)
class HomeView:
    """Home of one person: their newest sessions, those that need them first."""

    entries: tuple[HomeEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to show: part `part` of `slot`."""

    slot: Slot
    part: int
    shown: Shown


@dataclass(frozen=True, slots=True)
class SessionView:
    """`messages` in the order they stand in the thread; `signs` are no messages and have none."""

    messages: tuple[Item, ...]
    signs: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Overdue:
    """An item that Slack shows in an older form (`receipt`) or not at all."""

    key: PartKey
    shown: Shown
    receipt: Receipt | None
    priority: Priority


def digest(shown: Shown) -> str:
    """What a receipt remembers of a view: equal views have equal digests, also after a restart."""
    text = ""
    if isinstance(shown, TurnView):
        text, shown = shown.text, replace(shown, text="")
    said = f"{shown!r}\n{text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(said, digest_size=8).hexdigest()


def view(state: SessionState) -> SessionView:
    return SessionView(tuple(_messages(state)), tuple(_signs(state)))


def find(state: SessionState, slot: Slot, part: int) -> Shown | None:
    """The newest view of one item; None when there is nothing to show any more."""
    items = chain(_messages(state), _signs(state))
    return next((i.shown for i in items if i.slot == slot and i.part == part), None)


def overdue(state: SessionState) -> list[Overdue]:
    """What is to be shown next. Messages first appear in their order: only the first of those not
    posted yet is named, as urgent as the most urgent one that waits behind it."""
    late: list[Overdue] = []
    unposted: list[Overdue] = []
    for entry in _unshown(state):
        is_sign = isinstance(entry.shown, StatusView | MarkView)
        (late if is_sign or entry.receipt else unposted).append(entry)
    if unposted:
        late.append(replace(unposted[0], priority=min(entry.priority for entry in unposted)))
    return late


def _unshown(state: SessionState) -> Iterator[Overdue]:
    place = state.thread.place
    receipts = {receipt.key: receipt for receipt in state.receipts}
    for item in chain(_messages(state), _signs(state)):
        key = PartKey(item.slot, item.part, place)
        receipt = receipts.get(key)
        if receipt is None or not (receipt.lost or receipt.shown == digest(item.shown)):
            yield Overdue(key, item.shown, receipt, priority_of(item.shown, receipt))


def priority_of(shown: Shown, receipt: Receipt | None) -> Priority:
    match shown:
        case AskView():
            return Priority.ASK
        case TurnView() if shown.status == "stopping":
            return Priority.STOP
        case TurnView() if not shown.running:
            return Priority.FINAL
        case MarkView():
            return Priority.PROGRESS
        case TurnView() if receipt is not None:
            return Priority.DELTA if shown.last else Priority.PROGRESS
        case TurnView() | NoticeView() | StatusView():
            return Priority.FIRST


def tidy(state: SessionState) -> SessionState:
    """Forget what is over and shown in its final form: all ended turns but the newest, with their
    asks, notices and receipts. The store keeps the receipts."""
    if not any(turn.ended for turn in state.turns[:-1]):
        return state
    late = {entry.key.slot for entry in _unshown(state)}
    undecided = {ask.turn for ask in state.open_asks}
    gone = {
        turn.number
        for turn in state.turns[:-1]
        if turn.ended and turn.number not in undecided and not _slots(state, turn) & late
    }
    if not gone:
        return state
    kept = replace(
        state,
        turns=tuple(turn for turn in state.turns if turn.number not in gone),
        asks=tuple(ask for ask in state.asks if ask.turn not in gone),
        notices=tuple(notice for notice in state.notices if notice.turn not in gone),
    )
    past = [*state.past, *(notice.id for notice in state.notices if notice.turn in gone)]
    for turn in state.turns:
        name = turn.ref or (turn.prompt.key if turn.prompt and not turn.over else None)
        if turn.number in gone and name:
            past.append(name)
    slots = {STATUS, *(mark_slot(prompt.ts) for prompt in state.queue)}
    slots |= {notice_slot(notice.number) for notice in kept.notices}
    slots = slots.union(*(_slots(kept, turn) for turn in kept.turns))
    receipts = tuple(receipt for receipt in state.receipts if receipt.key.slot in slots)
    return replace(kept, receipts=receipts, past=tuple(past[-MOST_PAST:]))


def _slots(state: SessionState, turn: Turn) -> set[Slot]:
    slots = {turn_slot(turn.number)}
    slots |= {ask_slot(ask.ask.id) for ask in state.asks if ask.turn == turn.number}
    slots |= {notice_slot(n.number) for n in state.notices if n.turn == turn.number}
    if turn.prompt:
        slots.add(mark_slot(turn.prompt.ts))
    return slots


def _messages(state: SessionState) -> Iterator[Item]:
    asks = {ask.ask.id: ask for ask in state.asks}
    notices: dict[tuple[int, int, bool], list[Item]] = defaultdict(list)
    for notice in state.notices:
        shown = NoticeView(text=notice.text, level=notice.level)
        place = (notice.turn, notice.part, notice.after)
        notices[place].append(Item(notice_slot(notice.number), 0, shown))
    yield from notices[0, 0, False]
    for turn in state.turns:
        parts = _turn_views(state, turn)
        for part in range(turn.parts):
            yield from notices[turn.number, part, False]
            if part in parts:
                yield Item(turn_slot(turn.number), part, parts[part])
            yield from notices[turn.number, part, True]
            ask_id = turn.boundaries[part].ask if part < len(turn.boundaries) else None
            if ask_id is not None and ask_id in asks:
                yield Item(ask_slot(ask_id), 0, _ask_view(state, asks[ask_id]))


def _turn_views(state: SessionState, turn: Turn) -> dict[int, TurnView]:
    """The parts of a turn that people see. What was posted once stays, even if the agent has taken
    back all of its text."""
    slot = turn_slot(turn.number)
    texts = part_texts(turn)
    shown = {*shown_parts(turn, texts), *(r.key.part for r in state.receipts if r.key.slot == slot)}
    waits_for = {a.ask.item for a in state.asks if a.turn == turn.number and a.status == "open"}
    steps: dict[int, list[StepView]] = defaultdict(list)
    for step in turn.steps:
        steps[step.part].append(_step_view(turn, step, step.id in waits_for))
    status = "waiting" if waits_for and turn.phase == "working" else turn.phase
    views = {
        part: TurnView(
            session=state.id, text=texts[part], status=status, last=False, steps=tuple(steps[part])
        )
        for part in sorted(shown)
        if part < turn.parts
    }
    if views:
        last = max(views)
        views[last] = replace(
            views[last],
            last=True,
            plan=tuple(PlanLine(entry.text, entry.status) for entry in turn.plan),
            seconds=None if turn.ended_at is None else max(0.0, turn.ended_at - turn.started_at),
            step_count=len(turn.steps),
            failed_count=sum(step.ok is False for step in turn.steps),
            error=turn.error,
            stopped_by=turn.stopped_by,
            queued=0 if turn.ended else len(state.queue),
        )
    return views


def _step_view(turn: Turn, step: Step, waiting: bool) -> StepView:
    """A step whose end was never told did well exactly if its turn did."""
    seconds = None if step.ended_at is None else max(0.0, step.ended_at - step.started_at)
    if step.ok is None and not turn.ended:
        return StepView(step.title, "waiting" if waiting else "running", step.summary, seconds)
    well = turn.phase == "done" if step.ok is None else step.ok
    return StepView(step.title, "done" if well else "failed", step.summary, seconds)


def _ask_view(state: SessionState, ask: AskState) -> AskView:
    return AskView(
        uid=ask_uid(state.id, ask.ask.id),
        ask=ask.ask,
        status=ask.status,
        decider=state.owner.user if state.owner else None,
        by=ask.by.user if ask.by else None,
        label=answer_label(ask.ask, ask.answer) if ask.answer else "",
        at=ask.at,
        outcome=ask.outcome,
        note=ask.note,
    )


def _signs(state: SessionState) -> Iterator[Item]:
    shown = {receipt.key.slot for receipt in state.receipts}
    waiting = any(ask.status == "open" for ask in state.asks)
    status = ("waiting" if waiting else "working") if state.open_turns else "idle"
    if status != "idle" or STATUS in shown:
        said = state.status_said if state.open_turns else 0
        yield Item(STATUS, 0, StatusView(status=status, said=said))
    marks: dict[str, Literal["queued", "working", "none"]] = {}
    for turn in state.turns:
        if turn.prompt is not None and not turn.ended:
            marks[turn.prompt.ts] = "working"
        elif turn.prompt is not None and mark_slot(turn.prompt.ts) in shown:
            marks[turn.prompt.ts] = "none"
    marks |= {prompt.ts: "queued" for prompt in state.queue}
    for ts, mark in marks.items():
        yield Item(mark_slot(ts), 0, MarkView(ts=ts, mark=mark))
