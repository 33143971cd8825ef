"""The real Bolt and SDK at a local Slack, with a bridge that remembers behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from pydantic import SecretStr

from bot.playground import Playground
from bot.slack.app import Slack, connect
from bot.slack.catchup import Budget
from bot.slack.config import SlackConfig
from bot.slack.socket import Pace
from tests.slack.remembering import PlainSpeaker, RememberingBridge
from tests.waiting import PATIENCE, until

CALM = Pace(listener=PATIENCE)
QUICK = replace(CALM, ping=0.2, quiet=0.6, patience=0.4, check=0.05, opening=1.0)
AT_ONCE = Budget(spacing=0.0, settle=0.05, again=0.05)


def config_of(local: Playground) -> SlackConfig:
    return SlackConfig(
        bot_token=SecretStr(local.bot_token),
        app_token=SecretStr(local.app_token),
        api_url=local.base_url,
    )


@asynccontextmanager
async def joined(
    config: SlackConfig, bridge: RememberingBridge, pace: Pace = CALM, budget: Budget = AT_ONCE
) -> AsyncGenerator[Slack]:
    """Listening, until the block is left as an application leaves it."""
    async with connect(config, pace=pace, budget=budget) as slack:
        listening = asyncio.create_task(slack.listen(bridge, PlainSpeaker(slack.web)))
        try:
            await soon(lambda: slack.connected or listening.done())
            yield slack
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        if not listening.cancelled():
            listening.result()


async def soon(condition: Callable[[], object], within: float = PATIENCE) -> None:
    async def holds() -> bool:
        return bool(condition())

    await until(holds, within)
