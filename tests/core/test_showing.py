"""What is shown next, in which order, and what may be forgotten."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.commands import Published, Refused
from bot.core.events import AgentEvent, Gap, Notice, PlanChanged, PlanEntry, TextDone, TurnStarted
from bot.core.ids import STATUS, PartKey, Receipt, Slot, mark_slot, turn_slot
from bot.core.session import Input
from bot.core.state import STATE_VERSION
from bot.core.stored import dump_state, load_state
from bot.core.views import (
    MarkView,
    Overdue,
    PlanLine,
    Priority,
    Shown,
    StatusView,
    TurnView,
    digest,
    find,
    overdue,
    tidy,
    view,
)
from tests.core import histories
from tests.core.histories import SMALL
from tests.core.scene import ANN, THREAD, Scene, line, receipt_for


@dataclass
class Channel:
    """What Slack shows: messages in the order they were posted."""

    posted: dict[str, PartKey] = field(default_factory=dict[str, PartKey])
    shown: dict[PartKey, Shown] = field(default_factory=dict[PartKey, Shown])

    def put(self, entry: Overdue) -> Receipt:
        self.shown[entry.key] = entry.shown
        if isinstance(entry.shown, StatusView | MarkView):
            return receipt_for(entry, ts="")
        receipt = receipt_for(entry, ts=f"{len(self.posted)}.0")
        self.posted.setdefault(receipt.ts, entry.key)
        return receipt

    def recover(self, scene: Scene) -> None:
        """Receipts for the posts the state does not know of, as found by their metadata."""
        known = {receipt.key for receipt in scene.state.receipts}
        for ts, key in self.posted.items():
            if key not in known:
                scene(Published(receipt=Receipt(key=key, ts=ts, shown="")))

    def outline(self) -> list[tuple[PartKey, str]]:
        keys = list(self.posted.values())
        assert len(keys) == len(set(keys)), "posted twice"
        return [(key, line(self.shown[key])) for key in keys]


def play(happened: list[Input], chance: random.Random | None) -> Channel:
    """Undisturbed without `chance`: all is shown after every input, recorded at once."""
    scene, channel = Scene(rules=SMALL), Channel()
    for one in happened:
        scene(one).performs()
        if chance is None:
            show(scene, channel, 1000)
        else:
            show(scene, channel, chance.choice((0, 0, 1, 2, 5)), chance)
    show(scene, channel, 1000)
    return channel


def show(scene: Scene, channel: Channel, most: int, chance: random.Random | None = None) -> None:
    for _ in range(most):
        late = overdue(scene.state)
        if not late:
            break
        entry = chance.choice(late) if chance else late[0]
        receipt = channel.put(entry)
        if chance and chance.random() < 0.3:
            # The owner dies before it records the post; another takes over.
            scene.state = load_state(dump_state(scene.state), STATE_VERSION)
            channel.recover(scene)
        else:
            scene(Published(receipt=receipt))
        if chance and chance.random() < 0.3:
            scene.state = tidy(scene.state)


@st.composite
def threads(draw: st.DrawFn) -> list[Input]:
    """An agent that does one turn after the other, and people who post, answer and stop."""
    events: list[AgentEvent] = draw(histories.turns_in_order())
    people = st.one_of(histories.prompts, histories.replies, histories.stops)
    happened: list[Input] = []
    for event in events:
        happened.append(replace(event, prompt=None) if isinstance(event, TurnStarted) else event)
        happened += draw(st.lists(people, max_size=1))
    return [one for one in happened if r"\ud800" not in repr(one)]


@settings(max_examples=60)
@given(threads(), st.integers(0, 1000))
def test_crashes_between_post_and_record_leave_the_same_thread(
    happened: list[Input], seed: int
) -> None:
    assert play(happened, random.Random(seed)).outline() == play(happened, None).outline()


def test_messages_first_appear_in_their_order_as_urgent_as_what_waits_behind() -> None:
    scene = Scene().mention().performs().starts().writes("First").asks()
    late = {entry.key.slot: entry for entry in overdue(scene.state)}
    assert "ask:a1" not in late
    assert late[turn_slot(1)].priority == Priority.ASK
    scene(Published(receipt=receipt_for(late[turn_slot(1)], "1.0")))
    late = {entry.key.slot: entry for entry in overdue(scene.state)}
    assert late[Slot("ask:a1")].priority == Priority.ASK
    assert turn_slot(1) not in late


def test_what_is_posted_is_updated_at_once_whatever_waits_before_it() -> None:
    scene = Scene().mention().performs().starts().writes("First").asks().shows()
    scene.writes("Second").click()
    assert {entry.key.slot for entry in overdue(scene.state)} >= {"ask:a1", "turn:1"}


def priorities(scene: Scene) -> dict[str, Priority]:
    return {f"{e.key.slot}.{e.key.part}": e.priority for e in overdue(scene.state)}


def test_finals_and_stops_go_before_growth() -> None:
    scene = Scene().mention().performs().starts()
    assert priorities(scene)["status.0"] == Priority.FIRST
    assert priorities(scene)[f"{mark_slot('1700000000.000001')}.0"] == Priority.PROGRESS
    scene.writes("One")
    assert priorities(scene)["turn:1.0"] == Priority.FIRST
    scene.shows().writes(" two")
    assert priorities(scene) == {"turn:1.0": Priority.DELTA}
    scene.asks().shows().writes("More").shows()(Gap(id="g", reason="Lost."))
    assert priorities(scene) == {"notice:1.0": Priority.FIRST}
    scene.shows().tool_ends().stop()
    assert priorities(scene)["turn:1.1"] == Priority.STOP
    scene.shows().ends()
    assert priorities(scene)["turn:1.1"] == Priority.FINAL


def test_a_full_part_is_final_while_its_turn_goes_on() -> None:
    scene = Scene(rules=SMALL).mention().performs().starts().writes("word " * 10).shows()
    scene.writes("word " * 10)
    assert priorities(scene)["turn:1.0"] == Priority.FINAL


def test_what_slack_refused_is_not_tried_again() -> None:
    scene = Scene().mention().performs().starts().writes("First")
    entry = next(e for e in overdue(scene.state) if e.key.slot == turn_slot(1))
    scene(Refused(key=entry.key, shown=digest(entry.shown), reason="No."))
    scene.writes(" more")
    assert turn_slot(1) not in {e.key.slot for e in overdue(scene.state)}
    receipt = next(r for r in scene.state.receipts if r.key == entry.key)
    assert receipt == Receipt(key=entry.key, ts="", shown=digest(entry.shown), lost=True)
    status = next(e for e in overdue(scene.state) if e.key.slot == STATUS)
    scene(Published(receipt=receipt_for(status, "")))
    scene(Refused(key=status.key, shown="x", reason="No."))
    assert next(r for r in scene.state.receipts if r.key == status.key).shown == "x"


def test_finds_one_item_and_nothing_where_nothing_is() -> None:
    scene = Scene().mention().performs().starts().writes("First")
    shown = find(scene.state, turn_slot(1), 0)
    assert isinstance(shown, TurnView)
    assert shown.text == "First"
    assert find(scene.state, STATUS, 0) == StatusView(status="working")
    assert find(scene.state, turn_slot(1), 1) is None


def test_equal_views_have_equal_digests_after_a_restart() -> None:
    scene = Scene().mention().performs().starts().writes("First").tool().asks()
    again = load_state(dump_state(scene.state), STATE_VERSION)
    for old, new in zip(view(scene.state).messages, view(again).messages, strict=True):
        assert digest(old.shown) == digest(new.shown)


def test_a_part_that_was_posted_stays_even_if_the_agent_takes_its_text_back() -> None:
    scene = Scene().mention().performs().starts().writes("First").asks().writes("Second").shows()
    scene(TextDone(turn="t1", item="m1", text="First"))
    assert scene.lines == ["part First", "ask open", "waiting"]
    assert Scene(state=scene.state).shows().ends().lines[-1] == "done"


def test_the_signs_say_what_happens_to_each_message() -> None:
    scene = Scene().mention().performs().starts().post("next")
    assert scene.signs == [
        "working",
        "mark:1700000000.000001 working",
        "mark:1700000000.000002 queued",
    ]
    assert scene.asks().signs[0] == "waiting"
    scene.shows().ends()
    assert scene.signs == [
        "working",
        "mark:1700000000.000001 none",
        "mark:1700000000.000002 working",
    ]
    scene.performs().starts("t2").ends("t2")
    assert scene.signs == [
        "idle",
        "mark:1700000000.000001 none",
        "mark:1700000000.000002 none",
    ]
    assert Scene().signs == []


def test_signs_that_were_never_shown_need_no_taking_back() -> None:
    assert Scene().mention().performs().starts().ends().signs == []


def test_the_plan_and_the_count_stand_in_the_last_part() -> None:
    scene = Scene().mention().performs().starts().writes("First").tool().asks()
    scene(PlanChanged(turn="t1", revision=1, entries=(PlanEntry("Look", "running"),)))
    scene.writes("Second").tool_ends(ok=False).post("next")
    first, _, last = [item.shown for item in view(scene.state).messages]
    assert isinstance(first, TurnView)
    assert isinstance(last, TurnView)
    assert (first.plan, first.step_count, first.queued) == ((), 0, 0)
    assert (last.plan, last.queued) == ((PlanLine("Look", "running"),), 1)
    assert (last.step_count, last.failed_count, last.seconds) == (1, 1, None)
    scene.now += 5
    scene.ends()
    _, _, last = [item.shown for item in view(scene.state).messages]
    assert isinstance(last, TurnView)
    assert (last.seconds, last.queued) == (5.0, 0)


def test_a_turns_end_tells_what_the_session_does_next_but_is_not_shown_again_for_it() -> None:
    scene = Scene().mention().performs().starts().writes("First").post("next").ends().performs()
    first = find(scene.state, turn_slot(1), 0)
    assert isinstance(first, TurnView) and (first.status, first.besides) == ("done", "working")
    assert digest(first) == digest(replace(first, besides="idle"))
    alone = Scene().mention().performs().starts().writes("First").ends()
    assert alone.newest.besides == "idle"


@pytest.mark.parametrize(("outcome", "status"), [("done", "done"), ("failed", "failed")])
def test_a_step_whose_end_was_never_told_ends_as_its_turn_did(
    outcome: histories.Outcome, status: str
) -> None:
    scene = Scene().mention().performs().starts().tool()
    assert scene.lines == ["working [Run ls: running]"]
    assert scene.asks().lines[0] == "waiting [Run ls: waiting]"
    scene.closes()
    assert scene.lines[0] == "working [Run ls: running]"
    scene.ends(outcome=outcome)
    assert scene.lines[0] == f"{outcome} [Run ls: {status}]"


# --- what may be forgotten ------------------------------------------------------------------------


def three_turns() -> Scene:
    scene = Scene().mention().performs()
    for number in (1, 2, 3):
        scene.starts(f"t{number}").writes(f"Answer {number}", f"t{number}").ends(f"t{number}")
        if number < 3:
            scene.post().performs()
    return scene


def test_forgets_ended_turns_but_the_newest_once_they_are_shown() -> None:
    scene = three_turns().shows()
    kept = tidy(scene.state)
    assert [turn.number for turn in kept.turns] == [3]
    assert kept.past == ("t1", "t2")
    assert {r.key.slot for r in kept.receipts} <= {
        STATUS,
        turn_slot(3),
        mark_slot("1700000000.000003"),
    }
    assert tidy(kept) is kept
    scene.state = kept
    assert scene.writes("again", "t1").state == kept


def test_forgets_nothing_that_waits_to_be_shown() -> None:
    """Only the first unposted message is overdue; those behind it are not shown either."""
    scene = three_turns()
    assert tidy(scene.state) is scene.state
    entry = overdue(scene.state)[-1]
    scene(Published(receipt=receipt_for(entry, "1.0")))
    assert [turn.number for turn in tidy(scene.state).turns] == [2, 3]


def test_forgets_no_turn_whose_answer_is_on_its_way() -> None:
    scene = Scene().mention().performs().starts().asks().click().ends().shows()
    scene.post()
    scene.state = tidy(scene.shows().state)
    assert scene.ask().status == "sending"
    scene.performs().shows()
    assert "ask settled answered Allowed U1" in scene.lines
    assert [turn.number for turn in tidy(scene.state).turns] == [2]


def test_a_notice_that_was_forgotten_is_not_told_again() -> None:
    gap = Gap(id="g", reason="Lost.")
    scene = Scene().mention().performs().starts()(gap).ends().post().shows()
    scene.state = tidy(scene.state)
    assert scene.state.notices == ()
    assert scene(gap).state.notices == ()


def test_a_prompt_that_was_taken_back_and_forgotten_is_interrupted_when_it_begins() -> None:
    scene = Scene().mention().fails().stop().shows().post("next").shows()
    scene.state = tidy(scene.state)
    assert [turn.number for turn in scene.state.turns] == [2]
    late = next(key for key in scene.state.past if key.startswith("msg:"))
    scene.performs()
    before = scene.state
    scene(TurnStarted(turn="t9", prompt=late))
    assert scene.outbox == ["interrupt"]
    assert scene.writes("Unwanted", "t9").lines == Scene(state=before).lines
    scene(TurnStarted(turn="t9", prompt=late))
    assert scene.outbox == ["interrupt"]


def test_receipts_of_what_is_gone_are_forgotten_too() -> None:
    scene = three_turns().shows()
    stray = Receipt(key=PartKey(turn_slot(77), 0, THREAD.place), ts="7.0", shown="x")
    scene(Published(receipt=stray))
    assert stray not in tidy(scene.state).receipts


def test_a_queued_message_keeps_its_mark() -> None:
    scene = three_turns().post("four", by=ANN).performs().starts("t4").post("five").shows()
    assert scene.signs[-1].endswith("queued")
    kept = replace(scene, state=tidy(scene.state))
    assert [turn.number for turn in kept.state.turns] == [4]
    assert overdue(kept.state) == []


def test_what_a_turn_without_words_has_to_say_is_not_forgotten_before_it_is_shown() -> None:
    """While something above it is not posted yet."""
    scene = Scene().mention("one").performs().starts("t1", 1).writes("First.").ends("t1")
    scene.post("two").performs().starts("t2", 2)
    scene(Notice(id="n1", text="The disk is full.", level="warning")).ends("t2")
    scene.post("three").performs().starts("t3", 3).writes("Third.", "t3")
    scene.state = tidy(scene.state)
    assert scene.lines == ["done First.", "warning: The disk is full.", "working Third."]
