"""Shows the newest view of whatever Slack does not show yet. Level-triggered: it is told the state
and works out the rest; nobody "sends an update"."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from bot.core.commands import Outcome, Published, Refused, Tick
from bot.core.errors import LeaseLost, RateLimited, SlotGone, SurfaceError
from bot.core.ids import PartKey
from bot.core.ports import Surface, Target
from bot.core.state import SessionState
from bot.core.views import MarkView, Overdue, Priority, Shown, StatusView, digest, overdue

log = structlog.get_logger()

RETRY_AFTER = 2.0
"""Seconds before a part is tried again that Slack could not take for the moment."""


@dataclass(slots=True)
class _Showing:
    """A part on its way. Until `granted` a more urgent task may take its place."""

    task: asyncio.Task[None]
    priority: Priority
    granted: bool = False


class Streamer:
    """One task per part that is late, at most one at a time for each part.

    `newest(key, new)` saves the state (and the intent, when the part is `new`) and gives the view;
    `report` hands an outcome to the actor.
    """

    def __init__(
        self,
        surface: Surface,
        tasks: asyncio.TaskGroup,
        newest: Callable[[PartKey, bool], Awaitable[Shown | None]],
        report: Callable[[Outcome], Awaitable[None]],
    ) -> None:
        self._surface = surface
        self._tasks = tasks
        self._newest = newest
        self._report = report
        self._showing: dict[PartKey, _Showing] = {}

    @property
    def busy(self) -> bool:
        return bool(self._showing)

    def shows(self, key: PartKey) -> bool:
        """Whether this part is on its way; a look follows when it has arrived."""
        return key in self._showing

    def look(self, state: SessionState) -> None:
        """Start whatever is late and not under way; hurry what has become more urgent."""
        for entry in overdue(state):
            showing = self._showing.get(entry.key)
            if showing is not None:
                if showing.granted or entry.priority >= showing.priority:
                    continue
                showing.task.cancel()
            self._start(state, entry)

    def settled(self, key: PartKey) -> None:
        """The outcome for this part is in the state: it may be shown again."""
        self._showing.pop(key, None)

    def _start(self, state: SessionState, entry: Overdue) -> None:
        coroutine = self._show(state, entry)
        task = self._tasks.create_task(coroutine, name=f"show {state.id} {entry.key.slot}")
        self._showing[entry.key] = _Showing(task, entry.priority)

    async def _show(self, state: SessionState, entry: Overdue) -> None:
        key = entry.key
        last: Shown = entry.shown

        async def newest() -> Shown | None:
            nonlocal last
            showing = self._showing.get(key)
            if showing is not None and showing.task is asyncio.current_task():
                showing.granted = True
            shown = await self._newest(key, entry.receipt is None and _is_message(last))
            last = shown or last
            return shown

        owner = state.owner.user if state.owner else ""
        target = Target(state.thread, key, entry.priority, owner)
        try:
            receipt = await self._surface.show(target, entry.receipt, newest)
        except RateLimited:
            # The lane knows. Meanwhile something more urgent may come to be shown here.
            await self._look_again(key)
            return
        except SurfaceError as error:
            log.warning(
                "show.failed", session=state.id, slot=key.slot, part=key.part,
                error=type(error).__name__,
            )  # fmt: skip
            if error.retryable:
                await asyncio.sleep(RETRY_AFTER)
                await self._look_again(key)
                return
            await self._report(_refused(key, last, error))
            return
        except LeaseLost:
            raise
        except Exception:
            # A part that cannot be drawn must not take the rest of the session with it.
            log.exception("show.broke", session=state.id, slot=key.slot, part=key.part)
            reason = SurfaceError().user_message
            await self._report(Refused(key=key, shown=digest(last), reason=reason))
            return
        if receipt is None:
            await self._look_again(key)
            return
        await self._report(Published(receipt=receipt))

    async def _look_again(self, key: PartKey) -> None:
        self.settled(key)
        await self._report(Tick())


def _refused(key: PartKey, shown: Shown, error: SurfaceError) -> Refused:
    refused = Refused(key=key, shown=digest(shown), reason=error.user_message)
    if isinstance(error, SlotGone):
        return replace(refused, gone=True, shown_length=error.shown_length)
    return refused


def _is_message(shown: Shown) -> bool:
    """Only a post can be doubled, so only a post needs an intent."""
    return not isinstance(shown, MarkView | StatusView)
