"""Files on the page: attached, sent, shown, downloaded; and long code."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Sequence

import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from tests.e2e.browser import Office, in_a_browser, office
from tests.playground.bolt import client_of

pytestmark = in_a_browser


@pytest_asyncio.fixture(loop_scope="session")
async def here(browser: Browser) -> AsyncIterator[Office]:
    async with office(browser) as everything:
        yield everything


def _png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + b"\x80" * width) * height
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        )
    )


def _payload(name: str, content: bytes, kind: str = "text/plain") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


async def _attach(page: Page, files: Sequence[FilePayload]) -> None:
    await page.get_by_label("Attach or run a shortcut").click()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("menuitem", name="Upload from your computer").click()
    await (await chooser.value).set_files(files)


def _attached(page: Page) -> Locator:
    return page.get_by_role("list", name="Attached files").get_by_role("listitem")


async def test_files_are_attached_looked_at_taken_away_and_sent_with_words(here: Office) -> None:
    page = await here.page()
    files = [
        _payload("chart.png", _png(60, 30), "image/png"),
        _payload("data.zip", b"PK\0\1" * 600, "application/zip"),
        _payload("oops.txt", b"no"),
    ]
    await _attach(page, files)
    await expect(_attached(page)).to_have_count(3)
    await expect(_attached(page).nth(1)).to_contain_text("2.4 kB")
    await page.get_by_label("Remove oops.txt").click()
    await page.get_by_test_id("composer").fill("look *here*")
    await page.get_by_test_id("send").click()

    message = page.get_by_test_id("message")
    await expect(message).to_contain_text("look here")
    picture = message.get_by_role("img", name="chart.png")
    await expect(picture).to_have_js_property("naturalWidth", 60)
    card = message.locator(".file-card")
    await expect(card).to_contain_text("ZIP · 2.4 kB")
    async with page.expect_download() as download:
        await card.get_by_role("link", name="Download").click()
    saved = await download.value
    assert saved.suggested_filename == "data.zip"
    assert (await saved.path()).read_bytes() == files[1]["buffer"]
    await expect(_attached(page)).to_have_count(0)
    await here.told("message")


_GIVE = """(field, [kind, name]) => {
    const data = new DataTransfer();
    data.items.add(new File(["hello"], name));
    const fields = { bubbles: true, cancelable: true };
    field.dispatchEvent(kind === "paste"
        ? new ClipboardEvent("paste", { ...fields, clipboardData: data })
        : new DragEvent(kind, { ...fields, dataTransfer: data }));
}"""


async def test_files_are_pasted_and_dropped(here: Office) -> None:
    """Anywhere on the pane; a draft with files waits while one looks elsewhere."""
    page = await here.page()
    composer = page.get_by_test_id("composer")
    await composer.evaluate(_GIVE, ["paste", "pasted.txt"])
    await expect(_attached(page)).to_have_count(1)
    await page.get_by_role("main").evaluate(_GIVE, ["dragover", "dropped.txt"])
    await expect(page.locator(".composer-box.over")).to_be_visible()
    await page.get_by_role("main").evaluate(_GIVE, ["drop", "dropped.txt"])
    await expect(_attached(page)).to_have_text(["pasted.txt5 bytes", "dropped.txt5 bytes"])
    await page.get_by_role("button", name="general").click()
    await expect(_attached(page)).to_have_count(0)
    await page.get_by_role("button", name="dev", exact=True).click()
    await expect(_attached(page)).to_have_count(2)
    await composer.press("Enter")
    await expect(page.locator(".snippet")).to_have_count(2)


async def test_a_text_file_is_folded_until_asked_for(here: Office) -> None:
    lines = [f"line_{n} = {n}" for n in range(1, 41)]
    await here.ana.upload("#dev", "long.py", "\n".join(lines), "see")
    page = await here.page()
    snippet = page.locator(".snippet")
    await expect(snippet).to_contain_text("line_5 = 5")
    await expect(snippet).not_to_contain_text("line_6 =")
    await expect(snippet.locator(".hljs-number").first).to_be_visible()
    await snippet.get_by_role("button", name="Show all 40 lines").click()
    await expect(snippet).to_contain_text("line_40 = 40")
    await snippet.get_by_role("button", name="Show less").click()
    await expect(snippet).not_to_contain_text("line_40")


async def test_long_code_in_messages_is_folded(here: Office) -> None:
    code = "\n".join(f"row {n}" for n in range(1, 31))
    markdown = f"Before\n\n```sql\n{code}\n```\n\nAfter"
    here_is = client_of(here.slack)
    [channel] = [c.id for c in here.slack.workspace.channels.values() if c.name == "dev"]
    await here_is.chat_postMessage(
        channel=channel, text="code", blocks=[{"type": "markdown", "text": markdown}]
    )
    await here.ana.post("#dev", f"```{code}```")
    page = await here.page()
    for message in (page.get_by_test_id("message").nth(0), page.get_by_test_id("message").nth(1)):
        await expect(message).to_contain_text("row 16")
        await expect(message).not_to_contain_text("row 17")
        await message.get_by_role("button", name="Show all 30 lines").click()
        await expect(message).to_contain_text("row 30")


async def test_a_file_can_do_nothing_to_the_page(here: Office) -> None:
    """Its name is a text, its markup is shown as text, and what opens it cannot reach the page."""
    name = '"><img src=x onerror=hit=1>.html'
    await here.ana.upload("#dev", name, "<script>window.opener.hit=1</script>")
    await here.ana.upload(
        "#dev", "drawing.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='hit=1'/>"
    )
    page = await here.page()
    snippet = page.locator(".snippet")
    await expect(snippet.locator(".file-name")).to_have_text(name)
    await expect(snippet.locator("pre")).to_contain_text("<script>")
    await expect(snippet.get_by_role("link").first).to_have_attribute("rel", "noopener noreferrer")
    async with page.expect_popup() as popup:
        await snippet.locator(".file-name").click()
    await expect((await popup.value).locator("body")).to_contain_text("<script>")
    await expect(page.get_by_role("img", name="drawing.svg")).to_be_visible()
    assert await page.evaluate("'hit' in window") is False
    assert await page.locator("img[src=x]").count() == 0


_PASTE_MUCH = """(field, size) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(size)], "big.bin"));
    field.dispatchEvent(new ClipboardEvent("paste", { cancelable: true, clipboardData: data }));
}"""


async def test_what_is_too_large_is_not_attached(here: Office) -> None:
    page = await here.page()
    await page.get_by_test_id("composer").evaluate(_PASTE_MUCH, 11_000_001)
    await expect(page.get_by_role("alert")).to_contain_text("at most 11 MB in one message")
    await expect(_attached(page)).to_have_count(0)
