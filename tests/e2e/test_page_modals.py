"""Modals on the page: every input, errors at their fields, stacks, and the keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.model import Json
from tests.e2e.browser import Office, field_block, in_a_browser, modal, office, option, plain

pytestmark = in_a_browser

SHORTCUT = {"name": "Open it", "type": "global", "callback_id": "open"}
COLOURS = [option("Red"), option("Green", description=plain("like grass")), option("Blue")]


@pytest_asyncio.fixture(loop_scope="session")
async def here(browser: Browser) -> AsyncIterator[Office]:
    async with office(browser) as everything:
        everything.slack.register({"shortcuts": [SHORTCUT]})
        yield everything


async def _opened(here: Office, view: Json, width: int = 1280) -> tuple[Page, Locator]:
    """The page with this view open, after a shortcut from the menu of the composer."""

    @here.app.shortcut("open")
    async def _(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    page = await here.page(width=width)
    await page.get_by_label("Attach or run a shortcut").click()
    await page.get_by_role("menuitem", name="Open it").click()
    dialog = page.get_by_role("dialog", name=view["title"]["text"])
    await expect(dialog).to_be_visible()
    return page, dialog


async def _choose(page: Page, dialog: Locator, label: str, *names: str) -> None:
    await dialog.get_by_role("combobox", name=label, exact=True).click()
    for name in names:
        await page.get_by_role("option", name=name).first.click()
    await page.keyboard.press("Tab")


EVERY_INPUT = [
    field_block("Title", "plain_text_input", min_length=3, max_length=10),
    field_block("Story", "plain_text_input", multiline=True, placeholder=plain("Long")),
    field_block("Mail", "email_text_input"),
    field_block("Site", "url_text_input"),
    field_block("Amount", "number_input", is_decimal_allowed=False, min_value="2"),
    field_block("Colour", "static_select", options=COLOURS),
    field_block("Colours", "multi_static_select", options=COLOURS),
    field_block("Person", "users_select"),
    field_block("People", "multi_users_select"),
    field_block("Channel", "channels_select"),
    field_block("Places", "multi_conversations_select"),
    field_block("Ticks", "checkboxes", options=COLOURS),
    field_block("Radio", "radio_buttons", options=COLOURS),
    field_block("Day", "datepicker", initial_date="2026-11-03"),
    field_block("Hour", "timepicker"),
    field_block("Moment", "datetimepicker", initial_date_time=1793750400),
    field_block("Rich", "rich_text_input"),
    field_block("Extra", "plain_text_input", block={"optional": True, "hint": plain("If any")}),
]


async def _fill_in(page: Page, dialog: Locator) -> None:
    for label, text in (
        ("Title", "Better"),
        ("Story", "Once\nupon"),
        ("Mail", "a@example.com"),
        ("Site", "https://example.com"),
        ("Amount", "7"),
        ("Rich", "*now* @ben\n- one\n- two"),
    ):
        await dialog.get_by_label(label, exact=True).fill(text)
    await _choose(page, dialog, "Colour", "Green")
    await _choose(page, dialog, "Colours", "Red", "Blue")
    await _choose(page, dialog, "Person", "Ben")
    await _choose(page, dialog, "People", "Ben", "Cho")
    await _choose(page, dialog, "Channel", "dev")
    await _choose(page, dialog, "Places", "general", "ops")
    await dialog.get_by_role("button", name="Day November 3, 2026").click()
    await page.get_by_role("gridcell", name="November 24").click()
    await dialog.get_by_role("combobox", name="Hour", exact=True).fill("9:45")
    await page.get_by_role("option", name="9:45 AM").click()
    moment = dialog.get_by_role("group", name="Moment")
    await moment.get_by_role("combobox", name="Time").fill("3:30 p")
    await page.get_by_role("option", name="3:30 PM").click()
    await dialog.get_by_role("group", name="Ticks").get_by_label("Red").check()
    await dialog.get_by_role("group", name="Ticks").get_by_label("Blue").check()
    await dialog.get_by_role("radiogroup", name="Radio").get_by_label("Green").check()


def _held(view: Json) -> dict[str, Any]:
    """What the fields of a submitted view hold, by block."""
    return {
        block: next(value for key, value in fields["field"].items() if key != "type")
        for block, fields in view["state"]["values"].items()
    }


async def test_every_input_is_filled_and_reaches_the_app(here: Office) -> None:
    ids = {u.name: u.id for u in here.slack.workspace.users.values()}
    page, dialog = await _opened(here, modal("Form", EVERY_INPUT))

    @here.app.view("form")
    async def _(ack: AsyncAck) -> None:
        await ack()

    await _fill_in(page, dialog)
    await dialog.get_by_role("button", name="Send").click()
    held = _held((await here.told("view_submission"))["view"])
    await expect(dialog).to_be_hidden()
    channels = {c.name: c.id for c in here.slack.workspace.channels.values()}
    rich = held.pop("rich")
    assert held == {
        "title": "Better",
        "story": "Once\nupon",
        "mail": "a@example.com",
        "site": "https://example.com",
        "amount": "7",
        "colour": COLOURS[1],
        "colours": [COLOURS[0], COLOURS[2]],
        "person": ids["ben"],
        "people": [ids["ben"], ids["cho"]],
        "channel": channels["dev"],
        "places": [channels["general"], channels["ops"]],
        "ticks": [COLOURS[0], COLOURS[2]],
        "radio": COLOURS[1],
        "day": "2026-11-24",
        "hour": "09:45",
        "moment": 1793750400 + 15 * 3600 + 1800,
        "extra": None,
    }
    section, listed = rich["elements"]
    assert [leaf["type"] for leaf in section["elements"]] == ["text", "text", "user"]
    assert section["elements"][0] == {"type": "text", "text": "now", "style": {"bold": True}}
    assert section["elements"][2]["user_id"] == ids["ben"]
    assert [len(item["elements"]) for item in listed["elements"]] == [1, 1]


async def test_what_is_wrong_stands_at_its_field_and_takes_the_focus(here: Office) -> None:
    """First what Slack itself refuses, then what the app does; both keep what was typed."""
    blocks = [
        field_block("Title", "plain_text_input", min_length=3, max_length=5),
        field_block("Colour", "static_select", options=COLOURS),
    ]
    page, dialog = await _opened(here, modal("Form", blocks))

    @here.app.view("form")
    async def _(ack: AsyncAck) -> None:
        await ack(response_action="errors", errors={"colour": "Not this one."})

    title, colour = dialog.get_by_label("Title"), dialog.get_by_label("Colour")
    send = dialog.get_by_role("button", name="Send")
    await expect(title).to_be_focused()
    await send.click()
    await expect(title).to_be_focused()
    await expect(title).to_have_accessible_description("Please complete this required field.")
    await expect(colour).to_have_attribute("aria-invalid", "true")

    await title.fill("no")
    await expect(dialog.locator(".counter")).to_have_text("1 more")
    await title.fill("longer")
    await expect(dialog.locator(".counter")).to_have_text("-1")
    await send.click()
    await expect(title).to_have_accessible_description("Please enter at most 5 characters.")

    await title.fill("right")
    await _choose(page, dialog, "Colour", "Blue")
    await send.click()
    await expect(colour).to_have_accessible_description("Not this one.")
    await expect(colour).to_be_focused()
    await expect(title).to_have_value("right")
    assert len(here.slack.journal.delivered("view_submission")) == 1


async def test_only_the_top_of_a_stack_is_shown_and_closing_goes_back(here: Office) -> None:
    """Close leaves one view, the cross all of them; the app hears of it where it asked to."""
    below = modal("Below", [field_block("Name", "plain_text_input")], notify_on_close=True)
    above = modal("Above", [field_block("More", "plain_text_input")], close=plain("Go back"))
    page, dialog = await _opened(here, below)

    @here.app.view("below")
    async def _(ack: AsyncAck) -> None:
        await ack(response_action="push", view=above)

    @here.app.view_closed("below")
    async def _(ack: AsyncAck) -> None:
        await ack()

    await dialog.get_by_label("Name").fill("kept")
    await dialog.get_by_label("Name").press("Enter")
    top = page.get_by_role("dialog", name="Above")
    await expect(top.get_by_label("More")).to_be_focused()
    await expect(dialog).to_have_count(0)
    await top.get_by_role("button", name="Go back").click()
    await expect(dialog.get_by_label("Name")).to_have_value("kept")

    await dialog.get_by_role("button", name="Send").click()
    await expect(top.get_by_label("More")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="Close").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert (await here.told("view_closed"))["is_cleared"]
    await expect(page.get_by_label("Attach or run a shortcut")).to_be_focused()


async def test_the_focus_stays_in_the_modal(here: Office) -> None:
    page, dialog = await _opened(here, modal("Form", [field_block("Name", "plain_text_input")]))
    await expect(dialog.get_by_label("Name")).to_be_focused()
    for _ in range(6):
        await page.keyboard.press("Tab")
        behind = (
            "document.activeElement !== document.body && !document.activeElement.closest('dialog')"
        )
        assert not await page.evaluate(behind)


async def test_a_select_is_used_with_the_keyboard_and_by_typing(here: Office) -> None:
    blocks = [field_block("Colour", "static_select", options=COLOURS, focus_on_load=True)]
    page, dialog = await _opened(here, modal("Form", blocks))
    box = dialog.get_by_role("combobox", name="Colour")
    await expect(box).to_be_focused()
    await page.keyboard.type("e")
    await expect(page.get_by_role("option")).to_have_count(3)
    await page.keyboard.type("x")
    await expect(page.get_by_role("option")).to_have_count(0)
    await expect(page.get_by_role("listbox")).to_contain_text("No results")
    await page.keyboard.press("Backspace")
    await expect(page.get_by_role("option")).to_have_count(3)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("Green")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("listbox")).to_have_count(0)
    await expect(dialog).to_be_visible()


async def test_a_day_is_chosen_with_the_keyboard(here: Office) -> None:
    day = field_block("Day", "datepicker", block={"optional": True}, initial_date="2026-12-31")
    page, dialog = await _opened(here, modal("Form", [day]))
    field = dialog.get_by_role("button", name="Day (optional)")
    await expect(field).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(":focus")).to_have_accessible_name("Thursday, December 31, 2026")
    for key in ("PageUp", "ArrowDown", "ArrowRight"):
        await page.keyboard.press(key)
    await expect(page.get_by_role("grid", name="December 2026")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(field).to_have_text("December 8, 2026")
    await expect(field).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("grid")).to_have_count(0)
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="Clear").click()
    await expect(field).to_have_text("Select a date")


async def test_options_are_loaded_while_one_types(here: Office) -> None:
    blocks = [field_block("Ticket", "multi_external_select", min_query_length=2)]
    page, dialog = await _opened(here, modal("Form", blocks))

    @here.app.options("field")
    async def _(ack: AsyncAck, payload: Json) -> None:
        await ack(options=[option(f"{payload['value']}-{n}") for n in (1, 2)])

    box = dialog.get_by_role("combobox", name="Ticket")
    await box.press_sequentially("a")
    await expect(page.get_by_role("listbox")).to_contain_text("at least 2")
    await box.press_sequentially("b")
    await page.get_by_role("option", name="ab-2").click()
    await box.press_sequentially("cd")
    await page.get_by_role("option", name="cd-1").click()
    await expect(dialog.locator(".chip")).to_have_text(["ab-2", "cd-1"])
    await dialog.get_by_role("button", name="Remove ab-2").click()
    await expect(dialog.locator(".chip")).to_have_text(["cd-1"])
    assert (await here.told("block_suggestion"))["value"] == "ab"


async def test_a_dispatching_field_tells_the_app_at_enter_and_survives_an_update(
    here: Office,
) -> None:
    asked = field_block("Name", "plain_text_input", block={"dispatch_action": True})
    page, dialog = await _opened(here, modal("Form", [asked]))

    @here.app.action("field")
    async def _(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        found = {"type": "section", "text": {"type": "mrkdwn", "text": "*Found it*"}}
        again = modal("Form", [found, asked])
        await client.views_update(view_id=body["view"]["id"], view=again)

    await dialog.get_by_label("Name").press_sequentially("needle")
    await page.keyboard.press("Enter")
    await expect(dialog).to_contain_text("Found it")
    await expect(dialog.get_by_label("Name")).to_have_value("needle")
    await expect(dialog.get_by_label("Name")).to_be_focused()
    told = await here.told("block_actions")
    assert told["actions"][0]["value"] == "needle"
    assert len(here.slack.journal.delivered("block_actions")) == 1


async def test_it_waits_for_the_app_and_says_when_it_cannot_be_reached(here: Office) -> None:
    _, dialog = await _opened(here, modal("Form", [field_block("Name", "plain_text_input")]))
    may_answer = asyncio.Event()

    @here.app.view("form")
    async def answer(ack: AsyncAck) -> None:
        await may_answer.wait()
        await ack(response_action="errors", errors={"name": "Taken."})

    await dialog.get_by_label("Name").fill("x")
    send = dialog.get_by_role("button", name="Send")
    await send.click()
    await expect(send).to_have_attribute("aria-busy", "true")
    may_answer.set()
    await expect(dialog).to_contain_text("Taken.")
    await expect(send).to_have_attribute("aria-busy", "false")

    here.slack.drop_sockets()
    await here.slack.until(lambda: not here.slack.local.socket_mode.sockets)
    await send.click()
    await expect(dialog.locator("footer").get_by_role("alert")).to_contain_text("trouble")
    await expect(send).to_be_enabled()
    await expect(dialog.get_by_label("Name")).to_have_value("x")


async def test_a_button_in_a_modal_asks_first_and_does_not_submit_it(here: Office) -> None:
    confirm = {
        "title": plain("Sure?"),
        "text": plain("All of it"),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    button = {"type": "button", "action_id": "use", "text": plain("Wipe"), "confirm": confirm}
    view = modal("Form", [{"type": "actions", "elements": [button]}], submit_disabled=True)
    page, dialog = await _opened(here, view)

    @here.app.action("use")
    async def _(ack: AsyncAck) -> None:
        await ack()

    await dialog.get_by_role("button", name="Wipe").click()
    question = page.get_by_role("dialog", name="Sure?")
    await page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="Wipe").click()
    await question.get_by_role("button", name="Yes").click()
    assert (await here.told("block_actions"))["container"]["type"] == "view"
    await expect(dialog.get_by_role("button", name="Wipe")).to_be_enabled()
    assert here.slack.journal.delivered("view_submission") == []


async def test_a_view_that_cannot_be_sent_yet_can_be_once_something_is_put_in(here: Office) -> None:
    ticks = field_block("Ticks", "checkboxes", options=COLOURS)
    page, dialog = await _opened(here, modal("Form", [ticks], submit_disabled=True))
    await expect(dialog.get_by_role("button", name="Send")).to_be_disabled()
    await dialog.get_by_label("Red").check()
    await expect(dialog.get_by_role("button", name="Send")).to_be_enabled()
    await page.reload()
    await expect(dialog.get_by_label("Red")).to_be_checked()


async def test_a_modal_is_one_persons(here: Office) -> None:
    """Another person's page in the same browser does not show it, and theirs is their own."""
    bens = await here.page()
    await bens.get_by_test_id("person-switch").get_by_text("Ben").click()
    page, dialog = await _opened(here, modal("Form", [field_block("Name", "plain_text_input")]))
    await dialog.get_by_label("Name").fill("mine")
    await expect(bens.get_by_role("dialog")).to_have_count(0)
    await here.slack.person("ben").shortcut("open")
    await expect(bens.get_by_role("dialog").get_by_label("Name")).to_have_value("")
    await expect(dialog.get_by_label("Name")).to_have_value("mine")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(bens.get_by_role("dialog")).to_be_visible()


