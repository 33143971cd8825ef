"""Somebody presses a button or chooses from a menu.

Slack sends a press once. So when it could not be stored its person hears it at once, and it is not
acked: the buttons stay, and Slack marks the press as failed too.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import assert_never

import structlog

from bot.core.access import gate
from bot.core.approvals import may_decide
from bot.core.errors import StoreUnavailable, SurfaceError
from bot.core.ids import ThreadKey
from bot.core.inbound import Reply, Stop
from bot.core.ports import KnownAsk
from bot.slack import parse_modals, parse_presses
from bot.slack.action_ids import AskAction, ModalRef, OpenAction, PageAction, StopAction
from bot.slack.bolt import Ack, Bolt
from bot.slack.intake import Intake, passed_over
from bot.slack.parse import Body, Ignored
from bot.slack.parse_modals import Turned
from bot.slack.parse_presses import Click
from bot.slack.render import modals
from bot.slack.render.masking import masked_ask

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

ANY = re.compile("")
STORE_SECONDS = 1.5
"""Leaves time to tell the person before a listener's time is over."""

NOT_SAVED = "I could not save that. Nothing was changed; please press again."
NOT_OURS = "I do not know this button any more. Nothing was changed."
NOT_OPEN = "I do not know this request any more. Nothing was changed."
NOT_OPENED = "I could not open that window. Nothing was changed; please press again."
NO_SESSION = "I know of nothing running here. Nothing was changed."
SETTLED = "This is not open any more. Nothing was changed; its card says how it ended."


def register(app: Bolt, intake: Intake) -> None:
    async def on_action(body: Body, ack: Ack) -> None:
        click = parse_presses.click(body, intake.me)
        turned = parse_modals.turned(body, intake.me) if isinstance(click, Ignored) else None
        if isinstance(turned, Turned):
            await _turned(intake, turned)
        elif isinstance(click, Ignored):
            passed_over(click, body)
        else:
            await _pressed(intake, click)
        await ack()

    app.action(ANY)(on_action)


async def _pressed(intake: Intake, click: Click) -> None:
    trouble = NOT_OPENED if isinstance(click.action, OpenAction) else NOT_SAVED
    try:
        async with asyncio.timeout(STORE_SECONDS):
            refusal = await _taken(intake, click)
    except (StoreUnavailable, SurfaceError, TimeoutError):
        await intake.tell(click.thread, click.user, trouble)
        raise
    if refusal is not None:
        log.info("slack.press_refused", key=click.key, reason=refusal)
        await intake.tell(click.thread, click.user, refusal)


async def _taken(intake: Intake, click: Click) -> str | None:
    """Store what the press means; else a sentence for who pressed."""
    match click.action:
        case AskAction() as action:
            return await _answered(intake, click, action)
        case OpenAction() as action:
            return await _opened(intake, click, action)
        case StopAction(session):
            return await _stopped(intake, click, ThreadKey.parse(session))
        case PageAction() | None:
            return NOT_OURS
        case _:
            assert_never(click.action)


async def known_here(intake: Intake, uid: str) -> KnownAsk | None:
    """The ask, if it is one of this workspace. Raises `StoreUnavailable`."""
    known = await intake.bridge.find_ask(uid)
    return known if known is not None and known.thread.team == intake.me.team else None


async def why_not(intake: Intake, known: KnownAsk, user: str, *, decides: bool) -> str | None:
    """A sentence for who may not even read what is asked there, or `decides` and may not. What
    counts is checked when the session hears of it; this tells people before they fill in a form.

    Raises `SurfaceError`."""
    by = await intake.directory.person(user)
    refusal = gate("decide" if decides else "prompt", by, known.where, known.access)
    return refusal or (may_decide(by, known.where, known.terms) if decides else None)


async def _answered(intake: Intake, click: Click, action: AskAction) -> str | None:
    known = await known_here(intake, action.uid)
    if known is None:
        return NOT_OPEN
    ask = known.view.ask
    answer = parse_presses.answer_to(ask, action)
    if answer is None:
        return NOT_OPEN
    by = await intake.directory.person(click.user)
    place = _place(click, known)
    await intake.bridge.accept(
        Reply(
            key=click.key,
            thread=known.thread,
            by=by,
            ask=ask.id,
            answer=answer,
            place=place,
            all=action.all,
        )
    )
    return None


def _place(click: Click, known: KnownAsk) -> str:
    return "thread" if click.thread == known.thread else str(click.thread.place)


async def _opened(intake: Intake, click: Click, action: OpenAction) -> str | None:
    known = await known_here(intake, action.uid)
    if known is None:
        return NOT_OPEN
    decides = action.form not in ("show", "who")
    if decides and known.view.status != "open":
        return SETTLED
    if refusal := await why_not(intake, known, click.user, decides=decides):
        return refusal
    ref = ModalRef(action.uid, action.form, _place(click, known))
    groups = tuple((await intake.directory.group_names()).items())
    shown = replace(masked_ask(known.view, intake.secrets), groups=groups)
    view = modals.opened(ref, known.view.ask, shown)
    if view is None:
        return NOT_OPEN
    await intake.speaker.open_modal(click.trigger, view)
    return None


async def _turned(intake: Intake, turned: Turned) -> None:
    """Another page of a long input. Where that fails Slack marks the press: nothing is lost."""
    async with asyncio.timeout(STORE_SECONDS):
        known = await known_here(intake, turned.modal.uid)
        view = None
        if known is not None:
            shown = masked_ask(known.view, intake.secrets)
            refusal = await why_not(intake, known, turned.user, decides=False)
            view = modals.told(turned.modal, refusal) if refusal else None
            view = view or modals.turned(turned.modal, shown, turned.page)
        if view is None:
            view = modals.told(turned.modal, NOT_OPEN)
        await intake.speaker.change_modal(turned.view, turned.hash, view)


async def _stopped(intake: Intake, click: Click, home: ThreadKey) -> str | None:
    if home.team != intake.me.team or not await intake.bridge.bound(home):
        return NO_SESSION
    by = await intake.directory.person(click.user)
    await intake.bridge.accept(Stop(key=click.key, thread=home, by=by, via="button"))
    return None
