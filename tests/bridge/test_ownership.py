"""Ownership: one replica per bucket, takeover in time, and nothing written by who lost it."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.engine import URL, make_url

from bot.bridge.heartbeat import Timing
from bot.bridge.ownership import Ownership, best_replica
from bot.core.errors import LeaseLost, StoreUnavailable
from bot.store import leases, sessions
from bot.store.database import Database, StoreConfig
from bot.store.tables import replicas
from tests.bridge.replica import save
from tests.databases import Postgres
from tests.waiting import PATIENCE, until

BUCKET = "T1/0"
QUICK = Timing(ttl=2.0, beat=0.1, scan=0.05, grace=0.3, pulse=1.0, margin=0.1)
"""A replica that crashes is soon succeeded, and one on a busy machine is not taken for dead."""
PATIENT = Timing(ttl=60, scan=0.05, grace=60)
"""Nobody dies, and each bucket waits for the replica it suits best."""
HEIR = Timing(ttl=60, beat=0.1, scan=0.05, grace=0.3)
"""It does not die either, and soon takes what nobody else takes."""
ROOT = Path(__file__).parent.parent.parent


@dataclass(slots=True)
class Replica:
    """One owner in this process, and what it was told in order."""

    database: Database
    ownership: Ownership
    told: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])

    @property
    def name(self) -> str:
        """As what it takes part now; where its beginning was slow, not as the first it tried."""
        assert self.ownership.replica_id
        return self.ownership.replica_id

    async def holds(self, bucket: str, epoch: int) -> None:
        async def held() -> bool:
            return self.ownership.held.get(bucket) == epoch

        await until(held)

    async def gains(self, bucket: str) -> int:
        """Wait until it holds the bucket; under which epoch."""

        async def held() -> bool:
            return bucket in self.ownership.held

        await until(held)
        return self.ownership.held[bucket]

    async def holds_nothing(self) -> None:
        async def empty() -> bool:
            return not self.ownership.held

        await until(empty)


@asynccontextmanager
async def replica(
    database: Database,
    id: str = "",
    timing: Timing = QUICK,
    before_release: Callable[[str], Awaitable[None]] | None = None,
) -> AsyncGenerator[Replica]:
    """A running replica. At the end it is cancelled, which is how a crash looks to the others."""
    numbers = iter(range(1, 100))
    told: list[tuple[str, str, int]] = []
    ownership = Ownership(
        database,
        on_gained=lambda bucket, epoch: told.append(("gained", bucket, epoch)),
        on_lost=lambda bucket: told.append(("lost", bucket, 0)),
        before_release=before_release,
        new_id=lambda: f"{id or 'r'}{next(numbers)}",
        timing=timing,
    )
    running = asyncio.create_task(ownership.run())
    try:
        yield Replica(database, ownership, told)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def postgres_config(postgres: Postgres) -> AsyncGenerator[StoreConfig]:
    """A database several replicas can share."""
    async with postgres.fresh() as config:
        yield config


@pytest.fixture
async def shared(postgres_config: StoreConfig) -> AsyncGenerator[Database]:
    """The same, open, with one bucket and one session."""
    async with Database.open(postgres_config) as database:
        await _new_session(database)
        yield database


async def _new_session(database: Database) -> None:
    async with database.transaction() as tx:
        await sessions.get_or_create(tx, "s1", "T1", "C1", "1.1", BUCKET, "demo")


async def _new_bucket(database: Database, bucket: str) -> None:
    async with database.transaction() as tx:
        await leases.ensure_bucket(tx, bucket)


async def test_a_new_bucket_is_claimed_when_woken(database: Database) -> None:
    slow = Timing(ttl=3600, scan=60)
    async with replica(database, timing=slow) as one:

        async def member() -> bool:
            return one.ownership.replica_id is not None

        await until(member)
        await _new_bucket(database, BUCKET)
        one.ownership.wake()
        await one.holds(BUCKET, 1)
        assert one.told == [("gained", BUCKET, 1)]
        assert one.ownership.deadline_ok()


async def test_slack_may_not_be_called_before_joining_and_after_leaving(
    database: Database,
) -> None:
    await _new_bucket(database, BUCKET)
    async with replica(database, timing=PATIENT) as one:
        assert not one.ownership.deadline_ok()
        await one.holds(BUCKET, 1)
        assert one.ownership.deadline_ok()
    assert not one.ownership.deadline_ok()


async def test_after_a_crash_the_next_start_fences_the_last_one(database: Database) -> None:
    """On SQLite at once: who holds the file lock knows that all others are gone."""
    await _new_session(database)
    async with replica(database, "a") as first:
        before = await first.gains(BUCKET)
        async with database.transaction() as tx:
            await sessions.adopt(tx, "s1", before)
    async with replica(database, "b", HEIR) as second:
        after = await second.gains(BUCKET)
        assert after > before
        async with database.transaction() as tx:
            assert await sessions.adopt(tx, "s1", after)
        with pytest.raises(LeaseLost):
            await save(database, before, "by the first")


async def test_a_drained_replica_saves_first_and_leaves_at_once(database: Database) -> None:
    await _new_session(database)

    async def save_and_end(bucket: str) -> None:
        async with database.transaction() as tx:
            [lease] = await leases.owned(tx, one.name)
            await sessions.adopt(tx, "s1", lease.epoch)
        await save(database, lease.epoch, "saved")

    long = Timing(ttl=60, scan=0.05)
    async with replica(database, "a", long, save_and_end) as one:
        await one.holds(BUCKET, 1)
        await one.ownership.drain()
        assert one.told == [("gained", BUCKET, 1), ("lost", BUCKET, 0)]
        assert not one.ownership.deadline_ok()
    async with database.transaction() as tx:
        row = await sessions.get(tx, "s1")
        assert row and row.state == "saved"
        assert [lease.bucket for lease in await leases.claimable(tx)] == [BUCKET]
        assert await leases.live(tx) == []


async def test_replicas_share_the_buckets_and_none_has_two_owners(shared: Database) -> None:
    """Of the buckets that come while both are there: the first of them takes all it finds."""
    buckets = {f"T{number}/0" for number in range(2, 14)}
    async with replica(shared, "a", PATIENT) as a, replica(shared, "b", PATIENT) as b:

        async def both_joined() -> bool:
            return bool(a.ownership.replica_id and b.ownership.replica_id)

        await until(both_joined)
        for bucket in buckets:
            await _new_bucket(shared, bucket)

        async def all_held() -> bool:
            return buckets <= a.ownership.held.keys() | b.ownership.held.keys()

        await until(all_held)
        best = {bucket: best_replica(bucket, [a.name, b.name]) for bucket in buckets}
        assert {best[bucket] for bucket in buckets & a.ownership.held.keys()} == {a.name}
        assert {best[bucket] for bucket in buckets & b.ownership.held.keys()} == {b.name}
        assert not a.ownership.held.keys() & b.ownership.held.keys()


async def test_a_crashed_replica_is_succeeded(shared: Database) -> None:
    async with AsyncExitStack() as crashing:
        a = await crashing.enter_async_context(replica(shared, "a"))
        before = await a.gains(BUCKET)
        async with replica(shared, "b", HEIR) as b:

            async def joined() -> bool:
                return b.ownership.replica_id is not None

            await until(joined)
            await crashing.aclose()
            assert await b.gains(BUCKET) > before


async def test_a_drained_bucket_moves_without_waiting_for_the_ttl(shared: Database) -> None:
    async with replica(shared, "a", PATIENT) as a:
        await a.holds(BUCKET, 1)
        async with replica(shared, "b", PATIENT) as b:
            await a.ownership.drain()
            await b.holds(BUCKET, 2)


async def test_a_wanted_bucket_moves_to_who_wants_it(shared: Database) -> None:
    parted: list[str] = []

    async def note(bucket: str) -> None:
        parted.append(bucket)

    async with replica(shared, "a", PATIENT, note) as a:
        await a.holds(BUCKET, 1)
        async with replica(shared, "b", PATIENT) as b:

            async def joined() -> bool:
                return b.ownership.replica_id is not None

            await until(joined)
            async with shared.transaction() as tx:
                await leases.want(tx, BUCKET, b.name)
            await b.holds(BUCKET, 2)
            await a.holds_nothing()
    assert parted == [BUCKET]


async def test_a_stuck_favourite_does_not_strand_a_bucket(shared: Database) -> None:
    """It lives, it would suit best, and it never claims."""
    favourite = next(
        id for id in (f"stuck{n}" for n in range(99)) if best_replica(BUCKET, ["a1", id]) == id
    )
    async with shared.transaction() as tx:
        await leases.register(tx, favourite, 60, "test")
    async with replica(shared, "a", HEIR) as a:
        await a.holds(BUCKET, 1)


async def test_who_is_declared_dead_drops_all_and_joins_under_a_new_id(shared: Database) -> None:
    async with replica(shared, "a", HEIR) as a:
        await a.holds(BUCKET, 1)
        before = a.name
        async with shared.transaction() as tx:
            await tx.execute(update(replicas).values(dead=True))
        await a.holds(BUCKET, 2)
        assert a.told == [("gained", BUCKET, 1), ("lost", BUCKET, 0), ("gained", BUCKET, 2)]
        assert a.name != before


async def test_cut_connections_cost_no_lease(shared: Database) -> None:
    patient = Timing(ttl=30, beat=0.05, scan=0.05, pulse=0.5)
    async with replica(shared, "a", patient) as a:
        await a.holds(BUCKET, 1)
        async with shared.transaction() as tx:
            await tx.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            before = (await tx.execute(replicas.select())).one().expires_at

        async def beats_again() -> bool:
            with suppress(StoreUnavailable):  # that connection was cut as well
                async with shared.transaction() as tx:
                    return (await tx.execute(replicas.select())).one().expires_at > before + 0.2
            return False

        await until(beats_again)
        assert a.told == [("gained", BUCKET, 1)]


class Wire:
    """The way to PostgreSQL, which can be cut, frozen and mended."""

    def __init__(self, directory: Path, server: StoreConfig) -> None:
        self._path = directory / ".s.PGSQL.5432"
        self._server = make_url(server.url)
        self._connections: set[asyncio.Task[None]] = set()
        self._whole = True
        self._flows = asyncio.Event()
        self._flows.set()
        url = URL.create(
            "postgresql",
            self._server.username,
            self._server.password,
            database=self._server.database,
            query={"host": str(directory)},
        )
        self.config = StoreConfig(url=url.render_as_string(hide_password=False))

    @asynccontextmanager
    async def laid(self) -> AsyncGenerator[None]:
        async with await asyncio.start_unix_server(self._connected, self._path):
            yield
            await self.cut()

    def freeze(self) -> None:
        """Swallow nothing and pass nothing on, as a network does that has lost its way."""
        self._flows.clear()

    def mend(self) -> None:
        self._whole = True
        self._flows.set()

    async def cut(self) -> None:
        self._whole = False
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._whole:
            self._connections.add(asyncio.create_task(self._forward(reader, writer)))
        else:
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = str(self._server.query.get("host") or self._server.host)
        port = self._server.port or 5432
        try:
            if host.startswith("/"):
                there = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            else:
                there = await asyncio.open_connection(host, port)
            try:
                await asyncio.gather(self._pump(reader, there[1]), self._pump(there[0], writer))
            finally:
                there[1].transport.abort()
        finally:
            writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.mark.parametrize("fault", ["cut", "frozen"])
async def test_while_the_database_is_away_slack_is_not_called_and_then_all_begins_anew(
    postgres_config: StoreConfig, tmp_path: Path, fault: str
) -> None:
    wire = Wire(tmp_path, postgres_config)
    async with wire.laid(), Database.open(wire.config) as database, replica(database, "a") as a:
        await _new_bucket(database, BUCKET)
        epoch = await a.gains(BUCKET)
        before, told = a.name, list(a.told)
        if fault == "cut":
            await wire.cut()
        else:
            wire.freeze()

        async def too_late() -> bool:
            return not a.ownership.deadline_ok()

        await until(too_late)
        assert a.told == told
        async with Database.open(postgres_config) as other:

            async def expired() -> bool:
                with suppress(StoreUnavailable):  # the row may be locked by a beat under way
                    async with other.transaction() as tx:
                        await tx.execute(update(replicas).values(expires_at=0))
                    return True
                return False

            await until(expired)
        wire.mend()

        async def anew() -> bool:
            return a.ownership.held.get(BUCKET, 0) > epoch and a.ownership.deadline_ok()

        await until(anew)
        assert a.name != before
        assert a.told[: len(told) + 2] == [
            *told,
            ("lost", BUCKET, 0),
            ("gained", BUCKET, epoch + 1),
        ]


@given(
    st.lists(st.text(max_size=20), min_size=2, max_size=8, unique=True),
    st.lists(st.text(max_size=20), max_size=30),
)
def test_a_replica_that_leaves_moves_only_its_own_buckets(
    members: list[str], buckets: list[str]
) -> None:
    leaving, *staying = members
    for bucket in buckets:
        before = best_replica(bucket, members)
        assert before in members
        assert before == leaving or best_replica(bucket, staying) == before
        assert best_replica(bucket, members[::-1]) == before


class Process:
    """A replica in another process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[list[str]] = []

    async def says(self, *start: str) -> list[str]:
        """The first line that begins so, waited for if it is not there yet."""
        assert self.process.stdout
        async with asyncio.timeout(PATIENCE):
            while True:
                for line in self.said:
                    if line[: len(start)] == list(start):
                        return line
                line = (await self.process.stdout.readline()).decode().split()
                assert line, f"ended without saying {start}"
                self.said.append(line)


