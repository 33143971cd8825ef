"""The whole bot beside a local Slack in one loop, as a story's stage."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from bot import app
from bot.core.approvals import Approvals
from bot.playground import Playground, PlaygroundConfig
from bot.settings import Settings
from bot.slack.clock import SystemClock
from tests.databases import fresh_sqlite
from tests.e2e.browser import CHROMIUM, FLAGS
from tests.governed import Governed
from tests.unhurried import watched_clock
from tests.waiting import PATIENCE

REDELIVERY = (0.2, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything of a story. `database` is the file of the bot's store."""

    slack: Playground
    data: Path

    @property
    def database(self) -> Path:
        return self.data / "threadline.db"

    @asynccontextmanager
    async def bot(
        self,
        speed: float = 8.0,
        agents: Mapping[str, object] | None = None,
        policy: Approvals | None = None,
        **more: object,
    ) -> AsyncGenerator[None]:
        """The bot, from connected to drained, as after SIGTERM. `more` settings by name; `policy`
        stands in for their `approvals`."""
        known = self.slack.environment()
        given = {
            "slack_bot_token": known["SLACK_BOT_TOKEN"],
            "slack_app_token": known["SLACK_APP_TOKEN"],
            "slack_api_url": known["SLACK_API_URL"],
            "data_dir": self.data,
            "database_url": f"sqlite:///{self.database}",
            "port": 0,
            "demo_speed": speed,
            "agents": agents or {},
            **more,
        }
        settings = (
            Settings.model_validate(given) if policy is None else Governed.under(policy, given)
        )
        running = asyncio.create_task(app.run(settings, migrating=False))
        sockets = self.slack.local.socket_mode.sockets
        connected = asyncio.ensure_future(self.slack.until(lambda: sockets))
        await asyncio.wait([running, connected], return_when=asyncio.FIRST_COMPLETED)
        try:
            await connected
            yield
        finally:
            if not running.done():
                signal.raise_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                await running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests of the page: to start it takes longer than most of them."""
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as launched,
    ):
        yield launched


@pytest.fixture
async def stage(tmp_path: Path, migrated_sqlite: Path) -> AsyncIterator[Stage]:
    """A local Slack and an empty database; the bot is not there yet."""
    fresh_sqlite(migrated_sqlite, tmp_path / "threadline.db")
    config = PlaygroundConfig(retry_schedule=REDELIVERY)
    async with watched_clock() as clock, Playground(config, now=clock) as slack:
        yield Stage(slack, tmp_path)
        # Cards call people who decide, and no groups. Whether a press was acked, stories say
        # themselves.
        people = {person.id for person in slack.people.values()}
        people.add(slack.app.user_id)  # by other apps, which may speak to it
        broken = slack.invariants(may_ping=people)
        assert [one for one in broken if one.rule != "every interaction is acked in time"] == []


class Held(SystemClock):
    """The sessions' time, which passes only where a story lets it."""

    def __init__(self) -> None:
        self.at = super().time()

    def time(self) -> float:
        return self.at


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """The clock of the bots of this story."""
    clock = Held()
    monkeypatch.setattr(app, "SystemClock", lambda: clock)
    return clock


@pytest.fixture
async def slack(stage: Stage) -> AsyncIterator[Playground]:
    """A local Slack with the bot, whose agent is quick."""
    async with stage.bot():
        yield stage.slack


@pytest.fixture
async def calm_slack(stage: Stage) -> AsyncIterator[Playground]:
    """A local Slack with the bot, whose agent works at its natural pace."""
    async with stage.bot(speed=1.0):
        yield stage.slack


@pytest.fixture
async def stage_at_once(stage: Stage) -> AsyncIterator[Playground]:
    """A local Slack with the bot, whose agent says everything at once."""
    async with stage.bot(speed=0.0):
        yield stage.slack
