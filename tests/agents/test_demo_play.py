"""The demo agent's state is its journal: any prefix of the rows goes on to the same end."""

from collections.abc import Callable

import pytest

from bot.agents.demo.journal import REMEMBERED
from bot.agents.demo.play import (
    LOST_THREAD,
    Answered,
    Interrupted,
    Play,
    Prompted,
    Row,
    Steered,
    Wish,
)
from bot.core.asks import Answer, Question
from bot.core.errors import AgentRefused, AgentUnavailable, AskAlreadyAnswered
from bot.core.events import (
    AskClosed,
    AskOpened,
    PlanChanged,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)

ALLOW, DENY = Answer(verb="allow"), Answer(verb="deny", text="too late")
REPLY = Answer(verb="reply", values=(("database", ("duckdb",)),))

Person = Callable[[list[Row]], Wish | None]
"""What is wanted next, by all that was seen so far."""


def asking(*prompts: str, decision: Answer = ALLOW, stop_after: int | None = None) -> Person:
    """All prompts at once, every ask answered, and a stop once so many rows are there."""

    def person(rows: list[Row]) -> Wish | None:
        said = sum(isinstance(row.entry, Prompted) for row in rows)
        if said < len(prompts):
            return Prompted(key=f"p{said}", text=prompts[said])
        stopped = any(isinstance(row.entry, Interrupted) for row in rows)
        if stop_after is not None and len(rows) >= stop_after and not stopped:
            return Interrupted()
        asked = rows[-1].entry
        if isinstance(asked, AskOpened):
            reply = REPLY if isinstance(asked.ask, Question) else decision
            return Answered(ask=asked.ask.id, answer=reply)
        return None

    return person


def late(prompt: str) -> Person:
    """Answers once three asks are open, the last one first and no."""

    def person(rows: list[Row]) -> Wish | None:
        if not rows:
            return Prompted(key="p0", text=prompt)
        opened = [row.entry.ask.id for row in rows if isinstance(row.entry, AskOpened)]
        answered = [row.entry.ask for row in rows if isinstance(row.entry, Answered)]
        waiting = [ask for ask in opened if ask not in answered]
        if len(opened) < 3 or not waiting:
            return None
        return Answered(ask=waiting[-1], answer=ALLOW if answered else DENY)

    return person


def go_on(play: Play, rows: list[Row], person: Person) -> list[Row]:
    """Play to the end, one row at a time; each comes a second after the one before."""
    rows = list(rows)
    while True:
        now = float(len(rows) + 1)
        wish = person(rows)
        if wish is not None and play.wanted(wish, now):
            rows.append(play.write(wish, now))
        elif step := play.due():
            rows.append(play.write(step.event, now))
        else:
            return rows


def resumed(rows: list[Row]) -> Play:
    play = Play()
    for row in rows:
        play.apply(row)
    return play


def recalled(rows: list[Row]) -> Play:
    """As `Journal.recall` gives them."""
    started = max((r.seq for r in rows if isinstance(r.entry, TurnStarted)), default=0)
    return resumed([r for r in rows if r.seq > started or r.entry.kind in REMEMBERED])


def guiding(prompt: str, guide: str, after: int) -> Person:
    """A message that guides the turn once so many rows are there."""

    def person(rows: list[Row]) -> Wish | None:
        if not rows:
            return Prompted(key="p0", text=prompt)
        guided = any(isinstance(row.entry, Steered) for row in rows)
        if len(rows) >= after and not guided:
            return Steered(turn="t1", key="g0", text=guide)
        asked = rows[-1].entry
        return Answered(ask=asked.ask.id, answer=ALLOW) if isinstance(asked, AskOpened) else None

    return person


