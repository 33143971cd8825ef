"""What a person typed and pressed, before it becomes a payload. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.playground.blocks import elements, options
from bot.playground.model import Json, Message, microseconds
from bot.playground.workspace import Workspace

_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_MARKUP = re.compile(
    r"(?<![\w@#/])(?P<sign>[@#])(?P<name>[\w.-]*\w)|(?P<url>https?://(?:(?!&[lg]t;)[^\s|])+)"
)
_BROADCASTS = ("channel", "here", "everyone")


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
class Pressable:
    """Something with a label that can be pressed: what a click on it sends, and what is asked
    before, as Block Kit's confirm object."""

    label: str
    click: Json
    confirm: Json | None = None


def pressables(message: Message) -> list[Pressable]:
    """All a reader can press in a message, in reading order."""
    place = {"channel": message.channel, "ts": message.ts}
    return [*_pressables(message.blocks or (), place)]


def place_of_view(view: Json) -> Json:
    """Where acts find it: a modal by its id, a Home tab by its app."""
    return {"view": view["id"]} if view["type"] == "modal" else {"app": view["app_id"]}


def pressables_of_view(view: Json) -> list[Pressable]:
    """All a person can press in a modal, or in the Home tab, in reading order."""
    place = place_of_view(view)
    return [*_pressables(view["blocks"], place)]


def _pressables(blocks: Sequence[Json], place: Json) -> Iterator[Pressable]:
    for block in blocks:
        for element in elements(block):
            here = {"block_id": block["block_id"], "action_id": element["action_id"]}
            for label, extra in _labels(element):
                yield Pressable(label, place | here | extra, element.get("confirm"))


def _labels(element: Json) -> list[tuple[str, Json]]:
    kind = element["type"]
    if kind in ("button", "icon_button"):
        return [(element["text"]["text"], {})]
    if kind == "feedback_buttons":
        sides = (element["positive_button"], element["negative_button"])
        return [(side["text"]["text"], {"value": side["value"]}) for side in sides]
    if kind in ("static_select", "radio_buttons", "overflow"):
        return [(o["text"]["text"], {"selected_option": o}) for o in options(element)]
    return []


def newest_first(messages: Sequence[Message]) -> list[Message]:
    return sorted(messages, key=lambda m: microseconds(m.ts), reverse=True)
