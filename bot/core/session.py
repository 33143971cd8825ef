"""THE state machine of a session: `reduce(state, input, rules, now) -> state`.

Theory of operation. Everything that happens to a session arrives here as a value: what people did
(`Inbound`), what the agent did (`AgentEvent`), what became of our own acts (`Outcome`). The answer
is a new state; what we want done stands in its `outbox` and is performed after the state was saved.
`reduce` is total: an input that makes no sense now leaves the state as it is, or adds a notice or a
private word. It is idempotent by the identity of items, so a replay changes nothing; cursors are
stored, never compared.

A session has turns, numbered from 1. At most one of ours is open; posts that come meanwhile wait
in `queue`, ordered by Slack's ts. An ask goes open -> sending -> settled, or back to open when the
agent did not take the answer.

A turn may end for us before the agent is through with it (`Turn.over`): a stop goes on until the
agent has ended that turn or works on a later one.
"""

from __future__ import annotations

import math
from dataclasses import replace

from bot.core.asks import Answer, Confirmation, Question, bounded, check, reply_from_text
from bot.core.commands import (
    Command,
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
    Tick,
    Whisper,
)
from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    Attached,
    ContentEvent,
    Detached,
    Gap,
    Notice,
    TurnStarted,
    Unknown,
)
from bot.core.ids import Receipt, order_of
from bot.core.inbound import Inbound, Person, Prompt, Reply, Stop
from bot.core.policy import Rules, addressed, gate
from bot.core.state import (
    MOST_HEARD,
    AskState,
    SessionState,
    ask_of,
    blocks,
    command_of,
    drop,
    interrupt,
    pending_prompt,
    put_ask,
    put_receipt,
    put_turn,
    retry,
    say,
    say_again,
    say_once,
    settle,
    turn_of,
    want,
    whisper,
    withdraw_asks,
)
from bot.core.turn import Turn, end, fold, seal

LONGEST_TITLE = 80

Input = Inbound | AgentEvent | Outcome


def reduce(state: SessionState, happened: Input, rules: Rules, now: float) -> SessionState:
    """The state after `happened`; `now` in epoch seconds."""
    match happened:
        case Prompt():
            state = _prompt(state, happened, now)
        case Reply():
            state = _reply(state, happened, now)
        case Stop():
            state = _stop(state, happened, now)
        case Performed() | Failed() | Published() | Refused() | Tick():
            state = _outcome(state, happened, rules, now)
        case _:
            if happened.time is not None and not math.isfinite(happened.time):
                happened = replace(happened, time=None)
            state = _agent_did(state, happened, rules, now)
            if happened.cursor is not None:
                state = replace(state, cursor=happened.cursor)
    return _go_on(state, now)


def due_at(state: SessionState, rules: Rules, after: float = 0.0) -> float | None:
    """The first time later than `after` at which the session wants a `Tick`, if nothing else
    happens: a command to be tried again, the end of patience with a stop, or a status of long
    work that Slack is about to forget."""
    times = [pending.not_before for pending in state.outbox]
    stops = [turn.stop_at for turn in state.open_turns if turn.stop_at is not None]
    times += [at + rules.stop_patience for at in stops]
    if state.open_turns:
        times.append(_status_since(state) + rules.status_lasts)
    return min((at for at in times if at > after), default=None)


# --- people ---------------------------------------------------------------------------------------


def _prompt(state: SessionState, prompt: Prompt, now: float) -> SessionState:
    if prompt.key in state.heard or prompt.by.standing == "bot":
        return state
    if prompt.by.user not in state.people:
        state = replace(state, people=(*state.people, prompt.by.user))
    if not addressed(prompt, state.owner, state.people):
        return state
    refusal = gate("prompt" if state.owner else "start", prompt.by, state.owner)
    if refusal:
        return whisper(state, prompt.by, refusal)
    heard = (*state.heard, prompt.key)[-MOST_HEARD:]
    state = replace(state, owner=state.owner or prompt.by, heard=heard)
    answered = _answer_in_words(state, prompt, now)
    if answered is not None:
        return answered
    queue = sorted((*state.queue, prompt), key=lambda waiting: order_of(waiting.ts))
    return replace(state, queue=tuple(queue))


