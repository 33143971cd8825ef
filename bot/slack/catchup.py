"""What was written while nobody listened: read from history, taken in as if it had arrived.

After a start, a new connection, or an event that could not be stored, everything since then is
read again and goes the way of live events under the same keys, so what is known stays as it is.
Clicks leave no trace in history and cannot be caught up with. Live events do not wait for any of
this, and it stays well below Slack's limits: first the threads with sessions, newest first, then
the conversations the bot is in, then other threads seen there; what the budget does not reach is
logged.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from pydantic import ValidationError

from bot.core.errors import RateLimited, StoreUnavailable, SurfaceUnavailable
from bot.core.ids import ThreadKey, order_of
from bot.slack.calls import Refused, Web, call
from bot.slack.intake import Intake
from bot.slack.wire import ChannelInfo, Found, Page

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

OVERLAP = 60.0
"""Seconds read once more: ts are Slack's clock, and events do not come in order."""
LOOKBACK = 86_400.0
"""How much older a thread without session may be for its new replies to be found."""

Message = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """For one pass: `calls` in all, `burst` of them at once, then one every `spacing` seconds.
    `settle`: how long replies to a thread's first mention may overtake it. `again`: seconds until
    a pass that Slack or the store broke off is repeated."""

    threads: int = 50
    calls: int = 150
    burst: int = 10
    spacing: float = 2.0
    tries: int = 3
    longest_wait: float = 60.0
    settle: float = 3.0
    again: float = 10.0


