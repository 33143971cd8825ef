"""How an ask comes to its end, and what the audit trail says of it."""

from __future__ import annotations

from dataclasses import replace

from bot.core.approvals import Grant
from bot.core.asks import Answer, Confirmation
from bot.core.commands import SendAnswer
from bot.core.inbound import Person
from bot.core.records import Record, RecordKind
from bot.core.session.outbox import want
from bot.core.state import AskOutcome, AskState, SessionState, put_ask


def send_answer(
    state: SessionState,
    ask: AskState,
    answer: Answer,
    by: Person | None,
    now: float,
    outcome: AskOutcome | None = None,
) -> SessionState:
    """`by` is None for an answer that nobody gave: by a rule, at a deadline, and as in
    `session.refused`. `outcome` is that of the ask if the agent takes it; else "answered"."""
    sending = replace(ask, status="sending", answer=answer, by=by, at=now, outcome=outcome, note="")
    state = put_ask(state, sending)
    return want(state, SendAnswer(id=state.next_command, ask=ask.ask.id, answer=answer))


def withdraw_asks(state: SessionState, turn: int, at: float) -> SessionState:
    """An answer that is on its way stays: the agent may have taken it before it stopped."""
    for ask in state.asks:
        if ask.turn == turn and ask.status == "open" and not ask.late:
            state = settle(state, ask, "withdrawn", at)
    return state


def settle(state: SessionState, ask: AskState, outcome: AskOutcome, at: float) -> SessionState:
    """The moment of a person's decision counts, if there was one."""
    if not (ask.ours or (ask.parked and outcome == "answered")):
        kind: RecordKind = "taken" if outcome == "answered" else outcome
        state = record(state, kind, ask, at, where="" if outcome == "expired" else "agent")
    if outcome == "answered" and ask.at is not None:
        at = ask.at
    settled = replace(ask, status="settled", outcome=outcome, at=at, note="")
    return put_ask(_redeemed(state, ask, outcome), _unburdened(settled))


def use_up(state: SessionState, ask: AskState) -> SessionState:
    """What was allowed before, for the call of this ask, allows no other."""
    return replace(state, passes=tuple(p for p in state.passes if p.used_by != ask.ask.id))


def _redeemed(state: SessionState, ask: AskState, outcome: AskOutcome) -> SessionState:
    """Only a call whose time ran out certainly did not run: it may come once more."""
    if outcome != "expired":
        return use_up(state, ask)
    freed = (replace(p, used_by="") if p.used_by == ask.ask.id else p for p in state.passes)
    return replace(state, passes=tuple(freed))


def _unburdened(ask: AskState) -> AskState:
    """Without the input, where no card shows it: it may be a whole file, and rules may decide a
    thousand calls of one turn."""
    if not (ask.hidden and isinstance(ask.ask, Confirmation)):
        return ask
    answer = replace(ask.answer, input=None) if ask.answer else None
    return replace(ask, ask=replace(ask.ask, input={}, schema=None), answer=answer)


def record(
    state: SessionState,
    kind: RecordKind,
    ask: AskState,
    at: float,
    *,
    by: Person | None = None,
    where: str = "",
    detail: str = "",
    grant: Grant | None = None,
) -> SessionState:
    """One more line for the audit trail, about this ask as it is now."""
    call = ask.ask if isinstance(ask.ask, Confirmation) else None
    written = Record(
        kind=kind,
        at=at,
        by=by,
        ask=ask.ask.id,
        tool=call.tool if call else "",
        verb=ask.answer.verb if ask.answer else "",
        where=where,
        rule=ask.rule,
        detail=detail,
        proposed=call.input if call else None,
        effective=ask.answer.input if ask.answer else None,
        grant=grant,
    )
    return replace(state, records=(*state.records, written))
