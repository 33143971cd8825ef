"""The real Bolt and SDK over the local Slack, with a bridge that remembers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from pydantic import SecretStr

from bot.playground import Playground, PlaygroundConfig
from bot.slack.app import Slack, connect
from bot.slack.catchup import Budget
from bot.slack.config import SlackConfig
from bot.slack.socket import Pace
from tests.slack.remembering import PlainSpeaker, RememberingBridge
from tests.waiting import until

QUICK = Pace(ping=0.2, quiet=0.6, patience=0.4, check=0.05, opening=2.0, listener=2.5)
AT_ONCE = Budget(spacing=0.0, settle=0.05, again=0.05)

Listening = Callable[..., AbstractAsyncContextManager[Slack]]


@pytest.fixture
async def local() -> AsyncIterator[Playground]:
    """A local Slack that sends again at once what was not acked."""
    config = PlaygroundConfig(retry_schedule=(0.05, 0.05, 0.05), limits="off")
    async with Playground(config, ack_deadline=0.5) as slack:
        yield slack


@pytest.fixture
def bridge() -> RememberingBridge:
    return RememberingBridge()


def config_of(local: Playground) -> SlackConfig:
    return SlackConfig(
        bot_token=SecretStr(local.bot_token),
        app_token=SecretStr(local.app_token),
        api_url=local.base_url,
    )


@asynccontextmanager
async def connected(
    local: Playground, bridge: RememberingBridge, pace: Pace = QUICK, budget: Budget = AT_ONCE
) -> AsyncIterator[Slack]:
    """Listening, until the block is left as an application leaves it."""
    async with connect(config_of(local), pace=pace, budget=budget) as slack:
        listening = asyncio.create_task(slack.listen(bridge, PlainSpeaker(slack.web)))
        try:
            await until(_true(lambda: slack.connected or listening.done()))
            yield slack
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        if not listening.cancelled():
            listening.result()


async def soon(condition: Callable[[], object]) -> None:
    await until(_true(condition))


def _true(condition: Callable[[], object]) -> Callable[[], object]:
    async def holds() -> bool:
        return bool(condition())

    return holds
