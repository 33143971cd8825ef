"""What became of our own acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bot.core.commands import (
    Begun,
    ConfigureAgent,
    Failed,
    Interrupt,
    OpenSession,
    Outcome,
    Pending,
    Performed,
    Published,
    Refused,
    SendAnswer,
    SendPrompt,
    Steer,
    StopTask,
    Tick,
    Whisper,
)
from bot.core.inbound import Prompt
from bot.core.policy import Rules
from bot.core.session.afresh import lose
from bot.core.session.asks import ask_people_instead, say_unheard
from bot.core.session.notices import say, say_again
from bot.core.session.outbox import blocks, command_of, drop, note_begun, retry, whisper
from bot.core.session.overhearing import unhear
from bot.core.session.refused import refused, with_card
from bot.core.session.resend import ask_to_resend
from bot.core.session.settling import record, settle, use_up
from bot.core.session.steering import not_steered, steered
from bot.core.session.timing import in_time, ticked
from bot.core.session.tuning import not_tuned, tuned_agent
from bot.core.state import AskState, SessionState, ask_of, put_ask, put_receipt, put_turn
from bot.core.turn import Turn, end

QUICKER = "Too late: it was answered elsewhere. Your answer was not used."


def outcome(state: SessionState, became: Outcome, rules: Rules, now: float) -> SessionState:
    """The state after one of our own acts succeeded or did not, or after time has passed."""
    match became:
        case Begun():
            return note_begun(state, became.command, begun=True)
        case Performed():
            return _performed(state, became, now)
        case Failed():
            return _failed(state, became, rules, now)
        case Published():
            return put_receipt(state, in_time(became.receipt, rules, now))
        case Refused():
            return refused(state, became, rules, now)
        case Tick():
            return ticked(state, rules, now)


def _performed(state: SessionState, outcome: Performed, now: float) -> SessionState:
    command = command_of(state, outcome.command)
    state = drop(state, outcome.command)
    match command:
        case OpenSession():
            return replace(state, remote_id=outcome.remote_id)
        case SendPrompt():
            state = unhear(replace(state, briefed=True, left_out=0), command.overheard)
            state = _tell_left_out(state, _prompts_of(state, command.turn), outcome.left_out)
            return say_again(
                state, f"trouble:{command.turn}:", "The agent is back and has your message."
            )
        case Steer():
            return _tell_left_out(steered(state, command), [command.prompt], outcome.left_out)
        case SendAnswer():
            return _answer_taken(state, command, now)
        case ConfigureAgent() | StopTask():
            return tuned_agent(state, command, now)
        case Interrupt() | Whisper() | None:
            return state


def _prompts_of(state: SessionState, number: int) -> Sequence[Prompt]:
    return next((turn.prompts for turn in state.turns if turn.number == number), ())


def _tell_left_out(
    state: SessionState, prompts: Sequence[Prompt], left_out: tuple[str, ...]
) -> SessionState:
    """Whoever posted files is told which the agent did not get."""
    if not left_out:
        return state
    text = f"The agent did not get everything you posted. Left out: {'; '.join(left_out)}."
    for by in {prompt.by.user: prompt.by for prompt in prompts if prompt.files}.values():
        state = whisper(state, by, text)
    return state


def _failed(state: SessionState, failed: Failed, rules: Rules, now: float) -> SessionState:
    pending = next((p for p in state.outbox if p.command.id == failed.command), None)
    if pending is None:
        return state
    if failed.failure == "gone" and not isinstance(pending.command, OpenSession | Whisper):
        certain = state if failed.unsure else note_begun(state, failed.command, begun=False)
        return lose(certain, failed.message, now)
    unavailable = failed.failure == "unavailable"
    again = partial(retry, state, failed.command, rules, now, unsure=failed.unsure)
    match pending.command:
        case SendAnswer() as command:
            return _answer_failed(state, pending, command.ask, failed, rules, now)
        case Steer() as command:
            # The agent may have had it: only who knows says that it did not.
            return again() if unavailable else not_steered(state, command)
        case OpenSession() | SendPrompt() | Interrupt() as command if unavailable:
            return _delayed(again(), command, failed)
        case SendPrompt() as command if failed.failure == "in_doubt":
            return ask_to_resend(state, command, failed.message, rules)
        case OpenSession() | SendPrompt() as command:
            return _prompt_refused(state, command, failed, now)
        case ConfigureAgent() | StopTask() as command:
            return not_tuned(state, command, failed)
        case Interrupt() | Whisper():
            return drop(state, failed.command)


def _delayed(
    state: SessionState, command: OpenSession | SendPrompt | Interrupt, failed: Failed
) -> SessionState:
    turn = _turn_behind(state, command)
    if turn is None:
        return state if isinstance(command, Interrupt) else drop(state, command.id)
    if turn.stop_at is not None:
        return put_turn(state, end(turn, "stopped", turn.stop_at))
    kept = "Your message is kept and goes out when it is back. Write *stop* to take it back."
    if failed.unsure:
        kept = "It may have your message already: I look when it is back."
    return say(state, f"trouble:{turn.number}:", f"{failed.message} {kept}", "warning")


def _prompt_refused(
    state: SessionState, command: OpenSession | SendPrompt, failed: Failed, now: float
) -> SessionState:
    turn = _turn_behind(state, command)
    state = drop(state, command.id)
    if turn is None:
        return state
    return put_turn(state, replace(end(turn, "failed", now, failed.message), over=True))


def _turn_behind(state: SessionState, command: OpenSession | SendPrompt | Interrupt) -> Turn | None:
    """The open turn the agent does not know of, because this command has not succeeded yet."""
    unknown = [turn for turn in state.open_turns if turn.prompt and turn.ref is None]
    return next((turn for turn in unknown if blocks(command, turn.number)), None)


def _answer_taken(state: SessionState, command: SendAnswer, now: float) -> SessionState:
    """What was parked when it was denied stays open here."""
    known = ask_of(state, command.ask)
    if known is not None and known.parked:
        return put_ask(state, replace(known, by_hand=False))
    if known is None or known.status == "settled":
        return state
    return settle(state, known, known.outcome or "answered", now)


def _answer_failed(
    state: SessionState, pending: Pending, ask: str, failed: Failed, rules: Rules, now: float
) -> SessionState:
    number = pending.command.id
    known = ask_of(state, ask)
    if known is None or known.parked:
        return _parking_failed(state, pending, known, failed, rules, now)
    note = failed.message
    over = failed.failure == "already_answered" or known.closed
    if known.status == "settled" and (known.by is None or not over):
        return drop(state, number)
    if failed.failure == "unavailable":
        if pending.attempts + 1 < rules.answer_tries:
            known = replace(known, note=f"{note} Trying again.")
            return put_ask(retry(state, number, rules, now), known)
        note = f"{note} Please decide again."
    state = drop(state, number)
    if over and (failed.repeated or pending.attempts):
        return settle(state, known, known.outcome or "answered", now)
    if over:
        return _waited_no_longer(state, known, now)
    state = use_up(state, known)  # people are asked instead
    state = record(state, "not_taken", known, now, by=known.by, where="agent", detail=note)
    deadline = known.deadline
    if known.outcome == "expired" and failed.failure != "unavailable":
        deadline = None  # it cannot be ended in this way, so people have to
    again = replace(
        known, status="open", answer=None, by=None, at=None, outcome=None, votes=(), place="",
        deadline=deadline, note=note,
    )  # fmt: skip
    if known.ruled:
        return ask_people_instead(state, with_card(state, again), note, rules, now)
    return put_ask(state, with_card(state, again))


def _waited_no_longer(state: SessionState, known: AskState, now: float) -> SessionState:
    """Somebody was quicker, or the time of a server that waits only briefly was."""
    if known.by is not None:
        state = whisper(state, known.by, QUICKER)
    gave_up = known.ruled and known.held_until is not None and now >= known.held_until
    if gave_up:
        state = say_unheard(state, known)
    nobody = replace(known, by=None, answer=None, ruled=False)
    return settle(state, nobody, "expired" if gave_up else "elsewhere", now)


def _parking_failed(
    state: SessionState,
    pending: Pending,
    known: AskState | None,
    failed: Failed,
    rules: Rules,
    now: float,
) -> SessionState:
    """The agent's server was to be told no because it waits no longer. It may have given up by
    itself; but if it says that somebody answered there, nothing is left to decide here."""
    number = pending.command.id
    if failed.failure == "unavailable" and pending.attempts + 1 < rules.answer_tries:
        return retry(state, number, rules, now)
    state = drop(state, number)
    first = failed.failure == "already_answered" and not (failed.repeated or pending.attempts)
    if known is None or known.status != "open" or not first:
        return state
    if known.by_hand:
        return settle(state, known, "elsewhere", now)
    return put_ask(state, replace(known, by_hand=True))
