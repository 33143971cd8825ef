"""The composition root of `threadline run`: settings become objects, wired, started and drained."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial

import structlog

from bot import __version__
from bot.agents.registry import build
from bot.bridge.audit_keeping import AuditKeeping
from bot.bridge.bridge import StoreBridge, bucket_of
from bot.bridge.home_views import HomeViews
from bot.bridge.homes import Homes
from bot.bridge.ownership import Ownership
from bot.bridge.rate_memory import RateMemory
from bot.bridge.supervisor import Supervisor
from bot.core.errors import BotError
from bot.core.policy import groups_named, require_an_end
from bot.core.ports import Connector
from bot.settings import Settings
from bot.slack.app import Slack, connect
from bot.slack.clock import Clock, SystemClock
from bot.slack.lane import Lane
from bot.slack.render.secrets import mask, shapes
from bot.slack.surface import SlackSurface
from bot.store import leases, migrate
from bot.store.database import Database
from bot.store.notify import listen
from bot.web import serve

log = structlog.get_logger()

DATABASE_PATIENCE = 1.0

DRAIN_PATIENCE = 8.5
"""Seconds for sessions to save and leases to be given back. What is late is found again by the next
owner; the rest of the 10 s goes to closing connections."""


async def run(settings: Settings, *, migrating: bool = True) -> None:
    """Serve until SIGTERM or SIGINT, then stop receiving, let sessions save, and leave. A signal
    during the start ends it at once.

    Raises ConfigError for what has to be mended before a start; a group of errors when a part of
    the running bot fails.
    """
    stopping, started = asyncio.Event(), asyncio.Event()
    working = asyncio.ensure_future(_work(settings, migrating, stopping, started))

    def stop(number: signal.Signals) -> None:
        log.info("stopping", signal=number.name)
        stopping.set()
        if not started.is_set():
            working.cancel()
        # A second signal ends the process at once.
        asyncio.get_running_loop().remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        await working
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise
    log.info("stopped")


async def _work(
    settings: Settings, migrating: bool, stopping: asyncio.Event, started: asyncio.Event
) -> None:
    if migrating:
        await upgrade(settings)
    else:
        await migrate.check(settings.store)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(settings.store))
        connectors = {
            name: await stack.enter_async_context(build(config))
            for name, config in settings.agents.items()
        }
        groups = groups_named(settings.admission, settings.approval_policy)
        slack = await stack.enter_async_context(connect(settings.slack, groups=groups))
        for name, connector in connectors.items():
            require_an_end(settings.approval_policy, name, connector.capabilities)
        started.set()
        await _serve(settings, database, connectors, slack, stopping)


async def upgrade(settings: Settings) -> str:
    """Bring the database up to date; returns the revision it is at. Raises ConfigError."""
    await migrate.upgrade(settings.store)
    return migrate.head()


async def _serve(
    settings: Settings,
    database: Database,
    connectors: Mapping[str, Connector],
    slack: Slack,
    stopping: asyncio.Event,
    clock: Clock | None = None,
) -> None:
    """`clock` paces the calls to Slack and is the sessions' time; without one, the system's."""
    clock = clock or SystemClock()
    async with database.transaction() as tx:
        await leases.ensure_bucket(tx, bucket_of(slack.me.team))
    async with asyncio.TaskGroup() as tasks:
        refusals = RateMemory(database, slack.me.team, tasks)
        lane = Lane(lambda: ownership.deadline_ok(), clock, on_blocked=refusals.keep)
        known = shapes(settings.security.secret_patterns)
        masked = partial(mask, known=known)
        surface = SlackSurface(
            slack.web,
            lane,
            slack.me,
            directory=slack.directory,
            clock=clock,
            streaming=settings.streaming,
            secrets=known,
        )
        rules = replace(settings.rules, groups=slack.directory.groups)
        supervisor = Supervisor(
            database,
            connectors,
            surface,
            rules,
            tasks,
            fetch_image=slack.fetch_image,
            mask=masked,
            now=clock.time,
        )

        def gained(bucket: str, epoch: int) -> None:
            refusals.recall(lane.restore)
            supervisor.gained(bucket, epoch)
            homes.wake()
            auditing.wake()

        ownership = Ownership(
            database,
            on_gained=gained,
            on_lost=supervisor.lost,
            before_release=supervisor.release,
            build=__version__,
        )
        homes = Homes(
            database,
            HomeViews(database, rules.access),
            surface.publish_home,
            lambda: ownership.held,
        )
        auditing = AuditKeeping(database, lambda: ownership.held, settings.audit.keep_days)
        bridge = StoreBridge(
            database,
            settings.routes,
            supervisor.wake,
            mask=masked,
            access=rules.access,
            look_at_homes=homes.wake,
        )
        ready = {
            "slack": lambda: _connected(slack),
            "database": lambda: _reachable(database),
        }
        async with serve(settings.web, {"process": _turning}, ready) as port:
            background = [
                tasks.create_task(ownership.run(), name="ownership"),
                tasks.create_task(supervisor.run(), name="sweep"),
                tasks.create_task(homes.run(), name="homes"),
                tasks.create_task(auditing.run(), name="audit"),
                tasks.create_task(listen(database, lambda _: supervisor.look()), name="notify"),
            ]
            receiving = tasks.create_task(slack.listen(bridge, surface, known), name="slack")
            log.info("started", version=__version__, team=slack.me.team, port=port)
            await stopping.wait()
            log.info("draining")
            receiving.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_PATIENCE):
                    await asyncio.wait([receiving])
                    await ownership.drain()
            for bucket in ownership.held:
                log.warning("bucket.not_drained", bucket=bucket)
                supervisor.lost(bucket)
            for task in background:
                task.cancel()


async def _turning() -> str | None:
    """That this answers at all shows that the loop turns."""
    return None


async def _connected(slack: Slack) -> str | None:
    return None if slack.connected else "not connected to Slack"


async def _reachable(database: Database) -> str | None:
    try:
        async with asyncio.timeout(DATABASE_PATIENCE), database.transaction():
            return None
    except (TimeoutError, BotError):
        return "the database cannot be reached"
