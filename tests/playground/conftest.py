"""A local Slack with the real clients of slack_sdk and Bolt against it, over loopback."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground, PlaygroundConfig


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
