"""From a payload to what the bridge has stored: read, look up who it was, accept.

Live events and catch-up both come through here, so a post has one way in, whoever found it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from bot.core.access import NOBODY
from bot.core.errors import LeaseLost, SurfaceError, UnknownAgent
from bot.core.ids import ThreadKey
from bot.core.inbound import Deleted, Edited, Person, Stop
from bot.core.ports import Accepted, Bridge
from bot.slack import changes, parse, parse_words
from bot.slack.changes import Edit, StopSign
from bot.slack.directory import Directory
from bot.slack.inbound_text import named_in
from bot.slack.parse import Body, Identity, Ignored, Post
from bot.slack.parse_presses import NativeStop
from bot.slack.render.blocks import Json
from bot.slack.render.secrets import BUILT_IN, Shape

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

WHISPER_SECONDS = 0.9


class Speaker(Protocol):
    """How a person is answered outside a thread's messages. `SlackSurface` is one."""

    async def whisper(self, thread: ThreadKey, user: str, text: str) -> None: ...

    async def open_modal(self, trigger: str, view: Json) -> None: ...

    async def change_modal(self, view_id: str, seen: str, view: Json) -> None: ...


@dataclass(frozen=True, slots=True)
class Intake:
    """What every listener needs. `opened` names the posts that gave a thread its session; `secrets`
    are shapes of what is not shown."""

    me: Identity
    bridge: Bridge
    directory: Directory
    speaker: Speaker
    opened: asyncio.Queue[Post] = field(default_factory=lambda: asyncio.Queue[Post]())
    secrets: Sequence[Shape] = BUILT_IN

    async def post(self, body: Body) -> Accepted:
        """A post, from an event or from history; or what somebody did to one.

        Posts in threads without a session are passed over before anybody is looked up: a channel's
        chatter must not cost a call to Slack each. Raises `StoreUnavailable` and `SurfaceError`:
        then nothing was stored, and the event is not to be acked.
        """
        change = changes.change(body, self.me)
        written = parse.post(body, self.me) if change is None else change
        match written:
            case Ignored():
                return passed_over(written, body)
            case Edit():
                return await self._edited(written, body)
            case Post():
                return await self._posted(written, body)
            case _:
                gone = Deleted(key=written.key, thread=written.thread, ts=written.ts)
                return await self.bridge.accept(gone)

    async def _posted(self, written: Post, body: Body) -> Accepted:
        bound = await self.bridge.bound(written.thread)
        if not bound and (written.bot or not written.addressed):
            return "ignored"  # no bot begins a session
        written, by = await self._resolved(written)
        names = await self.directory.names(named_in(written.text))
        inbound = parse_words.inbound(written, by, names, self.me)
        if isinstance(inbound, Ignored):
            return passed_over(inbound, body)
        why_not = NOBODY  # a word of ours where no session is
        try:
            accepted = await self.bridge.accept(inbound)
        except UnknownAgent as refused:
            accepted, why_not = "ignored", refused.user_message
        if accepted == "stored" and not bound:
            self.opened.put_nowait(written)
        elif accepted == "ignored" and (written.direct or parse.is_mention(body)):
            # A mention's other event says nothing.
            await self.tell(written.thread, written.user, why_not)
        elif accepted == "known" and written.edited:
            # Found in history: the edit may have been missed.
            key = changes.edit_key(written, written.edited)
            said = parse_words.prompt(written, by, names, self.me)
            await self.bridge.accept(Edited(key=key, thread=said.thread, by=by, post=said))
        return accepted

    async def _edited(self, edit: Edit, body: Body) -> Accepted:
        """Where no session is, an edit that calls the bot is a post like any other."""
        if not await self.bridge.bound(edit.post.thread):
            return await self._posted(edit.post, body) if edit.calls else "ignored"
        written, by = await self._resolved(edit.post)
        names = await self.directory.names(named_in(written.text))
        said = parse_words.prompt(written, by, names, self.me)
        edited = Edited(key=edit.key, thread=said.thread, by=by, post=said, calls=edit.calls)
        return await self.bridge.accept(edited)

    async def _resolved(self, written: Post) -> tuple[Post, Person]:
        """With the facts the gate needs of its author and its channel."""
        if written.external is None:
            external = await self.directory.is_shared(written.thread.channel)
            written = replace(written, external=external)
        if written.bot:
            return written, Person(written.user, written.bot, "bot")
        return written, await self.directory.person(written.user)

    async def stop_sign(self, sign: StopSign) -> Accepted:
        """A reaction that may stop what its message belongs to. Raises as `post` does."""
        thread = await self.bridge.find_thread(self.me.team, sign.channel, sign.ts, sign.post)
        if thread is None:
            return "ignored"
        by = await self.directory.person(sign.user)
        stop = Stop(key=sign.key, thread=thread, by=by, via="reaction", on=sign.ts)
        return await self.bridge.accept(stop)

    async def native_stop(self, pressed: NativeStop) -> Accepted:
        """Slack's own Stop. Raises as `post` does."""
        by = await self.directory.person(pressed.user)
        stop = Stop(key=pressed.key, thread=pressed.thread, by=by, via="native")
        return await self.bridge.accept(stop)

    async def tell(self, thread: ThreadKey, user: str, text: str) -> None:
        """A private sentence, if it can be said in the time a listener has."""
        try:
            async with asyncio.timeout(WHISPER_SECONDS):
                await self.speaker.whisper(thread, user, text)
        except (SurfaceError, LeaseLost, TimeoutError) as error:
            log.warning("slack.not_told", user=user, thread=str(thread), error=type(error).__name__)


def passed_over(ignored: Ignored, body: Body) -> Accepted:
    """Ignored on purpose is silent; what we have no rule for is said, so that it gets one."""
    say = log.warning if ignored.unknown else log.debug
    say("slack.ignored", reason=ignored.reason, event_id=body.get("event_id"))
    return "ignored"
