"""What a session does, as scripts: what happened, then what the thread and the outbox say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.asks import Answer, Field
from bot.core.commands import (
    Failed,
    FailureKind,
    Interrupt,
    OpenSession,
    Performed,
    SendAnswer,
    SendPrompt,
)
from bot.core.events import Attached, Detached, Gap, Notice, TextDelta, TurnStarted, Unknown
from bot.core.inbound import Person, PostedFile, Prompt
from bot.core.policy import Rules
from bot.core.session import due_at
from bot.core.views import StatusView, view
from tests.core.scene import ANN, BOB, GUEST, ROBOT, STRANGER, THREAD, Scene


def working() -> Scene:
    """A turn of Ann's is under way."""
    return Scene().mention().performs().starts()


# --- a prompt becomes a turn ----------------------------------------------------------------------


def test_a_mention_becomes_a_turn_that_streams_and_ends() -> None:
    scene = Scene().mention("Look at  the\nlogs")
    assert scene.outbox == ["open_session", "send_prompt:1"]
    assert scene.command(OpenSession).key == "T1/C1/1700000000.000100"
    assert scene.command(SendPrompt).text == "Look at  the\nlogs"
    assert scene.state.title == "Look at the logs"
    assert scene.due() == scene.command(OpenSession)
    scene.performs()
    assert (scene.state.remote_id, scene.outbox) == ("r1", [])
    assert scene.lines == []
    scene.starts(prompt=1).writes("All ").writes("well.")
    assert scene.lines == ["working All well."]
    scene.ends()
    assert scene.lines == ["done All well."]
    assert not scene.state.busy


def test_the_second_prompt_opens_no_second_session() -> None:
    scene = working().ends().post("again")
    assert scene.outbox == ["send_prompt:2"]
    assert scene.state.title == "do it"


def test_a_post_delivered_twice_is_one_prompt() -> None:
    scene = Scene().mention().mention()
    once = scene.state
    assert len(scene.state.queue) == 1
    scene.posts = 0
    assert scene.mention().state == once


def test_posts_wait_in_the_order_they_were_written_and_start_one_by_one() -> None:
    scene = working().choose("one by one").performs()
    for ts in ("1700000000.000030", "1700000000.000020", "1700000000.000010"):
        scene.post(f"at {ts[-2:]}", ts=ts)
    assert [prompt.text for prompt in scene.state.queue] == ["at 10", "at 20", "at 30"]
    for number, text in ((2, "at 10"), (3, "at 20"), (4, "at 30")):
        scene.ends(f"t{number - 1}")
        assert scene.command(SendPrompt).text == text
        scene.performs().starts(f"t{number}")
    assert scene.ends("t4").outbox == []


def test_the_thread_s_earlier_messages_go_with_the_first_prompt_the_agent_takes() -> None:
    scene = Scene().mention(in_thread=True)
    assert scene.command(SendPrompt).context_before == "1700000000.000001"
    scene.fails("refused").mention(in_thread=True)
    assert scene.command(SendPrompt).context_before == "1700000000.000002"
    scene.performs().starts("t2").ends("t2").mention(in_thread=True)
    assert scene.command(SendPrompt).context_before is None


def test_a_mention_that_begins_a_thread_has_no_earlier_messages() -> None:
    assert Scene().mention().command(SendPrompt).context_before is None


def test_where_several_write_the_agent_is_told_who_does() -> None:
    scene = working().mention("and I", by=BOB).ends()
    assert scene.command(SendPrompt).text == "Bob: and I"


@pytest.mark.parametrize(
    ("by", "mention", "others", "direct", "taken"),
    [
        (ANN, False, False, False, True),
        (ANN, False, True, False, False),
        (ANN, True, True, False, True),
        (BOB, False, False, False, False),
        (BOB, True, False, False, True),
        (BOB, False, False, True, True),
    ],
)
def test_a_post_in_the_thread_is_a_prompt_if_it_is_meant_so_E27(
    by: Person, mention: bool, others: bool, direct: bool, taken: bool
) -> None:
    scene = working().post("well", by, mention=mention, others=others, direct=direct)
    assert [prompt.by for prompt in scene.state.queue] == ([by] if taken else [])
    assert scene.whispers == []


