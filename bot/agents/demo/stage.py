"""What the demo agent's acts are made of: texts, thoughts, tool calls, plans, asks. Pure."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from bot.core.asks import Answer, Ask
from bot.core.events import (
    AgentEvent,
    AskOpened,
    PlanChanged,
    PlanEntry,
    TextDelta,
    TextDone,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
)

PACE = 1 / 45
"""Seconds between two deltas."""
READING = 0.35
"""Seconds before the first word of a text."""
MOST_PLANS = 1000
"""Of one act."""
WORDS = re.compile(r"\S{1,12}\s{0,12}|\s{1,12}")


@dataclass(frozen=True, slots=True)
class Step:
    """An event, `delay` seconds after the one before it: at the agent's pace if `hurried`.
    `beside`: what it asks is not waited for yet, because more is asked first."""

    delay: float
    event: AgentEvent
    hurried: bool = True
    beside: bool = False


Answers = tuple[Answer, ...]
"""What is sent to an act that waits: the answers to all that is open, in the order asked."""

Act = Generator[Step, Answers | None, str | None]
"""Returns the sentence the turn failed with; None when it went well."""


class Stage:
    """What the acts are made of. Counts the turn's items, so that each has its own name. `act`
    counts the acts of the turn: a message that guides the agent begins another one."""

    def __init__(self, turn: str, allowed: frozenset[str], act: int = 0) -> None:
        self.turn = turn
        self.allowed = allowed
        self.act = act
        self.written = 0
        self._items = 0
        self._plans = MOST_PLANS * act

    def name(self, item: str) -> str:
        """Of something that there is once in an act."""
        return f"{self.turn}.{f'g{self.act}.' if self.act else ''}{item}"

    def _item(self) -> str:
        self._items += 1
        return self.name(str(self._items))

    def text(self, markdown: str, pieces: re.Pattern[str] = WORDS) -> Iterator[Step]:
        """One text, a few characters at a time."""
        if not markdown:
            return
        item = self._item()
        delay = READING
        for found in pieces.finditer(markdown):
            event = TextDelta(turn=self.turn, item=item, at=found.start(), text=found[0])
            yield Step(delay, event)
            delay = PACE
        self.written += len(markdown)
        yield Step(0, TextDone(turn=self.turn, item=item, text=markdown))

    def thought(self, markdown: str) -> Iterator[Step]:
        item = self._item()
        for found in WORDS.finditer(markdown):
            event = ThoughtDelta(turn=self.turn, item=item, at=found.start(), text=found[0])
            yield Step(PACE, event)
        self.written += len(markdown)

    def start(
        self, tool: str, title: str, **given: JsonValue
    ) -> Generator[Step, Answers | None, str]:
        """A tool call begins; gives its item."""
        item = self._item()
        event = ToolStarted(turn=self.turn, item=item, tool=tool, title=title, input=given)
        yield Step(0.2, event)
        return item

    def finish(self, item: str, after: float, summary: str, *, ok: bool = True) -> Iterator[Step]:
        event = ToolFinished(turn=self.turn, item=item, ok=ok, summary=summary)
        yield Step(after, event)

    def tool(
        self,
        tool: str,
        title: str,
        seconds: float,
        summary: str,
        *,
        ok: bool = True,
        **given: JsonValue,
    ) -> Iterator[Step]:
        """A whole tool call."""
        item = yield from self.start(tool, title, **given)
        yield from self.finish(item, seconds, summary, ok=ok)

    def plan(self, lines: tuple[str, ...], done: int) -> Iterator[Step]:
        """The plan with its first `done` lines done and the next one under way."""
        entries = tuple(PlanEntry(line, _status(at, done)) for at, line in enumerate(lines))
        self._plans += 1
        yield Step(0.1, PlanChanged(turn=self.turn, revision=self._plans, entries=entries))


def ask(asked: Ask) -> Generator[Step, Answers | None, Answer]:
    """Opens an ask and waits until an answer is sent."""
    (answer,) = yield from ask_all((asked,))
    return answer


def ask_all(asked: Sequence[Ask]) -> Generator[Step, Answers | None, Answers]:
    """Opens all of them, and waits until every one is answered."""
    *others, last = asked
    for one in others:
        yield Step(0.3, AskOpened(ask=one), beside=True)
    answers = None
    while answers is None:
        answers = yield Step(0.3, AskOpened(ask=last))
    return answers


def _status(at: int, done: int) -> Literal["pending", "running", "done"]:
    if at < done:
        return "done"
    return "running" if at == done else "pending"
