"""Much to read, text that grows, a server that comes and goes: a reader keeps their place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground, PlaygroundConfig
from tests.e2e.browser import PATIENCE, Office, in_a_browser, office
from tests.e2e.crowd import fill
from tests.playground.bolt import client_of
from tests.ports import quiet_port
from tests.waiting import until

pytestmark = in_a_browser

DEV = "C0DEV00002"
MANY = 5_000
# Rows drawn at once, and some that are on their way out.
BOUND = 200

TOP_OF = """row => row.getBoundingClientRect().top"""
# The same, once it has not moved for a few frames.
RESTS_AT = """row => new Promise(done => {
  let top = NaN, frames = 0;
  const look = () => {
    const now = row.getBoundingClientRect().top;
    frames = now === top ? frames + 1 : 0;
    top = now;
    if (frames < 10) requestAnimationFrame(look);
    else done(top);
  };
  look();
})"""
WATCH = """list => {
  window.touched = new Set();
  new MutationObserver(records => {
    for (const { target } of records) {
      const row = (target.nodeType === 1 ? target : target.parentElement)?.closest("[data-ts]");
      if (row) window.touched.add(row.dataset.ts);
    }
  }).observe(list, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def here(browser: Browser) -> AsyncIterator[Office]:
    async with office(browser) as everything:
        yield everything


@pytest.fixture
def client(here: Office) -> AsyncWebClient:
    return client_of(here.slack)


def _list(page: Page, name: str = "Messages") -> Locator:
    return page.get_by_role("region", name=name, exact=True)


async def _scroll_to_top(region: Locator) -> None:
    await region.evaluate("region => region.scrollTo(0, 0)")


async def _climb(page: Page, region: Locator, text: str) -> None:
    """Scroll up until a message is there; at every step few are drawn."""
    wanted = region.get_by_text(text, exact=True)
    while not await wanted.count():
        first = await _first(region)
        await _scroll_to_top(region)

        async def is_further_up(seen: str | None = first) -> bool:
            return bool(await wanted.count()) or await _first(region) != seen

        await until(is_further_up)
        assert await page.get_by_test_id("message").count() <= BOUND


async def _first(region: Locator) -> str | None:
    return await region.get_by_test_id("message").first.get_attribute("data-ts")


async def test_thousands_of_messages_are_read_in_a_bounded_page(here: Office) -> None:
    fill(here.slack, DEV, MANY)
    page = await here.page()
    region = _list(page)
    await expect(region.get_by_text(f"number {MANY - 1}", exact=True)).to_be_visible()
    assert await page.get_by_test_id("message").count() <= BOUND
    await _climb(page, region, f"number {MANY - 700}")
    await expect(region.get_by_text(f"number {MANY - 1}", exact=True)).to_have_count(0)
    await page.get_by_test_id("to-end").click()
    await expect(region.get_by_text(f"number {MANY - 1}", exact=True)).to_be_visible()
    assert await page.get_by_test_id("message").count() <= BOUND


async def test_the_beginning_of_a_channel_is_reached(here: Office) -> None:
    fill(here.slack, DEV, 400)
    page = await here.page()
    region = _list(page)
    await _climb(page, region, "number 0")
    await _scroll_to_top(region)
    await expect(page.get_by_role("heading", name="dev", level=3)).to_be_visible()
    texts = await region.locator(".message .text").all_inner_texts()
    numbers = [int(text.removeprefix("number ")) for text in texts]
    assert numbers == list(range(len(numbers)))


async def test_a_thread_of_hundreds_of_replies_opens_at_its_end_and_is_read_to_its_root(
    here: Office,
) -> None:
    root = await here.ana.post("#dev", "the root of it")
    fill(here.slack, DEV, 500, thread_ts=root.ts)
    page = await here.page()
    await page.locator("button.reply-bar", has_text="500 replies").click()
    pane = page.get_by_test_id("thread-pane")
    region = _list(page, "Messages in this thread")
    await expect(pane.get_by_text("number 499", exact=True)).to_be_visible()
    await _climb(page, region, "number 0")
    await _scroll_to_top(region)
    await expect(pane.get_by_text("the root of it")).to_be_visible()
    await expect(pane.get_by_text("500 replies")).to_be_visible()


async def test_a_thread_whose_root_is_far_up_is_opened_by_its_address(here: Office) -> None:
    root = await here.ana.post("#dev", "long ago")
    await here.ana.reply(root, "an early answer")
    fill(here.slack, DEV, 300)
    page = await here.page()
    await page.goto(f"{page.url}/{root.ts}")
    pane = page.get_by_test_id("thread-pane")
    await expect(pane.get_by_text("long ago")).to_be_visible()
    await expect(pane.get_by_text("an early answer")).to_be_visible()


async def test_who_reads_further_up_is_not_moved_by_what_comes(here: Office) -> None:
    fill(here.slack, DEV, 300)
    page = await here.page()
    region = _list(page)
    await expect(region.get_by_text("number 299", exact=True)).to_be_visible()
    await region.hover()
    await page.mouse.wheel(0, -400)
    await expect(page.get_by_test_id("to-end")).to_have_text("Latest messages")
    row = region.get_by_text("number 285", exact=True)
    before = await row.evaluate(RESTS_AT)
    for number in range(3):
        await here.slack.person("ben").post("#dev", f"news {number}")
    await expect(page.get_by_test_id("to-end")).to_have_text("3 new messages")
    assert abs(await row.evaluate(TOP_OF) - before) < 2
    await page.get_by_test_id("to-end").click()
    await expect(region.get_by_text("news 2", exact=True)).to_be_in_viewport()
    await here.slack.person("ben").post("#dev", "seen at once")
    await expect(region.get_by_text("seen at once", exact=True)).to_be_in_viewport()


async def test_the_line_over_the_unread_stands_where_one_left_however_far_up(here: Office) -> None:
    await here.slack.person("ben").post("#dev", "the last I read")
    page = await here.page()
    region = _list(page)
    await expect(region.get_by_text("the last I read", exact=True)).to_be_visible()
    await page.get_by_role("button", name="general", exact=True).click()
    await expect(page.get_by_placeholder("Message #general")).to_be_visible()
    fill(here.slack, DEV, 200)
    await page.reload()
    await page.get_by_role("button", name="dev").click()
    await expect(region.get_by_text("number 199", exact=True)).to_be_visible()
    line = region.get_by_role("separator").filter(has_text="New")
    await expect(line).to_have_count(0)
    await _climb(page, region, "the last I read")
    await expect(line).to_have_count(1)


async def test_an_answer_that_grows_draws_nothing_else_anew_and_keeps_what_is_drawn(
    here: Office, client: AsyncWebClient
) -> None:
    thread = await here.ana.mention("#dev", "explain")
    fill(here.slack, DEV, 30, thread_ts=thread.ts)
    started = await client.chat_startStream(
        channel=thread.channel,
        thread_ts=thread.ts,
        recipient_user_id=here.ana.id,
        recipient_team_id=here.slack.workspace.users[here.ana.id].team_id,
    )
    ts = str(started["ts"])
    page = await here.page()
    await page.get_by_test_id("message").filter(has_text="explain").locator(".reply-bar").click()
    region = _list(page, "Messages in this thread")
    answer = region.locator(f'[data-ts="{ts}"]')
    await expect(answer).to_have_attribute("aria-busy", "true")
    await client.chat_appendStream(
        channel=DEV, ts=ts, markdown_text="# Title\n\nFirst paragraph.\n\n"
    )
    first = answer.get_by_text("First paragraph.")
    await expect(first).to_be_visible()
    await first.evaluate("p => { p.dataset.kept = 'yes' }")
    await region.locator(".messages").evaluate(WATCH)
    for word in range(20):
        await client.chat_appendStream(channel=DEV, ts=ts, markdown_text=f"word{word} ")
    await expect(answer).to_contain_text("word19")
    await expect(answer).to_be_in_viewport()
    assert await page.evaluate("[...window.touched]") == [ts]
    await expect(first).to_have_attribute("data-kept", "yes")
    await client.chat_stopStream(channel=DEV, ts=ts)
    await expect(answer).not_to_have_attribute("aria-busy", "true")


async def test_a_page_outlives_its_server_and_learns_what_the_next_one_knows(
    browser: Browser, tmp_path: Path
) -> None:
    expect.set_options(timeout=PATIENCE)
    config = PlaygroundConfig(state=tmp_path / "slack.json", port=quiet_port())
    page = await browser.new_page()
    async with Playground(config) as slack:
        await page.goto(slack.page_url)
        await slack.person("ana").post("#general", "before")
        messages = page.get_by_test_id("message")
        await expect(messages.get_by_text("before")).to_be_visible()
    await expect(page.locator(".banner.lost")).to_have_text(
        "The local Slack does not answer. Reconnecting…"
    )
    async with Playground(config) as slack:
        await slack.person("ben").post("#general", "after")
        await expect(messages.get_by_text("after")).to_be_visible()
        await expect(messages.get_by_text("before")).to_be_visible()
        await expect(page.locator(".banner")).to_have_count(0)
        await slack.person("ben").post("#general", "live again")
        await expect(messages.get_by_text("live again")).to_be_visible()
    await page.context.close()
