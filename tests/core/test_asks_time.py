"""What time does to an ask: reminders, deadlines, servers that wait only briefly."""

from __future__ import annotations

from dataclasses import replace

from bot.core.approvals import Approvals, Layer, Wanted
from bot.core.asks import Answer
from bot.core.commands import Failed, SendAnswer, SendPrompt
from bot.core.policy import Capabilities, Rules
from bot.core.session import due_at
from bot.core.views import NoticeView, tidy, view
from tests.core.scene import ANN, BOB, Scene

ENDS = Wanted(who=("owner", "U2"), deadline=600.0, remind=60.0, at_deadline="deny")


def under(wanted: Wanted = ENDS, hold: float | None = None) -> Scene:
    policy = Approvals(workspace=Layer(wanted=wanted))
    rules = replace(Rules(), approvals=policy, able=Capabilities(max_hold=hold))
    return Scene(rules=rules).mention().performs().starts().tool()


def reminders(scene: Scene) -> list[tuple[str, str]]:
    shown = [item.shown for item in view(scene.state).messages]
    return [(one.to, one.text) for one in shown if isinstance(one, NoticeView) and one.to]


# --- reminder and deadline ------------------------------------------------------------------------


def test_those_who_may_decide_are_reminded_once_E43() -> None:
    scene = under().asks()
    assert due_at(scene.state, scene.rules, after=scene.now) == scene.now + 60
    assert reminders(scene.wait(59)) == []
    scene.wait(1).wait(60)
    text = "Still waiting for a decision: Run ls. Without one it is denied in 9 min."
    assert reminders(scene) == [("<@U1> <@U2>", text)]


def test_a_question_is_reminded_of_once_E55() -> None:
    scene = under(Wanted()).wonders().wait(30 * 60).wait(30 * 60)
    assert reminders(scene) == [("<@U1>", "Still waiting for an answer: A question.")]
    assert scene.signs[0] == "waiting"


def test_what_ends_never_ends_unannounced_E43() -> None:
    scene = under(replace(ENDS, deadline=40.0)).asks().wait(30)
    assert len(reminders(scene)) == 1
    assert under(replace(ENDS, remind=0.0)).asks().wait(450).ask().reminded


def test_by_default_it_waits_for_as_long_as_it_takes_E43() -> None:
    scene = under(Wanted()).asks().wait(30 * 86400)
    assert (scene.ask().status, scene.ask().deadline) == ("open", None)
    assert scene.click().ask().status == "sending"


def test_at_the_deadline_the_agent_is_told_no_E43() -> None:
    scene = under().asks().wait(60).wait(540)
    answer = scene.command(SendAnswer).answer
    assert (answer.verb, answer.text) == ("deny", "Nobody decided this in time, so it is denied.")
    scene.performs()
    assert scene.ask().outcome == "expired"
    assert "ask settled expired Denied" in scene.lines
    assert scene.written == ["asked", "expired"]
    scene.click()
    assert "its time is over" in scene.whispers[0][1]


def test_a_deadline_that_passed_while_the_bot_was_away_says_so_E43() -> None:
    scene = under().asks().wait(10_000)
    said = "ran out while I was not running: nobody was reminded"
    assert said in (scene.command(SendAnswer).answer.text or "")
    scene.performs()
    assert (scene.card().outcome, scene.card().by, reminders(scene)) == ("expired", None, [])
    assert said in scene.card().reason
    late = parked().wait(10_000)
    assert late.card().outcome == "expired" and said in late.card().reason


def test_a_deadline_the_agent_could_not_be_told_of_is_told_again() -> None:
    scene = under().asks().wait(600)
    for _ in range(scene.rules.answer_tries):
        scene.now += 60
        scene.fails()
    assert scene.ask().status == "open"
    assert scene.wait(1).command(SendAnswer).answer.verb == "deny"
    scene.fails("refused", "Not so.")
    assert (scene.ask().status, scene.ask().deadline) == ("open", None)
    assert scene.wait(1000).ask().status == "open"


def test_a_deadline_does_not_end_a_question() -> None:
    assert under().wonders().wait(10_000).ask().status == "open"


# --- servers that wait only briefly ---------------------------------------------------------------


def parked(hold: float = 60.0) -> Scene:
    scene = under(hold=hold).asks()
    assert due_at(scene.state, scene.rules, after=scene.now) == scene.now + hold - 5
    return scene.wait(hold - 5)


