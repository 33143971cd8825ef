"""A thread as its readers see it, and a handle to one reply."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.playground.blocks import stable, visible_text
from bot.playground.interactions import Pressable, newest_first, pressables
from bot.playground.local_slack import LocalSlack
from bot.playground.model import Message

Outline = list[tuple[str, str, Any]]


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread, or a message that may become one: `ts` is its root's."""

    slack: LocalSlack
    channel: str
    ts: str

    def messages(self) -> list[Message]:
        """The root and its replies, oldest first; nothing once the root is deleted."""
        return self.slack.workspace.thread(self.channel, self.ts)

    def text(self) -> str:
        """What a reader sees of all messages, without the labels of buttons."""
        return "\n".join(visible_text(message) for message in self.messages())

    def outline(self) -> Outline:
        """(author's name, text, blocks) of each message, in order, without anything that differs
        between two runs: no ts, no ids, no button values."""
        users = self.slack.workspace.users
        return [
            (users[m.user].name if m.user in users else m.user, m.text, stable(m.blocks or []))
            for m in self.messages()
        ]

    def pressables(self) -> list[Pressable]:
        """All that can be pressed, newest message first."""
        return [p for message in newest_first(self.messages()) for p in pressables(message)]

    def buttons(self) -> list[str]:
        """The labels of all that can be pressed, newest message first."""
        return [pressable.label for pressable in self.pressables()]

    def reactions(self) -> list[str]:
        """The emoji on the root."""
        return [name for message in self.messages()[:1] for name in message.reactions]

    def status(self) -> str | None:
        """The status of the agent session here, if there is one."""
        session = self.slack.workspace.sessions.get((self.channel, self.ts))
        return session.whole if session is not None else None

    def until(
        self, seen: Callable[["Thread"], object], timeout: float = 30.0
    ) -> Awaitable["Thread"]:
        """Wait until `seen(thread)` holds, looking again at every change; then the thread.

        TimeoutError, with what the thread shows, after `timeout` seconds.
        """
        return self._until(seen, timeout)

    async def _until(self, seen: Callable[["Thread"], object], seconds: float) -> "Thread":
        try:
            await self.slack.until(lambda: seen(self), seconds)
        except TimeoutError:
            raise TimeoutError(
                f"not seen within {seconds} s; buttons {self.buttons()}, status {self.status()}, "
                f"and the thread reads:\n{self.text()}"
            ) from None
        return self


@dataclass(frozen=True, slots=True)
class Post:
    """One reply, as a handle to edit, delete or react to it."""

    channel: str
    ts: str
