"""One part of a turn as a native stream: what it holds only grows, but for the state of tasks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

from bot.core.views import StepView, TurnView
from bot.slack.render.blocks import Json
from bot.slack.render.escape import clean, defuse, shorten
from bot.slack.render.growth import grow
from bot.slack.render.progress import SLOW, live_facts, outcome_words, status_words
from bot.slack.render.turn import footer

_TITLE: Final = 120
_OUTPUT: Final = 120

TaskStatus = Literal["pending", "in_progress", "complete", "error"]
_STATUS: dict[str, TaskStatus] = {
    "running": "in_progress",
    "waiting": "pending",
    "done": "complete",
    "failed": "error",
    "recovered": "complete",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One step of the agent, in plain text. `output` is set once: Slack adds to what is there."""

    id: str
    title: str
    status: TaskStatus
    output: str = ""

    @property
    def weight(self) -> int:
        """Bytes of a message's room, as Slack was seen to count them."""
        return len(self.title.encode()) + 2 * len(self.output.encode())


@dataclass(frozen=True, slots=True)
class Growing:
    """`text` is Markdown. `title` says how the work stands; it is shown over the tasks, or even
    without any where it is `urgent`. `footer` stands below at the end."""

    text: str
    title: str
    tasks: tuple[Task, ...] = ()
    urgent: bool = False
    footer: tuple[Json, ...] = ()


def is_growing(view: TurnView) -> bool:
    """Whether more may come into this part soon. It does not while the agent waits for a person:
    the card stands below, and what follows comes below the card."""
    return view.running and view.last and view.status != "waiting"


def stream(view: TurnView, every: float = 0.0) -> Growing:
    """What a stream of this view holds. `every`: seconds between two updates at present."""
    growing = is_growing(view)
    words = (
        " · ".join([status_words(view), *live_facts(view, every)])
        if view.running
        else outcome_words(view)
    )
    tasks = tuple(_task(step, in_detail=view.detail == "detailed") for step in view.steps)
    return Growing(
        text=grow(view.text, final=view.settled or not growing),
        title=_plain(words, 2 * _TITLE),
        tasks=tasks,
        urgent=growing and (every >= SLOW or view.more > 0),
        footer=() if tasks and not view.more else tuple(footer(view)),
    )


def _task(step: StepView, *, in_detail: bool) -> Task:
    name = hashlib.blake2b(step.id.encode("utf-8", "replace"), digest_size=8).hexdigest()
    given = step.input if in_detail and step.input not in step.title else ""
    title = " — ".join(part for part in (step.title, given, step.rule) if part)
    return Task(
        id=name,
        title=_plain(title, _TITLE),
        status=_STATUS[step.status],
        output=_plain(step.summary, _OUTPUT) if in_detail and step.summary else "",
    )


def _plain(text: str, limit: int) -> str:
    return shorten(defuse(clean(" ".join(text.split()))), limit) or "–"