def test_as_soon_as_somebody_else_writes_the_owner_must_mention_too_E27() -> None:
    scene = working().post("just saying", BOB).post("not for the agent")
    assert scene.state.queue == ()
    assert len(scene.mention("for the agent").state.queue) == 1


def test_a_post_that_addresses_nobody_starts_nothing() -> None:
    assert Scene().post().state.turns == ()


# --- who may do what ------------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "who"), [(GUEST, "Guests"), (STRANGER, "People from other")])
def test_guests_and_strangers_are_told_privately_that_they_cannot_start(
    by: Person, who: str
) -> None:
    scene = Scene().mention(by=by)
    [(user, text)] = scene.whispers
    assert (user, text[: len(who)]) == (by.user, who)
    assert (scene.state.turns, scene.state.owner) == ((), None)


def test_a_bot_is_not_even_answered_E85() -> None:
    scene = Scene().mention(by=ROBOT)
    assert (scene.state.turns, scene.outbox, scene.state.people) == ((), [], ())


@pytest.mark.parametrize("by", [BOB, GUEST, STRANGER, ROBOT])
def test_only_the_owner_decides_and_stops_E37(by: Person) -> None:
    scene = working().asks().click(by=by).stop(by=by)
    assert scene.ask().status == "open"
    assert scene.turn(1).phase == "working"
    told = [] if by is ROBOT else [by.user, by.user]  # a bot reads no private words
    assert [user for user, _ in scene.whispers] == told


def test_a_member_may_prompt_in_a_session_of_somebody_else() -> None:
    scene = working().mention("mine", by=BOB)
    assert scene.state.queue[0].by == BOB
    assert scene.state.owner == ANN


# --- stop -----------------------------------------------------------------------------------------


def test_stop_when_nothing_runs_is_said_privately() -> None:
    scene = working().ends().stop()
    assert scene.whispers == [("U1", "Nothing is running here, so there is nothing to stop.")]
    [(_, text)] = Scene().stop().whispers
    assert text.startswith("Nobody has started")


def test_stop_before_the_first_token_E30() -> None:
    scene = Scene().mention().performs().stop()
    assert scene.lines == ["stopping by=U1"]
    assert scene.outbox == ["interrupt:1"]
    scene.performs().starts().writes("too late")
    assert scene.lines == ["stopping by=U1"]
    assert scene.ends(outcome="stopped").lines == ["stopped by=U1"]


def test_a_turn_that_begins_before_its_stop_went_out_is_stopped_once() -> None:
    assert Scene().mention().performs().stop().starts().outbox == ["interrupt:1"]


def test_stop_before_the_prompt_went_out_waits_for_it() -> None:
    scene = Scene().mention().stop()
    assert scene.outbox == ["open_session", "send_prompt:1", "interrupt:1"]
    for kind in (OpenSession, SendPrompt, Interrupt):
        command = scene.due()
        assert isinstance(command, kind)
        scene(Performed(command=command.id, remote_id="r1"))
    assert scene.outbox == []


def test_a_stop_never_overtakes_the_prompt_it_stops() -> None:
    scene = Scene().mention().stop()
    scene(Performed(command=scene.command(OpenSession).id, remote_id="r1"))
    later = [replace(p, not_before=2000.0) for p in scene.state.outbox[:1]]
    scene.state = replace(scene.state, outbox=(*later, *scene.state.outbox[1:]))
    assert scene.due() is None
    scene.now = 2000.0
    assert isinstance(scene.due(), SendPrompt)


def test_stop_in_the_middle_keeps_what_was_written_and_adds_nothing_E31() -> None:
    scene = working().writes("So far").tool().stop()
    assert scene.lines == ["stopping So far [Run ls: running] by=U1"]
    scene.performs().writes(" and more").tool("s2").ends(outcome="failed", error="Interrupted.")
    assert scene.lines == ["stopped So far [Run ls: failed] by=U1"]


def test_stop_while_the_agent_waits_takes_the_ask_back() -> None:
    scene = working().asks().stop()
    assert scene.lines == ["ask settled withdrawn", "stopping by=U1"]
    scene.asks("a2")
    assert len(scene.state.asks) == 1
    assert scene.performs().ends(outcome="stopped").lines[-1] == "stopped by=U1"


