"""Whom a message would ping, as Slack reads its text and its blocks. Pure.

Slack's documents leave open whether `<!here>` pings from standard markdown; here it does, outside
code. In mrkdwn it does even in code: people have been pinged by that.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from bot.playground.model import Json, Message

# <@U1>, <!here>, <!subteam^S1>; each may have a label. A date is no ping.
_CONTROL = re.compile(
    r"<(@[UW][A-Z0-9]+|!(?:channel|here|everyone|subteam\^[A-Z0-9]+))(?:\|[^>]*)?>"
)
_PLAIN = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")
_CODE = re.compile(r"(?:```|~~~).*?(?:```|~~~|\Z)|`[^`\n]+`", re.DOTALL)


def pings(message: Message, *, parsed_in_full: bool = False) -> list[str]:
    """`@U…`, `!here`, `!subteam^S…`, in reading order, each as often as it is there.

    `parsed_in_full`: the app asked for `parse=full`, with which a plain @here pings as well.
    """
    found: list[str] = []
    if not _is_copy(message):
        found += _in_mrkdwn(message.text)
        if parsed_in_full:
            found += [f"!{word}" for word in _PLAIN.findall(message.text)]
    return [*found, *_in_blocks(message.blocks)]


def _is_copy(message: Message) -> bool:
    """Whether `text` only repeats what the blocks say, as that of streamed and markdown text."""
    blocks = message.blocks or ()
    same = any(b["type"] == "markdown" and b["text"] == message.text for b in blocks)
    return same or message.streaming_state is not None


def _in_mrkdwn(text: str) -> list[str]:
    return _CONTROL.findall(text)


def _in_blocks(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for item in cast(list[Any], part):
            yield from _in_blocks(item)
    elif isinstance(part, dict):
        node = cast(Json, part)
        kind = node.get("type")
        if kind == "mrkdwn":
            yield from _in_mrkdwn(str(node.get("text", "")))
        elif kind == "markdown":
            yield from _in_mrkdwn(_CODE.sub("", str(node.get("text", ""))))
        elif kind == "user":
            yield f"@{node['user_id']}"
        elif kind == "broadcast":
            yield f"!{node['range']}"
        elif kind == "usergroup":
            yield f"!subteam^{node['usergroup_id']}"
        else:
            for value in node.values():
                yield from _in_blocks(value)
