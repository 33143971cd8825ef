"""Block Kit's limits: what is taken at the limit is refused one past it, with a pointer to it."""

from typing import Any

import pytest

from bot.playground.model import Json, SlackError
from bot.playground.validate import require_blocks, require_view


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Go"), **more}


def option(value: str, text: str = "One") -> Json:
    return {"text": plain(text), "value": value}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def rich(*elements: Json) -> Json:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": list(elements)}],
    }


CARD = {"type": "task_card", "task_id": "t1", "title": "Read", "status": "in_progress"}
DIVIDER = {"type": "divider"}

GOOD: dict[str, Json] = {
    "section": {"type": "section", "text": mrkdwn("x" * 3000), "accessory": button()},
    "fields": {"type": "section", "fields": [mrkdwn("x" * 2000)] * 10},
    "header": {"type": "header", "text": plain("x" * 150)},
    "divider": DIVIDER,
    "context": {"type": "context", "elements": [mrkdwn("x")] * 10},
    "image": {"type": "image", "image_url": "https://x.y/z.png", "alt_text": "z"},
    "buttons": actions(
        *(button(action_id=f"a{i}", value="x" * 2000, style="primary") for i in range(25))
    ),
    "confirm": actions(
        button(
            confirm={
                "title": plain("x" * 100),
                "text": mrkdwn("x" * 300),
                "confirm": plain("x" * 30),
                "deny": plain("x" * 30),
            }
        )
    ),
    "select": actions(
        {
            "type": "static_select",
            "options": [option(f"v{i}", "x" * 75) for i in range(100)],
            "initial_option": option("v7", "x" * 75),
        }
    ),
    "overflow": actions({"type": "overflow", "options": [option("x" * 150)]}),
    "feedback": {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "positive_button": {"text": plain("Good"), "value": "up"},
                "negative_button": {"text": plain("Bad"), "value": "down"},
            }
        ],
    },
    "markdown": {"type": "markdown", "text": "x" * 12_000},
    "rich_text": rich(
        {"type": "text", "text": "hello", "style": {"bold": True}},
        {"type": "link", "url": "https://x.y"},
        {"type": "user", "user_id": "U1"},
        {"type": "emoji", "name": "wave"},
    ),
    "rich_text_rest": {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x"}]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "x"}]},
            {
                "type": "rich_text_list",
                "style": "ordered",
                "indent": 1,
                "elements": [{"type": "rich_text_section", "elements": []}],
            },
        ],
    },
    "table": {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": "x"}] * 20] * 100,
        "column_settings": [{"align": "right", "is_wrapped": True}],
    },
    "task_card": {**CARD, "details": rich({"type": "text", "text": "x"})},
    "plan": {"type": "plan", "title": "Plan", "tasks": [CARD]},
    "input": {"type": "input", "label": plain("Why?"), "element": {"type": "plain_text_input"}},
}

BAD: list[tuple[str, Json, str]] = [
    ("long section", {"type": "section", "text": mrkdwn("x" * 3001)}, "/blocks/0/text/text"),
    ("empty text", {"type": "section", "text": mrkdwn("")}, "/blocks/0/text/text"),
    ("no text", {"type": "section"}, "/blocks/0"),
    ("text of a kind", {"type": "header", "text": mrkdwn("x")}, "/blocks/0/text/type"),
    ("long header", {"type": "header", "text": plain("x" * 151)}, "/blocks/0/text/text"),
    ("11 fields", {"type": "section", "fields": [mrkdwn("x")] * 11}, "/blocks/0/fields"),
    ("11 in context", {"type": "context", "elements": [mrkdwn("x")] * 11}, "/blocks/0/elements"),
    ("no actions", actions(), "/blocks/0/elements"),
    ("26 buttons", actions(*(button() for _ in range(26))), "/blocks/0/elements"),
    ("long label", actions(button(text=plain("x" * 76))), "/blocks/0/elements/0/text/text"),
    ("long value", actions(button(value="x" * 2001)), "/blocks/0/elements/0/value"),
    ("style", actions(button(style="blue")), "/blocks/0/elements/0/style"),
    ("unknown field", actions(button(colour="red")), "/blocks/0/elements/0"),
    ("unknown element", actions({"type": "slider"}), "/blocks/0/elements/0/type"),
    ("no options", actions({"type": "static_select"}), "/blocks/0/elements/0"),
    (
        "101 options",
        actions({"type": "static_select", "options": [option(str(i)) for i in range(101)]}),
        "/blocks/0/elements/0/options",
    ),
    (
        "initial option of elsewhere",
        actions({"type": "static_select", "options": [option("a")], "initial_option": option("b")}),
        "/blocks/0/elements/0/initial_option",
    ),
    (
        "6 in overflow",
        actions({"type": "overflow", "options": [option(str(i)) for i in range(6)]}),
        "/blocks/0/elements/0/options",
    ),
    ("image of nothing", {"type": "image", "alt_text": "x"}, "/blocks/0"),
    ("image without words", {"type": "image", "image_url": "https://x.y"}, "/blocks/0"),
    ("leaf", rich({"type": "script", "text": "x"}), "/blocks/0/elements/0/elements/0/type"),
    (
        "wide table",
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]},
        "/blocks/0/rows/0",
    ),
    ("status", {**CARD, "status": "done"}, "/blocks/0/status"),
    ("task twice", {"type": "plan", "title": "x", "tasks": [CARD, CARD]}, "/blocks/0/tasks"),
    ("no block", {"text": "x"}, "/blocks/0"),
    ("long block_id", {"type": "divider", "block_id": "x" * 256}, "/blocks/0/block_id"),
    (
        "action_id twice",
        actions(button(action_id="a"), button(action_id="a")),
        "/blocks/0/elements",
    ),
]