def _answer_in_words(state: SessionState, prompt: Prompt, now: float) -> SessionState | None:
    """A plain line in the thread answers the one open question, if there is exactly one."""
    waiting = state.open_asks
    if len(waiting) != 1 or waiting[0].status != "open" or not prompt.text.strip():
        return None
    ask = waiting[0].ask
    if not isinstance(ask, Question) or gate("decide", prompt.by, state.owner):
        return None
    answer = reply_from_text(ask, prompt.text)
    if answer is None or check(ask, answer):
        return None
    return _send_answer(state, waiting[0], answer, prompt.by, now)


def _reply(state: SessionState, reply: Reply, now: float) -> SessionState:
    refusal = gate("decide", reply.by, state.owner)
    if refusal:
        return whisper(state, reply.by, refusal)
    known = ask_of(state, reply.ask)
    if known is None:
        return whisper(state, reply.by, "This request is over; nothing was changed.")
    if known.status != "open":
        return _too_late(state, known, reply)
    problem = check(known.ask, reply.answer)
    if problem:
        return whisper(state, reply.by, problem)
    return _send_answer(state, known, reply.answer, reply.by, now)


def _too_late(state: SessionState, known: AskState, reply: Reply) -> SessionState:
    by = known.by if known.outcome in (None, "answered") else None
    if by is not None and by.user == reply.by.user and known.answer == reply.answer:
        return state  # a double click
    why = f"<@{by.user}> has already decided" if by else "it is over"
    return whisper(state, reply.by, f"Too late: {why}. Your answer was not used.")


def _send_answer(
    state: SessionState, known: AskState, answer: Answer, by: Person, now: float
) -> SessionState:
    sending = replace(known, status="sending", answer=answer, by=by, at=now, note="")
    state = put_ask(state, sending)
    return want(state, SendAnswer(id=state.next_command, ask=known.ask.id, answer=answer))


def _stop(state: SessionState, stop: Stop, now: float) -> SessionState:
    refusal = gate("stop", stop.by, state.owner)
    if refusal:
        return whisper(state, stop.by, refusal)
    if not state.open_turns:
        return whisper(state, stop.by, "Nothing is running here, so there is nothing to stop.")
    for turn in state.open_turns:
        if turn.phase != "stopping":
            state = _stop_turn(state, turn, stop.by, now)
    return state


def _stop_turn(state: SessionState, turn: Turn, by: Person, now: float) -> SessionState:
    state = withdraw_asks(state, turn.number, now)
    stopping = replace(turn, phase="stopping", stopped_by=by.user, stop_at=now)
    sending = pending_prompt(state, turn.number)
    if sending is not None and sending.attempts:
        # The agent has not taken the prompt, as far as we know: there is nothing to interrupt.
        return put_turn(state, end(stopping, "stopped", now))
    return interrupt(put_turn(state, stopping), turn.number)


# --- the agent ------------------------------------------------------------------------------------


def _agent_did(state: SessionState, event: AgentEvent, rules: Rules, now: float) -> SessionState:
    match event:
        case AskOpened():
            return _ask_opened(state, event, rules, now)
        case AskClosed():
            return _ask_closed(state, event, _time_of(event, now))
        case Attached():
            return say_again(state, "lost:", "The connection to the agent is back.")
        case Detached():
            return _detached(state, event, now)
        case Notice():
            return say_once(state, f"agent:{event.id}", event.text, event.level)
        case Gap():
            return say_once(state, f"gap:{event.id}", event.reason, "warning")
        case Unknown():
            return replace(state, unknown_events=state.unknown_events + 1)
        case _:
            return _content(state, event, rules, now)


