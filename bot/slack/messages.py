"""The messages of a session: posted and edited, or streamed natively.

Every call waits for a permit of the lane; then the newest view is asked for, rendered and planned.
Where the plan is another call than the permit was for, a permit for that one is asked for first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, assert_never

import structlog

from bot.core.errors import (
    ChannelClosed,
    ContentRejected,
    LeaseLost,
    RateLimited,
    SlotGone,
    SurfaceError,
    SurfaceUnavailable,
)
from bot.core.ids import Receipt
from bot.core.ports import Newest, Target
from bot.core.views import (
    AskView,
    FileView,
    MarkView,
    Priority,
    Shown,
    StatusView,
    TurnView,
    priority_of,
)
from bot.slack import history
from bot.slack.attempt import Attempt, arguments, edited_length, receipt_of, seen
from bot.slack.audience import Audience
from bot.slack.directory import Directory
from bot.slack.lane import APPEND, EDIT, POST, START, STOP
from bot.slack.outgoing import Outgoing, code_of, ids
from bot.slack.places import Places
from bot.slack.plan import (
    Append,
    Delete,
    MessageStep,
    Post,
    SessionStatus,
    Start,
    Stop,
    Update,
    plan_message,
    session_status,
)
from bot.slack.recovery import Recovery
from bot.slack.refusals import StreamClosed, StreamOpen
from bot.slack.render import MessageView, plainly, render
from bot.slack.render.drawn import drawn, drawn_in_stream
from bot.slack.render.masking import masked
from bot.slack.render.secrets import BUILT_IN, Shape, mask
from bot.slack.render.stream import is_growing
from bot.slack.signs import Signs
from bot.slack.streams import Streams

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

WAIT: Final = 0.05
"""Seconds until a text is looked at again whose first word is not there yet."""
MOST_WAITS: Final = 6


class Messages:
    """Shows turns, cards and notices."""

    def __init__(
        self,
        outgoing: Outgoing,
        recovery: Recovery,
        audience: Audience,
        signs: Signs,
        places: Places,
        directory: Directory,
        secrets: Sequence[Shape] = BUILT_IN,
    ) -> None:
        self._out, self._recovery, self._audience = outgoing, recovery, audience
        self._signs, self._places, self._directory = signs, places, directory
        self._secrets = secrets
        self._streams = Streams(outgoing.lane, outgoing.clock)

    async def show(self, target: Target, receipt: Receipt | None, newest: Newest) -> Receipt | None:
        """As `Surface.show`, for views that are messages."""
        channel = await self._places.channel_of(target.key.place)
        attempt = self._begin(target, receipt, channel)
        if not target.key.place.thread_ts:
            attempt.link = await self._places.link(target.thread)
        if target.key.slot.startswith("ask:"):
            attempt.groups = tuple((await self._directory.group_names()).items())
        try:
            return await self._show(attempt, newest)
        except LeaseLost:
            self._streams.end(attempt.key, attempt.name)  # it is another owner's now
            raise
        except RateLimited:
            raise  # it goes on a little later
        except Exception:
            await self._let_go(attempt)
            raise
        finally:
            if attempt.permitted == START:  # no stream was begun, so none will end
                self._out.lane.closed(attempt.name)

    async def _show(self, attempt: Attempt, newest: Newest) -> Receipt | None:
        while True:
            await self._permit(attempt)
            shown = await newest()
            if shown is None:
                return None
            view = message_view(shown)
            attempt.priority = min(attempt.priority, priority_of(view, attempt.receipt))
            step = self._plan(attempt, view)
            if _lacks_its_first_word(step, view) and attempt.waits < MOST_WAITS:
                attempt.waits += 1
                await self._out.clock.sleep(WAIT)
                continue
            if step is None:
                return seen(attempt.receipt, view)
            if step.method != attempt.method:
                if attempt.method == START:
                    self._post_instead(attempt)
                attempt.method = step.method
                continue
            attempt.permitted = ""
            shown_now = await self._take(attempt, step, view)
            if shown_now is not None:
                return shown_now

    # ---- which call

    async def _permit(self, attempt: Attempt) -> None:
        """One that was not used yet is still good."""
        if attempt.permitted != attempt.method:
            priority, name = attempt.priority, attempt.name
            await self._out.lane.permit(attempt.method, attempt.channel, priority, name)
            attempt.permitted = attempt.method

    def _begin(self, target: Target, receipt: Receipt | None, channel: str) -> Attempt:
        """The likely next call: what is shown now decides, and how urgent the rest is."""
        attempt = Attempt(target, receipt, target.priority, EDIT, channel=channel)
        if receipt is not None and receipt.ts:
            if receipt.transport == "stream":
                grows = target.priority > Priority.FIRST and self._streams.knows(target.key)
                attempt.method = APPEND if grows else STOP
            return attempt
        attempt.method = POST
        if target.key.slot.startswith("turn:") and target.priority > Priority.FINAL:
            attempt.recipient = self._audience.recipient(channel, target.asked_by)
            if attempt.recipient is not None and self._streams.have_room(channel):
                attempt.method = START
        return attempt

    def _plan(self, attempt: Attempt, view: MessageView) -> MessageStep | None:
        receipt, whole = attempt.receipt, view
        view = masked(view, self._secrets)
        if isinstance(view, AskView):
            view = replace(view, link=attempt.link, groups=attempt.groups)
        if isinstance(view, TurnView):
            if receipt is not None and receipt.transport == "stream" and not receipt.lost:
                return self._streams.plan(receipt, view, self._status(attempt, view), attempt.name)
            started = self._streams.start(view, attempt.name) if attempt.method == START else None
            if started is not None and (started.chunks or attempt.waits < MOST_WAITS):
                return started
        every = self._out.lane.pace(EDIT, attempt.name)
        content = plainly(view) if attempt.plain else render(view, every)
        return plan_message(receipt, whole, content, kept=attempt.kept)

    def _status(self, attempt: Attempt, view: TurnView) -> SessionStatus:
        """What stopping a stream makes of the session: of a turn that goes on in the next part,
        what was told last."""
        if view.last:
            return session_status(view)
        return self._signs.told(attempt.key.place) or "processing"

    # ---- the call, and what became of it

    async def _take(self, attempt: Attempt, step: MessageStep, view: MessageView) -> Receipt | None:
        """The receipt once Slack shows the view; None to go on with what `attempt` says now.

        Raises `SurfaceError` for good, `LeaseLost`.
        """
        attempt.since = self._out.clock.time()
        try:
            ts = await self._write(attempt, step)
            return self._taken(attempt, step, ts, view)
        except RateLimited:
            if not isinstance(step, Start):
                raise
            self._post_instead(attempt)
        except SurfaceUnavailable:
            await self._back_off(attempt)
            return await self._clear_up(attempt, step, view)
        except StreamClosed:
            self._edit_from_now_on(attempt)
        except StreamOpen as error:
            if isinstance(step, Delete):
                self._refused(attempt, step, error)
            else:
                await self._back_off(attempt)
                self._stop_first(attempt)
        except SlotGone as error:
            if isinstance(step, Delete):
                return self._taken(attempt, step, step.ts, view)
            error.shown_length = self._drawn(attempt, view)
            raise
        except SurfaceError as error:
            self._refused(attempt, step, error)
        return None

    async def _write(self, attempt: Attempt, step: MessageStep) -> str:
        """The ts of the message. Raises `SurfaceError`, `LeaseLost`."""
        self._out.lane.require_alive()
        try:
            answer = await self._out.call(step.method, attempt.channel, arguments(attempt, step))
        except asyncio.CancelledError:
            self._streams.doubt(attempt.key)  # Slack does what it heard
            raise
        ts = answer.get("ts")
        if not isinstance(ts, str):
            raise SurfaceUnavailable()
        return ts

    def _taken(
        self, attempt: Attempt, step: MessageStep, ts: str, view: MessageView
    ) -> Receipt | None:
        match step:
            case Start() | Append():
                self._streams.took(attempt.key, ts, step.holds)
                old = attempt.receipt
                begun = old.streamed_at if old and isinstance(step, Append) else attempt.since
                return replace(
                    receipt_of(attempt.key, ts, view), transport="stream", streamed_at=begun
                )
            case Stop(whole=False):
                self._signs.tell(attempt.key.place, step.status)
                self._edit_from_now_on(attempt)
                return None
            case Stop():
                self._signs.tell(attempt.key.place, step.status)
                self._streams.end(attempt.key, attempt.name)
                return receipt_of(attempt.key, ts, view)
            case Delete():
                return receipt_of(attempt.key, ts, view)
            case Post() | Update():
                self._streams.end(attempt.key, attempt.name)
                if isinstance(view, AskView) and view.status == "settled":
                    self._out.lane.settled(attempt.name)
                return replace(receipt_of(attempt.key, ts, view), length=edited_length(view))
            case _:
                assert_never(step)

    async def _clear_up(
        self, attempt: Attempt, step: MessageStep, view: MessageView
    ) -> Receipt | None:
        """Nobody knows whether Slack did it. Edits are repeated, the rest is looked up."""
        match step:
            case Post() | Start():
                found = await self._recovery.posted_after_all(
                    attempt.target, attempt.since, self._streams.names()
                )
                if isinstance(step, Start) and found and found.transport == "stream":
                    return self._taken(attempt, step, found.ts, view)
                if found is not None:
                    self._out.lane.closed(attempt.name)
                    attempt.receipt, attempt.method = found, EDIT
            case Append():
                words = await self._recovery.words_of(attempt.target, step.ts)
                before = self._streams.text_of(attempt.key)
                match history.came_to(words, before, step.holds.text):
                    case "after":
                        return self._taken(attempt, step, step.ts, view)
                    case "before":
                        pass
                    case _:
                        self._streams.doubt(attempt.key)
            case Stop():
                self._streams.doubt(attempt.key)
            case Update() | Delete():
                pass
            case _:
                assert_never(step)
        return None

    def _refused(self, attempt: Attempt, step: MessageStep, error: SurfaceError) -> None:
        """Another way to show it. Raises `error` where there is none."""
        match step:
            case Start():
                self._audience.refused(attempt.channel, code_of(error))
                self._post_instead(attempt)
            case Append() | Stop() if isinstance(error, ChannelClosed):
                self._streams.end(attempt.key, attempt.name)
                raise error
            case Append():
                self._streams.doubt(attempt.key)
            case Stop() if step.chunks or step.footer:
                self._streams.doubt(attempt.key)
            case Stop():
                self._edit_from_now_on(attempt)
            case Post() | Update() if _content(error) and not attempt.plain:
                attempt.plain = True
            case Delete() if not isinstance(error, ChannelClosed):
                attempt.kept, attempt.method = True, EDIT
            case _:
                self._streams.end(attempt.key, attempt.name)
                raise error

    def _post_instead(self, attempt: Attempt) -> None:
        self._out.lane.closed(attempt.name)
        attempt.method = POST

    def _drawn(self, attempt: Attempt, view: MessageView) -> int | None:
        """How much of the text readers saw before the message was deleted: the end of what we were
        told to show may have been held back."""
        held = self._streams.text_of(attempt.key)
        self._streams.end(attempt.key, attempt.name)
        if not isinstance(view, TurnView) or attempt.receipt is None:
            return None
        told = view.text[: attempt.receipt.length]
        if held is None:
            return drawn(told)
        return drawn_in_stream(told, held, lambda text: mask(text, self._secrets))

    def _edit_from_now_on(self, attempt: Attempt) -> None:
        """The stream is over, and what it shows is not (known to be) right."""
        self._streams.end(attempt.key, attempt.name)
        if attempt.receipt is not None:
            attempt.receipt = replace(attempt.receipt, transport="message", shown="")
        attempt.method = EDIT

    def _stop_first(self, attempt: Attempt) -> None:
        """Slack says that this message is a stream, and open."""
        self._streams.end(attempt.key, attempt.name)
        if attempt.receipt is not None:
            attempt.receipt = replace(attempt.receipt, transport="stream", shown="")
        attempt.method = STOP

    async def _let_go(self, attempt: Attempt) -> None:
        """What went wrong will not be shown; a stream must not stay open for it."""
        receipt, channel = attempt.receipt, attempt.channel
        if receipt is None or not self._streams.knows(attempt.key):
            return
        self._streams.doubt(attempt.key)
        stop = Stop(receipt.ts, self._signs.told(attempt.key.place) or "processing")
        try:
            await self._out.lane.permit(STOP, channel, Priority.FINAL, attempt.name)
            await self._write(attempt, stop)
        except SurfaceError as error:
            log.warning("stream.left", **ids(attempt.target), error=code_of(error))
        self._streams.end(attempt.key, attempt.name)

    async def _back_off(self, attempt: Attempt) -> None:
        await self._out.back_off(attempt.tries, attempt.target)
        attempt.tries += 1


def _lacks_its_first_word(step: MessageStep | None, view: MessageView) -> bool:
    """Whether a message would begin without any of the text that is about to be there."""
    match step:
        case Start():
            return not step.chunks
        case Post() if isinstance(view, TurnView) and is_growing(view) and not view.steps:
            shown = any(block["type"] == "markdown" for block in step.content.blocks)
            return bool(view.text.strip()) and not shown
        case _:
            return False


def message_view(shown: Shown) -> MessageView:
    """Raises `SurfaceError` for what is no message."""
    if isinstance(shown, MarkView | StatusView | FileView):
        raise SurfaceError()
    return shown


def _content(error: SurfaceError) -> bool:
    return isinstance(error, ContentRejected)