async def test_files_are_added_to_a_field_and_taken_away(here: Office) -> None:
    blocks = [field_block("Plan", "file_input", filetypes=["txt"], max_files=2)]
    page, dialog = await _opened(here, modal("Form", blocks))

    @here.app.view("form")
    async def _(ack: AsyncAck) -> None:
        await ack()

    async def add(*names: str) -> None:
        async with page.expect_file_chooser() as chooser:
            await dialog.get_by_role("button", name="Add files").click()
        files: list[Any] = [{"name": n, "mimeType": "text/plain", "buffer": b"a"} for n in names]
        await (await chooser.value).set_files(files)

    await add("no.exe")
    await expect(dialog).to_contain_text("no.exe cannot be added: only txt.")
    await add("a.txt", "b.txt")
    await expect(dialog.get_by_role("listitem")).to_have_count(2)
    await expect(dialog.get_by_role("button", name="Add files")).to_have_count(0)
    await dialog.get_by_role("button", name="Remove a.txt").click()
    await expect(dialog.get_by_role("listitem")).to_have_count(1)
    await dialog.get_by_role("button", name="Send").click()
    [held] = _held((await here.told("view_submission"))["view"])["plan"]
    assert held["name"] == "b.txt"


HOSTILE = "<img src=x onerror=hit=1>"


