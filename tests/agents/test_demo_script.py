"""The demo agent's scripts: what it understands, and laws that hold for whatever it is told."""

from collections.abc import Iterable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.agents.demo.request import Kind, deployment, read, seconds_away
from bot.agents.demo.script import Script, script
from bot.agents.demo.stage import Step
from bot.agents.demo.texts import essay
from bot.core.asks import Answer, Ask, Confirmation, Question, check
from bot.core.events import (
    AgentEvent,
    AskOpened,
    ContentEvent,
    PlanChanged,
    TextDelta,
    TextDone,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from tests.agents.reading import texts, tool_results, whole_text

EVERYTHING = (
    "help",
    "explain",
    "plan",
    "deploy",
    "ask",
    "several",
    "think",
    "steps 6",
    "fail",
    "crash",
    "work for 30 seconds",
    "essay 3000",
    "echo hello *there*",
    "silent",
    "away 10",
    "what about lunch?",
    "",
    "🎉🎉",
)

ALLOW = Answer(verb="allow")


def run(prompt: str, *answers: Answer, allowed: Iterable[str] = ()) -> list[Step]:
    """The whole script, each ask answered by the next of `answers`."""
    waiting, play = list(answers), script(prompt, "t1", frozenset(allowed))
    steps, given = [next(play)], list[Answer]()
    try:
        while True:
            given += [waiting.pop(0)] if isinstance(steps[-1].event, AskOpened) else []
            steps.append(go_on(play, steps[-1], given))
    except StopIteration:
        return steps


def go_on(play: Script, last: Step, given: list[Answer]) -> Step:
    """The step after `last`; what was `given` to all that is open is sent once it is waited for."""
    if last.beside or not given:
        return next(play)
    answers = tuple(given)
    given.clear()
    return play.send(answers)


def events(prompt: str, *answers: Answer, allowed: Iterable[str] = ()) -> list[AgentEvent]:
    return [step.event for step in run(prompt, *answers, allowed=allowed)]


def fitting(ask: Ask) -> st.SearchStrategy[Answer]:
    """Answers that `ask` takes."""
    if isinstance(ask, Confirmation):
        return st.builds(Answer, verb=st.sampled_from(ask.verbs), text=st.none() | st.text())
    field = ask.fields[0]
    given = st.sampled_from([c.id for c in field.choices]) | st.text().filter(lambda t: t.strip())
    return given.map(lambda value: Answer(verb="reply", values=((field.id, (value,)),)))


@settings(deadline=None)
@given(prompt=st.sampled_from(EVERYTHING) | st.text(), data=st.data())
def test_every_script_is_whole_and_the_same_each_time(prompt: str, data: st.DataObject):
    play = script(prompt, "t7")
    steps, answers, unsent = [next(play)], list[Answer](), list[Answer]()
    while not isinstance(steps[-1].event, TurnEnded):
        event = steps[-1].event
        if isinstance(event, AskOpened):
            answers.append(data.draw(fitting(event.ask)))
            assert check(event.ask, answers[-1]) is None
            unsent.append(answers[-1])
        steps.append(go_on(play, steps[-1], unsent))
    assert next(play, None) is None

    seen = [step.event for step in steps]
    assert all(step.delay >= 0 for step in steps)
    assert {e.turn for e in seen if isinstance(e, ContentEvent)} == {"t7"}
    started = [e.item for e in seen if isinstance(e, ToolStarted)]
    finished = [e.item for e in seen if isinstance(e, ToolFinished)]
    assert started == finished and len(set(started)) == len(started)
    done = [e.item for e in seen if isinstance(e, TextDone)]
    assert list(texts(seen)) == done and not set(done) & set(started)
    revisions = [e.revision for e in seen if isinstance(e, PlanChanged)]
    assert revisions == sorted(set(revisions))

    again = script(prompt, "t7")
    replayed = [next(again)]
    for step in steps[:-1]:
        unsent += [answers.pop(0)] if isinstance(step.event, AskOpened) else []
        replayed.append(go_on(again, step, unsent))
    assert replayed == steps


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=3000))
def test_echo_gives_the_text_back_as_it_is(text: str):
    assert whole_text(events(f"echo {text}")) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<!channel> all of you", id="channel"),
        pytest.param("🎉👩‍👩‍👧‍👦", id="emoji"),
        pytest.param("```\nx = 1\n\ny = 2\n```", id="code"),
        pytest.param("[safe](https://example.com)", id="link"),
        pytest.param("a" * 40_000, id="huge"),
    ],
)
def test_echo_takes_what_is_hard_to_show(text: str):
    assert whole_text(events(f"echo {text}")) == text


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("help", "help"),
        ("", "help"),
        ("Hey!", "help"),
        ("hi there", "help"),
        ("history of the fair", "chat"),
        ("(The message has no text. It only mentions you.)", "help"),
        ("What can you do?", "help"),
        ("please deploy the website", "deploy"),
        ("Could you roll out main to production?", "deploy"),
        ("run the migration", "deploy"),
        ("Ada Lovelace: deploy", "deploy"),
        ("Earlier in this thread:\nAda: deploy it\n\nplan", "plan"),
        ("Earlier in this thread:\nAda: plan\n\nthank you both", "chat"),
        ("work for 2 minutes", "long"),
        ("write 40,000 characters about ships", "essay"),
        ("can you make a step fail?", "fail"),
        ("ask me something", "ask"),
        ("please take 20 steps", "steps"),
        ("make a plan of 4 steps", "plan"),
        ("🎉", "chat"),
        ("Ada: echo hello", "echo"),
    ],
)
def test_requests_are_found_in_plain_words(prompt: str, kind: Kind):
    assert read(prompt).kind == kind


