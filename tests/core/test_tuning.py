"""Words that show and change what the agent works with."""

from __future__ import annotations

import math

import pytest

from bot.core.commands import ConfigureAgent, FailureKind, SendPrompt, StopTask
from bot.core.events import Detached, UsageReported
from bot.core.inbound import Person
from bot.core.session.afresh import START
from bot.core.views import tidy
from tests.core.scene import BOB, GUEST, ROBOT, Scene


def working() -> Scene:
    return Scene().mention().performs().starts()


def test_anybody_who_may_speak_to_the_session_changes_its_model_and_all_are_told() -> None:
    scene = working().tune("model", "claude-opus-4", by=BOB)
    wanted = scene.command(ConfigureAgent)
    assert (wanted.setting, wanted.value) == ("model", "claude-opus-4")
    assert scene.lines == []
    scene.performs()
    assert scene.lines == ["info: Bob changed the model to claude-opus-4."]
    scene.tune("model")
    assert "The model is `claude-opus-4`." in scene.whispers[0][1]


def test_the_default_model_is_the_agent_s_own() -> None:
    scene = working().tune("model", "default")
    assert scene.command(ConfigureAgent).value == ""
    scene.performs().tune("model")
    assert scene.lines == ["info: Ann changed the model back to the agent's own choice."]
    assert "the agent's own choice" in scene.whispers[0][1]


def test_the_permission_mode_is_its_owner_s_to_change() -> None:
    scene = working().tune("mode", "plan", by=BOB)
    assert scene.outbox == ["whisper"]
    assert "Only <@U1> can change what the agent may do" in scene.whispers[0][1]
    scene.performs().tune("mode", "plan").performs()
    assert scene.lines == ["info: Ann changed the permission mode to plan."]
    scene.tune("mode", by=BOB)
    assert "The permission mode is `plan`." in scene.whispers[0][1]


def test_a_mode_that_asks_for_nothing_is_announced_as_a_warning() -> None:
    scene = working().tune("mode", "bypassPermissions").performs()
    assert scene.lines[0].startswith("warning: Ann changed the permission mode")
    assert "does not ask for permission any more" in scene.lines[0]


@pytest.mark.parametrize("failure", ["refused", "unavailable", "unsupported"])
def test_what_the_agent_did_not_take_is_told_to_who_wanted_it(failure: FailureKind) -> None:
    scene = working().tune("mode", "plan").fails(failure, "No such mode.")
    assert scene.whispers == [("U1", "The permission mode was not changed. No such mode.")]
    assert (scene.lines, scene.state.permission_mode) == ([], "")


def test_a_lost_session_is_noticed_here_too_and_the_new_one_has_its_own_settings() -> None:
    scene = working().tune("mode", "plan").performs().tune("mode", "default").fails("gone", "No.")
    assert scene.state.lost
    scene.performs().tune("mode", "plan")
    assert "no session with the agent yet" in scene.whispers[-1][1]
    scene.reply(START, ask="afresh:1")
    assert scene.state.permission_mode == ""


def test_work_in_the_background_is_its_owner_s_to_end() -> None:
    scene = working().tune("stop task", "b1", by=BOB)
    assert "Only <@U1> can stop this" in scene.whispers[0][1]
    scene.performs().tune("stop task", "b1")
    assert scene.command(StopTask).task == "b1"
    assert scene.performs().lines == ["info: Ann stopped the background task b1."]
    assert scene.turn(1).phase == "working"


def test_a_task_that_cannot_be_ended_is_told_and_none_asked_back() -> None:
    scene = working().tune("stop task", "b1").fails("refused", "No such task.")
    assert scene.whispers == [("U1", "The background task was not stopped. No such task.")]
    scene.performs().tune("stop task")
    assert "Which one?" in scene.whispers[0][1]


def test_without_a_session_there_is_nothing_to_change() -> None:
    scene = Scene().tune("model", "opus")
    assert "Nobody has started a session" in scene.whispers[0][1]


def test_it_waits_for_the_session_that_is_being_opened() -> None:
    scene = Scene().mention().tune("model", "opus")
    assert scene.outbox == ["open_session", "send_prompt:1", "configure_agent"]
    assert scene.performs().state.model == "opus"


@pytest.mark.parametrize("by", [GUEST, ROBOT])
def test_guests_and_bots_change_nothing(by: Person) -> None:
    scene = working().tune("model", "opus", by=by)
    assert "configure_agent" not in scene.outbox


def test_a_word_that_may_answer_the_agent_is_a_prompt() -> None:
    scene = working().writes("Which model shall I use?").ends().tune("model", mention=False)
    assert scene.command(SendPrompt).text == "model"


def test_a_word_between_people_is_not_for_us() -> None:
    scene = working().post("hm", by=BOB)
    before = scene.outbox
    assert scene.tune("usage", mention=False).outbox == before


def test_said_twice_it_is_done_once() -> None:
    scene = working().tune("model", "opus")
    scene.posts -= 1
    assert scene.tune("model", "opus").outbox.count("configure_agent") == 1


def test_usage_counts_what_is_no_longer_kept_too_E94() -> None:
    scene = working()
    for number in (1, 2):
        ref = f"t{number}"
        scene(
            UsageReported(
                turn=ref,
                id=f"u{number}",
                input_tokens=1000,
                output_tokens=20,
                cost=0.25,
                model="m1",
            )
        )
        scene.now += 100
        scene.writes("x", ref).ends(ref).shows()
        scene.post("more").performs().starts(f"t{number + 1}")
    scene.state = tidy(scene.shows().state)
    assert len(scene.state.turns) == 1
    scene.tune("usage")
    assert scene.whispers[0][1] == (
        "This session so far: 2 turns, 3 min 20 s of work, 2,000 tokens read, 40 written, "
        "0.50 US dollars."
    )


def test_a_cost_that_is_no_number_is_not_told() -> None:
    scene = working()(UsageReported(turn="t1", id="u1", cost=math.nan)).ends().tune("usage")
    assert scene.whispers[-1][1] == "This session so far: 1 turn, 0 s of work."


def test_usage_without_a_turn_or_a_cost() -> None:
    scene = working().tune("usage")
    assert scene.whispers[-1][1] == "The agent has done nothing here yet."
    scene = working()(Detached(reason="Gone.", final=True)).tune("usage")
    assert scene.whispers[-1][1] == "This session so far: 1 turn, 0 s of work."
