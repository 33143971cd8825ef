"""From the state to what should be shown, and from what is shown to what is late."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Literal

from bot.core.approvals import DEFAULT_RULE, Verdict, explain, standing, who_may
from bot.core.asks import Ask, Confirmation, Question, answer_label
from bot.core.ids import (
    STATUS,
    PartKey,
    Place,
    Receipt,
    Slot,
    ask_slot,
    ask_uid,
    mark_slot,
    notice_slot,
    turn_slot,
)
from bot.core.parts import text_digest
from bot.core.session.steering import guiding
from bot.core.state import BELOW_ALL, AskState, SessionState, ask_of, open_beside, place_of
from bot.core.turn import Turn
from bot.core.views.kinds import (
    AskView,
    FileView,
    Item,
    Mark,
    MarkView,
    NoticeView,
    Overdue,
    Priority,
    QueueView,
    SessionView,
    Shown,
    StatusView,
    TurnView,
)
from bot.core.views.turns import Line, any_line, file_lines, part_lines
from bot.core.views.waiting import queue_views

Receipts = Mapping[Slot, Mapping[int, Receipt]]


def digest(shown: Shown) -> str:
    """What a receipt remembers of a view: equal views have equal digests, also after a restart."""
    if isinstance(shown, TurnView | FileView):
        return _digest(repr(replace(shown, text="")), text_digest(shown.text))
    return _digest(repr(shown), "")


def _digest(bare: str, text: str) -> str:
    said = f"{bare}\n{text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(said, digest_size=8).hexdigest()


def view(state: SessionState) -> SessionView:
    receipts = _by_slot(state)
    return SessionView(
        messages=tuple(_item(line) for line in _messages(state, receipts)),
        signs=tuple(_item(line) for line in _signs(state, receipts)),
        copies=tuple(_item(line) for line, _ in _copies(state)),
    )


def find(state: SessionState, slot: Slot, part: int, place: Place | None = None) -> Shown | None:
    """The newest view of one item, in the session's thread where no `place` is given; None when
    there is nothing to show any more."""
    if place not in (None, state.thread.place):
        copies = (line for line, _ in _copies(state) if (line.slot, line.place) == (slot, place))
        return next((line.shown for line in copies), None)
    receipts = _by_slot(state)
    is_sign = slot == STATUS or slot.startswith(mark_slot(""))
    lines = _signs(state, receipts) if is_sign else _messages(state, receipts)
    return next((line.shown for line in lines if line.slot == slot and line.part == part), None)


def overdue(state: SessionState) -> list[Overdue]:
    """What is to be shown next. Messages first appear in their order: only the first of those not
    posted yet is named, as urgent as the most urgent one that waits behind it. Copies elsewhere
    wait for nothing."""
    receipts = _by_slot(state)
    late: list[Overdue] = []
    first: Line | None = None
    urgent = max(Priority)
    for line, receipt in _late_messages(state, receipts):
        if receipt is not None:
            late.append(_overdue(state, line, receipt))
        else:
            first = first or line
            urgent = min(urgent, priority_of(line.bare, None))
    signs = _late(_signs(state, receipts), receipts)
    late += [_overdue(state, line, receipt) for line, receipt in signs]
    late += [_overdue(state, line, receipt) for line, receipt in _late_copies(state)]
    if first is not None:
        late.append(replace(_overdue(state, first, None), priority=urgent))
    return late


def late_slots(state: SessionState) -> set[Slot]:
    """What Slack does not show in its newest form: of each turn at least one message."""
    receipts = _by_slot(state)
    found = {line.slot for line, _ in _late_messages(state, receipts)}
    found |= {line.slot for line, _ in _late_copies(state)}
    return found | {line.slot for line, _ in _late(_signs(state, receipts), receipts)}


def priority_of(shown: Shown, receipt: Receipt | None) -> Priority:
    match shown:
        case AskView():
            return Priority.ASK
        case TurnView() if shown.status == "stopping":
            return Priority.STOP
        case FileView():
            return Priority.FINAL
        case TurnView() if not shown.running:
            return Priority.FINAL
        case TurnView() if shown.status == "waiting":
            return Priority.FIRST  # what stands above a card is read with it
        case MarkView() | QueueView():
            return Priority.PROGRESS
        case TurnView() if receipt is not None:
            return Priority.DELTA
        case TurnView() | NoticeView() | StatusView():
            return Priority.FIRST


def _by_slot(state: SessionState) -> Receipts:
    """The receipts of what is shown in the session's own thread."""
    found: dict[Slot, dict[int, Receipt]] = defaultdict(dict)
    place = state.thread.place
    for receipt in state.receipts:
        if receipt.key.place == place:
            found[receipt.key.slot][receipt.key.part] = receipt
    return found


