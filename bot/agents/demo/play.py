"""Where a session of the demo agent stands: its journal, folded, and what comes next. Pure.

The journal holds what people wanted (`Wish`) and what happened (events), in one order. Everything
else follows from it: the same rows give the same next event in any process, so nothing is kept
beside the journal and a restart goes on where the rows end.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from bot.agents.demo.request import seconds_away
from bot.agents.demo.script import Script, script
from bot.agents.demo.stage import Answers, Step
from bot.core.asks import Answer, Ask, Confirmation, check
from bot.core.errors import AgentRefused, AgentUnavailable, AskAlreadyAnswered
from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    TextDelta,
    TextDone,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompted:
    kind: Literal["prompted"] = "prompted"
    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """A message for the turn that runs. It is followed as soon as what is under way is done."""

    kind: Literal["steered"] = "steered"
    turn: str
    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    kind: Literal["answered"] = "answered"
    ask: str
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    kind: Literal["interrupted"] = "interrupted"


Wish = Prompted | Steered | Answered | Interrupted
Entry = Wish | AgentEvent


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a session's journal. `seq` counts from 1, `time` is in epoch seconds."""

    seq: int
    time: float
    entry: Entry


NOT_IN_TIME = "Nobody answered in time."
OVER = "The demo agent is through with that; your message comes next."
LOST_THREAD = "I was replaced by a newer version of myself in the middle of this. Please ask again."


@dataclass(slots=True)
class _Asked:
    """An open ask, since when it is, and what was answered."""

    ask: Ask
    since: float
    answer: Answer | None = None


class _Turn:
    """The turn that runs, and the script it follows. `open` by the name of the ask; `waiting`: the
    script goes on once none is open any more."""

    def __init__(self, turn: str, prompt: str, steps: Script) -> None:
        self.id = turn
        self.prompt = prompt
        self.open: dict[str, _Asked] = {}
        self.waiting = False
        self.stopping = False
        self._answers: dict[str, Answer] = {}
        self._running: set[str] = set()
        self._allowed: frozenset[str] = frozenset()
        self.next: Step | None = None
        self._steps = steps
        self._guides: list[str] = []
        self._acts = 0
        self._turn_page()

    def guide(self, text: str, allowed: frozenset[str]) -> None:
        self._guides.append(text)
        self._allowed = allowed
        self._follow_guide()

    def _follow_guide(self) -> None:
        """From the newest message on, unless something is half done."""
        free = not (self.waiting or self._running)
        if self._guides and free and self.next is not None and begins(self.next.event):
            self._acts += len(self._guides)
            text = self._guides[-1]
            self._guides.clear()
            self._steps.close()
            self._steps = script(text, self.id, self._allowed, self._acts)
            self._turn_page()

    def follow(self, event: AgentEvent, at: float) -> None:
        """`event` has happened. One the script does not know was played by another version of it:
        then there is no next step."""
        step = self.next
        if step is None or step.event != event:
            self._steps.close()
        if isinstance(event, ToolStarted):
            self._running.add(event.item)
        elif isinstance(event, ToolFinished):
            self._running.discard(event.item)
        elif isinstance(event, AskOpened):
            self.open[event.ask.id] = _Asked(event.ask, at)
            self._answers[event.ask.id] = Answer(verb="deny", text=NOT_IN_TIME)
            self.waiting = step is None or not step.beside
        if not self.waiting:
            self._turn_page()
            self._follow_guide()

    def close_ask(self, name: str) -> None:
        asked = self.open.pop(name, None)
        if asked is not None and asked.answer is not None:
            self._answers[name] = asked.answer
        if self.waiting and not self.open:
            self.waiting = False
            answers = tuple(self._answers.values())
            self._answers.clear()
            self._turn_page(answers)
            self._follow_guide()

    def _turn_page(self, answers: Answers | None = None) -> None:
        try:
            self.next = next(self._steps) if answers is None else self._steps.send(answers)
        except StopIteration:
            self.next = None


def begins(event: AgentEvent) -> bool:
    """Whether something new begins with it, so that nothing before it is half done."""
    match event:
        case TextDelta() | ThoughtDelta():
            return event.at == 0
        case TextDone() | ToolFinished() | AskOpened():
            return False
        case _:
            return True


