"""A surface that keeps lists: what Slack would show, with faults on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.core.errors import ChannelClosed, SurfaceError, SurfaceUnavailable
from bot.core.ids import PartKey, Receipt, ThreadKey
from bot.core.inbound import PostedFile
from bot.core.policy import ImageLimits
from bot.core.ports import Image, Intent, Newest, Target
from bot.core.views import (
    AskView,
    FileView,
    MarkView,
    NoticeView,
    QueueView,
    Shown,
    StatusView,
    TurnView,
    digest,
)
from tests.waiting import PATIENCE


@dataclass(slots=True)
class Listed:
    """Messages in the order they were first posted; whispers; signs. Outlives the bot."""

    messages: dict[str, tuple[PartKey, Shown]] = field(default_factory=dict)
    signs: dict[PartKey, Shown] = field(default_factory=dict)
    whispers: list[tuple[str, str]] = field(default_factory=list)
    context: str = ""
    images: dict[str, Image] = field(default_factory=dict[str, Image])
    calls: int = 0
    posted: int = 0
    before_call: Callable[[], None] = lambda: None
    after_call: Callable[[], None] = lambda: None
    away: bool = False
    closed: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch_image(self, file: PostedFile, limits: ImageLimits) -> Image:
        if file.url not in self.images:
            raise SurfaceError("it could not be downloaded")
        return self.images[file.url]

    def outline(self) -> list[str]:
        """What a person reads, top to bottom, without times."""
        return [_line(shown) for _, shown in self.messages.values()]

    def text(self) -> str:
        return "\n".join(self.outline())

    def ask(self) -> AskView:
        """The newest open card."""
        cards = [shown for _, shown in self.messages.values() if isinstance(shown, AskView)]
        return next(card for card in reversed(cards) if card.status == "open")

    async def until(self, condition: Callable[[Listed], bool], within: float = PATIENCE) -> None:
        async with asyncio.timeout(within):
            while not condition(self):
                self.changed.clear()
                await self.changed.wait()


class ListedSurface:
    """Implements `Surface` on a `Listed` that other owners may share."""

    def __init__(self, listed: Listed) -> None:
        self.listed = listed

    async def show(self, target: Target, receipt: Receipt | None, newest: Newest) -> Receipt | None:
        await asyncio.sleep(0)
        shown = await newest()
        if shown is None:
            return None
        if self.listed.closed:
            raise ChannelClosed()
        if self.listed.away:
            raise SurfaceUnavailable()
        self.listed.before_call()
        ts = self._put(target.key, receipt, shown)
        self.listed.calls += 1
        self.listed.changed.set()
        self.listed.after_call()
        await asyncio.sleep(0)
        return Receipt(key=target.key, ts=ts, shown=digest(shown))

    def _put(self, key: PartKey, receipt: Receipt | None, shown: Shown) -> str:
        if isinstance(shown, StatusView | MarkView):
            self.listed.signs[key] = shown
            return ""
        if isinstance(shown, QueueView) and not shown.entries:
            self.listed.messages.pop(receipt.ts if receipt else "", None)
            return receipt.ts if receipt else ""
        if receipt is None or not receipt.ts:
            self.listed.posted += 1
        ts = receipt.ts if receipt and receipt.ts else f"{self.listed.posted}.0"
        self.listed.messages[ts] = (key, shown)
        return ts

    async def whisper(self, thread: ThreadKey, user: str, text: str) -> None:
        self.listed.whispers.append((user, text))
        self.listed.changed.set()

    async def earlier(self, thread: ThreadKey, before: str) -> str:
        return self.listed.context

    async def recover(self, intents: Sequence[Intent]) -> list[Receipt]:
        wanted = {intent.key for intent in intents}
        return [
            Receipt(key=key, ts=ts, shown="")
            for ts, (key, _) in self.listed.messages.items()
            if key in wanted
        ]


def _line(shown: Shown) -> str:
    match shown:
        case TurnView():
            steps = "".join(f" [{step.title}: {step.status}]" for step in shown.steps)
            error = f" error={shown.error}" if shown.error else ""
            by = f" by={shown.stopped_by}" if shown.stopped_by else ""
            return f"{shown.status if shown.last else 'part'}{by}{error}:{steps} {shown.text}"
        case AskView():
            return f"ask {shown.status} {shown.outcome} {shown.label} by={shown.by} {shown.ask}"
        case FileView():
            return f"file {shown.name}: {shown.text}"
        case NoticeView():
            return f"notice {shown.level}: {shown.text}"
        case QueueView():
            return "waiting: " + " | ".join(entry.line for entry in shown.entries)
        case StatusView() | MarkView():
            return f"{shown}"