def test_stop_twice_interrupts_once() -> None:
    scene = working().stop().stop()
    assert scene.outbox == ["interrupt:1"]


def test_a_stopped_session_takes_the_next_message_E33() -> None:
    scene = working().stop().post("next")
    assert scene.outbox == ["interrupt:1"]
    scene.performs().ends(outcome="stopped")
    assert scene.outbox == ["send_prompt:2"]


def test_stop_while_the_agent_is_away_takes_the_message_back_E76() -> None:
    scene = Scene().mention().fails()
    assert scene.lines[0].startswith("warning: Agent away. Your message is kept")
    scene.stop()
    assert scene.lines == ["info: The agent never had your message.", "stopped by=U1"]
    assert scene.outbox == []


def test_stop_during_the_first_try_ends_when_it_fails() -> None:
    scene = Scene().mention().stop().fails()
    assert scene.lines == ["stopped by=U1"]
    assert scene.outbox == ["interrupt:1"]


def test_a_prompt_that_was_taken_back_is_stopped_when_it_reached_the_agent_after_all() -> None:
    scene = Scene().mention().performs().ends("t0").mention().fails().stop()
    assert scene.outbox == []
    key = "msg:1700000000.000002"
    scene(TurnStarted(turn="t2", prompt=key))
    assert scene.outbox == ["interrupt:2"]
    scene(TurnStarted(turn="t2", prompt=key)).writes("Unwanted", "t2")
    assert scene.outbox == ["interrupt:2"]
    assert "Unwanted" not in "".join(scene.lines)
    assert scene.ends("t2").outbox == []


def test_an_ask_may_be_the_first_sign_of_a_prompt_that_was_stopped() -> None:
    scene = Scene().mention().performs().stop().performs().asks()
    assert scene.outbox == ["interrupt:1"]
    assert scene.state.asks == ()


def test_a_stop_that_is_never_confirmed_is_given_up_for_us_but_goes_on_trying() -> None:
    scene = working().stop().fails()
    assert due_at(scene.state, scene.rules, scene.now) == scene.now + scene.rules.retry_first
    scene.wait(9)
    assert scene.lines == ["stopping by=U1"]
    scene.wait(1)
    assert scene.lines == ["stopped by=U1"]
    assert scene.outbox == ["interrupt:1"]
    assert scene.ends(outcome="stopped").outbox == []
    assert due_at(scene.state, scene.rules) is None


def test_a_late_stop_goes_out_before_the_next_prompt_and_says_why_that_waits() -> None:
    """Otherwise it would hit the next turn."""
    scene = working().stop().fails().wait(10).post("next")
    assert scene.outbox == ["interrupt:1", "send_prompt:2"]
    assert isinstance(scene.due(), Interrupt)
    scene.fails()
    assert scene.lines[-1].startswith("warning: Agent away. Your message is kept")
    assert scene.due() is None
    scene.wait(60).performs()
    assert scene.outbox == []
    assert scene.lines[-1] == "info: The agent is back and has your message."


def test_a_message_that_waits_behind_a_late_stop_can_be_taken_back() -> None:
    scene = working().stop().fails().wait(10).post("next").stop()
    assert scene.lines == ["stopped by=U1", "stopped by=U1"]
    assert scene.outbox == ["interrupt:1"]


def test_a_late_stop_is_dropped_once_the_agent_works_on_something_else() -> None:
    scene = working().stop().fails().wait(10)
    assert scene.starts("t9").outbox == []


@pytest.mark.parametrize("failure", ["refused", "unsupported"])
def test_a_stop_the_agent_cannot_do_ends_by_patience(failure: FailureKind) -> None:
    scene = working().stop().fails(failure)
    assert scene.outbox == []
    assert scene.wait(10).lines == ["stopped by=U1"]


def test_a_stop_stops_what_nobody_asked_for_too() -> None:
    scene = working().ends().starts("t9").writes("By the way", "t9").stop()
    assert scene.outbox == ["interrupt:2"]


# --- the agent is away ----------------------------------------------------------------------------