async def test_texts_of_an_app_are_texts(here: Office) -> None:
    """Titles, labels, options, errors: nothing an app writes becomes markup or script."""
    short = HOSTILE[:24]
    picture = f"http://127.0.0.1:{here.slack.port}/icon.svg"
    blocks = [
        field_block(
            HOSTILE, "static_select", options=[option(HOSTILE)], placeholder=plain(HOSTILE)
        ),
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": f"{HOSTILE} <javascript:hit=1|click> <https://x.y|ok>",
            },
            "accessory": {"type": "image", "image_url": picture, "alt_text": HOSTILE},
        },
    ]
    view = modal(short, blocks, callback_id="form")
    view["submit"] = view["close"] = plain(short)
    page, dialog = await _opened(here, view)
    await dialog.get_by_role("combobox").click()
    await expect(page.get_by_role("option")).to_have_text(HOSTILE)
    assert await page.evaluate("'hit' in window") is False
    assert await dialog.locator("img[src=x]").count() == 0
    assert await dialog.locator("a[href^=javascript]").count() == 0
    await expect(dialog.get_by_role("link", name="ok")).to_have_attribute(
        "rel", "noopener noreferrer"
    )


async def test_on_a_phone_it_fills_the_screen(here: Office) -> None:
    _, dialog = await _opened(here, modal("Form", EVERY_INPUT), width=390)
    assert await dialog.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 800}
    await expect(dialog.get_by_role("button", name="Send")).to_be_in_viewport()
