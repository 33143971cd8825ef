"""Performs the commands of the outbox, and says what became of each.

Commands run beside each other, so that a stop or a private word never waits for an agent that hangs
in a prompt. Order is kept where it matters: `next_command` orders what stands in the outbox, and
what may begin a turn also waits for calls that still run although nobody needs them any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress

import structlog

from bot.bridge.pictures import PICTURES_PATIENCE, pictures
from bot.bridge.pulse import Pulse
from bot.core.commands import (
    Begun,
    Command,
    ConfigureAgent,
    Failed,
    FailureKind,
    Interrupt,
    OpenSession,
    Outcome,
    Pending,
    Performed,
    SendAnswer,
    SendPrompt,
    Steer,
    StopTask,
    Whisper,
)
from bot.core.eras import own_name
from bot.core.errors import (
    AgentError,
    AgentRefused,
    AgentUnavailable,
    AskAlreadyAnswered,
    BotError,
    LeaseLost,
    PromptInDoubt,
    SessionGone,
    SurfaceError,
    Unsupported,
)
from bot.core.ports import Connector, FetchImage, ReadsPrompts, RemoteSession, Surface
from bot.core.session.outbox import next_command
from bot.core.state import SessionState

log = structlog.get_logger()

AGENT_PATIENCE = 10.0
"""Seconds an agent may take to accept a command before it counts as unavailable."""

SETTING_PATIENCE = 75.0
"""Seconds for what servers ask their agent's process about before they answer."""

SIGN_PATIENCE = 3.0
"""Seconds to wait for a sign that the agent has a prompt in doubt, before people are asked."""

RESTARTED = "I was restarted before the agent confirmed your message, so it may or may not have it."

CONTEXT_PATIENCE = 5.0
"""Seconds to wait for the thread's earlier messages before the prompt goes without them."""


