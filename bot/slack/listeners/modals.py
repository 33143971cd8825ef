"""Somebody sends a form that a card opened, or searches in a long menu.

Slack sends a form once and keeps it on the screen until it is acked without errors. So whatever is
wrong is said in the form itself, and nothing that was typed is lost.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

import structlog

from bot.core.asks import Answer, Confirmation, Question, check
from bot.core.errors import StoreUnavailable, SurfaceError
from bot.core.inbound import Always, Reply
from bot.core.ports import KnownAsk
from bot.slack import parse_modals
from bot.slack.bolt import Ack, Bolt
from bot.slack.intake import Intake, passed_over
from bot.slack.listeners.actions import NOT_OPEN, STORE_SECONDS, known_here, why_not
from bot.slack.parse import Body, Ignored
from bot.slack.parse_modals import Search, Submission, Unreadable
from bot.slack.render import answers, edits, modals, patterns
from bot.slack.render.blocks import Json
from bot.slack.render.forms import Errors
from bot.slack.render.inputs import equal
from bot.slack.render.masking import masked_ask

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

OURS = re.compile("^ask:modal:")
FINDS = re.compile("^ask:find:")

NOT_SAVED = "I could not save that. Nothing was changed; please send it again."
UNREADABLE = (
    "I was changed meanwhile and cannot read this form any more. Nothing was sent: copy what you "
    "wrote, close this, and open it again from its card."
)
NOT_OFFERED = "The agent does not offer this any more. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Wrong:
    """Sentences at fields of the form, by block id."""

    errors: Errors


@dataclass(frozen=True, slots=True)
class Beside:
    """A modal above the form, which stays below it."""

    view: Json


Trouble = Wrong | Beside


def register(app: Bolt, intake: Intake) -> None:
    async def on_sent(body: Body, ack: Ack) -> None:
        sent = parse_modals.submission(body, intake.me)
        trouble = None
        if isinstance(sent, Ignored):
            passed_over(sent, body)
        elif isinstance(sent, Unreadable):
            log.warning("slack.form_unreadable", fields=len(sent.blocks))
            trouble = Wrong(dict.fromkeys(sent.blocks[:1], UNREADABLE)) if sent.blocks else None
        else:
            trouble = await _sent(intake, sent)
        match trouble:
            case None:
                await ack()
            case Wrong(errors):
                await ack(response_action="errors", errors=errors)
            case Beside(view):
                await ack(response_action="push", view=view)

    async def on_search(body: Body, ack: Ack) -> None:
        searched = parse_modals.search(body, intake.me)
        if isinstance(searched, Ignored):
            passed_over(searched, body)
            await ack(options=[])
        else:
            await ack(options=await _found(intake, searched))

    app.view(OURS)(on_sent)
    app.options(FINDS)(on_search)


async def _sent(intake: Intake, sent: Submission) -> Trouble | None:
    try:
        async with asyncio.timeout(STORE_SECONDS):
            return await _taken(intake, sent)
    except (StoreUnavailable, SurfaceError, TimeoutError) as error:
        log.warning("slack.not_taken", key=sent.key, error=type(error).__name__)
        return _say(sent, NOT_SAVED)


async def _taken(intake: Intake, sent: Submission) -> Trouble | None:
    """Store what the form means; else what is wrong."""
    known = await known_here(intake, sent.modal.uid)
    if known is None:
        return _say(sent, NOT_OPEN)
    shown = masked_ask(known.view, intake.secrets)
    if known.view.status != "open":
        return Beside(modals.over(sent.modal, shown))
    if modals.opened(sent.modal, known.view.ask, shown) is None:
        return _say(sent, NOT_OFFERED)
    if refusal := await why_not(intake, known, sent.user, decides=True):
        log.info("slack.form_refused", key=sent.key)
        return Beside(modals.told(sent.modal, refusal))
    answer, always, errors = _read(known, shown.ask, sent)
    if errors:
        return Wrong(errors)
    problem = NOT_OFFERED if answer is None else check(known.view.ask, answer)
    if answer is None or problem is not None:
        return _say(sent, problem or NOT_OFFERED)
    reply = Reply(
        key=sent.key,
        thread=known.thread,
        by=await intake.directory.person(sent.user),
        ask=known.view.ask.id,
        answer=answer,
        place=sent.modal.place,
        always=always,
    )
    if await intake.bridge.accept(reply) == "ignored":
        return _say(sent, NOT_OPEN)
    return None


def _say(sent: Submission, sentence: str) -> Trouble:
    """At the first field; above the form where it has none."""
    first = next(iter(sent.filled), None)
    if first is None:
        return Beside(modals.told(sent.modal, sentence))
    return Wrong({first: sentence})


def _read(
    known: KnownAsk, shown: Confirmation | Question, sent: Submission
) -> tuple[Answer | None, Always | None, Errors]:
    """What the form says: the answer, a standing rule with it, and what is wrong."""
    ask, form, filled = known.view.ask, sent.modal.form, sent.filled
    if isinstance(ask, Question) or isinstance(shown, Question):
        if not isinstance(ask, Question) or form != "answer":
            return None, None, {}
        values, errors = answers.answers(ask, sent.modal.uid, filled)
        return Answer(verb="reply", values=values), None, errors
    match form:
        case "deny":
            reason = filled.get(modals.REASON)
            return Answer(verb="deny", text=(reason.value if reason else None) or None), None, {}
        case "agent_always":
            return Answer(verb="allow_always"), None, {}
        case "edit":
            effective, errors = edits.changed_input(ask, shown.input, filled)
            same = equal(effective, ask.input)
            return Answer(verb="allow", input=None if same else effective), None, errors
        case "always":
            rule, errors = patterns.standing_rule(ask, shown.input, filled)
            return Answer(verb="allow"), rule, errors
        case _:
            return None, None, {}


async def _found(intake: Intake, searched: Search) -> list[Json]:
    """The choices of an open question that fit what somebody typed."""
    async with asyncio.timeout(STORE_SECONDS):
        known = await known_here(intake, searched.uid)
        if known is None or known.view.status != "open":
            return []
        if await why_not(intake, known, searched.user, decides=False):
            return []
    shown = masked_ask(known.view, intake.secrets).ask
    if not isinstance(shown, Question) or searched.field >= len(shown.fields):
        return []
    return modals.found(searched.uid, shown.fields[searched.field], searched.text)