def test_before_the_server_gives_up_it_is_told_no_and_the_request_stays_open() -> None:
    scene = under(hold=60.0).asks()
    assert scene.card().held_until == scene.now + 60
    scene.wait(55)
    assert scene.command(SendAnswer).answer.verb == "deny"
    scene.performs().closes("answered").tool_ends(ok=False).ends()
    assert (scene.ask().status, scene.card().parked, scene.card().held_until) == (
        "open", True, None,
    )  # fmt: skip
    assert scene.lines == ["done [Run ls: recovered]", "ask open"]
    assert scene.written == ["asked", "parked"]


def test_a_late_approval_allows_exactly_this_call_once() -> None:
    scene = parked().performs().ends().click(by=BOB)
    assert (scene.ask().outcome, scene.card().label) == ("answered", "Allowed for the next try")
    assert "Bob allowed it after the agent had to go on" in scene.lines[-1]
    sent = scene.command(SendPrompt)
    assert "Bob has now allowed" in sent.text and "\nRun ls\n" in sent.text
    scene.performs().starts("t2", prompt=2).asks("a2", "t2", command="ls -a").asks("a3", "t2")
    assert scene.ask("a2").status == "open"
    assert scene.ask("a3").answer == Answer(verb="allow")
    assert scene.ask("a3").rule == "approval of Bob, given when it was asked before"
    assert scene.performs().asks("a4", "t2").ask("a4").status == "open"
    assert scene.ask("a4").requesters == (ANN,)


def test_what_was_allowed_too_late_is_told_though_the_first_turn_is_forgotten() -> None:
    scene = parked().performs().ends().click(by=BOB).shows()
    scene.state = tidy(scene.state)
    assert [turn.number for turn in scene.state.turns] == [2]
    scene.performs().starts("t2", prompt=2)
    assert (scene.turn(2).phase, scene.outbox) == ("working", [])


def again() -> Scene:
    """What was allowed too late is asked again, and is being answered by it."""
    scene = parked().performs().ends().click(by=BOB).performs()
    return scene.starts("t2", prompt=2).asks("a2", "t2")


def test_an_approval_that_comes_too_late_again_is_not_used_up() -> None:
    scene = again().closes("expired", "a2")
    assert "The agent did not wait until it was told that it may do this" in scene.lines[-1]
    assert scene.asks("a3", "t2").ask("a3").answer == Answer(verb="allow")
    scene.performs().closes("answered", "a3")
    assert scene.asks("a4", "t2").ask("a4").status == "open"


def test_an_agent_that_says_it_waits_no_longer_may_try_again_too() -> None:
    scene = again().wait(61).fails("already_answered")
    assert scene.ask("a2").outcome == "expired"
    scene.closes("expired", "a2")
    assert sum("did not wait" in line for line in scene.lines) == 1
    assert scene.asks("a3", "t2").ask("a3").answer == Answer(verb="allow")


def test_what_is_over_is_not_opened_again_by_an_answer_that_never_arrived() -> None:
    scene = again()
    sent = scene.command(SendAnswer)
    scene.closes("expired", "a2")
    scene(Failed(command=sent.id, failure="unavailable", message="Agent away."))
    assert (scene.ask("a2").status, scene.ask("a2").outcome) == ("settled", "expired")
    assert scene.outbox == []


def test_who_asks_for_it_now_cannot_have_allowed_it_before_E37() -> None:
    scene = under(replace(ENDS, not_requester=True), hold=60.0).asks().wait(55)
    scene.performs().ends().click(by=BOB).performs().starts("t2", prompt=2).ends("t2")
    scene.mention("the same again", by=BOB).performs().starts("t3").asks("a3", "t3")
    assert (scene.ask("a3").status, scene.ask("a3").requesters) == ("open", (BOB,))


def test_who_may_decide_no_longer_has_allowed_nothing_E37() -> None:
    for narrower in (replace(ENDS, who=("owner",)), replace(ENDS, need=2)):
        scene = parked().performs().ends().click(by=BOB).performs().starts("t2", prompt=2)
        policy = Approvals(workspace=Layer(wanted=narrower))
        scene.rules = replace(scene.rules, approvals=policy)
        assert scene.asks("a2", "t2").ask("a2").status == "open"


def test_an_approval_is_used_up_where_the_call_may_have_run() -> None:
    scene = again().closes("withdrawn", "a2")
    assert scene.asks("a3", "t2").ask("a3").status == "open"


def test_an_approval_the_agent_refuses_is_used_up_and_people_are_asked() -> None:
    scene = again().fails("refused")
    assert (scene.ask("a2").status, scene.state.passes) == ("open", ())


