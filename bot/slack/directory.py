"""Who and what the ids in Slack's payloads stand for, remembered for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from pydantic import ValidationError

from bot.core.errors import SurfaceError, SurfaceUnavailable
from bot.core.inbound import Person, Standing
from bot.slack.calls import Refused, Web, call
from bot.slack.inbound_text import Named
from bot.slack.parse import Identity
from bot.slack.wire import ChannelInfo, UserInfo

TTL = 600.0
LOOKUPS = 20
"""Names looked up for one post. A text full of mentions may not use up Slack's limits."""
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
    """People and channels of the workspace. `clock` counts seconds for the cache."""

    def __init__(
        self, web: Web, me: Identity, *, ttl: float = TTL, clock: Callable[[], float] | None = None
    ) -> None:
        self._web, self._me = web, me
        clock = clock or time.monotonic
        self._people = Cached(self._fetch_person, ttl, clock)
        self._channels = Cached(self._fetch_channel, ttl, clock)

    async def person(self, user: str) -> Person:
        """The person with the facts the gate needs.

        Raises a `SurfaceError` when Slack does not say who it is: rights are not guessed. Somebody
        whose account Slack hides from us counts as external: we see all of our own workspace.
        """
        return await self._people.get(user)

    async def names(self, wanted: Named) -> dict[str, str]:
        """Names for the ids of a text, ours aside. An id whose name cannot be had is left out."""
        users = [user for user in wanted.users if user != self._me.user][:LOOKUPS]
        channels = wanted.channels[:LOOKUPS]
        people = await _gathered(self._people.get(user) for user in users)
        rooms = await _gathered(self._channels.get(channel) for channel in channels)
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
        answer = await call(self._web, "conversations.info", channel=channel)
        try:
            return ChannelInfo.model_validate(answer.get("channel")).name
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


async def _gathered(lookups: Iterable[Awaitable[V]]) -> list[V | None]:
    return await asyncio.gather(*(_or_none(lookup) for lookup in lookups))


async def _or_none(lookup: Awaitable[V]) -> V | None:
    try:
        return await lookup
    except SurfaceError:
        return None
