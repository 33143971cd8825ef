"""Where in Slack a place is: the channel of a direct message, and a link to a thread."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from pydantic import BaseModel, ValidationError

from bot.core.errors import SurfaceError, SurfaceUnavailable
from bot.core.ids import Place, ThreadKey
from bot.core.views import Priority
from bot.slack.calls import call
from bot.slack.directory import Cached
from bot.slack.outgoing import Outgoing, code_of
from bot.slack.wire import NamedById

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

OPEN: Final = "conversations.open"
LINK_PATIENCE: Final = 0.5
"""Seconds a card waits for its link."""
TTL: Final = 3600.0
"""Seconds for which a conversation's id and a link are believed."""


class _Opened(BaseModel):
    channel: NamedById


class _Link(BaseModel):
    permalink: str


class Places:
    """What Slack says of places, remembered for a while."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._out = outgoing
        self._direct = Cached(self._open, TTL, outgoing.clock.monotonic)
        self._links = Cached(self._fetch_link, TTL, outgoing.clock.monotonic)

    async def channel_of(self, place: Place) -> str:
        """The channel to write in. Raises `SurfaceError`, for good where this person cannot be
        written to."""
        return await self.direct(place.channel) if place.is_private else place.channel

    async def direct(self, user: str) -> str:
        """The direct message with this person. Raises `SurfaceError`."""
        return await self._direct.get(user)

    async def link(self, thread: ThreadKey) -> str:
        """Leads to the thread; empty where Slack does not tell."""
        try:
            async with asyncio.timeout(LINK_PATIENCE):
                return await self._links.get(str(thread))
        except (SurfaceError, TimeoutError) as error:
            code = code_of(error) if isinstance(error, SurfaceError) else "timeout"
            log.info("link.unknown", session=str(thread), error=code)
            return ""

    async def _open(self, user: str) -> str:
        await self._out.lane.permit(OPEN, "", Priority.ASK, fenced=False)
        opened = await self._out.call(OPEN, "", {"users": user})
        try:
            return _Opened.model_validate(opened).channel.id
        except ValidationError as error:
            raise SurfaceUnavailable() from error

    async def _fetch_link(self, thread: str) -> str:
        key = ThreadKey.parse(thread)
        method = "chat.getPermalink"
        found = await call(self._out.web, method, channel=key.channel, message_ts=key.thread_ts)
        try:
            return _Link.model_validate(found).permalink
        except ValidationError as error:
            raise SurfaceUnavailable() from error
