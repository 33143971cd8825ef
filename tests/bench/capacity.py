"""How many sessions one process bears: what agents say goes through all that is pure.

Codec, state machine, view, rendering and plan, without network, store or waiting: each session says
20 pieces a second for twenty seconds of time that is only counted. It is shown as often as permits
allow: the sessions of a workspace share 100 additions to streams a minute.

python -m tests.bench.capacity 1000 10    # sessions, and how many of them share a workspace
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import psutil
from pydantic import Field, TypeAdapter

from bot.core.commands import Performed, Published
from bot.core.events import AgentEvent, TextDelta, TurnStarted
from bot.core.ids import PartKey, Receipt, ThreadKey
from bot.core.inbound import Person, Prompt
from bot.core.policy import Rules
from bot.core.session import reduce
from bot.core.state import SessionState
from bot.core.views import Shown, TurnView, digest, overdue
from bot.slack.plan import plan_message, plan_start, plan_stream
from bot.slack.render import render
from bot.slack.render.stream import Growing, is_growing, stream
from tests.bench.answers import long_talk
from tests.bench.figures import Figure, Result
from tests.processes import ROOT

DELTAS = 20
SECONDS = 20
ADDITIONS = 100 / 60
"""Calls of chat.appendStream a second that Slack allows a workspace in the long run."""
SIZES = (10, 100, 1000)
SHARING = 10
LINEAR = 1.5
"""How much more a thousand may cost, each, than ten."""

_CODEC: TypeAdapter[AgentEvent] = TypeAdapter(Annotated[AgentEvent, Field(discriminator="kind")])
_RULES = Rules()
_MICRO = 1e6
_KIB = 1024


@dataclass(slots=True)
class Session:
    """One session, and what its stream holds."""

    state: SessionState
    sent: dict[PartKey, Growing] = field(default_factory=dict[PartKey, Growing])

    def hear(self, line: bytes, now: float) -> None:
        self.state = reduce(self.state, _CODEC.validate_json(line), _RULES, now)

    def show(self, now: float) -> None:
        """Render and plan all that is late, as if Slack took it at once."""
        for late in overdue(self.state):
            shown, key = late.shown, late.key
            if isinstance(shown, TurnView):
                self._plan(key, late.receipt, shown)
            receipt = _receipt(key, shown)
            self.state = reduce(self.state, Published(receipt=receipt), _RULES, now)

    def _plan(self, key: PartKey, receipt: Receipt | None, view: TurnView) -> None:
        wanted, growing = stream(view), is_growing(view)
        if receipt is None:
            self.sent[key] = plan_start(wanted).holds
            return
        if plan_stream(
            receipt.ts,
            self.sent.get(key),
            wanted,
            growing=growing,
            go_on=True,
            status="processing",
        ):
            self.sent[key] = wanted
        if not growing:
            del self.sent[key]
            plan_message(receipt, view, render(view))


def _receipt(key: PartKey, shown: Shown) -> Receipt:
    length = len(shown.text) if isinstance(shown, TurnView) else 0
    return Receipt(key=key, ts="1.000100", shown=digest(shown), length=length)


def _session(number: int, sharing: int) -> Session:
    """A session whose agent has just begun to answer."""
    thread = ThreadKey(f"T{number // sharing}", f"C{number}", "1700000000.000100")
    asked = Prompt(
        key=f"msg:{number}",
        thread=thread,
        by=Person(user="U1", name="Ana"),
        ts=thread.thread_ts,
        text="Go on.",
        mentions_bot=True,
    )
    state = reduce(SessionState(thread=thread, agent="demo"), asked, _RULES, 0.0)
    while state.outbox:
        done = Performed(command=state.outbox[0].command.id, remote_id=f"remote-{number}")
        state = reduce(state, done, _RULES, 0.0)
    return Session(state)


def _wire(number: int) -> list[bytes]:
    """A turn as the lines of an agent's server."""
    at, lines = 0, [_CODEC.dump_json(TurnStarted(turn="t1", cursor="0"))]
    for seq, beat in enumerate(long_talk(number, DELTAS * SECONDS * 6)[: DELTAS * SECONDS], 1):
        event = TextDelta(turn="t1", item="t1.1", at=at, text=beat.text, cursor=str(seq))
        lines.append(_CODEC.dump_json(event))
        at += len(beat.text)
    return lines


def play(sessions: int, sharing: int) -> dict[str, float]:
    """Seconds of processor time for each piece, and bytes for each session in the end."""
    wires = [_wire(number) for number in range(sessions)]  # alike texts would share their work
    gc.collect()
    before = psutil.Process().memory_info().rss
    everyone = [_session(number, sharing) for number in range(sessions)]
    every = sharing / ADDITIONS
    began = time.process_time()
    for second in range(SECONDS):
        for session, lines in zip(everyone, wires, strict=True):
            for at in range(second * DELTAS, (second + 1) * DELTAS):
                now = at / DELTAS
                session.hear(lines[at], now)
                if int(now / every) != int((now - 1 / DELTAS) / every):
                    session.show(now)
    spent = time.process_time() - began
    gc.collect()
    grown = psutil.Process().memory_info().rss - before
    return {"seconds": spent / (sessions * SECONDS * DELTAS), "bytes": grown, "sessions": sessions}


async def capacity(app: str) -> Result:
    """Each size in a process of its own, so that its memory can be told."""
    shared = [await _apart(size, SHARING) for size in SIZES]
    alone = await _apart(SIZES[1], 1)
    few, some, many = shared
    each = (many["bytes"] - some["bytes"]) / (SIZES[2] - SIZES[1])
    first = (some["bytes"] - few["bytes"]) / (SIZES[1] - SIZES[0])
    growth = many["seconds"] / few["seconds"]
    figures = (
        Figure("CPU per piece, 10 sessions", few["seconds"] * _MICRO, "µs"),
        Figure("CPU per piece, 1,000 sessions", many["seconds"] * _MICRO, "µs"),
        Figure("CPU per piece, 1,000 to 10", growth, "x", LINEAR),
        Figure("memory per session", each / _KIB, "KiB"),
        Figure("memory per session, to the first 100", each / first, "x", LINEAR),
        Figure("sessions a core bears, ten a workspace", _ceiling(many)),
        Figure("sessions a core bears, one a workspace", _ceiling(alone)),
    )
    return Result("capacity", app, figures)


def _ceiling(played: dict[str, float]) -> float:
    return float(int(1 / (played["seconds"] * DELTAS)))


async def _apart(sessions: int, sharing: int) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.capacity", str(sessions), str(sharing)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return json.loads(out)


def main(arguments: Sequence[str]) -> None:
    sessions, sharing = map(int, arguments)
    print(json.dumps(play(sessions, sharing)))


if __name__ == "__main__":
    main(sys.argv[1:])
