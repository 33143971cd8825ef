"""Messages of the real Claude Code, as recorded, become events; its transcripts tell the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agents.claude import codec, history, wire
from bot.agents.claude.memory import Memory, from_cursor, to_cursor
from bot.core.asks import Confirmation, Question
from bot.core.errors import AgentProtocolError
from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    TextDelta,
    TextDone,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    Unknown,
    UsageReported,
)
from tests.agents.reading import texts, whole_text

TRACES = Path(__file__).parent / "traces" / "claude"
NAMES = sorted(path.stem for path in TRACES.glob("*.jsonl"))
CONTENT = (TextDone, ToolStarted, ToolFinished)

Line = dict[str, Any]


def lines(name: str) -> list[Line]:
    return [json.loads(line) for line in (TRACES / f"{name}.jsonl").read_text("utf-8").splitlines()]


def entries(name: str) -> list[wire.Entry]:
    told = json.loads((TRACES / f"{name}.transcript.json").read_text("utf-8"))
    return [wire.Entry.model_validate(entry) for entry in told]


def step(memory: Memory, line: Line) -> codec.Made:
    match line:
        case {"decode": frame}:
            return codec.decode(memory, wire.Frame.model_validate(frame))
        case {"requested": request}:
            return codec.requested(memory, wire.Request.model_validate(request))
        case {"settled": [ask, how]}:
            return codec.settled(memory, ask, how)
        case {"prompted": [prompt, key]}:
            return codec.prompted(memory, prompt, key)
        case _:
            raise AssertionError(line)


def play(recorded: list[Line], memory: Memory | None = None) -> tuple[Memory, list[AgentEvent]]:
    memory, events = memory or Memory(), list[AgentEvent]()
    for line in recorded:
        memory, made = step(memory, line)
        events += made
    return memory, events


def shown(events: list[AgentEvent]) -> dict[str, str]:
    """The text of each item: deltas, until it is told as a whole."""
    found: dict[str, str] = {}
    for event in events:
        if isinstance(event, TextDelta):
            found[event.item] = found.get(event.item, "") + event.text
        elif isinstance(event, TextDone):
            found[event.item] = event.text
    return found


def ended(events: list[AgentEvent]) -> TurnEnded:
    assert isinstance(events[-1], TurnEnded)
    return events[-1]


@pytest.mark.parametrize("name", NAMES)
def test_every_story_is_one_turn_that_ends(name: str) -> None:
    memory, events = play(lines(name))
    assert isinstance(events[0], TurnStarted) and events[0].prompt == "p1"
    assert ended(events).turn == events[0].turn == memory.last
    assert not memory.needed and not memory.prompts
    assert not [event for event in events if isinstance(event, Unknown)]
    assert texts(events) is not None
    opened = [event.ask.id for event in events if isinstance(event, AskOpened)]
    assert [event.ask for event in events if isinstance(event, AskClosed)] == opened


@pytest.mark.parametrize("name", NAMES)
def test_the_transcript_tells_what_the_stream_told_under_the_same_names(name: str) -> None:
    _, live = play(lines(name))
    _, later = history.read(Memory(), entries(name))
    assert [e for e in later if isinstance(e, CONTENT)] == [
        e for e in live if isinstance(e, CONTENT)
    ]
    assert ended([*later]).turn == ended(live).turn
    assert ended([*later]).outcome == ended(live).outcome


@pytest.mark.parametrize("name", NAMES)
def test_whenever_the_bot_is_killed_the_transcript_adds_exactly_what_was_missing(name: str) -> None:
    recorded = lines(name)
    _, whole = play(recorded)
    for cut in range(1, len(recorded)):
        memory, seen = play(recorded[:cut])
        _, rest = history.read(from_cursor(to_cursor(memory)), entries(name))
        assert shown([*seen, *rest]) == shown(whole)
        steps = [e.item for e in (*seen, *rest) if isinstance(e, ToolStarted)]
        assert len(steps) == len(set(steps))
        open_asks = {e.ask.id for e in (*seen, *rest) if isinstance(e, AskOpened)}
        assert open_asks == {e.ask for e in (*seen, *rest) if isinstance(e, AskClosed)}
        assert [e for e in (*seen, *rest) if isinstance(e, TurnEnded)] == [[*seen, *rest][-1]]


def test_text_and_thoughts_grow_in_their_places() -> None:
    _, events = play(lines("thinking"))
    assert [e.text for e in events if isinstance(e, ThoughtDelta)] == ["Let me think about this."]
    deltas = [e for e in events if isinstance(e, TextDelta)]
    assert [e.at for e in deltas][:2] == [0, len(deltas[0].text)]
    assert whole_text(events).startswith("Hello from the stand-in.")


def test_a_permission_says_what_is_asked_and_what_may_be_decided() -> None:
    _, events = play(lines("tool-allowed"))
    [ask] = [e.ask for e in events if isinstance(e, AskOpened)]
    assert isinstance(ask, Confirmation)
    assert (ask.tool, ask.title) == ("Bash", "Bash: echo hello-from-tool | tee made.txt")
    assert ask.verbs == ("allow", "allow_session", "allow_always", "deny")
    assert ToolFinished(turn=ask.turn, item=ask.id, ok=True, summary="hello-from-tool") in events


def test_a_decision_for_the_session_changes_no_mode() -> None:
    memory, _ = play([line for line in lines("tool-allowed") if not {"settled"} & set(line)][:20])
    [waiting] = memory.asks
    assert [rule["type"] for rule in waiting.suggestions] == ["addRules", "addRules"]
    assert [rule["destination"] for rule in waiting.suggestions] == ["localSettings", "session"]


def test_a_question_becomes_one_and_no_step() -> None:
    _, events = play(lines("question"))
    [ask] = [e.ask for e in events if isinstance(e, AskOpened)]
    assert isinstance(ask, Question)
    assert [choice.label for choice in ask.fields[0].choices] == ["red", "blue"]
    assert not [e for e in events if isinstance(e, ToolStarted)]


def test_what_the_turn_cost_is_told() -> None:
    _, events = play(lines("tool-allowed"))
    [spent] = [e for e in events if isinstance(e, UsageReported)]
    assert (spent.input_tokens, spent.output_tokens, spent.cost) == (2000, 100, 0.01)


def test_a_sum_that_begins_anew_is_no_refund() -> None:
    result = next(
        line for line in lines("plain") if line.get("decode", {}).get("name") == "ResultMessage"
    )
    _, events = play([result], Memory(turn="t", cost=7.0))
    [spent] = [e for e in events if isinstance(e, UsageReported)]
    assert spent.cost == 0.005


def test_a_model_that_refuses_fails_the_turn_in_its_words() -> None:
    _, events = play(lines("refused"))
    assert ended(events).outcome == "failed"
    assert "the stand-in refuses" in ended(events).error


def test_a_tool_that_ran_when_the_bot_was_killed_is_named() -> None:
    recorded, told = lines("tool-allowed"), entries("tool-allowed")
    at = next(n for n, line in enumerate(recorded) if "settled" in line)
    memory, _ = play(recorded[: at + 1])
    _, rest = history.read(memory, told[:3])
    assert ended([*rest]).error == (
        f"{history.INTERRUPTED} This may have run, and how it ended is not known: "
        "Bash: echo hello-from-tool | tee made.txt."
    )
    assert ended([*rest]).resumable


def test_a_tool_allowed_the_moment_before_the_kill_is_named_too() -> None:
    recorded, told = lines("tool-allowed"), entries("tool-allowed")
    at = next(n for n, line in enumerate(recorded) if "requested" in line)
    memory, _ = play(recorded[: at + 1])
    [waiting] = memory.asks
    _, rest = history.read(memory, told[:3], allowed=[waiting.id])
    assert AskClosed(ask=waiting.id, how="answered") in rest
    assert "Bash: echo hello-from-tool" in ended([*rest]).error


def test_a_tool_that_nobody_allowed_is_not_named() -> None:
    recorded = lines("tool-allowed")
    at = next(n for n, line in enumerate(recorded) if "requested" in line)
    memory, _ = play(recorded[: at + 1])
    _, rest = history.read(memory, entries("tool-allowed")[:3])
    assert ended([*rest]).error == history.INTERRUPTED


def test_a_tool_that_ended_well_without_us_is_not_named() -> None:
    recorded = lines("tool-allowed")
    at = next(n for n, line in enumerate(recorded) if "settled" in line)
    memory, _ = play(recorded[: at + 1])
    _, rest = history.read(memory, entries("tool-allowed")[:4])
    assert ended([*rest]).error == history.INTERRUPTED


def test_a_prompt_the_agent_never_had_is_not_to_be_continued() -> None:
    memory, _ = codec.prompted(Memory(), "u1", "p1")
    _, rest = history.read(memory, [])
    assert (ended([*rest]).error, ended([*rest]).resumable) == (history.NEVER_TAKEN, False)


def test_nothing_is_told_of_a_session_at_rest() -> None:
    memory, _ = play(lines("plain"))
    assert history.read(memory, entries("plain"))[1] == ()


def test_what_a_sub_agent_writes_is_not_the_answer() -> None:
    event = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "inner"}}
    data: Line = {"parent_tool_use_id": "call", "uuid": "x", "event": event}
    memory, events = codec.decode(Memory(turn="t"), wire.Frame(name="StreamEvent", data=data))
    assert events == ()
    call: Line = {"parent_tool_use_id": "call", "uuid": "y", "message_id": "m", "content": [
        {"text": "inner"}, {"id": "c1", "name": "Grep", "input": {"pattern": "x"}}]}  # fmt: skip
    _, events = codec.decode(memory, wire.Frame(name="AssistantMessage", data=call))
    assert [type(event) for event in events] == [ToolStarted]


def test_work_in_the_background_keeps_the_process() -> None:
    begun = wire.Frame(name="TaskStartedMessage", data={"task_id": "b1"})
    memory, _ = codec.decode(Memory(), begun)
    assert memory.needed
    over = wire.Frame(name="TaskNotificationMessage", data={"task_id": "b1", "status": "completed"})
    assert not codec.decode(memory, over)[0].needed


def test_a_limit_that_is_reached_is_told_once() -> None:
    data: Line = {"rate_limit_info": {"status": "rejected"}}
    _, events = codec.decode(Memory(turn="t"), wire.Frame(name="RateLimitEvent", data=data))
    assert [event.kind for event in events] == ["notice"]
    data = {"rate_limit_info": {"status": "allowed"}}
    assert codec.decode(Memory(), wire.Frame(name="RateLimitEvent", data=data))[1] == ()


def test_a_message_of_a_kind_to_come_is_counted() -> None:
    _, events = codec.decode(Memory(), wire.Frame(name="BrandNewMessage", data={}))
    assert events == (Unknown(name="BrandNewMessage"),)


def test_a_cursor_of_somebody_else_s_is_refused() -> None:
    with pytest.raises(AgentProtocolError):
        from_cursor("17")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["content", "event", "delta", "type", "text", "uuid", "usage", "message"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(["StreamEvent", "AssistantMessage", "UserMessage", "ResultMessage",
                     "RateLimitEvent", "TaskStartedMessage", "TaskUpdatedMessage"]),
    st.dictionaries(st.sampled_from(["content", "event", "uuid", "usage", "total_cost_usd",
                                     "subtype", "message_id", "task_id"]), json_values),
)  # fmt: skip
def test_no_message_breaks_the_codec_and_its_memory_survives(name: str, data: Line) -> None:
    memory, _ = codec.decode(Memory(turn="t", last="t"), wire.Frame(name=name, data=data))
    assert from_cursor(to_cursor(memory)) == memory
