"""What the agent is told: names for ids, no markup of Slack's, nothing lost, no string refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.inbound_text import File, Named, Shared, heard, named_in, read

BOT = "UBOT"
NAMES = {"UBOT": "threadline", "U1": "Ana", "C1": "general"}


def told(text: str) -> str:
    return heard(text, bot=BOT, names=NAMES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("&amp;lt; stays escaped once", "&lt; stays escaped once"),
        ("ask <@U1>", "ask @Ana"),
        ("ask <@U1|ana.s>", "ask @Ana"),
        ("ask <@U404|nick>", "ask @nick"),
        ("ask <@U404>", "ask @U404"),
        ("in <#C1>", "in #general"),
        ("in <#C9|numbers>", "in #numbers"),
        ("in <#C9|>", "in #C9"),
        ("<https://a.example/?x=1&amp;y=2>", "https://a.example/?x=1&y=2"),
        ("see <https://a.example/b|the docs>", "see the docs (https://a.example/b)"),
        ("see <http://a.example|a.example>", "see http://a.example"),
        ("write <mailto:a@b.example|a@b.example>", "write a@b.example"),
        ("<!here> <!channel> <!everyone|@everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@ops> <!subteam^S2>", "@ops @S2"),
        ("at <!date^1392734382^{date}|Feb 18, 2014>", "at Feb 18, 2014"),
        ("`a &lt; b`\n```if x &gt; 1:\n  y```", "`a < b`\n```if x > 1:\n  y```"),
        ("🎉", "🎉"),
        ("3 > 2 and < open", "3 > 2 and < open"),
    ],
)
def test_slack_markup_is_spelled_out(text: str, expected: str) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@UBOT> help", "help"),
        ("  <@UBOT>: help", "help"),
        ("<@UBOT|threadline>, help", "help"),
        ("<@UBOT> <@UBOT> help", "help"),
        ("help <@UBOT>", "help"),
        ("help <@UBOT>!", "help!"),
        ("help <@UBOT> <@UBOT>", "help"),
        ("what can <@UBOT> do?", "what can @threadline do?"),
        ("<@UBOT>", ""),
        ("<@UBOT> <@U1>", "@Ana"),
        ("", ""),
    ],
)
def test_the_bots_mention_is_an_address_at_the_ends_and_a_word_inside(
    text: str, expected: str
) -> None:
    assert told(text) == expected


def test_files_are_named_below_the_text() -> None:
    files = [
        File("report.pdf", "application/pdf", 12_345),
        File("a\nb.txt", "text/plain", 12),
        File("F1"),
        File("big.bin", "", 2_000_000),
    ]
    assert heard("look", bot=BOT, names=NAMES, files=files).splitlines() == [
        "look",
        "[file: report.pdf, application/pdf, 12.3 kB]",
        "[file: a b.txt, text/plain, 12 B]",
        "[file: F1]",
        "[file: big.bin, 2 MB]",
    ]


def test_a_forwarded_message_is_quoted_with_its_author() -> None:
    shared = [Shared("Ben", "disk &lt;sda&gt; is full\nask <@U1>")]
    assert heard("and?", bot=BOT, names=NAMES, shared=shared) == (
        "and?\n[forwarded from Ben]\n> disk <sda> is full\n> ask @Ana"
    )


def test_ids_to_look_up_are_listed_once_in_order() -> None:
    text = "<@U2> <@U1> <@U2|b> <#C1> <#C2|named> <#C1|>"
    assert named_in(text) == Named(("U2", "U1"), ("C1",))


MARKUP = st.lists(
    st.one_of(
        st.sampled_from(["<@UBOT>", "<@U1>", "<#C1>", "<!here>", "<", ">", "|", "&lt;", "&amp;"]),
        st.text(max_size=8),
    )
).map("".join)


@given(MARKUP)
def test_any_string_has_a_reading(text: str) -> None:
    told(text)
    read(text, {})
    named_in(text)


@given(st.text())
def test_what_a_person_typed_is_what_the_agent_reads(typed: str) -> None:
    escaped = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert read(escaped, {}) == typed


@pytest.mark.parametrize("text", ["x" * 40_000, " " * 40_000, "<" * 40_000, "<@UBOT> " * 5_000])
def test_the_longest_message_is_read_at_once(text: str) -> None:
    assert told(text) == ("" if text.startswith((" ", "<@")) else text)
