"""python -m tests.bench.pacing: how far texts are behind by the lane's decisions alone.

The real lane on a clock turned by hand; the local Slack's limits are the judge. Threads do what the
surface does, without rendering. Nothing waits, so a minute of ten threads takes about a second.
"""

from __future__ import annotations

import asyncio
import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.core.views import Priority
from bot.playground.coverage import METHODS
from bot.playground.limits import LimitMode, Limits
from bot.slack.lane import APPEND, EDIT, POST, START, STOP, Lane
from tests.slack.fake_clock import FakeClock

DELTAS_PER_SECOND = 45
LATENCY = 0.08
POST_BURST = 4
TURN_AFTER = 1.0
"""Seconds from a turn's end to the next one's beginning."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`threads` answers at once, `turns` times in a row, each growing for `seconds`."""

    name: str
    threads: int
    native: bool
    seconds: float = 15.0
    turns: int = 1
    mode: LimitMode = "standard"
    one_channel: bool = False


@dataclass(slots=True)
class Thread:
    """What one thread showed: for each piece of text how late it was, and the same of the first
    and the last piece of each turn."""

    behind: list[float] = field(default_factory=list[float])
    first: list[float] = field(default_factory=list[float])
    last: list[float] = field(default_factory=list[float])

    @property
    def mean(self) -> float:
        return statistics.fmean(self.behind)


@dataclass(frozen=True, slots=True)
class Outcome:
    threads: Sequence[Thread]
    calls: Counter[str]
    refused: Counter[str]

    @property
    def worst_mean(self) -> float:
        return max(thread.mean for thread in self.threads)

    @property
    def worst_first(self) -> float:
        return max(max(thread.first) for thread in self.threads)

    @property
    def worst_last(self) -> float:
        return max(max(thread.last) for thread in self.threads)


class Slack:
    """The judge, and the lane that hears of its refusals."""

    def __init__(self, mode: LimitMode) -> None:
        self.clock = FakeClock()
        self.lane = Lane(lambda: True, self.clock)
        self.limits = Limits(mode, POST_BURST)
        self.calls: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    async def call(self, method: str, channel: str) -> bool:
        """Whether Slack took it; then it can be seen now."""
        await self.clock.sleep(LATENCY)
        seconds = self.limits.refuse_for(METHODS[method], "T1", channel, self.clock.now)
        if seconds:
            self.refused[method] += 1
            self.lane.blocked(method, channel, seconds)
        else:
            self.calls[method] += 1
        return not seconds


