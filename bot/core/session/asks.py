"""What the agent asks: what rules decide without people, how people are asked, how long it waits.

A request opens with its card, unless a rule decides it as it comes. Rules may change while it is
open, so they are looked at again with every click and as time passes. Where the agent's server
holds a request only briefly, the request is denied there before that ends and stays open here
(`parked`): who approves it then allows the same call for the next time it comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bot.core.access import gate
from bot.core.approvals import (
    Verdict,
    called,
    may_decide,
    question_terms,
    remind_after,
    spell,
    verdict,
)
from bot.core.asks import Answer, Confirmation, Question, bounded
from bot.core.commands import SendAnswer
from bot.core.events import AskClosed, AskOpened
from bot.core.inbound import Person
from bot.core.parts import seal
from bot.core.policy import Rules
from bot.core.session.matching import turn_of
from bot.core.session.notices import say
from bot.core.session.outbox import want
from bot.core.session.settling import record, send_answer, settle
from bot.core.session.steering import guiding
from bot.core.state import (
    MOST_PAST,
    AskState,
    Pass,
    SessionState,
    ask_of,
    past_ask,
    place_of,
    put_ask,
    put_turn,
)
from bot.core.turn import Turn

HOLD_MARGIN: Final = 5.0
"""Seconds before the agent's server gives up waiting at which we say no ourselves."""

NOT_YET: Final = (
    "Nobody has decided this yet, and you cannot wait longer, so it is not allowed now. Do not "
    "look for a way around it: go on without it. You will be told if somebody allows it later."
)
EXPIRED: Final = "Nobody decided this in time, so it is denied."
EXPIRED_AWAY: Final = (
    "The time for this ran out while I was not running: nobody was reminded, and it is denied."
)
_LONGEST_TITLE: Final = 150


def opened(state: SessionState, event: AskOpened, rules: Rules, now: float) -> SessionState:
    """An ask whose turn is over, or that comes from the background, waits below all there is."""
    ask = event.ask
    name = past_ask(ask.id)
    if ask_of(state, ask.id) is not None or name in state.past:
        return state
    told = now if event.time is None else event.time
    state, turn = turn_of(state, ask.turn, None, told)
    if turn is not None and (turn.phase == "stopping" or (turn.ended and not turn.over)):
        return replace(state, past=(*state.past, name)[-MOST_PAST:])
    late = event.background or turn is None or turn.ended
    requesters = _requesters(state, turn)
    if turn is not None and not turn.ended:
        turn = replace(turn, phase="working")
        state = put_turn(state, turn)
    else:
        turn = state.turns[-1]
    known = AskState(
        ask=ask, turn=turn.number, late=late, requesters=requesters, opened_at=now, hidden=True
    )
    if isinstance(ask, Confirmation):
        ask = _storable(ask)
        held = rules.able.max_hold
        until = None if held is None else min(told, now) + held
        known = replace(known, ask=ask, held_until=until)
    state = replace(state, asks=(*state.asks, known))
    if isinstance(ask, Confirmation):
        return _call_opened(state, known, ask, rules, now)
    return _ask_people(state, _with_terms(known, _of_question(state, rules)), rules, now)


def _storable(call: Confirmation) -> Confirmation:
    """A schema that cannot be kept whole would say something else, so it is not kept at all."""
    schema = call.schema
    kept = None if schema is None else {key: bounded(value) for key, value in schema.items()}
    given = {key: bounded(value) for key, value in call.input.items()}
    return replace(call, input=given, schema=schema if kept == schema else None)


def closed(state: SessionState, event: AskClosed, rules: Rules, at: float) -> SessionState:
    """The agent waits no longer. What is parked here stays open."""
    known = ask_of(state, event.ask)
    if known is None:
        return state
    if known.status == "settled":
        return _unsent(state, known) if known.parked and event.how != "answered" else state
    if known.parked:
        return _parked_closed(state, known, event, at)
    how = event.how
    if how == "answered" and known.status == "sending":  # by us, or by somebody who was quicker
        return put_ask(state, replace(known, closed=True))
    if how == "answered":
        how = "elsewhere"
    waits = known.status == "open" and isinstance(known.ask, Confirmation)
    if how == "expired" and waits and rules.able.max_hold is not None:
        return _park(state, known, at, tell=False)
    if how == "expired":
        state = say_unheard(state, known)
    return settle(state, known, how, at)


def say_unheard(state: SessionState, known: AskState) -> SessionState:
    """What was allowed without anybody being asked has no card to say that it came too late."""
    if not (known.ruled and known.hidden and known.answer and known.answer.verb != "deny"):
        return state
    title = " ".join(known.ask.title.split())[:_LONGEST_TITLE]
    text = (
        f"The agent did not wait until it was told that it may do this, and went on without: "
        f"{title}. It still may; ask it to try again."
    )
    return say(state, f"unheard:{known.ask.id}", text, "warning")


