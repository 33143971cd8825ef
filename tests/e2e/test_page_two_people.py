"""Two windows are two people: what both see, what only one sees, and in which workspace."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Thread
from tests.e2e.browser import Office, in_a_browser, office
from tests.playground.bolt import client_of

pytestmark = in_a_browser


@pytest_asyncio.fixture(loop_scope="session")
async def here(browser: Browser) -> AsyncIterator[Office]:
    async with office(browser) as everything:
        yield everything


@pytest.fixture
def client(here: Office) -> AsyncWebClient:
    return client_of(here.slack)


async def _page_of(here: Office, name: str) -> Page:
    page = await here.page()
    await page.get_by_test_id("person-switch").get_by_text(name).click()
    await expect(page.get_by_test_id("person-switch").locator("[aria-current]")).to_have_text(
        re.compile(name)
    )
    return page


async def _write(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("send").click()


def _said(page: Page, text: str) -> Locator:
    return page.get_by_test_id("message").get_by_text(text)


async def _begin(here: Office, client: AsyncWebClient) -> tuple[Thread, str]:
    """A mention of Ana's that the app works on: its thread, and the answer that grows in it."""
    thread = await here.ana.mention("#dev", "count the files")
    await client.agents_sessions_setStatus(
        channel_id=thread.channel, thread_ts=thread.ts, status="processing", title="Counting"
    )
    answer = await client.chat_startStream(
        channel=thread.channel,
        thread_ts=thread.ts,
        recipient_user_id=here.ana.id,
        recipient_team_id=here.slack.workspace.users[here.ana.id].team_id,
        markdown_text="One, two",
    )
    ts = answer["ts"]
    assert isinstance(ts, str)
    return thread, ts


async def test_two_people_read_and_answer_each_other(here: Office) -> None:
    ana, ben = await here.page(), await _page_of(here, "Ben")
    await _write(ana, "who is there?")
    await expect(_said(ben, "who is there?")).to_be_visible()
    await _write(ben, "it is me")
    answer = ana.locator('[data-testid="message"][data-author="ben"]')
    await expect(answer).to_contain_text("it is me")
    await answer.hover()
    await answer.get_by_label("React with eyes").click()
    await expect(ben.get_by_label("eyes, 1, Ana")).to_be_visible()


async def test_each_window_stays_who_it_is_also_when_loaded_again(here: Office) -> None:
    ana, ben = await here.page(), await _page_of(here, "Ben")
    await ben.reload()
    now = "[data-testid=person-switch] [aria-current]"
    await expect(ben.locator(now)).to_have_text(re.compile("Ben"))
    await expect(ana.locator(now)).to_have_text(re.compile("Ana"))
    cho = here.slack.person("cho")
    await ana.goto(f"{ana.url.split('/#')[0]}/?as={cho.id}")
    await expect(ana.locator(now)).to_have_text(re.compile("Cho"))
    await expect(ana).not_to_have_url(re.compile("as="))


async def test_a_reply_is_sent_to_the_channel_as_well_and_leads_to_its_thread(
    here: Office,
) -> None:
    thread = await here.ana.post("#dev", "who *deploys*?")
    ana, ben = await here.page(), await _page_of(here, "Ben")
    await ana.get_by_test_id("message").press("t")
    await ana.get_by_test_id("thread-composer").fill("I do")
    also = ana.get_by_label("Also send to #dev")
    await also.check()
    await ana.get_by_test_id("thread-send").click()
    pane = ana.get_by_test_id("thread-pane")
    await expect(pane.get_by_text("Also sent to the channel")).to_be_visible()
    await expect(also).not_to_be_checked()

    reply = ben.get_by_test_id("message").filter(has_text="I do")
    await expect(reply).to_contain_text("replied to a thread: who *deploys*?")
    await reply.get_by_role("button", name="who *deploys*?").click()
    await expect(ben).to_have_url(re.compile(f"/{re.escape(thread.ts)}$"))
    await expect(ben.get_by_test_id("thread-pane")).to_contain_text("1 reply")


async def test_what_is_only_for_one_is_shown_to_nobody_else(
    here: Office, client: AsyncWebClient
) -> None:
    ana, ben = await here.page(), await _page_of(here, "Ben")
    dev = next(c.id for c in here.slack.workspace.channels.values() if c.name == "dev")
    await client.chat_postEphemeral(
        channel=dev, user=here.slack.person("ben").id, text="for your eyes"
    )
    await client.chat_postMessage(channel=dev, text="for everybody")
    for page in (ana, ben):
        await expect(_said(page, "for everybody")).to_be_visible()
    await expect(_said(ben, "for your eyes")).to_be_visible()
    await expect(ana.get_by_text("for your eyes")).to_have_count(0)


async def test_nobody_reads_the_direct_messages_of_another(here: Office) -> None:
    ana, ben = await here.page(), await _page_of(here, "Ben")
    thread = await here.ana.message_bot("a secret of mine")
    await ana.goto(f"{ana.url.split('#')[0]}#/{thread.channel}")
    await expect(ana.get_by_role("main").get_by_text("a secret of mine")).to_be_visible()
    await ben.goto(f"{ben.url.split('#')[0]}#/{thread.channel}")
    await expect(ben.get_by_placeholder("Message #general")).to_be_visible()
    await expect(ben.get_by_text("a secret of mine")).to_have_count(0)
    await expect(ben.get_by_role("button", name="Ana", exact=True)).to_have_count(0)


