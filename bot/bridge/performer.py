"""Performs the commands of the outbox, and says what became of each.

Commands run beside each other, so that a stop or a private word never waits for an agent that hangs
in a prompt. Order is kept where it matters: `next_command` orders what stands in the outbox, and
what may begin a turn also waits for calls that still run although nobody needs them any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import structlog

from bot.bridge.pulse import Pulse
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
    LeaseLost,
    SessionGone,
    SurfaceError,
    Unsupported,
)
from bot.core.ports import Connector, RemoteSession, Surface
from bot.core.state import SessionState, next_command

log = structlog.get_logger()

AGENT_PATIENCE = 10.0
"""Seconds an agent may take to accept a command before it counts as unavailable."""

CONTEXT_PATIENCE = 5.0
"""Seconds to wait for the thread's earlier messages before the prompt goes without them."""


class Performer:
    """`saved` is the newest state that is stored: only its commands are performed. `changed` beats
    when it has changed or time has passed. `remote` waits for the handle on the remote session;
    `report` hands the outcome to the actor.

    `inherited` are the ids of commands an earlier owner may have tried already.
    """

    def __init__(
        self,
        connector: Connector,
        surface: Surface,
        remote: Callable[[], Awaitable[RemoteSession]],
        report: Callable[[Outcome], Awaitable[None]],
        saved: Callable[[], SessionState],
        changed: Pulse,
        *,
        inherited: frozenset[int],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._connector = connector
        self._surface = surface
        self._remote = remote
        self._report = report
        self._saved = saved
        self._changed = changed
        self._inherited = inherited
        self._now = now
        self._under_way: dict[int, Command] = {}

    async def run(self, tasks: asyncio.TaskGroup) -> None:
        """Perform what is due, each command in a task of its own, until cancelled."""
        while True:
            for pending in self._due():
                self._under_way[pending.command.id] = pending.command
                name = f"perform {pending.command.kind}"
                tasks.create_task(self._until_told(pending), name=name)
            await self._changed.wait()

    def _due(self) -> Iterator[Pending]:
        state, now = self._saved(), self._now()
        for whispers in (False, True):
            passed = set(self._under_way)
            while pending := next_command(state, now, whispers=whispers, under_way=passed):
                passed.add(pending.command.id)
                if not self._must_wait(pending.command):
                    yield pending

    def _must_wait(self, command: Command) -> bool:
        running = self._under_way.values()
        return isinstance(command, OpenSession | SendPrompt) and any(
            isinstance(other, OpenSession | SendPrompt | Interrupt) for other in running
        )

    async def _until_told(self, pending: Pending) -> None:
        """Its outcome has to be in the state before it may be performed again."""
        await self._perform(self._saved(), pending)
        while pending in self._saved().outbox:
            await self._changed.wait()
        del self._under_way[pending.command.id]
        self._changed.beat()

    async def _perform(self, state: SessionState, pending: Pending) -> None:
        """A failure is an outcome, even a fault of the connector's. Raises only LeaseLost."""
        command = pending.command
        try:
            async with asyncio.timeout(AGENT_PATIENCE + CONTEXT_PATIENCE):
                remote_id = await self._do(state, command)
        except LeaseLost:
            raise
        except (TimeoutError, BotError) as error:
            await self._report(self._failure(state, pending, error))
        except Exception:
            log.exception("command.broke", session=state.id, command=command.kind, id=command.id)
            await self._report(self._failure(state, pending, AgentError()))
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
