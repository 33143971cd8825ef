"""What is to be done: the commands of `SessionState.outbox`, and in which order they may go."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from bot.core.commands import (
    Command,
    ConfigureAgent,
    Interrupt,
    OpenSession,
    Pending,
    SendAnswer,
    SendPrompt,
    Steer,
    StopTask,
    Whisper,
)
from bot.core.inbound import Person
from bot.core.policy import Rules
from bot.core.state import SessionState


def want(state: SessionState, command: Command) -> SessionState:
    """It is to be done, after all that is to be done already."""
    pending = Pending(command=command)
    return replace(
        state, outbox=(*state.outbox, pending), next_command=max(state.next_command, command.id + 1)
    )


def whisper(state: SessionState, person: Person, text: str) -> SessionState:
    """A private word to `person`; bots read none."""
    if person.standing == "bot":
        return state
    return want(state, Whisper(id=state.next_command, user=person.user, text=text))


def command_of(state: SessionState, number: int) -> Command | None:
    return next((p.command for p in state.outbox if p.command.id == number), None)


def drop(state: SessionState, number: int) -> SessionState:
    """It is done, or not to be done any more."""
    return replace(state, outbox=tuple(p for p in state.outbox if p.command.id != number))


def note_begun(state: SessionState, number: int, *, begun: bool) -> SessionState:
    """Whether the command may have had its effect by now."""
    outbox = (replace(p, begun=begun) if p.command.id == number else p for p in state.outbox)
    return replace(state, outbox=tuple(outbox))


def retry(
    state: SessionState, number: int, rules: Rules, now: float, *, unsure: bool = False
) -> SessionState:
    """`unsure`: an earlier try may have had its effect; else none had, and it has not begun."""

    def later(pending: Pending) -> Pending:
        if pending.command.id != number:
            return pending
        wait = min(rules.retry_most, rules.retry_first * 2 ** min(pending.attempts, 16))
        begun = pending.begun and unsure
        return replace(pending, attempts=pending.attempts + 1, not_before=now + wait, begun=begun)

    return replace(state, outbox=tuple(later(pending) for pending in state.outbox))


def blocks(command: Command, turn: int) -> bool:
    """Whether the turn's prompt is not at the agent, as far as we know, until this succeeded."""
    match command:
        case OpenSession():
            return True
        case SendPrompt():
            return command.turn == turn
        case Interrupt():
            return command.turn < turn
        case Steer() | SendAnswer() | ConfigureAgent() | StopTask() | Whisper():
            return False


def is_prompt_of(command: Command, turn: int) -> bool:
    """Whether it gives the agent this turn's prompt."""
    return isinstance(command, SendPrompt) and command.turn == turn


def pending_prompt(state: SessionState, turn: int) -> Pending | None:
    """The command that keeps the turn's prompt from the agent, the most delayed first."""
    blocking = [pending for pending in state.outbox if blocks(pending.command, turn)]
    return max(blocking, key=lambda pending: pending.attempts, default=None)


def next_command(
    state: SessionState, now: float, *, whispers: bool, under_way: Container[int] = ()
) -> Pending | None:
    """The command to perform next beside those `under_way` (ids): private words, or what goes to
    the agent in order. A prompt waits for the session it belongs to, a stop for the prompt it stops
    (unless the agent works on it already), what guides a turn until the agent works on it, and the
    next prompt for all of them, so that none of them ever hits a later turn."""
    begun = {turn.number for turn in state.turns if turn.ref is not None}
    unbegun = {turn.number for turn in state.turns} - begun
    prompts_before: set[int] = set()
    stop_before = steer_before = False
    for pending in state.outbox:
        command = pending.command
        if isinstance(command, Whisper) != whispers:
            continue
        blocked = pending.not_before > now
        if not isinstance(command, OpenSession | Whisper):
            blocked = blocked or state.remote_id is None
        if isinstance(command, Interrupt):
            blocked = blocked or command.turn in prompts_before - begun
            stop_before = True
        if isinstance(command, Steer):
            blocked = blocked or stop_before or command.turn in unbegun
            steer_before = True
        if isinstance(command, SendPrompt):
            blocked = blocked or stop_before or steer_before or bool(prompts_before)
            prompts_before.add(command.turn)
        if not blocked and command.id not in under_way:
            return pending
    return None


def interrupt(state: SessionState, turn: int) -> SessionState:
    """The agent is to stop its work on the turn; 0 is one that is no longer kept."""
    commands = [pending.command for pending in state.outbox]
    if any(isinstance(command, Interrupt) and command.turn == turn for command in commands):
        return state
    return want(state, Interrupt(id=state.next_command, turn=turn))
