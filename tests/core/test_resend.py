"""A prompt of which nobody can tell whether the agent has it."""

from __future__ import annotations

from bot.core.asks import Answer, Question
from bot.core.commands import Begun, Failed, Performed, SendPrompt
from bot.core.events import Detached
from bot.core.session.ours import own_answer
from bot.core.session.resend import CAME
from tests.core.scene import BOB, Scene

DOUBT = "I was restarted before the agent confirmed your message: it may or may not have it."
AGAIN = own_answer("resend", "again")
DROP = own_answer("resend", "drop")


def sent(scene: Scene | None = None) -> Scene:
    """A prompt is about to go out, and that is noted."""
    scene = scene or Scene().mention("pay the bill")
    scene(Performed(command=scene.state.outbox[0].command.id, remote_id="r1"))
    return scene(Begun(command=scene.command(SendPrompt).id))


def doubtful() -> Scene:
    return sent().fails("in_doubt", DOUBT)


def ask_of(scene: Scene) -> str:
    return next(known.ask.id for known in scene.state.open_asks)


def test_nothing_is_sent_again_before_somebody_decides() -> None:
    scene = doubtful()
    assert scene.outbox == []
    assert scene.lines == ["ask open"]
    assert scene.signs[0] == "waiting"
    ask = scene.ask(ask_of(scene)).ask
    assert isinstance(ask, Question) and ask.title == DOUBT
    assert [choice.label for choice in ask.fields[0].choices] == ["Send again", "Drop"]
    assert scene.post("next").performs().outbox == [], "the order of posts is kept"


def test_send_again_sends_what_was_to_be_sent_under_the_same_key() -> None:
    scene = sent()
    before = scene.command(SendPrompt)
    scene.fails("in_doubt", DOUBT)
    ask = ask_of(scene)
    scene.reply(AGAIN, ask=ask)
    after = scene.command(SendPrompt)
    assert (after.key, after.text, after.turn) == (before.key, before.text, before.turn)
    scene.performs().starts().writes("Paid.").ends()
    assert scene.lines == ["ask settled answered Send again U1", "done Paid."]


def test_a_second_doubt_is_a_second_question() -> None:
    scene = doubtful()
    scene.reply(AGAIN, ask=ask_of(scene))
    scene(Begun(command=scene.command(SendPrompt).id)).fails("in_doubt", DOUBT)
    assert scene.lines == ["ask settled answered Send again U1", "ask open"]


def test_drop_ends_the_turn_and_the_next_post_goes_out() -> None:
    scene = doubtful()
    scene.post("next").reply(DROP, ask=ask_of(scene))
    assert scene.turn(1).phase == "stopped" and scene.turn(1).stopped_by == "U1"
    assert scene.command(SendPrompt).text == "next"


def test_the_words_on_the_buttons_decide_too_and_other_words_wait() -> None:
    scene = doubtful().post("hm")
    assert [prompt.text for prompt in scene.state.queue] == ["hm"]
    assert scene.post("Send again").command(SendPrompt).text == "pay the bill"


def test_only_the_owner_decides() -> None:
    scene = doubtful()
    scene.reply(AGAIN, by=BOB, ask=ask_of(scene))
    assert scene.outbox == ["whisper"]


def test_what_the_agent_does_answers_the_question() -> None:
    scene = doubtful().starts().writes("On it.")
    assert scene.lines == [f"ask settled answered {CAME}", "working On it."]
    assert scene.outbox == []
    assert scene.ends().post("next").command(SendPrompt).text == "next"


def test_a_press_that_comes_too_late_sends_nothing() -> None:
    scene = doubtful()
    ask = ask_of(scene)
    scene.starts().reply(AGAIN, ask=ask)
    assert scene.outbox == ["whisper"]


def test_a_stop_stops_it_even_if_the_agent_begins_later() -> None:
    scene = doubtful().stop()
    assert scene.outbox == ["interrupt:1"]
    assert scene.performs().starts().writes("no").turn(1).phase == "stopping"
    assert "interrupt:1" in scene.outbox


def test_a_session_that_is_lost_meanwhile_keeps_no_message_in_doubt() -> None:
    scene = doubtful()(Detached(reason="The agent forgot.", final=True))
    assert "Nobody can tell whether it had your message" in scene.turn(1).error
    assert scene.state.queue == () and scene.state.lost


def test_a_prompt_on_its_way_when_the_session_is_lost_is_in_doubt() -> None:
    scene = sent()(Detached(reason="The agent forgot.", final=True))
    assert "Nobody can tell whether it had your message" in scene.turn(1).error
    assert scene.state.queue == ()


def test_a_prompt_that_the_server_refused_as_unknown_was_certainly_not_taken() -> None:
    scene = sent().fails("gone", "It forgot.")
    assert "Your message is kept" in scene.turn(1).error
    assert [prompt.text for prompt in scene.state.queue] == ["pay the bill"]
    unsure = sent()
    number = unsure.command(SendPrompt).id
    unsure(Failed(command=number, failure="gone", message="It forgot.", unsure=True))
    assert unsure.state.queue == ()


def test_a_try_that_certainly_failed_leaves_no_doubt() -> None:
    scene = sent().fails("unavailable")
    assert [pending.begun for pending in scene.state.outbox] == [False]
    number = scene.command(SendPrompt).id
    unsure = Failed(command=number, failure="unavailable", message="Away.", unsure=True)
    assert [p.begun for p in scene(Begun(command=number), unsure).state.outbox] == [True]


def test_a_server_that_is_away_is_not_said_to_get_the_message_for_sure() -> None:
    scene = sent()
    number = scene.command(SendPrompt).id
    scene(Failed(command=number, failure="unavailable", message="Away.", unsure=True))
    assert scene.lines == [
        "warning: Away. It may have your message already: I look when it is back."
    ]
    scene.wait(60).fails("in_doubt", DOUBT)
    assert scene.lines == ["info: The agent is back.", "ask open"]


def test_an_agent_s_ask_of_such_a_name_is_the_agent_s() -> None:
    scene = Scene().mention().performs().starts().wonders("resend:7").writes("…")
    assert scene.ask("resend:7").status == "open"
    scene.reply(Answer(verb="reply", values=(("colour", ("r",)),)), ask="resend:7")
    assert scene.outbox == ["send_answer"]


def perhaps_there() -> Scene:
    """The agent went away before anybody could tell whether it had the prompt."""
    return stays_away(sent())


def stays_away(scene: Scene) -> Scene:
    number = scene.command(SendPrompt).id
    return scene(Failed(command=number, failure="unavailable", message="Away.", unsure=True))


def test_of_a_message_that_may_be_there_it_is_not_said_that_it_never_came() -> None:
    stopped = stays_away(perhaps_there().stop())
    doubt = "info: Nobody can tell whether the agent had your message."
    assert stopped.lines == [doubt, "stopped by=U1"]
    assert stopped.outbox == ["interrupt:1"], "it may be at work on it"
    lost = perhaps_there()(Detached(reason="The agent forgot.", final=True))
    assert lost.lines[0] == doubt
    assert "Nobody can tell whether it had your message" in lost.turn(1).error


def test_a_message_in_doubt_that_was_stopped_is_not_asked_about() -> None:
    scene = sent().stop().fails("in_doubt", DOUBT)
    assert scene.lines == ["stopped by=U1"]
    assert scene.state.open_asks == ()
    assert scene.outbox == ["interrupt:1"], "it may be at work on it"
