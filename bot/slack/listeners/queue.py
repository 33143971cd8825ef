"""Somebody arranges what waits. As for other presses, who cannot be heard is told at once."""

from __future__ import annotations

import asyncio

import structlog

from bot.core.errors import StoreUnavailable, SurfaceError
from bot.core.inbound import Arrange
from bot.slack import parse_presses
from bot.slack.bolt import Ack, Bolt
from bot.slack.intake import Intake, passed_over
from bot.slack.listeners.actions import NOT_OURS, NOT_SAVED, STORE_SECONDS
from bot.slack.parse import Body, Ignored
from bot.slack.parse_presses import Press
from bot.slack.queue_ids import ANY

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def register(app: Bolt, intake: Intake) -> None:
    async def on_press(body: Body, ack: Ack) -> None:
        press = parse_presses.press(body, intake.me)
        if isinstance(press, Ignored):
            passed_over(press, body)
        else:
            await _pressed(intake, press)
        await ack()

    app.action(ANY)(on_press)


async def _pressed(intake: Intake, press: Press) -> None:
    try:
        async with asyncio.timeout(STORE_SECONDS):
            taken = await _taken(intake, press)
    except (StoreUnavailable, SurfaceError, TimeoutError):
        await intake.tell(press.thread, press.user, NOT_SAVED)
        raise
    if not taken:
        log.info("slack.press_refused", key=press.key)
        await intake.tell(press.thread, press.user, NOT_OURS)


async def _taken(intake: Intake, press: Press) -> bool:
    action = press.action
    if action is None or action.home.team != intake.me.team:
        return False
    by = await intake.directory.person(press.user)
    arrange = Arrange(key=press.key, thread=action.home, by=by, entry=action.entry, act=action.act)
    return await intake.bridge.accept(arrange) != "ignored"
