"""What a reader sees and can press, and what a press sends."""

from typing import Any

import pytest

from bot.playground import posting
from bot.playground.arguments import Arguments
from bot.playground.blocks import named, stable, visible_text
from bot.playground.call import TRIGGER_SECONDS, Triggers
from bot.playground.interactions import pressables
from bot.playground.model import Json, Message, SlackError
from bot.playground.screens import Screens
from bot.playground.seed import APP, seeded
from bot.playground.stages import action_of, given_by, stage_of
from bot.playground.workspace import Workspace

BOT, ANA, DEV = "U0THREADLN", "U0ANA00001", "C0DEV00002"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


BLOCKS: list[Json] = [
    {"type": "header", "text": plain("Report")},
    {"type": "section", "fields": [plain("left"), plain("right")]},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "see "},
                    {"type": "user", "user_id": ANA},
                    {"type": "text", "text": " and "},
                    {"type": "link", "url": "https://x.y", "text": "this"},
                    {"type": "emoji", "name": "wave"},
                ],
            }
        ],
    },
    {"type": "table", "rows": [[{"type": "raw_text", "text": c} for c in "ab"]]},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "text": plain("Go"), "value": "go-1"},
            {"type": "overflow", "options": [{"text": plain("Drop"), "value": "drop"}]},
            {
                "type": "static_select",
                "option_groups": [
                    {"label": plain("All"), "options": [{"text": plain("Red"), "value": "red"}]}
                ],
            },
        ],
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "positive_button": {"text": plain("Good"), "value": "up"},
                "negative_button": {"text": plain("Bad"), "value": "down"},
            }
        ],
    },
]


@pytest.fixture
def workspace() -> Workspace:
    return seeded("xoxb-1", "xapp-1")


@pytest.fixture
def message(workspace: Workspace) -> Message:
    posted = posting.post(workspace, BOT, DEV, "a report", 1.0, blocks=BLOCKS).message
    assert posted is not None
    return posted


def pressed(workspace: Workspace, click: Json) -> Json:
    wanted, screens = Arguments(click), Screens()
    stage = stage_of(workspace, screens, ANA, wanted)
    block, element = stage.find(wanted.need("block_id"), wanted.need("action_id"))
    given = given_by(wanted)
    return action_of(workspace, screens, stage, element, block["block_id"], given)


def test_a_reader_sees_the_words_of_the_blocks(message: Message) -> None:
    expected = f"Report\nleft\nright\nsee <@{ANA}> and this:wave:\na\nb"
    assert visible_text(message) == expected


def test_without_blocks_the_text_is_seen() -> None:
    assert visible_text(Message(DEV, "1.000001", BOT, "only text")) == "only text"


@pytest.mark.parametrize(
    ("label", "action"),
    [
        ("Go", {"type": "button", "text": plain("Go"), "value": "go-1"}),
        ("Drop", {"type": "overflow", "selected_option": {"text": plain("Drop"), "value": "drop"}}),
        (
            "Red",
            {"type": "static_select", "selected_option": {"text": plain("Red"), "value": "red"}},
        ),
        ("Good", {"type": "feedback_buttons", "text": plain("Good"), "value": "up"}),
        ("Bad", {"type": "feedback_buttons", "text": plain("Bad"), "value": "down"}),
    ],
)
def test_a_press_sends_what_was_chosen(
    workspace: Workspace, message: Message, label: str, action: Json
) -> None:
    [found] = [p for p in pressables(message) if p.label == label]
    sent = pressed(workspace, found.click)
    assert {key: sent[key] for key in action} == action
    assert sent["action_id"] == found.click["action_id"]


@pytest.mark.parametrize(("label", "lie"), [("Red", "green"), ("Good", "sideways")])
def test_only_what_is_offered_can_be_chosen(
    workspace: Workspace, message: Message, label: str, lie: str
) -> None:
    [found] = [p for p in pressables(message) if p.label == label]
    click = found.click | {"selected_option": {"value": lie}, "value": lie}
    with pytest.raises(SlackError, match="no_such_option"):
        pressed(workspace, click)


def test_ids_are_given_where_the_app_gave_none_and_left_where_it_did() -> None:
    given: list[Json] = [
        {"type": "divider", "block_id": "mine"},
        {
            "type": "section",
            "text": plain("x"),
            "accessory": {"type": "button", "text": plain("y")},
        },
    ]
    before: list[Any] = [dict(block) for block in given]
    result = named(given, lambda prefix: f"{prefix}-new")
    assert [block["block_id"] for block in result] == ["mine", "B-new"]
    assert result[1]["accessory"]["action_id"] == "a-new"
    assert given == before


def test_an_outline_has_no_ids(message: Message) -> None:
    assert stable(message.blocks)[4]["elements"][0] == {"type": "button", "text": plain("Go")}
    assert "block_id" not in str(stable(message.blocks))


def test_a_trigger_is_good_once_and_for_three_seconds() -> None:
    triggers = Triggers()
    for trigger in ("once", "late"):
        triggers.give(trigger, APP, ANA, 10.0)
    triggers.use("once", APP, 10.0 + TRIGGER_SECONDS)
    for trigger, now, error in (
        ("once", 11.0, "exchanged_trigger_id"),
        ("late", 13.1, "expired_trigger_id"),
        ("never", 10.0, "invalid_trigger_id"),
    ):
        with pytest.raises(SlackError, match=error):
            triggers.use(trigger, APP, now)
