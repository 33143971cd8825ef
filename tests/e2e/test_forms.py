"""Approvals and questions that need more than one press: modals, menus and what comes of them."""

from __future__ import annotations

import pytest

from bot.playground import Playground
from bot.slack.render.asks import ANSWER, DENY_WHY, EDIT, OTHER, SHOW
from tests.e2e.reading import at_rest, said

pytestmark = pytest.mark.slow


async def test_a_tool_runs_with_what_was_changed_in_the_form_E45(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "ticket")
    await thread.until(lambda t: EDIT in t.buttons())
    assert await ana.click(thread, EDIT)
    await ana.fill_modal({"priority": "7"})
    assert await ana.submit() == {"priority": "This must be at most 4."}
    await ana.fill_modal({"priority": "1", "summary": "No slots on holidays"})
    assert await ana.submit() == {}
    await thread.until(at_rest)
    shown = said(thread)
    assert "Slots on public holidays" in shown  # as it was proposed
    assert "Changed before it was allowed:" in shown and "No slots on holidays" in shown
    assert "Allowed with changes" in shown
    assert '"priority": 1' in shown


async def test_the_agent_hears_why_it_may_not_E46(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "patch")
    await thread.until(lambda t: DENY_WHY in t.buttons())
    assert "+    if is_holiday(day):" in said(thread)
    assert await ana.click(thread, DENY_WHY)
    await ana.fill_modal({"Why not?": "Wait for the release"})
    assert await ana.submit() == {}
    await thread.until(at_rest)
    assert "Reason: Wait for the release" in said(thread)
    assert "You said: “Wait for the release”" in said(thread)


async def test_several_questions_are_answered_in_one_go_E50(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "form")
    await thread.until(lambda t: ANSWER in t.buttons())
    assert await ana.click(thread, ANSWER)
    await ana.fill_modal(
        {
            "In which form?": "A chart",
            "What belongs in it?": ["Orders", "Errors"],
            "Anything to say on top of it?": "Good\nmorning",
        }
    )
    assert await ana.submit() == {}
    await thread.until(at_rest)
    assert "parts: orders, errors" in said(thread)
    assert "A chart · Orders, Errors · Good" in said(thread)


async def test_an_answer_is_found_in_a_list_longer_than_a_menu_E50(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "choose")
    menu = "Choose one of 240 answers"
    await thread.until(lambda t: OTHER in t.buttons())
    assert await ana.options(thread, menu, "street 23") != []
    assert await ana.select(thread, menu, "Street 237")
    await thread.until(at_rest)
    assert "Street 237 is delivered to once now." in said(thread).replace("*", "")


async def test_a_long_command_is_read_whole_before_it_is_allowed_E34(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "batch")
    await thread.until(lambda t: SHOW in t.buttons())
    assert await ana.click(thread, SHOW)
    view = await ana.until_modal("What it is given")
    assert await ana.click(view, "Next")
    await slack.until(lambda: (top := ana.modal()) is not None and "Street 240" in top.text())
    await ana.close()
    assert await ana.click(thread, "Allow")
    await thread.until(at_rest)
    assert "Allowed" in said(thread)
