"""What follows from the state itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice, takewhile

from bot.core.commands import (
    Command,
    ConfigureAgent,
    Interrupt,
    OpenSession,
    SendAnswer,
    SendPrompt,
    Steer,
    StopTask,
    Whisper,
)
from bot.core.ids import order_of
from bot.core.inbound import Prompt
from bot.core.parts import shown_parts
from bot.core.session.notices import say_above, say_again
from bot.core.session.outbox import is_prompt_of, want
from bot.core.session.overhearing import quoted
from bot.core.session.resuming import supersede
from bot.core.session.settling import withdraw_asks
from bot.core.session.steering import release, spoken
from bot.core.session.waiting import watch
from bot.core.state import SessionState, ask_of
from bot.core.turn import Turn

LONGEST_TITLE = 80
MOST_TOGETHER = 50
"""Messages that waited and are read as one prompt."""
UNASKED = "Nobody asked for this: the agent began by itself."
NEVER_CAME = "The agent never had your message."
IN_DOUBT = "Nobody can tell whether the agent had your message."


def go_on(state: SessionState, now: float) -> SessionState:
    """What an ended turn leaves behind is cleared, and what waits begins."""
    ended = {turn.number: turn for turn in state.turns if turn.ended}
    for number in {ask.turn for ask in state.asks if ask.status == "open"} & ended.keys():
        state = withdraw_asks(state, number, now)
    state = _mark_unasked(_end_trouble(state, ended))
    outbox = tuple(p for p in state.outbox if not _moot(p.command, state))
    if len(outbox) < len(state.outbox):
        state = replace(state, outbox=outbox)
    state = release(state)
    if state.queue and not state.open_turns and not state.lost:
        together = _together(state)
        rest = state.queue[len(together) :]
        urgent = state.urgent if any(one.key == state.urgent for one in rest) else ""
        state = replace(state, queue=rest, urgent=urgent, waiting_since=None, listed=False)
        state = _start(state, together, now)
    return watch(state, now)


def _end_trouble(state: SessionState, ended: Mapping[int, Turn]) -> SessionState:
    """Of a prompt that is not sent any more it is not said that it will be."""
    for notice in state.notices:
        turn = ended.get(notice.turn)
        if turn is not None and turn.ref is None and notice.level == "warning":
            doubtful = any(p.begun and is_prompt_of(p.command, turn.number) for p in state.outbox)
            said = IN_DOUBT if doubtful else NEVER_CAME
            state = say_again(state, f"trouble:{turn.number}:", said)
    return state


def _together(state: SessionState) -> tuple[Prompt, ...]:
    """What is read as one: all that waited, unless somebody wants it otherwise. What was put before
    an urgent message goes before it."""
    first = state.queue[0]
    if state.flush == "sequential" or first.key == state.urgent:
        return (first,)
    before = takewhile(lambda one: one.key != state.urgent, state.queue)
    return tuple(islice(before, MOST_TOGETHER))


def _mark_unasked(state: SessionState) -> SessionState:
    """What people see of a turn that nobody asked for says so first."""
    marked = {notice.id for notice in state.notices}
    for turn in state.turns:
        name = f"unasked:{turn.number}"
        if turn.prompt is None and name not in marked:
            shown = shown_parts(turn, bare_steps=state.detail != "quiet")
            state = say_above(state, turn, shown[0], name, UNASKED) if shown else state
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
            return known is None or (known.status == "settled" and not known.parked)
        case Steer() | ConfigureAgent() | StopTask() | Whisper():
            return False


def _start(state: SessionState, prompts: tuple[Prompt, ...], now: float) -> SessionState:
    state = supersede(state, now)
    number = state.next_turn
    prompt, *also = prompts
    turn = Turn(number=number, started_at=now, prompt=prompt, also=tuple(also))
    title = state.title or " ".join(prompt.text.split())[:LONGEST_TITLE]
    state = replace(state, turns=(*state.turns, turn), next_turn=number + 1, title=title)
    opening = any(isinstance(p.command, OpenSession) for p in state.outbox)
    if state.remote_id is None and not opening:
        key = f"{state.id}#{state.era}" if state.era else str(state.id)
        state = want(state, OpenSession(id=state.next_command, key=key))
    return send(state, turn)


def send(state: SessionState, turn: Turn) -> SessionState:
    """The turn's prompts are to go to the agent, below what was overheard before them."""
    prompts = turn.prompts
    if not prompts:
        return state
    prompt = prompts[0]
    before = prompt.ts if prompt.in_thread and not state.briefed else None
    named = len(state.people) > 1
    # What stands before the prompt is read from the thread then.
    heard = [one for one in state.overheard if not before or order_of(one.ts) > order_of(before)]
    told = [quoted(heard, 0 if before else state.left_out)] if heard else []
    told += [spoken(one, named=named) for one in prompts]
    return want(
        state,
        SendPrompt(
            id=state.next_command,
            turn=turn.number,
            key=prompt.key,
            text="\n\n".join(told),
            context_before=before,
            files=tuple(file for one in prompts for file in one.files),
            overheard=tuple(one.ts for one in state.overheard),
        ),
    )
