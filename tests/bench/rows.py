"""The rows of the table that show text to readers: each a scene, with what is to be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.playground import MethodFault
from tests.bench import pacing
from tests.bench.answers import Script, asking, long_talk, paused, talk
from tests.bench.apps import edit_loop, sdk_stream, threadline
from tests.bench.figures import Figure, Result
from tests.bench.node import chat_sdk
from tests.bench.reading import bare, lags
from tests.bench.scene import LATENCY, App, Outcome, Reading, Scene, perform
from tests.bench.stage import Readers

RATIO = 1.3
"""How far from what arithmetic allows a row may be that has no number of its own."""
SHORT = 0.7
"""Seconds of a short answer: about 120 characters."""
CURVE_POINTS = 120
WRITES = (
    *("chat.postMessage", "chat.update"),
    *("chat.startStream", "chat.appendStream", "chat.stopStream"),
)
BEGINNINGS = ("chat.postMessage", "chat.startStream")

APPS: Mapping[str, App] = {
    "threadline": threadline,
    "sdk stream": sdk_stream,
    "edit loop": edit_loop,
    "chat sdk stream": partial(chat_sdk, native=True),
    "chat sdk edits": partial(chat_sdk, native=False),
}
"""By their names in the table."""
PEERS = ("chat sdk stream", "chat sdk edits")
"""Those that need Node."""

Measured = Callable[[Outcome], float | None]

FIGURES: Mapping[str, Measured] = {
    "first": lambda o: o.worst(lambda r: r.first),
    "mean": lambda o: o.worst(lambda r: r.mean),
    "p95": lambda o: o.worst(lambda r: r.p95),
    "late": lambda o: o.worst(lambda r: r.late),
    "settled": lambda o: o.worst(lambda r: r.settled),
    "hidden": lambda o: o.worst(lambda r: r.hidden),
    "asked": lambda o: max((r.asked for r in o.readings if r.asked is not None), default=None),
    "lost": lambda o: o.lost,
    "extra": lambda o: o.extra,
    "messages": lambda o: max(r.messages for r in o.readings),
    "animated": lambda o: len(o.left),
    "broken": lambda o: len(o.broken),
    "chat calls": lambda o: o.chat_calls,
    "calls": lambda o: o.calls.total(),
    "429": lambda o: o.refused,
}
"""What is told of a scene, always of the thread that is worst off. `asked`: seconds until the
buttons of a request for leave are there; the others as in `Reading` and `Outcome`."""

_SECONDS = ("first", "mean", "p95", "late", "settled", "hidden", "asked")
_ALWAYS = {"hidden": 0.0, "lost": 0.0, "extra": 0.0, "animated": 0.0, "broken": 0.0}
"""What must hold in every row."""


@dataclass(frozen=True, slots=True)
class SceneRow:
    """`targets` by the name of a figure; `bound` is arithmetic's for the figure `mean`. A row that
    stands `alone` is measured while nothing else runs."""

    name: str
    title: str
    scene: Callable[[], Scene]
    targets: Mapping[str, float] = field(default_factory=dict[str, float])
    bound: float | None = None
    apps: Sequence[str] = ("threadline",)
    alone: bool = False

    @property
    def seconds(self) -> float:
        """About how long it takes."""
        scene = self.scene()
        return max(sum(s[-1].at for s in scripts) for scripts in scene.turns) / scene.speed

    @property
    def speed(self) -> float:
        return self.scene().speed

    async def measure(self, app: str) -> Result:
        outcome = await perform(self.scene(), APPS[app])
        targets = {**_ALWAYS, **self.targets} if app == "threadline" else {}
        if targets and self.bound is not None:
            targets.setdefault("mean", RATIO * self.bound)
        worst = max(outcome.readings, key=lambda reading: reading.mean)
        return Result(
            row=self.name,
            app=app,
            figures=tuple(
                Figure(
                    name,
                    value,
                    "s" if name in _SECONDS else "",
                    targets.get(name),
                    self.bound if name == "mean" else None,
                )
                for name, of in FIGURES.items()
                if (value := of(outcome)) is not None
            ),
            curve=_curve(worst),
            trace=outcome.trace,
            notes=(*outcome.broken, *outcome.errors),
        )


def _curve(reading: Reading) -> tuple[tuple[float, float], ...]:
    times = [at for at, text in reading.said if bare(text)]
    behind = [*zip(times, lags(reading.said, reading.looks), strict=True)]
    step = max(1, len(behind) // CURVE_POINTS)
    return tuple((at - times[0], late) for at, late in behind[::step])


def _talks(threads: int, seconds: float, turns: int = 1) -> list[list[Script]]:
    return [[talk(100 * turn + at, seconds) for turn in range(turns)] for at in range(threads)]


def _bound(scene: Scene) -> float:
    """What a scheduler could reach that knows the future."""
    turns = scene.turns[0]
    known = pacing.Scene(
        "",
        threads=len(scene.turns),
        native=scene.readers == "one",
        seconds=turns[0][-1].at - turns[0][0].at,
        turns=len(turns),
        mode=scene.limits,
        one_channel=scene.together,
    )
    return pacing.bound(known)


def _ten(readers: Readers) -> Scene:
    return Scene(_talks(10, 15), readers)


def _lost_replies(readers: Readers) -> Scene:
    """One call in twenty of each method is applied and its answer lost."""
    struck = MethodFault(latency=LATENCY, drop="after", every=20, after=9)
    return Scene(_talks(10, 15), readers, faults=dict.fromkeys(WRITES, struck))


def _first_reply_lost(readers: Readers) -> Scene:
    struck = MethodFault(latency=LATENCY, drop="after", times=10)
    return Scene(_talks(10, 15), readers, faults=dict.fromkeys(BEGINNINGS, struck))


def _slow() -> Scene:
    """Two words a second for two lifetimes of a stream and a bit."""
    slow = talk(1, 28, per_second=45)
    stretched = tuple(type(beat)(beat.at * 22.5, beat.text) for beat in slow)
    return Scene([[stretched]], "one", speed=5)


def _pause() -> Scene:
    return Scene([[paused(talk(1, 15), 7.0, 330.0)]], "one", speed=5)


def _approval(readers: Readers) -> Scene:
    """Ten threads stream; the tenth asks in the middle, and an eleventh after a few words."""
    turns = _talks(11, 15)
    turns[9] = [asking(turns[9][0], 8.0)]
    turns[10] = [asking(talk(10, 8.0), 6.0)]
    return Scene(turns, readers)


_SHAPES: Mapping[str, tuple[str, Callable[[Readers], Scene]]] = {
    "window": (
        "without a burst allowance",
        lambda readers: Scene(_talks(10, 15), readers, limits="window"),
    ),
    "turns": (
        "three turns in a row",
        lambda readers: Scene(_talks(10, 15, turns=3), readers),
    ),
    "minute": (
        "turns of 60 s",
        lambda readers: Scene(_talks(10, 60), readers),
    ),
    "channel": (
        "all in one conversation",
        lambda readers: Scene(_talks(10, 15), readers, together=True),
    ),
}
_WHO: Mapping[Readers, str] = {"several": "several readers", "one": "one reader each"}
_TEN_TARGETS: Mapping[Readers, Mapping[str, float]] = {
    "several": {"mean": 2.0, "late": 1.0, "429": 0},
    "one": {"first": 0.3, "mean": 0.7, "late": 0.5, "429": 0},
}
_BASELINES: Mapping[Readers, Sequence[str]] = {
    "several": ("threadline", "edit loop", "chat sdk edits"),
    "one": ("threadline", "sdk stream", "chat sdk stream"),
}


def _rows() -> list[SceneRow]:
    rows: list[SceneRow] = []
    for who, words in _WHO.items():
        rows.append(
            SceneRow(
                f"quiet-{who}",
                f"quiet, one thread, {words.removesuffix(' each')}",
                partial(Scene, _talks(1, 15), who),
                {"first": 0.25, "p95": 0.6, "chat calls": 30},
                apps=_BASELINES[who],
                alone=True,
            )
        )
    for who, words in _WHO.items():
        rows.append(
            SceneRow(
                f"ten-{who}",
                f"ten threads at once, {words}",
                partial(_ten, who),
                _TEN_TARGETS[who],
                _bound(_ten(who)),
                apps=_BASELINES[who],
                alone=True,
            )
        )
    for name, (shape, scene) in _SHAPES.items():
        for who, words in _WHO.items():
            rows.append(
                SceneRow(
                    f"{name}-{who}",
                    f"ten threads, {words}, {shape}",
                    partial(scene, who),
                    {"429": 0} if name != "window" else {},
                    _bound(scene(who)),
                )
            )
    rows.append(
        SceneRow(
            "thirty",
            "thirty short answers at once",
            partial(Scene, _talks(30, SHORT), "several"),
            {"first": 1.0, "late": 2.0, "chat calls": 60},
            alone=True,
        )
    )
    rows += [
        SceneRow("pause", "a pause longer than a stream lives", _pause, {"mean": 1.0}),
        SceneRow("slow", "a slow model over two lifetimes", _slow, {"mean": 1.0}),
    ]
    for who, words in _WHO.items():
        rows += [
            SceneRow(
                f"long-{who}",
                f"30,000 characters, {words.removesuffix(' each')}",
                partial(Scene, [[long_talk(1, 30_000)]], who),
                {"mean": 0.6},
                _bound(Scene([[long_talk(1, 30_000)]], who)),
            ),
            SceneRow(
                f"lost-{who}",
                f"5 % of the replies lost, {words}",
                partial(_lost_replies, who),
                {"messages": 1},
            ),
            SceneRow(
                f"lost-first-{who}",
                f"the first reply of each thread lost, {words}",
                partial(_first_reply_lost, who),
                {"messages": 1},
            ),
            SceneRow(
                f"approval-{who}",
                f"an approval while ten threads stream, {words}",
                partial(_approval, who),
                {"asked": 1.0},
            ),
        ]
    return rows


ROWS: Sequence[SceneRow] = _rows()
