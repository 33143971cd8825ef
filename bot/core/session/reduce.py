"""THE state machine of a session: `reduce(state, input, rules, now) -> state`.

Theory of operation. Everything that happens to a session arrives here as a value: what people did
(`Inbound`), what the agent did (`AgentEvent`), what became of our own acts (`Outcome`). The answer
is a new state; what we want done stands in its `outbox` and is performed after the state was saved.
`reduce` is total: an input that makes no sense now leaves the state as it is, or adds a notice or a
private word. It is idempotent by the identity of items, so a replay changes nothing; cursors are
stored, never compared.

A session has turns, numbered from 1. At most one of ours is open; posts that come meanwhile wait
in `queue`, by Slack's ts until people arrange them, and begin the next turn together; or they guide
the open one. An ask goes open -> sending -> settled, or back to open when the agent did not take
the answer. What a rule decides is sending from the start.

A turn may end for us before the agent is through with it (`Turn.over`): a stop goes on until the
agent has ended that turn or works on a later one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import assert_never

from bot.core.commands import Begun, Failed, Outcome, Performed, Published, Refused, Tick
from bot.core.events import AgentEvent
from bot.core.inbound import (
    Arrange,
    Configure,
    Deleted,
    Edited,
    Inbound,
    Prompt,
    Reply,
    Stop,
    Tune,
)
from bot.core.policy import Rules
from bot.core.session.agent import agent_did
from bot.core.session.asking import ask_elsewhere
from bot.core.session.deciding import replied
from bot.core.session.following import go_on
from bot.core.session.outcomes import outcome
from bot.core.session.people import prompted, stopped
from bot.core.session.queue import arranged, deleted, edited
from bot.core.session.settings import configured
from bot.core.session.tuning import tuned
from bot.core.state import SessionState

Input = Inbound | AgentEvent | Outcome


def reduce(state: SessionState, happened: Input, rules: Rules, now: float) -> SessionState:
    """The state after `happened`; `now` in epoch seconds."""
    match happened:
        case Prompt() | Edited() | Deleted() | Arrange() | Reply() | Stop() | Configure() | Tune():
            state = _person_did(state, happened, rules, now)
        case Begun() | Performed() | Failed() | Published() | Refused() | Tick():
            state = outcome(state, happened, rules, now)
        case _:
            if happened.time is not None and not math.isfinite(happened.time):
                happened = replace(happened, time=None)
            state = agent_did(state, happened, rules, now)
            if happened.cursor is not None:
                state = replace(state, cursor=happened.cursor)
    return ask_elsewhere(go_on(state, now), rules)


def _person_did(state: SessionState, did: Inbound, rules: Rules, now: float) -> SessionState:
    match did:
        case Prompt():
            return prompted(state, did, rules, now)
        case Edited():
            return edited(state, did, rules, now)
        case Deleted():
            return deleted(state, did)
        case Arrange():
            return arranged(state, did, rules, now)
        case Reply():
            return replied(state, did, rules, now)
        case Stop():
            return stopped(state, did, rules, now)
        case Configure():
            return configured(state, did, rules, now)
        case Tune():
            return tuned(state, did, rules, now)
        case _:
            assert_never(did)
