"""Whatever is written in and out: shown right, and nobody is pinged."""

from __future__ import annotations

import pytest

from bot.playground import Playground
from tests.e2e.reading import at_rest, control_sequences, ours, said

pytestmark = pytest.mark.slow


async def test_a_bare_mention_is_answered(slack: Playground) -> None:
    thread = await slack.person("ana").mention("#dev", "")
    await thread.until(at_rest)
    assert "I am the agent that comes with Threadline" in said(thread)


async def test_a_mention_with_nothing_but_an_emoji_is_answered(slack: Playground) -> None:
    thread = await slack.person("ana").mention("#dev", "echo :tada:")
    await thread.until(at_rest)
    assert ":tada:" in said(thread)


async def test_an_answer_of_40000_characters_is_whole_and_in_order(
    stage_at_once: Playground,
) -> None:
    slack = stage_at_once
    words = [f"word{number:05}" for number in range(3990)]
    thread = await slack.person("ana").mention("#dev", "echo " + " ".join(words))
    await thread.until(lambda t: at_rest(t) and words[-1] in said(t), timeout=40)
    assert [word for word in said(thread).split() if word.startswith("word")] == words
    assert all(len(message.text) <= 4000 for message in ours(thread))


async def test_a_code_block_stays_code(slack: Playground) -> None:
    code = "```\nif a < b & c > d:\n    print('*not bold*')\n```"
    thread = await slack.person("ana").mention("#dev", f"echo {code}")
    await thread.until(at_rest)
    assert "if a < b & c > d:\n    print('*not bold*')" in said(thread)


@pytest.mark.parametrize(
    "text",
    [
        "echo @channel @here @everyone",
        "echo <!channel> <!here|here> <!everyone>",
        "echo `<!channel>` and ```<!here>```",
        "echo [<!channel>](https://example.com) **<!everyone>**",
        "echo <!subteam^S012345> <!channel",
    ],
)
async def test_nobody_is_pinged_by_an_answer_E82(slack: Playground, text: str) -> None:
    thread = await slack.person("ana").mention("#dev", text)
    await thread.until(at_rest)
    assert control_sequences(thread) == []
    for call in slack.journal.called("chat.postMessage"):
        assert (call.arguments["parse"], call.arguments["link_names"]) in [
            ("none", False),
            ("none", "0"),
        ]


async def test_nobody_is_pinged_by_a_card_or_a_title_E82(slack: Playground) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "deploy <!channel> to <!here>")
    await thread.until(lambda t: "Deny" in t.buttons())
    assert control_sequences(thread) == []
    await ana.click(thread, "Deny")
    await thread.until(at_rest)
    assert control_sequences(thread) == []
