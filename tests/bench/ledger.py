"""What agents said and when: the truth that readers are compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Turn:
    """One script as it was played. Times in epoch seconds of the scene's clock."""

    said: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    asked_at: float | None = None
    ended_at: float | None = None


class Ledger:
    """Turns by the number of their script. `now` is the clock of all times in it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.turns: dict[int, Turn] = {}

    def turn(self, number: int) -> Turn:
        return self.turns.setdefault(number, Turn())

    def said(self, number: int, text: str, at: float | None = None) -> None:
        self.turn(number).said.append((self.now() if at is None else at, text))

    def asked(self, number: int) -> None:
        self.turn(number).asked_at = self.now()

    def ended(self, number: int, at: float | None = None) -> None:
        self.turn(number).ended_at = self.now() if at is None else at
