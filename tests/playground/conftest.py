"""A local Slack with the real clients of slack_sdk and Bolt against it, over loopback."""

import time
from collections.abc import AsyncIterator, Callable

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground, PlaygroundConfig, server
from bot.playground.clock import Clock
from tests.unhurried import Unhurried


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, an app is in time unless a test drives the clock."""

    def clock(base: Callable[[], float]) -> Clock:
        return Clock(Unhurried() if base is time.time else base)

    monkeypatch.setattr(server, "Clock", clock)


@pytest.fixture
async def slack() -> AsyncIterator[Playground]:
    config = PlaygroundConfig(limits="off", retry_schedule=(0.01, 0.02, 0.03))
    async with Playground(config) as running:
        yield running


@pytest.fixture
async def driven() -> AsyncIterator[Playground]:
    """A local Slack with Slack's own retry schedule, which a test drives through."""
    async with Playground(PlaygroundConfig(limits="off", retry_schedule=(0.0, 60, 300))) as running:
        yield running


@pytest.fixture
def client(slack: Playground) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
