"""One attachment to a session: reading its stream, which ends all the time, and talking to it.

The server ends a stream after 15 s of silence, may withhold the last event of a burst until then,
jumps over events when it is read too slowly, and cuts every stream at a request it cannot encode.
Each has a remedy here; what cannot be mended is told as a `Gap`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import replace
from functools import partial
from typing import Literal

import httpx
from httpx_sse import ServerSentEvent

from bot.agents.agent_webkit import asking, codec, messages
from bot.agents.agent_webkit.inputs import LOST, Inputs
from bot.agents.agent_webkit.keeping import Kept
from bot.agents.agent_webkit.memory import to_cursor
from bot.agents.agent_webkit.patience import Patience
from bot.agents.transport.http import CursorLost
from bot.agents.transport.sse import backoff, open_stream
from bot.core.asks import Answer
from bot.core.errors import AgentError, AgentUnavailable, SessionGone, Unsupported
from bot.core.events import AgentEvent, Attached, Detached, Gap, Notice, TurnEnded, TurnStarted
from bot.core.policy import AgentSetting
from bot.core.ports import Image

HOLE = "Some of what the agent did was lost on the way; its text may be incomplete here."
REPEATED = "This agent's server loses answers to questions, so I sent yours again as a message."
NOT_REPEATED = (
    "The agent's server lost your answer, and I could not send it again. Please write it."
)

AT_ONCE = 1.0
"""A stream that ends within this many seconds, with nothing new, was not just silent."""

TELL_AFTER = 2
"""Failures to connect, in a row, after which people are told."""

CUTS_WITH_CALL = 2
CUTS_WITHOUT = 4
"""Resumed streams cut at once at the same place, after which what comes next is stepped over: soon
when a call waits for its request, later when nothing explains it."""


End = Literal["ended", "cut", "silent"]


class WebkitSession:
    """Implements `RemoteSession`. `open` first; `leave` at last."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        tasks: asyncio.TaskGroup,
        kept: Kept,
        patience: Patience,
        *,
        permissions: bool,
        web_url: str,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._kept = kept
        self._patience = patience
        self._decode = partial(codec.decode, permissions=permissions, web_url=web_url)
        self._inputs = Inputs(client, kept, patience)
        self._stream: AsyncGenerator[ServerSentEvent] | None = None
        self._stack = AsyncExitStack()
        self._watch: asyncio.Timeout | None = None
        self._end: End = "ended"
        self._news = False
        self._rewinding = False
        self._announce = False
        self._stopping = False

    # --- talking ----------------------------------------------------------------------------------

    async def prompt(self, text: str, key: str, images: Sequence[Image] = ()) -> None:
        self._kept.use()
        self._stopping = False
        body = messages.user_message(text, images)
        try:
            await self._kept.once(self._tasks, key, lambda: self._inputs.prompt(body))
        finally:
            self._nudge()

    async def steer(self, turn: str, text: str, key: str, images: Sequence[Image] = ()) -> None:
        raise Unsupported("This agent's server keeps messages until the turn is over.")

    async def interrupt(self) -> None:
        """One that comes before the agent has begun has no effect: it is said again then, and only
        then, or it would stop the next turn, too."""
        self._kept.use()
        self._stopping = self._kept.awaited > 0 and self._kept.memory.turn is None
        await self._inputs.interrupt(self._patience.control)

    async def answer(self, ask: str, answer: Answer) -> None:
        self._kept.use()
        await self._inputs.answer(ask, answer)
        self._nudge()

    async def configure(self, setting: AgentSetting, value: str) -> None:
        self._kept.use()
        await self._inputs.configure(setting, value)
        if setting == "permission_mode":
            self._announce = True
            self._nudge(at_once=True)

    async def stop_task(self, task: str) -> None:
        self._kept.use()
        await self._inputs.stop_task(task)

    async def close(self) -> None:
        await self._inputs.close()

    # --- listening --------------------------------------------------------------------------------

    async def open(self) -> None:
        """Raises SessionGone when the server does not know the session."""
        try:
            await self._reopen()
        except CursorLost:
            self._rewinding = True
            await self._reopen()

    async def leave(self) -> None:
        await self._stack.aclose()

    def let_go(self) -> None:
        """The session was ended here; its reader is told why."""
        self._nudge(at_once=True)

    async def events(self) -> AsyncIterator[AgentEvent]:
        yield Attached(cursor=to_cursor(self._kept.memory))
        async with aclosing(self._all()) as events:
            async for event in events:
                if not (isinstance(event, Detached) and event.final):
                    yield event
                    continue
                await self._finish()
                why = self._kept.farewell
                if why:
                    yield Notice(id=f"farewell:{self._kept.id}", text=why)
                yield replace(event, reason=why or event.reason)
                return

    async def _finish(self) -> None:
        """A session whose agent died is kept by the server until it is told to forget it."""
        self._kept.over = True
        with suppress(AgentError):
            await self.close()

    async def _all(self) -> AsyncGenerator[AgentEvent]:
        waits, cuts = backoff(), 0
        while not self._kept.farewell:
            async for event in self._connected():
                yield event
            seen, opened = self._kept.memory.seen, asyncio.get_running_loop().time()
            async for event in self._read():
                yield event
            lasted = asyncio.get_running_loop().time() - opened
            if self._kept.memory.seen > seen or lasted > AT_ONCE or self._end == "silent":
                waits, cuts = backoff(), 0
                continue
            cuts += self._end == "cut"
            if self._must_step_over(cuts):
                waits, cuts = backoff(), 0
                self._kept.memory, stepped = asking.step_over(self._kept.memory)
                for event in stepped:
                    yield event
            await asyncio.sleep(next(waits))
        yield Detached(reason=self._kept.farewell, final=True)

    async def _connected(self) -> AsyncGenerator[AgentEvent]:
        """Until the stream is open; what people are told meanwhile. After a final `Detached` it is
        not to be asked again."""
        waits, failures = backoff(), 0
        while self._stream is None:
            try:
                await self._reopen()
            except SessionGone:
                yield Detached(reason=LOST, final=True)
            except (AgentUnavailable, CursorLost) as error:
                if isinstance(error, CursorLost) and not self._rewinding:
                    self._rewinding = True
                    continue
                failures += 1
                if failures == TELL_AFTER:
                    yield Detached(reason=AgentUnavailable().user_message)
                await asyncio.sleep(next(waits))
        if failures >= TELL_AFTER or self._announce:
            self._announce = False
            yield Attached(cursor=to_cursor(self._kept.memory))

    def _must_step_over(self, cuts: int) -> bool:
        return cuts >= (CUTS_WITH_CALL if self._kept.memory.calls else CUTS_WITHOUT)

    async def _reopen(self) -> None:
        await self._stack.aclose()
        self._stream = None
        seen = self._kept.memory.seen
        cursor = str(seen) if seen and not self._rewinding else None
        self._stream = await self._stack.enter_async_context(
            open_stream(
                self._client, f"{self._inputs.path}/stream", cursor, silence=self._patience.stream
            )
        )
        self._news = False

    async def _read(self) -> AsyncGenerator[AgentEvent]:
        """What one stream brings; how it ended is in `_end` then."""
        while True:
            got = await self._next()
            if isinstance(got, str):
                await self._drop(got)
                return
            self._news = True
            number = int(got.id) if got.id.isascii() and got.id.isdecimal() else None
            frame = codec.Frame(number, got.event, got.data)
            if self._is_lost(frame):
                self._rewinding = True
                await self._drop("silent")
                return
            async for event in self._take(frame):
                yield event

    async def _drop(self, end: End) -> None:
        self._end, self._stream = end, None
        await self._stack.aclose()

    def _is_lost(self, frame: codec.Frame) -> bool:
        """Events are missing, and a stream from the begin may still have them."""
        if self._rewinding:
            return False
        hole = frame.id is not None and frame.id > self._kept.memory.seen + 1
        return codec.is_evicted(frame) or (hole and self._kept.memory.seen > 0)

    async def _take(self, frame: codec.Frame) -> AsyncGenerator[AgentEvent]:
        kept = self._kept
        if frame.id is not None and frame.id <= kept.memory.seen:
            return
        if self._rewinding and frame.id is not None:
            self._rewinding = False
            if frame.id > kept.memory.seen + 1:
                yield Gap(id=str(kept.memory.seen), reason=HOLE)
        kept.memory, events = self._decode(kept.memory, frame)
        over = any(isinstance(event, TurnEnded) for event in events)
        if over:
            kept.awaited, self._stopping = max(0, kept.awaited - 1), False
            kept.use()
        for event in events:
            yield event
        if over:
            async for notice in self._repeat_answers():
                yield notice
        elif self._stopping and any(isinstance(event, TurnStarted) for event in events):
            self._stopping = False
            with suppress(AgentError):  # people see that it goes on, and may stop it again
                await self._inputs.interrupt(self._patience.reply)

    async def _repeat_answers(self) -> AsyncGenerator[AgentEvent]:
        while self._kept.repeats:
            said = self._kept.repeats.pop(0)
            problem = await self._inputs.prompt(messages.user_message(said))
            text = REPEATED if problem is None else NOT_REPEATED
            yield Notice(id=f"repeat:{self._kept.memory.seen}", text=text, level="warning")

    async def _next(self) -> ServerSentEvent | End:
        if self._stream is None:  # it was left meanwhile
            return "ended"
        busy = self._kept.busy and self._news
        try:
            async with asyncio.timeout(self._patience.silence if busy else None) as self._watch:
                return await anext(self._stream)
        except StopAsyncIteration:
            return "ended"
        except TimeoutError:
            return "silent"
        except AgentUnavailable:
            return "cut"
        finally:
            self._watch = None

    def _nudge(self, *, at_once: bool = False) -> None:
        """Something is expected from now on: an event withheld would be missed."""
        self._news = True
        if self._watch is None or self._watch.expired():
            return
        wait = 0 if at_once else self._patience.silence
        when, now = self._watch.when(), asyncio.get_running_loop().time()
        if when is None or when > now + wait:
            self._watch.reschedule(now + wait)
