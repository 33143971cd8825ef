"""The sign of life of this replica, and how long it may act on it.

It beats from a thread with its own connection, so that a late query or a busy loop does not cost
the leases; but only while the main loop turns, so that a hung one does. On SQLite the lock of the
file is the sign of life: there is no thread, and no deadline.
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.errors import StoreUnavailable
from bot.store import leases
from bot.store.database import Database

POLL = 0.1
"""Seconds between the thread's looks at the clock."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds: a takeover takes at most `ttl + scan + grace`, usually `ttl + scan`.

    ttl: a replica that has not beaten for so long is dead; beat: between two beats; scan: between
    two looks for buckets to claim; grace: an unowned bucket is left so long to the replica it
    suits best; pulse: a main loop that has not turned for so long is hung; margin: before the end
    of its life a replica stops calling Slack, so that a call ends before a successor acts.
    """

    ttl: float = 5.0
    beat: float = 1.25
    scan: float = 1.0
    grace: float = 2.0
    pulse: float = 1.0
    margin: float = 1.0


def boottime() -> float:
    """Seconds on a clock that goes on while the machine sleeps, where the system has one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Heartbeat:
    """Membership of this replica. `replica_id` is None while it is not a member.

    A replica that was declared dead joins again under a new id, owning nothing, but not before
    `rejoin`: until then what it had started must stop, and until then `deadline` has passed.
    `on_change` is called in the main loop whenever `replica_id` has changed.
    """

    def __init__(
        self,
        database: Database,
        timing: Timing,
        new_id: Callable[[], str],
        build: str,
        on_change: Callable[[], None],
    ) -> None:
        self.replica_id: str | None = None
        self.deadline = -math.inf  # on `boottime`
        self._database = database
        self._timing = timing
        self._new_id = new_id
        self._build = build
        self._on_change = on_change
        self._may_join = True
        self._turned = -math.inf
        self._next_beat = -math.inf
        self._stopped = False

    def rejoin(self) -> None:
        """Become a member again: nothing is left of what the last membership had started."""
        self._may_join = True

    async def run(self) -> None:
        """Stay a member until cancelled; no call to Slack is allowed afterwards."""
        try:
            if self._database.dialect == "sqlite":
                await self._alone()
            else:
                await self._beat_from_a_thread(asyncio.get_running_loop())
        finally:
            self.deadline = -math.inf

    async def _alone(self) -> None:
        while True:
            if await self._join_alone():
                break
            await asyncio.sleep(POLL)
        self._on_change()
        await asyncio.Event().wait()

    async def _join_alone(self) -> bool:
        """False while the file cannot be written: a backup or a full disk must not end the bot."""
        id = self._new_id()
        try:
            async with self._database.transaction() as tx:
                await leases.register(tx, id, math.inf, self._build)
                await leases.reap_others(tx, id)
                await leases.forget_dead(tx)
        except StoreUnavailable as error:
            log.warning("heartbeat.failed", error=type(error.__cause__ or error).__name__)
            return False
        self.replica_id, self.deadline = id, math.inf
        return True

    async def _beat_from_a_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        thread = asyncio.ensure_future(asyncio.to_thread(lambda: asyncio.run(self._beat_on(loop))))
        try:
            while not thread.done():
                self._turned = boottime()
                await asyncio.wait([thread], timeout=self._timing.pulse / 4)
            await thread
        finally:
            self._stopped = True
            await asyncio.wait([thread])

    async def _beat_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """The thread: beats until stopped, connecting again as often as it must."""
        config = self._database.config.model_copy(update={"pool_size": 1})
        while not self._stopped:
            try:
                async with Database.open(config) as database:
                    while not self._stopped:
                        await self._beat_if_due(database, loop)
                        await asyncio.sleep(POLL)
            except (StoreUnavailable, TimeoutError) as error:
                log.warning("heartbeat.failed", error=type(error.__cause__ or error).__name__)
                await asyncio.sleep(POLL)

    async def _beat_if_due(self, database: Database, loop: asyncio.AbstractEventLoop) -> None:
        sent = boottime()
        hung = sent - self._turned > self._timing.pulse
        absent = self.replica_id is None and not self._may_join
        if sent < self._next_beat or hung or absent:
            return
        before = self.replica_id
        async with asyncio.timeout(self._timing.ttl / 2), database.transaction() as tx:
            after = await self._register_or_beat(tx)
        self._next_beat = sent + self._timing.beat if after else -math.inf
        self._may_join = after is not None
        self.deadline = sent + self._timing.ttl - self._timing.margin if after else -math.inf
        self.replica_id = after
        if after != before:
            loop.call_soon_threadsafe(self._on_change)

    async def _register_or_beat(self, tx: AsyncConnection) -> str | None:
        """Our id as a member from now on; None when we were declared dead."""
        ttl = self._timing.ttl
        if self.replica_id is None:
            id = self._new_id()
            await leases.register(tx, id, ttl, self._build)
            await leases.forget_dead(tx)
            return id
        alive = await leases.heartbeat(tx, self.replica_id, ttl)
        return self.replica_id if alive else None
