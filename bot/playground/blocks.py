"""Walking Block Kit: the elements of a block, the words a reader sees. Pure."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, cast

from bot.playground.element_checks import (
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_MODAL_INPUT,
    IN_SECTION,
)
from bot.playground.model import Json, Message

# Where a block keeps the elements people can use.
_ELEMENT_KEYS = ("elements", "accessory", "element")
_INTERACTIVE = frozenset(
    (*IN_ACTIONS, *IN_SECTION, *IN_MODAL_INPUT, *IN_CONTEXT_ACTIONS),
)
# Parts that hold words, in reading order; buttons and options are not part of the text.
_WORD_KEYS = ("title", "text", "fields", "label", "elements", "rows", "tasks", "details", "output")


def as_list(value: object) -> list[Any]:
    """A JSON list, or the value as the only item; nothing for None."""
    if value is None:
        return []
    return cast(list[Any], value) if isinstance(value, list) else [value]


def elements(block: Json) -> Iterator[Json]:
    """The interactive elements of one block, in order."""
    candidates = [e for key in _ELEMENT_KEYS for e in as_list(block.get(key))]
    for element in (cast(Json, e) for e in candidates if isinstance(e, dict)):
        if element.get("type") in _INTERACTIVE:
            yield element


def is_shown_to(user_id: str, element: Json) -> bool:
    """Whether this person sees it: some buttons are for a few."""
    return user_id in element.get("visible_to_user_ids", [user_id])


def options(element: Json) -> list[Json]:
    """The options of a select or overflow menu, out of their groups."""
    groups = as_list(element.get("option_groups"))
    return [o for group in groups for o in group["options"]] or as_list(element.get("options"))


def named(blocks: list[Json], new_id: Callable[[str], str]) -> list[Json]:
    """A copy in which every block, and every element people can use, has an id, as Slack does."""
    result = copy.deepcopy(blocks)
    for block in result:
        block.setdefault("block_id", new_id("B"))
        for element in elements(block):
            element.setdefault("action_id", new_id("a"))
    return result


def visible_text(message: Message) -> str:
    """What a reader sees: the words of the blocks, or the text of a message without blocks."""
    if not message.blocks:
        return message.text
    return "\n".join(line for block in message.blocks if (line := words(block)))


def words(part: object) -> str:
    """The words in one block or object, without the labels of buttons and options."""
    if isinstance(part, str):
        return part
    if isinstance(part, list):
        items = cast(list[Any], part)
        glue = "" if any(_is_inline(item) for item in items) else "\n"
        return glue.join(line for item in items if (line := words(item)))
    if not isinstance(part, dict):
        return ""
    node = cast(Json, part)
    kind = node.get("type")
    if kind in _INTERACTIVE:
        return ""
    if kind in _INLINE:
        return _INLINE[kind](node)
    return "\n".join(line for key in _WORD_KEYS if (line := words(node.get(key))))


def _is_inline(item: object) -> bool:
    return isinstance(item, dict) and cast(Json, item).get("type") in _INLINE


def _link(node: Json) -> str:
    return str(node.get("text") or node.get("url", ""))


def _plain(node: Json) -> str:
    return str(node.get("text", ""))


# The leaves of rich_text. `text` may also be a rich_text leaf only: text objects have other types.
_INLINE: dict[object, Callable[[Json], str]] = {
    "text": _plain,
    "link": _link,
    "user": lambda node: f"<@{node.get('user_id', '')}>",
    "channel": lambda node: f"<#{node.get('channel_id', '')}>",
    "emoji": lambda node: f":{node.get('name', '')}:",
    "broadcast": lambda node: f"<!{node.get('range', '')}>",
}


def stable(part: Any) -> Any:
    """Blocks without what differs from run to run: ids and button values."""
    if isinstance(part, list):
        return [stable(item) for item in cast(list[Any], part)]
    if isinstance(part, dict):
        node = cast(Json, part)
        unstable = ("block_id", "action_id", "value", "task_id")
        return {key: stable(value) for key, value in node.items() if key not in unstable}
    return part