class Answer:
    """One turn's text on its way: a post that is edited, or a stream."""

    def __init__(self, slack: Slack, scene: Scene, channel: str, message: str) -> None:
        self._slack, self._scene = slack, scene
        self._channel, self._message = channel, message
        self._began = slack.clock.now
        self._ends = self._began + scene.seconds
        self._pieces = int(scene.seconds * DELTAS_PER_SECOND)
        self._shown = 0

    async def grow(self, thread: Thread) -> None:
        streaming = await self._begin(thread)
        while not self._ended:
            if self._said() == self._shown:
                await self._slack.clock.sleep(1 / DELTAS_PER_SECOND)
            elif streaming and self._streams_slowly():
                streaming = not await self._show(thread, STOP, Priority.DELTA)
            else:
                await self._show(thread, APPEND if streaming else EDIT, Priority.DELTA)
        while not await self._show(thread, STOP if streaming else EDIT, Priority.FINAL):
            continue
        thread.last.append(self._now - self._ends)

    async def _begin(self, thread: Thread) -> bool:
        """Whether it is a stream."""
        lane = self._slack.lane
        while True:
            streaming = self._scene.native and lane.room(START) >= 1 and not self._streams_slowly()
            if await self._show(thread, START if streaming else POST, Priority.FIRST):
                thread.first.append(self._slack.clock.now - self._began)
                return streaming
            if streaming:
                lane.closed(self._message)

    async def _show(self, thread: Thread, method: str, priority: Priority) -> bool:
        """Whether it was shown: Slack may refuse, and the end may come before the permit."""
        if not await self._permitted(method, priority):
            return False
        said = self._said()
        if not await self._slack.call(method, self._channel):
            return False
        for piece in range(self._shown, said):
            thread.behind.append(self._now - self._began - piece / DELTAS_PER_SECOND)
        self._shown = said
        return True

    async def _permitted(self, method: str, priority: Priority) -> bool:
        """As the streamer does: who waits with a growing text gives way to its end."""
        permit = self._slack.lane.permit(method, self._channel, priority, self._message)
        if priority <= Priority.FIRST or method == STOP:
            await permit
            return True
        waiting = asyncio.create_task(permit)
        ending = asyncio.create_task(self._slack.clock.sleep(self._ends - self._now))
        await asyncio.wait({waiting, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        waiting.cancel()
        await asyncio.wait({waiting, ending})
        return not waiting.cancelled()

    def _streams_slowly(self) -> bool:
        lane = self._slack.lane
        appends = lane.pace(APPEND, self._message)
        return appends > 2.5 and appends > 1.6 * lane.pace(EDIT, self._message)

    def _said(self) -> int:
        return min(self._pieces, 1 + int((self._now - self._began) * DELTAS_PER_SECOND + 1e-9))

    @property
    def _now(self) -> float:
        return self._slack.clock.now

    @property
    def _ended(self) -> bool:
        return self._now >= self._ends


async def play(scene: Scene) -> Outcome:
    slack = Slack(scene.mode)
    threads = [Thread() for _ in range(scene.threads)]
    playing = [
        asyncio.create_task(_take_turns(slack, scene, number, thread))
        for number, thread in enumerate(threads)
    ]
    while not all(task.done() for task in playing):
        await slack.clock.advance(1)
    for task in playing:
        task.result()
    return Outcome(threads, slack.calls, slack.refused)


async def _take_turns(slack: Slack, scene: Scene, number: int, thread: Thread) -> None:
    channel = "C" if scene.one_channel else f"C{number}"
    for turn in range(scene.turns):
        await Answer(slack, scene, channel, f"{number} {turn}").grow(thread)
        await slack.clock.sleep(TURN_AFTER)


def bound(scene: Scene) -> float:
    """The worst thread's mean, had the scheduler known all from the beginning.

    A text of D seconds that first shows after w and then k times more at equal intervals is behind
    by (w^2 + (D - w)^2 / k) / 2D on average, and by the latency. All calls there are, a minute's
    and what flows in (not in a `window`), are dealt so that all threads are behind alike. The
    end of an edited text is one of its calls; the end of a stream is a call of its own. In one
    channel posts wait for their pace.
    """
    growing = scene.seconds * scene.turns
    flowing = growing + TURN_AFTER * (scene.turns - 1)
    per_minute = METHODS[APPEND if scene.native else EDIT].per_minute
    minutes = max(1.0, flowing / 60) if scene.mode == "window" else 1 + flowing / 60
    calls = per_minute * minutes
    if scene.native:
        calls += scene.threads * scene.turns
    waits = [0.0] * scene.threads
    if scene.one_channel and not scene.native:
        waits = [max(0.0, number + 1 - POST_BURST) for number in range(scene.threads)]
    low, high = 0.0, scene.seconds
    for _ in range(60):
        mean = (low + high) / 2
        needed = sum(_calls_for(mean, growing, scene.turns * wait) for wait in waits)
        low, high = (low, mean) if needed <= calls else (mean, high)
    return high + LATENCY


def _calls_for(mean: float, growing: float, wait: float) -> float:
    left = 2 * mean * growing - wait * wait
    return math.inf if left <= 0 else (growing - wait) ** 2 / left


SCENES = (
    Scene("one thread, edits", 1, native=False),
    Scene("one thread, stream", 1, native=True),
    Scene("ten, edits", 10, native=False),
    Scene("ten, streams", 10, native=True),
    Scene("ten, edits, 60 s", 10, native=False, seconds=60),
    Scene("ten, streams, 60 s", 10, native=True, seconds=60),
    Scene("ten, edits, three turns", 10, native=False, turns=3),
    Scene("ten, streams, three turns", 10, native=True, turns=3),
    Scene("ten, edits, window", 10, native=False, mode="window"),
    Scene("ten, streams, window", 10, native=True, mode="window"),
    Scene("ten, edits, one channel", 10, native=False, one_channel=True),
    Scene("ten, streams, one channel", 10, native=True, one_channel=True),
    Scene("thirty, edits", 30, native=False),
    Scene("thirty short, edits", 30, native=False, seconds=2),
    Scene("thirty short, streams", 30, native=True, seconds=2),
    Scene("ten, edits, window, 60 s", 10, native=False, mode="window", seconds=60),
    Scene("ten, streams, window, 60 s", 10, native=True, mode="window", seconds=60),
)


async def main() -> None:
    print(f"{'':28}  mean  bound  ratio  first   last   p95  refused  calls")
    for scene in SCENES:
        outcome = await play(scene)
        least = bound(scene)
        behind = sorted(late for thread in outcome.threads for late in thread.behind)
        print(
            f"{scene.name:28} {outcome.worst_mean:5.2f}  {least:5.2f}  "
            f"{outcome.worst_mean / least:5.2f}  {outcome.worst_first:5.2f}  "
            f"{outcome.worst_last:5.2f} {behind[int(len(behind) * 0.95)]:5.2f}  "
            f"{outcome.refused.total():7}  "
            + ", ".join(f"{n} {m.partition('.')[2]}" for m, n in sorted(outcome.calls.items()))
        )


if __name__ == "__main__":
    asyncio.run(main())
