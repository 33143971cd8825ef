"""A replica in a process of its own, to be killed, stopped and hung. Its argument is the URL.

It owns buckets, adopts the session `s1` of each one it gains, and from then on saves it as often as
it can under the epoch it got. It prints what happens to it. SIGUSR1 hangs its main loop, until
SIGUSR2.
"""

import asyncio
import signal
import sys
from contextlib import suppress

from bot.bridge.heartbeat import Timing
from bot.bridge.ownership import Ownership
from bot.core.errors import LeaseLost, StoreUnavailable
from bot.store import sessions
from bot.store.database import Database, StoreConfig

TIMING = Timing(ttl=1.0, beat=0.2, scan=0.05, grace=0.5, pulse=0.2, margin=0.2)


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


async def work(database: Database, epoch: int) -> None:
    """Save until refused, as an actor that nobody told of its loss would."""
    saved = False
    with suppress(LeaseLost):
        while True:
            with suppress(StoreUnavailable):  # the server cut us off when we stopped inside
                if not saved:
                    async with database.transaction() as tx:
                        await sessions.adopt(tx, "s1", epoch)
                await save(database, epoch, "by the process")
                if not saved:
                    say("saved", epoch)
                saved = True
            await asyncio.sleep(0)
    say("refused", epoch)


async def main(url: str) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: signal.sigwait({signal.SIGUSR2}))
    async with Database.open(StoreConfig(url=url)) as database, asyncio.TaskGroup() as group:

        def gained(bucket: str, epoch: int) -> None:
            say("gained", bucket, epoch, ownership.replica_id)
            group.create_task(work(database, epoch))

        def lost(bucket: str) -> None:
            say("lost", bucket, "slack" if ownership.deadline_ok() else "no-slack")

        ownership = Ownership(
            database,
            on_gained=gained,
            on_lost=lost,
            build="test",
            timing=TIMING,
        )
        await ownership.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
