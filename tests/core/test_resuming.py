"""A turn that broke off, and the offer to go on."""

from __future__ import annotations

from bot.core.asks import Answer
from bot.core.commands import SendPrompt
from bot.core.events import TurnEnded, TurnStarted
from bot.core.session.resuming import GO_ON
from tests.core.scene import BOB, Scene

BROKE_OFF = TurnEnded(turn="t1", outcome="failed", error="Cut off.", resumable=True)
CONTINUE = Answer(verb="reply", values=(("continue", ("continue",)),))


def broken() -> Scene:
    return Scene().mention("first").performs().starts().writes("Half")(BROKE_OFF)


def test_a_turn_that_broke_off_keeps_its_text_and_offers_to_go_on_E39() -> None:
    scene = broken()
    assert scene.lines == ["failed Half error=Cut off.", "ask open"]
    assert scene.outbox == []


def test_the_button_sends_the_agent_a_word_in_the_same_session() -> None:
    scene = broken().reply(CONTINUE, ask="continue:1")
    assert scene.outbox == ["send_prompt:2"]
    assert scene.command(SendPrompt).text == GO_ON
    assert scene.lines[1] == "ask settled answered Continue U1"
    scene.performs()(TurnStarted(turn="t2", prompt="continue:1")).writes(" and more", turn="t2")
    assert scene.lines[-1] == "working  and more"


def test_pressed_twice_it_is_said_once() -> None:
    scene = broken().reply(CONTINUE, ask="continue:1").reply(CONTINUE, ask="continue:1")
    assert scene.outbox == ["send_prompt:2"]


def test_only_who_started_the_session_may_let_it_go_on() -> None:
    scene = broken().reply(CONTINUE, by=BOB, ask="continue:1")
    assert scene.outbox == ["whisper"]
    assert "Only <@U1> can decide" in scene.whispers[0][1]


def test_the_word_itself_does_it_too() -> None:
    scene = broken().post("continue")
    assert scene.lines[1] == "ask settled answered Continue U1"
    assert scene.command(SendPrompt).text == GO_ON


def test_whatever_else_is_written_takes_the_offer_s_place() -> None:
    scene = broken().post("leave it, do something else")
    assert scene.command(SendPrompt).text == "leave it, do something else"
    assert scene.lines[1] == "ask settled elsewhere"


def test_nothing_is_offered_where_more_was_written_already() -> None:
    scene = Scene().mention("first").performs().starts().post("second")(BROKE_OFF)
    assert scene.state.asks == ()
    assert scene.command(SendPrompt).text == "second"


def test_a_turn_that_was_being_stopped_is_stopped() -> None:
    scene = Scene().mention("first").performs().starts().writes("Half").stop()(BROKE_OFF)
    assert scene.state.asks == ()
    assert scene.turn(1).phase == "stopped"


def test_told_again_it_is_offered_once() -> None:
    scene = broken()
    before = scene.state
    assert scene(BROKE_OFF).state == before
    after = scene.reply(CONTINUE, ask="continue:1").performs()
    assert len(after(BROKE_OFF).state.asks) == 1
