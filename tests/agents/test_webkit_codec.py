"""What the recorded frames of real servers become."""

import json
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agents.agent_webkit.asking import answered, step_over
from bot.agents.agent_webkit.codec import Frame, decode
from bot.agents.agent_webkit.memory import Memory, from_cursor, to_cursor
from bot.core.asks import Confirmation, Question
from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    Detached,
    Notice,
    TextDelta,
    TextDone,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    Unknown,
    UsageReported,
)
from tests.agents.reading import texts, tool_results
from tests.agents.servers.traces import Event, events_of, trace_names

T = TypeVar("T")


def frames(name: str) -> list[Frame]:
    return [as_frame(event) for event in events_of(name)]


def as_frame(event: Event) -> Frame:
    return Frame(event.id, event.name, json.dumps(event.data))


def read(
    given: list[Frame], memory: Memory | None = None, *, permissions: bool = False
) -> tuple[Memory, list[AgentEvent]]:
    memory = memory or Memory()
    seen: list[AgentEvent] = []
    for frame in given:
        memory, events = decode(memory, frame, permissions=permissions)
        seen += events
    return memory, seen


def of(kind: type[T], seen: list[AgentEvent]) -> list[T]:
    return [event for event in seen if isinstance(event, kind)]


@pytest.mark.parametrize("name", trace_names())
def test_nothing_recorded_is_unknown_and_every_turn_has_one_begin_and_one_end(name: str):
    _memory, seen = read(frames(name))
    assert not of(Unknown, seen)
    begun = [event.turn for event in of(TurnStarted, seen)]
    ended = [event.turn for event in of(TurnEnded, seen)]
    assert len(set(begun)) == len(begun) and len(set(ended)) == len(ended)
    assert set(ended) <= set(begun)
    for event in seen:
        turn = getattr(event, "turn", None)
        assert turn is None or turn in begun


@pytest.mark.parametrize("name", trace_names())
def test_a_cursor_taken_anywhere_goes_on_as_if_nothing_had_happened(name: str):
    whole = frames(name)
    _, straight = read(whole)
    for cut in range(len(whole)):
        memory, before = read(whole[:cut])
        _, after = read(whole[cut:], from_cursor(to_cursor(memory)))
        assert before + after == straight


def test_text_comes_in_pieces_and_then_whole():
    _, seen = read(frames("plain-qa"))
    assert len(of(TextDelta, seen)) > 1
    (done,) = of(TextDone, seen)
    assert texts(seen) == {done.item: done.text}
    assert "é and 🚀" in done.text


def test_a_message_that_ends_several_times_keeps_every_piece():
    _, seen = read(frames("claude-rich-tool-allowed"))
    assert "Let me use a tool." in [done.text for done in of(TextDone, seen)]
    assert len({done.item for done in of(TextDone, seen)}) == len(of(TextDone, seen))


def test_blocks_without_types_are_read_by_what_they_hold():
    _, seen = read(frames("claude-stock-tool-allowed"))
    (started,) = of(ToolStarted, seen)
    assert started.tool == "Bash" and "echo hello-from-tool" in started.title
    assert next(done.text for done in of(TextDone, seen)) == "Let me use a tool."
    (opened,) = of(AskOpened, seen)
    assert opened.ask.item == started.item
    assert [(closed.ask, closed.how) for closed in of(AskClosed, seen)] == [
        (opened.ask.id, "answered")
    ]
    assert tool_results(seen) == [("Bash", True)]


def test_a_denial_is_remembered_where_results_are_not_told():
    whole = frames("claude-stock-tool-denied")
    cut = next(n for n, frame in enumerate(whole) if frame.name == "permission_request") + 1
    memory, before = read(whole[:cut])
    (opened,) = of(AskOpened, before)
    _, after = read(whole[cut:], answered(memory, opened.ask.id, denied=True))
    assert tool_results(before + after) == [("Bash", False)]


