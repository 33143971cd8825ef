"""What time alone does to a session."""

from __future__ import annotations

from dataclasses import replace

from bot.core.ids import Receipt
from bot.core.policy import Rules
from bot.core.session.asks import asks_due, asks_waited
from bot.core.session.waiting import list_waiting
from bot.core.state import SessionState, put_receipt, put_turn
from bot.core.turn import end


def due_at(state: SessionState, rules: Rules, after: float = 0.0) -> float | None:
    """The first time later than `after` at which the session wants a `Tick`, if nothing else
    happens: a command to be tried again, the end of patience with a stop, a status of long work
    that Slack is about to forget, a stream that it is about to break off, the time that running
    steps take, the end of waiting for a person, or a message that has waited long enough to be
    listed."""
    times = [*(pending.not_before for pending in state.outbox), *asks_due(state)]
    stops = [turn.stop_at for turn in state.open_turns if turn.stop_at is not None]
    times += [at + rules.stop_patience for at in stops]
    if state.open_turns:
        times.append(_status_since(state) + rules.status_lasts)
    times += [r.streamed_at + rules.stream_lasts for r in _streams(state)]
    if (progress := _progress_due(state, rules)) is not None:
        times.append(progress)
    if state.waiting_since is not None and not state.listed:
        times.append(state.waiting_since + rules.queue_patience)
    return min((at for at in times if at > after), default=None)


def ticked(state: SessionState, rules: Rules, now: float) -> SessionState:
    """Time has passed."""
    state = _give_up_waiting(state, rules, now)
    state = asks_waited(state, rules, now)
    state = _say_status_again(state, rules, now)
    since = state.waiting_since
    if since is not None and now >= since + rules.queue_patience:
        state = list_waiting(state, rules)
    for receipt in _streams(state):
        state = put_receipt(state, in_time(receipt, rules, now))
    progress = _progress_due(state, rules)
    return replace(state, progress_at=now) if progress is not None and progress <= now else state


def in_time(receipt: Receipt, rules: Rules, now: float) -> Receipt:
    """What is shown of a part; nothing, as it were, once its stream is to be ended."""
    streams = receipt.transport == "stream" and not receipt.lost
    over = streams and receipt.streamed_at + rules.stream_lasts <= now
    return replace(receipt, shown="") if over else receipt


def _streams(state: SessionState) -> list[Receipt]:
    """The messages that grow, and show what they are meant to."""
    return [r for r in state.receipts if r.transport == "stream" and r.shown and not r.lost]


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


def _waits(state: SessionState) -> bool:
    return any(ask.status == "open" and not ask.parked for ask in state.asks)


def _progress_due(state: SessionState, rules: Rules) -> float | None:
    """When the time that running steps take is told again: the longer it is, the more rarely, and
    not while the agent waits for a person, who may be away for long."""
    if state.detail == "quiet" or _waits(state):
        return None
    running = [turn for turn in state.open_turns if turn.phase == "working"]
    started = [s.started_at for turn in running for s in turn.steps if s.ended_at is None]
    if not started:
        return None
    told = max(state.progress_at, min(started))
    return told + max(rules.progress_every, (told - min(started)) / 10)
