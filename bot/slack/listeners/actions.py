"""Somebody presses a button or chooses from a menu.

Slack sends a press once. So when it could not be stored its person hears it at once, and it is not
acked: the buttons stay, and Slack marks the press as failed too.
"""

from __future__ import annotations

import asyncio
import re
from typing import assert_never

import structlog

from bot.core.errors import StoreUnavailable, SurfaceError
from bot.core.ids import ThreadKey
from bot.core.inbound import Reply, Stop
from bot.slack import parse
from bot.slack.action_ids import AskAction, StopAction
from bot.slack.bolt import Ack, Bolt
from bot.slack.intake import Intake, passed_over
from bot.slack.parse import Body, Click, Ignored

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

ANY = re.compile("")
STORE_SECONDS = 1.5
"""Leaves time to tell the person before a listener's time is over."""

NOT_SAVED = "I could not save that. Nothing was changed; please press again."
NOT_OURS = "I do not know this button any more. Nothing was changed."
NOT_OPEN = "I do not know this request any more. Nothing was changed."
NO_SESSION = "I know of nothing running here. Nothing was changed."


def register(app: Bolt, intake: Intake) -> None:
    async def on_action(body: Body, ack: Ack) -> None:
        click = parse.click(body, intake.me)
        if isinstance(click, Ignored):
            passed_over(click, body)
        else:
            await _pressed(intake, click)
        await ack()

    app.action(ANY)(on_action)


async def _pressed(intake: Intake, click: Click) -> None:
    try:
        async with asyncio.timeout(STORE_SECONDS):
            refusal = await _taken(intake, click)
    except (StoreUnavailable, SurfaceError, TimeoutError):
        await intake.tell(click.thread, click.user, NOT_SAVED)
        raise
    if refusal is not None:
        log.info("slack.press_refused", key=click.key, reason=refusal)
        await intake.tell(click.thread, click.user, refusal)


async def _taken(intake: Intake, click: Click) -> str | None:
    """Store what the press means; else a sentence for who pressed."""
    match click.action:
        case AskAction() as action:
            return await _answered(intake, click, action)
        case StopAction(session):
            return await _stopped(intake, click, ThreadKey.parse(session))
        case None:
            return NOT_OURS
        case _:
            assert_never(click.action)


async def _answered(intake: Intake, click: Click, action: AskAction) -> str | None:
    found = await intake.bridge.find_ask(action.uid)
    if found is None or found[0].team != intake.me.team:
        return NOT_OPEN
    home, ask = found
    answer = parse.answer_to(ask, action)
    if answer is None:
        return NOT_OPEN
    place = "thread" if click.thread == home else str(click.thread.place)
    by = await intake.directory.person(click.user)
    reply = Reply(key=click.key, thread=home, by=by, ask=ask.id, answer=answer, place=place)
    await intake.bridge.accept(reply)
    return None


async def _stopped(intake: Intake, click: Click, home: ThreadKey) -> str | None:
    if home.team != intake.me.team or not await intake.bridge.bound(home):
        return NO_SESSION
    by = await intake.directory.person(click.user)
    await intake.bridge.accept(Stop(key=click.key, thread=home, by=by, via="button"))
    return None