class Performer:
    """`saved` is the newest state that is stored: only its commands are performed. `changed` beats
    when it has changed or time has passed. `remote` waits for the handle on the remote session;
    `report` hands the outcome to the actor.

    `inherited` are the commands an earlier owner may have tried already.
    """

    def __init__(
        self,
        connector: Connector,
        surface: Surface,
        fetch_image: FetchImage,
        remote: Callable[[], Awaitable[RemoteSession]],
        report: Callable[[Outcome], Awaitable[None]],
        saved: Callable[[], SessionState],
        changed: Pulse,
        *,
        inherited: Sequence[Pending],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._connector = connector
        self._surface = surface
        self._fetch_image = fetch_image
        self._remote = remote
        self._report = report
        self._saved = saved
        self._changed = changed
        self._inherited = frozenset(pending.command.id for pending in inherited)
        self._doubtful = {pending.command.id for pending in inherited if pending.begun}
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
            isinstance(other, OpenSession | SendPrompt | Steer | Interrupt) for other in running
        )

    async def _until_told(self, pending: Pending) -> None:
        """Its outcome has to be in the state before it may be performed again."""
        await self._perform(self._saved(), pending)
        while self._waits(pending):
            await self._changed.wait()
        del self._under_way[pending.command.id]
        self._changed.beat()

    def _waits(self, pending: Pending) -> bool:
        """Whether this try of the command is still without an outcome in the state."""
        waiting = self._saved().outbox
        return any((p.command, p.attempts) == (pending.command, pending.attempts) for p in waiting)

    async def _perform(self, state: SessionState, pending: Pending) -> None:
        """A failure is an outcome, even a fault of the connector's. Raises only LeaseLost."""
        command = pending.command
        try:
            async with asyncio.timeout(patience(command)):
                performed = await self._do(state, pending)
        except LeaseLost:
            raise
        except (TimeoutError, BotError) as error:
            await self._report(self._failure(state, pending, error))
        except Exception:
            log.exception("command.broke", session=state.id, command=command.kind, id=command.id)
            await self._report(self._failure(state, pending, AgentError()))
        else:
            await self._report(performed)

    async def _do(self, state: SessionState, pending: Pending) -> Performed:
        command = pending.command
        match command:
            case OpenSession():
                remote_id = await self._connector.create(command.key)
                return Performed(command=command.id, remote_id=remote_id)
            case SendPrompt():
                return await self._prompt(state, pending, command)
            case Steer():
                return await self._steer(state, command)
            case Interrupt():
                await (await self._remote()).interrupt()
            case SendAnswer():
                await (await self._remote()).answer(
                    own_name(command.ask, state.era), command.answer
                )
            case ConfigureAgent() | StopTask():
                await self._tune(command)
            case Whisper():
                await self._surface.whisper(state.thread, command.user, command.text)
        return Performed(command=command.id)

    async def _tune(self, command: ConfigureAgent | StopTask) -> None:
        able = self._connector.capabilities
        if isinstance(command, StopTask):
            if not able.stop_task:
                raise Unsupported("This agent cannot stop single tasks. Write *stop* instead.")
            await (await self._remote()).stop_task(command.task)
        elif command.setting not in able.settings:
            raise Unsupported("This agent cannot change it while it runs.")
        else:
            await (await self._remote()).configure(command.setting, command.value)

    async def _prompt(
        self, state: SessionState, pending: Pending, command: SendPrompt
    ) -> Performed:
        if command.id in self._doubtful and await self._arrived(command):
            return Performed(command=command.id)
        limits = self._connector.capabilities.images
        images, left_out = await pictures(command.files, limits, self._fetch_image)
        text = await self._told(state, command)
        if left_out:
            log.info("files.left_out", session=state.id, files=len(left_out))
            text = f"{text}\n[files you did not get: {'; '.join(left_out)}]"
        remote = await self._remote()
        if self._connector.capabilities.prompt_check != "idempotent":
            await self._report(Begun(command=command.id))
            while self._waits(pending) and not self._is_noted(command):
                await self._changed.wait()
            if not self._waits(pending):  # nobody wants it any more
                return Performed(command=command.id)
        try:
            await remote.prompt(text, command.key, images)
        except PromptInDoubt:
            if not await self._shows(command.turn):
                raise
        return Performed(command=command.id, left_out=tuple(left_out))

    def _is_noted(self, command: SendPrompt) -> bool:
        return any(p.begun for p in self._saved().outbox if p.command.id == command.id)

    async def _arrived(self, command: SendPrompt) -> bool:
        """Whether the agent has a prompt that an earlier owner may have sent. Raises PromptInDoubt
        where that cannot be told; what may be repeated under its key may have been lost."""
        if self._connector.capabilities.prompt_check != "idempotent":
            remote = await self._remote()
            took = await remote.took(command.key) if isinstance(remote, ReadsPrompts) else None
            if took is None and not await self._shows(command.turn):
                raise PromptInDoubt(RESTARTED)
            if took is not False:
                return True
        self._doubtful.discard(command.id)
        return False

    async def _shows(self, number: int) -> bool:
        """Whether the agent is seen to work on this turn before long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SIGN_PATIENCE):
                while not any(t.ref for t in self._saved().turns if t.number == number):
                    await self._changed.wait()
                return True
        return False

    async def _steer(self, state: SessionState, command: Steer) -> Performed:
        turn = next((turn.ref for turn in state.turns if turn.number == command.turn), None)
        if turn is None:
            raise AgentRefused("The agent no longer works on that.")
        limits = self._connector.capabilities.images
        images, left_out = await pictures(command.prompt.files, limits, self._fetch_image)
        text, name = command.text, own_name(turn, state.era)
        await (await self._remote()).steer(name, text, command.prompt.key, images)
        return Performed(command=command.id, left_out=tuple(left_out))

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
        if isinstance(error, TimeoutError) and isinstance(command, SendPrompt):
            # It may have gone out already, and be taken yet.
            told = PromptInDoubt() if self._is_noted(command) else told
        return Failed(
            command=command.id,
            failure=_kind(told),
            message=told.user_message,
            repeated=bool(pending.attempts) or command.id in self._inherited,
            unsure=command.id in self._doubtful,
        )


def patience(command: Command) -> float:
    """Seconds a command may take, whatever the connector does."""
    match command:
        case SendPrompt(files=files):
            signs = SIGN_PATIENCE + (PICTURES_PATIENCE if files else 0)
            return AGENT_PATIENCE + CONTEXT_PATIENCE + signs
        case Steer(prompt=prompt):
            return AGENT_PATIENCE + CONTEXT_PATIENCE + (PICTURES_PATIENCE if prompt.files else 0)
        case ConfigureAgent() | StopTask():
            return SETTING_PATIENCE
        case _:
            return AGENT_PATIENCE + CONTEXT_PATIENCE


def _kind(error: AgentError) -> FailureKind:
    match error:
        case PromptInDoubt():
            return "in_doubt"
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
