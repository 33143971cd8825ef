"""Real answers of agents as Slack gets them, at the end and at each moment before (E4, E6, E9)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.core.split import weight
from bot.playground.model import Message
from bot.playground.pings import pings
from bot.playground.validate import require_blocks
from bot.slack.render.blocks import markdown_block
from bot.slack.render.escape import JOINER, clean
from bot.slack.render.growth import grow
from bot.slack.render.secrets import mask
from bot.slack.render.settle import settle
from bot.slack.render.text import MOST_BYTES, markdown
from tests.slack.corpus.__main__ import FOLDER, answers, forms
from tests.slack.liveness import live_sequences

ANSWERS = answers()
READER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def prefixes(text: str, step: int) -> Iterator[str]:
    yield from (text[:at] for at in range(0, len(text), step))
    yield text


def accept(shown: str) -> None:
    """What Slack takes, pings nobody with, and leaves nothing open in."""
    blocks = [markdown_block(shown)] if shown else []
    require_blocks(blocks)
    assert pings(Message("C1", "1.1", "U1", "", blocks=blocks)) == []
    assert live_sequences(shown) == []
    assert weight(shown) <= MOST_BYTES


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_as_it_is_shown(name: str) -> None:
    """After a change that is meant: `python -m tests.slack.corpus`, and read the difference."""
    for ending, shown in forms(ANSWERS[name]).items():
        assert shown == (FOLDER / f"{name}.{ending}").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ANSWERS)
def test_any_beginning_of_an_answer_is_well_formed_and_harmless(name: str) -> None:
    for beginning in prefixes(mask(ANSWERS[name]), 7):
        accept(grow(beginning))
        shown = markdown(settle(beginning))
        accept(shown)
        after = READER.parse(f"{shown}\n\nprobe")[-2]
        assert (after.content, after.level) == ("probe", 1), "something is left open"


@pytest.mark.parametrize("name", ANSWERS)
def test_a_growing_answer_is_only_added_to(name: str) -> None:
    answer = ANSWERS[name]
    later = grow(mask(answer), final=True)
    for beginning in reversed([*prefixes(answer, 2)]):
        shown = grow(mask(beginning))
        assert later.startswith(shown), beginning[-60:]
        later = shown


def test_few_characters_are_held_back() -> None:
    beginnings = [mask(start) for answer in ANSWERS.values() for start in prefixes(answer, 11)]
    held = [len(grow(start, final=True)) - len(grow(start)) for start in beginnings]
    assert sum(held) / len(held) <= 15
    assert max(held) <= 200


MARKS = [
    "<", ">", "!", "@", "&lt;", "&#60;", "channel", "here", "|", "https://a.bc", "`", "```", "\n",
    "\n\n", "*", "**", "_", "~~", "\\", "[", "](", ")", " ", "- ", "> ", "1. ", "2) ", "# ", "---",
    "===", "~~~", "    ", "\t", "| a | b |\n|---|---|\n", "word", "中文", "。", "<br>", "<b>", "![",
    "\r", "\x1b[1m",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(MARKS), max_size=14).map("".join) | st.text(max_size=60))
def test_any_growing_text_is_only_added_to(text: str) -> None:
    later = grow(text, final=True)
    for beginning in reversed([*prefixes(text, 1)]):
        shown = grow(beginning)
        assert later.startswith(shown)
        assert live_sequences(shown) == []
        later = shown


def letters(text: str) -> str:
    return "".join(re.findall(r"[^\W_]", text))


def read(text: str) -> str:
    """The letters and digits somebody sees."""
    seen = (
        child.content
        for token in READER.parse(text)
        for child in (token.children or [token])
        if child.type in ("text", "text_special", "code_inline", "fence", "code_block")
    )
    return letters(html.unescape("\n".join(seen)).replace(JOINER, ""))


# Tags and definitions are not shown where they stand, numbers of lists by Slack.
REARRANGED = {"html", "notes", "hostile", "tables"}


@pytest.mark.parametrize("name", sorted(ANSWERS.keys() - REARRANGED))
def test_no_word_is_lost(name: str) -> None:
    safe = mask(ANSWERS[name])
    said = read(clean(safe))
    for shown in (markdown(safe), grow(safe, final=True)):
        rest = iter(read(shown))
        lost = next((at for at, char in enumerate(said) if char not in rest), None)
        assert lost is None, said[lost : lost + 40]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_text_cut_anywhere_and_ended_loses_no_word_of_the_rest(name: str) -> None:
    """`final` lets out whatever was held back."""
    for beginning in prefixes(ANSWERS[name], 97):
        said = re.findall(r"[^\W\d_]{4,}", beginning.rpartition("\n")[2])
        shown = grow(beginning, final=True)
        if not re.search(r"[<&\[(`~\x1b]|://", beginning.rpartition("\n")[2]):
            assert all(word in shown for word in said)
