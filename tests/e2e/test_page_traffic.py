"""The drawer behind the scenes: what an app calls and hears, what goes wrong, what is left."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.e2e.browser import Office, in_a_browser, office
from tests.playground.bolt import client_of

pytestmark = in_a_browser

DEV = "C0DEV00002"


@pytest_asyncio.fixture(loop_scope="session")
async def here(browser: Browser) -> AsyncIterator[Office]:
    async with office(browser) as everything:
        yield everything


@pytest.fixture
def client(here: Office) -> AsyncWebClient:
    return client_of(here.slack)


async def _drawer(here: Office, tab: str) -> Page:
    page = await here.page()
    await page.get_by_test_id("show-traffic").click()
    await page.get_by_role("tab", name=tab).click()
    return page


def _rows(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid="traffic-row"][data-name="{name}"]')


async def test_calls_and_deliveries_appear_as_they_happen_and_open_to_their_json(
    here: Office, client: AsyncWebClient
) -> None:
    page = await _drawer(here, "Traffic")
    await client.chat_postMessage(channel=DEV, text=f"I was given {here.slack.bot_token}")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C404", text="x")
    calls = _rows(page, "chat.postMessage")
    await expect(calls).to_have_count(2)
    await expect(calls.first).to_contain_text("#dev")
    await expect(calls.last).to_contain_text("channel_not_found")
    await here.ana.post("#dev", "hello")
    await expect(_rows(page, "message").last).to_contain_text("acked")

    await calls.first.click()
    detail = page.get_by_test_id("traffic-detail")
    await expect(detail).to_contain_text('"text": "I was given xoxb-…"')
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Escape")
    await expect(detail).to_have_count(0)
    drawn = await page.get_by_role("region", name="Behind the scenes").inner_html()
    assert here.slack.bot_token not in drawn
    assert here.slack.app_token not in drawn


async def test_traffic_is_filtered_by_kind_and_by_words(
    here: Office, client: AsyncWebClient
) -> None:
    page = await _drawer(here, "Traffic")
    await client.auth_test()
    with pytest.raises(SlackApiError):
        await client.users_info(user="U404")
    await here.ana.post("#dev", "hello")
    await expect(_rows(page, "message")).to_have_count(1)
    await page.get_by_role("button", name="Problems").click()
    await expect(_rows(page, "users.info")).to_have_count(1)
    await expect(page.get_by_test_id("traffic-row")).to_have_count(1)
    await page.get_by_role("button", name="All", exact=True).click()
    await page.get_by_label("Filter the traffic").fill("auth")
    await expect(_rows(page, "users.info")).to_have_count(0)
    await expect(_rows(page, "auth.test").first).to_be_visible()


async def test_what_happened_before_the_window_was_opened_is_there(
    here: Office, client: AsyncWebClient
) -> None:
    await client.users_list()
    page = await _drawer(here, "Traffic")
    await expect(_rows(page, "users.list")).to_have_count(1)
    await page.reload()
    await expect(_rows(page, "users.list")).to_have_count(1)


async def test_a_fault_from_the_drawer_befalls_the_next_call_and_no_other(
    here: Office, client: AsyncWebClient
) -> None:
    page = await _drawer(here, "Faults")
    await page.get_by_test_id("fault-method").fill("chat.postMessage")
    await page.get_by_test_id("fault-outcome").select_option("error")
    await page.get_by_label("Error", exact=True).fill("not_in_channel")
    await page.get_by_test_id("fault-add").click()
    await expect(
        page.get_by_text("chat.postMessage answers not_in_channel (1 more)")
    ).to_be_visible()
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.chat_postMessage(channel=DEV, text="refused")
    await expect(page.get_by_text("Everything works.")).to_be_visible()
    await client.chat_postMessage(channel=DEV, text="through")
    await expect(page.get_by_test_id("message").get_by_text("through")).to_be_visible()


async def test_faults_show_in_every_window_and_everything_works_again(
    here: Office, client: AsyncWebClient
) -> None:
    page, other = await _drawer(here, "Faults"), await here.page()
    await page.get_by_test_id("fault-outcome").select_option("500")
    await page.get_by_test_id("fault-times").select_option("ever")
    await page.get_by_test_id("fault-add").click()
    await page.get_by_label("No agent sessions here").click()
    await expect(other.get_by_test_id("faults-active")).to_have_text("2")
    assert here.slack.faults.feature_disabled
    with pytest.raises(SlackApiError):
        await client.auth_test()
    await page.get_by_label("Take away: No agent sessions here").click()
    await expect(other.get_by_test_id("faults-active")).to_have_text("1")
    await page.get_by_test_id("all-well").click()
    await expect(other.get_by_test_id("faults-active")).to_have_count(0)
    await client.auth_test()


async def test_a_channel_is_archived_and_taken_back_from_the_drawer(here: Office) -> None:
    page = await _drawer(here, "Faults")
    await page.get_by_role("button", name="Archive", exact=True).click()
    await expect(page.get_by_text("This channel is archived.")).to_be_visible()
    await page.get_by_role("button", name="Unarchive").click()
    await expect(page.get_by_test_id("composer")).to_be_visible()


async def test_limits_show_what_is_left_and_who_was_refused(browser: Browser) -> None:
    """By a clock that only the test moves: limits fill up within seconds."""
    async with office(browser, now=lambda: 1_800_000_000.0) as here:
        client = client_of(here.slack)
        await here.slack.befall("limits", mode="strict")
        await client.users_list()
        with pytest.raises(SlackApiError, match="ratelimited"):
            await client.users_list()
        page = await _drawer(here, "Limits")
        row = page.get_by_test_id("limits").get_by_role("row", name="users.list")
        await expect(row).to_contain_text("0 of 1")
        await expect(row).to_contain_text("1 × 429")
        await here.slack.befall("advance", seconds=60)
        await expect(row).to_contain_text("1 of 1")


async def test_what_must_never_happen_is_told_with_the_facts(
    here: Office, client: AsyncWebClient
) -> None:
    page = await here.page()
    await expect(page.get_by_test_id("bot-state")).to_be_visible()
    await expect(page.get_by_test_id("broken")).to_have_count(0)
    await client.chat_postMessage(channel=DEV, text="<!here> wake up")
    await page.get_by_test_id("broken").click()
    checks = page.get_by_test_id("checks")
    await expect(checks).to_contain_text("Broken: nobody is pinged")
    await checks.locator("summary").click()
    await expect(checks).to_contain_text("wake up")