async def test_what_one_stops_is_stopped_for_both(here: Office, client: AsyncWebClient) -> None:
    thread, ts = await _begin(here, client)
    ana, ben = await here.page(), await _page_of(here, "Ben")
    for page in (ana, ben):
        await page.locator("button.reply-bar").click()
        pane = page.get_by_test_id("thread-pane")
        await expect(pane.get_by_test_id("stop")).to_be_visible()
        await expect(pane.get_by_test_id("session-state")).to_have_text("Working")
        await expect(pane.locator(f'[data-ts="{ts}"]')).to_have_attribute("aria-busy", "true")
    await ben.get_by_test_id("stop").click()
    told = await here.told("agent_session_stopped")
    assert told["event"]["user"] == here.slack.person("ben").id
    await client.agents_sessions_setStatus(
        channel_id=thread.channel, thread_ts=thread.ts, status="active"
    )
    for page in (ana, ben):
        pane = page.get_by_test_id("thread-pane")
        await expect(pane.get_by_test_id("stop")).to_have_count(0)
        await expect(pane.get_by_test_id("session-state")).to_have_text("Idle")
        await expect(pane.locator(f'[data-ts="{ts}"]')).not_to_have_attribute("aria-busy", "true")


async def test_a_session_is_called_what_a_person_calls_it(
    here: Office, client: AsyncWebClient
) -> None:
    await _begin(here, client)
    ana, ben = await here.page(), await _page_of(here, "Ben")
    sessions = ana.get_by_test_id("sessions")
    await expect(sessions).to_have_text("Counting")
    await sessions.get_by_role("button").click()
    pane = ana.get_by_test_id("thread-pane")
    await pane.get_by_label("Rename session").click()
    await pane.get_by_label("Name of this session").fill("All the files")
    await pane.get_by_label("Name of this session").press("Enter")
    await expect(ben.get_by_test_id("sessions")).to_have_text("All the files")
    await expect(pane.get_by_role("heading", name="All the files")).to_be_visible()
    [renamed] = here.slack.journal.delivered("agent_session_title_changed")
    assert renamed.body["event"]["user"] == here.ana.id


async def test_a_window_shows_one_workspace_and_remembers_who_one_was_there(here: Office) -> None:
    page = await here.page()
    await expect(page.get_by_role("navigation", name="Workspaces")).to_have_count(0)
    other = here.slack.add_workspace("Second Floor")
    await other.people["dana"].post("#general", "nobody from elsewhere reads this")
    rail = page.get_by_role("navigation", name="Workspaces")
    await expect(rail).to_be_visible()
    await _write(page, "and nobody there reads this")
    await rail.get_by_role("button", name="Second Floor").click()
    await expect(_said(page, "nobody from elsewhere reads this")).to_be_visible()
    switch = page.get_by_test_id("person-switch")
    await expect(switch.get_by_text("Ana", exact=True)).to_have_count(0)
    await switch.get_by_text("Eli").click()
    await expect(page.get_by_text("and nobody there reads this")).to_have_count(0)
    await rail.get_by_role("button", name=here.slack.workspace.teams["T0PLAYGRND"].name).click()
    await expect(switch.locator("[aria-current]")).to_have_text(re.compile("Ana"))
    await rail.get_by_role("button", name="Second Floor").click()
    await expect(switch.locator("[aria-current]")).to_have_text(re.compile("Eli"))


async def test_one_goes_anywhere_by_a_few_letters(here: Office) -> None:
    page = await here.page()
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox", name="Go to").fill("gen")
    await page.keyboard.press("Enter")
    await expect(page.get_by_placeholder("Message #general")).to_be_visible()
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Go to")).to_have_count(0)


async def test_the_keyboard_walks_messages_opens_a_thread_and_leaves_it(here: Office) -> None:
    page = await here.page()
    for text in ("first", "second"):
        await _write(page, text)
        await expect(_said(page, text)).to_be_visible()
    await page.get_by_role("region", name="Messages").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator(".message:focus")).to_contain_text("first")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("thread-pane")).to_contain_text("first")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("thread-pane")).to_have_count(0)
    await expect(page.locator(".message:focus")).to_contain_text("first")


AT_ONCE = """([drawn, key]) => new MutationObserver((_, observer) => {
    if (!document.querySelector(drawn)) return;
    observer.disconnect();
    document.body.dataset.focused = document.activeElement.getAttribute("aria-label");
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}).observe(document.body, { childList: true, subtree: true })"""
"""Press a key in the very moment something is drawn, before the browser has painted it."""


async def test_keys_work_in_the_very_moment_something_is_drawn(here: Office) -> None:
    page = await here.page()
    await _write(page, "first")
    message = page.get_by_test_id("message")
    await message.hover()

    await page.evaluate(AT_ONCE, ["[data-testid=thread-pane]", "Escape"])
    await message.get_by_role("button", name="Reply in thread").click()
    await expect(page.locator("body")).to_have_attribute("data-focused", "Reply…")
    await expect(page.get_by_test_id("thread-pane")).to_have_count(0)

    await page.evaluate(AT_ONCE, [".picker", "Escape"])
    await message.get_by_role("button", name="Find another reaction").click()
    await expect(page.locator("body")).to_have_attribute("data-focused", "Search all emoji")
    await expect(page.locator(".picker")).to_have_count(0)


async def test_escape_leaves_a_thread_that_is_not_drawn_yet(here: Office) -> None:
    page = await here.page()
    await _write(page, "first")
    await expect(_said(page, "first")).to_be_visible()
    await page.get_by_role("region", name="Messages").focus()
    await page.keyboard.press("ArrowUp")
    both = """() => ["Enter", "Escape"].forEach((key) => {
        const pressed = new KeyboardEvent("keydown", { key, bubbles: true });
        document.activeElement.dispatchEvent(pressed);
    })"""
    place = page.url
    await page.locator(".message:focus").hover()
    await page.evaluate(both)
    await expect(page).to_have_url(place)
    await expect(page.get_by_test_id("thread-pane")).to_have_count(0)
