"""Fixtures of the Slack edge."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.playground import Playground, PlaygroundConfig
from tests.slack.remembering import RememberingBridge


@pytest.fixture
async def local() -> AsyncIterator[Playground]:
    """A local Slack that soon sends again what was not acked."""
    config = PlaygroundConfig(retry_schedule=(0.05, 0.05, 0.05), limits="off")
    async with Playground(config, ack_deadline=0.5) as slack:
        yield slack


@pytest.fixture
def bridge() -> RememberingBridge:
    return RememberingBridge()
