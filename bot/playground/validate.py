"""Block Kit's limits and shapes as tables of checks.

Limits are those of the Block Kit reference; a field nobody documents is refused, as Slack's
schema does.
"""

import json
from collections.abc import Iterator

from bot.playground.blocks import elements
from bot.playground.model import Json, SlackError
from bot.playground.schema import (
    Check,
    also,
    boolean,
    exactly_one,
    listing,
    number,
    one_of,
    shape,
    some_of,
    string,
    typed,
    wrong,
)

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_SUM = 12_000
VIEW_BYTES = 250_000


def _initial_is_an_option(body: Json, at: str) -> Iterator[str]:
    groups = body.get("option_groups") or [{"options": body.get("options", [])}]
    if "initial_option" in body and not any(body["initial_option"] in g["options"] for g in groups):
        yield wrong("must match one of the options", f"{at}/initial_option")


def _unique_task_ids(body: Json, at: str) -> Iterator[str]:
    ids = [task["task_id"] for task in body.get("tasks", [])]
    if len(set(ids)) < len(ids):
        yield wrong("task_id must be unique", f"{at}/tasks")


# ---- objects

_ID = string(255)
_URL = string(3000)


def plain(most: int) -> Check:
    fields = {"emoji": boolean}
    return typed({"plain_text": shape({"text": string(most)}, fields)})


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
OPTION = shape(
    {"text": any_text(75), "value": string(150)}, {"description": any_text(75), "url": _URL}
)
_OPTION_GROUP = shape({"label": plain(75), "options": listing(OPTION, 100)}, {})
_FEEDBACK = shape({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})

