"""One prompt and all the agent does for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from bot.core.events import PlanEntry
from bot.core.inbound import Prompt


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
    """One tool call. `part` is the part it began in; `input` one line of what the tool was given.
    Times in epoch seconds."""

    id: str
    tool: str
    title: str
    part: int
    started_at: float
    ended_at: float | None = None
    ok: bool | None = None
    summary: str = ""
    input: str = ""


@dataclass(frozen=True, slots=True)
class Thought:
    """The end of what the agent thought (see `folding.MOST_THOUGHT`); `cut` when there was more.
    `known` pairs each item with how many of its characters have come."""

    text: str = ""
    cut: bool = False
    known: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """The end of a part. `pieces` are what lies in it: an item's id, from and to which character.

    `ask` is the ask that sealed it, whose card stands below. `close` and `carry` as in `Cut`.
    `gone`: people deleted the message. Otherwise the part is full. `digest` is its text's, which
    never changes: see `text_digest`; None where an older version sealed it.
    """

    pieces: tuple[tuple[str, int, int], ...]
    ask: str | None = None
    gone: bool = False
    digest: str | None = None
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
    """`prompt` is None for a turn nobody asked for; `also` waited with it and were read together
    with it, `steered` were taken while the agent worked. `ref` is the agent's name for the turn.
    `messages` is how many parts are messages, once the answer is too long for all to be.
    `over`: the agent no longer works on it, and will not; a turn may have ended for us before."""

    number: int
    started_at: float
    prompt: Prompt | None = None
    also: tuple[Prompt, ...] = ()
    steered: tuple[Prompt, ...] = ()
    ref: str | None = None
    phase: TurnPhase = "sending"
    texts: tuple[TextItem, ...] = ()
    steps: tuple[Step, ...] = ()
    plan: tuple[PlanEntry, ...] = ()
    plan_revision: int = -1
    thought: Thought = Thought()
    usage: tuple[Usage, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    messages: int | None = None
    ended_at: float | None = None
    error: str = ""
    stopped_by: str | None = None
    stop_at: float | None = None
    over: bool = False

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """What it was begun with, in the order it was read."""
        return (self.prompt, *self.also) if self.prompt else ()

    @property
    def ended(self) -> bool:
        return self.phase in ENDED

    @property
    def parts(self) -> int:
        return len(self.boundaries) + 1

    @property
    def newest(self) -> int:
        """The newest part that is a message."""
        return (self.parts if self.messages is None else self.messages) - 1


def end(
    turn: Turn, outcome: Literal["done", "stopped", "failed"], at: float, error: str = ""
) -> Turn:
    """The turn as it ended; one that is being stopped is stopped, whatever else went wrong."""
    if turn.phase == "stopping":
        outcome, error = "stopped", ""
    steps = tuple(s if s.ended_at is not None else replace(s, ended_at=at) for s in turn.steps)
    return replace(turn, phase=outcome, ended_at=at, error=error, steps=steps)
