"""The bot as real processes, for tests that kill, stop and replace it."""

import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from bot.playground import Playground
from bot.playground.supervise import Bot

ROOT = Path(__file__).parent.parent

RUN = (sys.executable, "-m", "bot", "run")
"""The bot's command line."""

QUICK = "6"
"""DEMO_SPEED at which a turn with an approval takes about two seconds."""

_LEFT_OUT = (
    *("SLACK_", "DATABASE_", "THREADLINE_", "DEMO_", "LOG_"),
    "PYTHONDONTWRITEBYTECODE",  # a bot that compiles itself anew at each start takes seconds
)


def inherited() -> dict[str, str]:
    """The environment of a child process of this checkout; nothing of the developer's own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_LEFT_OUT)}
    return {**kept, "PYTHONPATH": str(ROOT)}


def lives(process: psutil.Process) -> bool:
    """Whether it has not ended; one that is dead and not buried has."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def environment(
    data: Path, *, database_url: str | None = None, speed: str = QUICK
) -> dict[str, str]:
    """The environment of a bot that keeps everything in `data`."""
    return {
        **inherited(),
        "THREADLINE_DATA_DIR": str(data),
        "DATABASE_URL": database_url or f"sqlite:///{data / 'threadline.db'}",
        "THREADLINE_PORT": "0",
        "DEMO_SPEED": speed,
        "LOG_FORMAT": "console",
    }


@asynccontextmanager
async def connected(slack: Playground, env: Mapping[str, str]) -> AsyncGenerator[Bot]:
    """One more bot for this Slack, connected when yielded and stopped at the end."""
    bot = Bot(slack.local.feed.publish)
    bot.command = (RUN, {**env, **slack.environment()})
    before = len(slack.local.socket_mode.sockets)
    await bot.start()
    try:
        await slack.until(lambda: len(slack.local.socket_mode.sockets) > before, 60)
        yield bot
    finally:
        await bot.stop()
