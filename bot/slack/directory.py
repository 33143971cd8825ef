"""Who and what the ids in Slack's payloads stand for, remembered for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

import structlog
from pydantic import ValidationError

from bot.core.errors import SurfaceError, SurfaceUnavailable
from bot.core.inbound import Person, Standing
from bot.slack.calls import Refused, Web, call
from bot.slack.inbound_text import Named
from bot.slack.parse import Identity
from bot.slack.wire import ChannelInfo, GroupMembers, Groups, UserInfo

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

TTL = 600.0
GROUPS_TTL = 300.0
"""Seconds after which who left a user group can decide nothing any more."""
GROUPS_AGAIN = 10.0
NAMES_TTL = 3600.0
NAMES_PATIENCE = 0.5
"""Seconds a card waits for the names of user groups."""
LOOKUPS = 20
"""Names looked up for one post. A text full of mentions may not use up Slack's limits."""
NAME_PATIENCE = 1.0
"""Seconds a post waits for the names in it: Slack waits 3 s in all for us to take it."""
CACHE_SIZE = 5_000

_HIDDEN = frozenset({"user_not_found", "user_not_visible"})

V = TypeVar("V")


class Cached(Generic[V]):
    """What `fetch` says of a key, for `ttl` seconds. Those who ask at once share one fetch; a
    failure is not remembered."""

    def __init__(
        self, fetch: Callable[[str], Awaitable[V]], ttl: float, clock: Callable[[], float]
    ) -> None:
        self._fetch, self._ttl, self._clock = fetch, ttl, clock
        self._known: dict[str, tuple[float, V]] = {}
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def known(self, key: str) -> V | None:
        """The value, if it was fetched and is fresh."""
        until, value = self._known.get(key, (0.0, None))
        return value if self._clock() < until else None

    async def get(self, key: str) -> V:
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:
            until, value = self._known.get(key, (0.0, None))
            if value is not None and self._clock() < until:
                return value
            fetched = await self._fetch(key)
            self._known.pop(key, None)
            self._known[key] = (self._clock() + self._ttl, fetched)
            if len(self._known) > CACHE_SIZE:
                del self._known[next(iter(self._known))]
            return fetched


