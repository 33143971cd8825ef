"""Folding what an agent does into a turn."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.events import (
    ContentEvent,
    PlanChanged,
    PlanEntry,
    TextDelta,
    TextDone,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageReported,
)
from bot.core.folding import fold
from bot.core.parts import SEPARATOR, part_text, seal, shown_parts
from bot.core.split import weight
from bot.core.turn import Turn, end
from tests.core.test_split import markdown

NEW = Turn(number=1, started_at=0.0)
LIMIT = 120


def folded(events: list[ContentEvent], limit: int = LIMIT, turn: Turn = NEW) -> Turn:
    for event in events:
        turn = fold(turn, event, limit, 5.0)
    return turn


def delta(text: str, at: int = 0, item: str = "m1") -> TextDelta:
    return TextDelta(turn="t", item=item, at=at, text=text)


def done(text: str, item: str = "m1") -> TextDone:
    return TextDone(turn="t", item=item, text=text)


@st.composite
def split_up(draw: st.DrawFn, text: str, item: str) -> list[ContentEvent]:
    cuts = draw(st.lists(st.integers(0, len(text)), max_size=8))
    bounds = sorted({0, len(text), *cuts})
    return [delta(text[a:b], a, item) for a, b in pairwise(bounds)]


def content_of(turn: Turn) -> str:
    """What the parts hold of the agent's text: without what is carried over and closed."""
    texts = {item.id: item.text for item in turn.texts}
    sealed = [texts[item][start:stop] for b in turn.boundaries for item, start, stop in b.pieces]
    return "".join([*sealed, *(item.text[item.sealed :] for item in turn.texts)])


def check_parts(turn: Turn, limit: int) -> None:
    """Each part is what its pieces say, within its weight, and begins where the last one ended."""
    reached: dict[str, int] = {}
    carry = ""
    for number, boundary in enumerate(turn.boundaries):
        for item, start, stop in boundary.pieces:
            assert start == reached.get(item, 0) < stop
            reached[item] = stop
        assert weight(carry) <= limit // 4
        assert weight(part_text(turn, number)) <= limit + weight(boundary.close) + 1
        carry = boundary.carry
    assert reached == {item.id: item.sealed for item in turn.texts if item.sealed}


@settings(max_examples=60)
@given(st.data(), st.lists(markdown, max_size=4))
def test_any_split_of_the_text_into_deltas_folds_the_same(
    data: st.DataObject, texts: list[str]
) -> None:
    whole: list[ContentEvent] = []
    pieces: list[ContentEvent] = []
    for number, text in enumerate(texts):
        item = f"m{number}"
        whole.append(delta(text, item=item))
        pieces += data.draw(split_up(text, item))
        if data.draw(st.booleans()):
            whole.append(done(text, item))
            pieces.append(done(text, item))
    turn = folded(pieces)
    assert turn.texts == folded(whole).texts
    assert turn.boundaries == folded(whole).boundaries
    assert content_of(turn) == "".join(texts)
    check_parts(turn, LIMIT)


@settings(max_examples=60)
@given(st.lists(markdown, max_size=4), st.data())
def test_a_text_that_comes_whole_has_the_parts_of_one_that_grew(
    texts: list[str], data: st.DataObject
) -> None:
    grown = folded([e for n, t in enumerate(texts) for e in data.draw(split_up(t, f"m{n}"))])
    whole = folded([done(text, f"m{number}") for number, text in enumerate(texts) if text])
    assert whole.boundaries == grown.boundaries
    assert [part_text(whole, part) for part in range(whole.parts)] == [
        part_text(grown, part) for part in range(grown.parts)
    ]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abc"), markdown), max_size=10), st.data())
def test_texts_that_grow_by_turns_lose_nothing_and_no_boundary_moves(
    grown: list[tuple[str, str]], data: st.DataObject
) -> None:
    turn = NEW
    lengths: dict[str, int] = {}
    for number, (item, text) in enumerate(grown):
        before = turn
        turn = fold(turn, delta(text, lengths.get(item, 0), item), LIMIT, 5.0)
        lengths[item] = lengths.get(item, 0) + len(text)
        assert turn.boundaries[: len(before.boundaries)] == before.boundaries
        for part in range(len(before.boundaries)):
            assert part_text(turn, part) == part_text(before, part)
        if data.draw(st.booleans()):
            turn = seal(turn, f"a{number}", LIMIT)
            assert turn.boundaries[-1].ask == f"a{number}"
            assert part_text(turn, turn.parts - 1) == ""
    for item in turn.texts:
        assert item.text == "".join(text for name, text in grown if name == item.id)
    assert sorted(content_of(turn)) == sorted("".join(text for _, text in grown))
    check_parts(turn, LIMIT)