def _late_messages(
    state: SessionState, receipts: Receipts
) -> Iterator[tuple[Line, Receipt | None]]:
    """This is asked often, and much may wait while Slack is slow: of an ended turn of which nothing
    can be posted yet, because something before it is not, one part stands for all."""
    thread = _Thread(state, receipts)
    behind = False
    for turn in (None, *state.turns):
        if behind and turn and turn.ended and turn_slot(turn.number) not in receipts:
            parts = [*any_line(state, turn)]
            yield from ((line, None) for line in parts)
            if parts:
                continue  # else there may be notices and cards all the same
        for line, receipt in _late(thread.lines(turn), receipts):
            behind = behind or receipt is None
            yield line, receipt
    yield from _late(thread.waiting(), receipts)


def _late(lines: Iterator[Line], receipts: Receipts) -> Iterator[tuple[Line, Receipt | None]]:
    bare: Shown | None = None
    said = ""
    for line in lines:
        receipt = receipts.get(line.slot, {}).get(line.part)
        if receipt is None:
            yield line, None
        elif not receipt.lost:
            if line.bare is not bare:  # parts that ended share theirs
                bare, said = line.bare, repr(line.bare)
            shown = _digest(said, line.text_digest) if line.turn else digest(line.bare)
            if receipt.shown != shown:
                yield line, receipt


def _overdue(state: SessionState, line: Line, receipt: Receipt | None) -> Overdue:
    key = PartKey(line.slot, line.part, line.place or state.thread.place)
    return Overdue(key, line.shown, receipt, priority_of(line.bare, receipt))


def _item(line: Line) -> Item:
    return Item(line.slot, line.part, line.shown, line.place)


# --- messages -------------------------------------------------------------------------------------


def _messages(state: SessionState, receipts: Receipts) -> Iterator[Line]:
    """In the order they stand in the thread."""
    thread = _Thread(state, receipts)
    turns = (thread.lines(turn) for turn in (None, *state.turns))
    return chain(chain.from_iterable(turns), thread.waiting())


class _Thread:
    """The state's messages by turn."""

    def __init__(self, state: SessionState, receipts: Receipts) -> None:
        self._state = state
        self._receipts = receipts
        self._asks = {ask.ask.id: ask for ask in state.asks}
        self._notices: dict[tuple[int, int, bool], list[Line]] = defaultdict(list)
        for notice in state.notices:
            shown = NoticeView(
                text=notice.text, quote=notice.quote, to=notice.to, level=notice.level
            )
            place = (notice.turn, notice.part, notice.after)
            self._notices[place].append(Line(notice_slot(notice.number), 0, shown))

    def lines(self, turn: Turn | None) -> Iterator[Line]:
        """A turn's messages; for None those before all turns."""
        if turn is None:
            yield from self._notices[0, 0, False]
            return
        number = turn.number
        parts = part_lines(self._state, turn, self._receipts.get(turn_slot(number), {}))
        for part in range(turn.parts):
            yield from self._notices[number, part, False]
            if part in parts:
                yield parts[part]
            yield from self._notices[number, part, True]
            ask_id = turn.boundaries[part].ask if part < len(turn.boundaries) else None
            if ask_id is not None and ask_id in self._asks and not self._asks[ask_id].hidden:
                ask = self._asks[ask_id]
                yield Line(ask_slot(ask_id), ask.card, _ask_view(self._state, ask))
        yield from file_lines(self._state, turn)
        yield from self._notices[number, BELOW_ALL, False]
        inside = {boundary.ask for boundary in turn.boundaries}
        for ask in self._state.asks:
            if ask.hidden or not ask.late:
                continue
            if ask.turn == number and ask.ask.id not in inside:
                yield Line(ask_slot(ask.ask.id), ask.card, _ask_view(self._state, ask))

    def waiting(self) -> Iterator[Line]:
        """The list of what waits, below all."""
        for slot, shown in queue_views(self._state, self._receipts):
            receipt = self._receipts.get(slot, {}).get(0)
            if shown.entries or (receipt is not None and not _is_away(receipt, shown)):
                yield Line(slot, 0, shown)


def _is_away(receipt: Receipt, gone: QueueView) -> bool:
    return receipt.lost or receipt.shown == digest(gone)


def _offered(known: AskState) -> Ask:
    """Without what nobody may choose: yes to more than this one call."""
    ask = known.ask
    if isinstance(ask, Question) or (standing(known.terms) and not known.parked):
        return ask
    return replace(ask, verbs=tuple(verb for verb in ask.verbs if verb in ("allow", "deny")))


