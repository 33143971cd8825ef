"""Two bots on one PostgreSQL: one is killed, frozen or stopped in mid-turn, the other goes on."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.playground import Playground, PlaygroundConfig, Thread
from bot.playground.journal import CallRecord
from bot.playground.supervise import Bot
from tests.databases import Postgres
from tests.e2e.conftest import REDELIVERY
from tests.e2e.reading import at_rest, ours, said
from tests.processes import connected, environment

pytestmark = pytest.mark.slow

TAKEOVER = 60.0
"""Seconds after which nobody takes over any more: a hang. On a machine that is not busy it takes 4
to 6."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two replicas; `owner` has the workspace's sessions, `other` waits."""

    slack: Playground
    owner: Bot
    other: Bot


@pytest.fixture
async def pair(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        config = await stack.enter_async_context(postgres.fresh())
        env = environment(tmp_path, database_url=config.url, speed="2")
        slack = await stack.enter_async_context(
            Playground(PlaygroundConfig(retry_schedule=REDELIVERY))
        )
        first = await stack.enter_async_context(connected(slack, env))
        await slack.until(lambda: _owns(first))
        second = await stack.enter_async_context(connected(slack, env))
        yield Pair(slack, first, second)


def _owns(bot: Bot) -> bool:
    """Whether it gained the workspace and has not lost it since."""
    news = re.findall(r"bucket\.(gained|lost)", "\n".join(bot.log))
    return bool(news) and news[-1] == "gained"


async def _half_way(slack: Playground) -> Thread:
    """A thread in which an answer is being written."""
    thread = await slack.person("ana").mention("#dev", "explain")
    await thread.until(lambda t: "How a session works here" in said(t))
    return thread


def _whole(thread: Thread) -> bool:
    return at_rest(thread) and said(thread).count("to be asked for permission") == 1


async def test_a_killed_replica_is_succeeded_in_mid_turn_E78(pair: Pair) -> None:
    thread = await _half_way(pair.slack)
    await pair.owner.kill()
    await pair.slack.until(lambda: _owns(pair.other), TAKEOVER)
    await thread.until(_whole, TAKEOVER)
    assert len(ours(thread)) == 1
    assert said(thread).count("The smallest agent") == 1


async def test_a_frozen_replica_that_wakes_shows_nothing_more_E78(pair: Pair) -> None:
    thread = await _half_way(pair.slack)
    os.kill(pair.owner.pid or 0, signal.SIGSTOP)
    await pair.slack.until(lambda: _owns(pair.other), TAKEOVER)
    await thread.until(_whole, TAKEOVER)
    outline, before = thread.outline(), len(_messages_sent(pair.slack, thread))
    os.kill(pair.owner.pid or 0, signal.SIGCONT)
    await pair.slack.until(lambda: not _owns(pair.owner), TAKEOVER)
    # Both take part again: what comes now is answered once.
    again = await pair.slack.person("ben").mention("#general", "echo still one voice")
    await again.until(lambda t: at_rest(t) and "still one voice" in said(t), TAKEOVER)
    assert len(ours(again)) == 1
    assert thread.outline() == outline
    assert len(_messages_sent(pair.slack, thread)) == before


def _messages_sent(slack: Playground, thread: Thread) -> list[CallRecord]:
    """Every post and edit the bots tried in this thread's channel."""
    return [
        call
        for method in ("chat.postMessage", "chat.update")
        for call in slack.journal.called(method)
        if call.arguments["channel"] == thread.channel
    ]


async def test_a_stopped_replica_drains_and_the_other_goes_on_E77(pair: Pair) -> None:
    thread = await _half_way(pair.slack)
    await pair.owner.stop()
    assert any(line.endswith("exit code 0") for line in pair.owner.log), pair.owner.log
    await pair.slack.until(lambda: _owns(pair.other), TAKEOVER)
    await thread.until(_whole, TAKEOVER)
    assert len(ours(thread)) == 1
