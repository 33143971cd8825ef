"""What elements hold for the person before them, and what is wrong with it. Pure.

A held value is Slack's own form in `state.values[block_id][action_id]`: the element's `type` and
one field, such as `value`, `selected_option` or `selected_users`.
"""

import re
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from bot.playground.blocks import as_list, elements, options, words
from bot.playground.element_checks import DATE, TIME
from bot.playground.model import Json, SlackError
from bot.playground.rich_text_checks import RICH_TEXT_OBJECT
from bot.playground.workspace import Workspace

Values = dict[str, dict[str, Json]]

# Kind of element: the field that holds its value, and the field the app starts it with.
_FIELDS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", ""),
}
_LISTS = ("selected_options", "selected_users", "selected_channels", "selected_conversations")
_FORMS = {"selected_date": DATE, "selected_time": TIME}
REQUIRED = "Please complete this required field."


def held_at_first(blocks: Sequence[Json], before: Values | None = None) -> Values:
    """What the elements of named blocks hold: what they held `before` under the same block_id and
    action_id (an update of a view keeps it), else what the app starts them with."""
    values: Values = {}
    for block in blocks:
        for element in elements(block):
            if element["type"] not in _FIELDS:
                continue
            block_id, action_id = block["block_id"], element["action_id"]
            kept = (before or {}).get(block_id, {}).get(action_id)
            same = kept is not None and kept["type"] == element["type"]
            values.setdefault(block_id, {})[action_id] = kept if same and kept else _start(element)
    return values


def _start(element: Json) -> Json:
    field, initial = _FIELDS[element["type"]]
    nothing: Any = [] if field in (*_LISTS, "files") else None
    return {"type": element["type"], field: element.get(initial, nothing)}


def is_held(element: Json) -> bool:
    """Whether a person can leave something in this element; buttons and menus only send."""
    return element["type"] in _FIELDS


def holding(
    workspace: Workspace, user_id: str, element: Json, given: Any, offered: Sequence[Json]
) -> Json:
    """The held value after a person gave `given`: a text, an option (by value, label or whole), an
    id, a date; a list where many may be given; None empties it.

    `offered` are the options that were loaded for an external select. Raises `no_such_option`.
    """
    kind = element["type"]
    field, _ = _FIELDS[kind]
    if field == "value":
        return {"type": kind, field: str(given) if given not in (None, "") else None}
    if field == "rich_text_value":
        return {"type": kind, field: _formatted(given)}
    many = field in (*_LISTS, "files")
    wanted = as_list(given)
    if not many and len(wanted) > 1:
        raise SlackError("no_such_option")
    if field in ("selected_option", "selected_options"):
        choices = offered if "external" in kind else options(element)
        found: list[Any] = [_option(choices, one) for one in wanted]
    else:
        found = [_known(workspace, user_id, field, one) for one in wanted]
    if len(found) > element.get("max_selected_items", element.get("max_files", 1000)):
        raise SlackError("too_many_chosen")
    return {"type": kind, field: found if many else next(iter(found), None)}


def _formatted(given: Any) -> Json | None:
    """Rich text as it was written, or plain words as one section of it; None if it is empty."""
    if isinstance(given, dict):
        if problems := [*RICH_TEXT_OBJECT(given, "")]:
            raise SlackError("invalid_arguments", tuple(problems))
        text = cast(Json, given)
    else:
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": str(given)}]}
        text = {"type": "rich_text", "elements": [section]}
    return text if given is not None and words(text) else None


def _option(choices: Sequence[Json], given: Any) -> Json:
    wanted = cast(Json, given).get("value") if isinstance(given, dict) else given
    for option in choices:
        if wanted == option["value"]:
            return option
    for option in choices:
        if wanted == option["text"]["text"]:
            return option
    raise SlackError("no_such_option")


def _known(workspace: Workspace, user_id: str, field: str, given: Any) -> Any:
    """An id, a date or a time that there is."""
    if field in _FORMS:
        right = not [*_FORMS[field](given, "")]
    elif field == "selected_date_time":
        right = isinstance(given, int)
    elif field == "files":
        return workspace.shown_file(workspace.file(str(given)))
    elif field.startswith("selected_user"):
        right = str(given) in workspace.users
    else:
        channel = workspace.channels.get(str(given))
        right = channel is not None and (channel.kind == "channel" or user_id in channel.members)
    if not right:
        raise SlackError("no_such_option")
    return given


# ---- what Slack itself finds wrong before it tells the app


def unfinished(blocks: Sequence[Json], values: Values) -> dict[str, str]:
    """A sentence for each input block (by id) that cannot be submitted as it is."""
    wrong: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = values[block["block_id"]][element["action_id"]]
        value = state[_FIELDS[element["type"]][0]]
        if value in (None, [], ""):
            sentence = "" if block.get("optional") else REQUIRED
        else:
            sentence = _complaint(element, value)
        if sentence:
            wrong[block["block_id"]] = sentence
    return wrong


def _complaint(element: Json, value: str) -> str:
    match element["type"]:
        case "plain_text_input":
            return _length(element, value)
        case "email_text_input":
            right = re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value)
            return "" if right else "Please enter a valid email address."
        case "url_text_input":
            parts = urlsplit(value)
            right = parts.scheme in ("http", "https") and parts.netloc
            return "" if right else "Please enter a valid URL."
        case "number_input":
            return _amount(element, value)
        case _:
            return ""


def _length(element: Json, value: str) -> str:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) < least:
        return f"Please enter at least {least} characters."
    return f"Please enter at most {most} characters." if len(value) > most else ""


def _amount(element: Json, value: str) -> str:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Please enter a number."
    if float(value) < float(element.get("min_value", value)):
        return f"Please enter at least {element['min_value']}."
    if float(value) > float(element.get("max_value", value)):
        return f"Please enter at most {element['max_value']}."
    return ""