def test_a_call_announced_three_times_is_one_step_whatever_came_first():
    for name in ("tool-allowed", "confirmation-before-announcement"):
        _, seen = read(frames(name))
        assert len(of(ToolStarted, seen)) == 1, name
        assert [ok for _, ok in tool_results(seen)] == [True], name


def test_two_requests_are_open_beside_each_other():
    _, seen = read(frames("two-confirmations"))
    opened = [event.ask.id for event in of(AskOpened, seen)]
    assert len(opened) == 2
    assert {event.ask for event in of(AskClosed, seen)} == set(opened)


def test_a_question_is_asked_in_the_agents_own_words():
    _, seen = read(frames("ask-user-question"))
    (opened,) = of(AskOpened, seen)
    assert isinstance(opened.ask, Question)
    color, sizes = opened.ask.fields
    assert color.id == "Which color should I use?" and not color.multiple
    assert [choice.id for choice in color.choices] == ["red", "blue"]
    assert sizes.multiple and sizes.free_text
    assert not of(ToolStarted, seen)


@pytest.mark.parametrize("questions", [{}, {"questions": []}, [], "?"])
def test_a_question_that_cannot_be_read_is_announced_with_where_to_answer_it_E52(questions: object):
    asked = json.dumps({"correlation_id": "q", "questions": questions})
    frame = Frame(5, "ask_user_question", asked)
    memory, events = decode(Memory(seen=4), frame, web_url="https://agent.example/")
    (opened,) = of(AskOpened, [*events])
    assert isinstance(opened.ask, Question) and not opened.ask.fields
    assert opened.ask.link == "https://agent.example/" and memory.parked


def test_the_question_of_a_background_agent_outlives_the_result():
    whole = frames("claude-rich-confirmation-after-result")
    result = next(n for n, frame in enumerate(whole) if frame.name == "result")
    memory, before = read(whole[: result + 1])
    (opened,) = of(AskOpened, before)
    assert opened.background and memory.parked and not of(AskClosed, before)
    _, after = read(whole[result + 1 :], memory)
    assert [(event.ask, event.how) for event in of(AskClosed, after)] == [
        (opened.ask.id, "answered")
    ]
    assert of(ToolFinished, after)[0].turn == opened.ask.turn


def test_a_turn_nobody_asked_for_is_a_turn_of_its_own():
    _, seen = read(frames("claude-rich-unsolicited-turn"))
    begun = of(TurnStarted, seen)
    assert len(begun) == 2 and [event.prompt for event in begun] == [None, None]
    assert [event.outcome for event in of(TurnEnded, seen)] == ["done", "done"]


def test_costs_count_from_the_sessions_begin_and_are_told_by_turn():
    _, seen = read(frames("claude-stock-multi-turn"))
    results = [event.data for event in events_of("claude-stock-multi-turn")]
    totals = [data["total_cost_usd"] for data in results if "total_cost_usd" in data]
    costs = [event.cost or 0 for event in of(UsageReported, seen)]
    assert len(costs) > 1 and sum(costs) == pytest.approx(totals[-1])
    assert sum(totals) > totals[-1]


def test_a_failing_model_that_reports_success_has_failed():
    _, seen = read(frames("claude-stock-api-error"))
    (ended,) = of(TurnEnded, seen)
    assert ended.outcome == "failed" and "mock says no" in ended.error
    assert not of(TextDone, seen)


@pytest.mark.parametrize("name", ["claude-rich-interrupt", "claude-stock-interrupt"])
def test_an_interrupted_turn_is_stopped(name: str):
    _, seen = read(frames(name))
    assert [event.outcome for event in of(TurnEnded, seen)] == ["stopped", "done"]


def test_an_interrupt_withdraws_what_was_asked():
    _, seen = read(frames("interrupt-while-confirming"))
    assert [event.how for event in of(AskClosed, seen)] == ["withdrawn"]


def test_a_dead_agent_is_final():
    _, seen = read(frames("agent-crash")[:4])
    assert [event.outcome for event in of(TurnEnded, seen)] == ["failed"]
    last = seen[-1]
    assert isinstance(last, Detached) and last.final and "process" in last.reason


