"""What Homes are made of, read from the store: of each session only what changed is read again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.bridge.stored_session import stored_state
from bot.core.access import Access
from bot.core.approvals import Grant
from bot.core.errors import SessionUnreadable
from bot.core.ids import SessionId
from bot.core.inbound import Person
from bot.core.views import Glance, HomeView, glance, home_view
from bot.store import grants, sessions
from bot.store.database import Database, clock
from bot.store.sessions import SessionRow

log = structlog.get_logger()

LOOKS_AT = 200
"""Sessions written last that may be on a Home, beside all that have work open."""

SETTLES = 0.05
"""Seconds after which a row's time names its content: databases' clocks count milliseconds."""


@dataclass(frozen=True, slots=True)
class Board:
    """All that any Home in a workspace may show."""

    sessions: dict[SessionId, Glance]
    grants: tuple[Grant, ...]


class HomeViews:
    """`access` is the operator's. `now` in epoch seconds."""

    def __init__(
        self,
        database: Database,
        access: Access,
        now: Callable[[], float] = time.time,
        looks_at: int = LOOKS_AT,
    ) -> None:
        self._database = database
        self._access = access
        self._now = now
        self._looks_at = looks_at
        self._known: dict[str, tuple[float, Glance | None]] = {}

    async def board(self, team: str) -> Board:
        """Raises StoreUnavailable."""
        async with self._database.transaction() as tx:
            at = await clock(tx)
            standing = await grants.active(tx, team, self._now())
            threads = [grant.place for grant in standing if grant.scope == "thread"]
            times = await sessions.times(tx, team, self._looks_at, threads)
            changed = [id for id, time in times.items() if self._is_news(id, time)]
            rows = await sessions.of(tx, changed)
        for row in rows:
            # What was written just now may be written again under the same time.
            settled = row.updated_at if at - row.updated_at > SETTLES else -1.0
            self._known[row.id] = (settled, _glance(row))
        self._known = {id: known for id, known in self._known.items() if id in times}
        found = {one.session: one for _, one in self._known.values() if one is not None}
        return Board(found, tuple(standing))

    def view(self, board: Board, person: Person, notice: str = "") -> HomeView:
        return home_view(person, board.sessions, board.grants, self._access, notice)

    def _is_news(self, id: str, time: float) -> bool:
        known = self._known.get(id)
        return known is None or known[0] != time


def _glance(row: SessionRow) -> Glance | None:
    if row.state is None:
        return None
    try:
        state = stored_state(row.state, row.state_version)
    except SessionUnreadable:
        return None  # its actor says so; the other sessions are listed all the same
    return glance(state, row.updated_at)
