"""Which calls make Slack show what should be shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import STATUS, PartKey, Place, Receipt, SessionId, mark_slot, turn_slot
from bot.core.views import MarkView, QueueView, StatusView, TurnView, digest
from bot.slack.plan import (
    MOST_TASK_BYTES,
    QUEUED,
    STEERED,
    WORKING,
    Append,
    Delete,
    Post,
    React,
    SetStatus,
    Start,
    Stop,
    Update,
    plan_mark,
    plan_message,
    plan_start,
    plan_status,
    plan_stream,
)
from bot.slack.render import render
from bot.slack.render.blocks import Json
from bot.slack.render.stream import Growing, Task

PLACE = Place("C1", "1.1")
TURN = TurnView(session=SessionId("T1/C1/1.1"), text="hi", status="working", last=True)
SHOWN = Receipt(PartKey(turn_slot(1), 0, PLACE), "1.2", digest(TURN))
NEWER = replace(TURN, text="hi there")


@pytest.mark.parametrize(
    ("receipt", "view", "planned"),
    [
        (None, TURN, Post(render(TURN))),
        (SHOWN, TURN, None),
        (SHOWN, NEWER, Update("1.2", render(NEWER))),
        (replace(SHOWN, shown=""), TURN, Update("1.2", render(TURN))),
        (replace(SHOWN, lost=True), NEWER, None),
        (replace(SHOWN, sealed=True), NEWER, Update("1.2", render(NEWER))),
    ],
)
def test_a_message_is_posted_once_and_edited_when_it_differs(
    receipt: Receipt | None, view: TurnView, planned: Post | Update | None
) -> None:
    assert plan_message(receipt, view, render(view)) == planned


@pytest.mark.parametrize(
    ("receipt", "planned"),
    [
        (None, None),
        (SHOWN, Delete("1.2")),
        (replace(SHOWN, shown=digest(QueueView(session=TURN.session))), None),
        (replace(SHOWN, lost=True), None),
    ],
)
def test_a_list_of_nothing_is_taken_away_once(
    receipt: Receipt | None, planned: Delete | None
) -> None:
    nothing = QueueView(session=TURN.session)
    assert plan_message(receipt, nothing, render(nothing)) == planned


def mark(kind: str) -> MarkView:
    return MarkView(ts="1.3", mark=kind)  # type: ignore


def given_sign(kind: str | None) -> Receipt | None:
    if kind is None:
        return None
    shown = "unknown" if kind == "?" else digest(mark(kind))
    return Receipt(PartKey(mark_slot("1.3"), 0, PLACE), "", shown)


ADD_QUEUED, DROP_QUEUED = React("1.3", QUEUED, True), React("1.3", QUEUED, False)
ADD_STEERED, DROP_STEERED = React("1.3", STEERED, True), React("1.3", STEERED, False)
ADD_WORKING, DROP_WORKING = React("1.3", WORKING, True), React("1.3", WORKING, False)


@pytest.mark.parametrize(
    ("before", "now", "with_working", "planned"),
    [
        (None, "queued", True, (ADD_QUEUED,)),
        (None, "working", True, (ADD_WORKING,)),
        (None, "working", False, ()),
        (None, "none", True, ()),
        ("queued", "working", True, (ADD_WORKING, DROP_QUEUED)),
        ("queued", "working", False, (DROP_QUEUED,)),
        ("queued", "none", True, (DROP_QUEUED,)),
        ("queued", "queued", True, ()),
        ("working", "none", True, (DROP_WORKING,)),
        ("working", "none", False, ()),
        ("queued", "steered", False, (ADD_STEERED, DROP_QUEUED)),
        ("steered", "none", True, (DROP_STEERED,)),
        ("?", "none", True, (DROP_STEERED, DROP_WORKING, DROP_QUEUED)),
        ("?", "working", True, (DROP_STEERED, DROP_QUEUED)),
    ],
)
def test_a_mark_is_given_before_the_old_one_is_taken(
    before: str | None, now: str, with_working: bool, planned: tuple[React, ...]
) -> None:
    assert plan_mark(given_sign(before), mark(now), with_working=with_working) == planned


@pytest.mark.parametrize(
    ("status", "slack"), [("working", "processing"), ("waiting", "suspended"), ("idle", "active")]
)
def test_a_status_is_set_when_it_differs(status: str, slack: str) -> None:
    view = StatusView(status=status)  # type: ignore
    shown = Receipt(PartKey(STATUS, 0, PLACE), "", digest(view))
    assert plan_status(None, view) == SetStatus(slack)  # type: ignore
    assert plan_status(replace(shown, shown=""), view) == SetStatus(slack)  # type: ignore
    assert plan_status(shown, view) is None


# ---- streams

RUNS = Task("t1", "Read", "in_progress")
RAN = replace(RUNS, status="complete", output="12 lines")
SENT = Growing("One. ", "Working… · Read", (RUNS,))
FOOTER: Json = {"type": "context", "elements": []}


def stream(
    sent: Growing | None, wanted: Growing, *, growing: bool = True, go_on: bool = True
) -> Append | Stop | None:
    return plan_stream("1.2", sent, wanted, growing=growing, go_on=go_on, status="processing")


def test_a_stream_is_begun_with_what_there_is() -> None:
    assert plan_start(Growing("", "Working…")).chunks == ()
    start = plan_start(Growing("One.", "Working…"))
    assert start == Start(({"type": "markdown_text", "text": "One."},), Growing("One.", ""))


def test_only_what_is_new_is_appended() -> None:
    wanted = Growing("One. Two. ", "Working… · Read", (RAN,))
    assert stream(SENT, wanted) == Append(
        "1.2",
        (
            {
                "type": "task_update",
                "id": "t1",
                "title": "Read",
                "status": "complete",
                "output": "12 lines",
            },
            {"type": "markdown_text", "text": "Two. "},
        ),
        wanted,
    )
    assert stream(wanted, wanted) is None


def test_an_output_is_said_once() -> None:
    renamed = replace(RAN, title="Read it")
    step = stream(replace(SENT, tasks=(RAN,)), replace(SENT, tasks=(renamed,)))
    assert isinstance(step, Append) and "output" not in step.chunks[0]


def test_what_was_said_and_is_no_more_ends_the_stream_for_an_edit() -> None:
    assert stream(SENT, Growing("Other.", "")) == Stop("1.2", "processing")
    assert stream(None, SENT) == Stop("1.2", "processing")


def test_the_end_of_a_part_says_the_rest_and_what_stands_below() -> None:
    wanted = Growing("One. Two.", "Done", (RAN,), footer=(FOOTER,))
    step = stream(SENT, wanted, growing=False)
    assert isinstance(step, Stop) and step.whole and step.footer == (FOOTER,)
    assert [chunk["type"] for chunk in step.chunks] == [
        "plan_update",
        "task_update",
        "markdown_text",
    ]


def test_a_part_without_its_tasks_at_the_end_counts_them_and_stops_their_motion() -> None:
    step = stream(SENT, Growing("One. ", "Done"), growing=False)
    assert isinstance(step, Stop)
    title, task = step.chunks
    assert (title["title"], task["status"]) == ("1 step", "pending")


def test_a_stream_that_is_to_go_on_as_an_edit_keeps_its_words() -> None:
    wanted = Growing("One. Two. ", "Working…", footer=(FOOTER,))
    step = stream(SENT, wanted, go_on=False)
    assert isinstance(step, Stop) and step.whole and step.footer == ()
    assert step.chunks[-1]["text"] == "Two. "


def test_tasks_keep_to_their_room_and_the_title_still_counts() -> None:
    many = tuple(Task(f"t{n}", "x" * 100, "complete") for n in range(40))
    step = stream(SENT, Growing("One. ", "Working… · 41 steps done", many))
    assert isinstance(step, Append)
    assert step.chunks[0] == {"type": "plan_update", "title": "Working… · 41 steps done"}
    assert sum(task.weight for task in step.holds.tasks) <= MOST_TASK_BYTES
    assert stream(step.holds, Growing("One. ", "Working… · 41 steps done", many)) is None


@given(st.lists(st.text(max_size=6), min_size=1, max_size=8))
def test_what_was_appended_adds_up_to_the_text(pieces: list[str]) -> None:
    text, sent, told = "", None, ""
    for piece in pieces:
        text += piece
        wanted = Growing(text, "Working…")
        step = plan_start(wanted) if sent is None else stream(sent, wanted)
        if isinstance(step, Start | Append) and step.chunks:
            told += "".join(str(c["text"]) for c in step.chunks if c["type"] == "markdown_text")
            sent = step.holds
    assert told == text