_ELEMENT = {"action_id": _ID}
ELEMENTS: dict[str, Check] = {
    "button": shape(
        {"text": plain(75)},
        {
            **_ELEMENT,
            "value": string(2000),
            "url": _URL,
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "static_select": also(
        shape(
            {},
            {
                **_ELEMENT,
                "placeholder": plain(150),
                "options": listing(OPTION, 100),
                "option_groups": listing(_OPTION_GROUP, 100),
                "initial_option": OPTION,
                "confirm": CONFIRM,
                "focus_on_load": boolean,
            },
        ),
        exactly_one("options", "option_groups"),
        _initial_is_an_option,
    ),
    "overflow": shape({"options": listing(OPTION, 5)}, {**_ELEMENT, "confirm": CONFIRM}),
}
_IMAGE_FIELDS = {"image_url": _URL, "slack_file": shape({}, {"id": _ID, "url": _URL})}
_IMAGE_ELEMENT = also(
    shape({"alt_text": string(2000)}, _IMAGE_FIELDS), exactly_one("image_url", "slack_file")
)
FEEDBACK_BUTTONS = shape({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {**_ELEMENT})
ICON_BUTTON = shape(
    {"icon": one_of("trash"), "text": plain(75)},
    {
        **_ELEMENT,
        "value": string(2000),
        "visible_to_user_ids": listing(string(255), 10),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
PLAIN_TEXT_INPUT = shape(
    {},
    {
        **_ELEMENT,
        "placeholder": plain(150),
        "initial_value": string(3000, 0),
        "multiline": boolean,
        "min_length": number(0, 3000),
        "max_length": number(1, 3000),
        "focus_on_load": boolean,
        "dispatch_action_config": shape(
            {},
            {"trigger_actions_on": listing(one_of("on_enter_pressed", "on_character_entered"), 2)},
        ),
    },
)

# ---- rich text

_STYLE = shape(
    {},
    dict.fromkeys(
        (
            "bold",
            "italic",
            "strike",
            "code",
            "underline",
            "highlight",
            "client_highlight",
            "unlink",
        ),
        boolean,
    ),
)
_STYLED = {"style": _STYLE}
_LEAVES = typed(
    {
        "text": shape({"text": string(40_000)}, _STYLED),
        "link": shape({"url": _URL}, {**_STYLED, "text": string(40_000, 0), "unsafe": boolean}),
        "user": shape({"user_id": _ID}, _STYLED),
        "channel": shape({"channel_id": _ID}, _STYLED),
        "usergroup": shape({"usergroup_id": _ID}, _STYLED),
        "broadcast": shape({"range": one_of("here", "channel", "everyone")}, {}),
        "emoji": shape(
            {"name": string(255)},
            {"unicode": string(255), "skin_tone": number(1, 6), **_STYLED},
        ),
        "date": shape(
            {"timestamp": number(0, 1e12), "format": string(255)},
            {"url": _URL, "fallback": string(255), **_STYLED},
        ),
        "color": shape({"value": string(7)}, {}),
    }
)
_MANY = 10_000
_SECTION_OF_LEAVES = {"elements": listing(_LEAVES, _MANY, 0)}
_RICH_SECTION = shape(_SECTION_OF_LEAVES, {})
_RICH_PARTS = typed(
    {
        "rich_text_section": _RICH_SECTION,
        "rich_text_preformatted": shape(
            _SECTION_OF_LEAVES, {"border": number(0, 1), "language": string(255)}
        ),
        "rich_text_quote": shape(_SECTION_OF_LEAVES, {"border": number(0, 1)}),
        "rich_text_list": shape(
            {
                "style": one_of("bullet", "ordered"),
                "elements": listing(typed({"rich_text_section": _RICH_SECTION}), _MANY, 0),
            },
            {"indent": number(0, 8), "offset": number(0, _MANY), "border": number(0, 1)},
        ),
    }
)
RICH_TEXT = {"elements": listing(_RICH_PARTS, _MANY, 0)}
_RICH_TEXT_OBJECT = typed({"rich_text": shape(RICH_TEXT, {"block_id": _ID})})

# ---- blocks

_BLOCK = {"block_id": _ID}
_CELL = typed(
    {
        "raw_text": shape({"text": string(40_000, 0)}, {}),
        "raw_number": shape({"value": number(-1e15, 1e15)}, {"text": string(40_000)}),
        "rich_text": shape(RICH_TEXT, _BLOCK),
    }
)
_TASK_CARD = shape(
    {
        "task_id": _ID,
        "title": string(40_000),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
    {
        **_BLOCK,
        "details": _RICH_TEXT_OBJECT,
        "output": _RICH_TEXT_OBJECT,
        "sources": listing(
            typed({"url": shape({"url": _URL, "text": string(3000)}, {"icon_url": _URL})}), 100
        ),
    },
)
BLOCKS_EVERYWHERE: dict[str, Check] = {
    "section": also(
        shape(
            {},
            {
                **_BLOCK,
                "text": any_text(3000),
                "fields": listing(any_text(2000), 10),
                "accessory": typed({**ELEMENTS, "image": _IMAGE_ELEMENT}),
                "expand": boolean,
            },
        ),
        some_of("text", "fields"),
    ),
    "header": shape({"text": plain(150)}, _BLOCK),
    "divider": shape({}, _BLOCK),
    "context": shape(
        {
            "elements": listing(
                typed(
                    {
                        "image": _IMAGE_ELEMENT,
                        "plain_text": shape({"text": string(3000)}, {"emoji": boolean}),
                        "mrkdwn": shape({"text": string(3000)}, {"verbatim": boolean}),
                    }
                ),
                10,
            )
        },
        _BLOCK,
    ),
    "actions": shape({"elements": listing(typed(ELEMENTS), 25)}, _BLOCK),
    "image": also(
        shape({"alt_text": string(2000)}, {**_BLOCK, **_IMAGE_FIELDS, "title": plain(2000)}),
        exactly_one("image_url", "slack_file"),
    ),
    "input": shape(
        {
            "label": plain(2000),
            "element": typed(
                {
                    "plain_text_input": PLAIN_TEXT_INPUT,
                    "static_select": ELEMENTS["static_select"],
                }
            ),
        },
        {**_BLOCK, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": shape(RICH_TEXT, _BLOCK),
}
MESSAGE_KINDS: dict[str, Check] = {
    **BLOCKS_EVERYWHERE,
    "context_actions": shape(
        {
            "elements": listing(
                typed({"feedback_buttons": FEEDBACK_BUTTONS, "icon_button": ICON_BUTTON}), 5
            )
        },
        _BLOCK,
    ),
    "markdown": shape({"text": string(MARKDOWN_SUM)}, _BLOCK),
    "table": shape(
        {"rows": listing(listing(_CELL, 20), 100)},
        {
            **_BLOCK,
            "column_settings": listing(
                shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}), 20
            ),
        },
    ),
    "task_card": _TASK_CARD,
    "plan": also(
        shape(
            {"title": string(40_000)},
            {**_BLOCK, "tasks": listing(typed({"task_card": _TASK_CARD}), 50, 0)},
        ),
        _unique_task_ids,
    ),
}

_VIEW_FIELDS: dict[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_VIEW_BLOCKS = {"blocks": listing(typed(BLOCKS_EVERYWHERE), VIEW_BLOCKS, 0)}
VIEWS: dict[str, Check] = {
    "home": shape(_VIEW_BLOCKS, _VIEW_FIELDS),
    "modal": shape(
        {"title": plain(24), **_VIEW_BLOCKS},
        {
            **_VIEW_FIELDS,
            "close": plain(24),
            "submit": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
}

_MESSAGE_BLOCKS = listing(typed(MESSAGE_KINDS), MESSAGE_BLOCKS, 0)


def require_blocks(blocks: list[Json]) -> None:
    """Raise Slack's error for the blocks of a message that it would refuse."""
    problems = [*_MESSAGE_BLOCKS(blocks, "/blocks")]
    problems = problems or [*_repeated_ids(blocks, "/blocks")]
    if problems:
        raise SlackError("invalid_blocks", tuple(problems))
    if sum(len(b["text"]) for b in blocks if b["type"] == "markdown") > MARKDOWN_SUM:
        raise SlackError("msg_blocks_too_long")


def require_view(view: Json, kind: str) -> None:
    """Raise Slack's error for a view that is not a right `home` or `modal`."""
    if len(json.dumps(view)) > VIEW_BYTES:
        raise SlackError("view_too_large")
    problems = [*typed({kind: VIEWS[kind]})(view, "/view")]
    if not problems:
        problems = [*_repeated_ids(view["blocks"], "/view/blocks")]
        has_input = any(block["type"] == "input" for block in view["blocks"])
        if kind == "modal" and has_input and "submit" not in view:
            problems.append(wrong("missing required field: submit", "/view"))
    if problems:
        raise SlackError("invalid_arguments", tuple(problems))


def _repeated_ids(blocks: list[Json], at: str) -> Iterator[str]:
    """`block_id` is unique in a message or view, `action_id` in its block."""
    seen: set[str] = set()
    for i, block in enumerate(blocks):
        if (block_id := block.get("block_id")) in seen:
            yield wrong(f"block_id {block_id!r} already exists", f"{at}/{i}/block_id")
        elif block_id is not None:
            seen.add(block_id)
        actions = [e["action_id"] for e in elements(block) if "action_id" in e]
        if len(set(actions)) < len(actions):
            yield wrong("action_id must be unique in its block", f"{at}/{i}/elements")
