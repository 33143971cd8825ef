"""Performs the commands of the outbox, one after the other, and says what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.core.commands import (
    Command,
    Failed,
    FailureKind,
    Interrupt,
    OpenSession,
    Outcome,
    Pending,
    Performed,
    SendAnswer,
    SendPrompt,
    Whisper,
)
from bot.core.errors import (
    AgentError,
    AgentUnavailable,
    AskAlreadyAnswered,
    BotError,
    SessionGone,
    SurfaceError,
    Unsupported,
)
from bot.core.ports import Connector, RemoteSession, Surface
from bot.core.state import SessionState

log = structlog.get_logger()

AGENT_PATIENCE = 10.0
"""Seconds an agent may take to accept a command before it counts as unavailable."""

CONTEXT_PATIENCE = 5.0
"""Seconds to wait for the thread's earlier messages before the prompt goes without them."""


class Performer:
    """`remote` waits for the handle on the remote session; `report` hands the outcome to the actor.

    `inherited` are the ids of commands an earlier owner may have tried already.
    """

    def __init__(
        self,
        connector: Connector,
        surface: Surface,
        remote: Callable[[], Awaitable[RemoteSession]],
        report: Callable[[Outcome], Awaitable[None]],
        inherited: frozenset[int],
    ) -> None:
        self._connector = connector
        self._surface = surface
        self._remote = remote
        self._report = report
        self._inherited = inherited

    async def perform(self, state: SessionState, pending: Pending) -> None:
        """Never raises but for cancellation: a failure is an outcome."""
        command = pending.command
        try:
            async with asyncio.timeout(AGENT_PATIENCE + CONTEXT_PATIENCE):
                remote_id = await self._do(state, command)
        except (TimeoutError, BotError) as error:
            await self._report(self._failure(state, pending, error))
        else:
            await self._report(Performed(command=command.id, remote_id=remote_id))

    async def _do(self, state: SessionState, command: Command) -> str | None:
        match command:
            case OpenSession():
                return await self._connector.create(command.key)
            case SendPrompt():
                text = await self._told(state, command)
                await (await self._remote()).prompt(text, command.key)
            case Interrupt():
                await (await self._remote()).interrupt()
            case SendAnswer():
                await (await self._remote()).answer(command.ask, command.answer)
            case Whisper():
                await self._surface.whisper(state.thread, command.user, command.text)
        return None

    async def _told(self, state: SessionState, command: SendPrompt) -> str:
        if command.context_before is None:
            return command.text
        try:
            async with asyncio.timeout(CONTEXT_PATIENCE):
                earlier = await self._surface.earlier(state.thread, command.context_before)
        except (SurfaceError, TimeoutError) as error:
            log.warning("context.missing", session=state.id, error=type(error).__name__)
            return command.text
        return f"{earlier}\n\n{command.text}" if earlier else command.text

    def _failure(
        self, state: SessionState, pending: Pending, error: BotError | TimeoutError
    ) -> Failed:
        command = pending.command
        log.warning(
            "command.failed", session=state.id, command=command.kind, id=command.id,
            attempt=pending.attempts + 1, error=type(error).__name__,
        )  # fmt: skip
        told = error if isinstance(error, AgentError) else AgentUnavailable()
        return Failed(
            command=command.id,
            failure=_kind(told),
            message=told.user_message,
            repeated=bool(pending.attempts) or command.id in self._inherited,
        )


def _kind(error: AgentError) -> FailureKind:
    match error:
        case AgentError() if error.retryable:
            return "unavailable"
        case SessionGone():
            return "gone"
        case AskAlreadyAnswered():
            return "already_answered"
        case Unsupported():
            return "unsupported"
        case _:
            return "refused"
