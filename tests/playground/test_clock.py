"""The clock everything in the local Slack tells the time by, driven: no test here waits."""

import asyncio

import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground, PlaygroundConfig
from bot.playground.clock import Clock
from tests.playground.delivering import eventually
from tests.waiting import until

START = 1_800_000_000.0


def standing() -> float:
    return START


async def due_in(clock: Clock, seconds: float) -> None:
    """Return once somebody waits for just that long."""

    async def waits() -> bool:
        return clock() + seconds in clock.dues

    await until(waits)


async def pass_over(clock: Clock, seconds: float) -> None:
    """Let a wait that long begin, and end."""
    await due_in(clock, seconds)
    clock.advance(seconds)


async def started(sleeping: "asyncio.Task[None]") -> None:
    """Let a task run up to where it waits."""
    await asyncio.sleep(0)
    assert not sleeping.done()


async def test_a_wait_ends_when_its_time_has_come_and_not_before() -> None:
    clock = Clock(standing)
    sleeping = asyncio.create_task(clock.sleep(60))
    await started(sleeping)
    clock.advance(59.5)
    await started(sleeping)
    clock.advance(0.5)
    await sleeping
    assert clock() == START + 60


async def test_no_wait_at_all_ends_at_once() -> None:
    await Clock(standing).sleep(0)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        Clock().advance(-1)


async def test_what_comes_too_late_has_timed_out() -> None:
    clock = Clock(standing)
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(clock.within(3, answer))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.advance(3)
    with pytest.raises(TimeoutError):
        await waiting
    answer.set_result("late")
    assert await clock.within(3, answer) == "late"


async def test_redelivery_keeps_to_its_schedule_on_the_clock() -> None:
    envelopes: list[SocketModeRequest] = []

    async def take(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        envelopes.append(request)

    config = PlaygroundConfig(retry_schedule=(2, 60, 300))
    async with Playground(config, now=standing) as slack:
        web = AsyncWebClient(base_url=slack.base_url)
        deaf = SocketModeClient(app_token=slack.app_token, web_client=web)
        deaf.socket_mode_request_listeners.append(take)
        await deaf.connect()
        await slack.person("ana").post("#dev", "hello")
        [delivery] = slack.journal.deliveries
        for tried, wait in enumerate((2, 60, 300), start=1):
            await eventually(lambda tried=tried: len(envelopes) == tried)
            await pass_over(slack.clock, 3)
            await due_in(slack.clock, wait)
            assert len(delivery.attempts) == tried
            slack.clock.advance(wait)
        await eventually(lambda: len(envelopes) == 4)
        await pass_over(slack.clock, 3)
        await slack.until(lambda: delivery.outcome == "given_up")
        assert [e.retry_attempt for e in envelopes] == [0, 1, 2, 3]
        await deaf.close()
