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
from bot.agents.demo.script import Script, Step, script
from bot.core.asks import Answer, Ask, Confirmation, check
from bot.core.errors import AgentRefused, AgentUnavailable, AskAlreadyAnswered
from bot.core.events import AgentEvent, AskClosed, AskOpened, TurnEnded, TurnStarted


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompted:
    kind: Literal["prompted"] = "prompted"
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


Wish = Prompted | Answered | Interrupted
Entry = Wish | AgentEvent


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a session's journal. `seq` counts from 1, `time` is in epoch seconds."""

    seq: int
    time: float
    entry: Entry


LOST_THREAD = "I was replaced by a newer version of myself in the middle of this. Please ask again."


class _Turn:
    """The turn that runs, and the script it follows."""

    def __init__(self, turn: str, prompt: str, steps: Script) -> None:
        self.id = turn
        self.prompt = prompt
        self.ask: Ask | None = None
        self.answer: Answer | None = None
        self.stopping = False
        self.next: Step | None = None
        self._steps = steps
        self._turn_page(None)

    def follow(self, event: AgentEvent) -> None:
        """`event` has happened. One the script does not know was played by another version of it:
        then there is no next step."""
        if self.next is None or self.next.event != event:
            self._steps.close()
        if isinstance(event, AskOpened):
            self.ask, self.answer = event.ask, None
        else:
            self._turn_page(None)

    def close_ask(self) -> None:
        answer, self.ask, self.answer = self.answer, None, None
        self._turn_page(answer)

    def _turn_page(self, answer: Answer | None) -> None:
        try:
            self.next = next(self._steps) if answer is None else self._steps.send(answer)
        except StopIteration:
            self.next = None


class Play:
    """One session. `seq` is its last row's, `since` the time of its last event."""

    def __init__(self) -> None:
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
        AgentRefused when the answer does not fit it.
        """
        match wish:
            case Prompted():
                if now < self._away_until:
                    seconds = int(self._away_until - now) + 1
                    raise AgentUnavailable(f"The demo agent is away for another {seconds} s.")
                return wish.key not in self._keys
            case Interrupted():
                if self._turn is None:
                    return bool(self._queue) and not self._stop_first
                return not self._turn.stopping
            case Answered():
                return self._answerable(wish)

    def _answerable(self, wish: Answered) -> bool:
        turn = self._turn
        if turn is None or turn.ask is None or turn.ask.id != wish.ask:
            raise AskAlreadyAnswered()
        if turn.answer is not None or turn.stopping:
            raise AskAlreadyAnswered()
        if problem := check(turn.ask, wish.answer):
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
        if turn.ask is not None and turn.answer is not None:
            return Step(0, AskClosed(ask=turn.ask.id, how="answered"))
        if turn.stopping:
            if turn.ask is not None:
                return Step(0, AskClosed(ask=turn.ask.id, how="withdrawn"))
            return Step(0, TurnEnded(turn=turn.id, outcome="stopped"))
        if turn.ask is not None:
            return None
        return turn.next or Step(0, TurnEnded(turn=turn.id, outcome="failed", error=LOST_THREAD))

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
            case Answered():
                self._answered(row.entry.answer)
            case Interrupted():
                if self._turn is None:
                    self._stop_first = True
                else:
                    self._turn.stopping = True
            case event:
                self.since = row.time
                self._happened(event, row.time)

    def _answered(self, answer: Answer) -> None:
        if self._turn is None:
            return
        self._turn.answer = answer
        if isinstance(self._turn.ask, Confirmation) and answer.verb == "allow_session":
            self._allowed |= {self._turn.ask.tool}

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
            turn.close_ask()
        else:
            turn.follow(event)