def _label(known: AskState) -> str:
    if known.answer is None:
        return ""
    label = answer_label(known.ask, known.answer)
    if known.granted:
        label = f"{label}, and such calls {known.granted}"
    return f"{label} for the next try" if known.parked and known.answer.verb != "deny" else label


def _ask_view(state: SessionState, ask: AskState) -> AskView:
    said = ask.answer or next((vote.answer for vote in ask.votes), None)
    return AskView(
        uid=ask_uid(state.id, ask.ask.id),
        ask=_offered(ask),
        status=ask.status,
        who=who_may(place_of(state, ask.requesters), ask.terms),
        asked_by=tuple(one.user for one in ask.requesters),
        need=ask.terms.need,
        agreed=tuple(vote.by.user for vote in ask.votes),
        deadline=ask.deadline,
        at_deadline=ask.terms.at_deadline,
        rule=ask.rule,
        always=isinstance(ask.ask, Confirmation) and standing(ask.terms),
        held_until=None if ask.parked or ask.status != "open" else ask.held_until,
        parked=ask.parked,
        others=len(open_beside(state, ask)) if ask.status == "open" else 0,
        effective=said.input if said else None,
        reason=(ask.answer.text or "") if ask.answer else "",
        place=ask.place,
        by=ask.by.user if ask.by else None,
        label=_label(ask),
        at=ask.at,
        outcome=ask.outcome,
        note=ask.note,
    )


def ask_view(state: SessionState, ask_id: str) -> AskView | None:
    """The card of one ask; None when the session does not know it any more."""
    known = ask_of(state, ask_id)
    if known is None:
        return None
    found = Verdict(decision="ask", rule=known.rule or DEFAULT_RULE, terms=known.terms)
    why = explain(found, place_of(state, known.requesters))
    return replace(_ask_view(state, known), explain="\n".join(why))


# --- copies ---------------------------------------------------------------------------------------


def _copies(state: SessionState) -> Iterator[tuple[Line, Receipt | None]]:
    """Cards shown elsewhere too, with what is shown of each. One that was not posted while it could
    be used is not posted any more."""
    if not any(ask.copies for ask in state.asks):
        return
    receipts = {receipt.key: receipt for receipt in state.receipts}
    for ask in state.asks:
        slot = ask_slot(ask.ask.id)
        posted = {place: receipts.get(PartKey(slot, 0, place)) for place in ask.copies}
        wanted = [place for place, known in posted.items() if known or ask.status == "open"]
        if not wanted:
            continue
        shown = replace(_ask_view(state, ask), home=state.thread, title=state.title)
        yield from ((Line(slot, 0, shown, place=place), posted[place]) for place in wanted)


def _late_copies(state: SessionState) -> Iterator[tuple[Line, Receipt | None]]:
    for line, receipt in _copies(state):
        if receipt is None or not (receipt.lost or receipt.shown == digest(line.bare)):
            yield line, receipt


# --- signs ----------------------------------------------------------------------------------------


def _signs(state: SessionState, receipts: Receipts) -> Iterator[Line]:
    status = _status(state, receipts)
    if status != "idle" or STATUS in receipts:
        said = 0 if status == "idle" else state.status_said
        yield Line(STATUS, 0, StatusView(status=status, said=said))
    marks: dict[str, Mark] = {ts: "none" for ts in _marked(receipts)}
    for turn in state.open_turns:
        marks |= {prompt.ts: "working" for prompt in turn.prompts if prompt.ts}
        marks |= {prompt.ts: "steered" for prompt in turn.steered if prompt.ts}
    marks |= {prompt.ts: "queued" for prompt in (*state.queue, *guiding(state)) if prompt.ts}
    for ts, mark in marks.items():
        yield Line(mark_slot(ts), 0, MarkView(ts=ts, mark=mark))


def _marked(receipts: Receipts) -> Iterator[str]:
    """The posts that carry a sign, or did."""
    mark = mark_slot("")
    return (slot.removeprefix(mark) for slot in receipts if slot.startswith(mark))


def _status(state: SessionState, receipts: Receipts) -> Literal["working", "waiting", "idle"]:
    """Work is over for people when they can read what came of it."""
    if any(ask.status == "open" and not ask.parked for ask in state.awaited_asks):
        return "waiting"
    if state.open_turns:
        return "working"
    if any(ask.status == "open" for ask in state.awaited_asks):
        return "waiting"
    if STATUS not in receipts:
        return "idle"
    late = (line for line, _ in _late_messages(state, receipts))
    final = any(isinstance(line.bare, TurnView | FileView) for line in late)
    return "working" if final else "idle"