def test_an_unreachable_agent_is_told_of_once_and_gets_the_message_later_E76() -> None:
    scene = Scene().mention().fails()
    kept = "Your message is kept and goes out when it is back. Write *stop* to take it back."
    assert scene.lines == [f"warning: Agent away. {kept}"]
    for expected in (1, 2, 4, 8, 16, 30, 30):
        due = due_at(scene.state, scene.rules, scene.now)
        assert due == scene.now + expected
        assert scene.due() is None
        scene.wait(expected).fails(message="Still away.")
    assert scene.lines == [f"warning: Still away. {kept}"]
    scene.wait(30).performs().starts().writes("Here.")
    assert scene.lines == ["info: The agent is back and has your message.", "working Here."]


@pytest.mark.parametrize("failure", ["refused", "unsupported"])
def test_a_refused_prompt_fails_its_turn_and_the_next_goes_on(failure: FailureKind) -> None:
    scene = Scene().mention()
    scene(Performed(command=scene.command(OpenSession).id, remote_id="r1"))
    scene.post("next").fails(failure, "No.")
    assert scene.lines == ["failed error=No."]
    assert scene.outbox == ["send_prompt:2"]


def test_a_refused_session_fails_the_turn_and_the_next_prompt_asks_again() -> None:
    scene = Scene().mention().fails("refused", "No more sessions.")
    assert scene.lines == ["failed error=No more sessions."]
    assert scene.outbox == []
    assert scene.post().outbox == ["open_session", "send_prompt:2"]


def test_a_refusal_after_the_agent_began_is_no_failure() -> None:
    scene = Scene().mention()
    scene(Performed(command=scene.command(OpenSession).id, remote_id="r1")).starts(prompt=1)
    assert scene.fails("refused").lines == []
    assert scene.turn(1).phase == "working"
    assert scene.outbox == []


def test_a_try_that_seemed_to_fail_is_not_repeated_once_the_agent_began() -> None:
    scene = Scene().mention()
    scene(Performed(command=scene.command(OpenSession).id, remote_id="r1")).starts(prompt=1)
    assert scene.fails().outbox == []


def test_a_prompt_that_was_stopped_is_stopped_even_if_it_is_refused() -> None:
    scene = Scene().mention().stop().fails("refused", "No.")
    assert scene.lines == ["stopped by=U1"]
    assert scene.outbox == []


def test_an_outcome_nobody_waits_for_changes_nothing() -> None:
    scene = working()
    before = scene.state
    scene(Performed(command=99), Failed(command=99, failure="refused", message="No."))
    assert scene.state == before


def test_a_lost_connection_is_told_and_taken_back() -> None:
    scene = working().writes("One")(Detached(reason="Lost."))
    assert scene.lines == ["working One", "warning: Lost. I keep trying."]
    scene(Attached(cursor="7"))
    assert scene.lines[-1] == "info: The connection to the agent is back."
    assert scene.state.cursor == "7"


def test_a_lost_connection_between_turns_interests_nobody() -> None:
    assert working().ends()(Detached(reason="Lost.")).lines == []


def test_a_connection_lost_for_good_fails_what_runs() -> None:
    scene = working().writes("One").asks()(Detached(reason="Lost."))
    scene(Detached(reason="Gone for good.", final=True))
    assert scene.lines == [
        "failed One error=Gone for good.",
        "ask settled withdrawn",
        "info: Gone for good.",
        "ask open",
    ]


# --- what the agent does unasked ------------------------------------------------------------------


def test_a_turn_nobody_asked_for_is_shown_and_messages_wait_for_it() -> None:
    scene = working().ends().starts("t9").writes("By the way", "t9").post("next")
    assert scene.lines[1:] == ["working By the way"]
    assert [prompt.text for prompt in scene.state.queue] == ["next"]
    assert scene.ends("t9").outbox == ["send_prompt:3"]


def test_a_turn_begun_for_somebody_else_s_prompt_is_not_taken_for_ours() -> None:
    scene = Scene().mention().performs()
    scene(TurnStarted(turn="t9", prompt="another key"))
    assert [turn.ref for turn in scene.state.turns] == [None, "t9"]
    assert scene.starts("t1", prompt=1).turn(1).ref == "t1"


def test_a_server_that_names_no_prompts_is_understood() -> None:
    scene = Scene().mention().performs()
    scene(TextDelta(turn="t1", item="m", at=0, text="Hi"))
    assert (scene.turn(1).ref, scene.lines) == ("t1", ["working Hi"])


