"""python -m tests.bench: how quick and how large the bot and the local Slack are.

Both are processes of their own, as after `make run`; people act on the page's routes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import Figure, idle_sizes, one_busy_thread, start


async def main() -> bool:
    """Print the table; whether every target was met."""
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as directory:
        data = Path(directory)
        figures = [*await start(data / "start"), *await one_busy_thread(data / "busy")]
        figures += await idle_sizes(data / "idle")
    print(_table(figures))
    return all(figure.met for figure in figures)


def _table(figures: list[Figure]) -> str:
    rows = [("", "measured", "target", "")]
    rows += [
        (
            figure.name,
            f"{figure.value:.2f} {figure.unit}",
            "" if figure.target is None else f"<= {figure.target:g} {figure.unit}",
            "" if figure.target is None else "pass" if figure.met else "MISS",
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    sys.exit(not asyncio.run(main()))
