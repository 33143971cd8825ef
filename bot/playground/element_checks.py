"""Block Kit's objects and interactive elements as tables of checks, by the block they stand in."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time

from bot.playground.model import Json
from bot.playground.rich_text_checks import RICH_TEXT_OBJECT
from bot.playground.schema import (
    ID,
    URL,
    Check,
    Rule,
    also,
    boolean,
    exactly_one,
    listing,
    number,
    one_of,
    shape,
    string,
    typed,
    wrong,
)

# ---- rules between fields


def _initial_is_an_option(body: Json, at: str) -> Iterator[str]:
    groups = body.get("option_groups") or [{"options": body.get("options", [])}]
    offered = [option for group in groups for option in group["options"]]
    if "initial_option" in body and body["initial_option"] not in offered:
        yield wrong("must match one of the options", f"{at}/initial_option")
    for i, option in enumerate(body.get("initial_options", ())):
        if option not in offered:
            yield wrong("must match one of the options", f"{at}/initial_options/{i}")


def _in_order(least: str, most: str) -> Rule:
    def rule(body: Json, at: str) -> Iterator[str]:
        if least in body and most in body and float(body[least]) > float(body[most]):
            yield wrong(f"must not be greater than {most}", f"{at}/{least}")

    return rule


def _parsed_by(parse: Callable[[str], object], pattern: str, what: str) -> Check:
    def check(value: object, at: str) -> Iterator[str]:
        try:
            right = isinstance(value, str) and re.fullmatch(pattern, value) and parse(value)
        except ValueError:
            right = False
        # Midnight is a time, too.
        if right is None or right is False:
            yield wrong(f"must be {what}", at)

    return check


DATE = _parsed_by(date.fromisoformat, r"\d{4}-\d\d-\d\d", "a date in the form YYYY-MM-DD")
TIME = _parsed_by(time.fromisoformat, r"\d\d:\d\d", "a time in the form HH:mm")
_DECIMAL = _parsed_by(float, r"-?\d+(\.\d+)?", "a number in a string")

# ---- objects


def plain(most: int) -> Check:
    return typed({"plain_text": shape({"text": string(most)}, {"emoji": boolean})})


def any_text(most: int) -> Check:
    text = {"text": string(most)}
    return typed(
        {
            "plain_text": shape(text, {"emoji": boolean}),
            "mrkdwn": shape(text, {"verbatim": boolean}),
        }
    )


CONFIRM = shape(
    {"title": plain(100), "text": any_text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
# Menus take plain text only; checkboxes and radio buttons may format theirs.
OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
_FORMATTED_OPTION = shape(
    {"text": any_text(75), "value": string(150)}, {"description": any_text(75)}
)
_OVERFLOW_OPTION = shape(
    {"text": plain(75), "value": string(150)}, {"description": plain(75), "url": URL}
)
OPTION_GROUP = shape({"label": plain(75), "options": listing(OPTION, 100)}, {})
OFFERED_OPTIONS = also(
    shape({}, {"options": listing(OPTION, 100, 0), "option_groups": listing(OPTION_GROUP, 100, 0)}),
    exactly_one("options", "option_groups"),
)
_FILTER = shape(
    {},
    {
        "include": listing(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)

# ---- fields that many elements have

_ELEMENT: Mapping[str, Check] = {"action_id": ID}
_MENU: Mapping[str, Check] = {
    **_ELEMENT,
    "placeholder": plain(150),
    "confirm": CONFIRM,
    "focus_on_load": boolean,
}
_MANY: Mapping[str, Check] = {"max_selected_items": number(1, 100)}
_STATIC: Mapping[str, Check] = {
    "options": listing(OPTION, 100),
    "option_groups": listing(OPTION_GROUP, 100),
}
_TYPED: Mapping[str, Check] = {
    **_ELEMENT,
    "placeholder": plain(150),
    "focus_on_load": boolean,
    "dispatch_action_config": shape(
        {},
        {"trigger_actions_on": listing(one_of("on_enter_pressed", "on_character_entered"), 2)},
    ),
}
_ids = listing(ID, 100)

# ---- elements

_BUTTON = shape(
    {"text": plain(75)},
    {
        **_ELEMENT,
        "value": string(2000),
        "url": URL,
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
        "visible_to_user_ids": listing(ID, 10),
    },
)
_OVERFLOW = shape({"options": listing(_OVERFLOW_OPTION, 5)}, {**_ELEMENT, "confirm": CONFIRM})
_CONVERSATION: Mapping[str, Check] = {
    **_MENU,
    "initial_conversation": ID,
    "default_to_current_conversation": boolean,
    "filter": _FILTER,
}
_CHANNEL: Mapping[str, Check] = {**_MENU, "initial_channel": ID}
_SELECTS: dict[str, Check] = {
    "static_select": also(
        shape({}, {**_MENU, **_STATIC, "initial_option": OPTION}),
        exactly_one("options", "option_groups"),
        _initial_is_an_option,
    ),
    "external_select": shape(
        {}, {**_MENU, "min_query_length": number(0, 3000), "initial_option": OPTION}
    ),
    "users_select": shape({}, {**_MENU, "initial_user": ID}),
    "conversations_select": shape({}, _CONVERSATION),
    "channels_select": shape({}, _CHANNEL),
}
# Only the input blocks of a modal give a response_url for what is selected.
_ANSWERED = {"response_url_enabled": boolean}
_ANSWERED_SELECTS: dict[str, Check] = {
    "conversations_select": shape({}, {**_CONVERSATION, **_ANSWERED}),
    "channels_select": shape({}, {**_CHANNEL, **_ANSWERED}),
}
_MULTI_SELECTS: dict[str, Check] = {
    "multi_static_select": also(
        shape({}, {**_MENU, **_MANY, **_STATIC, "initial_options": listing(OPTION, 100)}),
        exactly_one("options", "option_groups"),
        _initial_is_an_option,
    ),
    "multi_external_select": shape(
        {},
        {
            **_MENU,
            **_MANY,
            "min_query_length": number(0, 3000),
            "initial_options": listing(OPTION, 100),
        },
    ),
    "multi_users_select": shape({}, {**_MENU, **_MANY, "initial_users": _ids}),
    "multi_conversations_select": shape(
        {},
        {
            **_MENU,
            **_MANY,
            "initial_conversations": _ids,
            "default_to_current_conversation": boolean,
            "filter": _FILTER,
        },
    ),
    "multi_channels_select": shape({}, {**_MENU, **_MANY, "initial_channels": _ids}),
}
_CHOICES: dict[str, Check] = {
    "checkboxes": also(
        shape(
            {"options": listing(_FORMATTED_OPTION, 10)},
            {
                **_ELEMENT,
                "initial_options": listing(_FORMATTED_OPTION, 10),
                "confirm": CONFIRM,
                "focus_on_load": boolean,
            },
        ),
        _initial_is_an_option,
    ),
    "radio_buttons": also(
        shape(
            {"options": listing(_FORMATTED_OPTION, 10)},
            {
                **_ELEMENT,
                "initial_option": _FORMATTED_OPTION,
                "confirm": CONFIRM,
                "focus_on_load": boolean,
            },
        ),
        _initial_is_an_option,
    ),
}
_PICKERS: dict[str, Check] = {
    "datepicker": shape({}, {**_MENU, "initial_date": DATE}),
    "timepicker": shape({}, {**_MENU, "initial_time": TIME, "timezone": string(255)}),
}
# Slack takes seconds since the epoch in ten digits.
_DATETIME = shape(
    {},
    {
        **_ELEMENT,
        "initial_date_time": number(1_000_000_000, 9_999_999_999),
        "confirm": CONFIRM,
        "focus_on_load": boolean,
    },
)
_TEXT_INPUTS: dict[str, Check] = {
    "plain_text_input": also(
        shape(
            {},
            {
                **_TYPED,
                "initial_value": string(3000, 0),
                "multiline": boolean,
                "min_length": number(0, 3000),
                "max_length": number(1, 3000),
            },
        ),
        _in_order("min_length", "max_length"),
    ),
    "email_text_input": shape({}, {**_TYPED, "initial_value": string(3000, 0)}),
    "url_text_input": shape({}, {**_TYPED, "initial_value": string(3000, 0)}),
    "number_input": also(
        shape(
            {"is_decimal_allowed": boolean},
            {**_TYPED, "initial_value": _DECIMAL, "min_value": _DECIMAL, "max_value": _DECIMAL},
        ),
        _in_order("min_value", "max_value"),
    ),
    "rich_text_input": shape({}, {**_TYPED, "initial_value": RICH_TEXT_OBJECT}),
}
_FILES: dict[str, Check] = {
    "file_input": shape(
        {}, {**_ELEMENT, "filetypes": listing(string(255), 100), "max_files": number(1, 10)}
    ),
}
_FEEDBACK = shape({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})

_ACCESSORIES: dict[str, Check] = {
    "button": _BUTTON,
    "overflow": _OVERFLOW,
    **_SELECTS,
    **_CHOICES,
    **_PICKERS,
}
# Which element stands where. Multi selects in `actions` are documented by some pages only: refused.
IN_ACTIONS: dict[str, Check] = {**_ACCESSORIES, "datetimepicker": _DATETIME}
IN_SECTION: dict[str, Check] = {**_ACCESSORIES, **_MULTI_SELECTS}
IN_INPUT: dict[str, Check] = {
    **_SELECTS,
    **_MULTI_SELECTS,
    **_CHOICES,
    **_PICKERS,
    "datetimepicker": _DATETIME,
    **_TEXT_INPUTS,
}
IN_MODAL_INPUT: dict[str, Check] = {**IN_INPUT, **_ANSWERED_SELECTS, **_FILES}
IN_CONTEXT_ACTIONS: dict[str, Check] = {
    "feedback_buttons": shape(
        {"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, _ELEMENT
    ),
    "icon_button": shape(
        {"icon": one_of("trash"), "text": plain(75)},
        {
            **_ELEMENT,
            "value": string(2000),
            "visible_to_user_ids": listing(ID, 10),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
}
