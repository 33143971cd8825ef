"""The other side of the Slack edge, kept in memory: what was accepted, in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.errors import StoreUnavailable, SurfaceUnavailable
from bot.core.ids import ThreadKey, order_of
from bot.core.inbound import Inbound, Person, Prompt
from bot.core.ports import Accepted, Bound, KnownAsk
from bot.slack.render.blocks import Json


@dataclass(slots=True)
class RememberingBridge:
    """A `Bridge`. `down` refuses everything; `gate`, once cleared, keeps `accept` waiting;
    `faults` are raised by `accept`, by the end of the key they are for.

    `homes` are those opened (`team/user`) with what is said there, `revoked` standing rules with
    who pressed and the press. `asks` are known by uid, messages of sessions (`shown`) by team,
    channel and ts; a session is a thread in `threads`, oldest first.
    """

    accepted: list[Inbound] = field(default_factory=lambda: list[Inbound]())
    attempts: int = 0
    homes: list[tuple[str, str]] = field(default_factory=lambda: list[tuple[str, str]]())
    revoked: list[tuple[str, str, str]] = field(
        default_factory=lambda: list[tuple[str, str, str]]()
    )
    asks: dict[str, KnownAsk] = field(default_factory=lambda: dict[str, KnownAsk]())
    shown: dict[tuple[str, str, str], ThreadKey] = field(
        default_factory=lambda: dict[tuple[str, str, str], ThreadKey]()
    )
    threads: dict[ThreadKey, None] = field(default_factory=lambda: dict[ThreadKey, None]())
    seen: str | None = None
    owed: list[float] = field(default_factory=lambda: list[float]())
    down: bool = False
    faults: dict[str, Exception] = field(default_factory=lambda: dict[str, Exception]())
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def prompts(self) -> list[Prompt]:
        return [inbound for inbound in self.accepted if isinstance(inbound, Prompt)]

    @property
    def texts(self) -> list[str]:
        return [prompt.text for prompt in self.prompts]

    async def accept(self, inbound: Inbound) -> Accepted:
        self._need_store()
        self.attempts += 1
        for fault in (fault for end, fault in self.faults.items() if inbound.key.endswith(end)):
            raise fault
        await self.gate.wait()
        self._need_store()
        if any(known.key == inbound.key for known in self.accepted):
            return "known"
        opens = isinstance(inbound, Prompt) and (inbound.mentions_bot or inbound.direct)
        if inbound.thread not in self.threads and not opens:
            return "ignored"
        self.threads[inbound.thread] = None
        self.accepted.append(inbound)
        if isinstance(inbound, Prompt):
            self.seen = max(self.seen or "0.0", inbound.ts, key=order_of)
        return "stored"

    async def find_ask(self, uid: str) -> KnownAsk | None:
        self._need_store()
        return self.asks.get(uid)

    async def find_thread(self, team: str, channel: str, ts: str, post: str) -> ThreadKey | None:
        self._need_store()
        if (team, channel, ts) in self.shown:
            return self.shown[team, channel, ts]
        known = (inbound.thread for inbound in self.accepted if inbound.key == post)
        return next(known, None)

    async def home_opened(self, team: str, person: Person, notice: str = "") -> None:
        self._need_store()
        self.homes.append((f"{team}/{person.user}", notice))

    async def revoke(self, team: str, grant: str, by: Person, key: str) -> str:
        self._need_store()
        self.revoked.append((grant, by.user, key))
        return "Revoked."

    async def bound(self, thread: ThreadKey) -> bool:
        self._need_store()
        return thread in self.threads

    async def recent(self, team: str, limit: int) -> list[Bound]:
        self._need_store()
        return [Bound(thread, 0.0) for thread in reversed(self.threads)][:limit]

    async def missed_since(self, team: str) -> float | None:
        self._need_store()
        seen = [float(order_of(self.seen)[0])] if self.seen else []
        return min([*seen, *self.owed], default=None)

    async def owe(self, team: str, since: float) -> None:
        self._need_store()
        self.owed.append(since)

    async def settle(self, team: str, since: float) -> None:
        self._need_store()
        self.owed = [owed for owed in self.owed if owed < since]

    def _need_store(self) -> None:
        if self.down:
            raise StoreUnavailable()


@dataclass(frozen=True, slots=True)
class PlainSpeaker:
    """Says what it is told, by the real client."""

    web: AsyncWebClient

    async def whisper(self, thread: ThreadKey, user: str, text: str) -> None:
        try:
            await self.web.chat_postEphemeral(
                channel=thread.channel, user=user, text=text, thread_ts=thread.thread_ts
            )
        except SlackApiError as error:
            raise SurfaceUnavailable() from error

    async def open_modal(self, trigger: str, view: Json) -> None:
        try:
            await self.web.views_open(trigger_id=trigger, view=view)
        except SlackApiError as error:
            raise SurfaceUnavailable() from error

    async def change_modal(self, view_id: str, seen: str, view: Json) -> None:
        try:
            await self.web.views_update(view_id=view_id, hash=seen, view=view)
        except SlackApiError as error:
            raise SurfaceUnavailable() from error
