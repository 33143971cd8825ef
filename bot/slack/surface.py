"""Where sessions are shown in Slack: every call that writes there is made here.

Every call waits for a permit of the lane. A message is rendered from the newest view after its
permit was granted, and carries metadata by which it is found again when Slack's answer was lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

import structlog
from pydantic import ValidationError

from bot.core.errors import (
    ContentRejected,
    RateLimited,
    SlotGone,
    SurfaceError,
    SurfaceUnavailable,
)
from bot.core.ids import PartKey, Receipt, ThreadKey
from bot.core.ports import Intent, Newest, Target
from bot.core.views import (
    HomeView,
    MarkView,
    Priority,
    Shown,
    StatusView,
    TurnView,
    digest,
    priority_of,
)
from bot.slack import history
from bot.slack.calls import Refused, Web, send
from bot.slack.clock import Clock, SystemClock
from bot.slack.directory import Directory
from bot.slack.lane import EDIT, POST, Lane
from bot.slack.parse import Identity
from bot.slack.plan import Post, React, SetStatus, Update, plan_mark, plan_message, plan_status
from bot.slack.reading import read_thread
from bot.slack.refusals import meaning
from bot.slack.render import Content, MessageView, plainly, render
from bot.slack.render.home import home
from bot.slack.render.notices import whisper as whispered
from bot.slack.wire import NamedById

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

RECOVER_MARGIN: Final = 5.0
"""Seconds before an intent from which its message is looked for: clocks differ a little."""
RECOVER_AGAIN: Final = 2.0
"""Seconds until Slack surely lists what it took."""
LONGEST_BACK_OFF: Final = 15.0

_STATUS_METHOD = "agents.sessions.setStatus"

# Refusals that hold for the whole workspace, not only for one channel.
_NO_SESSIONS = frozenset(
    {"feature_disabled", "missing_scope", "not_allowed_token_type", "unknown_method"}
)
_REACTED = frozenset({"already_reacted", "no_reaction"})


class SlackSurface:
    """Implements `core.ports.Surface` for one workspace."""

    def __init__(
        self,
        web: Web,
        lane: Lane,
        me: Identity,
        *,
        directory: Directory | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._web, self._lane, self._me = web, lane, me
        self._directory = directory or Directory(web, me)
        self._clock = clock or SystemClock()
        self._has_sessions: dict[str, bool] = {}
        self._no_sessions_at_all = False

    async def show(self, target: Target, receipt: Receipt | None, newest: Newest) -> Receipt | None:
        """As `Surface.show`. Does not return before Slack has taken the view or refused it: what
        may pass (limits, a Slack that cannot be reached) is waited out, and after each wait the
        newest view is asked for again."""
        kind = target.key.slot.partition(":")[0]
        if kind == "mark":
            return await self._show_mark(target, receipt, newest)
        if kind == "status":
            return await self._show_status(target, receipt, newest)
        return await self._show_message(target, receipt, newest)

    async def whisper(self, thread: ThreadKey, user: str, text: str) -> None:
        """In the thread, for `user` alone; by direct message where Slack refuses that. `text` is
        ours and may name people as `<@U1>`. Raises `SurfaceError`."""
        content = whispered(text)
        said = {"text": content.text, "blocks": [*content.blocks]}
        place = {"channel": thread.channel, "user": user, "thread_ts": thread.thread_ts}
        try:
            await self._permitted("chat.postEphemeral", thread.channel, {**place, **said})
        except (RateLimited, SurfaceUnavailable):
            raise
        except SurfaceError as error:
            log.info("whisper.by_message", session=str(thread), user=user, error=_code(error))
            opened = await self._permitted("conversations.open", "", {"users": user})
            direct = _id_of(opened)
            await self._permitted(POST, direct, {"channel": direct, **said, **_QUIET})

    async def publish_home(self, user: str, view: HomeView) -> None:
        """Raises `SurfaceError`."""
        await self._permitted("views.publish", "", {"user_id": user, "view": home(view)})

    async def earlier(self, thread: ThreadKey, before: str) -> str:
        """As `Surface.earlier`: quoted, with names, at most `history.MOST_CHARACTERS` of it."""
        if before == thread.thread_ts:
            return ""
        messages = await read_thread(self._web, self._lane, thread.place, latest=before)
        written = history.said_before(messages, before)
        names = await self._directory.names(history.named_by(written))
        return history.told(written, names, self._me)

    async def recover(self, intents: Sequence[Intent]) -> list[Receipt]:
        """As `Surface.recover`. Looks twice, because Slack may list a message a moment late."""
        found = await self._look_for(intents)
        missing = [intent for intent in intents if intent.key not in found]
        if missing:
            await self._clock.sleep(RECOVER_AGAIN)
            found |= await self._look_for(missing)
        return [Receipt(key=key, ts=ts, shown="") for key, ts in found.items()]

    # ---- messages

    async def _show_message(
        self, target: Target, receipt: Receipt | None, newest: Newest
    ) -> Receipt | None:
        key, priority = target.key, target.priority
        tries = 0
        rejected = False
        while True:
            method = EDIT if receipt is not None and receipt.ts else POST
            await self._lane.permit(method, key.place.channel, priority, _name(target))
            view = await newest()
            if view is None:
                return None
            shown = _message_view(view)
            content = plainly(shown) if rejected else render(shown)
            op = plan_message(receipt, shown, content)
            if op is None:
                return receipt
            priority = min(priority, priority_of(shown, receipt))
            since = self._clock.time()
            try:
                ts = await self._write(target, op)
                return _receipt(key, ts, shown)
            except RateLimited:
                continue
            except SurfaceUnavailable:
                await self._back_off(tries, target)
                tries += 1
                if isinstance(op, Post):
                    receipt = await self._posted_after_all(target, since) or receipt
            except ContentRejected:
                if rejected:
                    raise
                rejected = True

    async def _write(self, target: Target, op: Post | Update) -> str:
        """The ts of the message. Raises `SurfaceError`, `LeaseLost`."""
        self._lane.require_alive()
        place = target.key.place
        match op:
            case Post():
                thread: dict[str, object] = {"thread_ts": place.thread_ts}
                where = {**thread, **_QUIET}
                where["metadata"] = history.metadata(target.thread.session, target.key)
                answer = await self._call(POST, place.channel, {**where, **_said(op.content)})
            case Update():
                where = {"ts": op.ts, "parse": "none", "link_names": False}
                answer = await self._call(EDIT, place.channel, {**where, **_said(op.content)})
            case _:
                assert_never(op)
        ts = answer.get("ts")
        if not isinstance(ts, str):
            raise SurfaceUnavailable()
        return ts

    async def _posted_after_all(self, target: Target, since: float) -> Receipt | None:
        """The receipt of a post whose answer was lost. Waits until Slack can tell."""
        intent = Intent(target.thread, target.key, since)
        tries = 0
        while True:
            try:
                found = await self.recover([intent])
                return found[0] if found else None
            except (RateLimited, SurfaceUnavailable):
                await self._back_off(tries, target)
                tries += 1
            except SurfaceError as error:
                # Slack will not let us look: a doubled message is better than a lost one.
                log.warning("post.in_doubt", **_ids(target), error=_code(error))
                return None

    async def _look_for(self, intents: Sequence[Intent]) -> dict[PartKey, str]:
        found: dict[PartKey, str] = {}
        for place in {intent.key.place for intent in intents}:
            here = [intent for intent in intents if intent.key.place == place]
            oldest = min(intent.at for intent in here) - RECOVER_MARGIN
            since = f"{max(0.0, oldest):.6f}"
            messages = await read_thread(self._web, self._lane, place, oldest=since)
            parts = history.parts_in(messages, self._me)
            for intent in here:
                ts = parts.get((intent.thread.session, intent.key.slot, intent.key.part))
                if ts is not None:
                    found[intent.key] = ts
        return found

    # ---- signs

    async def _show_mark(
        self, target: Target, receipt: Receipt | None, newest: Newest
    ) -> Receipt | None:
        """A refused reaction is no reason to worry anybody: it is logged, and that is it."""
        view = await newest()
        if not isinstance(view, MarkView):
            return None
        tells = self._has_sessions.get(target.key.place.channel) is True
        if view.mark == "working":
            tells = await self._tells_status(target)
        for op in plan_mark(receipt, view, with_working=not tells):
            await self._react(target, op)
        return _receipt(target.key, "", view)

    async def _react(self, target: Target, op: React) -> None:
        method = "reactions.add" if op.present else "reactions.remove"
        arguments = {"timestamp": op.ts, "name": op.name}
        tries = 0
        while True:
            await self._lane.permit(method, target.key.place.channel, target.priority)
            self._lane.require_alive()
            try:
                await self._call(method, target.key.place.channel, arguments)
                return
            except RateLimited:
                continue
            except SurfaceUnavailable:
                await self._back_off(tries, target)
                tries += 1
            except SurfaceError as error:
                if _code(error) not in _REACTED:
                    log.info("reaction.refused", **_ids(target), error=_code(error))
                return

    async def _show_status(
        self, target: Target, receipt: Receipt | None, newest: Newest
    ) -> Receipt | None:
        tries = 0
        while True:
            if not self._is_without_sessions(target.key.place.channel):
                channel = target.key.place.channel
                await self._lane.permit(_STATUS_METHOD, channel, target.priority)
            view = await newest()
            if not isinstance(view, StatusView):
                return None
            op = plan_status(receipt, view)
            try:
                if op is not None:
                    await self._set_status(target, op)
                return _receipt(target.key, "", view)
            except RateLimited:
                continue
            except SurfaceUnavailable:
                await self._back_off(tries, target)
                tries += 1

    async def _set_status(self, target: Target, op: SetStatus) -> None:
        """Where Slack has no sessions for us this is remembered, and nothing else happens."""
        place = target.key.place
        if self._is_without_sessions(place.channel):
            return
        self._lane.require_alive()
        arguments = {"channel_id": place.channel, "thread_ts": place.thread_ts, "status": op.status}
        try:
            await self._call(_STATUS_METHOD, place.channel, arguments)
            self._has_sessions[place.channel] = True
        except (RateLimited, SurfaceUnavailable):
            raise
        except SurfaceError as error:
            code = _code(error)
            log.info("status.refused", **_ids(target), error=code)
            self._has_sessions[place.channel] = False
            self._no_sessions_at_all = self._no_sessions_at_all or code in _NO_SESSIONS

    async def _tells_status(self, target: Target) -> bool:
        """Whether Slack shows in this channel that we work; found out by telling it."""
        channel = target.key.place.channel
        tries = 0
        while not (self._is_without_sessions(channel) or channel in self._has_sessions):
            await self._lane.permit(_STATUS_METHOD, channel, Priority.FIRST)
            try:
                if channel not in self._has_sessions:
                    await self._set_status(target, SetStatus("processing"))
            except RateLimited:
                continue
            except SurfaceUnavailable:
                await self._back_off(tries, target)
                tries += 1
        return not self._is_without_sessions(channel)

    def _is_without_sessions(self, channel: str) -> bool:
        return self._no_sessions_at_all or self._has_sessions.get(channel) is False

    # ---- calls

    async def _permitted(
        self, method: str, channel: str, arguments: Mapping[str, object]
    ) -> Mapping[str, object]:
        """What any replica may do, at once and once."""
        await self._lane.permit(method, channel, Priority.STOP, fenced=False)
        return await self._call(method, channel, arguments)

    async def _call(
        self, method: str, channel: str, arguments: Mapping[str, object]
    ) -> Mapping[str, object]:
        """Raises `SurfaceError`s by meaning; the lane has heard of a limit then."""
        addressed = {"channel": channel, **arguments} if channel else arguments
        try:
            return await send(self._web, method, addressed)
        except RateLimited as limited:
            self._lane.blocked(method, channel, limited.retry_after)
            raise
        except Refused as refused:
            error = meaning(refused)
            log.info("slack.refused", method=method, channel=channel, code=refused.code)
            if isinstance(error, RateLimited):
                self._lane.blocked(method, channel, error.retry_after)
            raise error from refused

    async def _back_off(self, tries: int, target: Target) -> None:
        seconds = min(LONGEST_BACK_OFF, 0.5 * 2**tries)
        log.warning("slack.unavailable", **_ids(target), tries=tries + 1, again_in=seconds)
        await self._clock.sleep(seconds)


_QUIET: dict[str, object] = {
    "unfurl_links": False,
    "unfurl_media": False,
    "mrkdwn": False,
    "parse": "none",
    "link_names": False,
}
"""Nothing an agent writes is fetched, linked or expanded by Slack."""


def _id_of(opened: Mapping[str, object]) -> str:
    """The channel of conversations.open."""
    try:
        return NamedById.model_validate(opened.get("channel")).id
    except ValidationError as error:
        raise SurfaceUnavailable() from error


def _said(content: Content) -> dict[str, object]:
    return {"text": content.text, "blocks": [*content.blocks]}


def _message_view(view: Shown) -> MessageView:
    if isinstance(view, MarkView | StatusView):
        raise SlotGone()
    return view


def _receipt(key: PartKey, ts: str, view: Shown) -> Receipt:
    length = len(view.text) if isinstance(view, TurnView) else 0
    return Receipt(key=key, ts=ts, shown=digest(view), length=length)


def _name(target: Target) -> str:
    key = target.key
    return f"{target.thread} {key.slot} {key.part} {key.place}"


def _ids(target: Target) -> dict[str, object]:
    return {"session": str(target.thread), "slot": target.key.slot, "part": target.key.part}


def _code(error: SurfaceError) -> str:
    """Slack's own word, where the error has one."""
    cause = error if isinstance(error, Refused) else error.__cause__
    return cause.code if isinstance(cause, Refused) else type(error).__name__
