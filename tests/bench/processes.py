"""How quick and how large the real processes are, as after `make run`."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import psutil

from bot.playground import Playground
from tests.bench.figures import Figure, Result
from tests.processes import ROOT, RUN, environment
from tests.waiting import until

MIB = 1024 * 1024
STARTS = 3
CALM = 5.0
"""Seconds after which a process that was started counts as idle."""


async def start(app: str) -> Result:
    """From the start of the process to its socket: the first makes the database, the others find
    it. The very first, which compiles the program, is left out."""
    seconds: list[float] = []
    working: list[float] = []
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as directory:
        async with Playground() as slack:
            for _ in range(1 + STARTS):
                began = time.monotonic()
                await slack.start_bot(RUN, environment(Path(directory)))
                await slack.until(lambda: slack.bot.state == "running", 60)
                seconds.append(time.monotonic() - began)
                working.append(sum(psutil.Process(slack.bot.pid).cpu_times()[:2]))
                await slack.bot.kill()
    figures = (
        Figure("start to connected", statistics.median(seconds[1:]), "s", 2.0),
        Figure("processor time of a start", statistics.median(working[1:]), "s"),
    )
    return Result("start", app, figures)


async def idle(app: str) -> Result:
    """Memory of `threadline playground` and of its bot, when nothing happens."""
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as directory:
        async with _playground(Path(directory)) as local:
            (bot,) = local.children()
            await asyncio.sleep(CALM)
            figures = (
                Figure("bot idle", bot.memory_info().rss / MIB, "MiB", 130),
                Figure("local Slack idle", local.memory_info().rss / MIB, "MiB", 80),
            )
    return Result("idle", app, figures)


@asynccontextmanager
async def _playground(data: Path) -> AsyncGenerator[psutil.Process]:
    """`threadline playground`, once its bot is connected."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "playground", "--port", "0", "--data", str(data)),
        env=environment(data),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await until(lambda: _at_work(data / "threadline.db"), within=30)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.communicate()


async def _at_work(database: Path) -> bool:
    """Whether a bot owns the sessions in there."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            return bool(opened.execute("SELECT count(replica_id) FROM leases").fetchone()[0])
    except sqlite3.OperationalError:  # the file and its tables are being made
        return False