def test_what_an_agent_does_by_itself_is_not_taken_for_a_prompt_it_has_not_got() -> None:
    """The prompt goes out all the same: else nobody would ever read it."""
    scene = working().ends().post("pay the bill").fails()
    scene.starts("t2").writes("A task of mine is done.", "t2").ends("t2")
    assert scene.outbox == ["send_prompt:2"]
    assert scene.lines[-2].startswith("info: Nobody asked for this")
    scene.wait(60).performs().starts("t3").writes("Paid.", "t3").ends("t3")
    assert scene.turn(2).texts[0].text == "Paid."


def test_a_prompt_the_agent_names_is_asked_for_by_who_wrote_it_whatever_came_before_E37() -> None:
    """Something the agent began by itself in the same moment was taken for its turn."""
    scene = working().ends().post("deploy", BOB, mention=True).performs()
    scene.starts("by itself").writes("A task of mine is done.", "by itself").ends("by itself")
    scene.starts("t2", prompt=2).asks("a1", "t2")
    assert scene.ask().requesters == (BOB,)
    assert not [line for line in scene.lines if "Nobody asked" in line]


def test_notices_and_gaps_stand_where_they_came_once() -> None:
    scene = working().writes("One")(Gap(id="g", reason="Something is missing."))
    scene.writes(" two")(Notice(id="n", text="News."), Notice(id="n", text="Other words."))
    scene(Gap(id="g", reason="Something is missing."))
    assert scene.lines == [
        "working One two",
        "warning: Something is missing.",
        "info: News.",
    ]
    early = Scene()(Notice(id="n", text="Hello.")).mention().performs().starts().writes("One")
    assert early.lines == ["info: Hello.", "working One"]


def test_a_notice_below_a_stop_stays_below_it() -> None:
    scene = Scene().mention().performs().stop()(Notice(id="n", text="News."))
    assert scene.lines == ["stopping by=U1", "info: News."]


def test_unknown_events_are_counted() -> None:
    assert working()(Unknown(name="new"), Unknown(name="newer")).state.unknown_events == 2


def test_the_cursor_is_kept_and_never_compared() -> None:
    scene = working()(Unknown(name="x", cursor="9"))(Unknown(name="x", cursor="1"))
    assert scene(Unknown(name="x")).state.cursor == "1"


# --- asks -----------------------------------------------------------------------------------------


def test_an_ask_seals_the_text_and_goes_from_open_to_settled_E40() -> None:
    scene = working().writes("Before").asks()
    assert scene.lines == ["waiting Before", "ask open"]
    scene.click()
    assert scene.lines[1] == "ask sending Allowed U1"
    assert scene.command(SendAnswer).answer == Answer(verb="allow")
    scene.now += 5
    scene.performs()
    assert scene.lines[1] == "ask settled answered Allowed U1"
    assert scene.ask().at == 1000.0
    assert scene.writes("After").lines == [
        "part Before",
        "ask settled answered Allowed U1",
        "working After",
    ]


def test_an_ask_seen_twice_is_one_card() -> None:
    assert working().asks().click().asks().lines == ["ask sending Allowed U1"]


def test_an_ask_may_be_the_first_thing_an_agent_does() -> None:
    scene = Scene().mention().performs().asks()
    assert scene.lines == ["ask open"]
    assert scene.turn(1).phase == "working"


def test_a_double_click_is_one_answer_E41() -> None:
    scene = working().asks().click().click()
    assert scene.outbox == ["send_answer"]
    assert scene.performs().click().outbox == []


def test_the_second_of_two_who_click_is_told_who_was_first_E41() -> None:
    scene = working().asks().click("allow").click("deny")
    assert scene.whispers == [
        (
            "U1",
            "Too late: <@U1> has already decided in this thread, 1 s ago: Allowed. "
            "Your answer was not used.",
        )
    ]
    assert scene.ask().answer == Answer(verb="allow")


@pytest.mark.parametrize("sent_first", [False, True])
def test_a_click_on_a_card_that_ended_otherwise_is_told_so(sent_first: bool) -> None:
    scene = working().asks()
    if sent_first:
        scene.click("deny")
    scene.closes("withdrawn").click()
    assert scene.whispers == [("U1", "Too late: the agent took it back. Your answer was not used.")]


