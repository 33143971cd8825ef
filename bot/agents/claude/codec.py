"""Messages of Claude Code become events.

A turn is called by the id we gave its prompt, and a text by its message and its number among that
message's texts: so it has the same name in the live stream and in the transcript, and what is told
from both is told once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from bot.agents.claude import wire
from bot.agents.claude.memory import Call, Memory, Waiting, bounded_rules
from bot.agents.shapes.asking import MOST_RULES, QUESTION_TOOL, input_of, question, verbs
from bot.agents.shapes.endings import LONGEST_ERROR, SYNTHETIC, ended
from bot.agents.shapes.lines import summary, title
from bot.agents.shapes.wire import Block, Questions
from bot.core.asks import Confirmation
from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    Notice,
    TextDelta,
    TextDone,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    Unknown,
    UsageReported,
)

MOST_KEPT = 32
"""Calls, asks, prompts and tasks remembered at once."""

AskEnd = Literal["answered", "withdrawn", "expired"]
Made = tuple[Memory, tuple[AgentEvent, ...]]
_Model = TypeVar("_Model", bound=BaseModel)


def decode(memory: Memory, frame: wire.Frame) -> Made:
    """What a message says. Never raises: what cannot be read is `Unknown`."""
    reader = _READERS.get(frame.name)
    made = reader(memory, frame.data) if reader is not None else None
    return made or (memory, (Unknown(name=frame.name),))


def prompted(memory: Memory, prompt: str, key: str) -> Made:
    """The agent was given the prompt called `prompt`: its turn has begun."""
    prompts = (*(pair for pair in memory.prompts if pair[0] != prompt), (prompt, key))[-MOST_KEPT:]
    memory = replace(memory, prompts=prompts)
    return begun(memory, prompt)


def requested(memory: Memory, request: wire.Request) -> Made:
    """The agent waits for a person."""
    background = bool(request.agent)
    events: tuple[AgentEvent, ...] = ()
    if not (background and memory.turn is None):
        memory, events = _working(memory, request.call)
    memory, started = announced(memory, request.call, request.tool, request.input)
    turn = turn_of_call(memory, request.call)
    asked = Questions.model_validate(request.input) if request.tool == QUESTION_TOOL else None
    if asked and asked.questions:
        ask = question(request.call, turn, asked.questions)
        waiting = Waiting(id=ask.id, turn=turn, question=True, background=background)
    else:
        suggestions = bounded_rules(_lasting(request.suggestions), MOST_RULES)
        ask = Confirmation(
            id=request.call,
            turn=turn,
            tool=request.tool,
            title=request.title or title(request.tool, request.input),
            input=input_of(request.input),
            item=request.call,
            verbs=verbs(suggestions),
            editable=True,
        )
        waiting = Waiting(id=ask.id, turn=turn, background=background, suggestions=suggestions)
    memory = replace(memory, asks=(*memory.asks, waiting)[-MOST_KEPT:])
    opened = AskOpened(ask=ask, background=background)
    return memory, (*events, *started, opened)


def _lasting(suggestions: list[dict[str, JsonValue]]) -> list[dict[str, JsonValue]]:
    """Rules for what is asked, for good and for the session. Where there are some, the wider ways
    the agent suggests beside them (another mode, more directories) are not what a person meant."""
    found = [rule for rule in suggestions if rule.get("type") == "addRules"]
    lasting = [rule for rule in found if rule.get("destination") != "session"]
    return [*lasting, *({**rule, "destination": "session"} for rule in found)] or suggestions


def settled(memory: Memory, ask: str, how: AskEnd) -> Made:
    """The agent waits no longer."""
    return closed(memory, {ask}, how)


def broke_off(
    memory: Memory, why: str, *, doubtful: Sequence[str] = (), taken: bool = True
) -> Made:
    """The process is no more, for `why`, a sentence. What it waited for is over, and an open turn
    with it, which a person may have continued unless the agent has not `taken` its prompt.
    `doubtful` are calls that may have had an effect beside those whose results are missing."""
    unasked = {ask.id for ask in memory.asks}
    open_calls = [call.title for call in memory.calls if call.id not in unasked]
    memory, events = closed(memory, unasked, "withdrawn")
    if memory.turn is not None:
        error = " ".join([why, *_may_have_run([*doubtful, *open_calls])])
        end = TurnEnded(turn=memory.turn, outcome="failed", error=error, resumable=taken)
        events = (*events, end)
    return over(replace(memory, tasks=())), events


def _may_have_run(titles: Sequence[str]) -> list[str]:
    named = [*dict.fromkeys(titles)]
    if not named:
        return []
    these = (
        "This may have run, and how it ended"
        if len(named) == 1
        else ("These may have run, and how they ended")
    )
    return [f"{these} is not known: {'; '.join(named)}."]


# --- reading --------------------------------------------------------------------------------------


def model_of(model: type[_Model], data: JsonValue) -> _Model | None:
    try:
        return model.model_validate(data)
    except (ValidationError, RecursionError):
        return None


def _stream(memory: Memory, data: JsonValue) -> Made | None:
    stream = model_of(wire.Stream, data)
    if stream is None:
        return None
    if stream.parent_tool_use_id:
        return memory, ()  # a sub-agent's words are for the agent
    event = stream.event
    match event.type:
        case "message_start":
            memory, events = _working(memory, stream.uuid)
            return _under_way(memory, event.message.id), events
        case "content_block_start":
            return replace(memory, thought=0), ()
        case "content_block_delta" if event.delta.type == "text_delta" and event.delta.text:
            return _text_grew(memory, event.delta.text)
        case "content_block_delta" if event.delta.type == "thinking_delta" and event.delta.thinking:
            return _thought_grew(memory, event)
        case _:
            return memory, ()


def _under_way(memory: Memory, message: str) -> Memory:
    if message == memory.message:
        return memory
    return replace(memory, message=message, texts=0, length=0, thought=0)


def _text_grew(memory: Memory, text: str) -> Made:
    turn = memory.turn or memory.last
    delta = TextDelta(turn=turn, item=_text_item(memory), at=memory.length, text=text)
    return replace(memory, length=memory.length + len(text)), (delta,)


def _thought_grew(memory: Memory, event: wire.Event) -> Made:
    text = event.delta.thinking
    item = f"{memory.message}.thought.{event.index}"
    turn = memory.turn or memory.last
    delta = ThoughtDelta(turn=turn, item=item, at=memory.thought, text=text)
    return replace(memory, thought=memory.thought + len(text)), (delta,)


def _text_item(memory: Memory) -> str:
    return f"{memory.message}.{memory.texts}"


def _assistant(memory: Memory, data: JsonValue) -> Made | None:
    said = model_of(wire.Assistant, data)
    if said is None:
        return None
    memory, events = _working(memory, said.uuid)
    if not said.parent_tool_use_id:
        memory, told = answered(memory, said.message_id, said.model, said.content)
        return replace(memory, seen=said.uuid or memory.seen), (*events, *told)
    for block in said.content:
        if block.kind == "call":
            memory, started = announced(memory, block.id, block.name, block.input)
            events = (*events, *started)
    return memory, events


def answered(memory: Memory, message: str, model: str, blocks: Sequence[Block]) -> Made:
    """One or more blocks of the model's answer `message`."""
    memory = _under_way(memory, message)
    events: tuple[AgentEvent, ...] = ()
    for block in blocks:
        if block.kind == "call":
            memory, made = announced(memory, block.id, block.name, block.input)
        elif block.kind == "text" and block.text:
            memory, made = _text_ended(memory, model, block.text)
        else:
            continue
        events = (*events, *made)
    return memory, events


