"""Recorded exchanges with a real server, read as what people sent and what the agent did."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TRACES = Path(__file__).parent.parent / "traces"

_STEP = re.compile(r"^\[\+[\d.]+\] (?P<arrow>>>>|<<<|---) ?(?P<what>.*)$", re.M)
_FRAME = re.compile(r"^id: (?P<id>\d+)\nevent: (?P<name>\S+)\ndata: (?P<data>.*)$", re.M)
_INPUT = re.compile(r"^POST /sessions/\S+/input HTTP/1.1\n.*?\n\n(?P<body>.*?)\s*\Z", re.S)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client posted as input, and what the server said to it."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the session's log."""

    id: int
    name: str
    data: Any


Step = Sent | Event


@cache
def read_trace(name: str, server: str = "agent_webkit") -> tuple[Step, ...]:
    """The accepted inputs and the events of the first session of a trace, each event once."""
    text = (TRACES / server / f"{name}.http").read_text("utf-8")
    marks = [*_STEP.finditer(text)]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    pieces = [
        (mark["arrow"], text[mark.end() : end].strip("\n"))
        for mark, end in zip(marks, ends, strict=True)
    ]
    steps: list[Step] = []
    seen = 0
    for number, (arrow, body) in enumerate(pieces):
        if arrow == ">>>":
            found = _INPUT.match(body)
            reply = next((said for way, said in pieces[number + 1 :] if way == "<<<"), "")
            if found is not None and " 204 " in reply.partition("\n")[0]:
                steps.append(Sent(json.loads(found["body"])))
        for frame in _FRAME.finditer(body) if arrow == "<<<" else ():
            if int(frame["id"]) > seen:
                seen = int(frame["id"])
                steps.append(Event(seen, frame["name"], json.loads(frame["data"])))
    return tuple(steps)


def events_of(name: str) -> list[Event]:
    return [step for step in read_trace(name) if isinstance(step, Event)]


def trace_names(server: str = "agent_webkit") -> list[str]:
    return sorted(path.stem for path in (TRACES / server).glob("*.http"))
