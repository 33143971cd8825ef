"""The agent servers every connector is tried with, and what to say to each to see it act."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.core.ports import Connector


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`connect` gives a connector not entered yet; twice in the same directory, the same server.

    `short` is answered with text at once; `guarded` runs tool `tool` after permission; `question`
    asks one question that takes `choice`; `endless` works until it is stopped.
    """

    name: str
    connect: Callable[[Path], AbstractAsyncContextManager[Connector]]
    short: str
    guarded: str
    tool: str
    question: str
    choice: str
    endless: str


def _demo(directory: Path) -> DemoConnector:
    return DemoConnector(DemoConfig(data_dir=directory, speed=50))


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
    ),
)
