"""A newcomer's walk in a real browser: `threadline playground`, its page, two commands' worth."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browser import in_a_browser
from tests.processes import inherited

PATIENCE = 30_000
"""Milliseconds the page may take to show something."""
SPEED = "4"
"""DEMO_SPEED at which the longest answer is still under way when the bot is killed in it."""

pytestmark = in_a_browser


@asynccontextmanager
async def _playground(data: Path) -> AsyncGenerator[str]:
    """`threadline playground` as a process of its own; yields the address it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "playground", "--port", "0", "--data", str(data),
        stdout=asyncio.subprocess.PIPE,
        env={**inherited(), "PYTHONUNBUFFERED": "1", "DEMO_SPEED": SPEED},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(90):
            found = None
            while found is None:
                line = await process.stdout.readline()
                assert line, "the playground ended before it printed its address"
                found = re.search(r"http://\S+", line.decode())
        yield found.group()
    finally:
        process.terminate()
        async with asyncio.timeout(60):
            await process.communicate()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """One playground for all: to start it takes longer than to use it."""
    async with _playground(tmp_path_factory.mktemp("playground")) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def page(address: str, browser: Browser) -> AsyncIterator[Page]:
    opened = await browser.new_page()
    opened.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    await opened.goto(address)
    await expect(opened.get_by_test_id("bot-state")).to_have_attribute("data-state", "running")
    yield opened
    await opened.close()


async def _mention(page: Page, text: str) -> Locator:
    """Write to the bot in the open channel and open the thread; gives its pane."""
    before = await page.locator("button.reply-bar").count()
    await page.get_by_test_id("composer").fill(f"@threadline {text}")
    await page.get_by_test_id("composer").press("Escape")
    await page.get_by_test_id("send").click()
    await page.locator("button.reply-bar").nth(before).click()
    return page.get_by_test_id("thread-pane")


def _answers(pane: Locator) -> Locator:
    return pane.locator('[data-testid="message"][data-author="threadline"]')


async def _press_stop(answer: Locator) -> None:
    """Until it is taken: an edit may move the button under the pointer."""
    for _ in range(5):
        await answer.locator("button", has_text="Stop").click()
        try:
            await expect(answer).to_contain_text("Stopp", timeout=10_000)
            return
        except AssertionError:
            continue


async def test_mention_stream_allow_stop_kill_and_start(page: Page) -> None:
    """E1, E2, E29, E39, E42, E71: the whole journey, clicked."""
    pane = await _mention(page, "deploy")
    await pane.locator("button", has_text=re.compile("^Allow$")).click()
    await expect(pane).to_contain_text("Allowed")
    await expect(_answers(pane).last).to_contain_text("Done in")
    await expect(pane.locator("button", has_text=re.compile("^Allow$"))).to_have_count(0)

    pane = await _mention(page, "work for 400 seconds")
    growing = _answers(pane).first
    await expect(growing).to_contain_text("Working…")
    await expect(growing).to_contain_text("Batch 1 of")
    await expect(growing).to_contain_text("Batch 2 of")
    await _press_stop(_answers(pane).first)
    await expect(_answers(pane).first).to_contain_text("Stopped by @Ana")

    pane = await _mention(page, "explain")
    await expect(_answers(pane).first).to_contain_text("How a session works here")
    await page.get_by_test_id("bot-kill").click()
    await expect(page.get_by_test_id("bot-state")).to_have_attribute("data-state", "stopped")
    await page.get_by_test_id("bot-start").click()
    await expect(_answers(pane).first).to_contain_text("to be asked for permission.")
    await expect(_answers(pane)).to_have_count(1)
    text = await _answers(pane).first.inner_text()
    assert text.count("The smallest agent") == 1


async def test_another_person_is_refused_privately(page: Page) -> None:
    """E37, E81: Ben presses Ana's button and is told why, where only he reads it."""
    pane = await _mention(page, "deploy")
    allow = pane.locator("button", has_text=re.compile("^Allow$"))
    await expect(allow).to_be_visible()
    await page.get_by_test_id("person-switch").get_by_text("Ben").click()
    await allow.click()
    await expect(pane).to_contain_text("Only @Ana can decide this")
    await expect(pane).to_contain_text("Only visible to you")
    await page.get_by_test_id("person-switch").get_by_text("Ana").click()
    await expect(pane).not_to_contain_text("Only visible to you")
    await expect(allow).to_be_visible()


async def test_a_mention_opens_its_thread_and_says_what_it_waits_for(page: Page) -> None:
    """Written while the bot is stopped, found when it starts; the log says so in short lines."""
    await page.get_by_test_id("bot-kill").click()
    await expect(page.get_by_test_id("bot-state")).to_have_attribute("data-state", "stopped")
    await page.get_by_test_id("composer").fill("@threadline help")
    await page.get_by_test_id("send").click()
    pane = page.get_by_test_id("thread-pane")
    await expect(pane).to_contain_text("The bot is stopped.")
    await page.get_by_test_id("bot-start").click()
    await expect(_answers(pane).first).to_contain_text("ends what I am doing at any time.")
    await expect(pane).not_to_contain_text("The bot is")
    await page.get_by_role("button", name="Show log").click()
    log = page.get_by_test_id("bot-log")
    await expect(log.get_by_text("-- the bot ended: SIGKILL").last).to_be_visible()
    line = log.locator(".stamped", has_text="turn.ended").last
    await expect(line.locator("time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    await expect(line.locator(".level")).to_have_text("info")
