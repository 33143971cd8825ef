"""The list of what waits: one small message while something does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bot.core.ids import Receipt, Slot, entry_uid, queue_slot
from bot.core.session.overhearing import called
from bot.core.state import SessionState
from bot.core.views.kinds import QueueEntry, QueueView

MOST_ENTRIES: Final = 20
LONGEST_LINE: Final = 120


def queue_views(
    state: SessionState, receipts: Mapping[Slot, Mapping[int, Receipt]]
) -> Iterator[tuple[Slot, QueueView]]:
    """The open list, and those that are to be taken away."""
    current = queue_slot(state.lists) if state.listed else None
    for slot in receipts:
        if slot.startswith("queue:") and slot != current:
            yield slot, QueueView(session=state.id)
    if current is not None:
        yield current, _listed(state)


def _listed(state: SessionState) -> QueueView:
    shown = state.queue[:MOST_ENTRIES]
    return QueueView(
        session=state.id,
        entries=tuple(
            QueueEntry(entry_uid(prompt.key), called(prompt.by), _line(prompt.text))
            for prompt in shown
        ),
        more=len(state.queue) - len(shown),
        together=state.flush == "batched",
        urgent=bool(shown) and shown[0].key == state.urgent,
        steers=state.steers,
    )


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"
