"""The other side of the Slack edge, kept in memory: what was accepted, in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.asks import Ask
from bot.core.errors import StoreUnavailable, SurfaceUnavailable
from bot.core.ids import ThreadKey, order_of
from bot.core.inbound import Inbound, Prompt
from bot.core.ports import Accepted, Bound
from bot.core.views import HomeView


@dataclass(slots=True)
class RememberingBridge:
    """A `Bridge`. `down` refuses everything; `gate`, once cleared, keeps `accept` waiting;
    `faults` are raised by `accept`, by the end of the key they are for.

    `asks` are known by uid; a session is a thread in `threads`, oldest first.
    """

    accepted: list[Inbound] = field(default_factory=lambda: list[Inbound]())
    attempts: int = 0
    homes: list[str] = field(default_factory=lambda: list[str]())
    asks: dict[str, tuple[ThreadKey, Ask]] = field(
        default_factory=lambda: dict[str, tuple[ThreadKey, Ask]]()
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

    async def find_ask(self, uid: str) -> tuple[ThreadKey, Ask] | None:
        self._need_store()
        return self.asks.get(uid)

    async def home(self, team: str, user: str) -> HomeView:
        self._need_store()
        self.homes.append(f"{team}/{user}")
        return HomeView()

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

    async def publish_home(self, user: str, view: HomeView) -> None:
        text = f"{len(view.entries)} sessions"
        section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
        await self.web.views_publish(user_id=user, view={"type": "home", "blocks": [section]})
