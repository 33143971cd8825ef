"""The agent servers every connector is tried with, and what to say to each to see it act."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from bot.agents.agent_webkit.connector import AgentWebkitConfig, AgentWebkitConnector
from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.core.ports import Connector
from tests.agents.servers import real_claude
from tests.agents.servers.webkit import TOKEN, FakeWebkit, serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`connect` gives a connector not entered yet; twice in the same directory, the same server.

    `short` is answered with text at once; `guarded` runs tool `tool` after permission; `question`
    asks one question that takes `choice`; `endless` writes until it is stopped, and `busy` runs a
    tool. Empty where the server has no such thing.
    """

    name: str
    connect: Callable[[Path], AbstractAsyncContextManager[Connector]]
    short: str
    guarded: str
    tool: str
    question: str
    choice: str
    endless: str
    busy: str = ""
    stops_when_denied: bool = True


def _demo(directory: Path) -> DemoConnector:
    return DemoConnector(DemoConfig(data_dir=directory, speed=50))


@cache
def _fake_webkit(directory: Path) -> FakeWebkit:
    """A directory stands for one server's memory."""
    return FakeWebkit()


@asynccontextmanager
async def _webkit(directory: Path) -> AsyncGenerator[Connector]:
    async with serving(_fake_webkit(directory)) as url, _webkit_at(url) as connector:
        yield connector


def _webkit_at(url: str) -> AgentWebkitConnector:
    given = {"kind": "agent_webkit", "url": url, "token": TOKEN, "silence": 0.1}
    return AgentWebkitConnector(AgentWebkitConfig.model_validate(given))


@asynccontextmanager
async def _claude(directory: Path) -> AsyncGenerator[Connector]:
    with pytest.MonkeyPatch.context() as patch:
        async with real_claude.connected(directory, patch.setenv) as (connector, _):
            yield connector


REAL_CLAUDE = Server(
    name="real Claude Code",
    connect=_claude,
    short="short",
    guarded="guarded",
    tool="Bash",
    question="question",
    choice="blue",
    endless="endless",
)


def real_webkit(url: str) -> Server:
    """The real server at `url`, which is the same for every directory."""
    return Server(
        name="real agent-webkit",
        connect=lambda _: _webkit_at(url),
        short="short",
        guarded="guarded",
        tool="Bash",
        question="question",
        choice="blue",
        endless="endless",
        busy="busy",
    )


SERVERS = (
    Server(
        name="demo",
        connect=_demo,
        short="explain",
        guarded="deploy the website to staging",
        tool="deploy",
        question="ask",
        choice="sqlite",
        endless="work for 3600 seconds",
        busy="work for 3600 seconds",
        stops_when_denied=False,
    ),
    Server(
        name="agent-webkit",
        connect=_webkit,
        short="trace:plain-qa",
        guarded="trace:tool-allowed|tool-denied|claude-rich-deny-interrupt|interrupt-while-confirming",
        tool="Bash",
        question="trace:ask-user-question",
        choice="blue",
        endless="trace:interrupt-mid-stream",
    ),
    Server(
        name="agent-webkit with Claude Code",
        connect=_webkit,
        short="trace:claude-rich-plain-qa",
        guarded="trace:claude-rich-tool-allowed|claude-rich-tool-denied|claude-rich-deny-interrupt"
        "|interrupt-while-confirming",
        tool="Bash",
        question="trace:claude-rich-ask-user-question",
        choice="blue",
        endless="trace:claude-rich-interrupt",
    ),
)