def test_amounts_are_read_with_their_units():
    assert read("work for 2 minutes").number == 120
    assert read("write 40,000 characters").number == 40_000
    assert read("essay 40k").number == 40_000
    assert read("essay").number is None


def test_echo_finds_its_text_behind_context_and_an_author():
    assert read("Earlier:\n> Ada: hello\n\necho one\n\ntwo").text == "one\n\ntwo"
    assert read("Earlier:\n> Ada: hello\n\nGrace: echo one").text == "one"


def test_only_away_takes_the_agent_away():
    assert seconds_away("away 25") == 25
    assert seconds_away("away") == 10
    assert seconds_away("away 5000000") == 600
    assert all(seconds_away(prompt) == 0 for prompt in EVERYTHING if prompt != "away 10")


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("deploy", "the website", "staging"),
        ("can it go live?", "the website", "staging"),
        ("deploy the shop to production!", "the shop", "production"),
        ("roll out main", "main", "staging"),
        ("release `v2` to the fair", "v2", "the fair"),
    ],
)
def test_a_deployment_names_what_and_where(text: str, what: str, where: str):
    assert deployment(text) == (what, where)


def test_help_names_everything_it_can_do():
    text = whole_text(events("help"))
    named = {read(line.split("`")[1]).kind for line in text.splitlines() if line.startswith("- `")}
    assert named | {"chat"} == set(get_args(Kind))


def test_text_streams_at_a_natural_pace():
    deltas = [step for step in run("explain") if isinstance(step.event, TextDelta)]
    per_second = (len(deltas) - 1) / sum(step.delay for step in deltas[1:])
    letters = sum(len(step.event.text) for step in deltas if isinstance(step.event, TextDelta))
    assert 40 <= per_second <= 50
    assert 3 <= letters / len(deltas) <= 12


@pytest.mark.parametrize("seconds", [1, 5, 30, 120])
def test_long_work_takes_about_as_long_as_asked(seconds: int):
    assert sum(step.delay for step in run(f"work for {seconds} s")) == pytest.approx(
        seconds, abs=3.5
    )