def test_a_click_on_a_forgotten_card_is_told_so() -> None:
    scene = working().click(ask="gone")
    assert scene.whispers == [("U1", "This request is over; nothing was changed.")]


def test_an_answer_that_does_not_fit_is_refused_privately_and_the_card_stays() -> None:
    scene = working().asks().click("allow_always")
    assert scene.ask().status == "open"
    assert scene.whispers == [("U1", "The agent does not offer this decision.")]


def test_an_answer_the_agent_did_not_get_is_tried_again_then_asked_for_again() -> None:
    scene = working().asks().click()
    for _ in range(scene.rules.answer_tries - 1):
        scene.fails()
        assert scene.lines == ["ask sending Allowed U1 Agent away. Trying again."]
        scene.wait(60)
    scene.fails()
    assert scene.lines == ["ask open Agent away. Please decide again."]
    assert scene.outbox == []
    assert scene.click("deny").performs().lines == ["ask settled answered Denied U1"]


def test_an_answer_that_is_refused_may_be_given_again() -> None:
    scene = working().asks().click().fails("refused", "Not like this.")
    assert scene.lines == ["ask open Not like this."]


@pytest.mark.parametrize(
    ("repeated", "line"),
    [(False, "ask settled elsewhere"), (True, "ask settled answered Allowed U1")],
)
def test_already_answered_is_ours_only_if_we_tried_before(repeated: bool, line: str) -> None:
    scene = working().asks().click().fails("already_answered", repeated=repeated)
    assert scene.lines == [line]
    assert scene.outbox == ([] if repeated else ["whisper"])


def test_already_answered_after_a_try_of_ours_is_ours() -> None:
    scene = working().asks().click().fails().wait(60).fails("already_answered")
    assert scene.lines == ["ask settled answered Allowed U1"]


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ("answered", "ask settled elsewhere"),
        ("withdrawn", "ask settled withdrawn"),
        ("expired", "ask settled expired"),
    ],
)
def test_an_ask_that_ends_on_the_server_says_how_E42(how: str, line: str) -> None:
    scene = working().asks()
    match how:
        case "answered":
            scene.closes("answered")
        case "withdrawn":
            scene.closes("withdrawn")
        case _:
            scene.closes("expired")
    assert scene.lines == [line]
    assert scene.closes("withdrawn").lines == [line]


def test_the_server_may_confirm_our_answer_before_our_call_returns() -> None:
    scene = working().asks().click().closes("answered")
    assert scene.lines == ["ask sending Allowed U1"], "it may have been somebody else's"
    scene.performs()
    assert scene.lines == ["ask settled answered Allowed U1"]
    assert scene.outbox == []


@pytest.mark.parametrize("failure", ["already_answered", "refused"])
def test_somebody_elsewhere_may_be_quicker_than_our_call(failure: FailureKind) -> None:
    scene = working().asks().click().closes("answered").fails(failure)
    assert scene.lines == ["ask settled elsewhere"]
    assert "Too late" in scene.whispers[0][1]


def test_an_ask_the_server_has_closed_never_opens_again() -> None:
    scene = working().asks().click().closes("answered").fails("unavailable").wait(60)
    assert scene.fails("refused").lines == ["ask settled answered Allowed U1"]
    scene = working().asks().click().closes("answered")
    for _ in range(scene.rules.answer_tries):
        scene.fails("unavailable").wait(60)
    assert scene.lines == ["ask settled answered Allowed U1"]


def test_open_asks_end_with_their_turn_but_an_answer_on_its_way_counts() -> None:
    scene = working().asks("a1").asks("a2").click(ask="a1").ends()
    assert scene.lines == ["ask sending Allowed U1", "ask settled withdrawn"]
    assert scene.performs().lines[0] == "ask settled answered Allowed U1"


def test_an_answer_that_failed_after_the_turn_ended_is_withdrawn() -> None:
    scene = working().asks().click().ends().fails("refused")
    assert scene.lines == ["ask settled withdrawn"]


# --- questions ------------------------------------------------------------------------------------


def test_a_reply_in_the_thread_answers_the_one_open_question_E51() -> None:
    scene = working().wonders().post(" blue ")
    assert scene.ask().answer == Answer(verb="reply", values=(("colour", ("b",)),))
    assert scene.state.queue == ()
    assert scene.performs().lines == ["ask settled answered Blue U1"]