class Directory:
    """People and channels of the workspace, and who is in the user groups `named`, by id. `clock`
    counts seconds for the cache. `groups`: members (user ids), as far as Slack has told."""

    def __init__(
        self,
        web: Web,
        me: Identity,
        *,
        named: Sequence[str] = (),
        ttl: float = TTL,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._web, self._me = web, me
        clock = clock or time.monotonic
        self.groups: dict[str, tuple[str, ...]] = {}
        self._named = tuple(named)
        self._members = Cached(self._fetch_members, min(ttl, GROUPS_TTL), clock)
        self._called = Cached(self._fetch_group_names, NAMES_TTL, clock)
        self._people = Cached(self._fetch_person, ttl, clock)
        self._channels = Cached(self._fetch_channel, ttl, clock)
        self._shared = Cached(self._fetch_shared, ttl, clock)

    async def person(self, user: str) -> Person:
        """The person with the facts the gate needs.

        Raises a `SurfaceError` when Slack does not say who it is: rights are not guessed. Somebody
        whose account Slack hides from us counts as external: we see all of our own workspace.
        """
        person = await self._people.get(user)
        if not self._named:
            return person
        groups = [group for group in self._named if user in await self._members.get(group)]
        return replace(person, groups=tuple(groups))

    async def keep_groups(self) -> None:
        """Know who is in the user groups, also before anybody of them does something; until
        cancelled."""
        while self._named:
            known = True
            for group in self._named:
                try:
                    await self._members.get(group)
                except SurfaceError as error:
                    log.warning("group.unknown", group=group, error=type(error).__name__)
                    known = False
            await asyncio.sleep(GROUPS_TTL if known else GROUPS_AGAIN)

    async def _fetch_members(self, group: str) -> tuple[str, ...]:
        """Nobody, where Slack refuses to tell. Raises `SurfaceError` for what may pass: who is in
        is not guessed."""
        try:
            answer = await call(self._web, "usergroups.users.list", usergroup=group)
            self.groups[group] = tuple(GroupMembers.model_validate(answer).users)
        except ValidationError as error:
            raise SurfaceUnavailable() from error
        except Refused as refused:
            log.warning("group.unknown", group=group, error=refused.code)
            self.groups[group] = ()
        return self.groups[group]

    async def group_names(self) -> Mapping[str, str]:
        """Of the user groups of the workspace, by id, where rules name any; empty where Slack does
        not tell in time."""
        if not self._named:
            return {}
        try:
            async with asyncio.timeout(NAMES_PATIENCE):
                return await self._called.get("")
        except (SurfaceError, TimeoutError) as error:
            log.info("group.unnamed", error=type(error).__name__)
            return {}

    async def _fetch_group_names(self, _: str) -> Mapping[str, str]:
        try:
            answer = await call(self._web, "usergroups.list")
            found = Groups.model_validate(answer).usergroups
        except ValidationError as error:
            raise SurfaceUnavailable() from error
        except Refused as refused:
            log.warning("group.unnamed", error=refused.code)
            return {}
        return {group.id: group.name or group.handle for group in found}

    async def is_shared(self, channel: str) -> bool:
        """Whether the channel belongs to other organisations too. Raises a `SurfaceError` when
        Slack does not say."""
        return not channel.startswith("D") and await self._shared.get(channel)

    async def names(self, wanted: Named) -> dict[str, str]:
        """Names for the ids of a text, ours aside. An id whose name cannot be had soon is left
        out."""
        users = [user for user in wanted.users if user != self._me.user][:LOOKUPS]
        channels = wanted.channels[:LOOKUPS]
        people = await _gathered(self._people.get, users)
        rooms = await _gathered(self._channels.get, channels)
        named = {user: who.name for user, who in zip(users, people, strict=True) if who}
        return named | {at: name for at, name in zip(channels, rooms, strict=True) if name}

    async def _fetch_person(self, user: str) -> Person:
        try:
            answer = await call(self._web, "users.info", user=user)
        except Refused as refused:
            if refused.code not in _HIDDEN:
                raise
            return Person(user, user, "external")
        try:
            info = UserInfo.model_validate(answer.get("user"))
        except ValidationError as error:
            raise SurfaceUnavailable() from error
        return Person(user, info.called, standing(info, self._me))

    async def _fetch_channel(self, channel: str) -> str:
        return (await self._fetch_info(channel)).name

    async def _fetch_shared(self, channel: str) -> bool:
        return (await self._fetch_info(channel)).is_external

    async def _fetch_info(self, channel: str) -> ChannelInfo:
        answer = await call(self._web, "conversations.info", channel=channel)
        try:
            return ChannelInfo.model_validate(answer.get("channel"))
        except ValidationError as error:
            raise SurfaceUnavailable() from error


def standing(user: UserInfo, me: Identity) -> Standing:
    """What an account is to this workspace. In one Enterprise organisation all are at home."""
    if user.is_bot:
        return "bot"
    at_home = user.team_id == me.team or (
        me.enterprise is not None and user.enterprise == me.enterprise
    )
    if user.is_stranger or not at_home:
        return "external"
    return "guest" if user.is_restricted or user.is_ultra_restricted else "member"


async def _gathered(get: Callable[[str], Awaitable[V]], keys: Iterable[str]) -> list[V | None]:
    return await asyncio.gather(*(_or_none(get, key) for key in keys))


async def _or_none(get: Callable[[str], Awaitable[V]], key: str) -> V | None:
    try:
        async with asyncio.timeout(NAME_PATIENCE):
            return await get(key)
    except (SurfaceError, TimeoutError):
        return None
