"""What people see of one turn: its parts, the progress below the newest, and its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from bot.core.ids import Place, Receipt, Slot, file_slot, turn_slot
from bot.core.inbound import Detail
from bot.core.parts import beyond, part_digest, part_text, shown_parts, whole_text
from bot.core.state import AskState, SessionState
from bot.core.turn import BARE, Step, Turn
from bot.core.views.kinds import FileView, PlanLine, Shown, StepView, TurnView

MOST_STEPS: Final[dict[Detail, int]] = {"quiet": 0, "normal": 8, "detailed": 25}
"""Steps in a view; there may have been more."""
MORE: Final = 1000
"""Characters by which the size of what is in no message grows, as it is told."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to show; in the session's thread where no `place` is given. The text of part `part`
    of `turn`, if that is given, is left out of `bare`: it is long, and mostly its digest is all
    that is wanted."""

    slot: Slot
    part: int
    bare: Shown
    turn: Turn | None = None
    place: Place | None = None

    @property
    def shown(self) -> Shown:
        if self.turn is None or not isinstance(self.bare, TurnView):
            return self.bare
        return replace(self.bare, text=part_text(self.turn, self.part))

    @property
    def text_digest(self) -> str:
        return "" if self.turn is None else part_digest(self.turn, self.part)


def part_lines(state: SessionState, turn: Turn, receipts: Mapping[int, Receipt]) -> dict[int, Line]:
    """The parts of a turn that people see; `receipts` are those of its parts. What was posted once
    stays, even if the agent has taken back all of its text."""
    shown = set(shown_parts(turn, bare_steps=state.detail != "quiet"))
    shown |= {part for part in receipts if part <= turn.newest}
    if turn.phase in BARE and all(part in receipts and receipts[part].lost for part in shown):
        shown.add(turn.newest)
    if not shown:
        return {}
    slot, last = turn_slot(turn.number), max(shown)
    ended = _ended_part(state) if len(shown) > 1 else None
    lines = {part: Line(slot, part, ended, turn) for part in shown - {last}} if ended else {}
    return {**lines, last: Line(slot, last, _newest(state, turn), turn)}


def any_line(state: SessionState, turn: Turn) -> Iterator[Line]:
    """One of a turn's parts, if it has any; in which form does not matter."""
    for part in shown_parts(turn, bare_steps=state.detail != "quiet")[:1]:
        yield Line(turn_slot(turn.number), part, _ended_part(state), turn)


def file_lines(state: SessionState, turn: Turn) -> Iterator[Line]:
    """The file of an answer too long for messages, once there is no more to come."""
    if turn.ended and beyond(turn):
        yield Line(
            file_slot(turn.number),
            0,
            FileView(
                name=f"answer-{turn.number}.md",
                title=f"The whole answer: {state.title}" if state.title else "The whole answer",
                text=whole_text(turn),
            ),
        )


def _ended_part(state: SessionState) -> TurnView:
    """All of a part that is not its turn's newest but its text."""
    return TurnView(session=state.id, text="", status="done", last=False)


def _newest(state: SessionState, turn: Turn) -> TurnView:
    """All of a turn's newest part but its text."""
    waiting = [ask for ask in state.asks if ask.status == "open" and not ask.late]
    waits_for = {ask.ask.item for ask in waiting if ask.turn == turn.number}
    denied = {ask.ask.item for ask in state.asks if ask.answer and ask.answer.verb == "deny"}
    quiet = state.detail == "quiet"
    thinks = state.thinking and not quiet and turn.phase in ("sending", "working")
    return TurnView(
        session=state.id,
        text="",
        status="waiting" if waits_for and turn.phase == "working" else turn.phase,
        last=True,
        detail=state.detail,
        steps=_steps(state, turn, waits_for),
        plan=() if quiet else tuple(PlanLine(entry.text, entry.status) for entry in turn.plan),
        thinking=turn.thought.text.strip() if thinks else "",
        seconds=None if turn.ended_at is None else max(0.0, turn.ended_at - turn.started_at),
        step_count=len(turn.steps),
        done_count=sum(step.ended_at is not None for step in turn.steps),
        failed_count=sum(step.ok is False and step.id not in denied for step in turn.steps),
        ruled_count=len(_ruled(state, turn)),
        more=-(-beyond(turn) // MORE) * MORE,
        error=turn.error,
        stopped_by=turn.stopped_by,
        queued=0 if turn.ended or state.listed else len(state.queue),
        settled=turn.ended or not turn.texts or turn.texts[-1].done,
        besides=_besides(state, turn),
    )


def _besides(state: SessionState, turn: Turn) -> Literal["working", "waiting", "idle"]:
    if any(ask.status == "open" and not ask.parked for ask in state.asks):
        return "waiting"
    return "working" if any(other is not turn for other in state.open_turns) else "idle"


def _steps(state: SessionState, turn: Turn, waits_for: set[str | None]) -> tuple[StepView, ...]:
    """The newest steps, but before any that has ended those that have not."""
    most = MOST_STEPS[state.detail]
    if not most or not turn.steps:
        return ()
    numbers = range(len(turn.steps))
    wanted = sorted(numbers, key=lambda n: (turn.steps[n].ended_at is None, n))[-most:]
    recovered = _recovered(turn)
    ruled = {ask.ask.item: ask for ask in _ruled(state, turn)}
    views = (
        replace(
            _step(state, turn, turn.steps[number], turn.steps[number].id in waits_for),
            rule=_ruled_words(ruled.get(turn.steps[number].id)),
        )
        for number in sorted(wanted)
    )
    return tuple(replace(v, status="recovered") if v.id in recovered else v for v in views)


def _ruled(state: SessionState, turn: Turn) -> list[AskState]:
    """What rules decided of the turn's calls, so that nobody was asked."""
    return [ask for ask in state.asks if ask.ruled and ask.turn == turn.number]


def _ruled_words(ask: AskState | None) -> str:
    if ask is None or ask.answer is None:
        return ""
    return f"{'denied' if ask.answer.verb == 'deny' else 'allowed'} by {ask.rule}"


def _recovered(turn: Turn) -> set[str]:
    """Failed steps that need not worry anybody any more: the same tool did well later, or the
    whole turn did."""
    did_well: set[str] = set()
    found: set[str] = set()
    for step in reversed(turn.steps):
        if step.ok:
            did_well.add(step.tool)
        elif step.ok is False and (turn.phase == "done" or step.tool in did_well):
            found.add(step.id)
    return found


def _step(state: SessionState, turn: Turn, step: Step, waiting: bool) -> StepView:
    """A step whose end was never told did well exactly if its turn did."""
    if step.ok is None and not turn.ended:
        status = "waiting" if waiting else "running"
    else:
        well = turn.phase == "done" if step.ok is None else step.ok
        status = "done" if well else "failed"
    seconds = (state.progress_at if step.ended_at is None else step.ended_at) - step.started_at
    return StepView(
        title=step.title,
        status=status,
        summary=step.summary,
        seconds=max(0.0, seconds) if step.ended_at is not None or seconds >= 1 else None,
        id=step.id,
        tool=step.tool,
        input=step.input if state.detail == "detailed" else "",
    )