def test_a_reply_delivered_twice_answers_once_and_starts_nothing() -> None:
    scene = working().wonders().post("blue")
    scene.posts -= 1
    assert scene.post("blue").state.queue == ()


def test_who_answers_with_a_file_is_told_that_an_answer_carries_none() -> None:
    scene = working().wonders()
    post = Prompt(
        key="msg:9", thread=THREAD, by=ANN, ts="9.1", text="See the plan [file: plan.png]",
        in_thread=True, files=(PostedFile("plan.png", "image/png"),),
    )  # fmt: skip
    scene(post)
    assert scene.ask().status == "sending"
    [(user, text)] = scene.whispers
    assert user == "U1" and "not what is in your files" in text


def test_a_question_takes_any_words_unless_it_says_otherwise() -> None:
    assert working().wonders().post("Mauve").performs().lines[0].endswith("Mauve U1")
    only = Field(id="x", text="Sure?", free_text=False)
    scene = working().wonders("a1", "t1", only).post("Mauve")
    assert scene.ask().status == "open"
    assert [prompt.text for prompt in scene.state.queue] == ["Mauve"]


@pytest.mark.parametrize("case", ["two open", "several fields", "a confirmation", "sent", "empty"])
def test_words_that_answer_nothing_wait_as_a_message(case: str) -> None:
    scene = working()
    match case:
        case "two open":
            scene.wonders("a1").wonders("a2")
        case "several fields":
            scene.wonders("a1", "t1", Field(id="x", text="X?"), Field(id="y", text="Y?"))
        case "a confirmation":
            scene.asks()
        case "sent":
            scene.wonders().post("first words")
        case _:
            scene.wonders()
    scene.post(" " if case == "empty" else "words")
    assert len(scene.state.queue) == 1


def test_only_who_may_decide_answers_in_words() -> None:
    scene = working().wonders().mention("blue", by=BOB)
    assert scene.ask().status == "open"
    assert [prompt.text for prompt in scene.state.queue] == ["blue"]


def test_a_form_answers_a_question() -> None:
    scene = working().wonders().reply(Answer(verb="reply", values=(("colour", ("r",)),)))
    assert scene.performs().lines == ["ask settled answered Red U1"]
    assert scene.reply(Answer(verb="reply", values=())).whispers[0][0] == "U1"


# --- after a restart ------------------------------------------------------------------------------


def test_a_replay_after_a_restart_changes_nothing() -> None:
    scene = (
        Scene().mention().performs().starts(prompt=1).writes("One ").writes("two").asks().click()
    )
    scene.performs().writes(" three")
    before = scene.state
    key = "msg:1700000000.000001"
    scene(Attached(), TurnStarted(turn="t1", prompt=key))
    scene(TextDelta(turn="t1", item="m1", at=0, text="One two")).asks()
    scene(TextDelta(turn="t1", item="m1", at=7, text=" three"))
    assert scene.state == before


def test_time_counts_from_the_server_s_clock_where_it_has_one() -> None:
    scene = Scene().mention().performs()(TurnStarted(turn="t1", time=50.0))
    assert scene.turn(1).started_at == 50.0
    assert scene(TurnStarted(turn="t9", time=60.0)).turn(2).started_at == 60.0


def test_patience_with_a_stop_may_begin_at_the_very_first_moment() -> None:
    scene = Scene(now=0.0, rules=Rules(stop_patience=3.0)).mention().performs().starts().stop()
    assert scene.turn(1).stop_at == 0.0
    assert due_at(replace(scene.state, outbox=()), scene.rules) == 3.0


def test_the_status_of_long_work_is_said_again_before_slack_forgets_it_E16() -> None:
    scene = working()
    started, lasts = scene.state.turns[0].started_at, scene.rules.status_lasts
    assert due_at(scene.state, scene.rules) == started + lasts
    first = _status(scene)
    scene.wait(lasts - 1)
    assert _status(scene) == first
    scene.wait(1)
    assert _status(scene) != first
    assert due_at(scene.state, scene.rules) == scene.now + lasts
    assert due_at(scene.ends().state, scene.rules) is None


def _status(scene: Scene) -> StatusView:
    return next(i.shown for i in view(scene.state).signs if isinstance(i.shown, StatusView))
