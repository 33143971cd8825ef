"""One story told to a bot that is killed meanwhile, and its ending compared with the plain one."""

from __future__ import annotations

import asyncio
import difflib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.playground import MethodFault, Playground, PlaygroundConfig
from tests.processes import RUN, environment
from tests.torture.kills import Kill, Plan
from tests.torture.story import PATIENCE, Ending, doubled, ending, left_undone, told
from tests.torture.victim import STRUCK
from tests.waiting import until

REDELIVERY = (0.3, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Slack sends again what was not acked; here in seconds instead of minutes."""


SAVED_WITHIN = 30.0
"""Seconds after the last change people see until the bot has stored it."""


class Missed(Exception):
    """The bot was not killed where it was meant to be."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`wrong` says what differs from the uninterrupted story; empty when nothing does."""

    plan: Plan
    seconds: float
    wrong: str
    log: Sequence[str] = ()

    def __str__(self) -> str:
        where = "; then ".join(map(str, self.plan))
        return f"{where}\n{self.wrong}" if self.wrong else where


@dataclass(frozen=True, slots=True)
class Told:
    ending: Ending
    seconds: float


async def uninterrupted() -> Told:
    """The story without a kill."""
    with tempfile.TemporaryDirectory(prefix="threadline-torture-") as directory:
        config = PlaygroundConfig(retry_schedule=REDELIVERY)
        async with Playground(config) as slack:
            return await _story(slack, (), Path(directory))


async def tortured(plan: Plan, expected: Ending) -> Verdict:
    """The story with the kills of `plan`, judged."""
    began = time.monotonic()
    slack = Playground(PlaygroundConfig(retry_schedule=REDELIVERY))
    with tempfile.TemporaryDirectory(prefix="threadline-torture-") as directory:
        try:
            async with slack:
                wrong = _difference(expected, (await _story(slack, plan, Path(directory))).ending)
        except* (Exception, asyncio.CancelledError) as errors:
            wrong = "\n".join(_causes(errors))
    return Verdict(plan, time.monotonic() - began, wrong, list(slack.bot.log))


async def all_of(plans: Sequence[Plan], expected: Ending, jobs: int) -> AsyncIterator[Verdict]:
    """The verdicts as they come, `jobs` stories at a time."""
    free = asyncio.Semaphore(jobs)

    async def one(plan: Plan) -> Verdict:
        async with free:
            return await tortured(plan, expected)

    for finished in asyncio.as_completed([one(plan) for plan in plans]):
        yield await finished


async def _story(slack: Playground, plan: Plan, data: Path) -> Told:
    gone = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_lives(slack, plan, data, gone))
        await slack.until(lambda: slack.local.socket_mode.sockets, PATIENCE)
        began = time.monotonic()
        threads = await told(slack, gone)
        seconds = time.monotonic() - began
    await _all_done(data / "threadline.db")
    shown = ending(slack, threads)
    await slack.bot.stop()
    shown["left"] = doubled(slack, threads) + left_undone(data / "threadline.db")
    shown["after the end"] = shown == {**shown, **ending(slack, threads)}
    return Told(shown, seconds)


async def _all_done(database: Path) -> None:
    """The bot stores a moment after it has shown. TimeoutError with what it still holds open."""
    left: list[str] = []

    async def nothing_is_left() -> bool:
        left[:] = left_undone(database)
        return not left

    try:
        await until(nothing_is_left, SAVED_WITHIN)
    except TimeoutError:
        raise TimeoutError(f"left in the database after {SAVED_WITHIN} s: {left}") from None


async def _lives(slack: Playground, plan: Plan, data: Path, gone: asyncio.Event) -> None:
    """Start the bot and have it killed, once for each kill; then let it live."""
    env = environment(data)
    for kill in plan:
        await _live_and_die(slack, kill, env)
        gone.set()
    await slack.start_bot(RUN, env)


async def _live_and_die(slack: Playground, kill: Kill, env: dict[str, str]) -> None:
    if kill.way == "posted":
        lost = MethodFault(drop="after", after=kill.nth - 1, times=1)
        slack.faults.methods["chat.postMessage"] = lost
    victim = (sys.executable, "-m", "tests.torture.victim", kill.point, str(kill.nth))
    await slack.start_bot(victim if kill.way == "victim" else RUN, env)
    match kill.way:
        case "victim":
            await slack.until(lambda: slack.bot.state == "stopped", PATIENCE)
            if not any(line.startswith(STRUCK) for line in slack.bot.log):
                raise Missed("it ended by itself")
            return
        case "posted":
            await slack.until(lambda: "chat.postMessage" not in slack.faults.methods, PATIENCE)
        case "draining":
            await _into_it(slack, kill)
            os.kill(slack.bot.pid or 0, signal.SIGTERM)
            await slack.until(lambda: any("draining" in line for line in slack.bot.log), PATIENCE)
        case "moment":
            await _into_it(slack, kill)
    await slack.bot.kill()


async def _into_it(slack: Playground, kill: Kill) -> None:
    """The one wait by the clock: the moment is what is tried out."""
    await slack.until(lambda: slack.local.socket_mode.sockets, PATIENCE)
    await asyncio.sleep(kill.after)


def _difference(expected: Ending, got: Ending) -> str:
    before, after = (
        json.dumps(shown, indent=1, ensure_ascii=False).splitlines() for shown in (expected, got)
    )
    return "\n".join(difflib.unified_diff(before, after, "uninterrupted", "killed", lineterm=""))


def _causes(errors: BaseExceptionGroup[BaseException]) -> list[str]:
    causes: list[str] = []
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            causes += _causes(error)
        else:
            causes.append(f"{type(error).__name__}: {error}")
    return causes
