"""One part of a turn: the agent's text, and one line that tells how the work stands."""

from __future__ import annotations

from typing import assert_never

from bot.core.views import StepView, TurnView
from bot.slack import limits
from bot.slack.action_ids import stop_button
from bot.slack.render import blocks
from bot.slack.render.blocks import Content, Json
from bot.slack.render.escape import mention
from bot.slack.render.settle import settle
from bot.slack.render.text import fit, markdown, summary

SHORT_TURN = 10.0
"""Seconds up to which an answer without steps needs no line below it."""
_TITLE = 150
_ERROR = 600


def turn(view: TurnView) -> Content:
    """While the turn runs, its last part alone shows progress and Stop; the text of that part is
    what can be read already. Afterwards one line remains, or none."""
    growing = view.running and view.last
    text = settle(view.text) if growing else view.text
    shown = markdown(text)
    made = [blocks.markdown_block(shown)] if shown else []
    if growing:
        made += [blocks.context(_progress(view)), *_stop(view)]
    elif line := _outcome(view) if view.last else _steps_line(view):
        made.append(blocks.context(line))
    if not made:
        made = [blocks.context([blocks.mrkdwn(_status_words(view))])]
    return Content(_spoken(view, text), tuple(made))


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


def _progress(view: TurnView) -> list[Json]:
    elements = [blocks.mrkdwn(f"{_SIGNS[view.status]} *{_status_words(view)}*{_stopper(view)}")]
    if current := _current(view.steps):
        elements.append(blocks.plain(current.title, _TITLE))
    if done := sum(step.seconds is not None for step in view.steps):
        elements.append(blocks.plain(f"{_count(done, 'step')} done"))
    if view.plan:
        elements.append(blocks.plain(_plan_line(view), 2 * _TITLE))
    if view.queued:
        wait = "waits" if view.queued == 1 else "wait"
        elements.append(blocks.plain(f"{_count(view.queued, 'message')} {wait}"))
    return elements


_SIGNS = {
    "sending": ":outbox_tray:",
    "working": ":hourglass_flowing_sand:",
    "waiting": ":raised_hand:",
    "stopping": ":octagonal_sign:",
}


def _status_words(view: TurnView) -> str:
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


def _current(steps: tuple[StepView, ...]) -> StepView | None:
    return next((s for s in reversed(steps) if s.status in ("running", "waiting")), None)


def _plan_line(view: TurnView) -> str:
    done = sum(line.status == "done" for line in view.plan)
    running = next((line.text for line in view.plan if line.status == "running"), "")
    line = f"Plan: {done} of {len(view.plan)} done"
    return f"{line}, now {running}" if running else line


def _stop(view: TurnView) -> list[Json]:
    if view.status == "stopping":
        return []
    stop = blocks.button("Stop", stop_button(view.session), about="end the agent's work")
    return [blocks.actions([stop])]


def _outcome(view: TurnView) -> list[Json]:
    """How the turn ended. A step that failed in a turn that succeeded is counted, not alarming."""
    match view.status:
        case "failed":
            sign = blocks.mrkdwn(":warning: *Failed*")
            return [sign, blocks.plain(view.error, _ERROR)] if view.error else [sign]
        case "stopped":
            facts = [f":octagonal_sign: Stopped{_stopper(view)}", *_facts(view)]
            return [blocks.mrkdwn(" · ".join(facts))]
        case _:
            if not view.step_count and (view.seconds or 0.0) < SHORT_TURN:
                return []
            took = "Done" if view.seconds is None else f"Done in {duration(view.seconds)}"
            return [blocks.mrkdwn(" · ".join([took, *_facts(view)]))]


def _facts(view: TurnView) -> list[str]:
    facts = [_count(view.step_count, "step")] if view.step_count else []
    return [*facts, f"{view.failed_count} failed"] if view.failed_count else facts


def _steps_line(view: TurnView) -> list[Json]:
    done = sum(step.seconds is not None for step in view.steps)
    return [blocks.mrkdwn(_count(done, "step"))] if done else []


def _stopper(view: TurnView) -> str:
    return f" by {mention(view.stopped_by)}" if view.stopped_by else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _spoken(view: TurnView, text: str) -> str:
    """For notifications: the words, and where they may mislead, how the turn stands."""
    words = summary(text)
    if view.status == "failed" and view.last:
        return fit(f"Failed: {view.error}" if view.error else "Failed", limits.SUMMARY_TEXT)
    return words or _status_words(view)
