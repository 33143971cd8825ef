"""The results as a table for the terminal and as a page of the documentation."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from tests.bench.figures import Figure, Result
from tests.bench.node import versions
from tests.bench.plot import plot
from tests.bench.table import Row

BEGIN = "<!-- measured: `python -m tests.bench --write` writes this part -->"
END = "<!-- end of what was measured -->"
PLOTTED = ("ten-one", "ten-several")
OURS = "threadline"
SHOWN = {
    "first": "First text",
    "mean": "Mean behind",
    "p95": "p95",
    "late": "Last word late",
    "asked": "Asked",
    "chat calls": "`chat.*` calls",
}
COMPARED = {
    "first": "First text",
    "mean": "Mean behind",
    "late": "Last word late",
    "chat calls": "`chat.*` calls",
    "429": "Refused (429)",
    "lost": "Lost",
    "extra": "Doubled",
}
"""Names of figures and how the columns are headed."""


def machine() -> str:
    """The facts that make numbers comparable."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), "
        f"{memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}, "
        f"slack-sdk {version('slack-sdk')}, {versions()}"
    )


def table(results: Sequence[Result], rows: Mapping[str, Row], *, trace: bool = False) -> str:
    """What was to be reached first, then what was measured for information."""
    lines: list[str] = []
    for result in results:
        lines.append(f"{result.row}: {rows[result.row].title} ({result.app})")
        lines += [f"  {line}" for line in _columns(result.figures)]
        lines += [f"  ! {note}" for note in result.notes]
        if trace:
            calls = " ".join(f"{name.split('.')[-1]}@{at:.2f}" for at, name in result.trace)
            lines.append(f"  {calls}")
    return "\n".join(lines)


def _columns(figures: Sequence[Figure]) -> Iterator[str]:
    for figure in sorted(figures, key=lambda figure: figure.target is None):
        line = f"{figure.name:24}{_number(figure.value):>10} {figure.unit:4}"
        if figure.target is not None:
            verdict = "pass" if figure.met else "MISS"
            line += f"  <= {_number(figure.target):>6}  {verdict}"
        if figure.bound is not None:
            line += f"  {figure.value / figure.bound:.2f} x the bound of {_number(figure.bound)}"
        yield line.rstrip()


def _number(value: float) -> str:
    if math.isinf(value):
        return "never"
    return f"{value:g}" if value == int(value) else f"{value:.2f}"


def write(docs: Path, results: Sequence[Result], rows: Mapping[str, Row]) -> None:
    """Renew the measured part of performance.md, and its plot."""
    page = docs / "performance.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    measured = "\n".join(_measured(results, rows))
    page.write_text(f"{before}{BEGIN}\n{measured}\n{END}{after}")
    for name in PLOTTED:
        curves = {r.app: r.curve for r in results if r.row == name}
        if curves:
            (docs / f"performance-{name}.svg").write_text(plot(rows[name].title, curves))


def _measured(results: Sequence[Result], rows: Mapping[str, Row]) -> Iterator[str]:
    ours = [result for result in results if result.app == OURS]
    scenes = [result for result in ours if "first" in _known(result)]
    yield f"\n{machine()}.\n"
    yield _line("Scenario", *SHOWN.values(), "To reach", "")
    yield _line("---", *("---:" for _ in SHOWN), "---", "---")
    for result in scenes:
        yield _line(
            rows[result.row].title, *_cells(result, SHOWN), _targets(result), _verdict(result)
        )
    yield f"\n{_kept(scenes)}\n"
    yield _line("Process", "Measured", "To reach")
    yield _line("---", "---:", "---:")
    for result in ours:
        if result not in scenes:
            yield from _facts(result)
    others = dict.fromkeys(result.row for result in results if result.app != OURS)
    yield "\n### Beside others\n"
    yield _line("Scenario", "App", *COMPARED.values())
    yield _line("---", "---", *("---:" for _ in COMPARED))
    for result in sorted(
        (result for result in results if result.row in others), key=lambda r: [*others].index(r.row)
    ):
        yield _line(rows[result.row].title, result.app, *_cells(result, COMPARED))
    for name in PLOTTED:
        yield f"\n![{rows[name].title}](performance-{name}.svg)"
    yield ""


def _kept(scenes: Sequence[Result]) -> str:
    """What must hold in every row, in one sentence."""
    broken = [
        f"{scene.row}: {figure.name} {_number(figure.value)}"
        for scene in scenes
        for figure in scene.figures
        if figure.target == 0 and not figure.met
    ]
    if broken:
        return f"Not kept: {', '.join(broken)}."
    return (
        "In all of these nothing was lost, doubled, hidden again, left animated or against a rule "
        "of Slack's, and no call was refused for its number where none should be."
    )


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _known(result: Result) -> dict[str, Figure]:
    return {figure.name: figure for figure in result.figures}


def _cells(result: Result, names: Mapping[str, str]) -> Iterator[str]:
    known = _known(result)
    for name in names:
        yield f"{_number(known[name].value)} {known[name].unit}".strip() if name in known else "–"


def _targets(result: Result) -> str:
    """What has a target of its own; what holds in every row is told once."""
    wanted = [f for f in result.figures if f.target]
    return ", ".join(
        f"{f.name} {_number(f.target or 0.0)}"
        + (f" (bound {_number(f.bound)})" if f.bound is not None else "")
        for f in wanted
    )


def _verdict(result: Result) -> str:
    missed = ", ".join(figure.name for figure in result.figures if not figure.met)
    return f"**misses {missed}**" if missed else "met"


def _facts(result: Result) -> Iterator[str]:
    for figure in result.figures:
        target = "" if figure.target is None else f"{_number(figure.target)} {figure.unit}".strip()
        target += "" if figure.met else " **missed**"
        yield _line(figure.name, f"{_number(figure.value)} {figure.unit}".strip(), target)
