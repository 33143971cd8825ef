"""A modal or the Home tab as the person before it reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bot.playground.blocks import elements, words
from bot.playground.interactions import Pressable, pressables_of_view
from bot.playground.model import Json


@dataclass(frozen=True, slots=True)
class View:
    """What is seen at one moment. `wrong` are the errors shown in it, by block_id."""

    view: Json
    wrong: Mapping[str, str]

    @property
    def title(self) -> str:
        return self.view["title"]["text"] if "title" in self.view else ""

    def text(self) -> str:
        """Its words, with the labels of its fields and without those of its buttons."""
        return "\n".join(line for block in self.view["blocks"] if (line := words(block)))

    def pressables(self) -> list[Pressable]:
        return pressables_of_view(self.view)

    def buttons(self) -> list[str]:
        """The labels of all that can be pressed, but for Submit and Close."""
        return [pressable.label for pressable in self.pressables()]

    def holds(self) -> dict[str, Any]:
        """What the fields hold, by label: texts, ids, dates, the labels of options."""
        values = self.view["state"]["values"]
        return {
            name_of(block, element): _read(values[block["block_id"]][element["action_id"]])
            for block in self.view["blocks"]
            for element in elements(block)
            if element["action_id"] in values.get(block["block_id"], {})
        }

    def errors(self) -> dict[str, str]:
        """The sentences shown under fields, by the label of the field."""
        return {
            name_of(block, None): self.wrong[block["block_id"]]
            for block in self.view["blocks"]
            if block["block_id"] in self.wrong
        }


def name_of(block: Json, element: Json | None) -> str:
    """How a person would call a field: its label, else its placeholder, else its action_id."""
    if "label" in block:
        return block["label"]["text"]
    if element is None:
        return block["block_id"]
    return element["placeholder"]["text"] if "placeholder" in element else element["action_id"]


def field_named(blocks: Sequence[Json], name: str) -> tuple[Json, Json] | None:
    """The block and element a person means: by label, placeholder, action_id or block_id."""
    for block in blocks:
        for element in elements(block):
            if name in (name_of(block, element), element["action_id"], block["block_id"]):
                return block, element
    return None


def _read(state: Json) -> Any:
    """The one field besides `type`, with options as their labels and rich text as its words."""
    [value] = [value for key, value in state.items() if key != "type"]
    if isinstance(value, list):
        return [_label(one) for one in cast(list[Any], value)]
    return _label(value)


def _label(value: Any) -> Any:
    if isinstance(value, dict):
        body = cast(Json, value)
        if body.get("type") == "rich_text":
            return words(body)
        return body["text"]["text"] if "text" in body else body["name"]
    return value
