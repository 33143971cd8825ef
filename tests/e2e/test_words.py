"""Words about the agent, said in its thread."""

from __future__ import annotations

import pytest

from bot.playground import Playground
from tests.e2e.reading import at_rest, said
from tests.waiting import until

pytestmark = pytest.mark.slow


async def test_what_was_used_up_is_told_to_who_asks_E94(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "echo good morning")
    await thread.until(at_rest)

    async def told(words: str) -> bool:
        return any(words in str(whisper) for whisper in slack.whispers(ana))

    await ana.reply(thread, "usage", mention=True)
    await until(lambda: told("This session so far: 1 turn"))
    await ana.reply(thread, "mode plan", mention=True)
    await until(lambda: told("The permission mode was not changed."))
    assert "usage" not in said(thread)


async def test_a_file_the_agent_cannot_take_is_named_to_who_posted_it_E66(
    slack: Playground,
) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "echo one")
    await thread.until(at_rest)
    await ana.upload(thread, "plan.png", b"\x89PNG\r\n\x1a\n", "what do you think of this?")

    async def told() -> bool:
        return "plan.png (this agent takes text only)" in str(slack.whispers(ana))

    await until(told)
    await thread.until(lambda t: at_rest(t) and "what do you think" in said(t))
