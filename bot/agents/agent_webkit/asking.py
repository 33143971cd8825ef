"""What the agent asks of people, and what comes of it."""

from __future__ import annotations

import json
from dataclasses import replace

from pydantic import JsonValue

from bot.agents.agent_webkit import wire
from bot.agents.agent_webkit.memory import Memory, Waiting, with_cursor
from bot.agents.agent_webkit.working import (
    MOST_KEPT,
    Made,
    announce,
    read,
    turn_of_call,
    working,
)
from bot.agents.shapes.asking import MOST_RULES, input_of, question, verbs
from bot.agents.shapes.lines import title
from bot.core.asks import Confirmation, Question
from bot.core.events import AgentEvent, AskOpened, Notice

SKIPPED = "The agent's server could not send one of its messages; I went on after it."


def permission_request(memory: Memory, data: JsonValue, *, permissions: bool) -> Made | None:
    request = read(wire.PermissionRequest, data)
    if request is None:
        return None
    background = bool(request.context.agent_id)
    events: tuple[AgentEvent, ...] = ()
    if not (background and memory.turn is None):
        memory, events = working(memory)
    memory, started = announce(memory, request.correlation_id, request.tool_name, request.input)
    turn = turn_of_call(memory, request.correlation_id)
    suggestions = tuple(request.context.suggestions) if permissions else ()
    if len(json.dumps(suggestions)) > MOST_RULES:
        suggestions = ()
    waiting = Waiting(
        id=request.correlation_id, turn=turn, background=background, suggestions=suggestions
    )
    ask = Confirmation(
        id=request.correlation_id,
        turn=turn,
        tool=request.tool_name,
        title=request.context.title or title(request.tool_name, request.input),
        input=input_of(request.input),
        item=request.correlation_id,
        verbs=verbs(suggestions),
        editable=True,
    )
    memory, opened = park(memory, waiting, ask)
    return memory, (*events, *started, *opened)


def ask_user_question(memory: Memory, data: JsonValue, *, link: str) -> Made | None:
    """The agent waits for an answer, even to what cannot be read."""
    asked = read(wire.AskUserQuestion, data)
    if asked is None:
        return None
    memory, events = working(memory)
    turn = memory.turn or memory.last
    ask = question(asked.correlation_id, turn, asked.questions.questions, link)
    waiting = Waiting(id=asked.correlation_id, turn=turn, question=True)
    memory, opened = park(memory, waiting, ask)
    return memory, (*events, *opened)


def park(memory: Memory, waiting: Waiting, ask: Confirmation | Question) -> Made:
    memory = replace(memory, asks=(*memory.asks, waiting)[-MOST_KEPT:])
    return memory, (AskOpened(ask=ask, background=waiting.background),)


def step_over(memory: Memory) -> Made:
    """The next frame cannot be sent by the server, which cuts every stream at it. It is a request
    for permission with suggestions: its name is that of the call announced last."""
    memory = replace(memory, seen=memory.seen + 1)
    asked = {ask.id for ask in memory.asks}
    call = next((call for call in reversed(memory.calls) if call.id not in asked), None)
    if call is None:
        notice = Notice(id=f"skipped:{memory.seen}", text=SKIPPED, level="warning")
        return memory, with_cursor(memory, (notice,))
    waiting = Waiting(id=call.id, turn=call.turn)
    memory = replace(memory, asks=(*memory.asks, waiting)[-MOST_KEPT:])
    ask = Confirmation(
        id=call.id, turn=call.turn, tool=call.tool, title=call.title, input=call.input, item=call.id
    )
    return memory, with_cursor(memory, (AskOpened(ask=ask),))


def answered(memory: Memory, ask: str, *, denied: bool) -> Memory:
    """After our answer was taken: where results are not told, it says how the call will end."""
    return replace(
        memory, asks=tuple(replace(a, denied=denied) if a.id == ask else a for a in memory.asks)
    )
