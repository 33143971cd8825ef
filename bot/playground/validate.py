"""Block Kit's limits and shapes as tables of checks.

Limits are those of the Block Kit reference; a field nobody documents is refused, as Slack's
schema does.
"""

import json
from collections.abc import Iterator, Mapping

from bot.playground.blocks import elements
from bot.playground.element_checks import (
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_MODAL_INPUT,
    IN_SECTION,
    OFFERED_OPTIONS,
    any_text,
    plain,
)
from bot.playground.model import Json, SlackError
from bot.playground.rich_text_checks import RICH_TEXT, RICH_TEXT_OBJECT
from bot.playground.schema import (
    ID,
    URL,
    WEB_URL,
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


def _unique_task_ids(body: Json, at: str) -> Iterator[str]:
    ids = [task["task_id"] for task in body.get("tasks", [])]
    if len(set(ids)) < len(ids):
        yield wrong("task_id must be unique", f"{at}/tasks")


_IMAGE_FIELDS = {"image_url": WEB_URL, "slack_file": shape({}, {"id": ID, "url": URL})}
_IMAGE_ELEMENT = also(
    shape({"alt_text": string(2000)}, _IMAGE_FIELDS), exactly_one("image_url", "slack_file")
)

# ---- blocks

_BLOCK = {"block_id": ID}
_CELL = typed(
    {
        "raw_text": shape({"text": string(40_000)}, {}),
        "raw_number": shape({"value": number(-1e15, 1e15)}, {"text": string(40_000)}),
        "rich_text": shape(RICH_TEXT, _BLOCK),
    }
)
_TASK_CARD = shape(
    {
        "task_id": ID,
        "title": string(40_000),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
    {
        **_BLOCK,
        "details": RICH_TEXT_OBJECT,
        "output": RICH_TEXT_OBJECT,
        "sources": listing(
            typed({"url": shape({"url": URL, "text": string(3000)}, {"icon_url": URL})}), 100
        ),
    },
)


def _input(kinds: Mapping[str, Check]) -> Check:
    return shape(
        {"label": plain(2000), "element": typed(kinds)},
        {**_BLOCK, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    )


BLOCKS_EVERYWHERE: dict[str, Check] = {
    "section": also(
        shape(
            {},
            {
                **_BLOCK,
                "text": any_text(3000),
                "fields": listing(any_text(2000), 10),
                "accessory": typed({**IN_SECTION, "image": _IMAGE_ELEMENT}),
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
    "actions": shape({"elements": listing(typed(IN_ACTIONS), 25)}, _BLOCK),
    "image": also(
        shape({"alt_text": string(2000)}, {**_BLOCK, **_IMAGE_FIELDS, "title": plain(2000)}),
        exactly_one("image_url", "slack_file"),
    ),
    "input": _input(IN_INPUT),
    "rich_text": shape(RICH_TEXT, _BLOCK),
}
MESSAGE_KINDS: dict[str, Check] = {
    **BLOCKS_EVERYWHERE,
    "context_actions": shape(
        {"elements": listing(typed(IN_CONTEXT_ACTIONS), 5)},
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
_HOME_BLOCKS = listing(typed(BLOCKS_EVERYWHERE), VIEW_BLOCKS, 0)
_MODAL_BLOCKS = listing(
    typed({**BLOCKS_EVERYWHERE, "input": _input(IN_MODAL_INPUT)}), VIEW_BLOCKS, 0
)
VIEWS: dict[str, Check] = {
    "home": shape({"blocks": _HOME_BLOCKS}, _VIEW_FIELDS),
    "modal": shape(
        {"title": plain(24), "blocks": _MODAL_BLOCKS},
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
    if sum(block["type"] == "table" for block in blocks) > 1:
        raise SlackError("invalid_attachments", (wrong("only_one_table_allowed", "/blocks"),))
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
        problems += _focused_twice(view["blocks"])
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


def _focused_twice(blocks: list[Json]) -> Iterator[str]:
    """Only one element of a view may take the focus when it opens."""
    focused = [
        i for i, block in enumerate(blocks) if any(e.get("focus_on_load") for e in elements(block))
    ]
    if len(focused) > 1:
        yield wrong("only one element may have focus_on_load", f"/view/blocks/{focused[1]}")


def require_options(answer: Json) -> None:
    """Raise `invalid_arguments` for an answer to `block_suggestion` that Slack could not show."""
    problems = [*OFFERED_OPTIONS(answer, "")]
    if problems:
        raise SlackError("invalid_arguments", tuple(problems))
