"""The install page in a real browser, from an app's link back to the app."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest
from aiohttp import web
from playwright.async_api import Browser, expect

from bot.playground import SlackTeam
from tests.e2e.browser import Office, in_a_browser, office
from tests.playground.bolt import serving

pytestmark = in_a_browser


@asynccontextmanager
async def app_with_a_link(here: Office) -> AsyncGenerator[str]:
    """An app's own site: a link that leads to the install page, and where people come back to."""

    async def link(request: web.Request) -> web.Response:
        return web.Response(text='<a href="/install">Add to Slack</a>', content_type="text/html")

    async def install(request: web.Request) -> web.Response:
        query = {
            "client_id": here.slack.app.client_id,
            "scope": "chat:write,commands",
            "state": "a&b",
            "redirect_uri": f"http://{request.host}/back",
        }
        url = f"{here.slack.authorization_url}?{urlencode(query)}"
        return web.Response(status=302, headers={"Location": url})

    async def back(request: web.Request) -> web.Response:
        words = ["back", request.query["state"], *sorted(request.query)]
        return web.Response(text=" ".join(words))

    async def nothing(request: web.Request) -> web.Response:
        return web.Response(status=204)

    site = web.Application()
    site.router.add_get("/", link)
    site.router.add_get("/install", install)
    site.router.add_get("/back", back)
    site.router.add_get("/favicon.ico", nothing)
    async with serving(site) as base:
        yield base


@pytest.mark.parametrize(
    ("button", "shown"), [("Allow", "back a&b code state"), ("Cancel", "back a&b error state")]
)
async def test_a_person_installs_an_app_from_its_link(
    browser: Browser, button: str, shown: str
) -> None:
    async with office(browser) as here, app_with_a_link(here) as base:
        other: SlackTeam = here.slack.add_workspace("Second", installed=False)
        page = await here.page()
        await page.goto(base)
        await page.get_by_role("link", name="Add to Slack").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("threadline")
        await expect(page.get_by_role("listitem").first).to_contain_text("chat:write")
        await page.get_by_label("Install as").select_option(label="Dana")
        await page.get_by_role("button", name=button).click()
        await expect(page.locator("body")).to_have_text(shown)
        given = [consent.user.team_id for consent in here.slack.local.codes.given.values()]
        assert given == ([other.id] if button == "Allow" else [])