@pytest.mark.parametrize("name", ["delete-session", "idle-eviction-while-parked"])
def test_a_session_that_was_ended_there_says_so_and_leaves_nothing_open(name: str):
    memory, seen = read(frames(name))
    last = seen[-1]
    assert isinstance(last, Detached) and last.final and "remembered" in last.reason
    assert memory.turn is None


def test_a_message_that_was_not_delivered_fails_its_turn():
    memory, seen = read([Frame(1, "error", '{"code": "query_failed", "message": "broken pipe"}')])
    (ended,) = of(TurnEnded, seen)
    assert ended.outcome == "failed" and "broken pipe" in ended.error and memory.turn is None


def test_a_request_that_cannot_be_sent_is_found_by_its_call():
    before = [f for f in frames("claude-unserialisable-permission") if f.id and f.id <= 3]
    memory, _ = read(before)
    memory, (opened,) = step_over(memory)
    assert memory.seen == 4 and isinstance(opened, AskOpened)
    assert isinstance(opened.ask, Confirmation) and opened.ask.id == "toolu_mock0008"
    assert opened.ask.input["command"] == "echo hello-from-tool > proof.txt && cat proof.txt"
    assert from_cursor(opened.cursor) == memory


def test_what_cannot_be_explained_is_stepped_over_with_a_word():
    memory, (notice,) = step_over(Memory(seen=7))
    assert memory.seen == 8 and isinstance(notice, Notice)


def test_suggested_rules_become_verbs_only_where_the_server_takes_them():
    whole = frames("claude-rich-confirmation-after-result")
    _, plain = read(whole)
    _, rules = read(whole, permissions=True)
    (opened,) = of(AskOpened, plain)
    assert isinstance(opened.ask, Confirmation) and opened.ask.verbs == ("allow", "deny")
    (opened,) = of(AskOpened, rules)
    assert isinstance(opened.ask, Confirmation)
    assert opened.ask.verbs == ("allow", "allow_session", "allow_always", "deny")


def test_only_the_last_event_of_a_frame_carries_the_cursor():
    data = '{"message_id": "m", "delta": {"text": "hi"}}'
    memory, (started, delta) = decode(Memory(seen=4), Frame(5, "message_delta", data))
    assert started.cursor is None and from_cursor(delta.cursor) == memory


KINDS = [
    *("session_ready", "message_delta", "message_complete", "tool_use", "tool_result", "result"),
    *("permission_request", "ask_user_question", "error", "mcp_status_change", "done", "made up"),
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "text", "questions", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> list[Frame]:
    """A recording of which some frames are lost, garbled, or hold what nobody expects."""
    events = events_of(draw(st.sampled_from(trace_names())))
    hurt = draw(st.sets(st.integers(0, max(0, len(events) - 1)), max_size=4))
    given: list[Frame] = []
    for number, event in enumerate(events):
        frame = as_frame(event)
        if number not in hurt:
            given.append(frame)
            continue
        match draw(st.sampled_from(["lost", "garbled", "odd", "preceded"])):
            case "garbled":
                cut = draw(st.integers(0, len(frame.data)))
                given.append(Frame(frame.id, draw(st.sampled_from(KINDS)), frame.data[:cut]))
            case "odd" if event.data:
                key = draw(st.sampled_from(sorted(event.data)))
                data = json.dumps({**event.data, key: draw(VALUES)})
                given.append(Frame(frame.id, frame.name, data))
            case "preceded":
                given += [Frame(None, draw(st.sampled_from(KINDS)), draw(st.text())), frame]
            case _:
                pass
    return given


@given(mutated())
def test_no_frame_breaks_the_codec_and_its_memory_survives(given: list[Frame]):
    memory, seen = read(given, permissions=True)
    assert from_cursor(to_cursor(memory)) == memory
    begun = [event.turn for event in of(TurnStarted, seen)]
    assert {event.turn for event in of(TurnEnded, seen)} <= set(begun)
    assert len(memory.calls) <= 16 and len(memory.texts) <= 16 and len(memory.asks) <= 16