def test_parts_are_joined_by_blank_lines_and_items_keep_their_order() -> None:
    turn = folded([delta("One.", item="a"), delta("Two.", item="b"), delta(" More.", 4, "a")])
    assert part_text(turn, 0) == f"One. More.{SEPARATOR}Two."


def test_late_text_of_an_early_item_stands_in_the_open_part() -> None:
    turn = seal(folded([delta("Early", item="a"), delta("Other", item="b")]), "ask", LIMIT)
    turn = folded([delta(" late", 5, "a"), delta(" too", 5, "b")], turn=turn)
    assert [part_text(turn, 0), part_text(turn, 1)] == ["Early\n\nOther", " late\n\n too"]


def test_the_end_of_an_item_changes_only_what_is_not_sealed() -> None:
    turn = seal(folded([delta("Sealed text")]), "ask", LIMIT)
    turn = folded([delta(" draft", 11), done("Sealed TEXT, final")], turn=turn)
    assert [part_text(turn, 0), part_text(turn, 1)] == ["Sealed text", ", final"]
    assert folded([delta(" more", 18), done("else")], turn=turn) == turn


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(-3, 30), st.text("abc", max_size=6)), max_size=8),
    st.sets(st.integers(0, 7)),
)
def test_deltas_with_holes_are_idempotent_and_the_whole_text_closes_the_holes(
    given_deltas: list[tuple[int, str]], asks: set[int]
) -> None:
    turn = NEW
    seen: list[ContentEvent] = []
    for number, (at, text) in enumerate(given_deltas):
        seen.append(delta(text, at))
        turn = fold(turn, seen[-1], LIMIT, 5.0)
        assert folded(seen, turn=turn) == turn
        if number in asks:
            turn = seal(turn, f"ask{number}", LIMIT)
    known = sum(len(i.text) + sum(size for _, size in i.holes) for i in turn.texts)
    sealed = sum(i.sealed for i in turn.texts)
    lost = sum(size for i in turn.texts for at, size in i.holes if at < i.sealed)
    ended = fold(turn, done("x" * (known + 5)), LIMIT, 5.0)
    assert sum(len(i.text) for i in ended.texts) == known + 5 - lost
    assert ended.texts[0].text[sealed:] == "x" * (known + 5 - lost - sealed)
    assert folded(seen, turn=ended) == ended


def test_code_open_at_an_ask_goes_on_as_code_below_it() -> None:
    turn = seal(folded([delta("```py\nfirst\n")]), "a", LIMIT)
    turn = seal(turn, "b", LIMIT)
    turn = folded([delta("second\n```", 12)], turn=turn)
    assert [part_text(turn, part) for part in range(3)] == [
        "```py\nfirst\n```",
        "",
        "```py\nsecond\n```",
    ]


def test_code_left_open_by_a_finished_text_ends_at_the_ask() -> None:
    turn = seal(folded([done("```py\nfirst")]), "a", LIMIT)
    turn = folded([delta("Prose.", item="b")], turn=turn)
    assert [part_text(turn, part) for part in range(2)] == ["```py\nfirst\n```", "Prose."]


def test_white_space_alone_is_no_content() -> None:
    turn = folded([delta(" \n\n ")])
    assert part_text(turn, 0) == ""
    turn = seal(turn, "a", LIMIT)
    assert part_text(turn, 0) == ""
    assert part_text(folded([delta("x", 4)], turn=turn), 1) == "x"


EVENTS: list[ContentEvent] = [
    TurnStarted(turn="t", time=1.0),
    delta("Hello "),
    ThoughtDelta(turn="t", item="h", at=0, text="hm"),
    ToolStarted(turn="t", item="s", tool="bash", title="Run", input={}, time=2.0),
    ToolStarted(turn="t", item="s2", tool="bash", title="Run too", input={}, time=2.0),
    PlanChanged(turn="t", revision=1, entries=(PlanEntry("one"),)),
    ToolFinished(turn="t", item="s", ok=False, summary="no", time=3.0),
    delta("world " * 60, 6),
    PlanChanged(turn="t", revision=2, entries=(PlanEntry("two"),)),
    UsageReported(turn="t", id="u", input_tokens=1),
    done("Hello " + "world " * 60),
    delta("Bye", item="m2"),
    TurnEnded(turn="t", outcome="done", time=9.0),
]


