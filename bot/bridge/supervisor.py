"""One actor for each session that has something to do, in the buckets this replica owns.

Actors are started by new input, by a takeover (their work was left open), or because their time has
come; they end when idle. One that dies is started again with backoff and adopts its session anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import cast

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.bridge.actor import IDLE_AFTER, SessionActor
from bot.bridge.again import Again
from bot.bridge.stored_session import StoredSession
from bot.core.asks import Mask
from bot.core.errors import BotError, LeaseLost, SessionUnreadable
from bot.core.ids import SessionId
from bot.core.inbound import Deleted
from bot.core.policy import Rules
from bot.core.ports import Connector, FetchImage, Surface
from bot.core.stored import load_inbound
from bot.store import inbox, sessions
from bot.store.database import Database, clock

log = structlog.get_logger()

SWEEP = 0.5
"""Seconds between looks for work that nobody announced: input stored by another replica whose
notification was lost, and sessions whose time has come."""

PRUNE_EVERY = 3600.0
KEEP_INPUT = 7 * 24 * 3600.0
"""Seconds a handled input stays known, so that a late redelivery or catch-up finds it done."""

FIRST_BACKOFF = 0.5
MOST_BACKOFF = 30.0
WELL_AFTER = 60.0
"""Seconds an actor must have lived to start again as quickly as after a first failure."""

RELEASE_PATIENCE = 6.0
"""Seconds actors may take to save and end; systemd and Kubernetes give a process 10 or more."""


@dataclass(slots=True)
class _Running:
    """A session's actor, or the pause before it starts again."""

    bucket: str
    epoch: int
    task: asyncio.Task[None] | None = None
    actor: SessionActor | None = None
    failures: int = 0
    released: bool = False
    told: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class _Owned:
    epoch: int
    sessions: dict[SessionId, _Running] = field(default_factory=dict[SessionId, _Running])


