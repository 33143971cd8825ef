"""Which buckets this replica owns. See `heartbeat.py` for how it stays alive.

Every scan declares dead whoever has stopped beating, claims what is free and suits us, reads what
we own now and makes the running sessions agree with it. Reading back, instead of trusting what was
claimed, heals a claim whose commit was never confirmed. The epoch tells one period of owning a
bucket from another, so losing one and getting it back is seen as both.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Collection, Generator
from contextlib import contextmanager, suppress

import structlog

from bot.bridge.heartbeat import Heartbeat, Timing, boottime
from bot.core.errors import StoreUnavailable
from bot.store import leases
from bot.store.database import Database
from bot.store.leases import LeaseRow

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def new_replica_id() -> str:
    """An id that was never used: a replica declared dead must not be taken for the new one."""
    return uuid.uuid4().hex


def best_replica(bucket: str, replicas: Collection[str]) -> str:
    """Rendezvous hash: all agree without talking, and a change moves only what it must."""
    return max(replicas, key=lambda id: hashlib.sha256(f"{bucket}\0{id}".encode()).digest())


class Ownership:
    """The buckets of this replica: claims them, says so, and gives them back.

    `on_gained(bucket, epoch)` may start the bucket's sessions. `on_lost(bucket)` stops them at
    once: the lease is gone, and their writes would raise LeaseLost. Before a planned move and at
    the end `before_release(bucket)` is awaited first, with the lease still ours, so that sessions
    can save and end by themselves.
    """

    def __init__(
        self,
        database: Database,
        *,
        on_gained: Callable[[str, int], None],
        on_lost: Callable[[str], None],
        before_release: Callable[[str], Awaitable[None]] | None = None,
        new_id: Callable[[], str] = new_replica_id,
        build: str = "",
        timing: Timing | None = None,
    ) -> None:
        self._database = database
        self._on_gained = on_gained
        self._on_lost = on_lost
        self._before_release = before_release
        self._timing = timing or Timing()
        self._held: dict[str, int] = {}
        self._free_since: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._draining = False
        self._ended = asyncio.Event()
        self._heartbeat = Heartbeat(database, self._timing, new_id, build, self._wake.set)

    @property
    def replica_id(self) -> str | None:
        """Our id among the replicas; None while we are not one."""
        return self._heartbeat.replica_id

    @property
    def held(self) -> dict[str, int]:
        """The buckets owned here, with their epochs."""
        return dict(self._held)

    def deadline_ok(self) -> bool:
        """Whether Slack may be called now: ask immediately before each call, which cannot be
        fenced. False means that a successor may be acting already."""
        return boottime() < self._heartbeat.deadline

    def wake(self) -> None:
        """Look for buckets to claim now: one may be new."""
        self._wake.set()

    async def drain(self) -> None:
        """Stop all sessions here, give the buckets back, and let `run` return."""
        self._draining = True
        self._wake.set()
        await self._ended.wait()

    async def run(self) -> None:
        """Own buckets until drained; cancelled, leave them to expire."""
        try:
            async with asyncio.TaskGroup() as group:
                beating = group.create_task(self._heartbeat.run(), name="heartbeat")
                while not self._draining:
                    self._wake.clear()
                    await self._scan()
                    await self._pause()
                for bucket in list(self._held):
                    await self._part_from(bucket)
                beating.cancel()
            if self._heartbeat.replica_id:
                await self._retire(self._heartbeat.replica_id)
        finally:
            self._ended.set()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.scan):
                await self._wake.wait()

    async def _scan(self) -> None:
        me = self._heartbeat.replica_id
        if me is None:
            self._agree_with({})
            self._heartbeat.rejoin()
            return
        try:
            owned = await self._claim(me)
        except StoreUnavailable as error:  # the next scan sees what this one would have seen
            log.warning("ownership.scan_failed", error=type(error.__cause__ or error).__name__)
            return
        self._agree_with(owned)
        for lease in owned.values():
            if lease.wanted_by not in (None, me):
                await self._part_from(lease.bucket)
                await self._release(lease.bucket, me)

    async def _claim(self, me: str) -> dict[str, LeaseRow]:
        """Reap, then claim; returns all we own then."""
        async with self._database.transaction() as tx:
            for dead in await leases.reap(tx):
                log.warning("replica.dead", replica=dead)
        async with self._database.transaction() as tx:
            free = await leases.claimable(tx)
            suitable = self._suitable(free, me, await leases.live(tx))
            if suitable:
                await leases.claim(tx, me, suitable)
            return {lease.bucket: lease for lease in await leases.owned(tx, me)}

    def _suitable(self, free: list[LeaseRow], me: str, live: list[str]) -> list[str]:
        """Buckets that suit us best, or that nobody took in time."""
        if me not in live:
            return []
        at = boottime()
        self._free_since = {row.bucket: self._free_since.get(row.bucket, at) for row in free}
        overdue = at - self._timing.grace
        return [
            row.bucket
            for row in free
            if _preferred(row, live) == me or self._free_since[row.bucket] <= overdue
        ]

    def _agree_with(self, owned: dict[str, LeaseRow]) -> None:
        epochs = {bucket: lease.epoch for bucket, lease in owned.items()}
        for bucket, epoch in list(self._held.items()):
            if epochs.get(bucket) != epoch:
                self._lose(bucket)
        for bucket, epoch in epochs.items():
            if bucket not in self._held:
                self._held[bucket] = epoch
                log.info("bucket.gained", bucket=bucket, epoch=epoch)
                self._on_gained(bucket, epoch)

    def _lose(self, bucket: str) -> None:
        log.info("bucket.lost", bucket=bucket, epoch=self._held.pop(bucket))
        self._on_lost(bucket)

    async def _part_from(self, bucket: str) -> None:
        if self._before_release:
            await self._before_release(bucket)
        self._lose(bucket)

    async def _release(self, bucket: str, me: str) -> None:
        with _tolerated("bucket.not_released"):
            async with self._database.transaction() as tx:
                await leases.release(tx, me, [bucket])

    async def _retire(self, me: str) -> None:
        with _tolerated("replica.not_retired"):
            async with self._database.transaction() as tx:
                await leases.retire(tx, me)


@contextmanager
def _tolerated(event: str) -> Generator[None]:
    """A database that is away now costs the others a wait, until we expire or scan again."""
    try:
        yield
    except StoreUnavailable as error:
        log.warning(event, error=type(error.__cause__ or error).__name__)


def _preferred(lease: LeaseRow, live: list[str]) -> str:
    return lease.wanted_by if lease.wanted_by in live else best_replica(lease.bucket, live)