def test_two_calls_at_once_are_not_both_allowed_by_one_approval() -> None:
    scene = again().asks("a3", "t2")
    assert (scene.ask("a2").status, scene.ask("a3").status) == ("sending", "open")


def test_a_late_approval_is_not_for_ever() -> None:
    scene = parked().performs().ends().click().performs()
    scene.now += 90_000
    assert scene.starts("t2", prompt=2).asks("a2", "t2").ask("a2").status == "open"


def test_a_yes_to_what_the_agent_said_since_allows_nothing_from_before_E38() -> None:
    assert parked().performs().ends().post("yes").ask().outcome == "answered"
    scene = parked().performs().ends().mention("clean up").performs().starts("t2")
    scene.writes("Shall I?", "t2").ends("t2").post("yes", mention=True)
    assert scene.ask().status == "open"
    assert "yes" in scene.command(SendPrompt).text


def test_a_question_beside_a_parked_request_is_answered_in_words_E51() -> None:
    """The agent waits for this answer alone; but a yes or no may be meant for the request."""
    scene = parked().wonders("q1").post("yes")
    assert (scene.ask("q1").status, scene.ask().status) == ("open", "open")
    assert scene.waits == ["yes"]
    scene = parked().wonders("q1").post("Mauve")
    assert (scene.ask("q1").status, scene.ask().status) == ("sending", "open")
    assert scene.waits == []
    scene = parked().asks("a2").post("Mauve")
    assert (scene.ask("a2").status, scene.waits) == ("open", ["Mauve"])


def test_a_late_denial_just_settles() -> None:
    scene = parked().performs().ends().click("deny")
    assert (scene.card().label, scene.outbox) == ("Denied", [])
    assert scene.written == ["asked", "parked", "decided"]


def test_a_decision_while_the_no_is_on_its_way_changes_only_what_comes() -> None:
    scene = parked().click()
    assert [p.command.kind for p in scene.state.outbox] == ["send_answer"]
    assert scene.performs().ends().outbox == ["send_prompt:2"]


def test_nobody_allows_more_than_one_call_too_late() -> None:
    scene = under(hold=60.0).asks(verbs=("allow", "allow_session", "deny")).wait(55)
    assert "Only this one call" in scene.click("allow_session").whispers[0][1]


def test_a_parked_request_ends_at_its_deadline() -> None:
    scene = parked().performs().ends().wait(600)
    assert (scene.ask().outcome, scene.outbox) == ("expired", [])


def test_what_the_server_gave_up_meanwhile_is_parked_without_a_word_to_it() -> None:
    scene = under(hold=60.0).asks().closes("expired")
    assert (scene.ask().parked, scene.outbox) == (True, [])
    scene = under(hold=60.0).asks(time=0.0).wait(1)
    assert (scene.ask().parked, scene.outbox) == (True, [])


def test_a_question_the_server_gave_up_is_over() -> None:
    scene = under(hold=60.0).wonders().closes("expired")
    assert (scene.ask().status, scene.ask().outcome) == ("settled", "expired")


def test_what_was_allowed_too_late_does_not_outlive_the_session() -> None:
    scene = parked().performs().click().post("and then?")
    assert [prompt.by for prompt in scene.state.queue] == [ANN, ANN]
    scene.ends().fails("gone", "Gone.")
    assert (scene.state.passes, scene.waits) == ((), ["and then?"])


def test_what_somebody_else_decided_first_is_settled_elsewhere() -> None:
    scene = parked().fails("already_answered")
    assert scene.ask().status == "open"
    assert scene.closes("answered").ask().outcome == "elsewhere"
    scene = parked().closes("answered").closes("answered")
    assert scene.ask().status == "open"
    assert scene.fails("already_answered").ask().outcome == "elsewhere"


def test_our_own_no_is_not_somebody_else_s() -> None:
    scene = parked().closes("answered").performs().closes("answered")
    assert scene.ask().status == "open"
    scene = parked().fails("unavailable")
    scene.now += 5
    scene.fails("already_answered").closes("answered")
    assert scene.ask().status == "open"


def test_a_server_that_gave_up_by_itself_leaves_the_request_open_here() -> None:
    scene = parked().fails("already_answered").closes("expired")
    assert (scene.ask().status, scene.outbox) == ("open", [])
    scene = parked().closes("expired")
    assert (scene.ask().status, scene.outbox) == ("open", [])
    assert scene.click().ask().outcome == "answered"


def test_while_it_is_parked_the_agent_works() -> None:
    scene = parked().performs()
    assert (scene.signs[0], scene.newest.status) == ("working", "working")
    assert scene.ends().signs[0] == "waiting"
