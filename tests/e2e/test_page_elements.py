"""What Block Kit lets people do in messages and Home, and what it shows, on the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Route, expect
from slack_bolt.async_app import AsyncAck

from bot.playground.model import Json
from tests.e2e.browser import Office, field_block, in_a_browser, office, option, plain
from tests.playground.bolt import client_of

pytestmark = in_a_browser


@pytest_asyncio.fixture(loop_scope="session")
async def here(browser: Browser) -> AsyncIterator[Office]:
    async with office(browser) as everything:

        async def take(ack: AsyncAck) -> None:
            await ack()

        for action in ("use", "field"):
            everything.app.action(action)(take)
        yield everything


async def _shown(here: Office, blocks: Sequence[Json]) -> tuple[Page, Locator]:
    """The page with a message of the app."""
    [channel] = [c.id for c in here.slack.workspace.channels.values() if c.name == "dev"]
    await client_of(here.slack).chat_postMessage(channel=channel, text="x", blocks=blocks)
    page = await here.page()
    return page, page.get_by_test_id("message")


def _actions(*elements: Json, kind: str = "actions") -> Json:
    return {"type": kind, "elements": [{"action_id": "use", **each} for each in elements]}


async def _told(here: Office, number: int = 1) -> Json:
    return (await here.told("block_actions", number))["actions"][0]


SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>"
CONFIRM = {
    "title": plain("Really?"),
    "text": plain("It is gone then."),
    "confirm": plain("Do it"),
    "deny": plain("Rather not"),
}


async def test_a_button_that_asks_first(here: Office) -> None:
    button = {"type": "button", "text": plain("Drop it"), "value": "all", "confirm": CONFIRM}
    page, message = await _shown(here, [_actions(button)])
    await message.get_by_role("button", name="Drop it").click()
    question = page.get_by_role("dialog", name="Really?")
    await question.get_by_role("button", name="Rather not").click()
    await expect(question).to_have_count(0)
    await expect(message.get_by_role("button", name="Drop it")).to_be_focused()
    await message.get_by_role("button", name="Drop it").click()
    await question.get_by_role("button", name="Do it").click()
    assert (await _told(here))["value"] == "all"
    assert len(here.slack.journal.delivered("block_actions")) == 1


async def test_lines_of_plain_text_stay_lines(here: Office) -> None:
    lines = plain("Read it\nWrite it")
    blocks = [{"type": "section", "text": lines}, {"type": "context", "elements": [lines]}]
    _, message = await _shown(here, blocks)
    said = await message.inner_text()
    assert said.count("Read it\nWrite it") == 2


async def test_a_button_with_an_address_opens_it_apart_and_tells_the_app(here: Office) -> None:
    button = {"type": "button", "text": plain("Docs"), "url": f"{here.slack.base_url}nothing"}
    page, message = await _shown(here, [_actions(button)])
    async with page.expect_popup() as popup:
        await message.get_by_role("button", name="Docs").click()
    assert await (await popup.value).evaluate("window.opener") is None
    assert (await _told(here))["type"] == "button"


async def _edited(here: Office, words: str, *elements: Json) -> None:
    """The app edits its message and, as Slack advises, gives its blocks new ids."""
    [ts] = here.slack.workspace.messages["C0DEV00002"]
    section = {"type": "section", "text": plain(words)}
    blocks = [section, *([_actions(*elements)] if elements else [])]
    await client_of(here.slack).chat_update(channel="C0DEV00002", ts=ts, text=words, blocks=blocks)


async def test_a_button_can_be_pressed_while_its_message_is_edited(here: Office) -> None:
    """The message is drawn anew between the press of the mouse and its release."""
    button = {"type": "button", "text": plain("Stop"), "value": "turn:1"}
    page, message = await _shown(here, [_actions(button)])
    await _edited(here, "one", button)
    await expect(message).to_contain_text("(edited)")
    await message.get_by_role("button", name="Stop").hover()
    await page.mouse.down()
    await _edited(here, "two", button)
    await expect(message).to_contain_text("two")
    await page.mouse.up()
    assert (await _told(here))["value"] == "turn:1"


async def test_the_keyboard_stays_at_a_message_that_is_edited(here: Office) -> None:
    """At the button while there is one, then at the message."""
    button = {"type": "button", "text": plain("Stop"), "value": "turn:1"}
    page, message = await _shown(here, [_actions(button)])
    await message.press("Tab")
    stop = message.get_by_role("button", name="Stop")
    await expect(stop).to_be_focused()
    await _edited(here, "two", button)
    await expect(message).to_contain_text("two")
    await expect(stop).to_be_focused()
    await page.keyboard.press("Enter")
    assert (await _told(here))["value"] == "turn:1"
    await _edited(here, "stopped")
    await expect(message).to_contain_text("stopped")
    await expect(message).to_be_focused()


async def test_a_button_for_a_few_is_shown_to_nobody_else(here: Office) -> None:
    mine = {"type": "button", "text": plain("Mine"), "visible_to_user_ids": [here.ana.id]}
    bens = {"type": "button", "text": plain("Bens"), "visible_to_user_ids": ["U0BEN00002"]}
    _, message = await _shown(here, [_actions(mine, {**bens, "action_id": "other"})])
    await expect(message.locator(".blocks").get_by_role("button")).to_have_text(["Mine"])


async def test_a_menu_a_select_and_a_date_in_a_message(here: Office) -> None:
    options = [option("Red"), option("Green")]
    section = {
        "type": "section",
        "text": plain("Pick"),
        "accessory": {"type": "overflow", "action_id": "use", "options": options},
    }
    select = {"type": "static_select", "placeholder": plain("Colour"), "options": options}
    day = {"type": "datepicker", "placeholder": plain("Day"), "initial_date": "2026-11-24"}
    page, message = await _shown(here, [section, _actions(select), _actions(day)])

    await message.locator(".section").get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Green").click()
    assert (await _told(here))["selected_option"]["value"] == "green"

    await message.get_by_role("combobox", name="Colour").click()
    await page.get_by_role("option", name="Red").click()
    assert (await _told(here, 2))["selected_option"]["value"] == "red"
    await expect(message.get_by_role("combobox", name="Colour")).to_have_value("Red")

    await message.get_by_role("button", name="Day, November 24, 2026").click()
    await page.get_by_role("button", name="Next month").click()
    await page.get_by_role("gridcell", name="December 1,").click()
    assert (await _told(here, 3))["selected_date"] == "2026-12-01"

    async def is_as_chosen() -> None:
        await expect(message.get_by_role("combobox", name="Colour")).to_have_value("Red")
        await expect(message.get_by_role("button", name="Day, December 1, 2026")).to_be_visible()

    await page.get_by_role("button", name="general", exact=True).click()
    await page.get_by_role("button", name="dev", exact=True).click()
    await is_as_chosen()
    await page.reload()
    await is_as_chosen()
    await page.get_by_test_id("person-switch").get_by_text("Ben").click()
    await expect(message.get_by_role("combobox", name="Colour")).to_have_value("")


async def test_what_an_app_does_not_take_is_said_beside_the_element(here: Office) -> None:
    _, message = await _shown(here, [_actions({"type": "button", "text": plain("Go")})])
    here.slack.drop_sockets()
    await here.slack.until(lambda: not here.slack.local.socket_mode.sockets)
    await message.get_by_role("button", name="Go").click()
    await expect(message.get_by_role("alert")).to_contain_text("That didn’t work")


async def test_feedback_and_icon_buttons(here: Office) -> None:
    feedback = {
        "type": "feedback_buttons",
        "positive_button": {"text": plain("Good answer"), "value": "up"},
        "negative_button": {"text": plain("Bad answer"), "value": "down"},
    }
    icon = {"type": "icon_button", "icon": "trash", "text": plain("Remove"), "action_id": "field"}
    _, message = await _shown(here, [_actions(feedback, icon, kind="context_actions")])
    down = message.get_by_role("button", name="Bad answer")
    await down.click()
    assert (await _told(here))["value"] == "down"
    await expect(down).to_have_attribute("aria-pressed", "true")
    await message.get_by_role("button", name="Remove").click()
    assert (await _told(here, 2))["type"] == "icon_button"


async def test_inputs_of_a_message_and_of_the_home_hold_what_is_put_in(here: Office) -> None:
    ticks = field_block("Ticks", "checkboxes", options=[option("One"), option("Two")])
    dispatching = {**ticks, "dispatch_action": True}
    page, message = await _shown(here, [ticks, _actions({"type": "button", "text": plain("Go")})])
    ticked = asyncio.Event()

    async def late(route: Route) -> None:
        await ticked.wait()
        await route.continue_()

    await page.route("**/local/act", late, times=1)
    await message.get_by_label("Two").check()
    await message.get_by_role("button", name="Go").click()
    ticked.set()
    told = await here.told("block_actions")
    assert told["state"]["values"]["ticks"]["field"]["selected_options"][0]["value"] == "two"

    await client_of(here.slack).views_publish(
        user_id=here.ana.id, view={"type": "home", "blocks": [dispatching]}
    )
    await page.get_by_role("button", name="threadline").last.click()
    one = page.get_by_role("main").get_by_role("checkbox", name="One")
    await one.check()
    told = await here.told("block_actions", 2)
    assert (
        told["view"]["state"]["values"]["ticks"]["field"]["selected_options"][0]["value"] == "one"
    )
    await expect(one).to_be_checked()


def _rich(text: str) -> Json:
    leaf = {"type": "text", "text": text}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [leaf]}]}


def _task(number: int, title: str, status: str, **more: Any) -> Json:
    return {"type": "task_card", "task_id": str(number), "title": title, "status": status, **more}


async def test_a_plan_shows_how_far_its_tasks_are(here: Office) -> None:
    source = {"type": "url", "url": "https://example.com/a", "text": "The source"}
    plan = {
        "type": "plan",
        "title": "Looking around",
        "tasks": [
            _task(1, "Read <b>it</b>", "complete", details=_rich("Twelve files"), sources=[source]),
            _task(2, "Run it", "in_progress"),
            _task(3, "Ship it", "error", output=_rich("No such host")),
            _task(4, "Tell", "pending"),
        ],
    }
    _, message = await _shown(here, [plan])
    await expect(message.locator(".plan-head")).to_contain_text("1 of 4")
    await expect(message.get_by_role("img", name="Done")).to_be_visible()
    await expect(message.get_by_role("img", name="In progress")).to_be_visible()
    await expect(message.get_by_role("img", name="Failed")).to_be_visible()
    await expect(message).not_to_contain_text("Twelve files")
    await message.get_by_role("button", name="Read <b>it</b>").click()
    await expect(message).to_contain_text("Twelve files")
    await expect(message.get_by_role("link", name="The source")).to_have_attribute(
        "rel", "noopener noreferrer"
    )
    await message.get_by_role("button", name="Looking around").click()
    await expect(message).not_to_contain_text("Run it")


async def test_pictures_of_the_workspace_are_shown_and_made_up_links_are_not(here: Office) -> None:
    posted = await here.ana.upload("#dev", "dot.svg", SVG)
    [file] = here.slack.workspace.message(posted.channel, posted.ts).files or []
    pictures = [
        {"type": "image", "slack_file": {"id": file}, "alt_text": "by its id"},
        {"type": "image", "slack_file": {"url": "http://["}, "alt_text": "no link"},
        {
            "type": "image",
            "slack_file": {"url": "https://x.y/local/state"},
            "alt_text": "elsewhere",
        },
    ]
    _, messages = await _shown(here, pictures)
    shown = messages.last.get_by_role("img", name="by its id")
    await expect(shown).to_have_js_property("naturalWidth", 8)
    await expect(messages.last.locator(".picture-missing")).to_have_text(["no link", "elsewhere"])


async def test_a_block_that_cannot_be_drawn_does_not_take_the_page_with_it(here: Office) -> None:
    posted = await here.ana.post("#dev", "as it was")
    page = await here.page()
    strange = [{"type": "section", "text": {"type": "plain_text"}}, {"type": "divider"}]
    shown = here.slack.workspace.shown(here.slack.workspace.message(posted.channel, posted.ts))
    here.slack.local.feed.publish(
        {"type": "message_changed", "message": shown | {"blocks": strange}}
    )
    message = page.get_by_test_id("message")
    await expect(message).to_contain_text("A section block that could not be drawn")
    await expect(message.get_by_role("separator")).to_be_visible()
    await here.slack.until(lambda: here.broken)
    assert len(here.broken) == 1
    here.broken.clear()
