"""What people see of turns, asks, notices and Home: snapshots, and laws that hold for any view."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.core.asks import Choice, Confirmation, Field, Question
from bot.core.ids import SessionId, ask_uid
from bot.core.views import (
    AskView,
    HomeEntry,
    HomeView,
    NoticeView,
    PlanLine,
    StepView,
    TurnView,
)
from bot.playground.validate import require_blocks, require_view
from bot.slack import limits
from bot.slack.action_ids import AskAction, StopAction, parse_action
from bot.slack.render.asks import INPUT_ROOM, ask
from bot.slack.render.blocks import Content, Json
from bot.slack.render.home import home
from bot.slack.render.notices import notice, whisper
from bot.slack.render.turn import duration, turn
from tests.slack.liveness import live_sequences, strings

SESSION = SessionId("T1/C1/1700000000.000100")
UID = ask_uid(SESSION, "a1")
STEPS = (
    StepView("Read config.yml", "done", "12 lines", 0.4),
    StepView("Run the tests", "failed", "2 failed", 3.0),
    StepView("Run *the* `tests` <!here> again", "running"),
)
PLAN = (
    PlanLine("Look", "done"),
    PlanLine("Change the region", "running"),
    PlanLine("Deploy", "pending"),
)
TURN = TurnView(session=SESSION, text="All **good**.", status="working", last=True)

TURNS = {
    "sending": replace(TURN, text="", status="sending"),
    "working": replace(TURN, text="Look:\n\n```py\nx = 1", steps=STEPS, plan=PLAN, queued=2),
    "waiting": replace(TURN, status="waiting", steps=(StepView("Deploy", "waiting"),), queued=1),
    "stopping": replace(TURN, status="stopping", stopped_by="U1A"),
    "sealed while it runs": replace(TURN, last=False, steps=STEPS[:2]),
    "short and done": replace(TURN, status="done", seconds=2.0),
    "long and done": replace(TURN, status="done", seconds=12.4),
    "done with steps": replace(
        TURN, status="done", steps=STEPS[:2], seconds=125.0, step_count=3, failed_count=1
    ),
    "sealed and done": replace(TURN, status="done", last=False, steps=STEPS[:1]),
    "stopped": replace(TURN, status="stopped", stopped_by="U1A", seconds=5.0, step_count=1),
    "failed": replace(TURN, text="", status="failed", error="The *model* is <!channel> away."),
}

CONFIRMATION = Confirmation(
    id="a1",
    turn="t1",
    tool="Bash",
    title="Deploy to production",
    input={"command": "make deploy ENV=prod <!here>", "timeout": 60, "why": "you asked"},
    verbs=("deny", "allow", "allow_session"),
)
COMMAND_ONLY = replace(CONFIRMATION, input={"command": "ls -la\n\u202erm -rf /"}, verbs=("allow",))
JSON_INPUT = replace(
    CONFIRMATION,
    tool="Edit",
    input={"path": "src/app.py", "edits": [{"old": "a", "new": "b"}], "text": "one\ntwo"},
)
SHORT_QUESTION = Question(
    id="q1",
    turn="t1",
    title="Which region?",
    fields=(
        Field(
            id="f",
            text="Which region?",
            choices=(Choice("1", "eu-west-1"), Choice("2", "us-east-1", "far away")),
        ),
    ),
)
LONG_QUESTION = replace(
    SHORT_QUESTION,
    fields=(
        Field(
            id="f",
            text="Pick the service to restart.",
            choices=tuple(Choice(str(i), f"service-{i}") for i in range(7)),
            free_text=False,
        ),
    ),
)
OPEN_QUESTION = replace(SHORT_QUESTION, fields=(Field(id="f", text="Why?"),))
FORM = replace(
    SHORT_QUESTION, title="Three things", fields=tuple(Field(id=c, text=f"{c}?") for c in "abc")
)
OPEN = AskView(uid=UID, ask=CONFIRMATION, status="open", decider="U1A")
SETTLED = replace(OPEN, status="settled", by="U1A", at=1_700_000_000.5, outcome="answered")

ASKS = {
    "open": OPEN,
    "open again": replace(OPEN, note="The agent could not be reached. Try again."),
    "open for anyone": replace(OPEN, decider=None, ask=COMMAND_ONLY),
    "json input": replace(OPEN, ask=JSON_INPUT),
    "sending": replace(OPEN, status="sending", by="U1A", label="Allowed"),
    "allowed": replace(SETTLED, label="Allowed"),
    "denied": replace(SETTLED, label="Denied"),
    "elsewhere": replace(SETTLED, by=None, outcome="elsewhere"),
    "withdrawn": replace(SETTLED, by=None, outcome="withdrawn"),
    "expired": replace(SETTLED, by=None, outcome="expired"),
    "question with buttons": replace(OPEN, ask=SHORT_QUESTION),
    "question with a menu": replace(OPEN, ask=LONG_QUESTION, decider=None),
    "question without choices": replace(OPEN, ask=OPEN_QUESTION),
    "form": replace(OPEN, ask=FORM),
    "question answered": replace(SETTLED, ask=SHORT_QUESTION, label="eu-west-1"),
}

NOTICES = {
    level: NoticeView(text=f"Something *{level}* <@U1A> & more", level=level)
    for level in ("info", "warning", "error")
}

HOME = HomeView(
    (
        HomeEntry(SessionId("T1/C1/1.1"), "Deploy the thing", "needs_you", 1_700_000_000.0),
        HomeEntry(SessionId("T1/D1/1.2"), "*odd* <!here>\ntitle", "recent", 1_700_000_100.0),
        HomeEntry(SessionId("T1/C2/1.3"), "", "recent", 1_700_000_200.0),
    )
)


@pytest.mark.parametrize("name", TURNS)
def test_turn(name: str, snapshot: SnapshotAssertion) -> None:
    assert checked(turn(TURNS[name])) == snapshot


@pytest.mark.parametrize("name", ASKS)
def test_ask(name: str, snapshot: SnapshotAssertion) -> None:
    assert checked(ask(ASKS[name])) == snapshot


@pytest.mark.parametrize("name", NOTICES)
def test_notice(name: str, snapshot: SnapshotAssertion) -> None:
    assert checked(notice(NOTICES[name])) == snapshot


def test_whisper_names_people(snapshot: SnapshotAssertion) -> None:
    assert checked(whisper("Only <@U1A> can stop this. <!here>")) == snapshot


def test_home(snapshot: SnapshotAssertion) -> None:
    view = home(HOME)
    require_view(view, "home")
    assert view == snapshot


def test_empty_home_says_so(snapshot: SnapshotAssertion) -> None:
    view = home(HomeView())
    require_view(view, "home")
    assert view == snapshot


# ---- laws


def checked(content: Content) -> Content:
    """The content, if Slack would take it and nothing of others' in it would act."""
    require_blocks([*content.blocks])
    assert 0 < len(content.text) <= limits.SUMMARY_TEXT
    parsed = [block for block in content.blocks if block["type"] != "rich_text"]
    for said in (content.text, *strings(parsed)):
        ours = re.sub(r"<@[UW][A-Z0-9]+>|<!date\^\d+\^[^|<>]+\|[^|<>]+>", "", said)
        assert live_sequences(ours) == []
    return content


