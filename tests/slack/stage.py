"""A thread in the local Slack, and our surface on it: for tests that show things."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.core.ids import PartKey, Receipt, Slot, ThreadKey
from bot.core.ports import Target
from bot.core.views import Priority, Shown
from bot.playground import Playground
from bot.playground.model import Message
from bot.playground.people import Thread
from bot.slack.calls import Web
from bot.slack.lane import Lane
from bot.slack.parse import Identity
from bot.slack.surface import SlackSurface


class HastyClock:
    """Only sleeping passes time, and takes none (or `pause` seconds); the time of day is `now`."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.slept: list[float] = []
        self.pause = 0.0
        self.time = now

    def monotonic(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(self.pause)


@dataclass
class Stage:
    """A thread Ana began by mentioning the bot, and our surface on it."""

    slack: Playground
    thread: Thread
    key: ThreadKey
    surface: SlackSurface
    clock: HastyClock
    alive: list[bool] = field(default_factory=lambda: [True])
    asked_by: str = ""

    def target(self, slot: Slot, part: int = 0, priority: Priority = Priority.FIRST) -> Target:
        return Target(self.key, PartKey(slot, part, self.key.place), priority, self.asked_by)

    async def show(
        self, shown: Shown | None, slot: Slot, receipt: Receipt | None = None, part: int = 0
    ) -> Receipt | None:
        return await self.surface.show(self.target(slot, part), receipt, says(shown))

    def replies(self) -> list[Message]:
        return self.thread.messages()[1:]

    def calls(self, method: str) -> int:
        return len(self.slack.journal.called(method))


def says(*views: Shown | None) -> Callable[[], Awaitable[Shown | None]]:
    """Gives one view after the other, the last for ever."""
    left = list(views)

    async def newest() -> Shown | None:
        return left.pop(0) if len(left) > 1 else left[0]

    return newest


def identity(slack: Playground) -> Identity:
    install = slack.workspace.installs[0]
    return Identity(install.team_id, install.user_id, install.name, install.bot_id)


def surface_on(slack: Playground, web: Web, clock: HastyClock, alive: list[bool]) -> SlackSurface:
    return SlackSurface(web, Lane(lambda: alive[0], clock), identity(slack), clock=clock)
