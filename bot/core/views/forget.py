"""What need not be kept any longer."""

from __future__ import annotations

from dataclasses import replace

from bot.core.ids import (
    STATUS,
    Slot,
    ask_slot,
    file_slot,
    mark_slot,
    notice_slot,
    queue_slot,
    turn_slot,
)
from bot.core.session.steering import guiding
from bot.core.spent import spent_in, total
from bot.core.state import MOST_PAST, SessionState, past_ask, past_notice
from bot.core.turn import Turn
from bot.core.views.derive import late_slots


def tidy(state: SessionState) -> SessionState:
    """Forget what is over and shown in its final form: all ended turns but the newest, with their
    asks, notices and receipts. The store keeps the receipts."""
    undecided = {ask.turn for ask in state.open_asks}
    over = [turn for turn in state.turns[:-1] if turn.ended and turn.number not in undecided]
    if not over:
        return state  # also while a request waits for days: this is asked with every delta
    late = late_slots(state)
    gone = {turn.number for turn in over if not _slots(state, turn) & late}
    if not gone:
        return state
    kept = replace(
        state,
        spent=total([state.spent, *(spent_in(t) for t in state.turns if t.number in gone)]),
        turns=tuple(turn for turn in state.turns if turn.number not in gone),
        asks=tuple(ask for ask in state.asks if ask.turn not in gone),
        notices=tuple(notice for notice in state.notices if notice.turn not in gone),
    )
    past = [*state.past, *(past_notice(one.id) for one in state.notices if one.turn in gone)]
    past += [past_ask(ask.ask.id) for ask in state.asks if ask.turn in gone]
    for turn in state.turns:
        name = turn.ref or (turn.prompt.key if turn.prompt and not turn.over else None)
        if turn.number in gone and name:
            past.append(name)
    slots = late | {STATUS} | ({queue_slot(state.lists)} if state.listed else set[Slot]())
    slots |= {mark_slot(prompt.ts) for prompt in (*state.queue, *guiding(state))}
    slots |= {notice_slot(notice.number) for notice in kept.notices}
    slots = slots.union(*(_slots(kept, turn) for turn in kept.turns))
    receipts = tuple(receipt for receipt in state.receipts if receipt.key.slot in slots)
    return replace(kept, receipts=receipts, past=tuple(past[-MOST_PAST:]))


def _slots(state: SessionState, turn: Turn) -> set[Slot]:
    slots = {turn_slot(turn.number), file_slot(turn.number)}
    slots |= {ask_slot(ask.ask.id) for ask in state.asks if ask.turn == turn.number}
    slots |= {notice_slot(n.number) for n in state.notices if n.turn == turn.number}
    return slots | {mark_slot(prompt.ts) for prompt in (*turn.prompts, *turn.steered)}
