"""What holds for a session whatever happens to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.core.commands import Command, Interrupt, SendAnswer, SendPrompt
from bot.core.events import AgentEvent, Attached, Detached
from bot.core.session import Input, due_at, reduce
from bot.core.state import STATE_VERSION, SessionState, next_command
from bot.core.stored import dump_state, load_state
from bot.core.views import overdue, tidy, view
from tests.core import histories
from tests.core.histories import SMALL
from tests.core.scene import THREAD, Scene

NEW = SessionState(thread=THREAD, agent="demo")


def after(happened: list[Input], state: SessionState = NEW) -> SessionState:
    for number, one in enumerate(happened):
        state = reduce(state, one, SMALL, 100.0 + number)
    return state


def told(state: SessionState) -> SessionState:
    """Without what may differ when an event is seen again."""
    return replace(state, cursor=None, unknown_events=0)


def check(state: SessionState) -> None:
    ours = [turn for turn in state.open_turns if turn.prompt]
    assert len(ours) <= 1
    assert state.open_turns or not state.queue
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
    assert all(ask.turn in open_turns for ask in state.asks if ask.status == "open")
    for turn in ours:
        assert (
            turn.ref
            or any(_is_prompt_of(p.command, turn.number) for p in state.outbox)
            or (state.briefed)
        )
    sent = {p.command.ask for p in state.outbox if isinstance(p.command, SendAnswer)}
    assert sent == {ask.ask.id for ask in state.asks if ask.status == "sending"}
    due_at(state, SMALL)
    next_command(state, 1e9, whispers=False)


def _is_prompt_of(command: Command, turn: int) -> bool:
    return isinstance(command, SendPrompt) and command.turn == turn


@settings(max_examples=150)
@given(st.lists(histories.inputs, max_size=25))
def test_nothing_that_happens_breaks_the_state(happened: list[Input]) -> None:
    state = NEW
    for number, one in enumerate(happened):
        before = state
        state = reduce(state, one, SMALL, 100.0 + number)
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
    stored = dump_state(state)
    stored.encode()
    again = load_state(stored, STATE_VERSION)
    assert load_state(dump_state(again), STATE_VERSION) == again
    assert [turn.parts for turn in again.turns] == [turn.parts for turn in state.turns]
    view(again)


@settings(max_examples=100)
@given(st.lists(histories.inputs, max_size=20))
def test_a_stored_state_comes_back_exactly(happened: list[Input]) -> None:
    state = after([one for one in happened if r"\ud800" not in repr(one)])
    again = load_state(dump_state(state), STATE_VERSION)
    assert again == state
    assert view(again) == view(state)
    assert overdue(again) == overdue(state)


@settings(max_examples=150)
@given(st.lists(histories.inputs, max_size=15), histories.agent_events)
def test_an_event_seen_twice_changes_nothing(happened: list[Input], event: AgentEvent) -> None:
    assume(not (isinstance(event, Detached) and event.final))  # each loss is a new one
    once = reduce(after(happened), event, SMALL, 500.0)
    assert told(reduce(once, event, SMALL, 600.0)) == told(once)


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
