"""One scene: people ask, an app answers under Slack's limits, and a reader of each thread looks on.

The local Slack and the Python apps run in this process, so that what can be read is known to the
millisecond. Every call takes `latency` before it is applied.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace

from bot.playground import LimitMode, MethodFault, Person, Playground, PlaygroundConfig, Thread
from bot.playground.blocks import words
from bot.playground.model import Json, Message
from bot.slack.clock import Clock
from tests.bench.agent import request
from tests.bench.answers import Script, spoken
from tests.bench.clock import LoopClock
from tests.bench.ledger import Ledger, Turn
from tests.bench.reading import Look, bare, differences, joined, lags, mean, p95, reach
from tests.bench.stage import Readers, begin, channels, crowd

LATENCY = 0.08
PATIENCE = 75.0
"""Seconds an answer may be late before the reader gives up."""
CALM = 1.5
"""Seconds without a call after which nothing more is to come."""
LONGEST_CALM = 10.0
LITTLE = 40
"""Letters that may be taken back while a text grows: a link that is still unfinished."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`turns` has a list of scripts for each thread, played one after the other. `together`: all
    threads are in one conversation. `faults` befall methods beside the latency. To be performed in
    a loop that runs at `speed`."""

    turns: Sequence[Sequence[Script]]
    readers: Readers
    together: bool = False
    limits: LimitMode = "standard"
    faults: Mapping[str, MethodFault] = field(default_factory=dict[str, MethodFault])
    speed: float = 1.0
    patience: float = PATIENCE

    @property
    def scripts(self) -> list[Script]:
        return [script for scripts in self.turns for script in scripts]


App = Callable[[Playground, Sequence[Script], Ledger, Clock], AbstractAsyncContextManager[None]]
"""Runs an app that plays a script for whoever asks for it, and writes down what it said when."""


@dataclass(slots=True)
class Reader:
    """Looks at one thread; `numbers` are the scripts played in it."""

    thread: Thread
    numbers: Sequence[int]
    said: str
    looks: list[Look] = field(default_factory=list[Look])
    hidden: float = 0.0
    hidden_at: float | None = None
    settled_at: float | None = None
    asked_seen_at: float | None = None
    _seen: dict[str, tuple[list[Json] | None, str, str]] = field(
        default_factory=dict[str, tuple[list[Json] | None, str, str]]
    )
    _joined_of: list[str] = field(default_factory=list[str])
    _joined: str = ""

    def look(self, now: float) -> None:
        """Note how far the answer can be read now."""
        length = reach(self.said, self.shown(), self.length)
        if length < self.length - LITTLE:
            self.hidden_at = self.hidden_at or now
        elif self.hidden_at is not None:
            self.hidden += now - self.hidden_at
            self.hidden_at = None
        if length > self.length:
            self.looks.append(Look(now, length))
        if self.asked_seen_at is None and "Allow" in self.thread.buttons():
            self.asked_seen_at = now

    def shown(self) -> str:
        texts: list[str] = []
        changed = False
        for message in self.answers():
            known = self._seen.get(message.ts)
            if known is None or known[0] is not message.blocks or known[1] != message.text:
                known = (message.blocks, message.text, agent_text(message))
                self._seen[message.ts] = known
                changed = True
            texts.append(known[2])
        if changed or len(texts) != len(self._joined_of):
            self._joined_of, self._joined = texts, joined(self.said, texts)
        return self._joined

    def answers(self) -> list[Message]:
        """The messages that hold the agent's words."""
        return [m for m in self.thread.messages()[1:] if m.bot_id is not None and _is_answer(m)]

    @property
    def length(self) -> int:
        """How many letters could be read so far."""
        return self.looks[-1].length if self.looks else 0

    def is_whole(self) -> bool:
        return self.length == len(self.said)

    def is_animated(self) -> bool:
        """Whether something in the thread still says that work goes on."""
        streams = self.thread.slack.workspace.streams
        place = (self.thread.channel, self.thread.ts)
        return (
            any((stream.channel, stream.thread_ts) == place for stream in streams.values())
            or self.thread.status() in ("processing", "suspended")
            or "Stop" in self.thread.buttons()
        )


