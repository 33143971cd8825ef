"""The Homes people look at, kept as they should be by whoever owns the workspace.

Level-triggered like threads: who opens a Home, or presses something there, leaves a note in the
store. The owner makes each Home anew when it was opened, and, for as long as it may be open still,
when what it shows has changed; Slack does not say when people look away.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import structlog
from pydantic import JsonValue, TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.bridge.again import Again
from bot.bridge.home_views import Board, HomeViews
from bot.core.errors import SurfaceError
from bot.core.inbound import Person
from bot.core.views import HomeView
from bot.store import preferences
from bot.store.database import Database, clock

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LOOK_EVERY = 2.0
"""Seconds between looks for a Home opened at another replica, and for changes."""

OPEN_FOR = 3600.0
"""Seconds after which a Home is taken to be closed."""

GAP = 5.0
"""Seconds between two makings of one person's Home, unless they did something themselves."""

Publish = Callable[[str, HomeView], Awaitable[None]]
"""Shows a user their Home. Raises SurfaceError."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at their Home, since when, and what they are to be told there."""

    person: Person
    opened_at: float
    notice: str = ""


_READER = TypeAdapter(Reader)


@dataclass(frozen=True, slots=True)
class _Made:
    """The Home as it was shown last, for an opening, at a time."""

    view: HomeView
    opened_at: float
    at: float


class Homes:
    """`held` are the buckets this replica owns. `now` in epoch seconds, `open_for` in seconds."""

    def __init__(
        self,
        database: Database,
        views: HomeViews,
        publish: Publish,
        held: Callable[[], Collection[str]],
        now: Callable[[], float] = time.time,
        open_for: float = OPEN_FOR,
    ) -> None:
        self._database = database
        self._views = views
        self._publish = publish
        self._held = held
        self._now = now
        self._open_for = open_for
        self._made: dict[tuple[str, str], _Made] = {}
        self._again = Again(self.look, LOOK_EVERY, "homes.not_read")

    def wake(self) -> None:
        """Look now: somebody opened their Home."""
        self._again.wake()

    async def run(self) -> None:
        """Until cancelled."""
        await self._again.run()

    async def look(self) -> None:
        """Make those Homes anew that need it. Raises StoreUnavailable."""
        teams = {bucket.rpartition("/")[0] for bucket in self._held()}
        looking: set[tuple[str, str]] = set()
        for team in sorted(teams):
            async with self._database.transaction() as tx:
                readers = await _readers(tx, team, self._open_for)
            looking |= {(team, reader.person.user) for reader in readers}
            due = [reader for reader in readers if self._is_due(team, reader)]
            board = await self._views.board(team) if due else None
            for reader in due:
                if board is not None:
                    await self._make(team, reader, board)
        self._made = {key: made for key, made in self._made.items() if key in looking}

    def _is_due(self, team: str, reader: Reader) -> bool:
        made = self._made.get((team, reader.person.user))
        return made is None or made.opened_at != reader.opened_at or self._now() >= made.at + GAP

    async def _make(self, team: str, reader: Reader, board: Board) -> None:
        user = reader.person.user
        made = self._made.get((team, user))
        view = self._views.view(board, reader.person, reader.notice)
        if made is not None and (made.opened_at, made.view) == (reader.opened_at, view):
            return
        try:
            await self._publish(user, view)
        except SurfaceError as error:
            log.warning("home.not_shown", user=user, error=type(error).__name__)
            if error.retryable:
                return
        self._made[(team, user)] = _Made(view, reader.opened_at, self._now())


async def opened(tx: AsyncConnection, team: str, person: Person, notice: str) -> None:
    """Leave the note that this person looks at their Home from now on."""
    reader = Reader(person, await clock(tx), notice)
    value: JsonValue = _READER.dump_python(reader, mode="json")
    await preferences.put(tx, _scope(team), person.user, value)


async def _readers(tx: AsyncConnection, team: str, open_for: float) -> list[Reader]:
    """Those who look now, who came last first. The notes of others are removed."""
    at = await clock(tx)
    readers: list[Reader] = []
    for user, value in (await preferences.all_of(tx, _scope(team))).items():
        reader = _read(value)
        if reader is None or at - reader.opened_at >= open_for:
            await preferences.put(tx, _scope(team), user, None)
        else:
            readers.append(reader)
    return sorted(readers, key=lambda reader: -reader.opened_at)


def _read(value: JsonValue) -> Reader | None:
    """None for what another version wrote: opening the Home again mends it."""
    try:
        return _READER.validate_python(value)
    except ValidationError as error:
        log.warning("home.unreadable", errors=error.error_count())
        return None


def _scope(team: str) -> str:
    return f"home:{team}"
