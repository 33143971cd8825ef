"""A person chooses in one word how a thread is shown, and no word meant for the agent is eaten."""

from __future__ import annotations

import pytest

from bot.core.asks import Choice, Field
from bot.core.inbound import Detail, Person, Setting
from tests.core.scene import ANN, BOB, GUEST, ROBOT, STRANGER, Scene


def working() -> Scene:
    return Scene().mention().performs().starts().writes("I am at it.")


@pytest.mark.parametrize("detail", ["quiet", "normal", "detailed"])
def test_a_choice_is_remembered_and_confirmed_in_private_E18(detail: Detail) -> None:
    scene = working().choose("detailed").performs().choose(detail)
    assert scene.state.detail == detail
    [(user, text)] = scene.whispers
    assert user == "U1"
    assert text.startswith("This thread")
    assert scene.state.queue == ()
    assert scene.performs().ends().mention().state.detail == detail


def test_thinking_is_turned_on_and_off() -> None:
    scene = working().choose("thinking on")
    assert scene.state.thinking
    assert not scene.choose("thinking off").state.thinking
    assert len(scene.whispers) == 2


def test_a_choice_delivered_twice_is_one() -> None:
    scene = working().choose("quiet")
    scene.posts -= 1
    once = scene.state
    assert scene.choose("quiet").state == once


def test_thoughts_are_told_once_on_request_with_the_newest_turn_that_has_any() -> None:
    scene = working().thinks("First this,\nthen that.").choose("thinking")
    assert scene.lines[-1] == "info: What the agent thought: > First this,\nthen that."
    scene.thinks("y" * 5000, "h2").choose("thinking")
    assert scene.lines[-1] == f"info: The end of what the agent thought: > {'y' * 4000}"
    assert scene.lines[-2].endswith("> First this,\nthen that.")
    assert scene.whispers == []


def test_where_there_are_no_thoughts_that_is_said_in_private() -> None:
    scene = working().choose("thinking")
    assert scene.whispers == [("U1", "The agent has not told what it thinks.")]


@pytest.mark.parametrize(
    ("by", "said"), [(BOB, "This thread"), (GUEST, "Guests"), (STRANGER, "People from other")]
)
def test_who_may_speak_to_the_session_may_choose_E80(by: Person, said: str) -> None:
    scene = working().choose("quiet", by)
    assert scene.state.detail == ("quiet" if by == BOB else "normal")
    [(user, text)] = scene.whispers
    assert user == by.user
    assert text.startswith(said)


def test_a_bot_chooses_nothing_and_is_not_answered_E85() -> None:
    scene = working()
    before = scene.state
    assert scene.choose("quiet", ROBOT).state == before


def test_where_nobody_started_a_session_there_is_nothing_to_choose() -> None:
    scene = Scene().choose("quiet")
    [(_, text)] = scene.whispers
    assert text.startswith("Nobody has started a session")
    assert scene.state.detail == "normal"


def test_a_choice_without_a_post_counts_too() -> None:
    assert working().choose("quiet", button=True).state.detail == "quiet"


def test_a_word_between_people_is_no_choice_E27() -> None:
    scene = working().post("hello", BOB).choose("quiet", BOB, mention=False)
    assert (scene.state.detail, scene.whispers, scene.state.queue) == ("normal", [], ())
    assert "U2" in scene.state.people


def test_without_a_mention_a_word_counts_where_none_is_needed_and_says_what_it_was_taken_for() -> (
    None
):
    scene = working().choose("quiet", mention=False)
    assert scene.state.detail == "quiet"
    assert scene.whispers[0][1].endswith("If this was meant for the agent, tell it in a sentence.")


@pytest.mark.parametrize(
    "asked",
    [
        "Do you want it short?",
        "Two ways.\n\nShort or detailed, which one?\n",
        "Say *detailed* or *short*.",
        "どうしますか？",
    ],
)
def test_a_word_that_may_answer_what_the_agent_asked_in_prose_is_a_prompt(asked: str) -> None:
    scene = Scene().mention().performs().starts().writes(asked).ends()
    scene.choose("detailed", mention=False)
    assert scene.state.detail == "normal"
    assert scene.outbox == ["send_prompt:2"]
    scene = Scene().mention().performs().starts().writes(asked).ends().choose("detailed")
    assert scene.state.detail == "detailed"


def test_a_question_answered_long_ago_eats_no_choice() -> None:
    scene = Scene().mention().performs().starts().writes("Is it red?\n\nYes, it is.").ends()
    assert scene.choose("quiet", mention=False).state.detail == "quiet"


@pytest.mark.parametrize("mention", [True, False])
def test_a_word_the_question_offers_answers_it_E51(mention: bool) -> None:
    only = Field(id="how", text="How?", choices=(Choice("q", "Quiet"), Choice("l", "Loud")))
    scene = working().wonders("a1", "t1", only).choose("quiet", mention=mention)
    assert scene.state.detail == "normal"
    answer = scene.ask().answer
    assert answer is not None
    assert answer.values == (("how", ("q",)),)


@pytest.mark.parametrize(("mention", "detail"), [(True, "quiet"), (False, "normal")])
def test_an_open_question_takes_any_word_that_is_not_addressed_to_the_bot(
    mention: bool, detail: Detail
) -> None:
    scene = working().wonders().choose("quiet", mention=mention)
    assert scene.state.detail == detail
    assert scene.ask().status == ("open" if mention else "sending")


@pytest.mark.parametrize("setting", ["quiet", "thinking"])
def test_an_open_permission_eats_no_choice(setting: Setting) -> None:
    scene = working().asks().choose(setting, ANN, mention=False)
    assert scene.ask().status == "open"
    assert scene.state.queue == ()
    assert len(scene.whispers) == 1