def _text_ended(memory: Memory, model: str, text: str) -> Made:
    if model == SYNTHETIC:
        return replace(memory, failure=text[:LONGEST_ERROR]), ()
    turn = memory.turn or memory.last
    done = TextDone(turn=turn, item=_text_item(memory), text=text)
    return replace(memory, texts=memory.texts + 1, length=0, failure=""), (done,)


def _user(memory: Memory, data: JsonValue) -> Made | None:
    said = model_of(wire.User, data)
    if said is None:
        return None
    blocks = [] if isinstance(said.content, str) else said.content
    memory, events = results(memory, blocks)
    if not said.parent_tool_use_id:
        memory = replace(memory, seen=said.uuid or memory.seen)
    return memory, events


def results(memory: Memory, blocks: Sequence[Block]) -> Made:
    """What came of calls."""
    events: tuple[AgentEvent, ...] = ()
    for block in blocks:
        call = next((call for call in memory.calls if call.id == block.tool_use_id), None)
        if block.kind != "result" or call is None:
            continue
        memory = replace(memory, calls=tuple(c for c in memory.calls if c.id != call.id))
        told = summary(block.content)
        finished = ToolFinished(turn=call.turn, item=call.id, ok=not block.is_error, summary=told)
        events = (*events, finished)
    return memory, events


def _result(memory: Memory, data: JsonValue) -> Made | None:
    result = model_of(wire.Result, data)
    if result is None:
        return None
    memory, events = _working(memory, result.uuid)
    turn = memory.turn or memory.last
    unanswered = {ask.id for ask in memory.asks if not ask.background}
    memory, gone = closed(memory, unanswered, "withdrawn")
    memory, spent = _spent(memory, result, turn)
    failure = memory.failure
    if result.is_error and result.subtype == "success" and not failure:
        failure = result.result[:LONGEST_ERROR]
    end = ended(turn, result.subtype, failure)
    return over(memory), (*events, *gone, *spent, end)