@pytest.mark.parametrize("until", range(len(EVENTS) + 1))
def test_any_prefix_replayed_changes_nothing(until: int) -> None:
    turn = folded(EVENTS[:until])
    for number in range(until + 1):
        assert folded(EVENTS[:number], turn=turn) == turn
        assert folded(EVENTS[number:until], turn=turn) == turn


def test_folds_everything_a_turn_can_bring() -> None:
    turn = folded(EVENTS)
    assert (turn.phase, turn.over, turn.started_at, turn.ended_at) == ("done", True, 1.0, 9.0)
    assert [(s.ok, s.summary, s.started_at, s.ended_at) for s in turn.steps] == [
        (False, "no", 2.0, 3.0),
        (None, "", 2.0, 9.0),
    ]
    assert (turn.plan, turn.plan_revision) == ((PlanEntry("two"),), 2)
    assert [usage.input_tokens for usage in turn.usage] == [1]
    assert turn.parts > 2


@pytest.mark.parametrize("event", EVENTS[:6])
def test_any_sign_of_life_says_that_the_agent_works(event: ContentEvent) -> None:
    assert folded([event]).phase == "working"
    assert folded([UsageReported(turn="t", id="u")]).phase == "sending"


def test_after_a_stop_nothing_appears_but_the_end_and_the_cost() -> None:
    stopping = replace(folded(EVENTS[:4]), phase="stopping")
    usage = UsageReported(turn="t", id="u")
    for event in EVENTS[:-1]:
        assert (fold(stopping, event, LIMIT, 5.0) == stopping) is (event.kind != usage.kind)
    assert fold(stopping, usage, LIMIT, 5.0).usage
    stopped = fold(stopping, TurnEnded(turn="t", outcome="failed", error="killed"), LIMIT, 5.0)
    assert (stopped.phase, stopped.error, stopped.ended_at) == ("stopped", "", 5.0)


def test_after_its_end_a_turn_takes_late_text_and_results_but_no_new_work() -> None:
    ended = folded(EVENTS)
    late = ToolStarted(turn="t", item="s9", tool="bash", title="Late", input={})
    plan = PlanChanged(turn="t", revision=9, entries=())
    assert folded([late, plan], turn=ended) == ended
    turn = folded([delta("!", 3, "m2"), ToolFinished(turn="t", item="s2", ok=True)], turn=ended)
    assert part_text(turn, turn.parts - 1).endswith("Bye!")
    assert turn.steps[1].ok is True


@pytest.mark.parametrize("outcome", ["done", "stopped", "failed"])
def test_a_turn_that_ended_for_us_ends_once_and_is_over_when_the_agent_says_so(
    outcome: Literal["done", "stopped", "failed"],
) -> None:
    given_up = end(replace(NEW, phase="stopping"), "stopped", 7.0)
    assert not given_up.over
    event = TurnEnded(turn="t", outcome=outcome, error="late", time=9.0)
    assert fold(given_up, event, LIMIT, 5.0) == replace(given_up, over=True)


@pytest.mark.parametrize(
    ("turn", "shown"),
    [
        (NEW, []),
        (replace(NEW, phase="done"), []),
        (replace(NEW, phase="failed"), [0]),
        (replace(NEW, phase="stopping"), [0]),
        (seal(replace(NEW, phase="stopped"), "a", LIMIT), [1]),
        (seal(replace(folded([delta("x")]), phase="stopped"), "a", LIMIT), [0]),
    ],
)
def test_a_turn_without_content_shown_parts_only_if_it_went_wrong(
    turn: Turn, shown: list[int]
) -> None:
    assert shown_parts(turn) == shown


def test_huge_texts_are_folded_in_linear_time() -> None:
    """A million characters in one piece; each part looks only at its own beginning."""
    turn = folded([done("word " * 200_000)], limit=6000)
    assert turn.parts > 160
    assert content_of(turn) == "word " * 200_000
