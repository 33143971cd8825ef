"""Who reads a conversation: only the named recipient of a native stream sees it grow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import structlog
from pydantic import BaseModel, ValidationError

from bot.core.errors import RateLimited, SurfaceError
from bot.core.views import Priority
from bot.slack.calls import Web, call
from bot.slack.directory import Cached, Directory
from bot.slack.lane import Lane

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

Streaming = Literal["auto", "native", "edit"]
"""`auto`: a native stream where one person reads. `native`: wherever Slack has them, for the person
who asked. `edit`: never."""

TTL: Final = 60.0
"""Seconds for which the members of a channel are believed."""
MOST_MEMBERS: Final = 15
"""More members than this are surely several people."""
MEMBERS: Final = "conversations.members"

# Refusals of a stream that hold for the whole workspace, and for one conversation.
NOWHERE: Final = frozenset(
    {"feature_disabled", "missing_scope", "not_allowed_token_type", "unknown_method"}
)
NOT_HERE: Final = frozenset(
    {
        "channel_type_not_supported",
        "missing_recipient_team_id",
        "missing_recipient_user_id",
        "not_subscribed_to_message_stream_stopped",
        "user_not_found",
    }
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """For whom a stream grows. `user` is empty in a direct message, where Slack knows."""

    user: str = ""
    team: str = ""

    def arguments(self) -> dict[str, object]:
        return {"recipient_user_id": self.user, "recipient_team_id": self.team} if self.user else {}


class _Members(BaseModel):
    members: list[str]


class Audience:
    """Decides where a native stream may be used, and remembers where Slack refused one."""

    def __init__(
        self,
        web: Web,
        lane: Lane,
        directory: Directory,
        team: str,
        streaming: Streaming,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._web, self._lane, self._directory, self._team = web, lane, directory, team
        self._streaming: Streaming = streaming
        self._alone = Cached(self._fetch_only_reader, TTL, clock)
        self._refused: set[str] = set()

    def recipient(self, channel: str, asked_by: str = "") -> Recipient | None:
        """For whom a part may be streamed here; None where it is to be edited, and while that is
        not known: first words do not wait for it.

        `asked_by`: the user id of who began the turn, if a person did.
        """
        if not self._may_stream(channel):
            return None
        if channel.startswith("D"):
            return Recipient()
        reader = self._alone.known(channel) or (asked_by if self._streaming == "native" else "")
        return Recipient(reader, self._team) if reader else None

    async def learn(self, channel: str) -> None:
        """Find out who reads here, before there is anything to show."""
        if channel.startswith("D") or not self._may_stream(channel):
            return
        try:
            await self._alone.get(channel)
        except SurfaceError as error:
            log.info("audience.unknown", channel=channel, error=type(error).__name__)

    def _may_stream(self, channel: str) -> bool:
        return self._streaming != "edit" and not {"", channel} & self._refused

    def refused(self, channel: str, code: str) -> None:
        """Slack refused to begin a stream: it is remembered if there are none (here)."""
        if code in NOWHERE:
            log.info("streams.unavailable", error=code)
            self._refused.add("")
        elif code in NOT_HERE:
            log.info("streams.unavailable", error=code, channel=channel)
            self._refused.add(channel)

    async def _fetch_only_reader(self, channel: str) -> str:
        """The one person among the members, or "" for nobody or several."""
        await self._lane.permit(MEMBERS, channel, Priority.FIRST, fenced=False)
        try:
            answer = await call(self._web, MEMBERS, channel=channel, limit=MOST_MEMBERS + 1)
        except RateLimited as limited:
            self._lane.blocked(MEMBERS, channel, limited.retry_after)
            raise
        try:
            members = _Members.model_validate(answer).members
        except ValidationError:
            return ""
        if len(members) > MOST_MEMBERS:
            return ""
        people = await asyncio.gather(*(self._directory.person(user) for user in members))
        humans = [person for person in people if person.standing != "bot"]
        # A stream for somebody of another organisation would have to name theirs.
        alone = len(humans) == 1 and humans[0].standing != "external"
        return humans[0].user if alone else ""
