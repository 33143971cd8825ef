"""Somebody opens the app's Home or presses a button there.

What they see is made by whoever owns the workspace, soon after what happened was stored. A press
that could not be stored is not acked: Slack marks it as failed, and nothing has changed.
"""

from __future__ import annotations

import asyncio
from typing import assert_never

import structlog

from bot.core.ids import ThreadKey
from bot.core.inbound import Person, Stop
from bot.slack import home_ids, parse
from bot.slack.bolt import Ack, Bolt
from bot.slack.home_ids import HomePress, RevokeAction, StopSessionAction
from bot.slack.intake import Intake, passed_over
from bot.slack.parse import Body, Ignored

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

STORE_SECONDS = 2.0

NOT_OURS = "I do not know this button any more. Nothing was changed."
NO_SESSION = "I know of nothing running there. Nothing was changed."
STOPPING = "I asked the agent to stop."


def register(app: Bolt, intake: Intake) -> None:
    async def on_opened(body: Body) -> None:
        user = parse.home_opened(body)
        if not isinstance(user, Ignored):
            person = await intake.directory.person(user)
            await intake.bridge.home_opened(intake.me.team, person)

    async def on_action(body: Body, ack: Ack) -> None:
        press = home_ids.home_press(body, intake.me)
        if isinstance(press, Ignored):
            passed_over(press, body)
        else:
            async with asyncio.timeout(STORE_SECONDS):
                await _pressed(intake, press)
        await ack()

    app.event("app_home_opened")(on_opened)
    app.action(home_ids.ANY)(on_action)


async def _pressed(intake: Intake, press: HomePress) -> None:
    by = await intake.directory.person(press.user)
    said = await _taken(intake, press, by)
    log.info("slack.home_press", key=press.key, said=said)
    await intake.bridge.home_opened(intake.me.team, by, said)


async def _taken(intake: Intake, press: HomePress, by: Person) -> str:
    """Store what the press means; a sentence for who pressed."""
    match press.action:
        case RevokeAction(grant):
            return await intake.bridge.revoke(intake.me.team, grant, by, press.key)
        case StopSessionAction(session):
            thread = ThreadKey.parse(session)
            if thread.team != intake.me.team or not await intake.bridge.bound(thread):
                return NO_SESSION
            stop = Stop(key=press.key, thread=thread, by=by, via="button")
            await intake.bridge.accept(stop)
            return STOPPING
        case None:
            return NOT_OURS
        case _:
            assert_never(press.action)