def _spent(memory: Memory, result: wire.Result, turn: str) -> Made:
    """The sum counts anew where a process was killed before it could write it down."""
    usage, total, cost = result.usage or wire.Usage(), result.total_cost_usd, None
    if total is not None and math.isfinite(total) and total >= 0:
        cost = round(total - memory.cost if total >= memory.cost else total, 10)
        memory = replace(memory, cost=total)
    report = UsageReported(
        turn=turn,
        id=f"result:{result.uuid}",
        input_tokens=usage.input_tokens
        + usage.cache_creation_input_tokens
        + usage.cache_read_input_tokens,
        output_tokens=usage.output_tokens,
        cost=cost,
        model=next(iter(result.model_usage), ""),
    )
    return memory, (report,)


def _rate_limit(memory: Memory, data: JsonValue) -> Made | None:
    told = model_of(wire.RateLimited, data)
    if told is None:
        return None
    if told.rate_limit_info.status != "rejected":
        return memory, ()
    text = "The model's provider takes no more requests for now: the account's limit is reached."
    return memory, (Notice(id=f"limit:{memory.turn or memory.last}", text=text, level="warning"),)


def _task_started(memory: Memory, data: JsonValue) -> Made | None:
    task = model_of(wire.Task, data)
    if task is None or not task.task_id:
        return None
    return replace(memory, tasks=(*memory.tasks, task.task_id)[-MOST_KEPT:]), ()


def _task_ended(memory: Memory, data: JsonValue) -> Made | None:
    task = model_of(wire.Task, data)
    if task is None:
        return None
    if task.status not in ("completed", "failed", "stopped", "killed"):
        return memory, ()
    return replace(memory, tasks=tuple(one for one in memory.tasks if one != task.task_id)), ()


def _ignored(memory: Memory, data: JsonValue) -> Made:
    return memory, ()


_READERS: Mapping[str, Callable[[Memory, JsonValue], Made | None]] = {
    "StreamEvent": _stream,
    "AssistantMessage": _assistant,
    "UserMessage": _user,
    "ResultMessage": _result,
    "RateLimitEvent": _rate_limit,
    "TaskStartedMessage": _task_started,
    "TaskNotificationMessage": _task_ended,
    "TaskUpdatedMessage": _task_ended,
    "TaskProgressMessage": _ignored,
    "SystemMessage": _ignored,
    "HookEventMessage": _ignored,
}


# --- pieces ---------------------------------------------------------------------------------------


def begun(memory: Memory, turn: str) -> Made:
    """A turn begins; `prompts` tell whose prompt it answers."""
    key = dict(memory.prompts).get(turn)
    memory = replace(memory, turn=turn, last=turn, failure="")
    return memory, (TurnStarted(turn=turn, prompt=key),)


def _working(memory: Memory, name: str) -> Made:
    """A turn is open: this one, or one the agent began by itself, called `name`."""
    return (memory, ()) if memory.turn is not None else begun(memory, name)


def over(memory: Memory) -> Memory:
    """The turn has ended; what a sub-agent still does in the background stays."""
    parked = {ask.id for ask in memory.asks}
    prompts = tuple(pair for pair in memory.prompts if pair[0] != memory.turn)
    calls = tuple(call for call in memory.calls if call.id in parked)
    return replace(memory, turn=None, failure="", calls=calls, prompts=prompts, length=0)


def announced(memory: Memory, name: str, tool: str, given: dict[str, JsonValue]) -> Made:
    """A call may be told of twice, in any order: only the first counts."""
    if tool == QUESTION_TOOL or any(call.id == name for call in memory.calls):
        return memory, ()
    given = input_of(given)
    call = Call(id=name, turn=memory.turn or memory.last, title=title(tool, given))
    started = ToolStarted(turn=call.turn, item=name, tool=tool, title=call.title, input=given)
    return replace(memory, calls=(*memory.calls, call)[-MOST_KEPT:]), (started,)


def turn_of_call(memory: Memory, name: str) -> str:
    found = next((call.turn for call in memory.calls if call.id == name), None)
    return found or memory.turn or memory.last


def closed(memory: Memory, asks: set[str], how: AskEnd) -> Made:
    gone = tuple(AskClosed(ask=ask.id, how=how) for ask in memory.asks if ask.id in asks)
    return replace(memory, asks=tuple(a for a in memory.asks if a.id not in asks)), gone
