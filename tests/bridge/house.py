"""A bot without Slack: store, ownership of one bucket, supervisor, the embedded agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.bridge.bridge import StoreBridge, bucket_of
from bot.bridge.supervisor import Supervisor
from bot.core.asks import Answer, Verb
from bot.core.errors import StoreUnavailable
from bot.core.ids import ThreadKey
from bot.core.inbound import Configure, Inbound, Person, Prompt, Reply, Setting, Stop, Tune, Wish
from bot.core.policy import Rules
from bot.core.ports import Accepted, Connector
from bot.core.routing import Routes
from bot.slack.render.secrets import mask
from bot.store import leases
from bot.store.database import Database, StoreConfig
from tests.bridge.listed import Listed, ListedSurface
from tests.waiting import POLL, until

TEAM = "T1"
ANA = Person(user="U1", name="Ana")
BEN = Person(user="U2", name="Ben")
CHO = Person(user="U3", name="Cho", standing="guest")
THREAD = ThreadKey(TEAM, "C1", "1700000000.000100")
QUICK = Rules(retry_first=0.02, retry_most=0.1, stop_patience=5)

_numbers = count(1)


@dataclass(slots=True)
class House:
    """A running bot and the people who talk to it."""

    bridge: StoreBridge
    supervisor: Supervisor
    listed: Listed
    thread: ThreadKey = THREAD
    sent: list[str] = field(default_factory=list)

    async def accept(self, inbound: Inbound) -> Accepted:
        """Once more whatever the store could not take, as Slack does."""
        while True:
            with suppress(StoreUnavailable):
                return await self.bridge.accept(inbound)
            await asyncio.sleep(POLL)

    async def mention(self, text: str, by: Person = ANA, ts: str | None = None) -> Accepted:
        return await self.accept(prompt(text, by, ts, mentions_bot=True))

    async def mention_elsewhere(self, text: str) -> None:
        """In another thread."""
        ts = f"17000002{next(_numbers):02}.000000"
        thread = replace(THREAD, thread_ts=ts)
        said = replace(prompt(text, ts=ts, mentions_bot=True), thread=thread)
        await self.accept(said)

    async def reply(self, text: str, by: Person = ANA, ts: str | None = None) -> Accepted:
        return await self.accept(prompt(text, by, ts, in_thread=True))

    async def decide(self, verb: Verb, by: Person = ANA, text: str | None = None) -> None:
        await self.answer(Answer(verb=verb, text=text), by)

    async def answer(self, answer: Answer, by: Person = ANA) -> None:
        ask = self.listed.ask().ask.id
        key = f"act:{next(_numbers)}"
        await self.accept(Reply(key=key, thread=self.thread, by=by, ask=ask, answer=answer))

    async def falls_idle(self) -> None:
        """Wait until no session has an actor."""

        async def quiet() -> bool:
            return self.supervisor.actors == 0

        await until(quiet)

    async def choose(self, setting: Setting, by: Person = ANA) -> None:
        said = prompt(setting, by, mentions_bot=True, in_thread=True)
        await self.accept(
            Configure(key=said.key, thread=self.thread, by=by, setting=setting, said=said)
        )

    async def tune(self, what: Wish, value: str = "") -> None:
        said = prompt(f"{what} {value}", mentions_bot=True, in_thread=True)
        await self.accept(
            Tune(key=said.key, thread=self.thread, by=ANA, what=what, value=value, said=said)
        )

    async def stop(self, by: Person = ANA) -> None:
        key = f"stop:{next(_numbers)}"
        await self.accept(Stop(key=key, thread=self.thread, by=by, via="word"))


def prompt(
    text: str,
    by: Person = ANA,
    ts: str | None = None,
    *,
    mentions_bot: bool = False,
    in_thread: bool = False,
) -> Prompt:
    ts = ts or f"17000001{next(_numbers):02}.000000"
    return Prompt(
        key=f"msg:{TEAM}:C1:{ts}",
        thread=THREAD,
        by=by,
        ts=ts,
        text=text,
        mentions_bot=mentions_bot,
        in_thread=in_thread,
    )


@asynccontextmanager
async def running(
    config: StoreConfig,
    data_dir: Path,
    listed: Listed,
    *,
    speed: float = 0,
    connector: Connector | None = None,
    idle_after: float = 60,
    drain: bool = True,
    shared: bool = False,
    rules: Rules = QUICK,
) -> AsyncGenerator[House]:
    """A bot that owns the bucket under a new epoch. Left without `drain`, it dies as by kill -9;
    `shared` lets it open a SQLite file that another bot of the test has open."""
    agent = connector or DemoConnector(DemoConfig(data_dir=data_dir, speed=speed))
    async with (
        Database.open(config, shared=shared) as database,
        agent,
        asyncio.TaskGroup() as tasks,
    ):
        supervisor = Supervisor(
            database,
            {"demo": agent},
            ListedSurface(listed),
            rules,
            tasks,
            fetch_image=listed.fetch_image,
            mask=mask,
            idle_after=idle_after,
        )
        supervisor.gained(bucket_of(TEAM), await _claim(database))
        sweeping = tasks.create_task(supervisor.run())
        try:
            bridge = StoreBridge(database, Routes("demo"), supervisor.wake, mask=mask)
            yield House(bridge, supervisor, listed)
        finally:
            sweeping.cancel()
            if drain:
                await supervisor.release(bucket_of(TEAM))
            supervisor.lost(bucket_of(TEAM))


async def _claim(database: Database) -> int:
    name = f"replica-{next(_numbers)}"
    async with database.transaction() as tx:
        await leases.ensure_bucket(tx, bucket_of(TEAM))
        await leases.register(tx, name, 3600, "test")
        await leases.reap_others(tx, name)
        claimed = await leases.claim(tx, name, [bucket_of(TEAM)])
    return claimed[bucket_of(TEAM)]
