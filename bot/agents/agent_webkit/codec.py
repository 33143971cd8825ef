"""Frames of an agent-webkit server become events; what we want becomes its messages.

Nothing on the wire names a turn: a turn begins with the first activity after the last `result` and
is called by the id of that frame, so a replay gives every event its old name. A frame may become
several events; only the last carries the new cursor, because the frame is done with that one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from pydantic import JsonValue
from pydantic_core import from_json

from bot.agents.agent_webkit import wire
from bot.agents.agent_webkit.asking import ask_user_question, permission_request
from bot.agents.agent_webkit.ending import done, error, result
from bot.agents.agent_webkit.memory import Memory, with_cursor
from bot.agents.agent_webkit.working import (
    Made,
    announce,
    close,
    keep,
    live_text,
    read,
    settle_untyped,
    working,
)
from bot.agents.shapes.asking import QUESTION_TOOL
from bot.agents.shapes.endings import LONGEST_ERROR, SYNTHETIC
from bot.agents.shapes.lines import summary
from bot.core.events import AgentEvent, Notice, TextDelta, TextDone, ToolFinished, Unknown


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event. `id` is None where it has none that can be understood."""

    id: int | None
    name: str
    data: str


def decode(memory: Memory, frame: Frame, *, permissions: bool = False, web_url: str = "") -> Made:
    """What a frame says. Never raises: what cannot be read is `Unknown`. `permissions`: this server
    takes rules with an answer, so suggestions become verbs. `web_url`: where questions can be
    answered beside Slack."""
    at = memory.seen if frame.id is None else frame.id
    memory = replace(memory, seen=at)
    asking: Mapping[str, Callable[[Memory, JsonValue], Made | None]] = {
        "permission_request": partial(permission_request, permissions=permissions),
        "ask_user_question": partial(ask_user_question, link=web_url),
    }
    reader = asking.get(frame.name) or _READERS.get(frame.name)
    data = _parsed(frame.data) if reader is not None else None
    made = reader(memory, data) if reader is not None and data is not None else None
    memory, events = made or (memory, (Unknown(name=frame.name),))
    return memory, with_cursor(memory, events)


def is_evicted(frame: Frame) -> bool:
    """Whether the server says that the cursor is too old, after it took the request."""
    if frame.name != "error" or frame.id is not None:
        return False
    problem = read(wire.Problem, _parsed(frame.data))
    return problem is not None and problem.code == "evicted"


def _parsed(data: str) -> JsonValue:
    """None for what is not JSON. Half a character, which the fast parser refuses, is let pass."""
    try:
        return from_json(data)
    except ValueError:
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None


# --- reading --------------------------------------------------------------------------------------


def _ready(memory: Memory, data: JsonValue) -> Made:
    return memory, ()


def _message_delta(memory: Memory, data: JsonValue) -> Made | None:
    delta = read(wire.MessageDelta, data)
    if delta is None:
        return None
    if not delta.delta.text:
        return memory, ()
    memory, events = working(memory)
    live = live_text(memory, delta.message_id)
    events = (
        *events,
        TextDelta(turn=live.turn, item=live.item, at=live.length, text=delta.delta.text),
    )
    live = replace(live, length=live.length + len(delta.delta.text))
    return keep(memory, live), events


def _message_complete(memory: Memory, data: JsonValue) -> Made | None:
    complete = read(wire.MessageComplete, data)
    if complete is None:
        return None
    blocks = complete.message.content
    texts = [block.text for block in blocks if block.kind == "text" and block.text]
    calls = [block for block in blocks if block.kind == "call"]
    if not texts and not calls:
        return memory, ()
    untyped = memory.untyped or any(not b.type for b in blocks if b.kind != "other")
    memory, events = working(replace(memory, untyped=untyped))
    if texts:
        memory, ended = settle_untyped(memory)
        memory, said = _say(memory, complete, "".join(texts))
        events = (*events, *ended, *said)
    for block in calls:
        memory, started = announce(memory, block.id, block.name, block.input)
        events = (*events, *started)
    return memory, events


def _say(memory: Memory, complete: wire.MessageComplete, text: str) -> Made:
    if complete.message.model == SYNTHETIC:
        return replace(memory, failure=text[:LONGEST_ERROR]), ()
    live = live_text(memory, complete.message_id)
    done = TextDone(turn=live.turn, item=live.item, text=text)
    memory = keep(memory, replace(live, segment=live.segment + 1, length=0))
    return replace(memory, failure=""), (done,)


def _tool_use(memory: Memory, data: JsonValue) -> Made | None:
    use = read(wire.ToolUse, data)
    if use is None:
        return None
    if any(call.id == use.tool_use_id for call in memory.calls) or use.tool_name == QUESTION_TOOL:
        return memory, ()
    memory, events = working(memory)
    memory, started = announce(memory, use.tool_use_id, use.tool_name, use.input)
    return memory, (*events, *started)


def _tool_result(memory: Memory, data: JsonValue) -> Made | None:
    result = read(wire.ToolResult, data)
    if result is None:
        return None
    events: tuple[AgentEvent, ...] = ()
    if any(ask.id == result.tool_use_id for ask in memory.asks):
        memory, events = close(memory, {result.tool_use_id}, "answered")
    call = next((call for call in memory.calls if call.id == result.tool_use_id), None)
    if call is None:
        return memory, events
    memory = replace(memory, calls=tuple(c for c in memory.calls if c.id != call.id))
    finished = ToolFinished(
        turn=call.turn, item=call.id, ok=not result.is_error, summary=summary(result.output)
    )
    return memory, (*events, finished)


def _mcp_status(memory: Memory, data: JsonValue) -> Made | None:
    status = read(wire.McpStatus, data)
    if status is None:
        return None
    if status.status in ("connected", "pending"):
        return memory, ()
    text = f"The agent's tool server {status.server_name}: {status.status}."
    return memory, (Notice(id=f"mcp:{memory.seen}", text=text),)


_READERS: Mapping[str, Callable[[Memory, JsonValue], Made | None]] = {
    "session_ready": _ready,
    "message_delta": _message_delta,
    "message_complete": _message_complete,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "result": result,
    "error": error,
    "mcp_status_change": _mcp_status,
    "done": done,
}
