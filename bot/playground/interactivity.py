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
from bot.playground.journal import Delivery, Failure, Journal
from bot.playground.model import App, Change, Json, Message, Misuse, SlackError, User
from bot.playground.payloads import Actor
from bot.playground.response_urls import Occasion, ResponseUrls, chosen_targets, respond
from bot.playground.screens import STACK, Screens, completed, successor
from bot.playground.stages import Stage
from bot.playground.validate import require_options, require_view
from bot.playground.workspace import Workspace

# The code a person reads whose command the app did not take: here by why not.
_COMMAND_FAILURES: Mapping[Failure | None, str] = {
    "http_timeout": "operation_timeout",
    "http_error": "http_service_error",
}
_NAMED = re.compile(r"<@([A-Z0-9]+)>")


@dataclass(slots=True)
class Interactivity:
    """What people do with all apps. `interact` delivers, and says whether it was acked; `apply`
    tells page and apps what an answer changed."""

    workspace: Workspace
    now: Callable[[], float]
    journal: Journal
    interact: Callable[[Delivery], Awaitable[bool]]
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
        """Put something in an element; the app is told where Slack tells it, but not while a
        person is still `typing`."""
        stage = stages.stage_of(self.workspace, self.screens, user.id, wanted)
        block, element = stage.find(wanted.need("block_id"), wanted.need("action_id"))
        dispatches = block["type"] != "input" or block.get("dispatch_action")
        if dispatches and not wanted.flag("typing"):
            return await self._use(user, stage, block, element, stages.given_by(wanted))
        action = self._action(stage, block, element, stages.given_by(wanted))
        self._hold(stage, action)
        return {"acked": True}

    async def _use(self, user: User, stage: Stage, block: Json, element: Json, given: Any) -> Json:
        action = self._action(stage, block, element, given)
        if is_held(element):
            stage = self._hold(stage, action)
        actor = self._actor(user, stage.app_id)
        payload = payloads.block_actions(
            actor,
            stage,
            stages.held(self.screens, stage),
            action | {"action_ts": f"{self.now():.6f}"},
            self._trigger(actor),
        )
        if stage.message is not None:
            payload["response_url"] = self._response_url(actor, stage.message)
        acked, _ = await self._send("interactive", payload)
        return {"acked": acked}

    def _action(self, stage: Stage, block: Json, element: Json, given: Any) -> Json:
        at = block["block_id"]
        return stages.action_of(self.workspace, self.screens, stage, element, at, given)

    def _hold(self, stage: Stage, action: Json) -> Stage:
        at = (action["block_id"], action["action_id"])
        state = {k: v for k, v in action.items() if k not in ("block_id", "action_id")}
        held = stages.hold(self.workspace, self.screens, stage, at, state)
        if (message := held.message) is not None:
            values = stages.held(self.screens, held)
            item = stages.chosen_item(held.user_id, message.channel, message.ts, values)
            self.apply(Change(redraw=(item,)))
        return held

    async def suggest(self, user: User, wanted: Arguments) -> Json:
        """Type in an external select: the options the app offers for it."""
        stage = stages.stage_of(self.workspace, self.screens, user.id, wanted)
        block, element = stage.find(wanted.need("block_id"), wanted.need("action_id"))
        text, at = wanted.text("value") or "", (block["block_id"], element["action_id"])
        if "external" not in element["type"]:
            raise SlackError("no_such_element")
        if len(text) < element.get("min_query_length", 3):
            return {"acked": True, "options": []}
        payload = payloads.block_suggestion(self._actor(user, stage.app_id), stage, at, text)
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
        if view["submit"] is None:
            raise SlackError("no_such_element")
        errors = unfinished(view["blocks"], view["state"]["values"])
        self.apply(self.screens.complain(view["id"], errors))
        if errors:
            return {"acked": False, "errors": errors}
        actor = self._actor(user, view["app_id"])
        payload = payloads.view_submission(actor, view, self._trigger(actor))
        payload["response_urls"] = self._answerable(actor, view)
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
        payload = payloads.view_closed(self._actor(user, view["app_id"]), view, cleared=cleared)
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
                    given = self._given_view(user, view["app_id"], answer)
                    self.apply(self.screens.replace(successor(now, given)))
            case "push":
                if len(self.screens.stacks.get(user.id, ())) >= STACK:
                    raise SlackError("push_limit_reached")
                given = self._given_view(user, view["app_id"], answer)
                self.apply(self.screens.push(user.id, given))
            case other:
                raise SlackError("invalid_arguments", (f"unknown response_action {other!r}",))
        return {}

    def _given_view(self, user: User, app_id: str, answer: Json) -> Json:
        given = answer.get("view")
        if not isinstance(given, dict):
            raise SlackError("invalid_arguments", ("[ERROR] missing required field: view",))
        view = cast(Json, given)
        require_view(view, "modal")
        install = self.workspace.install_of(user.team_id, app_id)
        return completed(self.workspace, install, view, self.now())

    # ---- commands and shortcuts

    async def command(self, user: User, wanted: Arguments) -> Json:
        """Type a slash command: never in a thread. The ack may carry a message."""
        channel = self.workspace.channel_seen_by(user.id, wanted.need("channel"))
        word, _, text = wanted.need("text").strip().partition(" ")
        actor, known = self._command_named(user, word)
        if wanted.text("thread_ts"):
            raise SlackError("no_commands_in_threads")
        if known.get("should_escape"):
            text = self._escaped(user, text)
        install = self.workspace.install_of(user.team_id, actor.app.id)
        occasion = Occasion(install, user.id, channel.id, self.now())
        payload = payloads.command(actor, channel, word, text) | {
            "trigger_id": self._trigger(actor),
            "response_url": self.response_urls.give("commands", occasion, self.workspace),
        }
        delivery = await self._deliver("slash_commands", payload)
        if delivery.outcome != "acked":
            failure = delivery.attempts[-1].failure if delivery.attempts else None
            return {"acked": False, "trouble": _COMMAND_FAILURES.get(failure, "dispatch_failed")}
        if answer := _payload(delivery):
            try:
                self.apply(respond(self.workspace, occasion, answer, self.now()))
            except (SlackError, Misuse) as error:
                return self._misuse(f"the answer to {word}", error)
        return {"acked": True}

    async def shortcut(self, user: User, wanted: Arguments) -> Json:
        """Use a shortcut by name or callback_id; on a message if `channel` and `ts` are given."""
        kind = "message" if wanted.has("channel") else "global"
        actor, callback_id = self._shortcut_named(user, kind, wanted.need("shortcut"))
        if kind == "message":
            payload = self._message_action(actor, callback_id, wanted)
        else:
            trigger = self._trigger(actor)
            payload = payloads.shortcut(actor, callback_id, trigger, self.now())
        acked, _ = await self._send("interactive", payload)
        return {"acked": acked}

    def _command_named(self, user: User, word: str) -> tuple[Actor, Json]:
        """If two apps have the same command, the one installed later is meant."""
        for app in reversed(self._apps_of(user)):
            for command in app.commands:
                if command["command"] == word:
                    return self._actor(user, app.id), command
        raise SlackError("no_such_command")

    def _shortcut_named(self, user: User, kind: str, name: str) -> tuple[Actor, str]:
        for app in self._apps_of(user):
            for each in app.shortcuts:
                if each["type"] == kind and name in (each["name"], each["callback_id"]):
                    return self._actor(user, app.id), each["callback_id"]
        raise SlackError("no_such_shortcut")

    def _message_action(self, actor: Actor, callback_id: str, wanted: Arguments) -> Json:
        channel = self.workspace.channel_seen_by(actor.user.id, wanted.need("channel"))
        message = self.workspace.message(channel.id, wanted.need("ts"))
        shown = self.workspace.shown(message)
        payload = payloads.message_action(actor, callback_id, channel, shown)
        return payload | {
            "trigger_id": self._trigger(actor),
            "response_url": self._response_url(actor, message),
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
        delivery = await self._deliver(kind, payload)
        return delivery.outcome == "acked", _payload(delivery)

    async def _deliver(
        self, kind: Literal["interactive", "slash_commands"], payload: Json
    ) -> Delivery:
        delivery = Delivery(self.now(), kind, payload)
        self.journal.deliveries.append(delivery)
        await self.interact(delivery)
        return delivery

    def _apps_of(self, user: User) -> list[App]:
        """The apps in this person's team, in the order they were installed in."""
        installs = self.workspace.installs_in(user.team_id)
        return [self.workspace.apps[i.app_id] for i in installs]

    def _actor(self, user: User, app_id: str | None) -> Actor:
        """This person, and the app; `app_not_installed` once it has gone."""
        install = self.workspace.install_of(user.team_id, app_id)
        team = self.workspace.teams[user.team_id]
        return Actor(user, team, self.workspace.apps[install.app_id])

    def _trigger(self, actor: Actor) -> str:
        serial = int(self.workspace.new_id(""), 36)
        trigger = f"{int(self.now() * 1000)}.{serial}.{secrets.token_hex(16)}"
        return self.triggers.give(trigger, actor.app.id, actor.user.id, self.now())

    def _response_url(self, actor: Actor, message: Message) -> str:
        install = self.workspace.install_of(actor.team.id, actor.app.id)
        occasion = Occasion(install, actor.user.id, message.channel, self.now(), message)
        return self.response_urls.give("actions", occasion, self.workspace)

    def _answerable(self, actor: Actor, view: Json) -> list[Json]:
        """A response_url for each channel chosen in a menu that asks for one."""
        install = self.workspace.install_of(actor.team.id, actor.app.id)
        answerable: list[Json] = []
        for target in chosen_targets(view):
            occasion = Occasion(install, actor.user.id, target["channel_id"], self.now())
            url = self.response_urls.give("actions", occasion, self.workspace)
            answerable.append({**target, "response_url": url})
        return answerable

    def _misuse(self, what: str, error: SlackError | Misuse) -> Json:
        """Acked, but with what Slack cannot use: the person sees that it did not work."""
        self.journal.misuses.append(f"{what}: {', '.join(str(arg) for arg in error.args)}")
        return {"acked": True, "trouble": str(error.args[0])}


def _payload(delivery: Delivery) -> Json:
    """What came with the ack, if anything did."""
    payload: Any = delivery.attempts[-1].payload if delivery.attempts else None
    return cast(Json, payload) if isinstance(payload, dict) else {}


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
