"""Elements people use: which block takes them, their limits, and where Slack points at a fault."""

from typing import Any

import pytest

from bot.playground.model import Json, SlackError
from bot.playground.validate import require_blocks, require_options, require_view


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value), "value": value}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


RICH = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
}
OPTIONS = [option("a"), option("b")]
CONFIRM = {"title": plain("x" * 100), "text": plain("x" * 300)} | {
    side: plain("x" * 30) for side in ("confirm", "deny")
}


def field(kind: str, **fields: Any) -> Json:
    return {"type": "input", "label": plain("x"), "element": {"type": kind, **fields}}


def beside(kind: str, **fields: Any) -> Json:
    return {"type": "section", "text": plain("x"), "accessory": {"type": kind, **fields}}


def row(kind: str, **fields: Any) -> Json:
    return {"type": "actions", "elements": [{"type": kind, **fields}]}


GOOD = [
    row("button", text=plain("Drop"), confirm=CONFIRM),
    row("checkboxes", options=[option(str(i)) for i in range(10)]),
    row("radio_buttons", options=OPTIONS, initial_option=option("b")),
    row("external_select", min_query_length=0, placeholder=plain("x" * 150)),
    row("users_select", initial_user="U1"),
    row("datepicker", initial_date="2026-02-28"),
    row("timepicker", initial_time="00:00"),
    row("datetimepicker", initial_date_time=1_800_000_000),
    beside("multi_static_select", options=OPTIONS, initial_options=OPTIONS, max_selected_items=2),
    beside("multi_external_select"),
    beside("multi_users_select", initial_users=["U1"]),
    beside("overflow", options=OPTIONS),
    field("conversations_select", filter={"include": ["public"], "exclude_bot_users": True}),
    field("channels_select"),
    field("multi_conversations_select"),
    field("multi_channels_select"),
    field("plain_text_input", min_length=3, max_length=3),
    field("email_text_input"),
    field("url_text_input"),
    field("number_input", is_decimal_allowed=True, min_value="-1.5", max_value="0"),
    field("rich_text_input", initial_value=RICH, placeholder=plain("x" * 150)),
    row("radio_buttons", options=[{"text": mrkdwn("*a*"), "value": "a"}]),
    beside("overflow", options=[{**option("a"), "url": "https://a.test"}]),
]
# What only the input blocks of a modal take.
IN_MODALS = [
    field("file_input", max_files=10),
    field("conversations_select", response_url_enabled=True),
    field("channels_select", response_url_enabled=True),
]

BAD: list[tuple[Json, str]] = [
    (row("checkboxes", options=[option(str(i)) for i in range(11)]), "elements/0/options"),
    (
        row("checkboxes", options=OPTIONS, initial_options=[option("a"), option("c")]),
        "elements/0/initial_options/1",
    ),
    (
        row("radio_buttons", options=OPTIONS, initial_option=option("c")),
        "elements/0/initial_option",
    ),
    (
        row("button", text=plain("x"), confirm={**CONFIRM, "deny": plain("x" * 31)}),
        "elements/0/confirm/deny/text",
    ),
    (row("datepicker", initial_date="2026-02-30"), "elements/0/initial_date"),
    (row("datepicker", initial_date="tomorrow"), "elements/0/initial_date"),
    (row("timepicker", initial_time="24:00"), "elements/0/initial_time"),
    (row("datetimepicker", initial_date_time=12), "elements/0/initial_date_time"),
    (row("multi_static_select", options=OPTIONS), "elements/0/type"),
    (row("plain_text_input"), "elements/0/type"),
    (beside("datetimepicker"), "accessory/type"),
    (
        beside("multi_static_select", options=OPTIONS, max_selected_items=0),
        "accessory/max_selected_items",
    ),
    (field("button", text=plain("x")), "element/type"),
    (field("overflow", options=OPTIONS), "element/type"),
    (field("plain_text_input", min_length=4, max_length=3), "element/min_length"),
    (field("plain_text_input", max_length=3001), "element/max_length"),
    (field("number_input"), "element"),
    (field("number_input", is_decimal_allowed=False, min_value="few"), "element/min_value"),
    (field("rich_text_input", initial_value="x"), "element/initial_value"),
    (row("rich_text_input"), "elements/0/type"),
    (
        row("static_select", options=[{"text": mrkdwn("*a*"), "value": "a"}]),
        "elements/0/options/0/text/type",
    ),
    (
        row("static_select", options=[{**option("a"), "url": "https://a.test"}]),
        "elements/0/options/0",
    ),
    (row("conversations_select", response_url_enabled=True), "elements/0"),
    (field("conversations_select", response_url_enabled=True), "element"),
    (field("file_input", max_files=10), "element/type"),
]


@pytest.mark.parametrize("block", GOOD, ids=str)
def test_elements_at_their_limits_are_taken(block: Json) -> None:
    require_blocks([block])


@pytest.mark.parametrize(("block", "pointer"), BAD, ids=str)
def test_elements_past_a_limit_are_refused_with_a_pointer(block: Json, pointer: str) -> None:
    with pytest.raises(SlackError, match="invalid_blocks") as caught:
        require_blocks([block])
    assert f"[json-pointer:/blocks/0/{pointer}]" in caught.value.messages[0]


@pytest.mark.parametrize("block", IN_MODALS, ids=str)
def test_some_fields_are_for_modals_alone(block: Json) -> None:
    modal = {"type": "modal", "title": plain("x"), "submit": plain("Send"), "blocks": [block]}
    require_view(modal, "modal")
    with pytest.raises(SlackError, match="invalid_arguments"):
        require_view({"type": "home", "blocks": [block]}, "home")


def test_a_modal_takes_ten_files_at_most() -> None:
    many = field("file_input", max_files=11)
    modal = {"type": "modal", "title": plain("x"), "submit": plain("Send"), "blocks": [many]}
    with pytest.raises(SlackError, match="invalid_arguments") as caught:
        require_view(modal, "modal")
    assert "[json-pointer:/view/blocks/0/element/max_files]" in caught.value.messages[0]


def test_one_element_of_a_view_may_take_the_focus() -> None:
    twice = [field("plain_text_input", focus_on_load=True) for _ in range(2)]
    modal = {"type": "modal", "title": plain("x"), "submit": plain("Send"), "blocks": twice}
    with pytest.raises(SlackError, match=r"json-pointer:/view/blocks/1"):
        require_view(modal, "modal")
    require_view({**modal, "blocks": twice[:1]}, "modal")


@pytest.mark.parametrize(
    "answer",
    [{}, {"options": OPTIONS * 51}, {"options": [{"value": "a"}]}, {"options": [], "groups": []}],
    ids=str,
)
def test_options_that_cannot_be_shown_are_refused(answer: Json) -> None:
    require_options({"options": OPTIONS * 50})
    require_options({"option_groups": [{"label": plain("x"), "options": OPTIONS}]})
    with pytest.raises(SlackError, match="invalid_arguments"):
        require_options(answer)