def actions(content: Content) -> list[Json]:
    blocks = [block for block in content.blocks if block["type"] == "actions"]
    return [element for block in blocks for element in block["elements"]]  # type: ignore


WORDS = st.text(max_size=60) | st.sampled_from(["", "<!here>", "<@U1>", "*", "x" * 5000, "\n\n"])
STEP_VIEWS = st.builds(
    StepView,
    WORDS,
    st.sampled_from(["running", "waiting", "done", "failed"]),
    WORDS,
    st.none() | st.floats(0, 1e5),
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


CHOICES = st.lists(st.builds(Choice, WORDS, WORDS, WORDS), max_size=120).map(tuple)
FIELDS = st.builds(Field, id=WORDS, text=WORDS, choices=CHOICES, free_text=st.booleans())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
INPUTS = st.dictionaries(WORDS | st.sampled_from(["command", "path"]), VALUES, max_size=40)
ASK_VIEWS = st.builds(
    AskView,
    uid=st.just(UID),
    ask=st.builds(
        Confirmation,
        id=WORDS,
        turn=WORDS,
        tool=WORDS,
        title=WORDS,
        input=INPUTS,
        verbs=st.lists(
            st.sampled_from(["allow", "allow_session", "allow_always", "deny"]), unique=True
        ).map(tuple),
    )
    | st.builds(
        Question,
        id=WORDS,
        turn=WORDS,
        title=WORDS,
        fields=st.lists(FIELDS, max_size=3).map(tuple),
    ),
    status=st.sampled_from(["open", "sending", "settled"]),
    decider=st.none() | WORDS,
    by=st.none() | WORDS,
    label=WORDS,
    at=st.none() | st.floats(0, 4e9),
    outcome=st.none() | st.sampled_from(["answered", "elsewhere", "withdrawn", "expired"]),
    note=WORDS,
)


@settings(deadline=None)
@given(ASK_VIEWS)
def test_any_ask_is_a_valid_message_with_buttons_only_while_open(view: AskView) -> None:
    content = checked(ask(view))
    offered = actions(content)
    if view.status != "open":
        assert offered == []
    elif isinstance(view.ask, Confirmation):
        pressed = {parse_action(str(b["action_id"]), str(b["value"])) for b in offered}
        assert pressed == {AskAction(UID, verb) for verb in view.ask.verbs}


@given(ASK_VIEWS)
@settings(deadline=None, max_examples=50)
def test_the_body_of_a_card_never_changes(view: AskView) -> None:
    bodies = {
        str(ask(replace(view, status=status)).blocks[0])
        for status in ("open", "sending", "settled")
    }
    assert len(bodies) == 1


@given(INPUTS)
@settings(deadline=None, max_examples=50)
def test_a_card_stays_below_the_size_of_a_message(values: dict[str, object]) -> None:
    content = ask(replace(OPEN, ask=replace(CONFIRMATION, input=values)))  # type: ignore
    assert sum(map(len, strings([*content.blocks]))) < limits.MARKDOWN_SUM


def test_a_long_input_is_cut_and_says_so() -> None:
    command = "x" * (INPUT_ROOM + 321)
    content = ask(replace(OPEN, ask=replace(CONFIRMATION, input={"command": command})))
    assert "… (321 more characters)" in "".join(strings([*content.blocks]))


def test_what_could_hide_in_a_command_is_written_out() -> None:
    shown = "".join(strings([*ask(ASKS["open for anyone"]).blocks]))
    assert "⟨U+202E⟩rm -rf /" in shown and "\u202e" not in shown


def test_every_choice_of_a_menu_comes_back() -> None:
    [menu] = actions(ask(ASKS["question with a menu"]))
    options = menu["options"]
    assert isinstance(options, list)
    chosen = [parse_action(str(menu["action_id"]), str(option["value"])) for option in options]  # type: ignore
    assert chosen == [AskAction(UID, "reply", at) for at in range(7)]


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
