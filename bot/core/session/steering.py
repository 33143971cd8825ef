"""Messages that guide the agent while it works."""

from __future__ import annotations

from dataclasses import replace

from bot.core.commands import Steer
from bot.core.inbound import Prompt
from bot.core.policy import Capabilities
from bot.core.session.outbox import drop, want
from bot.core.session.overhearing import called
from bot.core.state import SessionState, enqueue, put_turn
from bot.core.turn import Turn


def steerable(state: SessionState, able: Capabilities) -> Turn | None:
    """The turn a message could guide now."""
    if not able.steer or state.lost:
        return None
    working = [turn for turn in state.open_turns if turn.phase in ("sending", "working")]
    return working[-1] if working else None


def steer(state: SessionState, turn: Turn, prompt: Prompt) -> SessionState:
    text = spoken(prompt, named=len(state.people) > 1)
    command = Steer(id=state.next_command, turn=turn.number, prompt=prompt, text=text)
    return want(state, command)


def steered(state: SessionState, done: Steer) -> SessionState:
    """The agent has taken it."""
    turn = next((turn for turn in state.turns if turn.number == done.turn), None)
    if turn is None:
        return state
    return put_turn(state, replace(turn, steered=(*turn.steered, done.prompt)))


def not_steered(state: SessionState, tried: Steer) -> SessionState:
    """It waits like any other message."""
    return enqueue(drop(state, tried.id), tried.prompt)


def release(state: SessionState) -> SessionState:
    """What was to guide a turn that is over, and that the agent cannot have got, waits."""
    over = {turn.number for turn in state.turns if turn.ended and turn.ref is None}
    for pending in state.outbox:
        if isinstance(pending.command, Steer) and pending.command.turn in over:
            state = not_steered(state, pending.command)
    return state


def guiding(state: SessionState, turn: Turn | None = None) -> tuple[Prompt, ...]:
    """What is on its way to the agent while it works, on this turn where one is given."""
    commands = (pending.command for pending in state.outbox)
    return tuple(
        command.prompt
        for command in commands
        if isinstance(command, Steer) and (turn is None or command.turn == turn.number)
    )


def spoken(prompt: Prompt, *, named: bool) -> str:
    """What the agent is told of a prompt; with its author where several people write."""
    if prompt.by.standing == "bot":
        return f"{called(prompt.by)} (a bot): {prompt.text}"
    return f"{called(prompt.by)}: {prompt.text}" if named else prompt.text
