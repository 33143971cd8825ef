"""People as a test API: what they do and see in the local Slack, to be read like a story.

ana = slack.person("ana")
thread = await ana.mention("#dev", "deploy it")
await thread.until(lambda t: "Allow" in t.buttons())
assert await ana.click(thread, "Allow")
assert "done" in thread.text()
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.playground.blocks import stable, visible_text
from bot.playground.interactions import Pressable, newest_first, pressables
from bot.playground.local_slack import LocalSlack
from bot.playground.model import Json, Message

Outline = list[tuple[str, str, Any]]


class Refused(Exception):
    """Slack did not let the person do it."""


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
        return session.status if session is not None else None

    def until(
        self, seen: Callable[["Thread"], object], timeout: float = 10.0
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


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the workspace. What Slack refuses raises Refused."""

    slack: LocalSlack
    id: str
    name: str

    async def post(self, channel: str, text: str) -> Thread:
        """A new message in "#channel" (or a channel's id), typed: @name and #name are resolved."""
        where = self._channel(channel)
        done = await self._do("post", channel=where, text=text)
        return Thread(self.slack, where, done["ts"])

    async def mention(self, channel: str, text: str) -> Thread:
        """A new message that begins with the app's name."""
        return await self.post(channel, f"@{self._app_name()} {text}")

    async def reply(self, thread: Thread, text: str, *, mention: bool = False) -> Post:
        """A reply in a thread; with `mention` it names the app."""
        typed = f"@{self._app_name()} {text}" if mention else text
        done = await self._do("post", channel=thread.channel, text=typed, thread_ts=thread.ts)
        return Post(thread.channel, done["ts"])

    async def message_bot(self, text: str) -> Thread:
        """A new message in the direct message with the app."""
        user = self.slack.workspace.user(self.id)
        bot = self.slack.workspace.install_of(user.team_id).user_id
        channel, opened = self.slack.workspace.open_im(self.id, bot)
        self.slack.apply(opened)
        return await self.post(channel.id, text)

    async def edit(self, what: Thread | Post, text: str) -> None:
        await self._do("edit", channel=what.channel, ts=what.ts, text=text)

    async def delete(self, what: Thread | Post) -> None:
        await self._do("delete", channel=what.channel, ts=what.ts)

    async def react(self, what: Thread | Post, name: str) -> None:
        await self._do("react", channel=what.channel, ts=what.ts, name=name)

    async def unreact(self, what: Thread | Post, name: str) -> None:
        await self._do("unreact", channel=what.channel, ts=what.ts, name=name)

    async def stop(self, thread: Thread) -> None:
        """Slack's own Stop, which is there while the session is processing."""
        await self._do("stop", channel=thread.channel, thread_ts=thread.ts)

    async def open_home(self) -> None:
        await self._do("open_home")

    async def open_messages(self) -> str:
        """Open the app's Messages tab; the id of the direct message."""
        return (await self._do("open_dm"))["channel"]

    async def invite_app(self, channel: str) -> None:
        """Bring the app into a channel this person is in."""
        bot = self.slack.workspace.installs[0].user_id
        await self._do("invite", channel=self._channel(channel), user=bot)

    async def click(
        self, thread: Thread, label: str, *, until_acked: bool = False, within: float = 30.0
    ) -> bool:
        """Press the newest thing with this label (or action_id); whether the app acked in time.

        With `until_acked`, do as people do who see the warning triangle: press again, as long as
        it is there, for up to `within` seconds. False then means that it went away unacked: an
        earlier press was taken.
        """
        acked = await self._press(self._find(thread, label))
        if not until_acked:
            return acked
        async with asyncio.timeout(within):
            while not acked and (again := self._search(thread, label)) is not None:
                if not self.slack.socket_mode.sockets:
                    await self.slack.socket_mode.changed.wait()
                acked = await self._press(again)
        return acked

    def whispers(self) -> list[str]:
        """What only this person was shown, oldest first."""
        ephemerals = self.slack.workspace.ephemerals
        return [visible_text(e.message) for e in ephemerals if e.reader == self.id]

    def home(self) -> Json | None:
        """The Home view the app published for this person."""
        return self.slack.workspace.homes.get(self.id)

    def _search(self, thread: Thread, label: str) -> Pressable | None:
        mine = [
            p
            for e in reversed(self.slack.workspace.ephemerals)
            if e.reader == self.id and e.message.thread_ts == thread.ts
            for p in pressables(e.message)
        ]
        for pressable in [*thread.pressables(), *mine]:
            if label in (pressable.label, pressable.click["action_id"]):
                return pressable
        return None

    def _find(self, thread: Thread, label: str) -> Pressable:
        found = self._search(thread, label)
        if found is None:
            raise Refused(f"{label!r} is not among {thread.buttons()}")
        return found

    async def _press(self, what: Pressable) -> bool:
        """A thing that went away between the look and the press was not acked."""
        done = await self.slack.act({"as": self.id, "do": "click", **what.click})
        if not done["ok"] and done["error"] not in ("no_such_element", "message_not_found"):
            raise Refused(done["message"])
        return done.get("acked", False)

    async def _do(self, word: str, **fields: str) -> Json:
        done = await self.slack.act({"as": self.id, "do": word, **fields})
        if not done["ok"]:
            raise Refused(f"{word}: {done['error']}: {done['message']}")
        return done

    def _channel(self, given: str) -> str:
        channels = self.slack.workspace.channels
        for channel in channels.values():
            if given in (channel.id, f"#{channel.name}"):
                return channel.id
        raise Refused(f"there is no {given}")

    def _app_name(self) -> str:
        workspace = self.slack.workspace
        return workspace.user(workspace.installs[0].user_id).name
