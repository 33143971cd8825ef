"""All rows, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

from tests.bench import capacity, processes, rows
from tests.bench.figures import Result


@dataclass(frozen=True, slots=True)
class Row:
    """Something to measure, with each of `apps`, in about `seconds`. A row that stands `alone` is
    measured while nothing else runs; its loop is `speed` times as fast as the system's clock."""

    name: str
    title: str
    measure: Callable[[str], Coroutine[None, None, Result]]
    seconds: float
    apps: Sequence[str] = ("threadline",)
    alone: bool = False
    speed: float = 1.0


_PROCESSES = (
    Row("start", "from the start of the process to its socket", processes.start, 10, alone=True),
    Row("idle", "memory when nothing happens", processes.idle, 10, alone=True),
)

ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        *(
            Row(
                one.name,
                one.title,
                one.measure,
                one.seconds,
                one.apps,
                one.alone,
                one.speed,
            )
            for one in rows.ROWS
        ),
        Row("capacity", "a thousand sessions in one process", capacity.capacity, 120),
        *_PROCESSES,
    )
}
