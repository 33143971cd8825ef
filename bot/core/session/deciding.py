"""What people say to an ask: by its card, or in words."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import replace
from typing import Final

from bot.core.access import gate
from bot.core.approvals import Grant, literal, matches, may_decide, place_words, spell, standing
from bot.core.asks import (
    Answer,
    Confirmation,
    Question,
    answer_label,
    bounded,
    check,
    reply_from_text,
)
from bot.core.inbound import Always, Person, Prompt, Reply
from bot.core.policy import Rules
from bot.core.session.afresh import LATE, begin
from bot.core.session.asks import follow_rules, judge
from bot.core.session.notices import say
from bot.core.session.ours import is_about
from bot.core.session.outbox import whisper
from bot.core.session.resend import OWN as RESEND
from bot.core.session.resend import resend
from bot.core.session.resuming import OWN as CONTINUE
from bot.core.session.resuming import accept
from bot.core.session.settling import record, send_answer, settle
from bot.core.state import (
    AskState,
    Pass,
    SessionState,
    Vote,
    ask_of,
    open_beside,
    place_of,
    put_ask,
)

LONGEST_GRANT: Final = 90 * 86400.0
"""Seconds a standing rule may last."""
PASS_LASTS: Final = 86400.0
"""Seconds for which a call that was allowed too late may be tried again."""
MOST_PASSES: Final = 20
MORE_CAME: Final = (
    "The agent has asked for more meanwhile, so nothing was decided. Look at its other requests, "
    "and press again."
)
NO_FILES: Final = (
    "The agent gets your words as the answer to its question, but not what is in your files. Post "
    "them again with your next message to it."
)
OVER: Final = "This request is over; nothing was changed."

_YES = re.compile(r"(?:yes|y|ok|okay|approved?|allow(?:ed)?|go ahead)[.!]*", re.I)
_NO = re.compile(r"(?:no|n|den(?:y|ied)|reject(?:ed)?)[.!]*", re.I)
_NO_BECAUSE = re.compile(
    r"(?:(?:deny|reject)(?:\s*[:,]\s*|\s+)|no\s*[:,]\s*)(?P<reason>\S.*)", re.I | re.S
)


def replied(state: SessionState, reply: Reply, rules: Rules, now: float) -> SessionState:
    """Somebody decides or answers with a card. The rules that count are those of this moment."""
    state = follow_rules(state, rules, now)
    known = ask_of(state, reply.ask)
    if known is None:
        return whisper(state, reply.by, OVER)
    if refusal := _why_not(state, known, reply.by, rules):
        return _refuse(state, known, reply.by, refusal, reply.place, now)
    if known.status != "open":
        return _too_late(state, known, reply, now)
    problem = _problem(state, known, reply.answer, rules, now)
    if problem is None and reply.always is not None:
        problem = _no_standing_rule(known, reply.answer, reply.always)
    if problem is None and reply.all and len(open_beside(state, known)) + 1 > reply.all:
        problem = MORE_CAME
    if problem:
        return whisper(state, reply.by, problem)
    if reply.always is not None:
        state = _grant(state, known, reply.always, reply, now)
        known = replace(known, granted=_granted(reply.always))
    state = _decide(state, known, reply.answer, reply.by, reply.place, rules, now)
    if reply.all:
        state = _decide_others(state, known, reply, rules, now)
    return follow_rules(state, rules, now) if reply.always else state


def answered_in_words(
    state: SessionState, prompt: Prompt, rules: Rules, now: float
) -> SessionState | None:
    """A plain line in the thread answers the one open ask, if there is exactly one. None for what
    is no answer."""
    known = _asked(state, prompt.text)
    if known is None or known.status != "open" or not prompt.text.strip():
        return None
    if isinstance(known.ask, Confirmation):
        return _decided_in_words(state, known, prompt, rules, now)
    if _why_not(state, known, prompt.by, rules):
        return None
    answer = reply_from_text(known.ask, prompt.text)
    if answer is None or check(known.ask, answer):
        return None
    state = _decide(state, known, answer, prompt.by, "thread", rules, now)
    return whisper(state, prompt.by, NO_FILES) if prompt.files else state


def _asked(state: SessionState, text: str) -> AskState | None:
    """The ask that a line may answer. One question is asked by its card to be answered in words,
    also beside requests the agent does not wait for any more: but a decision may be meant for
    those."""
    waiting = state.open_asks
    if len(waiting) > 1 and decision_from_text(text) is None:
        waiting = tuple(ask for ask in waiting if not ask.parked)
        waiting = waiting if all(isinstance(ask.ask, Question) for ask in waiting) else ()
    return waiting[0] if len(waiting) == 1 else None


def decision_from_text(text: str) -> Answer | None:
    """A decision, if the text is nothing else: never a word inside a sentence."""
    said = text.strip()
    if _YES.fullmatch(said):
        return Answer(verb="allow")
    if _NO.fullmatch(said):
        return Answer(verb="deny")
    denied = _NO_BECAUSE.fullmatch(said)
    return Answer(verb="deny", text=denied["reason"]) if denied else None


def _decided_in_words(
    state: SessionState, known: AskState, prompt: Prompt, rules: Rules, now: float
) -> SessionState | None:
    answer = decision_from_text(prompt.text)
    if answer is None or prompt.files or prompt.mentions_others:
        return None
    if not (prompt.in_thread or prompt.direct):
        return None
    if known.turn != state.turns[-1].number:
        return None  # the agent has spoken since: a yes may be meant for what it said last
    said = Reply(
        key=prompt.key, thread=prompt.thread, by=prompt.by, ask=known.ask.id, answer=answer
    )
    return replied(state, said, rules, now)


def _why_not(state: SessionState, known: AskState, by: Person, rules: Rules) -> str | None:
    """None when this person may decide this now, else a sentence for them."""
    where = place_of(state, known.requesters)
    return gate("decide", by, where, rules.access) or may_decide(by, where, known.terms)


def _refuse(
    state: SessionState, known: AskState, by: Person, refusal: str, place: str, now: float
) -> SessionState:
    if known.status == "open" and not known.ours:
        state = record(state, "refused", known, now, by=by, where=place, detail=refusal)
    return whisper(state, by, refusal)


def _problem(
    state: SessionState, known: AskState, answer: Answer, rules: Rules, now: float
) -> str | None:
    """None when this answer is possible, else a sentence for the person who gave it."""
    if problem := check(known.ask, answer):
        return problem
    if not isinstance(known.ask, Confirmation) or answer.verb == "deny":
        return None
    found = judge(state, known, known.ask, rules, now)
    if found.decision == "deny":
        return f"Nobody can allow this here: it is denied by {found.rule}."
    if answer.verb != "allow" and (known.parked or not standing(known.terms)):
        return "Only this one call can be allowed here."
    return None


# --- deciding -------------------------------------------------------------------------------------


def _decide(
    state: SessionState,
    known: AskState,
    answer: Answer,
    by: Person,
    place: str,
    rules: Rules,
    now: float,
) -> SessionState:
    if known.ours:
        return _ours(state, known, answer, by, now)
    if answer.input is not None:
        given = {key: bounded(value) for key, value in answer.input.items()}
        answer = replace(answer, input=given)
    known = replace(known, place=place)
    if isinstance(known.ask, Question):
        state = send_answer(state, known, answer, by, now)
        label = answer_label(known.ask, answer)
        return record(state, "answered", known, now, by=by, where=place, detail=label)
    if answer.verb != "deny" and known.terms.need > 1:
        return _vote(state, known, answer, by, rules, now)
    return _decided(state, known, answer, by, now)


def _ours(
    state: SessionState, known: AskState, answer: Answer, by: Person, now: float
) -> SessionState:
    if is_about(known, RESEND):
        return resend(state, known, answer, by, now)
    if is_about(known, CONTINUE):
        return accept(state, known, answer, by, now)
    return begin(state, answer, by, now)


def _vote(
    state: SessionState, known: AskState, answer: Answer, by: Person, rules: Rules, now: float
) -> SessionState:
    """Those agree who say the same and still may; who proposes another input begins anew."""
    others = tuple(
        vote
        for vote in known.votes
        if vote.by.user != by.user
        and vote.answer == answer
        and _why_not(state, known, vote.by, rules) is None
    )
    again = any(vote.by.user == by.user and vote.answer == answer for vote in known.votes)
    missing = known.terms.need - len(others) - 1
    if again and missing > 0:
        return whisper(state, by, f"You have agreed already. It takes {missing} more.")
    known = replace(known, votes=(*others, Vote(by, answer, now)))
    voted = replace(known, answer=answer)
    state = record(put_ask(state, known), "voted", voted, now, by=by, where=known.place)
    return state if missing > 0 else _decided(state, known, answer, by, now)


def _decided(
    state: SessionState, known: AskState, answer: Answer, by: Person, now: float
) -> SessionState:
    decided = replace(known, answer=answer, by=by, at=now)
    detail = answer.text or ""
    state = record(state, "decided", decided, now, by=by, where=known.place, detail=detail)
    if not known.parked:
        return send_answer(state, known, answer, by, now)
    state = settle(state, decided, "answered", now)
    return state if answer.verb == "deny" else _allow_next(state, decided, answer, by, now)


def _allow_next(
    state: SessionState, known: AskState, answer: Answer, by: Person, now: float
) -> SessionState:
    """The agent does not wait for it any more: the same call is allowed when it comes again, once,
    and the agent is told so."""
    call = known.ask
    if not isinstance(call, Confirmation):
        return state
    allowed = Pass(
        ask=call.id,
        tool=call.tool,
        input=call.input,
        answer=answer,
        by=by,
        until=now + PASS_LASTS,
        need=known.terms.need,
    )
    title = " ".join(call.title.split())
    told = Prompt(
        key=f"{LATE}{call.id}",
        thread=state.thread,
        by=by,
        ts="",
        text=f"{by.name} has now allowed what was denied because nobody had decided in time:\n"
        f"{title}\nTry exactly the same call again: it is allowed once, without being asked.",
        behalf=known.requesters,
    )
    state = replace(
        state, passes=(*state.passes, allowed)[-MOST_PASSES:], queue=(told, *state.queue)
    )
    text = (
        f"{by.name} allowed it after the agent had to go on. I tell the agent, and it may do "
        f"exactly this once, within {spell(PASS_LASTS)}: {title[:150]}"
    )
    return say(state, f"late:{call.id}", text, "info")


def _decide_others(
    state: SessionState, first: AskState, reply: Reply, rules: Rules, now: float
) -> SessionState:
    """The same for each other open request of the turn, where this person may say it."""
    answer = Answer(verb=reply.answer.verb, text=reply.answer.text)
    left = 0
    for known in open_beside(state, first):
        if _why_not(state, known, reply.by, rules) or _problem(state, known, answer, rules, now):
            left += 1
        else:
            state = _decide(state, known, answer, reply.by, reply.place, rules, now)
    if not left:
        return state
    more = "1 other request was" if left == 1 else f"{left} other requests were"
    return whisper(state, reply.by, f"{more} left open: you cannot decide that in this way.")


# --- standing rules -------------------------------------------------------------------------------


def _no_standing_rule(known: AskState, answer: Answer, always: Always) -> str | None:
    """None when this standing rule may be made, else a sentence for the person who wants it."""
    if not isinstance(known.ask, Confirmation) or not standing(known.terms):
        return "Standing rules are not possible here. Decide this one call."
    if answer.verb != "allow" or answer.input is not None:
        return "A standing rule goes with allowing the call as it is."
    if not (math.isfinite(always.seconds) and 0 < always.seconds <= LONGEST_GRANT):
        return f"A standing rule ends: it may last up to {spell(LONGEST_GRANT)}."
    if not matches(literal(known.ask.tool), always.input, known.ask, strict=True):
        return (
            "These patterns do not fit the call you were asked about. A pattern never stretches "
            "over what joins commands."
        )
    return None


def _granted(always: Always) -> str:
    where = {"thread": "in the thread", "channel": "in the channel"}
    return f"{where.get(always.scope, 'in the whole workspace')} for {spell(always.seconds)}"


def _grant(
    state: SessionState, known: AskState, always: Always, reply: Reply, now: float
) -> SessionState:
    call, thread = known.ask, state.thread
    if not isinstance(call, Confirmation):
        return state
    place = {"thread": thread.session, "channel": thread.channel, "workspace": thread.team}
    made = Grant(
        id=hashlib.blake2b(reply.key.encode("utf-8", "replace"), digest_size=5).hexdigest(),
        scope=always.scope,
        place=place[always.scope],
        agent=state.agent,
        tool=literal(call.tool),
        input=always.input,
        by=reply.by,
        made_at=now,
        until=now + always.seconds,
    )
    return record(state, "granted", known, now, by=reply.by, where=reply.place, grant=made)


# --- too late -------------------------------------------------------------------------------------


def _too_late(state: SessionState, known: AskState, reply: Reply, now: float) -> SessionState:
    by = known.by if known.outcome in (None, "answered") else None
    if by is not None and by.user == reply.by.user and known.answer == reply.answer:
        return state  # a double click
    return whisper(state, reply.by, f"Too late: {_why_over(known, now)} Your answer was not used.")


def _why_over(known: AskState, now: float) -> str:
    if known.ruled:
        return f"{known.rule} has already decided."
    match known.outcome:
        case "elsewhere":
            return "it was settled elsewhere, I do not know how."
        case "withdrawn":
            return "the agent took it back."
        case "expired":
            return "its time is over, so it was denied."
        case None | "answered" if known.by is not None and known.answer is not None:
            label = answer_label(known.ask, known.answer)
            ago = "" if known.at is None else f", {spell(now - known.at)} ago"
            where = f" {place_words(known.place)}"
            return f"<@{known.by.user}> has already decided{where}{ago}: {label[:150]}."
        case _:
            return "it is over."
