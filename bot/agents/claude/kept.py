"""A session as this process knows it: what was told of it, and who waits for what."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from bot.agents.claude import wire
from bot.agents.claude.codec import Made
from bot.agents.claude.memory import Memory, to_cursor
from bot.agents.claude.records import Record
from bot.agents.claude.sdk import Client, Decision
from bot.core.events import AgentEvent, Attached, Detached, TurnStarted


@dataclass(slots=True)
class Kept:
    """`used` is when a person last did something, by the loop's clock. `log` are the events of the
    newest two turns, of which the first is number `dropped`: a reader that comes back gets what it
    missed. `known` are the prompts the agent has had. `running` is the task of its process,
    `client` the way to talk to it. `farewell` is why the session is no more."""

    id: str
    record: Record
    memory: Memory
    used: float
    known: set[str]
    log: list[AgentEvent] = field(default_factory=list[AgentEvent])
    dropped: int = 0
    waiting: dict[str, tuple[wire.Request, asyncio.Future[Decision]]] = field(
        default_factory=dict[str, tuple[wire.Request, "asyncio.Future[Decision]"]]
    )
    running: asyncio.Task[None] | None = None
    client: Client | None = None
    stopping: bool = False
    readers: int = 0
    farewell: str = ""
    prompting: asyncio.Lock = field(default_factory=asyncio.Lock)
    recording: asyncio.Lock = field(default_factory=asyncio.Lock)
    life: str = field(default_factory=lambda: secrets.token_hex(4))
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _begins: deque[int] = field(default_factory=lambda: deque(maxlen=2))

    @property
    def idle(self) -> bool:
        """Whether its process may end without anybody missing it."""
        return not (self.memory.needed or self.prompting.locked())

    def take(self, made: Made) -> None:
        """Remember, and let readers have what was made of a message. The last event of it carries
        the place to go on from."""
        memory, events = made
        self.memory = replace(memory, life=self.life, told=self.memory.told + len(events))
        if not events:
            return
        events = (*events[:-1], replace(events[-1], cursor=to_cursor(self.memory)))
        for event in events:
            if isinstance(event, TurnStarted):
                self._begins.append(self.dropped + len(self.log))
            self.log.append(event)
        if len(self._begins) == 2 and self._begins[0] > self.dropped:
            del self.log[: self._begins[0] - self.dropped]
            self.dropped = self._begins[0]
        self.wake()

    def wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def leave(self, why: str) -> None:
        """It is no more; its readers are told why."""
        self.farewell = why
        self.wake()

    async def until_idle(self) -> None:
        """Return once no turn is open."""
        while self.memory.turn is not None:
            await self._news.wait()

    async def read(self, after: Memory) -> AsyncGenerator[AgentEvent]:
        """What was told since `after`, and what is told from now on. What is told twice has one
        effect, so all there is goes to a reader from another life."""
        yield Attached()
        at = after.told if after.life == self.life else self.dropped
        while True:
            news = self._news
            at = max(at, self.dropped)
            while at < self.dropped + len(self.log):
                at += 1
                yield self.log[at - 1 - self.dropped]
                at = max(at, self.dropped)
            if self.farewell:
                yield Detached(reason=self.farewell, final=True)
                return
            await news.wait()
