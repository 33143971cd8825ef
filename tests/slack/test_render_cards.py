"""What people see of turns, asks, notices and Home: snapshots, and laws that hold for any view."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.core.approvals import Grant
from bot.core.ids import SessionId, ask_uid
from bot.core.inbound import Person
from bot.core.views import (
    HomeEntry,
    HomeGrant,
    HomeView,
    NoticeView,
    PlanLine,
    StepView,
    TurnView,
)
from bot.playground.validate import require_view
from bot.slack.action_ids import StopAction, parse_action
from bot.slack.render.home import home
from bot.slack.render.notices import notice, whisper
from bot.slack.render.progress import duration
from bot.slack.render.turn import turn
from tests.slack.drawn import actions, checked

SESSION = SessionId("T1/C1/1700000000.000100")
UID = ask_uid(SESSION, "a1")
STEPS = (
    StepView("Read config.yml", "done", "12 lines", 0.4, id="a", tool="Read"),
    StepView("Run the tests", "recovered", "2 failed", 3.0, id="b", tool="Bash", input="make"),
    StepView("Run *the* `tests` <!here> again", "running", id="c", tool="Bash", input="make"),
)
PLAN = (
    PlanLine("Look", "done"),
    PlanLine("Change the region", "running"),
    PlanLine("Deploy", "pending"),
)
TURN = TurnView(session=SESSION, text="All **good**.", status="working", last=True, settled=True)

TURNS = {
    "sending": replace(TURN, text="", status="sending"),
    "working": replace(
        TURN, text="Look:\n\n```py\nx = 1", steps=STEPS, plan=PLAN, done_count=2, queued=2
    ),
    "working in detail": replace(
        TURN, detail="detailed", steps=STEPS, plan=PLAN, step_count=5, done_count=4, more=12_345
    ),
    "writing": replace(TURN, text="The token is ghp_01", settled=False),
    "thinking aloud": replace(TURN, thinking="If *this* is <!here>, then"),
    "long and cut": replace(TURN, status="done", seconds=80.0, more=12_345),
    "waiting": replace(TURN, status="waiting", steps=(StepView("Deploy", "waiting"),), queued=1),
    "stopping": replace(TURN, status="stopping", stopped_by="U1A"),
    "sealed while it runs": replace(TURN, status="done", last=False),
    "short and done": replace(TURN, status="done", seconds=2.0),
    "long and done": replace(TURN, status="done", seconds=12.4),
    "done with steps": replace(
        TURN, status="done", steps=STEPS[:2], seconds=125.0, step_count=3, failed_count=1
    ),
    "stopped": replace(TURN, status="stopped", stopped_by="U1A", seconds=5.0, step_count=1),
    "failed": replace(TURN, text="", status="failed", error="The *model* is <!channel> away."),
}

NOTICES = {
    level: NoticeView(text=f"Something *{level}* <@U1A> & more", level=level)
    for level in ("info", "warning", "error")
}
NOTICES["quote"] = NoticeView(text="What it thought:", quote="First *this*,\n\n<!here> then that.")

RULE = Grant(
    id="g1",
    scope="channel",
    place="C1",
    agent="demo",
    tool="Bash",
    input=(("command", "git * <!here>"), ("token", "xoxb-" + "1234567890-abcdefghijkl")),
    by=Person("U1A", "Ana"),
    made_at=1_700_000_000.0,
    until=1_800_000_000.0,
)
HOME = HomeView(
    (
        HomeEntry(
            SessionId("T1/C1/1.1"),
            "Deploy the thing",
            "needs_you",
            1_700_000_000.0,
            ("Run <!here>", "xoxb-" + "1234567890-abcdefghijkl", ""),
        ),
        HomeEntry(SessionId("T1/C9/1.9"), "Long work", "running", 1_700_000_050.0, may_stop=True),
        HomeEntry(SessionId("T1/C9/1.8"), "Of others", "running", 1_700_000_060.0),
        HomeEntry(SessionId("T1/D1/1.2"), "*odd* <!here>\ntitle", "recent", 1_700_000_100.0),
        HomeEntry(SessionId("T1/C2/1.3"), "", "recent", 1_700_000_200.0),
    ),
    (
        HomeGrant(RULE, may_revoke=True),
        HomeGrant(replace(RULE, scope="workspace", place="T1", input=()), may_revoke=False),
        HomeGrant(replace(RULE, scope="thread", place="T1/D1/1.2"), may_revoke=True),
    ),
    2,
    "Only <@U1A>, who made this standing rule, can revoke it. Ask them to. <!here>",
)


@pytest.mark.parametrize("name", TURNS)
def test_turn(name: str, snapshot: SnapshotAssertion) -> None:
    assert checked(turn(TURNS[name])) == snapshot


@pytest.mark.parametrize("name", NOTICES)
def test_notice(name: str, snapshot: SnapshotAssertion) -> None:
    assert checked(notice(NOTICES[name])) == snapshot


def test_whisper_names_people(snapshot: SnapshotAssertion) -> None:
    assert checked(whisper("Only <@U1A> can stop this. <!here>")) == snapshot


def test_home(snapshot: SnapshotAssertion) -> None:
    view = home(HOME, url="https://acme.slack.com/")
    require_view(view, "home")
    assert "abcdefghijkl" not in str(view)
    assert view == snapshot


def test_home_links_nothing_where_the_workspace_has_no_address() -> None:
    view = home(HOME)
    require_view(view, "home")
    assert "'link'" not in str(view)


def test_the_fullest_home_is_one_slack_takes_E90() -> None:
    entry = HomeEntry(
        SessionId("T1/C1/1.1"), "t" * 9000, "running", 1.0, ("a" * 9000,) * 5, may_stop=True
    )
    rule = replace(RULE, tool="x" * 900, input=(("n" * 900, "p" * 9000),) * 40)
    view = home(HomeView((entry,) * 20, (HomeGrant(rule, True),) * 25, 5, "n" * 500))
    require_view(view, "home")


def test_empty_home_says_so(snapshot: SnapshotAssertion) -> None:
    view = home(HomeView())
    require_view(view, "home")
    assert view == snapshot


# ---- laws


WORDS = st.text(max_size=60) | st.sampled_from(["", "<!here>", "<@U1>", "*", "x" * 5000, "\n\n"])
STEP_VIEWS = st.builds(
    StepView,
    WORDS,
    st.sampled_from(["running", "waiting", "done", "failed", "recovered"]),
    WORDS,
    st.none() | st.floats(0, 1e5),
    WORDS,
    WORDS,
    WORDS,
)
TURN_VIEWS = st.builds(
    TurnView,
    session=st.just(SESSION),
    text=WORDS,
    status=st.sampled_from(
        ["sending", "working", "waiting", "stopping", "done", "stopped", "failed"]
    ),
    last=st.booleans(),
    steps=st.lists(STEP_VIEWS, max_size=4).map(tuple),
    plan=st.lists(
        st.builds(PlanLine, WORDS, st.sampled_from(["pending", "running", "done"])), max_size=4
    ).map(tuple),
    seconds=st.none() | st.floats(0, 1e6),
    step_count=st.integers(0, 500),
    failed_count=st.integers(0, 5),
    error=WORDS,
    stopped_by=st.none() | WORDS,
    queued=st.integers(0, 99),
)


@settings(deadline=None)
@given(TURN_VIEWS)
def test_any_turn_is_a_valid_message(view: TurnView) -> None:
    content = checked(turn(view))
    stops = [parse_action(str(b["action_id"]), str(b["value"])) for b in actions(content)]
    can_stop = view.running and view.last and view.status != "stopping"
    assert stops == ([StopAction(SESSION)] if can_stop else [])


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (61.0, "1 min 1 s"),
        (3600.0, "1 h"),
        (3660.0, "1 h 1 min"),
    ],
)
def test_durations_are_read_at_a_glance(seconds: float, said: str) -> None:
    assert duration(seconds) == said
