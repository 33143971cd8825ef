"""The signs of a session that are no messages: reactions on people's posts, and its status."""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakValueDictionary

import structlog

from bot.core.errors import RateLimited, SurfaceError, SurfaceUnavailable
from bot.core.ids import PartKey, Place, Receipt
from bot.core.ports import Newest, Target
from bot.core.views import MarkView, Shown, StatusView, digest
from bot.slack.outgoing import Outgoing, code_of, ids
from bot.slack.plan import React, SessionStatus, SetStatus, plan_mark, plan_status

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

SET_STATUS: Final = "agents.sessions.setStatus"

# Refusals that hold for the whole workspace, not only for one channel.
_NO_SESSIONS = frozenset(
    {"feature_disabled", "missing_scope", "not_allowed_token_type", "unknown_method"}
)
_MOMENT = 10.0
_LATER = 0.25
_LOOKS = 12
"""How often it is looked whether Slack takes statuses here, until that is believed."""
_FORGET = 3600.0
_MANY = 2_000
_REACTED = frozenset({"already_reacted", "no_reaction"})


class Signs:
    """A refused sign is no reason to worry anybody: it is logged, and that is it."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._out = outgoing
        self._has_sessions: dict[str, bool] = {}
        self._no_sessions_at_all = False
        self._telling: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._told: dict[Place, tuple[SessionStatus, float]] = {}
        self._beginning: set[Place] = set()

    def told(self, place: Place) -> SessionStatus | None:
        """What was last said of a session that is at work."""
        known = self._told.get(place)
        return None if known is None or known[0] == "active" else known[0]

    def tell(self, place: Place, status: SessionStatus) -> None:
        """Slack shows this status now, whoever told it."""
        now = self._out.clock.monotonic()
        self._told.pop(place, None)
        self._told[place] = (status, now)
        first = next(iter(self._told))
        if len(self._told) > _MANY or self._told[first][1] < now - _FORGET:
            del self._told[first]

    async def show_mark(
        self, target: Target, receipt: Receipt | None, newest: Newest
    ) -> Receipt | None:
        channel = target.key.place.channel
        view = await newest()
        for _ in range(_LOOKS):
            known = self._no_sessions_at_all or channel in self._has_sessions
            if known or not isinstance(view, MarkView) or view.mark != "working":
                break
            await self._out.clock.sleep(_LATER)
            view = await newest()
        if not isinstance(view, MarkView):
            return None
        tells = not self._is_without_sessions(channel)
        for op in plan_mark(receipt, view, with_working=not tells):
            await self._react(target, op)
        return _receipt(target.key, view)

    async def show_status(
        self, target: Target, receipt: Receipt | None, newest: Newest
    ) -> Receipt | None:
        place = target.key.place
        if receipt is None and not await self._gets_room(place, newest):
            return None
        try:
            return await self._show_status(target, receipt, newest)
        finally:
            self._beginning.discard(place)

    async def _gets_room(self, place: Place, newest: Newest) -> bool:
        """Wait until a session may be shown at work, which takes a call at its end too; False when
        it is at rest by then. Where many begin at once, the text that appears is sign enough."""
        while not self._is_without_sessions(place.channel):
            at_work = sum(status != "active" for status, _ in self._told.values())
            if self._out.lane.room(SET_STATUS) > at_work + 2 * len(self._beginning - {place}):
                self._beginning.add(place)
                return True
            await self._out.clock.sleep(_LATER)
            if not isinstance(await newest(), StatusView):
                return False
        return True

    async def _show_status(
        self, target: Target, receipt: Receipt | None, newest: Newest
    ) -> Receipt | None:
        place, tries = target.key.place, 0
        while True:
            if not self._is_without_sessions(place.channel):
                await self._out.lane.permit(SET_STATUS, place.channel, target.priority)
            view = await newest()
            if not isinstance(view, StatusView):
                return None
            op = plan_status(receipt, view)
            try:
                if op is not None:
                    await self._tell_once(target, op, again=view.said > 0)
                return _receipt(target.key, view)
            except RateLimited:
                continue
            except SurfaceUnavailable:
                await self._out.back_off(tries, target)
                tries += 1

    async def _tell_once(self, target: Target, op: SetStatus, *, again: bool) -> None:
        """Not what was said a moment ago, by us or in the same call as the end of a stream."""
        place = target.key.place
        async with self._telling.setdefault(place.channel, asyncio.Lock()):
            status, at = self._told.get(place, ("", 0.0))
            recent = self._out.clock.monotonic() - at < _MOMENT
            if again or not (status == op.status and recent):
                await self._set_status(target, op)

    async def _react(self, target: Target, op: React) -> None:
        method = "reactions.add" if op.present else "reactions.remove"
        arguments = {"timestamp": op.ts, "name": op.name}
        tries = 0
        while True:
            await self._out.lane.permit(method, target.key.place.channel, target.priority)
            self._out.lane.require_alive()
            try:
                await self._out.call(method, target.key.place.channel, arguments)
                return
            except RateLimited:
                continue
            except SurfaceUnavailable:
                await self._out.back_off(tries, target)
                tries += 1
            except SurfaceError as error:
                if code_of(error) not in _REACTED:
                    log.info("reaction.refused", **ids(target), error=code_of(error))
                return

    async def _set_status(self, target: Target, op: SetStatus) -> None:
        """Where Slack has no sessions for us this is remembered, and nothing else happens."""
        place = target.key.place
        if self._is_without_sessions(place.channel):
            return
        self._out.lane.require_alive()
        arguments = {"channel_id": place.channel, "thread_ts": place.thread_ts, "status": op.status}
        try:
            await self._out.call(SET_STATUS, place.channel, arguments)
            self._has_sessions[place.channel] = True
            self.tell(place, op.status)
        except (RateLimited, SurfaceUnavailable):
            raise
        except SurfaceError as error:
            code = code_of(error)
            log.info("status.refused", **ids(target), error=code)
            self._has_sessions[place.channel] = False
            self._told.pop(place, None)
            self._no_sessions_at_all = self._no_sessions_at_all or code in _NO_SESSIONS

    def _is_without_sessions(self, channel: str) -> bool:
        return self._no_sessions_at_all or self._has_sessions.get(channel) is False


def _receipt(key: PartKey, view: Shown) -> Receipt:
    return Receipt(key=key, ts="", shown=digest(view))