def test_a_denied_deployment_says_what_it_does_instead():
    seen = events("deploy", Answer(verb="deny", text="the fair is on Monday"))
    assert ("deploy", False) in tool_results(seen)
    assert "the fair is on Monday" in whole_text(seen) and "Instead" in whole_text(seen)


def test_a_deployment_runs_with_the_input_the_person_changed():
    seen = events("deploy", Answer(verb="allow", input={"command": "make deploy DRY_RUN=1"}))
    assert "DRY_RUN=1" in whole_text(seen) and '"commit"' not in whole_text(seen)


def test_nothing_is_asked_again_once_allowed_for_the_session():
    seen = events("deploy", allowed={"deploy"})
    assert not any(isinstance(event, AskOpened) for event in seen)
    assert ("deploy", True) in tool_results(seen)


def test_a_question_takes_free_text():
    asked = next(e for e in events("ask", _reply("MariaDB")) if isinstance(e, AskOpened))
    assert isinstance(asked.ask, Question) and len(asked.ask.fields[0].choices) == 3
    assert "MariaDB" in whole_text(events("ask", _reply("MariaDB")))
    assert "PostgreSQL" in whole_text(events("ask", _reply("postgres")))


def _reply(value: str) -> Answer:
    return Answer(verb="reply", values=(("database", (value,)),))


def test_several_things_are_asked_for_at_once_and_each_is_decided_by_itself_E47():
    seen = run("several", ALLOW, Answer(verb="deny"), ALLOW)
    asked = [at for at, step in enumerate(seen) if isinstance(step.event, AskOpened)]
    assert len(asked) == 3 and asked == [*range(asked[0], asked[0] + 3)]
    told = [step.event for step in seen]
    assert tool_results(told) == [("edit", True), ("shell", False), ("mail", True)]
    assert "2 of 3 things are done" in whole_text(told)


def test_a_step_that_failed_is_put_right():
    seen = events("fail")
    assert tool_results(seen) == [("shell", False), ("edit", True), ("shell", True)]
    assert isinstance(seen[-1], TurnEnded) and seen[-1].outcome == "done"


def test_steps_are_as_many_as_asked_for_and_every_fifth_is_done_twice():
    results = tool_results(events("steps 12"))
    assert [ok for _, ok in results].count(False) == 2
    assert len(results) == 14
    assert all(ok for _, ok in tool_results(events("steps 4")))
    assert len(tool_results(events("steps 1000000"))) == 240


def test_a_crash_ends_the_turn_with_a_sentence():
    ended = events("crash")[-1]
    assert isinstance(ended, TurnEnded) and ended.outcome == "failed" and ended.error.endswith(".")


def test_silence_is_a_turn_without_text():
    assert events("silent") == [TurnEnded(turn="t1", outcome="done")]


def test_thoughts_come_before_the_answer():
    kinds = [type(event) for event in events("think")]
    thoughts = [at for at, kind in enumerate(kinds) if kind is ThoughtDelta]
    assert thoughts and max(thoughts) < kinds.index(TextDelta)


def test_a_plan_progresses_line_by_line():
    plans = [event.entries for event in events("plan") if isinstance(event, PlanChanged)]
    done = [sum(line.status == "done" for line in plan) for plan in plans]
    assert done == list(range(len(plans[0]) + 1))
    assert all(sum(line.status == "running" for line in plan) == 1 for plan in plans[:-1])


@pytest.mark.parametrize("length", [1, 4000, 40_000])
def test_an_essay_has_the_length_asked_for(length: int):
    text = essay(length)
    assert length <= len(text) <= length + 1500
    assert text.count("```") % 2 == 0


def test_an_essay_has_headings_tables_and_code_and_never_repeats_a_section():
    text = whole_text(events("write 40000 characters"))
    sections = text.split("\n## ")
    assert len(text) >= 40_000 and len(set(sections)) == len(sections)
    assert "\n|---|" in text and "\n```python\n" in text