class Play:
    """One session. `seq` is its last row's, `since` the time of its last event. A request for
    permission is held for `max_hold` seconds, or for as long as it takes."""

    def __init__(self, max_hold: float | None = None) -> None:
        self._max_hold = max_hold
        self.seq = 0
        self.since = 0.0
        self._time = 0.0
        self._keys: set[str] = set()
        self._queue: deque[tuple[str, Prompted]] = deque()
        self._turn: _Turn | None = None
        self._stop_first = False
        self._allowed: frozenset[str] = frozenset()
        self._away_until = 0.0

    def wanted(self, wish: Wish, now: float) -> bool:
        """Whether a wish is to be written down; False when there is nothing to do for it.

        Raises AgentUnavailable while away, AskAlreadyAnswered when the ask is not open,
        AgentRefused when the answer does not fit it, or the turn that a message is for is over.
        """
        match wish:
            case Prompted():
                if now < self._away_until:
                    seconds = int(self._away_until - now) + 1
                    raise AgentUnavailable(f"The demo agent is away for another {seconds} s.")
                return wish.key not in self._keys
            case Steered():
                return self._guidable(wish)
            case Interrupted():
                if self._turn is None:
                    return bool(self._queue) and not self._stop_first
                return not self._turn.stopping
            case Answered():
                return self._answerable(wish)

    def _guidable(self, wish: Steered) -> bool:
        if wish.key in self._keys:
            return False
        turn = self._turn
        if turn is None or turn.id != wish.turn or turn.stopping:
            raise AgentRefused(OVER)
        return True

    def _answerable(self, wish: Answered) -> bool:
        asked = self._turn.open.get(wish.ask) if self._turn and not self._turn.stopping else None
        if asked is None or asked.answer is not None:
            raise AskAlreadyAnswered()
        if problem := check(asked.ask, wish.answer):
            raise AgentRefused(problem)
        return True

    def due(self) -> Step | None:
        """What happens next; None when it is somebody else's turn to do something."""
        turn = self._turn
        if turn is None:
            if not self._queue:
                return None
            name, prompt = self._queue[0]
            return Step(0, TurnStarted(turn=name, prompt=prompt.key))
        for name, asked in turn.open.items():
            if asked.answer is not None:
                return Step(0, AskClosed(ask=name, how="answered"))
            if turn.stopping:
                return Step(0, AskClosed(ask=name, how="withdrawn"))
        if turn.stopping:
            return Step(0, TurnEnded(turn=turn.id, outcome="stopped"))
        if turn.waiting:
            return self._expiry(turn)
        return turn.next or Step(0, TurnEnded(turn=turn.id, outcome="failed", error=LOST_THREAD))

    def _expiry(self, turn: _Turn) -> Step | None:
        """Not hurried: what people have is real time."""
        held = [one for one in turn.open.values() if isinstance(one.ask, Confirmation)]
        if self._max_hold is None or not held:
            return None
        delay = held[0].since + self._max_hold - self.since
        return Step(delay, AskClosed(ask=held[0].ask.id, how="expired"), hurried=False)

    def write(self, entry: Entry, now: float) -> Row:
        """The row `entry` makes, applied. Time never goes back within a session."""
        row = Row(self.seq + 1, max(now, self._time), entry)
        self.apply(row)
        return row

    def apply(self, row: Row) -> None:
        """Of turns that are over only the rows that `journal.REMEMBERED` names are needed."""
        self.seq, self._time = row.seq, row.time
        match row.entry:
            case Prompted():
                self._keys.add(row.entry.key)
                self._queue.append((f"t{row.seq}", row.entry))
            case Steered():
                self._keys.add(row.entry.key)
                if self._turn is not None and self._turn.id == row.entry.turn:
                    self._turn.guide(row.entry.text, self._allowed)
            case Answered():
                self._answered(row.entry)
            case Interrupted():
                if self._turn is None:
                    self._stop_first = True
                else:
                    self._turn.stopping = True
            case event:
                self.since = row.time
                self._happened(event, row.time)

    def _answered(self, wish: Answered) -> None:
        asked = self._turn.open.get(wish.ask) if self._turn else None
        if asked is None:
            return
        asked.answer = wish.answer
        if isinstance(asked.ask, Confirmation) and wish.answer.verb == "allow_session":
            self._allowed |= {asked.ask.tool}

    def _happened(self, event: AgentEvent, at: float) -> None:
        turn = self._turn
        if isinstance(event, TurnStarted):
            name, prompt = self._queue.popleft()
            self._turn = _Turn(name, prompt.text, script(prompt.text, name, self._allowed))
            self._turn.stopping, self._stop_first = self._stop_first, False
        elif turn is None:
            return
        elif isinstance(event, TurnEnded):
            if event.outcome == "done":
                self._away_until = at + seconds_away(turn.prompt)
            self._turn = None
        elif isinstance(event, AskClosed):
            turn.close_ask(event.ask)
        else:
            turn.follow(event, at)
