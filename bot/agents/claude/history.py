"""The transcript Claude Code keeps of a session, as events: what happened after the cursor, and how
it ended when nobody listened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.agents.claude import codec, wire
from bot.agents.claude.codec import AskEnd, Made
from bot.agents.claude.memory import Memory
from bot.agents.shapes.endings import SYNTHETIC, ended
from bot.agents.shapes.wire import Block
from bot.core.events import AgentEvent, ToolFinished, TurnEnded

INTERRUPTED = "Interrupted by a restart."
NEVER_TAKEN = "Interrupted by a restart, before the agent had your message. Please send it again."
STOPPED = "[Request interrupted by user"
"""How the agent begins the remark it leaves where a person stopped it."""

RESUMED = "No response requested."
"""What the agent puts below a turn that broke off, once it goes on from there."""

OVER = ("end_turn", "stop_sequence", "max_tokens", "refusal")
"""Reasons of the model's to stop after which the turn has ended."""


def read(memory: Memory, entries: Sequence[wire.Entry], allowed: Collection[str] = ()) -> Made:
    """What the transcript tells after the cursor. A turn that is open at its end, with no process
    left to go on with it, was interrupted. `allowed` are calls that people allowed, which the
    cursor may not know yet."""
    memory, events = codec.closed(memory, {*allowed}, "answered")
    doubtful = {call.id: call.title for call in memory.calls}
    doubtful = {name: told for name, told in doubtful.items() if name not in _asked(memory)}
    start = _start(memory, entries)
    if not start or entries[start - 1].uuid != memory.seen:
        memory = replace(memory, message="", texts=0, length=0)  # counted anew from there
    ends = {entry.message.id: entry.uuid for entry in entries if entry.type == "assistant"}
    for entry in entries[start:]:
        memory, made = _entry(memory, entry, whole=ends.get(entry.message.id) == entry.uuid)
        events = (*events, *made)
    good = {e.item for e in events if isinstance(e, ToolFinished) and e.ok}
    failed = [told for name, told in doubtful.items() if name not in good]
    taken = memory.turn in {entry.uuid for entry in entries} or memory.turn not in _sent(memory)
    why = INTERRUPTED if taken else NEVER_TAKEN
    memory, last = codec.broke_off(memory, why, doubtful=failed, taken=taken)
    return memory, (*events, *last)


def _sent(memory: Memory) -> set[str | None]:
    return {prompt for prompt, _ in memory.prompts}


def _asked(memory: Memory) -> set[str]:
    return {ask.id for ask in memory.asks}


def _start(memory: Memory, entries: Sequence[wire.Entry]) -> int:
    """Behind the last message that was told; failing that, behind the begin of the open turn."""
    for name in (memory.seen, memory.turn, memory.last):
        for at, entry in enumerate(entries):
            if name and entry.uuid == name:
                return at + 1
    return 0


def _entry(memory: Memory, entry: wire.Entry, *, whole: bool) -> Made:
    """Each block of an answer has an entry, and each entry the answer's reason to stop: it counts
    once the answer is `whole`."""
    memory = replace(memory, seen=entry.uuid)
    if entry.type == "user":
        return _user(memory, entry)
    message = entry.message
    blocks = [] if isinstance(message.content, str) else message.content
    texts = " ".join(block.text or "" for block in blocks)
    if message.model == SYNTHETIC and texts.strip() == RESUMED:
        return memory, ()
    memory, events = codec.answered(memory, message.id, message.model, blocks)
    if memory.turn is not None and whole and message.stop_reason in OVER:
        end = ended(memory.turn, "success", memory.failure)
        return codec.over(memory), (*events, end)
    return memory, events


def _user(memory: Memory, entry: wire.Entry) -> Made:
    content = entry.message.content
    blocks = [] if isinstance(content, str) else content
    memory, events = _decided(memory, blocks)
    memory, came = codec.results(memory, blocks)
    events = (*events, *came)
    if any(block.kind == "result" for block in blocks):
        return memory, events
    text = content if isinstance(content, str) else " ".join(b.text or "" for b in blocks)
    if text.startswith(STOPPED):
        if memory.turn is None:
            return memory, events
        end = TurnEnded(turn=memory.turn, outcome="stopped")
        return codec.over(memory), (*events, end)
    if memory.turn == entry.uuid:
        return memory, events
    if memory.turn is not None:  # what came next shows that it is over
        events = (*events, TurnEnded(turn=memory.turn, outcome="done"))
        memory = codec.over(memory)
    memory, begun = codec.begun(memory, entry.uuid)
    return memory, (*events, *begun)


def _decided(memory: Memory, blocks: Sequence[Block]) -> Made:
    """A call that has a result waits for nobody. Where it failed, it was not allowed, or the tool
    gave up asking: nobody here is known to have answered."""
    events: tuple[AgentEvent, ...] = ()
    for block in blocks:
        if block.kind == "result":
            how: AskEnd = "withdrawn" if block.is_error else "answered"
            memory, closed = codec.closed(memory, {block.tool_use_id}, how)
            events = (*events, *closed)
    return memory, events
