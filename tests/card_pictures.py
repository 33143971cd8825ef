"""Pictures of every card in every state and of the forms, to be looked at:
`python -m tests.card_pictures DIRECTORY`. Needs Chromium."""

import asyncio
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright, expect

from bot.core.access import Where
from bot.core.approvals import Terms
from bot.core.ids import ThreadKey
from bot.core.ports import KnownAsk
from bot.core.views import AskView
from bot.playground import Playground, PlaygroundConfig
from bot.slack.app import Slack
from bot.slack.render.asks import ALWAYS, ANSWER, DENY_WHY, EDIT, SHOW, WHO, ask
from tests.e2e.browser import FLAGS
from tests.slack import cards
from tests.slack.joined import config_of, joined
from tests.slack.remembering import RememberingBridge

A_PICTURE = 6
"""Cards."""
Scheme = Literal["light", "dark"]
SHOTS: tuple[tuple[Scheme, int], ...] = (("light", 900), ("dark", 900), ("light", 390))
FORM_SHOTS: tuple[tuple[Scheme, int], ...] = (("light", 900), ("dark", 390))
FORMS = {
    "show": (cards.LONG_COMMAND, SHOW),
    "who": (cards.CONFIRMATION, WHO),
    "deny": (cards.CONFIRMATION, DENY_WHY),
    "edit": (cards.SCHEMA, EDIT),
    "always": (cards.CONFIRMATION, ALWAYS),
    "answer": (cards.FORM, ANSWER),
}


async def main(into: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is not installed. On Debian: apt-get install chromium")
    await asyncio.to_thread(into.mkdir, parents=True, exist_ok=True)
    expect.set_options(timeout=60_000)
    bridge = RememberingBridge()
    async with (
        Playground(PlaygroundConfig(limits="off")) as local,
        joined(config_of(local), bridge) as slack,
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=chromium, args=FLAGS) as browser,
    ):
        places = await _post(local, slack)
        for place in places:
            for scheme, width in SHOTS:
                page = await _open(browser, local, place, scheme, width, 1900)
                await page.screenshot(path=into / f"{place}-{scheme}-{width}.png")
                await page.close()
        await local.person("ana").create_channel("help")
        await local.person("ana").invite_app("#help")
        for name, (asked, label) in FORMS.items():
            await _form(browser, local, slack, bridge, name, asked, label, into)


async def _post(local: Playground, slack: Slack) -> list[str]:
    """The names of the channels they stand in."""
    ana, places = local.person("ana"), list[str]()
    for at, (name, view) in enumerate(cards.ASKS.items()):
        if at % A_PICTURE == 0:
            places.append(f"cards-{len(places)}")
            await ana.create_channel(places[-1])
            await ana.invite_app(f"#{places[-1]}")
        content = ask(_named(view))
        channel = _channel(local, places[-1])
        body = [_title(name), *content.blocks]
        await slack.web.chat_postMessage(channel=channel, text=content.text, blocks=body)
    return places


def _named(view: AskView) -> AskView:
    """With people of this workspace."""
    people = {"U1A": "U0ANA00001", "U2B": "U0BEN00002"}
    return replace(
        view,
        who=view.who.replace("U1A", people["U1A"]),
        asked_by=tuple(people[user] for user in view.asked_by),
        by=people.get(view.by or ""),
        agreed=tuple(people[user] for user in view.agreed),
    )


def _title(name: str) -> dict[str, object]:
    return {"type": "header", "text": {"type": "plain_text", "text": name}}


def _channel(local: Playground, name: str) -> str:
    [found] = [c.id for c in local.workspace.channels.values() if c.name == name]
    return found


async def _open(
    browser: Browser,
    local: Playground,
    place: str,
    scheme: Scheme,
    width: int,
    height: int,
) -> Page:
    page = await browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US"
    )
    await page.goto(local.page_url)
    base = re.sub(r"/[?].*", "/", local.page_url)
    await page.goto(f"{base}#/{_channel(local, place)}")
    await expect(page.get_by_test_id("composer")).to_be_visible()
    await page.mouse.move(0, 0)
    return page


async def _form(
    browser: Browser,
    local: Playground,
    slack: Slack,
    bridge: RememberingBridge,
    name: str,
    asked: object,
    label: str,
    into: Path,
) -> None:
    ana = local.person("ana")
    thread = await ana.post("#help", name)
    home = ThreadKey(local.workspace.installs[0].team_id, thread.channel, thread.ts)
    view = AskView(
        uid=cards.UID, ask=asked, status="open", who=f"<@{ana.id}>", always=True,  # type: ignore
        explain=cards.FULL.explain, asked_by=(ana.id,),
    )  # fmt: skip
    where = Where(channel=thread.channel)
    bridge.asks = {cards.UID: KnownAsk(home, view, where, Terms(who=("anyone",)))}
    bridge.threads[home] = None
    content = ask(view)
    await slack.web.chat_postMessage(
        channel=thread.channel, thread_ts=thread.ts, text=content.text, blocks=[*content.blocks]
    )
    await ana.click(thread, label)
    await ana.until_modal()
    for scheme, width in FORM_SHOTS:
        page = await _open(browser, local, "help", scheme, width, 1100)
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.screenshot(path=into / f"form-{name}-{scheme}.png")
        await page.close()
    await ana.close(everything=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
