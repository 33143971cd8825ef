"""Fixtures of the Slack edge."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.playground import Playground, PlaygroundConfig
from bot.slack import app, directory, intake, places
from bot.slack.listeners import actions, home, modals, queue
from tests.slack.remembering import RememberingBridge
from tests.unhurried import watched_clock
from tests.waiting import PATIENCE


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, what is to be done in time is done, unless a test says else."""
    monkeypatch.setattr(app, "HTTP_SECONDS", PATIENCE)
    monkeypatch.setattr(intake, "WHISPER_SECONDS", PATIENCE)
    monkeypatch.setattr(places, "LINK_PATIENCE", PATIENCE)
    for name in ("NAME_PATIENCE", "NAMES_PATIENCE"):
        monkeypatch.setattr(directory, name, PATIENCE)
    for listener in (actions, home, modals, queue):
        monkeypatch.setattr(listener, "STORE_SECONDS", PATIENCE)


@pytest.fixture
async def local() -> AsyncIterator[Playground]:
    """A local Slack that soon sends again what was not acked. Its clock passes over the times in
    which nobody was let work."""
    config = PlaygroundConfig(retry_schedule=(0.05, 0.05, 0.05), limits="off")
    async with watched_clock(moment=0.1) as now, Playground(config, now=now, ack_deadline=1) as it:
        yield it


@pytest.fixture
def bridge() -> RememberingBridge:
    return RememberingBridge()