@pytest.fixture
async def process(postgres_config: StoreConfig) -> AsyncGenerator[Process]:
    """Another process that owns the bucket and saves all the time."""
    async with Database.open(postgres_config) as database:
        await _new_session(database)
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bridge.replica",
        postgres_config.url,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    process = Process(started)
    await process.says("saved")
    yield process
    with suppress(ProcessLookupError):
        started.kill()
    await started.wait()


@asynccontextmanager
async def _heir(config: StoreConfig) -> AsyncGenerator[tuple[Database, int]]:
    """This process gains the bucket, adopts the session, and writes it. In the end it leaves."""
    async with Database.open(config) as database, replica(database, "heir", HEIR) as heir:
        epoch = await heir.gains(BUCKET)

        async def adopted() -> bool:
            with suppress(StoreUnavailable):  # stopped inside its transaction, it holds the row
                async with database.transaction() as tx:
                    row = await sessions.adopt(tx, "s1", epoch)
                assert row and row.state == "by the process"
                return True
            return False

        await until(adopted)
        await save(database, epoch, "by the heir")
        yield database, epoch
        await heir.ownership.drain()


@pytest.mark.slow
async def test_a_killed_process_is_succeeded_E78(
    process: Process, postgres_config: StoreConfig
) -> None:
    process.process.kill()
    async with _heir(postgres_config):
        pass


FAULTS = {
    "stopped": (signal.SIGSTOP, signal.SIGCONT),
    "hung": (signal.SIGUSR1, signal.SIGUSR2),
}
"""How a process is held up, and let go on."""


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_process_that_comes_back_writes_nothing_and_joins_anew(
    process: Process, postgres_config: StoreConfig, fault: str
) -> None:
    goes, comes_back = FAULTS[fault]
    process.process.send_signal(goes)
    async with _heir(postgres_config) as (database, epoch):
        process.process.send_signal(comes_back)
        assert await process.says("lost", BUCKET) == ["lost", BUCKET, "no-slack"]
        await process.says("refused", str(epoch - 1))
        async with database.transaction() as tx:
            row = await sessions.get(tx, "s1")
        assert row and row.state == "by the heir"
    await process.says("gained", BUCKET, str(epoch + 1))