def _parked_closed(
    state: SessionState, known: AskState, event: AskClosed, at: float
) -> SessionState:
    """Our own no closes it too: somebody else's answer shows when ours was not taken."""
    if event.how != "answered":
        return _unsent(state, known)
    if _unsent(state, known) is not state:  # our answer is on its way
        return put_ask(state, replace(known, by_hand=True))
    return settle(state, known, "elsewhere", at) if known.by_hand else state


def _requesters(state: SessionState, turn: Turn | None) -> tuple[Person, ...]:
    """Whose wishes the agent works on, also of those who guide it and whose words may have reached
    it by now; where that is not known, who started the session."""
    prompts = () if turn is None else (*turn.prompts, *turn.steered, *guiding(state, turn))
    people = [who for prompt in prompts for who in prompt.behalf or (prompt.by,)]
    if not people and state.owner is not None:
        people = [state.owner]
    return tuple({who.user: who for who in people}.values())


def _call_opened(
    state: SessionState, known: AskState, call: Confirmation, rules: Rules, now: float
) -> SessionState:
    found = judge(state, known, call, rules, now)
    known = _with_terms(known, found)
    fitting = (one for one in state.passes if now < one.until and _fits(one, call))
    passed = next((one for one in fitting if _holds(state, one, known, found, rules)), None)
    if passed is not None and found.decision != "deny":
        using = replace(passed, used_by=call.id)
        state = replace(state, passes=tuple(using if p is passed else p for p in state.passes))
        known = replace(known, rule=f"approval of {passed.by.name}, given when it was asked before")
        return _decide_by_rule(state, known, passed.answer, now)
    if found.decision == "ask":
        return _ask_people(state, known, rules, now)
    return _decide_by_rule(state, known, _answer_of(found), now)


def _fits(one: Pass, call: Confirmation) -> bool:
    return not one.used_by and one.tool == call.tool and one.input == call.input


def _holds(state: SessionState, one: Pass, known: AskState, found: Verdict, rules: Rules) -> bool:
    """Whether who allowed it then could allow this call now: they may have lost the right since,
    or have asked for it themselves."""
    where = place_of(state, known.requesters)
    if one.need < found.terms.need or gate("decide", one.by, where, rules.access) is not None:
        return False
    return may_decide(one.by, where, found.terms) is None


# --- the rules ------------------------------------------------------------------------------------


def judge(
    state: SessionState, known: AskState, call: Confirmation, rules: Rules, now: float
) -> Verdict:
    """What the rules say of this call now. A standing rule counts from the moment it is made, for
    as long as whoever made it may work here."""
    made = (one.grant for one in state.records if one.kind == "granted" and one.grant is not None)
    where = place_of(state, known.requesters)
    grants = (
        grant
        for grant in (*rules.grants, *made)
        if gate("decide", grant.by, where, rules.access) is None
    )
    return verdict(rules.approvals, grants, state.thread, where, state.agent, call, now)


def follow_rules(state: SessionState, rules: Rules, now: float) -> SessionState:
    """Open asks go by the rules as they are now, which may have changed since they opened."""
    for known in state.asks:
        if known.status != "open" or known.ours:
            continue
        match known.ask:
            case Question():
                state = put_ask(state, _with_terms(known, _of_question(state, rules)))
            case Confirmation() as call:
                found = judge(state, known, call, rules, now)
                if found.decision == "ask":
                    state = put_ask(state, _with_terms(known, found))
                elif not (known.by_hand or known.parked):
                    known = replace(known, rule=found.rule)
                    state = _decide_by_rule(state, known, _answer_of(found), now)
    return state


def _of_question(state: SessionState, rules: Rules) -> Verdict:
    terms = question_terms(rules.approvals, state.thread)
    return Verdict(decision="ask", rule="", terms=terms)


def _with_terms(known: AskState, found: Verdict) -> AskState:
    if (known.terms, known.rule) == (found.terms, found.rule):
        return known
    ends = found.terms.deadline
    deadline = None if ends is None else known.opened_at + ends
    return replace(known, terms=found.terms, rule=found.rule, deadline=deadline)


def _answer_of(found: Verdict) -> Answer:
    if found.decision == "allow":
        return Answer(verb="allow")
    return Answer(verb="deny", text=f"Denied by {found.rule}. {found.reason}".strip())


def _decide_by_rule(
    state: SessionState, known: AskState, answer: Answer, now: float
) -> SessionState:
    known = replace(known, ruled=True, votes=())
    state = send_answer(state, known, answer, None, now)
    return record(state, "automatic", replace(known, answer=answer), now)


