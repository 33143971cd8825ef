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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bot.playground.blocks import as_list
from bot.playground.channels import open_im
from bot.playground.interactions import Pressable
from bot.playground.model import Json, SlackError
from bot.playground.oauth_routes import answered
from bot.playground.reader import Reader, Refused
from bot.playground.slack_app import SlackApp
from bot.playground.thread_seen import Post, Thread
from bot.playground.view_seen import View

# Before somebody presses again what was not acked.
PRESS_AGAIN_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Person(Reader):
    """Somebody in the workspace: what they see, as a `Reader`, and all they do. What Slack refuses
    raises Refused."""

    def using(self, app: SlackApp) -> "Person":
        """The same person, to whom this is the app."""
        return replace(self, app_id=app.id)

    async def post(self, channel: str, text: str) -> Thread:
        """A new message in "#channel" (or a channel's id), typed: @name and #name are resolved."""
        where = self._channel(channel)
        done = await self._do("post", channel=where, text=text)
        return Thread(self.slack, where, done["ts"])

    async def mention(self, channel: str, text: str) -> Thread:
        """A new message that begins with the app's name."""
        return await self.post(channel, f"@{self._app_name()} {text}")

    async def reply(
        self, thread: Thread, text: str, *, mention: bool = False, also_to_channel: bool = False
    ) -> Post:
        """A reply in a thread; with `mention` it names the app."""
        typed = f"@{self._app_name()} {text}" if mention else text
        place = {"channel": thread.channel, "thread_ts": thread.ts}
        done = await self._do("post", **place, text=typed, reply_broadcast=also_to_channel)
        return Post(thread.channel, done["ts"])

    async def message_bot(self, text: str) -> Thread:
        """A new message in the direct message with the app."""
        channel, opened = open_im(self.slack.workspace, self.id, self._app().user_id)
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

    async def message_group(self, others: Sequence["Person"], text: str) -> Thread:
        """A new message in the group direct message with these people and the app."""
        users = [self._app().user_id, *(other.id for other in others)]
        channel = (await self._do("open_group", users=",".join(users)))["channel"]
        return await self.post(channel, text)

    async def create_channel(self, name: str, *, private: bool = False) -> str:
        """A new channel with this person in it; its id."""
        return (await self._do("create_channel", name=name, is_private=private))["channel"]

    async def join(self, channel: str) -> None:
        await self._do("join_channel", channel=self._channel(channel))

    async def leave(self, channel: str) -> None:
        await self._do("leave", channel=self._channel(channel))

    async def invite(self, other: "Person", channel: str) -> None:
        await self._do("invite", channel=self._channel(channel), user=other.id)

    async def rename_channel(self, channel: str, name: str) -> None:
        await self._do("rename_channel", channel=self._channel(channel), name=name)

    async def set_topic(self, channel: str, topic: str) -> None:
        await self._do("set_topic", channel=self._channel(channel), topic=topic)

    async def archive(self, channel: str) -> None:
        await self._do("archive", channel=self._channel(channel))

    async def unarchive(self, channel: str) -> None:
        await self._do("unarchive", channel=self._channel(channel))

    async def pin(self, what: Thread | Post) -> None:
        await self._do("pin", channel=what.channel, ts=what.ts)

    async def unpin(self, what: Thread | Post) -> None:
        await self._do("unpin", channel=what.channel, ts=what.ts)

    async def rename_session(self, thread: Thread, title: str) -> None:
        """Give the agent session of a thread another title."""
        await self._do("rename_session", channel=thread.channel, thread_ts=thread.ts, title=title)

    def approve(self, install_url: str) -> str:
        """Press Allow on an app's install page, by its address; where the browser is sent then."""
        return self._answer(install_url, "allow")

    def decline(self, install_url: str) -> str:
        """Press Cancel there."""
        return self._answer(install_url, "cancel")

    def _answer(self, install_url: str, answer: str) -> str:
        asked = dict(parse_qsl(urlsplit(install_url).query))
        try:
            return answered(self.slack, {**asked, "as": self.id, "answer": answer})
        except SlackError as error:
            raise Refused(error.code) from error

    async def open_home(self) -> None:
        await self._do("open_home", app=self._app().app_id)

    async def open_messages(self) -> str:
        """Open the app's Messages tab; the id of the direct message."""
        return (await self._do("open_dm", app=self._app().app_id))["channel"]

    async def invite_app(self, channel: str) -> None:
        """Bring the app into a channel this person is in."""
        await self._do("invite", channel=self._channel(channel), user=self._app().user_id)

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
                if not self.slack.is_connected:
                    await self.slack.lines.changed.wait()
                await asyncio.sleep(PRESS_AGAIN_SECONDS)
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
        team = workspace.user(self.id).team_id
        users = {f"@{u.name}": u.id for u in workspace.users.values() if u.team_id == team}
        channels = {f"#{c.name}": c.id for c in workspace.channels.values() if c.team_id == team}
        return (users | channels).get(value, value) if isinstance(value, str) else value

    async def _do(self, word: str, **fields: Any) -> Json:
        done = await self.slack.act({"as": self.id, "do": word, **fields})
        if not done["ok"]:
            raise Refused(f"{word}: {done['error']}: {done['message']}")
        return done


def _address(block: Json, element: Json) -> Json:
    return {"block_id": block["block_id"], "action_id": element["action_id"]}
