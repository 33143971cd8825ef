"""What became of a call whose answer was lost: looked up before anything is said again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import structlog

from bot.core.errors import RateLimited, SurfaceError, SurfaceUnavailable
from bot.core.ids import PartKey, Place, Receipt
from bot.core.ports import Intent, Target
from bot.slack import history
from bot.slack.outgoing import Outgoing, code_of, ids
from bot.slack.parse import Identity
from bot.slack.places import Places
from bot.slack.reading import read_channel, read_thread

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MARGIN: Final = 5.0
"""Seconds before an intent from which its message is looked for: clocks differ a little."""
AGAIN: Final = 2.0
"""Seconds until Slack surely lists what it took."""


class Recovery:
    """Reads threads, and channels with copies, to find what we did there."""

    def __init__(self, outgoing: Outgoing, me: Identity, places: Places) -> None:
        self._out, self._me, self._places = outgoing, me, places

    async def recover(self, intents: Sequence[Intent]) -> list[Receipt]:
        """As `Surface.recover`. Looks twice, because Slack may list a message a moment late."""
        found = await self._look_for(intents)
        missing = [intent for intent in intents if intent.key not in found]
        if missing:
            await self._out.clock.sleep(AGAIN)
            found |= await self._look_for(missing)
        return list(found.values())

    async def posted_after_all(
        self, target: Target, since: float, others: Collection[str] = ()
    ) -> Receipt | None:
        """The receipt of a post whose answer was lost. Waits until Slack can tell. `others`: the ts
        of messages that are known to be something else."""
        intent = Intent(target.thread, target.key, since)
        tries = 0
        while True:
            try:
                found = [r for r in await self.recover([intent]) if r.ts not in others]
                return found[0] if found else None
            except (RateLimited, SurfaceUnavailable):
                await self._out.back_off(tries, target)
                tries += 1
            except SurfaceError as error:
                # Slack will not let us look: a doubled message is better than a lost one.
                log.warning("post.in_doubt", **ids(target), error=code_of(error))
                return None

    async def words_of(self, target: Target, ts: str) -> str | None:
        """The words a message shows now; None when that cannot be told."""
        place = target.key.place
        try:
            before = history.just_before(ts)
            messages = await read_thread(self._out.web, self._out.lane, place, oldest=before)
        except SurfaceError as error:
            log.info("stream.in_doubt", **ids(target), error=code_of(error))
            return None
        return history.words_of(messages, ts)

    async def _look_for(self, intents: Sequence[Intent]) -> dict[PartKey, Receipt]:
        found: dict[PartKey, Receipt] = {}
        for place in {intent.key.place for intent in intents}:
            here = [intent for intent in intents if intent.key.place == place]
            try:
                found |= await self._look_in(place, here)
            except SurfaceError as error:
                if place.thread_ts or error.retryable:
                    raise
                # Where we may not look any more nothing will be shown either.
                log.warning("copy.in_doubt", place=str(place), error=code_of(error))
        return found

    async def _read(self, place: Place, since: str) -> list[dict[str, object]]:
        web, lane = self._out.web, self._out.lane
        if place.thread_ts:
            return await read_thread(web, lane, place, oldest=since)
        return await read_channel(web, lane, await self._places.channel_of(place), oldest=since)

    async def _look_in(self, place: Place, intents: Sequence[Intent]) -> dict[PartKey, Receipt]:
        since = f"{max(0.0, min(intent.at for intent in intents) - MARGIN):.6f}"
        messages = await self._read(place, since)
        parts = history.parts_in(messages, self._me)
        begun = history.streams_in(messages, self._me, since)
        files = history.files_in(messages, self._me, since)
        found: dict[PartKey, Receipt] = {}
        for intent in intents:
            key = intent.key
            ts = parts.get((intent.thread.session, key.slot, key.part))
            if ts is not None:
                found[key] = Receipt(key=key, ts=ts, shown="")
            elif key.slot.startswith("turn:") and begun:
                # A stream carries no mark of ours before it is stopped. One part grows at a time.
                found[key] = Receipt(key=key, ts=begun.pop(), shown="", transport="stream")
            elif key.slot.startswith("file:") and files:
                found[key] = Receipt(key=key, ts=files.pop(), shown="")
        return found