def agent_text(message: Message) -> str:
    """The Markdown of a message, without our own lines (context, buttons)."""
    if message.blocks is None:
        return message.text
    texts = [
        block["text"] if block["type"] == "markdown" else words(block)
        for block in message.blocks
        if block["type"] in _AGENTS
    ]
    return "\n".join(texts)


_AGENTS = ("markdown", "rich_text", "table", "header")


def _is_answer(message: Message) -> bool:
    slot = (message.metadata or {}).get("event_payload", {}).get("slot", "turn:")
    return str(slot).startswith("turn:")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader saw. `first`, `late`: the worst of the thread's turns, in seconds after the
    agent's first and last word; `settled`: from the end of the last turn until nothing moved;
    `hidden`: how long what could be read already could not be read."""

    mean: float
    p95: float
    worst: float
    first: float
    late: float
    settled: float
    hidden: float
    lost: int
    extra: int
    messages: int
    asked: float | None
    looks: tuple[Look, ...]
    said: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scene as it went. `calls` by method; `refused` are 429s; `trace` has (seconds, method) of
    the thread that was worst off; `left` says what is still animated, `broken` which invariants,
    `errors` what Slack refused, with its number."""

    readings: tuple[Reading, ...]
    calls: Counter[str]
    refused: int
    left: tuple[str, ...]
    broken: tuple[str, ...]
    errors: tuple[str, ...]
    trace: tuple[tuple[float, str], ...]

    def worst(self, of: Callable[[Reading], float]) -> float:
        return max(of(reading) for reading in self.readings)

    @property
    def chat_calls(self) -> int:
        return sum(n for method, n in self.calls.items() if method.startswith("chat."))

    @property
    def lost(self) -> int:
        return sum(reading.lost for reading in self.readings)

    @property
    def extra(self) -> int:
        return sum(reading.extra for reading in self.readings)


async def perform(scene: Scene, app: App) -> Outcome:
    """Play a scene to its end, or until patience is over."""
    clock = LoopClock()
    config = PlaygroundConfig(limits=scene.limits)
    async with Playground(config, now=clock.time) as slack:
        ledger = Ledger(slack.clock)
        people = crowd(slack, len(scene.turns))
        rooms = _rooms(scene, slack, people)
        async with app(slack, scene.scripts, ledger, clock):
            await slack.until(lambda: slack.local.socket_mode.sockets, 30)
            slack.faults.methods["*"] = MethodFault(latency=LATENCY)
            slack.faults.methods |= {name: replace(fault) for name, fault in scene.faults.items()}
            before = len(slack.journal.calls)
            readers = await _all_play(scene, slack, ledger, people, rooms)
            await _calm(slack)
            asked = [person.id for person in people]
            return _outcome(slack, ledger, readers, before, may_ping=asked)


def _rooms(scene: Scene, slack: Playground, people: list[Person]) -> list[str | None]:
    if scene.readers == "one":
        if scene.together:
            people[:] = people[:1] * len(people)
        return [None] * len(people)
    made = channels(slack, people)
    if scene.together:
        people[:] = people[:1] * len(people)
        return [made[0]] * len(made)
    return [*made]


async def _all_play(
    scene: Scene,
    slack: Playground,
    ledger: Ledger,
    people: Sequence[Person],
    rooms: Sequence[str | None],
) -> list[Reader]:
    readers: list[Reader] = []
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_watch(slack, readers), name="readers")
        number = 0
        playing: list[asyncio.Task[None]] = []
        for person, room, scripts in zip(people, rooms, scene.turns, strict=True):
            numbers = range(number, number + len(scripts))
            number += len(scripts)
            said = "".join(bare(spoken(script)) for script in scripts)
            thread = await begin(person, room, request(numbers[0]))
            reader = Reader(thread, numbers, said)
            readers.append(reader)
            talk = _converse(scene, slack, ledger, person, reader)
            playing.append(tasks.create_task(talk, name=f"thread {numbers[0]}"))
        await asyncio.wait(playing)
        watching.cancel()
    return readers


