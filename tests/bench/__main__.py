"""python -m tests.bench: how soon people can read what agents say, and what that costs.

Each row runs in a process of its own; those that mostly wait run beside each other.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

from tests.bench.clock import run_at
from tests.bench.figures import Figure, Result
from tests.bench.node import install
from tests.bench.report import machine, table, write
from tests.bench.rows import PEERS
from tests.bench.table import ROWS, Row
from tests.processes import ROOT

AT_ONCE = 4
"""Rows beside each other: each keeps a core busy for about an eighth of its time."""
LAST_WORDS = 6
"""Lines told of a row that broke."""

_RESULTS = TypeAdapter(list[Result])


def run(
    row: Annotated[list[str] | None, typer.Option(help="only these rows")] = None,
    app: Annotated[list[str] | None, typer.Option(help="only with these apps")] = None,
    peers: Annotated[bool, typer.Option(help="also what needs Node")] = False,
    trace: Annotated[bool, typer.Option(help="the calls of the thread that was worst off")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="measure here, print JSON")] = False,
    save: Annotated[Path | None, typer.Option(help="keep the results in a file")] = None,
    from_file: Annotated[Path | None, typer.Option("--from", help="results kept before")] = None,
    write_docs: Annotated[bool, typer.Option("--write", help="renew docs/performance.md")] = False,
) -> None:
    """Measure rows and print them; exits with 1 where one misses a target."""
    if peers:
        install()
    jobs = [
        (ROWS[name], one)
        for name in row or ROWS
        for one in ROWS[name].apps
        if (one in app if app else peers or one not in PEERS)
    ]
    if as_json:
        results = [run_at(one.speed, one.measure(app)) for one, app in jobs]
        print(json.dumps([asdict(result) for result in results]))
        return
    if from_file is not None:
        results = _RESULTS.validate_python(json.loads(from_file.read_text()))
    else:
        results = asyncio.run(_measure(jobs))
    if save is not None:
        save.write_text(json.dumps([asdict(result) for result in results]))
    print(f"{machine()}\n\n{table(results, ROWS, trace=trace)}")
    if write_docs:
        write(ROOT / "docs", results, ROWS)
    if not all(result.met for result in results):
        raise typer.Exit(1)


async def _measure(jobs: Sequence[tuple[Row, str]]) -> list[Result]:
    """Each job in a process of its own; in the order of the jobs."""
    found: dict[tuple[str, str], Result] = {}
    room = asyncio.Semaphore(AT_ONCE)

    async def one(row: Row, app: str) -> None:
        async with room:
            found[row.name, app] = await _measure_apart(row, app)

    for row, app in jobs:
        if row.alone:
            await one(row, app)
    async with asyncio.TaskGroup() as tasks:
        for row, app in sorted(jobs, key=lambda job: -job[0].seconds):
            if not row.alone:
                tasks.create_task(one(row, app), name=f"{row.name} {app}")
    return [found[row.name, app] for row, app in jobs]


async def _measure_apart(row: Row, app: str) -> Result:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench", "--json", "--row", row.name, "--app", app),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode:
        last = tuple(err.decode().splitlines()[-LAST_WORDS:])
        result = Result(row.name, app, (Figure("broke", 1, target=0),), notes=last)
    else:
        (result,) = _RESULTS.validate_python(json.loads(out))
    print(f"{'ok  ' if result.met else 'MISS'} {row.name} ({app})", file=sys.stderr)
    return result


if __name__ == "__main__":
    typer.run(run)
