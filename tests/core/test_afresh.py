"""A session the agent knows no more, and the new one that takes its place."""

from __future__ import annotations

from bot.core.asks import Answer, Question
from bot.core.commands import OpenSession, Performed, SendPrompt
from bot.core.eras import in_era, own_name
from bot.core.events import (
    AskClosed,
    AskOpened,
    Attached,
    Detached,
    Gap,
    Notice,
    TextDelta,
    TurnStarted,
)
from bot.core.session.afresh import BEGUN, START
from tests.core.scene import ANN, BOB, Scene, confirmation

GONE = Detached(reason="The agent forgot.", final=True)


def lost() -> Scene:
    return Scene().mention("first").performs().starts().writes("Half")(GONE)


def test_a_lost_session_says_so_and_offers_a_new_one_but_begins_none_E58() -> None:
    scene = lost()
    assert scene.lines == ["failed Half error=The agent forgot.", "ask open"]
    offer = scene.ask("afresh:1").ask
    assert isinstance(offer, Question)
    assert offer.title == "The agent forgot."
    assert scene.outbox == []
    assert scene.signs[0] == "waiting"


def test_where_nothing_was_going_on_people_are_told_and_not_called() -> None:
    scene = Scene().mention("first").performs().starts().writes("Done.").ends().shows()(GONE)
    assert scene.lines == ["done Done.", "ask open"]
    assert "waiting" not in scene.shows().signs
    assert scene.post("second").signs[0] == "waiting"
    assert "I keep your message" in scene.whispers[0][1]
    assert scene.performs().reply(START, ask="afresh:1").command(SendPrompt).text == "second"


def test_what_people_write_meanwhile_waits_and_they_are_told() -> None:
    scene = lost().post("second")
    assert [prompt.text for prompt in scene.state.queue] == ["second"]
    assert "I keep your message" in scene.whispers[0][1]
    assert scene.outbox == ["whisper"]


def test_the_button_begins_a_new_session_that_is_told_what_was_said() -> None:
    scene = lost().post("second").performs().reply(START, ask="afresh:1")
    assert scene.outbox == ["open_session", "send_prompt:2"]
    assert scene.command(OpenSession).key == "T1/C1/1700000000.000100#1"
    sent = scene.command(SendPrompt)
    assert (sent.text, sent.context_before) == ("second", "1700000000.000002")
    assert scene.lines[1:] == [f"info: {BEGUN}", "ask settled answered Start afresh U1"]


def test_the_word_begins_it_too_and_only_the_owner_s() -> None:
    scene = lost().choose("fresh", by=BOB, mention=True)
    assert scene.state.lost
    assert "Only <@U1> can" in scene.whispers[0][1]
    assert not scene.choose("fresh").state.lost
    assert scene.state.remote_id is None


def test_somebody_else_cannot_press_the_button() -> None:
    assert lost().reply(START, by=BOB, ask="afresh:1").state.lost


def test_where_nothing_is_lost_the_word_is_for_the_agent() -> None:
    scene = Scene().mention().performs().starts().ends().choose("fresh")
    assert scene.command(SendPrompt).text == "fresh"
    assert Scene().choose("fresh", button=True).state == Scene().state


def test_the_label_written_in_the_thread_decides_and_other_words_wait() -> None:
    assert not lost().post("start afresh").state.lost
    assert lost().post("well then").state.lost


def test_a_prompt_the_agent_did_not_take_is_kept_for_the_new_session() -> None:
    scene = Scene().mention("first").performs().starts().ends().post("second").fails("gone", "No.")
    assert scene.lines == ["failed error=No. Your message is kept.", "ask open"]
    scene.reply(START, ask="afresh:1")
    assert scene.command(SendPrompt).text == "second"


def test_a_decision_that_finds_nobody_is_withdrawn_with_the_session() -> None:
    scene = Scene().mention().performs().starts().asks().click().fails("gone", "No.")
    assert scene.state.lost
    assert scene.ask().outcome == "withdrawn"
    assert (scene.ask().by, scene.outbox) == (None, [])


def test_a_second_loss_is_offered_again() -> None:
    scene = lost().reply(START, ask="afresh:1").post("on").performs()(GONE)
    assert scene.ask("afresh:2").status == "open"
    assert scene.ask("afresh:1").outcome == "answered"


def test_the_old_session_says_nothing_any_more() -> None:
    scene = lost()
    before = scene.lines
    assert scene.starts("t2").writes("Ghost", "t2").lines == before
    assert scene(GONE).lines == before


def test_names_of_the_new_session_are_not_those_of_the_old() -> None:
    scene = Scene().mention("first").performs().starts().asks()(GONE)
    scene.reply(START, ask="afresh:1").post("second").performs()
    for event in (
        TurnStarted(turn="t1"),
        TextDelta(turn="t1", item="m1", at=0, text="New."),
        AskOpened(ask=confirmation()),
    ):
        scene(in_era(event, scene.state.era))
    assert scene.lines[-2:] == ["waiting New.", "ask open"]
    assert [own_name(ask.ask.id, 1) for ask in scene.state.open_asks] == ["a1"]
    scene(in_era(AskClosed(ask="a1", how="withdrawn"), 1))
    assert scene.state.open_asks == ()


def test_every_name_of_an_agent_s_carries_its_era_from_the_second_on() -> None:
    note, gap = Notice(id="n", text="x"), Gap(id="g", reason="x")
    assert [in_era(event, 0) for event in (note, gap)] == [note, gap]
    assert in_era(note, 2) == Notice(id="2~n", text="x")
    assert in_era(gap, 2) == Gap(id="2~g", reason="x")
    assert in_era(Attached(cursor="c"), 2) == Attached(cursor="c")
    assert own_name("2~a", 2) == own_name("a", 0) == "a"


def test_a_session_lost_before_it_was_there_has_nothing_to_begin_anew() -> None:
    scene = Scene().mention()(GONE)
    assert scene.lines == ["failed error=The agent forgot."]
    assert not scene.state.lost


def test_an_answer_that_is_no_offer_is_declined() -> None:
    other = Answer(verb="reply", values=(("afresh", ("whatever",)),))
    assert lost().reply(other, ask="afresh:1").state.lost


def test_a_late_outcome_of_the_lost_session_changes_nothing() -> None:
    scene = Scene().mention().performs().starts().asks().click(by=ANN)
    number = scene.state.outbox[0].command.id
    scene(GONE)
    before = scene.state
    assert scene(Performed(command=number)).state == before