def _content(state: SessionState, event: ContentEvent, rules: Rules, now: float) -> SessionState:
    prompt = event.prompt if isinstance(event, TurnStarted) else None
    state, turn = turn_of(state, event.turn, prompt, _time_of(event, now))
    return put_turn(state, fold(turn, event, rules.part_limit, now)) if turn else state


def _time_of(event: AgentEvent, now: float) -> float:
    return now if event.time is None else event.time


def _ask_opened(state: SessionState, event: AskOpened, rules: Rules, now: float) -> SessionState:
    if ask_of(state, event.ask.id) is not None:
        return state
    state, turn = turn_of(state, event.ask.turn, None, _time_of(event, now))
    if turn is None or turn.ended or turn.phase == "stopping":
        return state
    ask = event.ask
    if isinstance(ask, Confirmation):
        ask = replace(ask, input={key: bounded(value) for key, value in ask.input.items()})
    turn = replace(turn, phase="working")
    state = put_turn(state, seal(turn, event.ask.id, rules.part_limit))
    return replace(state, asks=(*state.asks, AskState(ask=ask, turn=turn.number)))


def _ask_closed(state: SessionState, event: AskClosed, at: float) -> SessionState:
    known = ask_of(state, event.ask)
    if known is None or known.status == "settled":
        return state
    outcome = event.how
    if outcome == "answered" and known.status == "open":
        return settle(state, known, "elsewhere", at)
    return settle(state, known, outcome, at)


def _detached(state: SessionState, event: Detached, now: float) -> SessionState:
    if not event.final:
        if not any(turn.phase == "working" for turn in state.turns):
            return state
        number = state.open_turns[-1].number
        return say(state, f"lost:{number}", f"{event.reason} I keep trying.", "warning")
    for turn in state.open_turns:
        state = put_turn(state, end(turn, "failed", now, event.reason))
    return say_again(state, "lost:", event.reason)


# --- what became of our own acts ------------------------------------------------------------------


def _outcome(state: SessionState, outcome: Outcome, rules: Rules, now: float) -> SessionState:
    match outcome:
        case Performed():
            return _performed(state, outcome, now)
        case Failed():
            return _failed(state, outcome, rules, now)
        case Published():
            return put_receipt(state, outcome.receipt)
        case Refused():
            old = next((r for r in state.receipts if r.key == outcome.key), None)
            old = old or Receipt(key=outcome.key, ts="", shown="")
            return put_receipt(state, replace(old, shown=outcome.shown, lost=True))
        case Tick():
            return _say_status_again(_give_up_waiting(state, rules, now), rules, now)


def _performed(state: SessionState, outcome: Performed, now: float) -> SessionState:
    command = command_of(state, outcome.command)
    state = drop(state, outcome.command)
    match command:
        case OpenSession():
            return replace(state, remote_id=outcome.remote_id)
        case SendPrompt():
            state = replace(state, briefed=True)
            return say_again(
                state, f"trouble:{command.turn}:", "The agent is back and has your message."
            )
        case SendAnswer():
            return settle(state, _ask_sent(state, command), "answered", now)
        case Interrupt() | Whisper() | None:
            return state


def _failed(state: SessionState, failed: Failed, rules: Rules, now: float) -> SessionState:
    pending = next((p for p in state.outbox if p.command.id == failed.command), None)
    if pending is None:
        return state
    unavailable = failed.failure == "unavailable"
    match pending.command:
        case SendAnswer() as command:
            known = _ask_sent(state, command)
            return _answer_failed(state, pending, known, failed, rules, now)
        case OpenSession() | SendPrompt() | Interrupt() as command if unavailable:
            return _delayed(retry(state, failed.command, rules, now), command, failed)
        case OpenSession() | SendPrompt() as command:
            return _prompt_refused(state, command, failed, now)
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


