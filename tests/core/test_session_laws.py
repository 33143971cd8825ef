"""What holds for a session whatever happens to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.core.approvals import DEFAULT_RULE
from bot.core.asks import Confirmation
from bot.core.commands import Command, Interrupt, SendAnswer, SendPrompt
from bot.core.events import AgentEvent, AskOpened, Attached, Detached
from bot.core.inbound import Person
from bot.core.policy import Rules
from bot.core.session import Input, due_at, reduce
from bot.core.session.outbox import next_command
from bot.core.state import STATE_VERSION, SessionState
from bot.core.stored import dump_state, load_state
from bot.core.views import digest, overdue, tidy, view
from tests.core import histories
from tests.core.histories import SMALL, STRICT
from tests.core.scene import ANN, BOB, THREAD, Scene

NEW = SessionState(thread=THREAD, agent="demo")


def after(happened: list[Input], state: SessionState = NEW, rules: Rules = SMALL) -> SessionState:
    for number, one in enumerate(happened):
        state = reduce(state, one, rules, 100.0 + number)
    return state


def told(state: SessionState) -> SessionState:
    """Without what may differ when an event is seen again."""
    return replace(state, cursor=None, unknown_events=0)


def check(state: SessionState) -> None:
    ours = [turn for turn in state.open_turns if turn.prompt]
    assert len({turn.prompt.key for turn in ours if turn.prompt}) <= 1
    assert state.open_turns or not state.queue or state.lost
    for known in (
        [turn.number for turn in state.turns],
        [ask.ask.id for ask in state.asks],
        [pending.command.id for pending in state.outbox],
        [notice.number for notice in state.notices],
        [(item.slot, item.part) for item in (*view(state).messages, *view(state).signs)],
        [entry.key for entry in overdue(state)],
    ):
        assert max(Counter(known).values(), default=0) <= 1
    open_turns = {turn.number for turn in state.open_turns}
    assert all(a.turn in open_turns or a.late for a in state.asks if a.status == "open")
    for turn in ours:
        assert (
            turn.ref
            or any(_is_prompt_of(p.command, turn.number) for p in state.outbox)
            or (state.briefed)
        )
    sent = {p.command.ask for p in state.outbox if isinstance(p.command, SendAnswer)}
    parked = {ask.ask.id for ask in state.asks if ask.parked}
    assert sent - parked == {ask.ask.id for ask in state.asks if ask.status == "sending"}
    due_at(state, SMALL)
    next_command(state, 1e9, whispers=False)


def _is_prompt_of(command: Command, turn: int) -> bool:
    return isinstance(command, SendPrompt) and command.turn == turn


@settings(max_examples=150)
@given(st.lists(histories.inputs, max_size=25), st.sampled_from([SMALL, STRICT]))
def test_nothing_that_happens_breaks_the_state(happened: list[Input], rules: Rules) -> None:
    state = NEW
    for number, one in enumerate(happened):
        before = state
        state = reduce(state, one, rules, 100.0 + number)
        check(state)
        for old in before.turns:
            new = next(turn for turn in state.turns if turn.number == old.number)
            assert new.boundaries[: len(old.boundaries)] == old.boundaries
            assert not old.ended or new.ended
        state = tidy(state) if number % 3 == 0 else state


@settings(max_examples=100)
@given(st.lists(histories.hostile, max_size=15))
def test_nothing_hostile_makes_the_state_unreadable(happened: list[Input]) -> None:
    state = after(happened)
    view(state)
    stored = dump_state(state)
    stored.encode()
    again = load_state(stored, STATE_VERSION)
    assert load_state(dump_state(again), STATE_VERSION) == again
    assert [turn.parts for turn in again.turns] == [turn.parts for turn in state.turns]
    view(again)


@pytest.mark.parametrize("depth", [10, 190, 400])
def test_no_schema_makes_the_state_unreadable(depth: int) -> None:
    """One that is nested too deep is left out: a part of it would say something else."""
    asked = histories.described("a1", histories.nested(depth))
    state = Scene().mention().performs().starts()(AskOpened(ask=asked)).state
    assert load_state(dump_state(state), STATE_VERSION) == state
    [known] = state.asks
    assert isinstance(known.ask, Confirmation)
    assert known.ask.schema == (asked.schema if depth == 10 else None)


def test_a_name_that_cannot_be_encoded_is_shown_all_the_same() -> None:
    scene = Scene().mention().performs().starts().asks("\ud800")
    assert scene.card("\ud800").status == "open"


@settings(max_examples=100)
@given(st.lists(histories.inputs, max_size=20), st.sampled_from([SMALL, STRICT]))
def test_a_stored_state_comes_back_exactly(happened: list[Input], rules: Rules) -> None:
    state = after([one for one in happened if r"\ud800" not in repr(one)], rules=rules)
    again = load_state(dump_state(state), STATE_VERSION)
    assert again == state
    assert view(again) == view(state)
    assert overdue(again) == overdue(state)


@settings(max_examples=150)
@given(
    st.lists(histories.inputs, max_size=15),
    histories.agent_events,
    st.sampled_from([SMALL, STRICT]),
)
def test_an_event_seen_twice_changes_nothing(
    happened: list[Input], event: AgentEvent, rules: Rules
) -> None:
    assume(not (isinstance(event, Detached) and event.final))  # each loss is a new one
    once = reduce(after(happened, rules=rules), event, rules, 500.0)
    assert told(reduce(once, event, rules, 600.0)) == told(once)


@settings(max_examples=100)
@given(histories.turns_in_order(), st.data())
def test_any_stretch_of_events_replayed_changes_nothing(
    events: list[AgentEvent], data: st.DataObject
) -> None:
    """Whatever people did meanwhile, and however much was forgotten."""
    state = NEW
    happened = 0
    between = st.lists(st.one_of(histories.prompts, histories.replies, histories.stops), max_size=2)
    while happened < len(events):
        for one in data.draw(between):
            state = reduce(state, one, SMALL, 100.0)
        state = reduce(state, events[happened], SMALL, 100.0)
        happened += 1
        if data.draw(st.booleans()):
            scene = Scene(state=state, rules=SMALL).performs().shows()
            state = tidy(scene.state)
        start = data.draw(st.integers(0, happened))
        replayed = state
        for event in events[start:happened]:
            replayed = reduce(replayed, event, SMALL, 900.0)
        assert told(replayed) == told(state)


@settings(max_examples=60)
@given(st.lists(histories.inputs, max_size=20), st.booleans())
def test_forgetting_drops_only_what_was_shown_for_good(happened: list[Input], shown: bool) -> None:
    state = after(happened)
    if shown:
        state = Scene(state=state, rules=SMALL).shows().state
    kept = tidy(state)
    receipts = {(r.key.slot, r.key.part): r for r in state.receipts}
    unseen = {
        item.slot
        for item in view(state).messages
        if (r := receipts.get((item.slot, item.part))) is None
        or not (r.lost or r.shown == digest(item.shown))
    }
    assert unseen <= {item.slot for item in view(kept).messages}
    old = {(item.slot, item.part): item.shown for item in view(state).messages}
    new = {(item.slot, item.part): item.shown for item in view(kept).messages}
    assert new.items() <= old.items()
    late = {entry.key.slot for entry in overdue(state)}
    dropped = {slot for slot, _ in old.keys() - new.keys()}
    assert not dropped & late
    assert [entry.key for entry in overdue(kept)] == [entry.key for entry in overdue(state)]
    assert (kept.queue, kept.outbox, kept.open_turns) == (
        state.queue,
        state.outbox,
        state.open_turns,
    )
    assert kept.open_asks == state.open_asks
    assert tidy(kept) == kept


def test_the_signs_of_life_of_the_stream_are_not_replayed_history() -> None:
    """An old loss or return, seen again, says what it said: they are no part of a replay."""
    lost, back = Detached(reason="Lost."), Attached()
    scene = Scene().mention().performs().starts()(lost, back)
    assert scene.lines == ["info: The connection to the agent is back."]
    assert scene(lost).lines == ["warning: Lost. I keep trying."]


@settings(max_examples=100)
@given(st.lists(histories.inputs, max_size=25))
def test_no_stop_reaches_the_agent_after_a_later_prompt(happened: list[Input]) -> None:
    state = NEW
    for number, one in enumerate(happened):
        state = reduce(state, one, SMALL, 100.0 + number)
        pending = next_command(state, 1e9, whispers=False)
        if pending is not None and isinstance(pending.command, SendPrompt):
            before = state.outbox[: state.outbox.index(pending)]
            assert not any(isinstance(earlier.command, Interrupt) for earlier in before)


@settings(max_examples=200)
@given(
    st.sampled_from([ANN, BOB]),
    st.tuples(histories.commands, histories.commands, histories.commands),
    st.lists(histories.approving, min_size=5, max_size=25),
)
def test_no_call_is_allowed_against_the_rules_E37(
    asks: Person, opened: tuple[str, ...], happened: list[Input]
) -> None:
    """Whatever happens: what is denied is never allowed, one person never does for two, who asked
    never decides where others must, and no bot or guest decides anything."""
    started = Scene(rules=STRICT).mention(by=ANN).performs().starts("t0").ends("t0")
    started.mention(by=asks).performs().starts("t1")
    asked = [histories.editable(f"a{n}", "t1", command) for n, command in enumerate(opened, 1)]
    state = started(*(AskOpened(ask=call) for call in asked)).state
    for number, one in enumerate(happened):
        before = {p.command.id for p in state.outbox}
        state = reduce(state, one, STRICT, 100.0 + number)
        for pending in state.outbox:
            if pending.command.id not in before and isinstance(pending.command, SendAnswer):
                _check_sent(state, pending.command)


def _check_sent(state: SessionState, sent: SendAnswer) -> None:
    known = next(ask for ask in state.asks if ask.ask.id == sent.ask)
    if known.by is not None:
        assert known.by.standing == "member"
    if not isinstance(known.ask, Confirmation) or sent.answer.verb == "deny":
        return
    command = str(known.ask.input["command"])
    assert not command.startswith("rm ")
    if command in ("two", "else"):
        assert sent.answer.verb == "allow"
    if command == "two" and not known.rule.startswith("approval of"):
        agreed = {vote.by.user for vote in known.votes if vote.answer == sent.answer}
        assert len(agreed) >= 2
    if command == "else" and known.by is not None:
        assert known.by.user not in {one.user for one in known.requesters}
    if known.by is None:
        assert known.rule != DEFAULT_RULE