SCENES = {
    "guided": guiding("work for 20 seconds", "plan", 25),
    "allowed": asking("deploy", "echo thanks"),
    "denied": asking("deploy", decision=DENY),
    "allowed for the session": asking(
        "deploy", "deploy again", decision=Answer(verb="allow_session")
    ),
    "several, each at once": asking("several", "echo thanks"),
    "several, the last first": late("several"),
    "several, guided": guiding("several", "plan", 18),
    "several, stopped": asking("several", "echo next", decision=DENY, stop_after=25),
    "asked and planned": asking("ask", "plan"),
    "failures and silence": asking("fail", "crash", "silent"),
    "stopped before the start": asking("deploy", "echo next", stop_after=2),
    "stopped in the text": asking("explain", "echo next", stop_after=20),
}


@pytest.mark.parametrize("scene", SCENES)
def test_any_prefix_of_the_journal_goes_on_to_the_same_end(scene: str):
    whole = go_on(Play(), [], SCENES[scene])
    assert len(whole) > 5
    for cut in range(len(whole) + 1):
        rows = whole[:cut]
        assert go_on(recalled(rows), rows, SCENES[scene]) == whole


@pytest.mark.parametrize("scene", SCENES)
def test_every_prompt_gets_one_turn_named_after_its_row(scene: str):
    whole = go_on(Play(), [], SCENES[scene])
    prompts = [(f"t{r.seq}", r.entry.key) for r in whole if isinstance(r.entry, Prompted)]
    started = [(r.entry.turn, r.entry.prompt) for r in whole if isinstance(r.entry, TurnStarted)]
    ended = [row.entry.turn for row in whole if isinstance(row.entry, TurnEnded)]
    assert started == prompts and ended == [turn for turn, _ in prompts]


def test_a_permission_for_the_session_is_asked_for_once():
    whole = go_on(Play(), [], SCENES["allowed for the session"])
    assert sum(isinstance(row.entry, AskOpened) for row in whole) == 1


@pytest.mark.parametrize(("stop_after", "texts"), [(2, 0), (20, 17)])
def test_a_stop_ends_the_first_turn_only(stop_after: int, texts: int):
    whole = go_on(Play(), [], asking("explain", "silent", stop_after=stop_after))
    outcomes = [row.entry.outcome for row in whole if isinstance(row.entry, TurnEnded)]
    assert outcomes == ["stopped", "done"]
    assert sum(isinstance(row.entry, TextDelta) for row in whole) == texts


def waiting() -> tuple[Play, str]:
    """A play that waits for a decision, and the ask's id."""
    play = Play()
    play.write(Prompted(key="p", text="deploy"), 0.0)
    while step := play.due():
        play.write(step.event, 0.0)
    return play, "t1.ask"


def test_a_stop_withdraws_what_was_asked():
    play, ask = waiting()
    play.write(Interrupted(), 1.0)
    with pytest.raises(AskAlreadyAnswered):
        play.wanted(Answered(ask=ask, answer=ALLOW), 1.0)
    closed, ended = (play.write(step.event, 1.0).entry for step in iter(play.due, None))
    assert closed == AskClosed(ask=ask, how="withdrawn")
    assert ended == TurnEnded(turn="t1", outcome="stopped")


def test_an_answer_that_was_taken_counts_though_a_stop_follows():
    play, ask = waiting()
    play.write(Answered(ask=ask, answer=ALLOW), 1.0)
    play.write(Interrupted(), 1.0)
    closed, ended = (play.write(step.event, 1.0).entry for step in iter(play.due, None))
    assert closed == AskClosed(ask=ask, how="answered")
    assert ended == TurnEnded(turn="t1", outcome="stopped")


def test_several_are_answered_in_any_order_and_each_gets_its_own_E47():
    whole = [row.entry for row in go_on(Play(), [], SCENES["several, the last first"])]
    closed = [(event.ask, event.how) for event in whole if isinstance(event, AskClosed)]
    assert closed == [(f"t1.ask{n}", "answered") for n in (1, 2, 3)]
    done = [event.ok for event in whole if isinstance(event, ToolFinished)]
    assert done == [True, True, False]