def _ask_sent(state: SessionState, command: SendAnswer) -> AskState:
    """An answer leaves the outbox together with its ask's status `sending`: see `_moot`."""
    return next(known for known in state.asks if known.ask.id == command.ask)


def _answer_failed(
    state: SessionState, pending: Pending, known: AskState, failed: Failed, rules: Rules, now: float
) -> SessionState:
    number = pending.command.id
    note = failed.message
    if failed.failure == "unavailable":
        if pending.attempts + 1 < rules.answer_tries:
            known = replace(known, note=f"{note} Trying again.")
            return put_ask(retry(state, number, rules, now), known)
        note = f"{note} Please decide again."
    state = drop(state, number)
    if failed.failure == "already_answered":
        if failed.repeated or pending.attempts:
            return settle(state, known, "answered", now)
        return settle(state, replace(known, by=None, answer=None), "elsewhere", now)
    return put_ask(state, replace(known, status="open", answer=None, by=None, at=None, note=note))


def _give_up_waiting(state: SessionState, rules: Rules, now: float) -> SessionState:
    for turn in state.open_turns:
        if turn.stop_at is not None and now >= turn.stop_at + rules.stop_patience:
            state = put_turn(state, end(turn, "stopped", now))
    return state


def _say_status_again(state: SessionState, rules: Rules, now: float) -> SessionState:
    if not state.open_turns or now < _status_since(state) + rules.status_lasts:
        return state
    return replace(state, status_said=state.status_said + 1, status_at=now)


def _status_since(state: SessionState) -> float:
    return max(state.status_at, *(turn.started_at for turn in state.open_turns))


# --- what follows from the state itself ----------------------------------------------------------


def _go_on(state: SessionState, now: float) -> SessionState:
    """What an ended turn leaves behind is cleared, and the next prompt begins."""
    ended = {turn.number: turn for turn in state.turns if turn.ended}
    for number in {ask.turn for ask in state.asks if ask.status == "open"} & ended.keys():
        state = withdraw_asks(state, number, now)
    for notice in state.notices:
        turn = ended.get(notice.turn)
        if turn is not None and turn.ref is None and notice.level == "warning":
            state = say_again(state, f"trouble:{turn.number}:", "The agent never had your message.")
    outbox = tuple(p for p in state.outbox if not _moot(p.command, state))
    if len(outbox) < len(state.outbox):
        state = replace(state, outbox=outbox)
    if state.queue and not state.open_turns:
        prompt, *rest = state.queue
        state = _start(replace(state, queue=tuple(rest)), prompt, now)
    return state


def _moot(command: Command, state: SessionState) -> bool:
    match command:
        case SendPrompt():
            return any(turn.number == command.turn and turn.ended for turn in state.turns)
        case Interrupt():
            return any(turn.over for turn in state.turns if turn.number == command.turn) or any(
                turn.ref is not None for turn in state.open_turns if turn.number > command.turn
            )
        case OpenSession():
            return not state.open_turns
        case SendAnswer():
            known = ask_of(state, command.ask)
            return known is None or known.status == "settled"
        case Whisper():
            return False


def _start(state: SessionState, prompt: Prompt, now: float) -> SessionState:
    number = state.next_turn
    turn = Turn(number=number, started_at=now, prompt=prompt)
    title = state.title or " ".join(prompt.text.split())[:LONGEST_TITLE]
    state = replace(state, turns=(*state.turns, turn), next_turn=number + 1, title=title)
    opening = any(isinstance(p.command, OpenSession) for p in state.outbox)
    if state.remote_id is None and not opening:
        state = want(state, OpenSession(id=state.next_command, key=str(state.id)))
    shared = len(state.people) > 1
    text = f"{prompt.by.name}: {prompt.text}" if shared else prompt.text
    before = prompt.ts if prompt.in_thread and not state.briefed else None
    return want(
        state,
        SendPrompt(
            id=state.next_command, turn=number, key=prompt.key, text=text, context_before=before
        ),
    )
