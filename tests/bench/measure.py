"""What is measured, each with its target."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.agents.demo.texts import essay
from bot.playground import Playground, Thread
from tests.processes import ROOT, RUN, environment
from tests.waiting import until

MIB = 1024 * 1024
FIRST_MINUTE = 60.0
STARTS = 3
CALM = 5.0
"""Seconds after which a process that was started counts as idle."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. Without `target` it is for information."""

    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def met(self) -> bool:
        return self.target is None or self.value <= self.target


async def start(data: Path) -> list[Figure]:
    """From the start of the process to its socket: the first makes the database, the others find
    it. The very first, which compiles the program, is left out."""
    seconds: list[float] = []
    working: list[float] = []
    async with Playground() as slack:
        for _ in range(1 + STARTS):
            began = time.monotonic()
            await slack.start_bot(RUN, environment(data))
            await slack.until(lambda: slack.bot.state == "running", 60)
            seconds.append(time.monotonic() - began)
            working.append(sum(psutil.Process(slack.bot.pid).cpu_times()[:2]))
            await slack.bot.kill()
    return [
        Figure("threadline run to connected", statistics.median(seconds[1:]), "s", 2.0),
        Figure("processor time of that", statistics.median(working[1:]), "s"),
    ]


async def one_busy_thread(data: Path) -> list[Figure]:
    """A long answer at natural pace under Slack's standard limits, as a reader sees it.

    How far the text is behind is told for each piece: from when the agent said it until it can be
    read.
    """
    async with Playground() as slack:
        await slack.start_bot(RUN, environment(data, speed="1"))
        await slack.until(lambda: slack.bot.state == "running", 60)
        began = time.time()
        thread = await slack.person("ana").mention("#dev", f"echo {essay(20_000)}")
        await thread.until(lambda t: t.status() == "processing" or t.reactions())
        sign = time.time() - began
        await thread.until(lambda t: len(t.messages()) > 1)
        first = time.time() - began
        seen = await _read_along(thread, began + FIRST_MINUTE)
        behind = list(_behind(data / "demo.db", seen))
        busy = _rss(slack.bot.pid)
    return [
        Figure("sign of life", sign, "s", 1.0),
        Figure("first text", first, "s"),
        Figure("text behind the agent, median", statistics.median(behind), "s"),
        Figure("text behind the agent, p95", statistics.quantiles(behind, n=20)[-1], "s", 1.0),
        Figure("text behind the agent, most", max(behind), "s"),
        Figure("bot while busy", busy, "MiB"),
    ]


async def idle_sizes(data: Path) -> list[Figure]:
    """Memory of `threadline playground` and of its bot, when nothing happens."""
    async with _playground(data) as local:
        (bot,) = local.children()
        await asyncio.sleep(CALM)
        return [
            Figure("bot idle", bot.memory_info().rss / MIB, "MiB", 130),
            Figure("local Slack idle", local.memory_info().rss / MIB, "MiB", 80),
        ]


@dataclass(frozen=True, slots=True)
class Seen:
    """The end of what could be read at a time, without anything but letters and digits."""

    at: float
    tail: str


async def _read_along(thread: Thread, end: float) -> list[Seen]:
    seen: list[Seen] = []

    def look(seen_thread: Thread) -> bool:
        newest = seen_thread.messages()[-1]
        written = [block["text"] for block in newest.blocks or [] if block["type"] == "markdown"]
        tail = _bare("".join(written))[-60:]
        if tail and (not seen or seen[-1].tail != tail):
            seen.append(Seen(time.time(), tail))
        return time.time() >= end

    await thread.until(look, timeout=end - time.time() + 10)
    return seen


def _behind(journal: Path, seen: list[Seen]) -> Iterator[float]:
    """For each piece the agent said, the seconds until it could be read; the last ones, which
    nobody has seen by then, are left out."""
    with closing(sqlite3.connect(journal)) as opened:
        rows = opened.execute(
            "SELECT time, body FROM journal WHERE kind = 'text_delta' ORDER BY seq"
        ).fetchall()
    pieces = [(at, _bare(json.loads(body)["text"])) for at, body in rows]
    said = "".join(text for _, text in pieces)
    readable = iter(_lengths(said, seen))
    at, length = 0.0, 0
    position = 0
    for spoken, text in pieces:
        position += len(text)
        while length < position:
            following = next(readable, None)
            if following is None:
                return
            at, length = following
        yield max(0.0, at - spoken)


def _lengths(said: str, seen: list[Seen]) -> Iterator[tuple[float, int]]:
    """How much of what was said could be read when. It repeats itself, but not soon."""
    length = 0
    for look in seen:
        found = said.find(look.tail, max(0, length - len(look.tail)))
        if found >= 0:
            length = found + len(look.tail)
            yield look.at, length


def _bare(text: str) -> str:
    return re.sub(r"\W|_", "", text)


def _rss(pid: int | None) -> float:
    return psutil.Process(pid).memory_info().rss / MIB


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
