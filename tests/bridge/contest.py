"""People and machines that contend for one decision, at random: see `test_contested`.

The actor, the streamer and the performer are the real ones. The store is kept in memory, with the
rules of the real one (states as JSON, one entry per key, a fence), so that a seed plays the same
story every time and hundreds of them take seconds.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Literal, Self, cast

from bot.bridge.actor import SessionActor
from bot.bridge.stored_session import StoredSession
from bot.core.approvals import Approvals, Grant, Layer, Wanted
from bot.core.asks import Answer, Confirmation, Verb
from bot.core.errors import AgentError, AgentUnavailable, AskAlreadyAnswered, LeaseLost, Unsupported
from bot.core.events import AgentEvent, AskClosed, AskOpened, Attached, TurnEnded, TurnStarted
from bot.core.ids import PartKey, Receipt, ThreadKey
from bot.core.inbound import Inbound, Person, Prompt, Reply
from bot.core.policy import Capabilities, Rules
from bot.core.ports import Health, Image, Intent, RemoteSession
from bot.core.state import STATE_VERSION, SessionState
from bot.core.stored import dump_inbound, dump_state, load_inbound, load_state
from bot.core.views import AskView, overdue
from bot.store.inbox import InboxRow
from tests.bridge.house import ANA, BEN, CHO
from tests.bridge.listed import Listed, ListedSurface
from tests.waiting import PATIENCE

THREAD = ThreadKey("T1", "C1", "1700000000.000100")
DEB = Person(user="U4", name="Deb")
MAY_DECIDE = ("owner", "U2")
RULES = Rules(
    retry_first=0.0005,
    retry_most=0.002,
    answer_tries=50,
    approvals=Approvals(
        workspace=Layer(wanted=Wanted(who=MAY_DECIDE, ask_in=("thread", "private", "C9")))
    ),
)
PLACES = ("thread", "D2/1.1", "C9/1.1")
CALL = Confirmation(id="a1", turn="t1", tool="Bash", title="Deploy", input={"command": "make"})

Trouble = Literal["none", "late", "lost", "unreachable", "elsewhere"]


async def turns(chance: random.Random, most: int) -> None:
    """Let others go first, for a while."""
    for _ in range(chance.randint(0, most)):
        await asyncio.sleep(0)


async def seen(holds: Callable[[], object]) -> None:
    """Look at every turn of the loop until it holds."""
    while True:
        if holds():
            return
        await asyncio.sleep(0)


# --- the agent's server ---------------------------------------------------------------------------


@dataclass
class Server:
    """An agent's server with one turn and one request in it. The first answer counts, whoever gives
    it; others are refused. Implements `Connector`."""

    chance: random.Random
    trouble: Trouble
    says_closed: bool
    events: list[AgentEvent] = field(default_factory=list[AgentEvent])
    decided: Answer | None = None
    by_us: bool = False
    effects: int = 0
    refused: int = 0
    calls: int = 0
    late: list[asyncio.Task[AgentError | None]] = field(
        default_factory=list[asyncio.Task[AgentError | None]]
    )
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(replay="cursor", prompt_check="idempotent")

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
        return Health(True, "Played by a test.")

    async def create(self, key: str) -> str:
        return "r1"

    @asynccontextmanager
    async def attach(self, remote_id: str, cursor: str | None) -> AsyncGenerator[RemoteSession]:
        yield _Session(self, int(cursor or 0))

    def does(self, event: AgentEvent) -> None:
        self.events.append(event)
        self.news.set()
        self.news = asyncio.Event()

    def decide(self, answer: Answer, *, by_us: bool) -> None:
        """Raises `AskAlreadyAnswered`."""
        if self.decided is not None:
            self.refused += 1
            raise AskAlreadyAnswered()
        self.decided, self.by_us = answer, by_us
        self.effects += 1
        cursor = str(len(self.events) + 1)
        if self.says_closed:
            self.does(AskClosed(ask=CALL.id, how="answered", cursor=cursor))

    def end(self) -> None:
        self.does(TurnEnded(turn="t1", outcome="done", cursor=str(len(self.events) + 1)))


@dataclass
class _Session:
    server: Server
    start: int

    async def events(self) -> AsyncIterator[AgentEvent]:
        yield Attached()
        sent = self.start
        while True:
            news = self.server.news
            for event in self.server.events[sent:]:
                sent += 1
                yield event
            await news.wait()

    async def prompt(self, text: str, key: str, images: Sequence[Image] = ()) -> None:
        if not self.server.events:
            self.server.does(TurnStarted(turn="t1", prompt=key, cursor="1"))
            self.server.does(AskOpened(ask=CALL, cursor="2"))

    async def steer(self, turn: str, text: str, key: str, images: Sequence[Image] = ()) -> None:
        raise Unsupported()

    async def answer(self, ask: str, answer: Answer) -> None:
        """The server goes on with what it heard, whether or not we wait."""
        self.server.calls += 1
        deciding = asyncio.create_task(self._decide(answer))
        self.server.late.append(deciding)
        told = await asyncio.shield(deciding)
        if told is not None:
            raise told

    async def _decide(self, answer: Answer) -> AgentError | None:
        server = self.server
        await turns(server.chance, 30 if server.trouble == "late" else 2)
        if server.trouble == "unreachable" and server.chance.random() < 0.6:
            return AgentUnavailable()
        try:
            server.decide(answer, by_us=True)
        except AskAlreadyAnswered as error:
            return error
        await turns(server.chance, 30 if server.trouble == "late" else 2)
        if server.trouble == "lost" and server.chance.random() < 0.6:
            return AgentUnavailable()
        return None

    async def interrupt(self) -> None:
        raise AssertionError("nobody stops this turn")

    async def configure(self, setting: str, value: str) -> None:
        raise AssertionError("nobody changes the agent")

    async def stop_task(self, task: str) -> None:
        raise AssertionError("nobody stops a task")

    async def close(self) -> None:
        raise AssertionError("nobody ends the session")


# --- the store ------------------------------------------------------------------------------------


@dataclass
class Kept:
    """What a database would hold of the session; outlives its owners."""

    state: str = ""
    epoch: int = 0
    inbox: dict[str, InboxRow] = field(default_factory=dict[str, InboxRow])
    done: set[str] = field(default_factory=set[str])
    intents: dict[PartKey, str | None] = field(default_factory=dict[PartKey, str | None])

    def accept(self, inbound: Inbound) -> None:
        """What comes twice is stored once."""
        seq = len(self.inbox) + 1
        body = dump_inbound(inbound)
        row = InboxRow(inbound.key, THREAD.session, "T1/0", seq, inbound.kind, body, 0.0, None)
        self.inbox.setdefault(inbound.key, row)

    @property
    def read(self) -> SessionState:
        if not self.state:
            return SessionState(thread=THREAD, agent="demo")
        return load_state(self.state, STATE_VERSION)


class Owned:
    """The session as one owner reads and writes it, in place of a `StoredSession`."""

    def __init__(self, kept: Kept, chance: random.Random) -> None:
        self._kept, self._chance = kept, chance
        kept.epoch += 1
        self._epoch = kept.epoch

    async def adopt(self) -> tuple[SessionState, list[Intent]]:
        doubtful = [key for key, ts in self._kept.intents.items() if ts is None]
        return self._kept.read, [Intent(THREAD, key, 0.0) for key in doubtful]

    async def pending(self, after_seq: int) -> list[InboxRow]:
        await turns(self._chance, 2)
        rows = [row for row in self._kept.inbox.values() if row.key not in self._kept.done]
        return [row for row in rows if row.seq > after_seq]

    async def grants(self, now: float) -> list[Grant]:
        """Nobody allows anything standingly here."""
        await turns(self._chance, 2)
        return []

    async def save(
        self,
        state: SessionState,
        *,
        done: Sequence[str] = (),
        given_up: Sequence[PartKey] = (),
        intents: Sequence[PartKey] = (),
        receipts: Sequence[Receipt] = (),
    ) -> None:
        stored = dump_state(replace(state, records=()))
        await turns(self._chance, 3)
        if self._epoch != self._kept.epoch:
            raise LeaseLost()
        self._kept.state = stored
        self._kept.done |= set(done)
        for key in given_up:
            self._kept.intents.pop(key)
        for key in intents:
            self._kept.intents.setdefault(key, None)
        for receipt in receipts:
            self._kept.intents[receipt.key] = receipt.ts
        await turns(self._chance, 3)


# --- the contest ----------------------------------------------------------------------------------


class Contest:
    """One story, from its seed. After `play`, what people were shown and told stands in `listed`,
    what the server did in `server`."""

    def __init__(self, seed: int) -> None:
        self.chance = chance = random.Random(seed)
        troubles: tuple[Trouble, ...] = ("none", "late", "lost", "unreachable", "elsewhere")
        trouble = troubles[seed % len(troubles)]
        # Whose answer a server took that refuses ours the second time, nobody could tell.
        self.deaths = 0 if trouble == "elsewhere" else chance.choice((0, 1, 1, 2, 3))
        self.server = Server(chance, trouble, says_closed=chance.random() < 0.6)
        self.listed = Listed()
        self.kept = Kept()
        self._owner: SessionActor | None = None

    async def play(self) -> None:
        """Raises TimeoutError when the story does not end."""
        self.kept.accept(
            Prompt(
                key="msg:1", thread=THREAD, by=ANA, ts=THREAD.thread_ts, text="deploy",
                mentions_bot=True,
            )
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
            world = [tasks.create_task(self._people()), tasks.create_task(self._elsewhere())]
            for _ in range(self.deaths):
                await self._owned_until(self._dies())
            await self._owned_until(self._over(world))

    @property
    def presses(self) -> list[Reply]:
        """In the order they were taken in, each once."""
        rows = sorted(self.kept.inbox.values(), key=lambda row: row.seq)
        read = [load_inbound(row.body) for row in rows]
        return [inbound for inbound in read if isinstance(inbound, Reply)]

    @property
    def cards(self) -> list[tuple[str, AskView]]:
        """All that were ever posted, each with the channel it stands in."""
        shown = self.listed.messages.values()
        return [(key.place.channel, card) for key, card in shown if isinstance(card, AskView)]

    # --- owners -----------------------------------------------------------------------------------

    async def _owned_until(self, end: Coroutine[None, None, None]) -> None:
        """One owner. Then it dies, as by kill -9."""
        stored = cast(StoredSession, Owned(self.kept, self.chance))
        self._owner = SessionActor(
            stored,
            {"demo": self.server},
            ListedSurface(self.listed),
            RULES,
            fetch_image=self.listed.fetch_image,
        )
        running = asyncio.create_task(self._owner.run())
        ending = asyncio.create_task(end)
        try:
            await asyncio.wait((running, ending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._owner = None
            for task in (running, ending):
                task.cancel()
            await asyncio.wait((running, ending))
        if not running.cancelled():
            raise running.exception() or AssertionError("the owner ended by itself")

    async def _dies(self) -> None:
        """At any moment, or soon after a press was taken in or an answer went out."""
        match self.chance.randint(0, 2):
            case 0:
                await turns(self.chance, 150)
            case 1:
                await seen(lambda: self.presses)
            case _:
                calls = self.server.calls
                await seen(lambda: self.server.calls > calls or self.server.decided)
        await turns(self.chance, 20)

    async def _over(self, world: list[asyncio.Task[None]]) -> None:
        """All is done and shown, and no late answer is under way."""
        while True:
            await asyncio.sleep(0.002)
            state = self.kept.read
            if all(task.done() for task in (*world, *self.server.late)) and not (
                self.kept.inbox.keys() - self.kept.done
                or state.outbox
                or state.open_turns
                or state.open_asks
                or overdue(state)
            ):
                return

    # --- the world --------------------------------------------------------------------------------

    async def _people(self) -> None:
        """They press what they see, twice at times; Slack brings a press late, or again. In the end
        the owner does."""
        for number in range(self.chance.randint(0, 5)):
            by = self.chance.choice((ANA, BEN, BEN, CHO, DEB))
            verb = self.chance.choice(("allow", "deny"))
            await self._press(by, verb, number)
        await self._press(ANA, "allow", 9)

    async def _press(self, by: Person, verb: Verb, number: int) -> None:
        await turns(self.chance, 25)
        await seen(lambda: self.cards or self.server.decided)
        place = self.chance.choice(PLACES)
        for click in range(self.chance.choice((1, 1, 2))):
            reply = Reply(
                key=f"act:{number}.{click}", thread=THREAD, by=by, ask=CALL.id,
                answer=Answer(verb=verb), place=place,
            )  # fmt: skip
            for _ in range(self.chance.choice((1, 1, 2))):
                await turns(self.chance, 6)
                self.kept.accept(reply)
                if self._owner is not None:
                    self._owner.wake()

    async def _elsewhere(self) -> None:
        """Somebody at a terminal may decide, and at some time the agent goes on."""
        if self.server.trouble == "elsewhere":
            await seen(lambda: len(self.server.events) >= 2)
            await turns(self.chance, 120)
            if self.server.decided is None:
                verb = self.chance.choice(("allow", "deny"))
                self.server.decide(Answer(verb=verb), by_us=False)
        await seen(lambda: self.server.decided)
        await turns(self.chance, 60)
        self.server.end()
