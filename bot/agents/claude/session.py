"""One attachment to a session: what a person wants of it, and what it tells."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing

import structlog
from pydantic import JsonValue

from bot.agents.claude import codec, credentials
from bot.agents.claude.kept import Kept
from bot.agents.claude.memory import Memory
from bot.agents.claude.records import NAMESPACE, Records
from bot.agents.claude.sdk import Client, Decision
from bot.agents.shapes.asking import answers, content, rules
from bot.core.asks import Answer
from bot.core.errors import (
    AgentAuthError,
    AgentRefused,
    AgentUnavailable,
    AskAlreadyAnswered,
    SessionGone,
    Unsupported,
)
from bot.core.events import AgentEvent
from bot.core.policy import AgentSetting
from bot.core.ports import Image

log = structlog.stdlib.get_logger()

NO_KEY = f"{credentials.MISSING} here. My operator can give it one: `threadline doctor` says how."
NOT_HEARD = "Claude Code ended before it had your message. Please send it again."
NOT_RUNNING = "Nothing of the kind runs any more."
ALLOWING = ("allow", "allow_session", "allow_always")
MOST_ALLOWED = 50
MODES = ("default", "acceptEdits", "plan", "dontAsk", "bypassPermissions", "auto")


class ClaudeSession:
    """Implements `RemoteSession`. `start` gives the session a process and returns the way to talk
    to it; `end` takes it away, with all the agent remembers."""

    def __init__(
        self,
        kept: Kept,
        records: Records,
        after: Memory,
        start: Callable[[Kept], Awaitable[Client]],
        end: Callable[[Kept], Awaitable[None]],
    ) -> None:
        self._kept = kept
        self._records = records
        self._after = after
        self._start = start
        self._end = end

    async def events(self) -> AsyncIterator[AgentEvent]:
        async with aclosing(self._kept.read(self._after)) as events:
            async for event in events:
                yield event

    async def prompt(self, text: str, key: str, images: Sequence[Image] = ()) -> None:
        """Taken once the agent is through with what it does: it would take a second prompt into
        the same turn."""
        kept = self._kept
        name = str(uuid.uuid5(NAMESPACE, f"{kept.id} {key}"))
        self._use()
        if name in kept.known:
            return
        if not credentials.present():
            raise AgentAuthError(NO_KEY)
        async with kept.prompting:
            await kept.until_idle()
            if kept.farewell:
                raise SessionGone(kept.farewell)
            if name in kept.known:
                return
            kept.stopping = False
            client = await self._start(kept)
            kept.known.add(name)
            kept.take(codec.prompted(kept.memory, name, key))
            # Half a message would spoil all that come after it.
            await asyncio.shield(self._send(client, name, content(text, images)))

    async def _send(self, client: Client, name: str, said: JsonValue) -> None:
        """What a process that ends meanwhile has not heard is not done, and may be sent again."""
        kept = self._kept
        try:
            await client.query(_message(name, said))
        except Exception as error:
            log.warning("claude.not_heard", remote=kept.id, error=type(error).__name__)
            kept.known.discard(name)
            if kept.memory.turn == name:
                kept.take(codec.broke_off(kept.memory, NOT_HEARD, taken=False))

    async def steer(self, turn: str, text: str, key: str, images: Sequence[Image] = ()) -> None:
        """The tool reads a message that comes while it works beside the next result of a call. But
        one that is not read when the turn ends, or is stopped, begins a turn of its own at once and
        cannot be taken back; one that was read stands nowhere in the transcript, so after a kill
        nobody could tell whether the agent had it."""
        raise Unsupported("This agent takes a message when it is through with its turn.")

    async def interrupt(self) -> None:
        self._use()
        kept = self._kept
        kept.stopping = kept.memory.turn is not None or kept.prompting.locked()
        if kept.client is not None and kept.memory.turn is not None:
            await self._ask(kept.client.interrupt())

    async def answer(self, ask: str, answer: Answer) -> None:
        self._use()
        if answer.verb in ALLOWING and ask in self._kept.waiting:
            allowed = (*self._kept.record.allowed, ask)[-MOST_ALLOWED:]
            await self._record(allowed=allowed)
        request, future = self._kept.waiting.pop(ask, (None, None))
        if request is None or future is None or future.done():
            raise AskAlreadyAnswered()
        known = next((one for one in self._kept.memory.asks if one.id == ask), None)
        lasting = rules(answer, known.suggestions) if known else []
        match answer.verb:
            case "reply":
                given: dict[str, JsonValue] = {**request.input, "answers": {**answers(answer)}}
                future.set_result(Decision(allow=True, input=given))
            case "deny":
                reason = answer.text or "The person who was asked said no."
                future.set_result(Decision(allow=False, reason=reason, interrupt=answer.interrupt))
            case _:
                future.set_result(Decision(allow=True, input=answer.input, rules=lasting))

    async def configure(self, setting: AgentSetting, value: str) -> None:
        """It holds for the session, also in later processes."""
        self._use()
        if setting == "permission_mode" and value not in MODES:
            raise AgentRefused(f"The agent knows no permission mode {value!r}.")
        client = self._kept.client
        if client is not None:
            is_model = setting == "model"
            change = (
                client.set_model(value or None) if is_model else client.set_permission_mode(value)
            )
            await self._ask(change, f"The agent does not take {value!r} for this setting.")
        field = "model" if setting == "model" else "mode"
        await self._record(**{field: value})

    async def stop_task(self, task: str) -> None:
        self._use()
        if self._kept.client is None:
            raise AgentRefused(NOT_RUNNING)
        await self._ask(self._kept.client.stop_task(task), NOT_RUNNING)

    async def close(self) -> None:
        await self._end(self._kept)

    async def _record(self, **changes: str | tuple[str, ...]) -> None:
        """Raises AgentUnavailable where nothing can be written: it may be tried again."""
        kept = self._kept
        async with kept.recording:
            record = kept.record.model_copy(update=changes)
            try:
                await asyncio.to_thread(self._records.write, kept.id, record)
            except OSError as error:
                log.error("claude.not_recorded", remote=kept.id, error=type(error).__name__)
                raise AgentUnavailable() from error
            kept.record = record

    def _use(self) -> None:
        self._kept.used = asyncio.get_running_loop().time()

    async def _ask(self, call: Awaitable[None], refusal: str = "") -> None:
        """The SDK raises bare exceptions: for what the tool refuses, and where it is gone."""
        try:
            await call
        except Exception as error:
            if refusal and self._kept.client is not None:
                raise AgentRefused(refusal) from error
            raise AgentUnavailable() from error


async def _message(name: str, said: JsonValue) -> AsyncGenerator[dict[str, JsonValue]]:
    message: JsonValue = {"role": "user", "content": said}
    yield {"type": "user", "message": message, "parent_tool_use_id": None, "uuid": name}
