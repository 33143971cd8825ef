"""How the work on a turn stands, in words: the one area of a turn that changes while it runs."""

from __future__ import annotations

from typing import Final, assert_never

from bot.core.views import PlanLine, StepView, TurnView
from bot.slack.render import blocks
from bot.slack.render.blocks import Json
from bot.slack.render.escape import mention, shorten

SHORT_TURN: Final = 10.0
"""Seconds up to which an answer without steps needs no line below it."""
SLOW: Final = 5.0
"""Seconds between two updates from which on readers are told why."""

LAST_LINES: Final = 3
LAST_THOUGHT: Final = 300
"""Lines and characters of what the agent thinks that are shown while it works."""

_TITLE = 150
_LINES = 2_500
_ERROR = 600

_SIGNS = {
    "sending": ":outbox_tray:",
    "working": ":hourglass_flowing_sand:",
    "waiting": ":raised_hand:",
    "stopping": ":octagonal_sign:",
}
_STEP_SIGNS = {"running": "▸", "waiting": "✋", "done": "✓", "failed": "✗", "recovered": "↻"}
_PLAN_SIGNS = {"pending": "☐", "running": "▸", "done": "☑"}


def status_words(view: TurnView) -> str:
    match view.status:
        case "sending":
            return "Sending to the agent…"
        case "working":
            return "Working…"
        case "waiting":
            return "Waiting for you"
        case "stopping":
            return "Stopping…"
        case "done":
            return "Done"
        case "stopped":
            return "Stopped"
        case "failed":
            return "Failed"
        case _:
            assert_never(view.status)


def live(view: TurnView, every: float) -> list[Json]:
    """Context blocks for a turn that runs. `every`: seconds between two updates at present."""
    signed = f"{_SIGNS[view.status]} *{status_words(view)}*{_stopper(view)}"
    facts = [blocks.plain(fact, 2 * _TITLE) for fact in live_facts(view, every)]
    made = [blocks.context([blocks.mrkdwn(signed), *facts])]
    if lines := _lines(view):
        made.append(blocks.context([blocks.plain("\n".join(lines), _LINES)]))
    if view.thinking:
        made.append(blocks.context([blocks.plain(f"💭 {_end_of(view.thinking)}", _LINES)]))
    return made


def _end_of(thought: str) -> str:
    """Cut only here, where its credentials are masked: half of one would not be known as such."""
    lines = "\n".join(thought.splitlines()[-LAST_LINES:])
    return lines if len(lines) <= LAST_THOUGHT else f"…{lines[-LAST_THOUGHT:]}"


def live_facts(view: TurnView, every: float) -> list[str]:
    """What is to be said beside the status, each in a few words; plain text."""
    facts: list[str] = []
    if view.detail != "detailed" and (current := _current(view.steps)):
        facts.append(shorten(_timed(current.title, current), _TITLE))
    if view.done_count:
        facts.append(f"{count(view.done_count, 'step')} done")
    if view.ruled_count:
        facts.append(f"{view.ruled_count} decided by rules")
    if view.plan and view.detail != "detailed":
        facts.append(_plan_fact(view.plan))
    if view.more:
        facts.append(f"{_many(view.more)} more characters so far, which come as a file")
    if view.queued:
        wait = "waits" if view.queued == 1 else "wait"
        facts.append(f"{count(view.queued, 'message')} {wait}")
    if every >= SLOW:
        facts.append(f"updates every {round(every)} s, as Slack limits them")
    return facts


def outcome(view: TurnView) -> list[Json]:
    """How the turn ended, as elements of one context block; nothing where nothing is to be said. A
    step that failed in a turn that succeeded is counted, not alarming."""
    match view.status:
        case "failed":
            sign = blocks.mrkdwn(":warning: *Failed*")
            error = [blocks.plain(view.error, _ERROR)] if view.error else []
            return [sign, *error, *_rest(view)]
        case "stopped":
            facts = [f":octagonal_sign: Stopped{_stopper(view)}", *_counts(view)]
            return [blocks.mrkdwn(" · ".join(facts)), *_rest(view)]
        case _:
            short = (view.seconds or 0.0) < SHORT_TURN
            if short and not (view.step_count or view.ruled_count):
                return _rest(view)
            return [blocks.mrkdwn(" · ".join([took(view), *_counts(view)])), *_rest(view)]


def outcome_words(view: TurnView) -> str:
    """The same in one line of plain text, for the title over a turn's tasks."""
    how = took(view) if view.status == "done" else status_words(view)
    return " · ".join([how, *_counts(view)])


def took(view: TurnView) -> str:
    return "Done" if view.seconds is None else f"Done in {duration(view.seconds)}"


def duration(seconds: float) -> str:
    """Readable and short; never "0 s"."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _lines(view: TurnView) -> list[str]:
    """In detail: every step that is shown, and the agent's plan."""
    if view.detail != "detailed":
        return []
    hidden = view.step_count - len(view.steps)
    before = [f"{count(hidden, 'step')} before"] if hidden > 0 else []
    steps = [_step_line(step) for step in view.steps]
    return before + steps + [f"{_PLAN_SIGNS[line.status]} {line.text}" for line in view.plan]


def _step_line(step: StepView) -> str:
    line = f"{_STEP_SIGNS[step.status]} {_timed(step.title, step)}"
    given = step.input if step.input and step.input not in step.title else ""
    return shorten(" — ".join(part for part in (line, given, step.summary) if part), 2 * _TITLE)


def _timed(title: str, step: StepView) -> str:
    timed = title if step.seconds is None else f"{title} ({duration(step.seconds)})"
    return f"{timed}, {step.rule}" if step.rule else timed


def _current(steps: tuple[StepView, ...]) -> StepView | None:
    return next((s for s in reversed(steps) if s.status in ("running", "waiting")), None)


def _plan_fact(plan: tuple[PlanLine, ...]) -> str:
    done = sum(line.status == "done" for line in plan)
    running = next((line.text for line in plan if line.status == "running"), "")
    fact = f"Plan: {done} of {len(plan)} done"
    return f"{fact}, now {running}" if running else fact


def _counts(view: TurnView) -> list[str]:
    facts = [count(view.step_count, "step")] if view.step_count else []
    if view.failed_count:
        facts.append(f"{view.failed_count} failed")
    return [*facts, f"{view.ruled_count} decided by rules"] if view.ruled_count else facts


def _rest(view: TurnView) -> list[Json]:
    return [blocks.plain("The whole answer is in the file below.")] if view.more else []


def _stopper(view: TurnView) -> str:
    return f" by {mention(view.stopped_by)}" if view.stopped_by else ""


def _many(number: int) -> str:
    """About; in thousands from a thousand on."""
    return f"{round(number, -3):,}" if number >= 1_000 else str(number)
