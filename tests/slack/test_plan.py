"""Which calls make Slack show what should be shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.ids import STATUS, PartKey, Place, Receipt, SessionId, mark_slot, turn_slot
from bot.core.views import MarkView, StatusView, TurnView, digest
from bot.slack.plan import (
    QUEUED,
    WORKING,
    Post,
    React,
    SetStatus,
    Update,
    plan_mark,
    plan_message,
    plan_status,
)
from bot.slack.render import render

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


def mark(kind: str) -> MarkView:
    return MarkView(ts="1.3", mark=kind)  # type: ignore


def given(kind: str | None) -> Receipt | None:
    if kind is None:
        return None
    shown = "unknown" if kind == "?" else digest(mark(kind))
    return Receipt(PartKey(mark_slot("1.3"), 0, PLACE), "", shown)


ADD_QUEUED, DROP_QUEUED = React("1.3", QUEUED, True), React("1.3", QUEUED, False)
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
        ("?", "none", True, (DROP_WORKING, DROP_QUEUED)),
        ("?", "working", True, (DROP_QUEUED,)),
    ],
)
def test_a_mark_is_given_before_the_old_one_is_taken(
    before: str | None, now: str, with_working: bool, planned: tuple[React, ...]
) -> None:
    assert plan_mark(given(before), mark(now), with_working=with_working) == planned


@pytest.mark.parametrize(
    ("status", "slack"), [("working", "processing"), ("waiting", "suspended"), ("idle", "active")]
)
def test_a_status_is_set_when_it_differs(status: str, slack: str) -> None:
    view = StatusView(status=status)  # type: ignore
    shown = Receipt(PartKey(STATUS, 0, PLACE), "", digest(view))
    assert plan_status(None, view) == SetStatus(slack)  # type: ignore
    assert plan_status(replace(shown, shown=""), view) == SetStatus(slack)  # type: ignore
    assert plan_status(shown, view) is None
