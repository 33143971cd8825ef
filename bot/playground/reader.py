"""What a person sees in the local Slack."""

from dataclasses import dataclass

from bot.playground.blocks import options, visible_text
from bot.playground.interactions import Pressable, newest_first, place_of_view, pressables
from bot.playground.local_slack import LocalSlack
from bot.playground.model import Install, Json, Message, SlackError
from bot.playground.thread_seen import Thread
from bot.playground.view_seen import View, field_named


class Refused(Exception):
    """Slack did not let the person do it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who looks. "The app" is the one the local Slack is for, or `app_id` if given."""

    slack: LocalSlack
    id: str
    name: str
    app_id: str | None = None

    def read(self, channel: str | None = None) -> list[Thread]:
        """What stands in a channel (by name or id), oldest first, each with its thread: to be read
        and pressed in. Without a channel the direct messages with the app."""
        where = self._channel(channel) if channel is not None else self._direct()
        shown = self.slack.workspace.timeline(where) if where is not None else []
        return [Thread(self.slack, where or "", message.ts) for message in shown]

    async def until_read(
        self, text: str, channel: str | None = None, within: float = 30.0
    ) -> Thread:
        """Wait for a message with this in it, as `read` finds it; the newest one."""

        def found() -> list[Thread]:
            return [thread for thread in self.read(channel) if text in thread.text()]

        try:
            await self.slack.until(found, within)
        except TimeoutError:
            shown = [thread.text() for thread in self.read(channel)]
            raise TimeoutError(f"nothing with {text!r}, only {shown}") from None
        return found()[-1]

    def choices(self, where: Thread | View, field: str) -> list[str]:
        """The labels a menu, an overflow, checkboxes or radio buttons offer (by placeholder, label
        or action_id)."""
        _, _, element = self._field(where, field)
        return [option["text"]["text"] for option in options(element)]

    def question(self, where: Thread | View, label: str) -> str:
        """What Slack asks before this is pressed: title and text; empty if it does not ask."""
        confirm = self._find(where, label).confirm
        return f"{confirm['title']['text']}\n{confirm['text']['text']}" if confirm else ""

    async def until_modal(self, title: str = "", within: float = 30.0) -> View:
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

    def whispers(self, thread: Thread | None = None) -> list[str]:
        """What only this person was shown, in a thread or anywhere, oldest first."""
        if thread is not None:
            return [visible_text(message) for message in reversed(self._whispered(thread))]
        ephemerals = self.slack.workspace.ephemerals
        return [visible_text(e.message) for e in ephemerals if e.reader == self.id]

    def home(self) -> Json | None:
        """The Home view the app published for this person."""
        return self.slack.workspace.homes.get((self._app().app_id, self.id))

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

    def _top(self) -> View:
        view = self.modal()
        if view is None:
            raise Refused("no modal is open")
        return view

    def _field(self, where: Thread | View, name: str) -> tuple[Json, Json, Json]:
        """A place, a block and an element of it, as acts take them."""
        if isinstance(where, View):
            places: list[tuple[Json, list[Json]]] = [
                (place_of_view(where.view), where.view["blocks"])
            ]
        else:
            messages = [*newest_first(where.messages()), *self._whispered(where)]
            places = [({"channel": m.channel, "ts": m.ts}, m.blocks or []) for m in messages]
        for place, blocks in places:
            found = field_named(blocks, name)
            if found is not None:
                return place, *found
        raise Refused(f"there is no field {name!r}")

    def _direct(self) -> str | None:
        """The direct message with the app, once there is one."""
        pair = {self.id, self._app().user_id}
        for channel in self.slack.workspace.channels.values():
            if channel.kind == "im" and set(channel.members) == pair:
                return channel.id
        return None

    def _channel(self, given: str) -> str:
        workspace = self.slack.workspace
        team = workspace.user(self.id).team_id
        for channel in workspace.channels.values():
            named = channel.team_id == team and f"#{channel.name}" == given
            if named or given == channel.id:
                return channel.id
        raise Refused(f"there is no {given}")

    def _app(self) -> Install:
        """The app of this person's workspace: the first that was installed there."""
        workspace = self.slack.workspace
        try:
            return workspace.install_of(workspace.user(self.id).team_id, self.app_id)
        except SlackError as error:
            raise Refused(error.code) from error

    def _app_name(self) -> str:
        return self.slack.workspace.user(self._app().user_id).name
