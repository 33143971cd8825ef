"""A replica in a process of its own, to be killed, stopped and hung. Its argument is the URL.

It owns buckets, adopts the session `s1` of each one it gains, and from then on saves it as often as
it can under the epoch it got. It prints what happens to it. SIGUSR1 hangs its main loop.
"""

import asyncio
import signal
import sys
import time
from contextlib import suppress

from bot.bridge.heartbeat import Timing
from bot.bridge.ownership import Ownership
from bot.core.errors import LeaseLost, StoreUnavailable
from bot.store import sessions
from bot.store.database import Database, StoreConfig

TIMING = Timing(ttl=1.0, beat=0.2, scan=0.05, grace=0.5, pulse=0.2, margin=0.2)
HANG = 2 * TIMING.ttl


def say(*words: object) -> None:
    print(*words, flush=True)


async def save(database: Database, epoch: int, state: str) -> None:
    async with database.transaction() as tx:
        await sessions.save(
            tx,
            "s1",
            epoch,
            state=state,
            state_version=1,
            status="active",
            remote_id=None,
            due_at=None,
        )


async def work(database: Database, ownership: Ownership, epoch: int) -> None:
    """Save until refused, as an actor that nobody told of its loss would."""
    async with database.transaction() as tx:
        await sessions.adopt(tx, "s1", epoch)
    await save(database, epoch, "by the process")
    say("saved", epoch)
    try:
        while True:
            with suppress(StoreUnavailable):  # the server cut us off when we stopped inside
                await save(database, epoch, "by the process")
    except LeaseLost:
        say("refused", epoch, "slack" if ownership.deadline_ok() else "no-slack")


async def main(url: str) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: time.sleep(HANG))
    async with Database.open(StoreConfig(url=url)) as database, asyncio.TaskGroup() as group:

        def gained(bucket: str, epoch: int) -> None:
            say("gained", bucket, epoch, ownership.replica_id)
            group.create_task(work(database, ownership, epoch))

        ownership = Ownership(
            database,
            on_gained=gained,
            on_lost=lambda bucket: say("lost", bucket),
            build="test",
            timing=TIMING,
        )
        await ownership.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
