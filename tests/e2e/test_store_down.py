"""The store cannot be written for a while: nothing is acknowledged that was not stored."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest

from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, said
from tests.waiting import until

pytestmark = pytest.mark.slow


@asynccontextmanager
async def _locked(database: Path) -> AsyncGenerator[None]:
    """Somebody else holds the file's write lock."""
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as other:

        async def taken() -> bool:
            with suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
            return other.in_transaction

        await until(taken)
        yield
        other.execute("ROLLBACK")


async def test_an_event_is_not_acked_and_comes_again_E21(stage: Stage) -> None:
    slack = stage.slack

    async def tried_again() -> bool:
        return all(len(event.attempts) > 1 for event in slack.journal.deliveries)

    async with stage.bot():
        async with _locked(stage.database):
            thread = await slack.person("ana").mention("#dev", "echo after all")
            await until(tried_again, within=40)
            assert all(event.outcome == "pending" for event in slack.journal.deliveries)
        await thread.until(at_rest)
        assert said(thread).count("after all") == 1


async def test_who_clicks_is_told_at_once_and_the_buttons_stay(stage: Stage) -> None:
    slack = stage.slack
    ana = slack.person("ana")
    async with stage.bot():
        thread = await ana.mention("#dev", "deploy")
        await thread.until(lambda t: "Allow" in t.buttons())
        async with _locked(stage.database):

            async def told() -> bool:
                """They press again while nothing is said: a listener may be too slow to say it."""
                assert not await ana.click(thread, "Allow")
                return bool(slack.whispers(ana))

            await until(told, within=60)
            assert "I could not save that" in slack.whispers(ana)[0]
            assert "Allow" in thread.buttons()
        assert await ana.click(thread, "Allow")
        await thread.until(at_rest)
        assert "Allowed" in said(thread)
