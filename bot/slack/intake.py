"""From a payload to what the bridge has stored: read, look up who it was, accept.

Live events and catch-up both come through here, so a post has one way in, whoever found it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from bot.core.errors import LeaseLost, SurfaceError
from bot.core.ids import ThreadKey
from bot.core.inbound import Stop
from bot.core.ports import Accepted, Bridge
from bot.core.views import HomeView
from bot.slack import parse
from bot.slack.directory import Directory
from bot.slack.inbound_text import named_in
from bot.slack.parse import Body, Identity, Ignored, NativeStop, Post

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

WHISPER_SECONDS = 0.9


class Speaker(Protocol):
    """How a person is answered outside a thread's messages. `SlackSurface` is one."""

    async def whisper(self, thread: ThreadKey, user: str, text: str) -> None: ...

    async def publish_home(self, user: str, view: HomeView) -> None: ...


@dataclass(frozen=True, slots=True)
class Intake:
    """What every listener needs. `opened` names the posts that gave a thread its session."""

    me: Identity
    bridge: Bridge
    directory: Directory
    speaker: Speaker
    opened: asyncio.Queue[Post] = field(default_factory=lambda: asyncio.Queue[Post]())

    async def post(self, body: Body) -> Accepted:
        """A post, from an event or from history.

        Posts in threads without a session are passed over before anybody is looked up: a channel's
        chatter must not cost a call to Slack each. Raises `StoreUnavailable` and `SurfaceError`:
        then nothing was stored, and the event is not to be acked.
        """
        written = parse.post(body, self.me)
        if isinstance(written, Ignored):
            return passed_over(written, body)
        bound = await self.bridge.bound(written.thread)
        if not (bound or written.addressed):
            return "ignored"
        by = await self.directory.person(written.user)
        names = await self.directory.names(named_in(written.text))
        inbound = parse.inbound(written, by, names, self.me)
        if isinstance(inbound, Ignored):
            return passed_over(inbound, body)
        accepted = await self.bridge.accept(inbound)
        if accepted == "stored" and not bound:
            self.opened.put_nowait(written)
        return accepted

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
