"""What turns have used up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.core.turn import Turn


@dataclass(frozen=True, slots=True)
class Spent:
    """Ended turns and the seconds they took; tokens; `cost` in US dollars, None when no agent
    told."""

    turns: int = 0
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None


NOTHING: Final = Spent()


def spent_in(turn: Turn) -> Spent:
    costs = [usage.cost for usage in turn.usage if usage.cost is not None]
    return Spent(
        turns=int(turn.ended_at is not None),
        seconds=max(0.0, turn.ended_at - turn.started_at) if turn.ended_at is not None else 0.0,
        input_tokens=sum(usage.input_tokens for usage in turn.usage),
        output_tokens=sum(usage.output_tokens for usage in turn.usage),
        cost=sum(costs) if costs else None,
    )


def total(spent: Iterable[Spent]) -> Spent:
    every = list(spent)
    costs = [each.cost for each in every if each.cost is not None]
    return Spent(
        turns=sum(each.turns for each in every),
        seconds=sum(each.seconds for each in every),
        input_tokens=sum(each.input_tokens for each in every),
        output_tokens=sum(each.output_tokens for each in every),
        cost=sum(costs) if costs else None,
    )
