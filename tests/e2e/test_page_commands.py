"""Commands, shortcuts and what can be done with a message, on the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from slack_bolt.async_app import AsyncAck

from tests.e2e.browser import Office, in_a_browser, office
from tests.waiting import until

pytestmark = in_a_browser

FEATURES = {
    "slash_commands": [
        {"command": "/deploy", "description": "Ship it", "usage_hint": "[service]"},
        {"command": "/depart", "description": "Leave"},
    ],
    "shortcuts": [{"name": "Explain this", "type": "message", "callback_id": "explain"}],
}


@pytest_asyncio.fixture(loop_scope="session")
async def here(browser: Browser) -> AsyncIterator[Office]:
    async with office(browser) as everything:
        everything.slack.register(FEATURES)
        yield everything


def _offers(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


async def test_a_command_is_completed_explained_and_sent(here: Office) -> None:
    @here.app.command("/deploy")
    async def _(ack: AsyncAck) -> None:
        await ack("On its way")

    page = await here.page()
    composer = page.get_by_test_id("composer")
    await composer.press_sequentially("/dep")
    await expect(_offers(page)).to_contain_text(["/deploy[service]Ship it", "/departLeave"])
    await composer.press_sequentially("l")
    await expect(_offers(page)).to_have_count(1)
    await composer.press("Tab")
    await expect(composer).to_have_value("/deploy ")
    await expect(page.locator(".usage")).to_contain_text("[service]")
    await composer.press_sequentially("web")
    await composer.press("Enter")
    told = await here.told("/deploy")
    assert (told["command"], told["text"]) == ("/deploy", "web")
    await expect(page.get_by_test_id("message")).to_contain_text("On its way")
    await expect(page.get_by_test_id("message")).to_contain_text("Only visible to you")
    await expect(composer).to_have_value("")


async def test_commands_and_shortcuts_that_come_later_are_offered_with_their_app(
    here: Office,
) -> None:
    page = await here.page()
    shortcut = {"name": "Look it up", "type": "global", "callback_id": "look"}
    late = [{"command": "/late"}]
    here.slack.register({"slash_commands": late, "shortcuts": [shortcut]})
    await page.get_by_label("Attach or run a shortcut").click()
    await expect(page.get_by_role("menuitem", name="Look it up threadline")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_test_id("composer").press_sequentially("/l")
    await expect(_offers(page)).to_have_text(["/late"])


async def test_what_is_no_command_stays_in_the_box_with_the_reason(here: Office) -> None:
    page = await here.page()
    composer = page.get_by_test_id("composer")
    await composer.fill("/nothing at all")
    await composer.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("/nothing is not a valid command")
    await expect(composer).to_have_value("/nothing at all")
    await composer.fill(" /tmp is a directory")
    await composer.press("Enter")
    await expect(page.get_by_test_id("message")).to_contain_text("/tmp is a directory")

    await page.get_by_test_id("message").hover()
    await page.get_by_role("button", name="Reply in thread").click()
    await page.get_by_test_id("thread-composer").fill("/deploy")
    await page.get_by_test_id("thread-composer").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("not supported in threads")


async def test_a_command_nobody_takes_says_so(here: Office) -> None:
    page = await here.page()
    here.slack.drop_sockets()
    await here.slack.until(lambda: not here.slack.local.socket_mode.sockets)
    await page.get_by_test_id("composer").fill("/deploy")
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("/deploy failed with the error")


async def test_what_is_written_while_a_command_fails_is_kept(here: Office) -> None:
    heard, failing = asyncio.Event(), asyncio.Event()

    @here.app.command("/deploy")
    async def _(ack: AsyncAck) -> None:
        heard.set()
        await failing.wait()

    page = await here.page()
    composer = page.get_by_test_id("composer")
    await composer.fill("/deploy web")
    await composer.press("Enter")
    await heard.wait()
    await expect(composer).to_have_value("")
    await composer.fill("and then")
    here.slack.clock.advance(3.1)
    await expect(page.get_by_role("alert")).to_contain_text("/deploy failed with the error")
    await expect(composer).to_have_value("/deploy web\nand then")
    failing.set()


async def _menu(page: Page, message: Locator) -> None:
    await message.hover()
    await message.get_by_role("button", name="More actions").click()


async def test_a_message_shortcut_tells_the_app_of_the_message(here: Office) -> None:
    @here.app.shortcut("explain")
    async def _(ack: AsyncAck) -> None:
        await ack()

    posted = await here.ana.post("#dev", "what is this?")
    page = await here.page()
    await _menu(page, page.get_by_test_id("message"))
    await page.get_by_role("menuitem", name="Explain this").click()
    told = await here.told("message_action")
    assert (told["callback_id"], told["message"]["ts"]) == ("explain", posted.ts)


async def test_a_message_is_linked_edited_and_deleted_after_a_question(here: Office) -> None:
    posted = await here.ana.post("#dev", "mine")
    await here.slack.person("ben").post("#dev", "his")
    page = await here.page()
    mine, his = page.get_by_test_id("message").nth(0), page.get_by_test_id("message").nth(1)

    await _menu(page, his)
    await expect(page.get_by_role("menuitem", name="Edit message")).to_have_count(0)
    await page.keyboard.press("Escape")
    await _menu(page, mine)
    await page.get_by_role("menuitem", name="Copy link").click()

    async def is_copied() -> bool:
        copied: str = await page.evaluate("navigator.clipboard.readText()")
        return copied.endswith(f"#/{posted.channel}/{posted.ts}")

    await until(is_copied)

    await _menu(page, mine)
    await page.get_by_role("menuitem", name="Edit message").click()
    await page.get_by_test_id("edit-composer").fill("mine, better")
    await page.get_by_test_id("save").click()
    await expect(mine).to_contain_text("mine, better (edited)")

    await _menu(page, mine)
    await page.get_by_role("menuitem", name="Delete message").click()
    question = page.get_by_role("dialog", name="Delete message")
    await question.get_by_role("button", name="Cancel").click()
    await expect(mine).to_be_visible()
    await _menu(page, mine)
    await page.get_by_role("menuitem", name="Delete message").click()
    await question.get_by_role("button", name="Delete").click()
    await expect(page.get_by_test_id("message")).to_have_count(1)


async def test_a_reaction_is_searched_for_and_given(here: Office) -> None:
    await here.ana.post("#dev", "nice")
    page = await here.page()
    message = page.get_by_test_id("message")
    await message.hover()
    await message.get_by_role("button", name="Find another reaction").click()
    await page.get_by_role("searchbox").fill("rocket")
    await expect(page.locator(".picker-grid button")).to_have_count(1)
    await page.keyboard.press("Enter")
    mine = message.get_by_role("button", name="rocket, 1")
    await expect(mine).to_have_attribute("aria-pressed", "true")
    assert (await here.told("reaction_added"))["event"]["reaction"] == "rocket"


async def test_text_is_formatted_with_the_keyboard_as_in_slack(here: Office) -> None:
    page = await here.page()
    composer = page.get_by_test_id("composer")
    await composer.fill("bold")
    await composer.press("Control+a")
    await composer.press("Control+b")
    await expect(composer).to_have_value("*bold*")
    await composer.press("Control+Shift+X")
    await expect(composer).to_have_value("*~bold~*")
    await composer.press("Enter")
    await expect(page.get_by_test_id("message").locator("b s")).to_have_text("bold")


async def test_own_messages_are_edited_with_the_keyboard(here: Office) -> None:
    """The up arrow takes the last of one's own; Escape leaves it, and one writes on below."""
    await here.ana.post("#dev", "mine")
    await here.slack.person("ben").post("#dev", "his")
    page = await here.page()
    composer, editor = page.get_by_test_id("composer"), page.get_by_test_id("edit-composer")
    mine = page.get_by_test_id("message").first
    await expect(mine).to_contain_text("mine")
    await composer.press("ArrowUp")
    await expect(editor).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(editor).to_have_count(0)
    await expect(composer).to_be_focused()
    await composer.press("ArrowUp")
    await editor.fill("mine, better")
    await editor.press("Enter")
    await expect(mine).to_contain_text("mine, better (edited)")
    await expect(composer).to_be_focused()
    await composer.fill("no")
    await composer.press("ArrowUp")
    await expect(editor).to_have_count(0)


async def test_keys_act_on_the_message_in_focus(here: Office) -> None:
    await here.slack.person("ben").post("#dev", "his")
    await here.ana.post("#dev", "mine")
    page = await here.page()
    his, mine = page.get_by_test_id("message").nth(0), page.get_by_test_id("message").nth(1)
    await expect(mine).to_contain_text("mine")
    await page.get_by_role("region", name="Messages").focus()
    await page.keyboard.press("ArrowUp")
    await expect(mine).to_be_focused()
    await page.keyboard.press("e")
    await expect(page.get_by_test_id("edit-composer")).to_have_value("mine")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("edit-composer")).to_have_count(0)
    await his.focus()
    await page.keyboard.press("e")
    await expect(page.get_by_test_id("edit-composer")).to_have_count(0)
    await page.keyboard.press("r")
    await page.get_by_role("searchbox", name="Search all emoji").fill("rocket")
    await expect(page.locator(".picker-grid button")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(his.get_by_role("button", name="rocket, 1")).to_be_visible()
    await his.focus()
    await page.keyboard.press("t")
    await expect(page.get_by_test_id("thread-pane")).to_contain_text("his")
