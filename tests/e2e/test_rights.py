"""Who may what, and what the Home tab shows of it."""

from __future__ import annotations

import json

import pytest

from bot.playground import Playground
from tests.e2e.reading import at_rest, ours, said

pytestmark = pytest.mark.slow


async def test_another_persons_decision_is_refused_privately_E37(slack: Playground) -> None:
    ana, ben = slack.person("ana"), slack.person("ben")
    thread = await ana.mention("#dev", "deploy")
    await thread.until(lambda t: "Allow" in t.buttons())
    assert await ben.click(thread, "Allow")
    await slack.until(lambda: slack.whispers(ben))
    assert f"Only <@{ana.id}> can decide this" in slack.whispers(ben)[0]
    assert "Allow" in thread.buttons()
    assert slack.whispers(ana) == []
    await ana.click(thread, "Allow")
    await thread.until(at_rest)
    assert "Allowed" in said(thread)


async def test_a_guest_starts_nothing_and_is_told_privately_E80(slack: Playground) -> None:
    cho = slack.person("cho")
    thread = await cho.mention("#dev", "echo let me in")
    await slack.until(lambda: slack.whispers(cho))
    assert "Guests cannot work with me" in slack.whispers(cho)[0]
    assert ours(thread) == []


async def test_the_home_tab_lists_a_persons_sessions_E90(slack: Playground) -> None:
    ana, ben = slack.person("ana"), slack.person("ben")
    thread = await ana.mention("#dev", "deploy the shop to staging")
    await thread.until(lambda t: "Allow" in t.buttons())
    for person in (ana, ben):
        await person.open_home()
    await slack.until(lambda: ana.home() and ben.home())
    assert "deploy the shop to staging" in json.dumps(ana.home())
    assert "deploy the shop to staging" not in json.dumps(ben.home())
