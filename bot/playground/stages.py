"""Where a person presses something: in a message, one only they see, the Home tab, or a modal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from bot.playground.arguments import Arguments
from bot.playground.blocks import elements, is_shown_to, options
from bot.playground.holding import Values, held_at_first, holding, is_held
from bot.playground.homes import publish_home
from bot.playground.model import Channel, Json, Message, SlackError
from bot.playground.screens import Screens
from bot.playground.workspace import Workspace

_CHANNEL_NAMES = {"im": "directmessage", "group": "privategroup"}


@dataclass(frozen=True, slots=True)
class Stage:
    """`container`, and `payload`: what a block_actions says of the place besides what is held.
    Exactly one of `view` and `message` is there; an ephemeral message is not in the payload."""

    user_id: str
    blocks: Sequence[Json]
    payload: Json
    view: Json | None = None
    message: Message | None = None

    @property
    def app_id(self) -> str | None:
        """The app whose place it is; None if that of a message nobody answers for."""
        return self.view["app_id"] if self.view else self.message and self.message.app_id

    def find(self, block_id: str, action_id: str) -> tuple[Json, Json]:
        """The block and the element a person uses. `no_such_element` once it is gone, or if it is
        not shown to them."""
        for block in self.blocks:
            if block["block_id"] == block_id:
                for element in elements(block):
                    if element["action_id"] == action_id and is_shown_to(self.user_id, element):
                        return block, element
        raise SlackError("no_such_element")


def stage_of(workspace: Workspace, screens: Screens, user_id: str, wanted: Arguments) -> Stage:
    """The place named by `channel` and `ts`, or by `view`; without either the Home tab
    of `app`.

    Raises `message_not_found`, `channel_not_found`, or `no_modal` if the view is not on top.
    """
    if wanted.has("channel"):
        return _in_message(workspace, user_id, wanted)
    if wanted.has("view"):
        view = screens.top(user_id)
        if view["id"] != wanted.text("view"):
            raise SlackError("no_modal")
    else:
        install = workspace.install_of(workspace.user(user_id).team_id, wanted.text("app"))
        view = workspace.homes.get((install.app_id, user_id))
        if view is None:
            raise SlackError("message_not_found")
    container = {"type": "view", "view_id": view["id"]}
    return Stage(user_id, view["blocks"], {"container": container, "view": view}, view=view)


def _in_message(workspace: Workspace, user_id: str, wanted: Arguments) -> Stage:
    channel = workspace.channel_seen_by(user_id, wanted.need("channel"))
    ts = wanted.need("ts")
    for ephemeral in workspace.ephemerals:
        message = ephemeral.message
        if (message.channel, message.ts, ephemeral.reader) == (channel.id, ts, user_id):
            payload = _place(channel, message, ephemeral=True)
            return Stage(user_id, message.blocks or (), payload, message=message)
    message = workspace.message(channel.id, ts)
    payload = _place(channel, message, ephemeral=False) | {"message": workspace.shown(message)}
    return Stage(user_id, message.blocks or (), payload, message=message)


def _place(channel: Channel, message: Message, *, ephemeral: bool) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    return {"container": container, "channel": {"id": channel.id, "name": named_for_app(channel)}}


def named_for_app(channel: Channel) -> str:
    """A channel's name as payloads give it: that of a private one stays private."""
    return _CHANNEL_NAMES.get(channel.kind, channel.name)


# ---- what is held there


def held(screens: Screens, stage: Stage) -> Values:
    if stage.view is not None:
        return stage.view["state"]["values"]
    return held_at_first(stage.blocks, screens.chosen.get(_key(stage)))


def hold(
    workspace: Workspace, screens: Screens, stage: Stage, element_at: tuple[str, str], state: Json
) -> Stage:
    """The same place after the element holds `state`."""
    block_id, action_id = element_at
    before = held(screens, stage)
    values = {**before, block_id: {**before.get(block_id, {}), action_id: state}}
    if stage.view is None:
        screens.chosen[_key(stage)] = values
        return stage
    view = stage.view | {"state": {"values": values}}
    if view["type"] == "home":
        publish_home(workspace, stage.user_id, view)
    else:
        screens.replace(view)
    return Stage(stage.user_id, stage.blocks, stage.payload | {"view": view}, view=view)


def chosen_item(user_id: str, channel: str, ts: str, values: Values) -> Json:
    """What a person has put in the elements of a message, as the page is told."""
    return {"type": "chosen", "user": user_id, "channel": channel, "ts": ts, "values": values}


def _key(stage: Stage) -> tuple[str, str, str]:
    message = stage.message
    return (stage.user_id, message.channel, message.ts) if message else (stage.user_id, "", "")


# ---- what is sent


def given_by(wanted: Arguments) -> Any:
    """What a person gave: `value` of any kind, or a whole `selected_option`."""
    option = wanted.mapping("selected_option", "no_such_option")
    return option if option is not None else wanted.any("value")


def action_of(
    workspace: Workspace, screens: Screens, stage: Stage, element: Json, at: str, given: Any
) -> Json:
    """What was pressed or chosen, as one of the `actions`; `at` is the block's id."""
    kind = element["type"]
    head: Json = {"type": kind, "block_id": at, "action_id": element["action_id"]}
    if is_held(element):
        offered = screens.offered.get((stage.user_id, at, element["action_id"]), ())
        return head | holding(workspace, stage.user_id, element, given, offered)
    if kind in ("button", "icon_button"):
        return head | {key: element[key] for key in ("text", "value") if key in element}
    if kind == "feedback_buttons":
        for side in (element["positive_button"], element["negative_button"]):
            if side["value"] == given:
                return head | {"value": side["value"], "text": side["text"]}
        raise SlackError("no_such_option")
    return head | {"selected_option": _one_of(element, given)}


def _one_of(element: Json, given: Any) -> Json:
    wanted = cast(Json, given).get("value") if isinstance(given, dict) else given
    for option in options(element):
        if wanted in (option["value"], option["text"]["text"]):
            return option
    raise SlackError("no_such_option")
