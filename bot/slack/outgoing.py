"""Calls to Slack under the lane's permits: the lane hears of every limit, callers of meanings."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Final

import structlog

from bot.core.errors import RateLimited, SurfaceError
from bot.core.ports import Target
from bot.core.views import Priority
from bot.slack.calls import Refused, Web, send
from bot.slack.clock import Clock, SystemClock
from bot.slack.lane import Lane
from bot.slack.refusals import meaning

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LONGEST_BACK_OFF: Final = 15.0

QUIET: Final[Mapping[str, object]] = {
    "unfurl_links": False,
    "unfurl_media": False,
    "mrkdwn": False,
    "parse": "none",
    "link_names": False,
}
"""Of posts: nothing an agent writes is fetched, linked or expanded by Slack."""


class Outgoing:
    """What the parts of the surface share: one client, one lane, one clock."""

    def __init__(self, web: Web, lane: Lane, clock: Clock | None = None) -> None:
        self.web, self.lane = web, lane
        self.clock = clock or SystemClock()

    async def permitted(
        self, method: str, channel: str, arguments: Mapping[str, object]
    ) -> Mapping[str, object]:
        """What any replica may do, at once and once. Raises `SurfaceError`."""
        await self.lane.permit(method, channel, Priority.STOP, fenced=False)
        return await self.call(method, channel, arguments)

    async def call(
        self, method: str, channel: str, arguments: Mapping[str, object]
    ) -> Mapping[str, object]:
        """A call whose permit was got. Raises `SurfaceError`s by meaning, `Refused` as the cause
        where Slack gave a code; the lane has heard of a limit then."""
        addressed = {"channel": channel, **arguments} if channel else arguments
        return await self.perform(method, channel, send(self.web, method, addressed))

    async def perform(
        self, method: str, channel: str, request: Awaitable[Mapping[str, object]]
    ) -> Mapping[str, object]:
        """As `call`, for a request that was made otherwise."""
        try:
            return await request
        except RateLimited as limited:
            self.lane.blocked(method, channel, limited.retry_after)
            raise
        except Refused as refused:
            error = meaning(refused)
            log.info("slack.refused", method=method, channel=channel, code=refused.code)
            if isinstance(error, RateLimited):
                self.lane.blocked(method, channel, error.retry_after)
            raise error from refused

    async def back_off(self, tries: int, target: Target) -> None:
        """Wait for a Slack that cannot be reached, longer each time."""
        seconds = min(LONGEST_BACK_OFF, 0.5 * 2**tries)
        log.warning("slack.unavailable", **ids(target), tries=tries + 1, again_in=seconds)
        await self.clock.sleep(seconds)


def ids(target: Target) -> dict[str, object]:
    """Of the part, for logs."""
    key = target.key
    named: dict[str, object] = {"session": str(target.thread), "slot": key.slot, "part": key.part}
    return named if key.place.thread_ts else {**named, "place": str(key.place)}


def code_of(error: SurfaceError) -> str:
    """Slack's own word, where the error has one."""
    cause = error if isinstance(error, Refused) else error.__cause__
    return cause.code if isinstance(cause, Refused) else type(error).__name__
