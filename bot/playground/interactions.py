"""What a person typed and pressed, in the forms Slack hands to an app. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.playground.arguments import Arguments
from bot.playground.blocks import as_list, elements
from bot.playground.model import Channel, Json, Message, SlackError, microseconds
from bot.playground.workspace import Workspace

_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_MARKUP = re.compile(
    r"(?<![\w@#/])(?P<sign>[@#])(?P<name>[\w.-]*\w)|(?P<url>https?://(?:(?!&[lg]t;)[^\s|])+)"
)
_BROADCASTS = ("channel", "here", "everyone")
_CHANNEL_NAMES = {"im": "directmessage", "group": "privategroup"}


def typed(workspace: Workspace, team_id: str, text: str) -> str:
    """Text as a person typed it, as Slack stores it: names and links become control sequences,
    `&<>` are escaped, and nothing is read into code."""
    pieces = _CODE.split(text)
    return "".join(
        _escaped(piece) if i % 2 else _marked(workspace, team_id, piece)
        for i, piece in enumerate(pieces)
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _marked(workspace: Workspace, team_id: str, text: str) -> str:
    users = {u.name: u.id for u in workspace.users.values() if u.team_id == team_id}
    channels = {c.name: c.id for c in workspace.channels.values() if c.team_id == team_id}

    def mark(found: re.Match[str]) -> str:
        name = found["name"]
        if found["url"]:
            return f"<{found['url']}>"
        if found["sign"] == "#":
            return f"<#{channels[name]}|{name}>" if name in channels else found[0]
        if name in _BROADCASTS:
            return f"<!{name}>"
        return f"<@{users[name]}>" if name in users else found[0]

    return _MARKUP.sub(mark, _escaped(text))


@dataclass(frozen=True, slots=True)
class Stage:
    """Where something is pressed: in a message, an ephemeral one, or on the Home tab."""

    blocks: Sequence[Json]
    payload: Json


def press(workspace: Workspace, user_id: str, wanted: Arguments, trigger: str, now: float) -> Json:
    """The block_actions payload of a press on the element named by block_id and action_id.

    Raises `message_not_found`, `no_such_element` (gone since it was drawn) or `no_such_option`.
    No `response_url` is given out.
    """
    user = workspace.user(user_id)
    team, install = workspace.teams[user.team_id], workspace.install_of(user.team_id)
    stage = _stage(workspace, user_id, wanted)
    block_id, action_id = wanted.need("block_id"), wanted.need("action_id")
    element = next(
        (
            element
            for block in stage.blocks
            if block["block_id"] == block_id
            for element in elements(block)
            if element["action_id"] == action_id
        ),
        None,
    )
    if element is None:
        raise SlackError("no_such_element")
    action: Json = {
        "type": element["type"],
        "block_id": block_id,
        "action_id": action_id,
        "action_ts": f"{now:.6f}",
        **_choice(element, wanted),
    }
    return {
        "type": "block_actions",
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team_id,
        },
        "api_app_id": install.app_id,
        "token": "playground",
        "trigger_id": trigger,
        "team": {"id": team.id, "domain": team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        **stage.payload,
        "actions": [action],
    }


def _stage(workspace: Workspace, user_id: str, wanted: Arguments) -> Stage:
    if not wanted.has("channel"):
        view = workspace.homes.get(user_id)
        if view is None:
            raise SlackError("message_not_found")
        container = {"type": "view", "view_id": view["id"]}
        return Stage(view["blocks"], {"container": container, "view": view})
    channel = workspace.channel_seen_by(user_id, wanted.need("channel"))
    ts = wanted.need("ts")
    for ephemeral in workspace.ephemerals:
        message = ephemeral.message
        if (message.channel, message.ts, ephemeral.reader) == (channel.id, ts, user_id):
            return Stage(message.blocks or (), _place(channel, message, ephemeral=True))
    message = workspace.message(channel.id, ts)
    payload = _place(channel, message, ephemeral=False) | {"message": workspace.shown(message)}
    return Stage(message.blocks or (), payload | {"state": {"values": {}}})


def _place(channel: Channel, message: Message, *, ephemeral: bool) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    name = _CHANNEL_NAMES.get(channel.kind, channel.name)
    return {"container": container, "channel": {"id": channel.id, "name": name}}


def _choice(element: Json, wanted: Arguments) -> Json:
    """What was chosen: a button's own value, one of the options, one of the two opinions."""
    kind = element["type"]
    if kind == "button":
        return {key: element[key] for key in ("text", "value") if key in element}
    if kind in ("static_select", "overflow"):
        chosen = (wanted.mapping("selected_option", "no_such_option") or {}).get("value")
        for option in options(element):
            if option["value"] == chosen:
                return {"selected_option": option}
        raise SlackError("no_such_option")
    if kind == "feedback_buttons":
        for side in (element["positive_button"], element["negative_button"]):
            if side["value"] == wanted.text("value"):
                return {"value": side["value"], "text": side["text"]}
        raise SlackError("no_such_option")
    raise SlackError("no_such_element")


def options(element: Json) -> list[Json]:
    """The options of a select or overflow menu, out of their groups."""
    groups = as_list(element.get("option_groups"))
    return [o for group in groups for o in group["options"]] or as_list(element.get("options"))


@dataclass(frozen=True, slots=True)
class Pressable:
    """Something with a label that can be pressed: what a click on it sends."""

    label: str
    message: Message
    click: Json


def pressables(message: Message) -> list[Pressable]:
    """All a reader can press in a message, in reading order."""
    found: list[Pressable] = []
    for block in message.blocks or ():
        for element in elements(block):
            place: Json = {
                "channel": message.channel,
                "ts": message.ts,
                "block_id": block["block_id"],
                "action_id": element["action_id"],
            }
            found += [Pressable(label, message, place | extra) for label, extra in _labels(element)]
    return found


def _labels(element: Json) -> list[tuple[str, Json]]:
    kind = element["type"]
    if kind == "button":
        return [(element["text"]["text"], {})]
    if kind == "feedback_buttons":
        sides = (element["positive_button"], element["negative_button"])
        return [(side["text"]["text"], {"value": side["value"]}) for side in sides]
    return [(o["text"]["text"], {"selected_option": o}) for o in options(element)]


def newest_first(messages: Sequence[Message]) -> list[Message]:
    return sorted(messages, key=lambda m: microseconds(m.ts), reverse=True)
