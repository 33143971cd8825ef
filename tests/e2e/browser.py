"""The page of a local Slack in a real browser, in one loop with the local Slack and an app."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from slack_bolt.async_app import AsyncApp

from bot.playground import Person, Playground, PlaygroundConfig
from bot.playground.model import Json
from tests.playground.bolt import bolt_app
from tests.unhurried import Unhurried

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE = 30_000
"""Milliseconds the page may take to show something."""

in_a_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    # The loop the browser lives in.
    pytest.mark.asyncio(loop_scope="session"),
]


@dataclass(frozen=True, slots=True)
class Office:
    """A local Slack, an app connected to it, and a browser to look at it with."""

    slack: Playground
    app: AsyncApp
    browser: Browser
    broken: list[str] = field(default_factory=lambda: list[str]())
    """What went wrong in scripts of the pages."""

    @property
    def ana(self) -> Person:
        return self.slack.person("ana")

    async def page(self, channel: str = "dev", width: int = 1280, height: int = 800) -> Page:
        """The page as Ana sees it, in a channel; nothing in it moves."""
        opened = await self.browser.new_page(
            viewport={"width": width, "height": height},
            locale="en-US",
            timezone_id="UTC",
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        opened.set_default_timeout(PATIENCE)
        opened.on("pageerror", lambda error: self.broken.append(str(error)))
        opened.on(
            "console", lambda said: self.broken.append(said.text) if said.type == "error" else None
        )
        [place] = [c.id for c in self.slack.workspace.channels.values() if c.name == channel]
        await opened.goto(self.slack.page_url)
        await opened.goto(f"{re.sub(r'/[?].*', '/', self.slack.page_url)}#/{place}")
        await expect(opened.get_by_test_id("composer")).to_be_visible()
        return opened

    async def told(self, event_type: str, number: int = 1) -> Json:
        """The payload of the `number`th delivery of this type to the app, once it is made."""
        journal = self.slack.journal
        await self.slack.until(lambda: len(journal.delivered(event_type)) >= number)
        return journal.delivered(event_type)[number - 1].body


@asynccontextmanager
async def office(
    browser: Browser, now: Callable[[], float] | None = None
) -> AsyncGenerator[Office]:
    """Fails at the end if a script of a page broke. Its pages are closed, the browser stays."""
    expect.set_options(timeout=PATIENCE)
    async with (
        Playground(PlaygroundConfig(limits="off"), now=now or Unhurried()) as slack,
        bolt_app(slack) as app,
    ):
        everything = Office(slack, app, browser)
        try:
            yield everything
        finally:
            for context in browser.contexts:
                await context.close()
        assert everything.broken == []


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(text: str, **more: Any) -> Json:
    return {"text": plain(text), "value": text.lower(), **more}


def field_block(label: str, kind: str, *, block: Json | None = None, **element: Any) -> Json:
    """An input block with its label in lower case as its id; `block` are more fields of it."""
    return {
        "type": "input",
        "block_id": label.lower(),
        "label": plain(label),
        "element": {"type": kind, "action_id": "field", **element},
        **(block or {}),
    }


def modal(title: str, blocks: Sequence[Json], **fields: Any) -> Json:
    return {
        "type": "modal",
        "callback_id": title.lower(),
        "title": plain(title),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **fields,
    }
