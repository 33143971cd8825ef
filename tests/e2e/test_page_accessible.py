"""What axe-core finds on the page, and what a keyboard reaches: in both colour schemes and on a
phone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page, expect

from bot.playground import Thread
from tests.e2e.browser import Office, in_a_browser, office
from tests.e2e.showcase import furnish

pytestmark = in_a_browser

WIDE, PHONE = 1280, 390
COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that look at colours: for the others both schemes are the same."""


@pytest_asyncio.fixture(loop_scope="session")
async def here(browser: Browser) -> AsyncIterator[Office]:
    async with office(browser) as everything:
        yield everything


@pytest_asyncio.fixture(loop_scope="session")
async def thread(here: Office) -> Thread:
    return await furnish(here)


async def _found(page: Page) -> list[str]:
    """What is wrong with what is drawn now: the rule, where, and why. By all rules in the light,
    and by those about colours in the dark, too."""
    if await page.evaluate("typeof axe === 'undefined'"):
        await page.evaluate(AXE_SCRIPT)
    await page.emulate_media(color_scheme="dark")
    dark = await page.evaluate(RUN, {"runOnly": COLOURS})
    await page.emulate_media(color_scheme="light")
    return [*dark, *await page.evaluate(RUN, {})]


RUN = """async (options) => {
    const { violations } = await axe.run({ resultTypes: ["violations"], ...options });
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}"""


async def test_a_channel_its_thread_and_the_menus_are_accessible(
    here: Office, thread: Thread
) -> None:
    page = await here.page(width=WIDE)
    message = page.locator(f'[data-ts="{thread.ts}"]').first
    assert await _found(page) == []
    await page.get_by_role("link", name="https://example.com/run/7").scroll_into_view_if_needed()
    assert await _found(page) == []
    await message.hover()
    await message.get_by_label("More actions").click()
    assert await _found(page) == []
    await page.keyboard.press("Escape")
    await message.get_by_label("Find another reaction").click()
    assert await _found(page) == []
    await page.keyboard.press("Escape")
    await message.locator("button.reply-bar").click()
    pane = page.get_by_test_id("thread-pane")
    await expect(pane.get_by_test_id("stop")).to_be_visible()
    await pane.get_by_role("button", name="Read the code").click()
    assert await _found(page) == []
    await page.get_by_test_id("composer").fill("@")
    await expect(page.get_by_role("listbox", name="Suggestions")).to_be_visible()
    assert await _found(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    assert await _found(page) == []


async def test_a_modal_its_errors_and_its_menus_are_accessible(
    here: Office, thread: Thread
) -> None:
    page = await here.page(width=WIDE)
    await page.get_by_label("Attach or run a shortcut").click()
    await page.get_by_role("menuitem", name="Report something").click()
    dialog = page.get_by_test_id("modal")
    await expect(dialog.get_by_label("Title")).to_be_focused()
    assert await _found(page) == []
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog.get_by_role("alert").first).to_be_visible()
    assert await _found(page) == []
    await dialog.get_by_role("combobox", name="Colours").click()
    assert await _found(page) == []
    await page.keyboard.press("Escape")
    await dialog.get_by_role("button", name="Day November 3, 2026").click()
    await expect(page.get_by_role("grid")).to_be_visible()
    assert await _found(page) == []


async def test_a_question_the_home_tab_and_the_drawer_are_accessible(
    here: Office, thread: Thread
) -> None:
    page = await here.page(width=WIDE)
    await page.get_by_role("button", name="Drop it").click()
    question = page.get_by_role("dialog", name="Drop it all?")
    await expect(question).to_be_visible()
    assert await _found(page) == []
    await question.get_by_role("button", name="Keep it").click()
    await page.get_by_test_id("show-traffic").click()
    for tab in ("Traffic", "Faults", "Limits", "Checks", "Bot log"):
        await page.get_by_role("tab", name=tab).click()
        assert await _found(page) == []
    await page.get_by_label("Close the drawer").click()
    await page.get_by_role("navigation").get_by_role("button", name="threadline").last.click()
    await expect(page.get_by_role("main")).to_contain_text("Your sessions")
    assert await _found(page) == []


async def test_the_page_on_a_phone_is_accessible(here: Office, thread: Thread) -> None:
    page = await here.page(width=PHONE)
    assert await _found(page) == []
    await page.locator("button.reply-bar").click()
    await expect(page.get_by_test_id("thread-pane").get_by_test_id("stop")).to_be_visible()
    assert await _found(page) == []
    await page.get_by_test_id("thread-pane").locator(".back").click()
    await expect(page.get_by_test_id("thread-pane")).to_have_count(0)
    await page.locator(".back:visible").click()
    await expect(page.get_by_role("navigation").first).to_be_visible()
    assert await _found(page) == []
