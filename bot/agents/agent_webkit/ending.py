"""How turns end, well or not, and how the session does."""

from __future__ import annotations

import math
from dataclasses import replace

from pydantic import JsonValue

from bot.agents.agent_webkit import wire
from bot.agents.agent_webkit.memory import Memory
from bot.agents.agent_webkit.working import AskEnd, Made, close, read, working
from bot.agents.shapes.endings import LONGEST_ERROR, ended
from bot.core.events import Detached, Notice, TurnEnded, UsageReported


def result(memory: Memory, data: JsonValue) -> Made | None:
    result = read(wire.Result, data)
    if result is None:
        return None
    memory, events = working(memory)
    turn = memory.turn or memory.last
    how: AskEnd = "answered" if result.subtype == "success" else "withdrawn"
    memory, closed = close(memory, {a.id for a in memory.asks if not a.background}, how)
    events = (*events, *closed)
    total = result.total_cost_usd
    if total is not None and math.isfinite(total):
        cost = round(max(0.0, total - memory.cost), 10)
        events = (*events, UsageReported(turn=turn, id=f"result:{memory.seen}", cost=cost))
        memory = replace(memory, cost=max(memory.cost, total))
    parked = {ask.id for ask in memory.asks}
    memory, failure = (
        replace(
            memory,
            turn=None,
            failure="",
            calls=tuple(call for call in memory.calls if call.id in parked),
            texts=tuple(live for live in memory.texts if live.length),
        ),
        memory.failure,
    )
    return memory, (*events, ended(turn, result.subtype, failure))


def error(memory: Memory, data: JsonValue) -> Made | None:
    problem = read(wire.Problem, data)
    if problem is None:
        return None
    told = problem.message.strip().partition("\n")[0][:LONGEST_ERROR]
    match problem.code:
        case "receive_loop_crashed":
            return _died(memory, told)
        case "query_failed" if memory.turn is None:
            memory, events = working(memory)
            error = f"The agent did not get your message. {told}".strip()
            turn, memory = memory.last, replace(memory, turn=None)
            return memory, (*events, TurnEnded(turn=turn, outcome="failed", error=error))
        case "query_failed":
            text = f"The agent did not get a message. {told}"
        case "translate_failed":
            text = f"Something the agent did could not be shown. {told}"
        case _:
            text = f"The agent's server reports a problem. {told}"
    notice = Notice(id=f"error:{memory.seen}", text=text.strip(), level="warning")
    return memory, (notice,)


def _died(memory: Memory, told: str) -> Made:
    reason = f"The agent's process ended. {told}".strip()
    ended = () if memory.turn is None else (
        TurnEnded(turn=memory.turn, outcome="failed", error=reason),
    )  # fmt: skip
    memory, closed = close(memory, {ask.id for ask in memory.asks}, "expired")
    memory = replace(memory, turn=None, calls=(), texts=())
    return memory, (*closed, *ended, Detached(reason=reason, final=True))


def done(memory: Memory, data: JsonValue) -> Made:
    reason = "The agent's session was ended, and with it what the agent remembered of this thread."
    return replace(memory, turn=None), (Detached(reason=reason, final=True),)
