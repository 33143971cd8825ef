"""Stands in for an agent that is named by a session but configured no more.

It is away like any server that cannot be reached: people are told so in the thread, their messages
are kept, and everything goes on once the operator has configured it again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from bot.core.errors import AgentUnavailable
from bot.core.policy import Capabilities
from bot.core.ports import Health, RemoteSession


class MissingAgent:
    """Implements `Connector`; everything raises `AgentUnavailable`."""

    def __init__(self, name: str) -> None:
        self._sentence = f"The agent {name} is no longer configured here."

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    async def check(self) -> Health:
        return Health(False, self._sentence)

    async def create(self, key: str) -> str:
        raise AgentUnavailable(self._sentence)

    @asynccontextmanager
    async def attach(self, remote_id: str, cursor: str | None) -> AsyncGenerator[RemoteSession]:
        raise AgentUnavailable(self._sentence)
        yield  # makes this the generator a context manager is made from
