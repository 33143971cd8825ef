"""The agent knows a session no more: what is said, and the new one that people may begin.

Nothing begins by itself: an agent that has forgotten everything must not look as if it knew. What
people write meanwhile waits for their decision.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.core.asks import Answer, Choice
from bot.core.commands import SendPrompt, Whisper
from bot.core.inbound import Person, Prompt
from bot.core.session.following import IN_DOUBT
from bot.core.session.notices import say, say_again
from bot.core.session.ours import Own, is_about, own_answer, own_question
from bot.core.session.resend import in_doubt
from bot.core.session.settling import settle
from bot.core.session.steering import guiding
from bot.core.state import AskState, SessionState, enqueue, put_turn
from bot.core.turn import end

OFFER = (
    "What it remembered is lost; what is written here stays. I can begin a new session and tell it "
    "what was said in this thread. Press the button, or write: fresh"
)
KEPT = (
    "I keep your message, but the agent no longer knows this session. It goes out when the session "
    "is started afresh: by the button above, or with the word *fresh*."
)
UNKNOWN = "Nobody can tell whether it had your message, so I do not send it again by myself."
BEGUN = "A new session. The agent is told what was written here; it knows nothing else of before."
OWN: Final[Own] = "afresh"
LATE: Final = "late:"
"""Begins the key of a prompt that tells of an approval which came too late."""
START = own_answer(OWN, OWN)


def lose(state: SessionState, reason: str, now: float) -> SessionState:
    """The remote session will not come back, for `reason`. A prompt it has not taken is kept.
    Where it had nothing to do, people are told and not called: they may never want it again."""
    if state.lost or state.remote_id is None or not state.turns:
        return state
    prompts = [(p.command.turn, p.begun) for p in state.outbox if isinstance(p.command, SendPrompt)]
    unsent = {turn for turn, begun in prompts if not begun}
    sending = {turn for turn, begun in prompts if begun}
    kept = [*guiding(state)]
    interrupted = bool(state.open_turns or state.open_asks)
    for turn in state.open_turns:
        error = reason
        if turn.number in unsent and turn.prompt is not None and turn.phase != "stopping":
            kept += turn.prompts
            error = f"{reason} Your message is kept."
        elif in_doubt(state, turn) or turn.number in sending:
            error = f"{reason} {UNKNOWN}"
            state = say_again(state, f"trouble:{turn.number}:", IN_DOUBT)
        state = put_turn(state, replace(end(turn, "failed", now, error), over=True))
    for ask in state.open_asks:
        state = settle(state, replace(ask, answer=None, by=None), "withdrawn", now)
    whispers = tuple(p for p in state.outbox if isinstance(p.command, Whisper))
    # What was allowed too late was allowed to the agent that is gone: it is not told of it.
    queue = tuple(prompt for prompt in state.queue if not _tells_of_a_pass(prompt))
    state = replace(say_again(state, "lost:", reason), lost=True, outbox=whispers, queue=queue)
    state = replace(state, passes=())
    for prompt in kept:
        state = state if _tells_of_a_pass(prompt) else enqueue(state, prompt)
    choice = Choice(OWN, "Start afresh")
    ask = own_question(OWN, state.era + 1, reason, OFFER, (choice,))
    turn = state.turns[-1].number
    offer = AskState(ask=ask, turn=turn, late=True, ours=True, quiet=not interrupted)
    return replace(state, asks=(*state.asks, offer))


def _tells_of_a_pass(prompt: Prompt) -> bool:
    return prompt.key.startswith(LATE)


def begin(state: SessionState, answer: Answer, by: Person, now: float) -> SessionState:
    """`by` wants a new session in place of the lost one."""
    for ask in state.open_asks:
        if is_about(ask, OWN):
            state = settle(state, replace(ask, answer=answer, by=by, at=now), "answered", now)
    era = state.era + 1
    state = replace(state, lost=False, era=era, remote_id=None, cursor=None, briefed=False)
    state = replace(state, model="", permission_mode="")
    return say(state, f"afresh:{era}", BEGUN, "info")
