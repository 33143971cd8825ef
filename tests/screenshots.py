"""The pictures of the README, taken anew: `python -m tests.screenshots`. Needs Chromium.

One walk through `threadline playground`: a deployment that was allowed, and one that waits.
"""

import asyncio
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright, expect

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZE = (1400, 1000)
FLAGS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")
PATIENCE = 60_000
START_SECONDS = 60
ALLOW = re.compile("^Allow$")


async def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is not installed. On Debian: apt-get install chromium")
    await asyncio.to_thread(IMAGES.mkdir, parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with tempfile.TemporaryDirectory() as data:
        playground = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "playground", "--port", "0", "--data", data,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        try:
            url = await _address(playground)
            async with (
                async_playwright() as playwright,
                await playwright.chromium.launch(executable_path=chromium, args=FLAGS) as browser,
            ):
                await _allowed(await _open(browser, url, "light"))
                await _asked(await _open(browser, url, "dark"))
        finally:
            playground.terminate()
            await playground.communicate()


async def _address(playground: asyncio.subprocess.Process) -> str:
    assert playground.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        while not (
            found := re.search(r"http://\S+", (await playground.stdout.readline()).decode())
        ):
            pass
    return found.group()


async def _open(browser: Browser, url: str, scheme: Literal["light", "dark"]) -> Page:
    width, height = SIZE
    page = await browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US"
    )
    page.set_default_timeout(PATIENCE)
    await page.goto(url)
    await expect(page.get_by_test_id("bot-state")).to_have_attribute("data-state", "running")
    return page


async def _mention(page: Page, text: str) -> None:
    composer = page.get_by_test_id("composer")
    await composer.fill(f"@threadline {text}")
    await composer.press("Escape")
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("thread-pane")).to_be_visible()


async def _allowed(page: Page) -> None:
    """The settled card, and below it what the agent did then; beside it a question that waits."""
    pane = page.get_by_test_id("thread-pane")
    await _mention(page, "ask")
    await expect(pane).to_contain_text("Waiting for you")
    await _mention(page, "deploy")
    await pane.locator("button", has_text=ALLOW).click()
    last = pane.locator('[data-testid="message"][data-author="threadline"]').last
    await expect(last).to_contain_text("Done in")
    await _take(page, "thread.png")


async def _asked(page: Page) -> None:
    """The open card."""
    await _mention(page, "deploy to production")
    pane = page.get_by_test_id("thread-pane")
    await expect(pane.locator("button", has_text=ALLOW)).to_be_visible()
    await expect(pane).to_contain_text("Waiting for you")
    await _take(page, "dark.png")


async def _take(page: Page, name: str) -> None:
    """As a reader sees it: nothing hovered, nothing with a caret, the newest in sight."""
    await page.mouse.move(0, 0)
    await page.evaluate("document.activeElement.blur()")
    await page.screenshot(path=IMAGES / name, animations="disabled", caret="hide")
    print(IMAGES / name)


if __name__ == "__main__":
    asyncio.run(main())