class Catchup:
    """Owes the reading of everything since the earliest gap not yet read."""

    def __init__(self, intake: Intake, web: Web, budget: Budget) -> None:
        self._intake, self._web, self._budget = intake, web, budget
        self._since: float | None = None
        self._owed = asyncio.Event()

    @property
    def owing(self) -> bool:
        """Whether something is still to be read."""
        return self._owed.is_set()

    def missed(self, since: float) -> None:
        """Events from `since` (epoch seconds) on may not have reached us."""
        self._since = since if self._since is None else min(self._since, since)
        self._owed.set()

    async def run(self) -> None:
        """Read whatever is owed, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_gaps(), name="slack.catchup.gaps")
            tasks.create_task(self._read_opened(), name="slack.catchup.opened")

    async def _read_gaps(self) -> None:
        while True:
            await self._owed.wait()
            since, self._since = self._since, None
            if since is not None and not await self._pass(since):
                self.missed(since)
                await asyncio.sleep(self._budget.again)
            elif self._since is None:
                self._owed.clear()

    async def _pass(self, since: float) -> bool:
        """Whether it went through to its end or budget."""
        reading = _Reading(self._intake, self._web, self._budget, since)
        bridge, team = self._intake.bridge, self._intake.me.team
        try:
            await bridge.owe(team, since)
            await reading.everything()
            await bridge.settle(team, since)
        except (StoreUnavailable, SurfaceUnavailable) as error:
            log.warning("catchup.broken_off", error=type(error).__name__)
            return False
        except Exception:
            log.exception("catchup.failed")
        else:
            log.info("catchup.done", calls=reading.calls, **reading.counts)
        return True

    async def _read_opened(self) -> None:
        """Replies may arrive before the mention that gives their thread a session, and were passed
        over then."""
        while True:
            opened = [await self._intake.opened.get()]
            await asyncio.sleep(self._budget.settle)
            while not self._intake.opened.empty():
                opened.append(self._intake.opened.get_nowait())
            reading = _Reading(self._intake, self._web, self._budget, 0.0)
            for post in opened:
                try:
                    await reading.thread(post.thread, post.ts)
                except (StoreUnavailable, SurfaceUnavailable) as error:
                    log.warning("catchup.broken_off", error=type(error).__name__)
                except Exception:
                    log.exception("catchup.failed", channel=post.thread.channel, ts=post.ts)


class _Reading:
    """One pass over what may have been missed since `since`."""

    def __init__(self, intake: Intake, web: Web, budget: Budget, since: float) -> None:
        self._intake, self._web, self._budget = intake, web, budget
        self._oldest = f"{max(0.0, since - OVERLAP):.6f}"
        self._horizon = f"{max(0.0, since - LOOKBACK):.6f}"
        self._done: set[ThreadKey] = set()
        self.calls = 0
        self.counts: Counter[str] = Counter()

    async def everything(self) -> None:
        """Raises `StoreUnavailable` and `SurfaceUnavailable`: then it has to be done again."""
        team = self._intake.me.team
        bound = await self._intake.bridge.recent(team, self._budget.threads + 1)
        if len(bound) > self._budget.threads:
            log.info("catchup.older_threads_left_out", read=self._budget.threads)
        threads = [entry.thread for entry in bound[: self._budget.threads]]
        for thread in threads:
            await self.thread(thread, self._oldest)
        later: list[ThreadKey] = []
        for room in await self._rooms([thread.channel for thread in threads]):
            later += await self._room(room)
        for thread in later:
            if thread not in self._done:
                await self.thread(thread, self._oldest)

    async def thread(self, thread: ThreadKey, oldest: str) -> None:
        """Take in the replies after ts `oldest`."""
        self._done.add(thread)
        where = {"channel": thread.channel, "ts": thread.thread_ts, "oldest": oldest}
        found: list[Message] = []
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = await self._page("conversations.replies", cursor, where)
            found += page.messages
        for message in _after(found, oldest):
            await self._offer(thread.channel, message)

    async def _room(self, channel: str) -> list[ThreadKey]:
        """Take in what was posted outside threads; the threads that have newer replies.

        History comes newest first: older pages are read only as far as the gap goes.
        """
        where = {"channel": channel, "oldest": self._horizon}
        found: list[Message] = []
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = await self._page("conversations.history", cursor, where)
            found += page.messages
            if len(_after(page.messages, self._oldest)) < len(page.messages):
                break
        for message in _after(found, self._oldest):
            await self._offer(channel, message)
        return [
            ThreadKey(self._intake.me.team, channel, root.ts)
            for root in (_place(message) for message in found)
            if root and root.latest_reply and order_of(root.latest_reply) > order_of(self._oldest)
        ]

    async def _rooms(self, first: Sequence[str]) -> list[str]:
        """The conversations the bot is in, those of recent sessions first."""
        kinds = {"types": "public_channel,private_channel,mpim,im", "exclude_archived": "true"}
        rooms: list[ChannelInfo] = []
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = await self._page("users.conversations", cursor, kinds)
            rooms += page.channels
        rank = {channel: at for at, channel in enumerate(dict.fromkeys(first))}
        rooms.sort(key=lambda room: rank.get(room.id, len(rank)))
        return [room.id for room in rooms]

    async def _offer(self, channel: str, message: Message) -> None:
        """Take in one message. History leaves out what an event says of its place."""
        me = self._intake.me
        body = {"team_id": me.team, "event": {"type": "message", **message, "channel": channel}}
        error = "ratelimited"
        for _ in range(self._budget.tries):
            try:
                self.counts[await self._intake.post(body)] += 1
                return
            except RateLimited as limited:
                await asyncio.sleep(min(limited.retry_after, self._budget.longest_wait))
            except Refused as refused:
                error = refused.code
                break
            except (StoreUnavailable, SurfaceUnavailable):
                raise
            except Exception:  # one post that breaks us must not keep the others out
                log.exception("catchup.failed", channel=channel, ts=message.get("ts"))
                error = "failed"
                break
        self.counts["unread"] += 1
        log.warning("catchup.unread", channel=channel, ts=message.get("ts"), error=error)

    async def _page(
        self, method: str, cursor: str, where: Mapping[str, str]
    ) -> tuple[Page, str | None]:
        """One page and the cursor of the next; an empty last one when it cannot be had."""
        at = {"cursor": cursor} if cursor else {}
        answer = await self._read(method, {**where, "limit": "200", **at})
        try:
            page = Page.model_validate(answer)
        except ValidationError:
            self._unread(method, "malformed", where)
            return Page(), None
        following = page.response_metadata.next_cursor if page.response_metadata else ""
        return page, following or None

    async def _read(self, method: str, params: Mapping[str, str]) -> Mapping[str, object]:
        """No fields when Slack refuses or the budget is spent: that is logged, the pass goes on."""
        code = "budget"
        for _ in range(self._budget.tries):
            if self.calls >= self._budget.calls:
                break
            if self.calls >= self._budget.burst:
                await asyncio.sleep(self._budget.spacing)
            self.calls += 1
            try:
                return await call(self._web, method, "GET", **params)
            except RateLimited as limited:
                code = "ratelimited"
                await asyncio.sleep(min(limited.retry_after, self._budget.longest_wait))
            except Refused as refused:
                code = refused.code
                break
        self._unread(method, code, params)
        return {}

    def _unread(self, method: str, code: str, where: Mapping[str, str]) -> None:
        self.counts["unread"] += 1
        place = {name: where[name] for name in ("channel", "ts") if name in where}
        log.warning("catchup.unread", method=method, error=code, **place)


def _after(messages: Sequence[Message], oldest: str) -> list[Message]:
    """Those after `oldest`, in order: a mention comes before what follows it."""
    placed = [(place.ts, message) for message in messages if (place := _place(message))]
    newer = [pair for pair in placed if order_of(pair[0]) > order_of(oldest)]
    return [message for _, message in sorted(newer, key=lambda pair: order_of(pair[0]))]


def _place(message: Message) -> Found | None:
    try:
        return Found.model_validate(message)
    except ValidationError:
        return None