# --- people ---------------------------------------------------------------------------------------


def _ask_people(state: SessionState, known: AskState, rules: Rules, now: float) -> SessionState:
    """Its card ends the part that grows: what follows stands below it."""
    ends = known.terms.deadline
    known = replace(
        known, hidden=False, opened_at=now, deadline=None if ends is None else now + ends
    )
    turn = next(turn for turn in state.turns if turn.number == known.turn)
    if not turn.ended:
        state = put_turn(state, seal(turn, known.ask.id, rules.part_limit))
    return record(put_ask(state, known), "asked", known, now, detail=known.ask.title)


def ask_people_instead(
    state: SessionState, known: AskState, note: str, rules: Rules, now: float
) -> SessionState:
    """The agent did not take what a rule decided."""
    known = replace(known, ruled=False, by_hand=True, note=note)
    return _ask_people(state, known, rules, now) if known.hidden else put_ask(state, known)


# --- time -----------------------------------------------------------------------------------------


def asks_due(state: SessionState) -> Iterator[float]:
    """When time alone does something to an ask that is open now."""
    for known in _waiting(state):
        for at in (_ends_at(known), _parks_at(known), _reminds_at(known)):
            if at is not None:
                yield at


def asks_waited(state: SessionState, rules: Rules, now: float) -> SessionState:
    """Time has passed: what is over ends, what the agent does not wait for is parked, and people
    are reminded."""
    state = follow_rules(state, rules, now)
    for known in _waiting(state):
        ends, parks, reminds = _ends_at(known), _parks_at(known), _reminds_at(known)
        if ends is not None and ends <= now:
            state = _end(state, known, now)
        elif parks is not None and parks <= now:
            tell = known.held_until is not None and now < known.held_until
            state = _park(state, known, now, tell=tell)
        elif reminds is not None and reminds <= now:
            state = _remind(state, known, now)
    return state


def _waiting(state: SessionState) -> list[AskState]:
    return [known for known in state.asks if known.status == "open" and not known.ours]


def _ends_at(known: AskState) -> float | None:
    if known.terms.at_deadline == "wait" or not isinstance(known.ask, Confirmation):
        return None
    return known.deadline if known.parked or "deny" in known.ask.verbs else None


def _parks_at(known: AskState) -> float | None:
    if known.held_until is None or known.parked:
        return None
    return known.held_until - min(HOLD_MARGIN, max(0.0, known.held_until - known.opened_at) / 4)


def _reminds_at(known: AskState) -> float | None:
    after = remind_after(known.terms)
    return None if after is None or known.reminded else known.opened_at + after


def _end(state: SessionState, known: AskState, now: float) -> SessionState:
    """A reminder comes before, unless nobody was there to give it: then the card says so."""
    reminds = _reminds_at(known)
    away = reminds is not None and reminds <= now
    answer = Answer(verb="deny", text=EXPIRED_AWAY if away else EXPIRED)
    if known.parked:  # the agent was told already
        known = replace(known, answer=answer) if away else known
        return settle(state, known, "expired", now)
    return send_answer(state, known, answer, None, now, outcome="expired")


def _park(state: SessionState, known: AskState, now: float, *, tell: bool) -> SessionState:
    """`tell` the agent's server, which waits still."""
    parked = replace(known, parked=True, late=True, note="")
    state = record(put_ask(state, parked), "parked", parked, now)
    if not (tell and isinstance(known.ask, Confirmation) and "deny" in known.ask.verbs):
        return state
    answer = Answer(verb="deny", text=NOT_YET)
    return want(state, SendAnswer(id=state.next_command, ask=known.ask.id, answer=answer))


def _unsent(state: SessionState, known: AskState) -> SessionState:
    """Its server waits no longer, so it need not be told."""
    outbox = tuple(
        pending
        for pending in state.outbox
        if not (isinstance(pending.command, SendAnswer) and pending.command.ask == known.ask.id)
    )
    return state if len(outbox) == len(state.outbox) else replace(state, outbox=outbox)


def _remind(state: SessionState, known: AskState, now: float) -> SessionState:
    title = " ".join(known.ask.title.split())[:_LONGEST_TITLE]
    what = "an answer" if isinstance(known.ask, Question) else "a decision"
    text = f"Still waiting for {what}: {title}."
    ends = _ends_at(known)
    if ends is not None:
        text = f"{text} Without one it is denied in {spell(ends - now)}."
    to = called(place_of(state, known.requesters), known.terms)
    state = put_ask(state, replace(known, reminded=True))
    return say(state, f"remind:{known.ask.id}", text, "info", to=to)
