"""The real Claude Code with a stand-in for its model, in a home of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.agents.claude.connector import ClaudeConfig, ClaudeConnector
from bot.agents.claude.memory import to_cursor
from bot.agents.claude.sdk import installed
from bot.core.asks import Answer
from bot.core.events import AgentEvent
from bot.core.policy import AgentSetting
from bot.core.ports import Image, RemoteSession
from tests.agents.reading import PATIENCE
from tests.agents.servers.model import StandIn, serving

ABSENT = "claude-agent-sdk is not installed (166 MB): `make claude` gets it"
PRESENT = installed()

KEY = "sk-ant-dummy-of-the-tests"


def environment(url: str, home: Path) -> dict[str, str]:
    """What Claude Code is to find: our model, no home of the developer's, and no outside world."""
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "HOME": str(home),
        **({"IS_SANDBOX": "1"} if os.getuid() == 0 else {}),
    }


def config(directory: Path, **given: object) -> ClaudeConfig:
    """The agent works in `work`, and keeps what it knows in `data`."""
    work = directory / "work"
    work.mkdir(exist_ok=True)
    known = {"kind": "claude", "cwd": work, "data_dir": directory / "data"}
    return ClaudeConfig.model_validate({**known, **given})


@asynccontextmanager
async def connected(
    directory: Path, set_variable: Callable[[str, str], None], **given: object
) -> AsyncGenerator[tuple[ClaudeConnector, StandIn]]:
    """A connector, entered, and its model."""
    model = StandIn()
    async with serving(model) as url:
        for name, value in environment(url, directory).items():
            set_variable(name, value)
        async with ClaudeConnector(config(directory, **given)) as connector:
            yield connector, model


SHARED = "T1/C1/1.0"
"""The key of the session that tests share, because its process takes long to start."""


@asynccontextmanager
async def sharing(connector: ClaudeConnector, test: str) -> AsyncGenerator[RemoteSession]:
    """The shared session from where it is now on; what `test` leaves under way is stopped."""
    session = await connector.create(SHARED)
    before = connector._kept.get(session)
    cursor = to_cursor(before.memory) if before else None
    async with connector.attach(session, cursor) as remote:
        yield Shared(remote, test)
        await remote.interrupt()
        async with asyncio.timeout(PATIENCE):
            await connector._kept[session].until_idle()


@dataclass(frozen=True, slots=True)
class Shared:
    """A session whose prompts have names of their own in each test."""

    remote: RemoteSession
    test: str

    def events(self) -> AsyncIterator[AgentEvent]:
        return self.remote.events()

    async def prompt(self, text: str, key: str, images: Sequence[Image] = ()) -> None:
        await self.remote.prompt(text, f"{self.test} {key}", images)

    async def steer(self, turn: str, text: str, key: str, images: Sequence[Image] = ()) -> None:
        await self.remote.steer(turn, text, f"{self.test} {key}", images)

    async def interrupt(self) -> None:
        await self.remote.interrupt()

    async def answer(self, ask: str, answer: Answer) -> None:
        await self.remote.answer(ask, answer)

    async def configure(self, setting: AgentSetting, value: str) -> None:
        await self.remote.configure(setting, value)

    async def stop_task(self, task: str) -> None:
        await self.remote.stop_task(task)

    async def close(self) -> None:
        raise AssertionError("others need it")
