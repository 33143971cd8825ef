"""People as a test API: what they do and see in the local Slack, to be read like a story.

ana = slack.person("ana")
thread = await ana.mention("#dev", "deploy it")
await thread.until(lambda t: "Allow" in t.buttons())
assert await ana.click(thread, "Allow")
assert "done" in thread.text()

await ana.click(thread, "Deny …")
await ana.fill_modal({"Why?": "too risky", "Who else": ["@ben"]})
assert await ana.submit() == {}
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.blocks import as_list, stable, visible_text
from bot.playground.interactions import Pressable, newest_first, pressables
from bot.playground.local_slack import LocalSlack
from bot.playground.model import Json, Message
from bot.playground.view_seen import View, field_named

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
        return session.whole if session is not None else None

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

    async def upload(
        self, where: str | Thread, name: str, content: bytes | str, text: str = ""
    ) -> Post:
        """A message with a file, in a channel or as a reply, with words if any are given."""
        if isinstance(where, Thread):
            place = {"channel": where.channel, "thread_ts": where.ts}
        else:
            place = {"channel": self._channel(where)}
        data = content.encode() if isinstance(content, str) else content
        file = {"name": name, "content": base64.b64encode(data).decode()}
        done = await self._do("upload", **place, files=[file], text=text)
        return Post(place["channel"], done["ts"])

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
        self, thread: Thread | View, label: str, *, until_acked: bool = False, within: float = 30.0
    ) -> bool:
        """Press the newest thing with this label (or action_id) in a thread, a modal or on the Home
        tab; whether the app acked in time.

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

    async def select(self, where: Thread | View, field: str, *chosen: str) -> bool:
        """Choose in a menu, checkboxes or a picker (by placeholder or action_id) of the newest
        message that has it, or of a view; whether the app acked."""
        place, block, element = self._field(where, field)
        done = await self._put(place, block, element, list(chosen))
        return done["acked"]

    async def options(self, where: Thread | View, field: str, text: str) -> list[str]:
        """Type in a menu whose options the app loads: the labels it offers."""
        place, block, element = self._field(where, field)
        done = await self._do("suggest", **place, **_address(block, element), value=text)
        return [option["text"]["text"] for option in done["options"]]

    async def until_modal(self, title: str = "", within: float = 10.0) -> View:
        """Wait for a modal with this title, or for any."""

        def seen() -> bool:
            modal = self.modal()
            return modal is not None and title in ("", modal.title)

        try:
            await self.slack.until(seen, within)
        except TimeoutError:
            raise TimeoutError(f"no modal {title!r} but {self.modal()}") from None
        view = self.modal()
        assert view is not None
        return view

    async def fill_modal(self, values: Mapping[str, Any]) -> View:
        """Put something in fields of the modal, waiting for one to open; what is seen then.

        Fields by label (or placeholder, action_id, block_id). Texts, labels of options, names of
        people as "@ben", ids, dates; a list where many can be chosen; None empties a field.
        """
        await self.until_modal()
        for name, value in values.items():
            place, block, element = self._field(self._top(), name)
            await self._put(place, block, element, value)
        return self._top()

    async def submit(self) -> dict[str, str]:
        """Press Submit: the errors shown then, by the label of their field; {} if it was taken."""
        before = self._top()
        done = await self._do("submit", view=before.view["id"])
        if done["errors"]:
            return View(before.view, done["errors"]).errors()
        if not done["acked"] or "trouble" in done:
            raise Refused("We had some trouble connecting. Try again?")
        return {}

    async def close(self, *, everything: bool = False) -> None:
        """Close the modal on top, or all of them."""
        await self._do("close_modal", view=self._top().view["id"], all=everything)

    async def command(self, text: str, where: str | Thread = "#general") -> bool:
        """Type a slash command in a channel (by name or id); whether the app acked in time with
        something Slack can use. Slack refuses commands in threads."""
        if isinstance(where, Thread):
            place = {"channel": where.channel, "thread_ts": where.ts}
        else:
            place = {"channel": self._channel(where)}
        done = await self._do("command", **place, text=text)
        return done["acked"] and "trouble" not in done

    async def shortcut(self, name: str, on: Thread | Post | None = None) -> bool:
        """Use a shortcut by its name, on a message if it is one for messages."""
        place = {"channel": on.channel, "ts": on.ts} if on is not None else {}
        return (await self._do("shortcut", shortcut=name, **place))["acked"]

    def modal(self) -> View | None:
        """The modal on top, as it is now."""
        screens = self.slack.interactivity.screens
        stack = screens.stacks.get(self.id)
        return View(stack[-1], screens.errors.get(stack[-1]["id"], {})) if stack else None

    def home_tab(self) -> View:
        """The Home tab, to click in."""
        view = self.home()
        if view is None:
            raise Refused("the app published no Home tab")
        return View(view, {})

    def whispers(self) -> list[str]:
        """What only this person was shown, oldest first."""
        ephemerals = self.slack.workspace.ephemerals
        return [visible_text(e.message) for e in ephemerals if e.reader == self.id]

    def home(self) -> Json | None:
        """The Home view the app published for this person."""
        return self.slack.workspace.homes.get(self.id)

    def _whispered(self, thread: Thread) -> list[Message]:
        """What only this person sees in a thread, newest first."""
        return [
            e.message
            for e in reversed(self.slack.workspace.ephemerals)
            if (e.reader, e.message.channel) == (self.id, thread.channel)
            and e.message.thread_ts in (thread.ts, None)
        ]

    def _search(self, thread: Thread | View, label: str) -> Pressable | None:
        mine = [] if isinstance(thread, View) else self._whispered(thread)
        whispered = [p for message in mine for p in pressables(message)]
        for pressable in [*thread.pressables(), *whispered]:
            if label in (pressable.label, pressable.click["action_id"]):
                return pressable
        return None

    def _find(self, thread: Thread | View, label: str) -> Pressable:
        found = self._search(thread, label)
        if found is None:
            raise Refused(f"{label!r} is not among {thread.buttons()}")
        return found

    async def _press(self, what: Pressable) -> bool:
        """A thing that went away between the look and the press was not acked."""
        done = await self.slack.act({"as": self.id, "do": "click", **what.click})
        if not done["ok"] and done["error"] not in (
            "no_such_element",
            "message_not_found",
            "no_modal",
        ):
            raise Refused(done["message"])
        return done.get("acked", False)

    def _top(self) -> View:
        view = self.modal()
        if view is None:
            raise Refused("no modal is open")
        return view

    def _field(self, where: Thread | View, name: str) -> tuple[Json, Json, Json]:
        """A place, a block and an element of it, as acts take them."""
        if isinstance(where, View):
            modal = where.view["type"] == "modal"
            places: list[tuple[Json, list[Json]]] = [
                ({"view": where.view["id"]} if modal else {}, where.view["blocks"])
            ]
        else:
            messages = [*newest_first(where.messages()), *self._whispered(where)]
            places = [({"channel": m.channel, "ts": m.ts}, m.blocks or []) for m in messages]
        for place, blocks in places:
            found = field_named(blocks, name)
            if found is not None:
                return place, *found
        raise Refused(f"there is no field {name!r}")

    async def _put(self, place: Json, block: Json, element: Json, value: Any) -> Json:
        """Give an element a value; one whose options the app loads is asked for them first."""
        address = place | _address(block, element)
        values = [self._meant(one) for one in as_list(value) or [None]]
        if "external" in element["type"]:
            for one in values:
                await self._do("suggest", **address, value=str(one))
        many = element["type"].startswith("multi_") or len(values) != 1
        many = many or element["type"] in ("checkboxes", "file_input")
        given = [one for one in values if one is not None] if many else values[0]
        return await self._do("fill", **address, value=given)

    def _meant(self, value: Any) -> Any:
        """The id of "@name" and "#name"; anything else as it is."""
        workspace = self.slack.workspace
        users = {f"@{user.name}": user.id for user in workspace.users.values()}
        channels = {f"#{channel.name}": channel.id for channel in workspace.channels.values()}
        return (users | channels).get(value, value) if isinstance(value, str) else value

    async def _do(self, word: str, **fields: Any) -> Json:
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


def _address(block: Json, element: Json) -> Json:
    return {"block_id": block["block_id"], "action_id": element["action_id"]}
