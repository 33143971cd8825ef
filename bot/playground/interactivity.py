"""What people press, choose, submit and call: told to the app, and its answers honoured.

An interaction is delivered once. The app's ack may carry a payload where Slack takes one: a
`response_action` for a submitted modal, options for an external select, a message for a command.
One that Slack could not use is kept as a misuse.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from bot.playground import payloads, stages
from bot.playground.arguments import Arguments
from bot.playground.blocks import as_list
from bot.playground.call import Triggers
from bot.playground.holding import is_held, unfinished
from bot.playground.interactions import typed
from bot.playground.journal import Delivery, Journal
from bot.playground.model import Change, Json, Message, Misuse, SlackError, User
from bot.playground.response_urls import Occasion, ResponseUrls, respond
from bot.playground.screens import STACK, Screens, completed, successor
from bot.playground.socket_mode import SocketMode
from bot.playground.stages import Stage
from bot.playground.validate import require_options, require_view
from bot.playground.workspace import Workspace

_NAMED = re.compile(r"<@([A-Z0-9]+)>")


@dataclass(slots=True)
class Interactivity:
    """One app's interactivity. `apply` tells page and app what an answer changed."""

    workspace: Workspace
    now: Callable[[], float]
    journal: Journal
    socket_mode: SocketMode
    apply: Callable[[Change], None]
    triggers: Triggers = field(default_factory=Triggers)
    screens: Screens = field(default_factory=Screens)
    response_urls: ResponseUrls = field(default_factory=ResponseUrls)

    # ---- elements

    async def click(self, user: User, wanted: Arguments) -> Json:
        """Use an element that tells the app at once: any but one in an `input` block."""
        stage = stages.stage_of(self.workspace, self.screens, user.id, wanted)
        block, element = stage.find(wanted.need("block_id"), wanted.need("action_id"))
        return await self._use(user, stage, block, element, stages.given_by(wanted))

    async def fill(self, user: User, wanted: Arguments) -> Json:
        """Put something in an element; the app is told where Slack tells it."""
        stage = stages.stage_of(self.workspace, self.screens, user.id, wanted)
        block, element = stage.find(wanted.need("block_id"), wanted.need("action_id"))
        if block["type"] != "input" or block.get("dispatch_action"):
            return await self._use(user, stage, block, element, stages.given_by(wanted))
        action = self._action(stage, block, element, stages.given_by(wanted))
        self._hold(stage, action)
        return {"acked": True}

    async def _use(self, user: User, stage: Stage, block: Json, element: Json, given: Any) -> Json:
        action = self._action(stage, block, element, given)
        if is_held(element):
            stage = self._hold(stage, action)
        payload = payloads.block_actions(
            self.workspace,
            user,
            stage,
            stages.held(self.screens, stage),
            action | {"action_ts": f"{self.now():.6f}"},
            self._trigger(user),
        )
        if stage.message is not None:
            payload["response_url"] = self._response_url("actions", user, stage.message)
        acked, _ = await self._send("interactive", payload)
        return {"acked": acked}

    def _action(self, stage: Stage, block: Json, element: Json, given: Any) -> Json:
        at = block["block_id"]
        return stages.action_of(self.workspace, self.screens, stage, element, at, given)

    def _hold(self, stage: Stage, action: Json) -> Stage:
        at = (action["block_id"], action["action_id"])
        state = {k: v for k, v in action.items() if k not in ("block_id", "action_id")}
        return stages.hold(self.workspace, self.screens, stage, at, state)

    async def suggest(self, user: User, wanted: Arguments) -> Json:
        """Type in an external select: the options the app offers for it."""
        stage = stages.stage_of(self.workspace, self.screens, user.id, wanted)
        block, element = stage.find(wanted.need("block_id"), wanted.need("action_id"))
        text, at = wanted.text("value") or "", (block["block_id"], element["action_id"])
        if "external" not in element["type"]:
            raise SlackError("no_such_element")
        if len(text) < element.get("min_query_length", 3):
            return {"acked": True, "options": []}
        payload = payloads.block_suggestion(self.workspace, user, stage, at, text)
        acked, answer = await self._send("interactive", payload)
        if not acked:
            return {"acked": False, "options": []}
        try:
            require_options(answer)
        except SlackError as error:
            return self._misuse("the answer to block_suggestion", error) | {"options": []}
        groups = as_list(answer.get("option_groups"))
        offered: list[Json] = [option for group in groups for option in group["options"]]
        offered = offered or as_list(answer.get("options"))
        known = self.screens.offered.setdefault((user.id, *at), [])
        known += [option for option in offered if option not in known]
        return {"acked": True, **answer, "options": offered}

    # ---- modals

    async def submit(self, user: User, wanted: Arguments) -> Json:
        """Press Submit. `errors` are sentences by block: Slack's own, or the app's."""
        view = self._open_view(user, wanted)
        errors = unfinished(view["blocks"], view["state"]["values"])
        self.apply(self.screens.complain(view["id"], errors))
        if errors:
            return {"acked": False, "errors": errors}
        payload = payloads.view_submission(self.workspace, user, view, self._trigger(user))
        acked, answer = await self._send("interactive", payload)
        if not acked:
            return {"acked": False, "errors": {}}
        try:
            errors = self._obey(user, view, answer)
        except SlackError as error:
            return self._misuse("the answer to view_submission", error) | {"errors": {}}
        return {"acked": True, "errors": errors}

    async def close_modal(self, user: User, wanted: Arguments) -> Json:
        """Press Close, or with `all` the cross that closes the whole stack."""
        view = self._open_view(user, wanted)
        cleared = wanted.flag("all") or view["clear_on_close"]
        screens = self.screens
        self.apply(screens.clear(user.id) if cleared else screens.close(view["id"]))
        if not view["notify_on_close"]:
            return {"acked": True}
        payload = payloads.view_closed(self.workspace, user, view, cleared=cleared)
        acked, _ = await self._send("interactive", payload)
        return {"acked": acked}

    def _open_view(self, user: User, wanted: Arguments) -> Json:
        view = self.screens.top(user.id)
        if wanted.text("view") not in (None, view["id"]):
            raise SlackError("no_modal")
        return view

    def _obey(self, user: User, view: Json, answer: Json) -> dict[str, str]:
        """Do what the ack of a submission says; the errors it gives."""
        match answer.get("response_action"):
            case None if not answer:
                self.apply(self.screens.close(view["id"]))
            case "clear":
                self.apply(self.screens.clear(user.id))
            case "errors":
                errors = _required_errors(view, answer.get("errors"))
                self.apply(self.screens.complain(view["id"], errors))
                return errors
            case "update":
                # The app may have closed or changed the view meanwhile.
                now = self.screens.find("id", view["id"])
                if now is not None:
                    self.apply(self.screens.replace(successor(now, self._given_view(user, answer))))
            case "push":
                if len(self.screens.stacks.get(user.id, ())) >= STACK:
                    raise SlackError("push_limit_reached")
                self.apply(self.screens.push(user.id, self._given_view(user, answer)))
            case other:
                raise SlackError("invalid_arguments", (f"unknown response_action {other!r}",))
        return {}

    def _given_view(self, user: User, answer: Json) -> Json:
        given = answer.get("view")
        if not isinstance(given, dict):
            raise SlackError("invalid_arguments", ("[ERROR] missing required field: view",))
        view = cast(Json, given)
        require_view(view, "modal")
        install = self.workspace.install_of(user.team_id)
        return completed(self.workspace, install, view, self.now())

    # ---- commands and shortcuts

    async def command(self, user: User, wanted: Arguments) -> Json:
        """Type a slash command: never in a thread. The ack may carry a message."""
        channel = self.workspace.channel_seen_by(user.id, wanted.need("channel"))
        word, _, text = wanted.need("text").strip().partition(" ")
        install = self.workspace.install_of(user.team_id)
        known = next((c for c in install.commands if c["command"] == word), None)
        if known is None:
            raise SlackError("no_such_command")
        if wanted.text("thread_ts"):
            raise SlackError("no_commands_in_threads")
        if known.get("should_escape"):
            text = self._escaped(user, text)
        occasion = Occasion(install, user.id, channel.id, self.now())
        payload = payloads.command(self.workspace, user, channel, word, text) | {
            "trigger_id": self._trigger(user),
            "response_url": self.response_urls.give("commands", occasion, self.workspace),
        }
        acked, answer = await self._send("slash_commands", payload)
        if answer:
            try:
                self.apply(respond(self.workspace, occasion, answer, self.now()))
            except (SlackError, Misuse) as error:
                return self._misuse(f"the answer to {word}", error)
        return {"acked": acked}

    async def shortcut(self, user: User, wanted: Arguments) -> Json:
        """Use a shortcut by name or callback_id; on a message if `channel` and `ts` are given."""
        kind = "message" if wanted.has("channel") else "global"
        name, install = wanted.need("shortcut"), self.workspace.install_of(user.team_id)
        callback_id = next(
            (
                each["callback_id"]
                for each in install.shortcuts
                if each["type"] == kind and name in (each["name"], each["callback_id"])
            ),
            None,
        )
        if callback_id is None:
            raise SlackError("no_such_shortcut")
        if kind == "message":
            payload = self._message_action(user, callback_id, wanted)
        else:
            trigger = self._trigger(user)
            payload = payloads.shortcut(self.workspace, user, callback_id, trigger, self.now())
        acked, _ = await self._send("interactive", payload)
        return {"acked": acked}

    def _message_action(self, user: User, callback_id: str, wanted: Arguments) -> Json:
        channel = self.workspace.channel_seen_by(user.id, wanted.need("channel"))
        message = self.workspace.message(channel.id, wanted.need("ts"))
        payload = payloads.message_action(self.workspace, user, callback_id, channel, message)
        return payload | {
            "trigger_id": self._trigger(user),
            "response_url": self._response_url("actions", user, message),
            "action_ts": f"{self.now():.6f}",
        }

    def _escaped(self, user: User, text: str) -> str:
        """Names of people and channels in the text of a command, with their ids."""
        workspace = self.workspace

        def named(found: re.Match[str]) -> str:
            return f"<@{found[1]}|{workspace.users[found[1]].name}>"

        return _NAMED.sub(named, typed(workspace, user.team_id, text))

    # ---- to the app and back

    async def _send(
        self, kind: Literal["interactive", "slash_commands"], payload: Json
    ) -> tuple[bool, Json]:
        """Whether the app acked in time, and the payload of its ack."""
        delivery = Delivery(self.now(), kind, payload)
        self.journal.deliveries.append(delivery)
        acked = await self.socket_mode.interact(delivery)
        answer: Any = delivery.attempts[-1].payload if acked else None
        return acked, cast(Json, answer) if isinstance(answer, dict) else {}

    def _trigger(self, user: User) -> str:
        serial = int(self.workspace.new_id(""), 36)
        trigger = f"{int(self.now() * 1000)}.{serial}.{secrets.token_hex(16)}"
        return self.triggers.give(trigger, user.id, self.now())

    def _response_url(
        self, kind: Literal["actions", "commands"], user: User, message: Message
    ) -> str:
        install = self.workspace.install_of(user.team_id)
        occasion = Occasion(install, user.id, message.channel, self.now(), message)
        return self.response_urls.give(kind, occasion, self.workspace)

    def _misuse(self, what: str, error: SlackError | Misuse) -> Json:
        """Acked, but with what Slack cannot use: the person sees that it did not work."""
        self.journal.misuses.append(f"{what}: {', '.join(str(arg) for arg in error.args)}")
        return {"acked": True, "trouble": str(error.args[0])}


def _required_errors(view: Json, errors: object) -> dict[str, str]:
    """The errors of an ack, if each belongs to an input block of the view."""
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    given = cast(dict[str, Any], errors) if isinstance(errors, dict) else {}
    strange = sorted(given.keys() - inputs)
    if not given or strange:
        raise SlackError("invalid_arguments", (f"errors of no input block: {strange}",))
    return {block_id: str(sentence) for block_id, sentence in given.items()}


# What a person does that the app must ack, by the word of `/local/act`.
Interaction = Callable[[Interactivity, User, Arguments], Awaitable[Json]]
INTERACTIONS: Mapping[str, Interaction] = {
    "click": Interactivity.click,
    "fill": Interactivity.fill,
    "suggest": Interactivity.suggest,
    "submit": Interactivity.submit,
    "close_modal": Interactivity.close_modal,
    "command": Interactivity.command,
    "shortcut": Interactivity.shortcut,
}
