"""What was seen of a growing text, to go on from there after its message was deleted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.render.drawn import drawn, drawn_in_stream
from bot.slack.render.growth import grow

TEXTS = (
    "One. Two. Thr",
    "A **bold wo",
    "See [the docs](https://exam",
    "- one\n- tw",
    "```\nx = 1\ny",
)


@pytest.mark.parametrize("text", TEXTS)
def test_what_was_held_back_was_not_seen(text: str) -> None:
    assert drawn(text) <= len(text)
    held = grow(text)
    seen = text[: drawn_in_stream(text, held, str)]
    assert len(seen) < len(text)
    assert grow(seen, final=True).rstrip("`\n ") == held.rstrip("`\n ")


@given(st.text(st.sampled_from("ab .\n*`[]()-"), max_size=60))
def test_no_more_was_seen_than_there_is(text: str) -> None:
    assert 0 <= drawn(text) <= len(text)
    assert 0 <= drawn_in_stream(text, grow(text), str) <= len(text)
