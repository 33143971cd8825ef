"""What people see of the work on a turn, and of an answer that is too long for messages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.commands import Published
from bot.core.events import PlanChanged, PlanEntry, TextDone
from bot.core.ids import STATUS, file_slot
from bot.core.inbound import Detail
from bot.core.parts import SEPARATOR
from bot.core.policy import Rules
from bot.core.session import due_at
from bot.core.state import STATE_VERSION
from bot.core.stored import dump_state, load_state
from bot.core.views import (
    FileView,
    PlanLine,
    Priority,
    StatusView,
    StepView,
    TurnView,
    find,
    overdue,
    tidy,
    view,
)
from tests.core.histories import Outcome
from tests.core.scene import Scene, receipt_for

SHORT = Rules(part_limit=90, most_parts=2)
WORDS = "word " * 12


def working(rules: Rules | None = None) -> Scene:
    return Scene(rules=rules or Rules()).mention().performs().starts()


def statuses(scene: Scene) -> list[str]:
    return [step.status for step in scene.newest.steps]


# --- steps ----------------------------------------------------------------------------------------


def test_a_step_has_a_name_that_stays_and_says_what_how_long_and_with_what_result() -> None:
    scene = working().tool("s1", command="ls")
    assert scene.newest.steps == (StepView("Run ls", "running", id="s1", tool="bash"),)
    scene.now += 3
    scene.tool_ends("s1", ok=True)
    [step] = scene.newest.steps
    assert (step.id, step.status, step.seconds) == ("s1", "done", 3.0)


def test_all_steps_stand_below_the_newest_part_and_nowhere_else_E13() -> None:
    scene = working().writes("One").tool("s1").asks().click().performs()
    assert [step.id for step in scene.newest.steps] == ["s1"]
    scene.tool_ends("s1").writes("Two").tool("s2")
    first, _, last = [item.shown for item in view(scene.state).messages]
    assert isinstance(first, TurnView)
    assert first == TurnView(session=scene.state.id, text="One", status="done", last=False)
    assert isinstance(last, TurnView)
    assert [step.id for step in last.steps] == ["s1", "s2"]


def test_a_part_that_is_not_the_newest_never_changes_again() -> None:
    scene = working().writes("One").asks().click().performs().writes("Two").shows()
    scene.tool().tool_ends(ok=False)(PlanChanged(turn="t1", revision=1, entries=()))
    scene.post("next").choose("detailed")
    assert [(e.key.slot, e.key.part) for e in overdue(scene.state) if "turn" in e.key.slot] == [
        ("turn:1", 1)
    ]
    scene.shows().ends(outcome="failed", error="Oh.")
    assert ("turn:1", 0) not in {(e.key.slot, e.key.part) for e in overdue(scene.state)}


def test_a_failed_step_is_recovered_by_the_same_tool_and_still_counted_E15() -> None:
    scene = working().tool("s1").tool_ends("s1", ok=False)
    assert statuses(scene) == ["failed"]
    scene.tool("s2", tool="edit").tool_ends("s2")
    assert statuses(scene) == ["failed", "done"]
    scene.tool("s3").tool_ends("s3")
    assert statuses(scene) == ["recovered", "done", "done"]
    assert (scene.newest.step_count, scene.newest.failed_count) == (3, 1)


@pytest.mark.parametrize(
    ("outcome", "status"), [("done", "recovered"), ("failed", "failed"), ("stopped", "failed")]
)
def test_what_failed_in_a_turn_that_succeeded_does_not_stay_red_E15(
    outcome: Outcome, status: str
) -> None:
    scene = working().tool().tool_ends(ok=False).ends(outcome=outcome)
    assert statuses(scene) == [status]
    assert (scene.newest.step_count, scene.newest.failed_count) == (1, 1)


def test_a_step_that_a_person_denied_is_no_failure_E16() -> None:
    scene = working().tool("s1").asks().click("deny").performs().tool_ends("s1", ok=False)
    scene.tool("s2").tool_ends("s2", ok=False).ends()
    assert (scene.newest.step_count, scene.newest.failed_count) == (2, 1)


def test_only_the_newest_steps_are_listed_and_those_that_run_whatever_their_age() -> None:
    scene = working().tool("first")
    for number in range(30):
        scene.tool(f"s{number}").tool_ends(f"s{number}")
    assert [step.id for step in scene.newest.steps] == ["first", *(f"s{n}" for n in range(23, 30))]
    assert (scene.newest.step_count, scene.newest.done_count) == (31, 30)
    assert len(scene.choose("detailed").newest.steps) == 25


def test_the_time_a_step_takes_so_far_is_told_again_and_again_but_ever_more_rarely() -> None:
    scene = working().tool()
    began = scene.now
    told: list[float] = []
    while scene.now < began + 1000:
        due = due_at(scene.state, scene.rules, after=scene.now)
        assert due is not None
        scene.wait(due - scene.now)
        seconds = scene.newest.steps[0].seconds
        assert seconds is not None
        assert seconds == scene.now - began
        told.append(seconds)
    assert told[:3] == [15.0, 30.0, 45.0]
    assert 20 < len(told) < 50
    assert scene.wait(1).newest.steps[0].seconds == told[-1]
    assert due_at(scene.tool_ends().state, scene.rules, after=scene.now + 60) == (
        1000.0 + scene.rules.status_lasts
    )


@pytest.mark.parametrize("why", ["waiting", "quiet"])
def test_nothing_is_told_again_while_a_person_is_waited_for_or_nobody_wants_it(why: str) -> None:
    scene = working().tool()
    scene = scene.asks() if why == "waiting" else scene.choose("quiet").performs()
    if why == "waiting":
        assert due_at(scene.state, scene.rules, after=scene.now) == scene.now + 30 * 60
        scene.wait(30 * 60).now -= 30 * 60  # people have been reminded
    assert due_at(scene.state, scene.rules, after=scene.now) == scene.now + 45 * 60


def test_a_step_s_input_is_one_line_of_bounded_length() -> None:
    scene = working().tool("s1", path="a\nb", limit=5, more=["x"]).choose("detailed")
    assert scene.newest.steps[0].input == 'path: a b, limit: 5, more: ["x"]'
    scene.tool("s2", text="x" * 10_000)
    assert len(scene.newest.steps[1].input) == 300
    assert scene.choose("normal").newest.steps[0].input == ""


# --- how much is shown ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("detail", "steps", "plan", "given"),
    [("quiet", 0, 0, ""), ("normal", 1, 1, ""), ("detailed", 1, 1, "command: ls")],
)
def test_a_thread_shows_as_much_as_people_chose_E18(
    detail: Detail, steps: int, plan: int, given: str
) -> None:
    scene = working().writes("One").tool(command="ls")
    scene(PlanChanged(turn="t1", revision=1, entries=(PlanEntry("Look"),))).choose(detail)
    shown = scene.newest
    assert shown.detail == detail
    assert (len(shown.steps), len(shown.plan)) == (steps, plan)
    assert [step.input for step in shown.steps] == [given] * steps
    assert shown.plan == (PlanLine("Look", "pending"),) * plan
    assert (shown.step_count, shown.done_count) == (1, 0)


def test_a_quiet_thread_has_no_message_for_steps_alone() -> None:
    scene = working().choose("quiet").performs().tool().tool_ends()
    assert scene.lines == []
    assert scene.writes("Here.").ends().lines == ["done Here."]
    failed = working().choose("quiet").performs().tool().ends(outcome="failed", error="Oh.")
    assert failed.lines == ["failed error=Oh."]


def test_progress_that_was_posted_stays_when_a_thread_becomes_quiet() -> None:
    scene = working().tool().shows().choose("quiet")
    assert scene.lines == ["working"]


def test_a_new_session_shows_what_the_rules_say_until_somebody_chooses() -> None:
    scene = working(Rules(detail="detailed"))
    assert scene.state.detail == "detailed"
    assert scene.choose("quiet").ends().mention().state.detail == "quiet"


# --- thoughts -------------------------------------------------------------------------------------


def test_thoughts_are_shown_while_the_agent_works_if_people_want_it() -> None:
    scene = working().thinks("I look\nfor it\nthere\nand here.").writes("One")
    assert scene.newest.thinking == ""
    scene.choose("thinking on")
    assert scene.newest.thinking == "I look\nfor it\nthere\nand here."
    scene.thinks("x" * 5000, "h2")
    assert scene.newest.thinking == "x" * 4000
    assert scene.choose("quiet").newest.thinking == ""
    assert scene.choose("normal").ends().newest.thinking == ""


def test_thoughts_are_kept_within_bounds_and_folded_once() -> None:
    scene = working().thinks("a" * 3000).thinks("b" * 3000, "h2")
    thought = scene.turn(1).thought
    assert thought.text == ("a" * 998) + SEPARATOR + "b" * 3000
    assert thought.cut
    scene.thinks("a" * 3000).thinks("b" * 3001, "h2")
    assert scene.turn(1).thought.text.endswith("b" * 3001)
    assert scene.ends().thinks("late", "h3").turn(1).thought.text.endswith("b")


# --- long answers ---------------------------------------------------------------------------------


def long_answer(parts: int = 4) -> Scene:
    scene = working(SHORT)
    for _ in range(parts):
        scene.writes(WORDS)
    return scene


def whole(scene: Scene) -> str:
    return SEPARATOR.join(item.text for item in scene.turn(1).texts)


def test_what_is_beyond_the_most_parts_is_in_no_message_and_its_size_is_told() -> None:
    scene = long_answer()
    assert scene.turn(1).parts > 2
    assert len(scene.lines) == 2
    assert scene.newest.more == 1000
    assert scene.writes(WORDS * 20).newest.more == 2000
    assert len(scene.lines) == 2


@pytest.mark.parametrize("outcome", ["done", "stopped", "failed"])
def test_an_answer_too_long_comes_whole_as_a_file_once_its_turn_ended_E7(outcome: Outcome) -> None:
    scene = long_answer().tool().shows().ends(outcome=outcome)
    assert scene.newest.steps[0].id == "s1"
    *_, last, file = [item.shown for item in view(scene.state).messages]
    assert isinstance(last, TurnView)
    assert (last.last, last.status, last.more) == (True, outcome, 1000)
    assert file == FileView(name="answer-1.md", title="The whole answer: do it", text=whole(scene))
    late = {entry.key.slot: entry.priority for entry in overdue(scene.state)}
    assert late[file_slot(1)] == Priority.FINAL
    scene.shows()
    assert find(scene.state, file_slot(1), 0) == file
    assert overdue(load_state(dump_state(scene.state), STATE_VERSION)) == []


def test_the_whole_text_of_many_items_is_in_the_file() -> None:
    scene = long_answer().writes("More.", item="m2").ends()
    file = find(scene.state, file_slot(1), 0)
    assert isinstance(file, FileView)
    assert file.text == WORDS * 4 + SEPARATOR + "More."


def test_an_answer_that_fits_has_no_file() -> None:
    scene = long_answer(2).ends()
    assert scene.newest.more == 0
    assert find(scene.state, file_slot(1), 0) is None


def test_an_answer_whose_end_is_taken_back_needs_no_file() -> None:
    scene = long_answer(3).shows()
    assert (scene.turn(1).parts, scene.newest.more) == (3, 1000)
    [item] = scene.turn(1).texts
    scene(TextDone(turn="t1", item="m1", text=item.text[: item.sealed])).ends()
    assert scene.newest.more == 0
    assert [text.split()[0] for text in scene.lines] == ["part", "done"]


def test_asks_do_not_use_up_the_parts_of_an_answer() -> None:
    scene = working(SHORT)
    for number in range(5):
        scene.writes(f"Part {number}.").asks(f"a{number}").click(ask=f"a{number}").performs()
    scene.writes("End.")
    assert [text for text in scene.lines if "Part" in text or "End" in text] == [
        *(f"part Part {number}." for number in range(5)),
        "working End.",
    ]


def test_cards_and_notices_below_an_answer_too_long_stand_in_their_order() -> None:
    scene = long_answer().thinks("Hm.").asks().click().performs().writes("hidden")
    assert [text.split()[0] for text in scene.lines] == ["part", "working", "ask"]
    scene.ends().shows().choose("thinking")
    assert [text.split()[0] for text in scene.lines] == ["part", "done", "ask", "file", "info:"]


def test_a_turn_with_a_file_is_forgotten_once_the_file_is_shown() -> None:
    scene = long_answer().ends().post("next").performs().starts("t2").writes("Two", "t2")
    while late := [e for e in overdue(scene.state) if e.key.slot != file_slot(1)]:
        scene(Published(receipt=receipt_for(late[0], ts="1.0")))
    assert [turn.number for turn in tidy(scene.state).turns] == [1, 2]
    scene.shows()
    kept = tidy(scene.state)
    assert [turn.number for turn in kept.turns] == [2]
    assert not any(receipt.key.slot == file_slot(1) for receipt in kept.receipts)


# --- the status -----------------------------------------------------------------------------------


def test_the_status_says_working_until_people_can_read_the_end_E17() -> None:
    scene = working().writes("One").shows().ends()
    assert find(scene.state, STATUS, 0) == StatusView(status="working")
    assert STATUS not in {entry.key.slot for entry in overdue(scene.state)}
    scene.shows()
    assert find(scene.state, STATUS, 0) == StatusView(status="idle")
    scene.writes(" late")
    assert find(scene.state, STATUS, 0) == StatusView(status="working")
    scene.shows()
    assert find(scene.state, STATUS, 0) == StatusView(status="idle")


def test_a_status_that_was_said_again_is_not_said_once_more_at_the_end() -> None:
    scene = working().writes("One").shows().wait(45 * 60).shows().ends()
    assert STATUS not in {entry.key.slot for entry in overdue(scene.state)}


# --- native streams -------------------------------------------------------------------------------


def growing() -> Scene:
    """An answer whose first words are shown in a native stream."""
    scene = working().writes("One")
    [entry] = [entry for entry in overdue(scene.state) if isinstance(entry.shown, TurnView)]
    receipt = receipt_for(entry, "9.1")
    return scene(
        Published(receipt=replace(receipt, transport="stream", streamed_at=scene.now))
    ).shows()


def test_a_stream_is_looked_at_again_before_slack_breaks_it_off() -> None:
    scene = growing()
    assert due_at(scene.state, scene.rules, scene.now) == scene.now + scene.rules.stream_lasts
    scene.wait(scene.rules.stream_lasts - 1)
    assert overdue(scene.state) == []
    scene.wait(1)
    [entry] = overdue(scene.state)
    assert entry.receipt is not None and entry.receipt.transport == "stream"


def test_a_text_is_settled_once_the_agent_has_ended_it() -> None:
    scene = growing()
    assert not scene.newest.settled
    assert scene(TextDone(turn="t1", item="m1", text="One")).newest.settled
    assert not scene.writes("Two", item="m2").newest.settled