@pytest.mark.parametrize("block", GOOD.values(), ids=GOOD.keys())
def test_blocks_at_their_limits_are_taken(block: Json) -> None:
    require_blocks([block])


@pytest.mark.parametrize(("block", "pointer"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_blocks_past_a_limit_are_refused_with_a_pointer(block: Json, pointer: str) -> None:
    with pytest.raises(SlackError) as caught:
        require_blocks([block])
    assert caught.value.code == "invalid_blocks"
    [message] = caught.value.messages
    assert message.startswith("[ERROR] ")
    assert message.endswith(f"[json-pointer:{pointer}]")


def test_a_message_has_at_most_fifty_blocks() -> None:
    require_blocks([DIVIDER] * 50)
    with pytest.raises(SlackError, match="no more than 50"):
        require_blocks([DIVIDER] * 51)


def test_block_ids_are_unique_in_a_message() -> None:
    with pytest.raises(SlackError, match="already exists"):
        require_blocks([{**DIVIDER, "block_id": "a"}] * 2)


def test_markdown_is_limited_in_sum() -> None:
    half = {"type": "markdown", "text": "x" * 6_001}
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        require_blocks([half, half])


def test_views_have_limits_of_their_own() -> None:
    require_view({"type": "home", "blocks": [DIVIDER] * 100}, "home")
    modal = {"type": "modal", "title": plain("x" * 24), "blocks": [GOOD["input"]]}
    require_view({**modal, "submit": plain("Send")}, "modal")
    for view, kind, pointer in (
        ({"type": "home", "blocks": [DIVIDER] * 101}, "home", "/view/blocks"),
        ({"type": "home", "blocks": [GOOD["markdown"]]}, "home", "/view/blocks/0/type"),
        ({"type": "home", "blocks": []}, "modal", "/view/type"),
        ({**modal, "title": plain("x" * 25)}, "modal", "/view/title/text"),
        (modal, "modal", "/view"),
    ):
        with pytest.raises(SlackError) as caught:
            require_view(view, kind)
        assert caught.value.code == "invalid_arguments"
        assert f"[json-pointer:{pointer}]" in caught.value.messages[0]
    huge = {"type": "home", "blocks": [{"type": "section", "text": mrkdwn("x" * 3000)}] * 90}
    with pytest.raises(SlackError, match="view_too_large"):
        require_view(huge, "home")


def table(*words: str) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": word} for word in words]]}


def test_a_message_has_one_table_without_empty_cells() -> None:
    require_blocks([table("a", "b")])
    with pytest.raises(SlackError, match="invalid_attachments"):
        require_blocks([table("a"), table("b")])
    with pytest.raises(SlackError, match="invalid_blocks") as caught:
        require_blocks([table("a", "")])
    assert "[json-pointer:/blocks/0/rows/0/1/text]" in caught.value.messages[0]


@pytest.mark.parametrize("url", ["x", "", "https://", "https://a b", "javascript:alert(1)"])
def test_an_image_needs_an_address_on_the_web(url: str) -> None:
    image = {"type": "image", "alt_text": "x", "image_url": "https://a.test/x.png?y=1"}
    require_blocks([image])
    with pytest.raises(SlackError, match="invalid_blocks"):
        require_blocks([image | {"image_url": url}])
