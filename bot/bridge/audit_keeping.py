"""What has to be done once a day for each workspace's audit trail: its head goes into the log,
where nobody who can write to the database can change it, and contents past their time are erased.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

import structlog

from bot.bridge.again import Again
from bot.bridge.erasing import erase
from bot.store import audit, grants, preferences
from bot.store.database import Database

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

DAY = 86400.0
LOOK_EVERY = 600.0
"""Seconds between looks whether a day has passed."""

KEPT_AT = "audit.kept_at"


class AuditKeeping:
    """`held` are the buckets this replica owns: one replica does it for a workspace. `keep_days`:
    0 keeps contents for ever. `now` in epoch seconds."""

    def __init__(
        self,
        database: Database,
        held: Callable[[], Collection[str]],
        keep_days: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._held = held
        self._keep_days = keep_days
        self._now = now
        self._again = Again(self.look, LOOK_EVERY, "audit.not_kept")

    def wake(self) -> None:
        """Look now: a bucket was gained."""
        self._again.wake()

    async def run(self) -> None:
        """Until cancelled."""
        await self._again.run()

    async def look(self) -> None:
        """Do what is due. Raises StoreUnavailable."""
        for team in sorted({bucket.rpartition("/")[0] for bucket in self._held()}):
            if await self._is_due(team):
                await self._keep(team)

    async def _is_due(self, team: str) -> bool:
        async with self._database.transaction() as tx:
            kept_at = await preferences.get(tx, f"team:{team}", KEPT_AT)
        return not isinstance(kept_at, int | float) or self._now() - kept_at >= DAY

    async def _keep(self, team: str) -> None:
        async with self._database.transaction() as tx:
            head = await audit.head(tx, team)
        if head is not None:
            log.info("audit.head", team=team, seq=head.seq, digest=head.digest)
        if self._keep_days:
            before = self._now() - self._keep_days * DAY
            rule = f"audit.keep_days = {self._keep_days}"
            erased = await erase(self._database, team, before, rule, self._now())
            async with self._database.transaction() as tx:
                ended = await grants.prune(tx, team, before)
            if erased or ended:
                log.info("audit.erased", team=team, contents=erased, standing_rules=ended)
        async with self._database.transaction() as tx:
            await preferences.put(tx, f"team:{team}", KEPT_AT, self._now())
