"""What is measured, each with its target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. Without `target` it is for information. `bound` is what arithmetic
    allows at best."""

    name: str
    value: float
    unit: str = ""
    target: float | None = None
    bound: float | None = None

    @property
    def met(self) -> bool:
        return self.target is None or self.value <= self.target


@dataclass(frozen=True, slots=True)
class Result:
    """One row, measured with one app. `curve` has (seconds since the beginning, seconds behind) of
    the thread that was worst off, `trace` its calls."""

    row: str
    app: str
    figures: tuple[Figure, ...]
    curve: tuple[tuple[float, float], ...] = ()
    trace: tuple[tuple[float, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        return all(figure.met for figure in self.figures)