class Supervisor:
    """Runs inside the caller's task group; `run` sweeps until cancelled. `mask` takes credentials
    out of what is recorded."""

    def __init__(
        self,
        database: Database,
        connectors: Mapping[str, Connector],
        surface: Surface,
        rules: Rules,
        tasks: asyncio.TaskGroup,
        *,
        fetch_image: FetchImage,
        mask: Mask,
        idle_after: float = IDLE_AFTER,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._connectors = connectors
        self._surface = surface
        self._rules = rules
        self._tasks = tasks
        self._fetch_image = fetch_image
        self._mask = mask
        self._idle_after = idle_after
        self._now = now
        self._owned: dict[str, _Owned] = {}
        self._gained: set[str] = set()
        self._pruned_at = 0.0
        self._again = Again(self._sweep, SWEEP, "sweep.failed")

    @property
    def actors(self) -> int:
        return sum(len(owned.sessions) for owned in self._owned.values())

    def gained(self, bucket: str, epoch: int) -> None:
        """This replica owns the bucket now; its open work is found by the next sweep."""
        self._owned[bucket] = _Owned(epoch)
        self._gained.add(bucket)
        self._again.wake()

    def lost(self, bucket: str) -> None:
        """Another replica owns it: stop at once, show and save nothing more."""
        owned = self._owned.pop(bucket, None)
        for running in owned.sessions.values() if owned else ():
            if running.task is not None:
                running.task.cancel()

    def wake(self, session: SessionId, bucket: str) -> None:
        """There is new input for this session. Does nothing when another replica owns it."""
        owned = self._owned.get(bucket)
        if owned is None:
            return
        running = owned.sessions.get(session)
        if running is None:
            running = owned.sessions[session] = _Running(bucket, owned.epoch)
            running.task = self._tasks.create_task(
                self._keep(session, running), name=f"session {session}"
            )
        elif running.actor is not None:
            running.actor.wake()

    def look(self) -> None:
        """Sweep now: another replica stored something for one of our buckets."""
        self._again.wake()

    async def run(self) -> None:
        """Find work nobody announced, until cancelled."""
        await self._again.run()

    async def release(self, bucket: str) -> None:
        """Let the bucket's actors save and end while the lease is still ours; whoever takes longer
        is cancelled."""
        owned = self._owned.pop(bucket, None)
        running = list(owned.sessions.values()) if owned else []
        for one in running:
            one.released = True
            if one.actor is not None:
                one.actor.stop()
            elif one.task is not None:
                one.task.cancel()  # it pauses after a failure, and there is nothing to save
        tasks = [one.task for one in running if one.task is not None]
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=RELEASE_PATIENCE)
        finally:  # also when nobody waits any longer: `lost` knows these no more
            late = [task for task in tasks if not task.done()]
            for task in late:
                task.cancel()
        if tasks:
            log.info("bucket.released", bucket=bucket, sessions=len(tasks), late=len(late))

    async def _sweep(self) -> None:
        if not self._owned:
            return
        async with self._database.transaction() as tx:
            at = await clock(tx)
            waiting = await inbox.waiting(tx, list(self._owned))
            active = await sessions.active(tx, list(self._owned), at)
            asleep = [id for id in active if not self._is_running(SessionId(id))]
            rows = [row for id in asleep if (row := await sessions.get(tx, id))]
            gained = self._gained & self._owned.keys()
            if gained:
                waiting += await self._lingering(tx, gained, at)
            if at - self._pruned_at > PRUNE_EVERY:
                await inbox.prune(tx, KEEP_INPUT)
                self._pruned_at = at
        self._gained -= gained
        for row in rows:
            self.wake(SessionId(row.id), row.bucket)
        for session, bucket in waiting:
            self.wake(SessionId(session), bucket)

    async def _lingering(
        self, tx: AsyncConnection, buckets: Collection[str], at: float
    ) -> list[tuple[str, str]]:
        """Sessions that have nothing to do, but are to be attended to."""
        found: list[tuple[str, str]] = []
        for name, connector in self._connectors.items():
            if linger := connector.capabilities.linger:
                found += await sessions.lingering(tx, buckets, name, at - linger)
        return found

    def _is_running(self, session: SessionId) -> bool:
        return any(session in owned.sessions for owned in self._owned.values())

    async def _keep(self, session: SessionId, running: _Running) -> None:
        """Run the session's actor until it is idle; start it again when it dies."""
        try:
            while True:
                began = time.monotonic()
                if await self._run_once(session, running):
                    return
                if time.monotonic() - began > WELL_AFTER:
                    running.failures = 0
                wait = FIRST_BACKOFF * 2 ** min(running.failures, 10)
                running.failures += 1
                await asyncio.sleep(min(MOST_BACKOFF, wait))
        finally:
            owned = self._owned.get(running.bucket)
            if owned is not None and owned.sessions.get(session) is running:
                del owned.sessions[session]

    async def _run_once(self, session: SessionId, running: _Running) -> bool:
        """Whether the actor is done: idle, drained, or replaced by another owner's."""
        stored = StoredSession(self._database, session, running.epoch, self._rules, self._mask)
        actor = running.actor = SessionActor(
            stored,
            self._connectors,
            self._surface,
            self._rules,
            fetch_image=self._fetch_image,
            idle_after=self._idle_after,
            now=self._now,
        )
        try:
            await actor.run()
        except SessionUnreadable as error:
            log.error("session.unreadable", session=session, reason=str(error.__cause__))
            await self._tell_waiting(stored, running, error.user_message)
            return running.released
        except Exception as error:
            if _is_lease_lost(error):
                log.info("lease.lost", session=session)
                return True
            log.exception("actor.died", session=session, failures=running.failures)
            return running.released
        else:
            return True
        finally:
            running.actor = None

    async def _tell_waiting(self, stored: StoredSession, running: _Running, sentence: str) -> None:
        """Their input is kept until the session can be read; each is told so once."""
        try:
            for row in await stored.pending(0):
                if row.key in running.told:
                    continue
                running.told.add(row.key)
                inbound = load_inbound(row.body)
                if isinstance(inbound, Deleted):
                    continue
                await self._surface.whisper(inbound.thread, inbound.by.user, sentence)
        except (BotError, ValueError) as error:
            log.warning("session.not_told", error=type(error).__name__)


def _is_lease_lost(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        group = cast(BaseExceptionGroup[BaseException], error)
        return any(_is_lease_lost(one) for one in group.exceptions)
    return isinstance(error, LeaseLost)