async def _watch(slack: Playground, readers: Sequence[Reader]) -> None:
    while True:
        await slack.local.feed.news.wait()
        now = slack.clock()
        for reader in readers:
            if not reader.is_whole():
                reader.look(now)


async def _converse(
    scene: Scene, slack: Playground, ledger: Ledger, person: Person, reader: Reader
) -> None:
    """Ask for one script after the other, each when the one before can be read whole. A reader
    whose patience ends goes away."""
    wanted = 0
    try:
        for number in reader.numbers:
            if number != reader.numbers[0]:
                in_channel = not reader.thread.channel.startswith("D")
                await person.reply(reader.thread, request(number), mention=in_channel)
            script = scene.scripts[number]
            wanted += len(bare(spoken(script)))
            within = script[-1].at + scene.patience
            await _read(slack, ledger.turn(number), person, reader, wanted, within)
        await slack.until(lambda: not reader.is_animated(), scene.patience)
    except TimeoutError:
        return
    reader.settled_at = slack.clock()


async def _read(
    slack: Playground, turn: Turn, person: Person, reader: Reader, wanted: int, within: float
) -> None:
    """Until so many letters can be read and the agent is done, allowing what it asks for."""

    def is_asked() -> bool:
        return "Allow" in reader.thread.buttons()

    def is_done() -> bool:
        return turn.ended_at is not None and reader.length >= wanted

    await slack.until(lambda: is_done() or is_asked(), within)
    if is_asked():
        await person.click(reader.thread, "Allow")
        await slack.until(is_done, within)


async def _calm(slack: Playground) -> None:
    """Wait until no call comes any more, or for as long as it is worth."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_CALM):
            calls = -1
            while len(slack.journal.calls) != calls:
                calls = len(slack.journal.calls)
                await asyncio.sleep(CALM)


def _outcome(
    slack: Playground,
    ledger: Ledger,
    readers: Sequence[Reader],
    before: int,
    may_ping: Sequence[str],
) -> Outcome:
    calls = list(slack.journal.calls)[before:]
    readings = tuple(_reading(reader, ledger) for reader in readers)
    worst = max(range(len(readings)), key=lambda at: readings[at].mean)
    began = readings[worst].said[0][0] if readings[worst].said else 0.0
    place = readers[worst].thread
    errors = Counter(f"{call.method}: {call.error}" for call in calls if call.error)
    return Outcome(
        readings=readings,
        calls=Counter(call.method for call in calls),
        refused=sum(call.status == 429 for call in calls),
        left=tuple(reader.thread.ts for reader in readers if reader.is_animated()),
        errors=tuple(f"{number} x {what}" for what, number in errors.items()),
        broken=tuple(f"{b.rule}: {str(b.facts)[:200]}" for b in slack.invariants(may_ping)),
        trace=tuple(
            (call.at - began, call.method)
            for call in calls
            if call.arguments.get("channel", call.arguments.get("channel_id")) == place.channel
        ),
    )


def _reading(reader: Reader, ledger: Ledger) -> Reading:
    turns = [ledger.turn(number) for number in reader.numbers]
    said = tuple(piece for turn in turns for piece in turn.said)
    late = [*lags(said, reader.looks)] or [float("inf")]
    ends: list[float] = []
    firsts: list[float] = []
    at = 0
    for turn in turns:
        count = sum(bool(bare(text)) for _, text in turn.said)
        own = late[at : at + count] or [float("inf")]
        firsts.append(own[0])
        ends.append(own[-1])
        at += count
    ended = turns[-1].ended_at
    asked = [turn.asked_at for turn in turns if turn.asked_at is not None]
    lost, extra = differences(reader.said, reader.shown())
    return Reading(
        mean=mean(late),
        p95=p95(late),
        worst=max(late),
        first=max(firsts),
        late=max(ends),
        settled=reader.settled_at - ended if reader.settled_at and ended else float("inf"),
        hidden=reader.hidden,
        lost=lost,
        extra=extra,
        messages=len(reader.answers()),
        asked=(reader.asked_seen_at or float("inf")) - asked[0] if asked else None,
        looks=tuple(reader.looks),
        said=said,
    )