def test_each_of_several_is_held_as_long_as_any_other():
    play = Play(max_hold=60.0)
    play.write(Prompted(key="p", text="several"), 0.0)
    now = 0.0
    closed: list[tuple[float, str]] = []
    while step := play.due():
        now = max(now, play.since + step.delay)
        event = play.write(step.event, now).entry
        closed += [(now, event.how)] if isinstance(event, AskClosed) else []
    assert [how for _, how in closed] == ["expired"] * 3
    assert closed[2][0] - closed[0][0] == pytest.approx(0.6)


def test_a_second_answer_and_an_unknown_ask_are_refused():
    play, ask = waiting()
    for wrong in ("t1.other", "t9.ask"):
        with pytest.raises(AskAlreadyAnswered):
            play.wanted(Answered(ask=wrong, answer=ALLOW), 1.0)
    play.write(Answered(ask=ask, answer=ALLOW), 1.0)
    with pytest.raises(AskAlreadyAnswered):
        play.wanted(Answered(ask=ask, answer=DENY), 1.0)


def test_an_answer_that_does_not_fit_leaves_the_ask_open():
    play, ask = waiting()
    with pytest.raises(AgentRefused, match="does not offer"):
        play.wanted(Answered(ask=ask, answer=Answer(verb="allow_always")), 1.0)
    assert play.wanted(Answered(ask=ask, answer=ALLOW), 1.0)


def test_a_stop_with_nothing_to_stop_is_nothing():
    play = Play()
    assert not play.wanted(Interrupted(), 0.0)
    play.write(Prompted(key="p", text="explain"), 0.0)
    assert play.wanted(Interrupted(), 0.0)
    play.write(Interrupted(), 0.0)
    assert not play.wanted(Interrupted(), 0.0)


def test_away_begins_with_the_end_of_the_turn_and_passes():
    rows = go_on(Play(), [], asking("away 10"))
    play, end = recalled(rows), rows[-1].time
    with pytest.raises(AgentUnavailable, match="another 1 s"):
        play.wanted(Prompted(key="next", text="help"), end + 9.5)
    assert play.wanted(Prompted(key="next", text="help"), end + 10)


def test_time_never_goes_back():
    play = Play()
    first = play.write(Prompted(key="p", text="help"), 100.0)
    assert play.write(Interrupted(), 40.0).time == first.time


@pytest.mark.parametrize("at", [4, 8])
def test_a_turn_another_version_began_ends_with_a_sentence(at: int):
    rows = go_on(Play(), [], asking("explain"))[:at]
    other = TextDelta(turn="t1", item="t1.1", at=0, text="What an older version said. ")
    play = resumed([*rows[:-1], Row(at, float(at), other)])
    (ended,) = (play.write(step.event, 9.0).entry for step in iter(play.due, None))
    assert ended == TurnEnded(turn="t1", outcome="failed", error=LOST_THREAD)


@pytest.mark.parametrize("scene", ["guided", "several, guided"])
def test_a_message_changes_what_is_done_and_leaves_nothing_half_done_E22(scene: str) -> None:
    rows = go_on(Play(), [], SCENES[scene])
    told = "".join(row.entry.text for row in rows if isinstance(row.entry, TextDelta))
    assert "Understood: “plan”. I do that instead of the rest." in told
    assert "batches are done" not in told
    started = [row.entry.item for row in rows if isinstance(row.entry, ToolStarted)]
    finished = [row.entry.item for row in rows if isinstance(row.entry, ToolFinished)]
    assert started == finished
    plans = [row.entry.revision for row in rows if isinstance(row.entry, PlanChanged)]
    assert plans == sorted(set(plans))
    assert isinstance(rows[-1].entry, TurnEnded)


def test_a_message_for_a_turn_that_is_over_is_refused_and_one_that_came_is_known_E21() -> None:
    rows = go_on(Play(), [], SCENES["guided"])
    play = resumed(rows)
    assert not play.wanted(Steered(turn="t1", key="g0", text="plan"), 1e6)
    with pytest.raises(AgentRefused, match="your message comes next"):
        play.wanted(Steered(turn="t1", key="g1", text="plan"), 1e6)
    assert not play.wanted(Prompted(key="g0", text="plan"), 1e6)
