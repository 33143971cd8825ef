"""What the agent is told of a thread's earlier messages, and which of them are ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.history import (
    LONGEST_MESSAGE,
    MOST_CHARACTERS,
    Said,
    came_to,
    named_by,
    parts_in,
    said_before,
    told,
)
from bot.slack.parse import Identity

ME = Identity("T1", "U0BOT", "threadline", "B0BOT")


def test_an_alert_that_is_only_attachments_is_told() -> None:
    alert = {
        "ts": "1.1",
        "bot_id": "B9",
        "subtype": "bot_message",
        "username": "Pager",
        "attachments": [
            {"title": "CPU > 90 %", "text": "on <https://h.example.com|h1> &amp; h2"},
            {"fallback": "only this"},
        ],
    }
    assert told(said_before([alert], "2.0"), {}, ME).split("\n")[1:] == [
        "> Pager: CPU > 90 %",
        "> on h1 (https://h.example.com) & h2",
        "> only this",
    ]


def test_files_and_forwarded_messages_are_named() -> None:
    post = {
        "ts": "1.1",
        "user": "U1",
        "text": "see",
        "files": [{"name": "a.pdf", "mimetype": "application/pdf", "size": 2000}],
        "attachments": [{"is_share": True, "author_name": "Cho", "text": "look"}],
    }
    assert told(said_before([post], "2.0"), {"U1": "Ana"}, ME).split("\n")[1:] == [
        "> Ana: see",
        "> [forwarded from Cho]",
        "> > look",
        "> [file: a.pdf, application/pdf, 2 kB]",
    ]


def test_notices_of_slack_and_empty_messages_are_not_told() -> None:
    messages = [
        {"ts": "1.1", "user": "U1", "subtype": "channel_join", "text": "joined"},
        {"ts": "1.2", "user": "U1", "text": "  "},
        {"ts": "1.3", "user": "U1", "text": "after"},
        {"text": "without ts"},
    ]
    assert told(said_before(messages, "1.3"), {}, ME) == ""


def test_a_long_message_is_cut_and_says_so() -> None:
    said = Said(ts="1.1", user="U1", text="x" * (LONGEST_MESSAGE + 50))
    assert "… (55 more characters)" not in told([said], {}, ME)
    assert "… (50 more characters)" in told([said], {}, ME)


def test_of_many_messages_the_newest_are_told() -> None:
    written = [Said(ts=f"1.{at}", user="U1", text=f"number {at}") for at in range(100, 140)]
    lines = told(written, {}, ME).split("\n")
    assert "the beginning is left out" in lines[0]
    assert lines[1] == "> U1: number 110" and len(lines) == 31


def test_all_names_needed_are_asked_for_once() -> None:
    written = [
        Said(ts="1.1", user="U1", text="<@U2> and <@U1> in <#C1>"),
        Said(ts="1.2", user="U2", text="yes"),
    ]
    assert named_by(written).users == ("U1", "U2")
    assert named_by(written).channels == ("C1",)


@given(st.lists(st.builds(Said, ts=st.just("1.1"), user=st.just("U1"), text=st.text())))
def test_what_is_told_is_bounded_and_quoted(written: list[Said]) -> None:
    lines = told(written, {}, ME).split("\n")
    assert sum(map(len, lines[1:])) <= MOST_CHARACTERS
    assert all(line.startswith("> ") for line in lines[1:])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ts", "user", "text", "metadata", "files", "attachments"]), inner
        )
    ),
    max_leaves=9,
)
MESSAGES = st.lists(
    st.dictionaries(
        st.sampled_from(["ts", "user", "text", "metadata", "files", "attachments", "subtype"]), JSON
    ),
    max_size=5,
)


@given(MESSAGES)
def test_any_history_can_be_read(messages: list[dict[str, object]]) -> None:
    told(said_before(messages, "9999999999.0"), {}, ME)
    assert parts_in(messages, ME) == {}


def test_of_two_messages_for_one_part_the_older_is_ours() -> None:
    payload = {"session": "s", "slot": "turn:1", "part": 0}
    metadata = {"event_type": "threadline_part", "event_payload": payload}
    messages = [
        {"ts": "1700000000.000010", "user": ME.user, "metadata": metadata},
        {"ts": "1700000000.000009", "user": ME.user, "metadata": metadata},
        {"ts": "1700000000.000001", "user": "U9", "metadata": metadata},
    ]
    assert parts_in(messages, ME) == {("s", "turn:1", 0): "1700000000.000009"}


# ---- what a stream came to


ROWS = "| 0 | 0 | 0 |\n" * 40


@pytest.mark.parametrize(
    ("words", "before", "after", "came"),
    [
        ("One. Two.", "One.", "One. Two.", "after"),
        ("One.", "One.", "One. Two.", "before"),
        ("", "", "One.", "before"),
        ("One.", "", "One.", "after"),
        ("Seen", "", "[Seen](https://example.com)", "unclear"),
        ("I saw the docs I", "I", "I saw [the docs](https://example.com) I", "unclear"),
        (ROWS, ROWS, 2 * ROWS, "unclear"),
        (2 * ROWS, ROWS, 2 * ROWS, "unclear"),
        (None, "One.", "One. Two.", "unclear"),
    ],
)
def test_a_stream_goes_on_only_where_it_is_sure_what_it_holds(
    words: str | None, before: str, after: str, came: str
) -> None:
    assert came_to(words, before, after) == came
