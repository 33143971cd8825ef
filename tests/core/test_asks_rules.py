"""What rules decide, and who may decide the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.access import Access, Admitted
from bot.core.approvals import Approvals, Decision, Grant, Layer, Rule, Wanted
from bot.core.asks import Answer, Verb
from bot.core.commands import Performed, SendAnswer
from bot.core.inbound import Always, Person
from bot.core.policy import Capabilities, Rules
from bot.core.stored import dump_state
from tests.core.scene import ANN, BOB, GUEST, ROBOT, Scene

CHO = Person("U6", "Cho")


def under(*rules: Rule, scene: Scene | None = None, **wanted: object) -> Scene:
    """Ann's turn runs under these rules; Bob has spoken here too."""
    layer = Layer(rules=rules, wanted=Wanted(**wanted))  # pyright: ignore[reportArgumentType]
    made = scene or Scene()
    made.rules = replace(made.rules, approvals=Approvals(workspace=layer))
    return made.mention().performs().starts().tool()


def rule(decision: Decision, command: str = "*", reason: str = "") -> Rule:
    return Rule(decision=decision, tool="bash", input=(("command", command),), reason=reason)


# --- rules ----------------------------------------------------------------------------------------


def test_what_a_rule_allows_has_no_card_and_leaves_a_line_in_the_progress_E44() -> None:
    scene = under(rule("allow", "ls")).asks()
    assert scene.command(SendAnswer).answer == Answer(verb="allow")
    assert scene.lines == ["working [Run ls: running]"]
    assert scene.signs[0] == "working"
    [step] = scene.newest.steps
    assert step.rule == "allowed by rule 1 of the workspace (allow bash)"
    scene.performs().tool_ends().ends()
    assert (scene.newest.ruled_count, scene.newest.status) == (1, "done")
    assert scene.lines == ["done [Run ls: done]"]
    assert scene.written == ["automatic", "taken"]


def test_what_rules_decided_is_kept_without_the_input_that_no_card_shows() -> None:
    """A turn may write a thousand files."""
    scene = under(rule("allow", "ls")).asks(content="x" * 10_000, editable=True).performs()
    assert scene.state.records[-1].proposed == {"command": "ls", "content": "x" * 10_000}
    scene.state = replace(scene.state, records=())
    assert len(dump_state(scene.state)) < 5_000
    assert scene.newest.steps[0].rule.startswith("allowed by rule 1")
    shown = under().asks(content="x" * 10_000).click().performs()
    assert shown.card().ask == shown.ask().ask


def test_what_a_rule_denies_is_denied_with_the_reason_E46() -> None:
    scene = under(rule("deny", "ls", "Listing is not our way.")).asks()
    answer = scene.command(SendAnswer).answer
    assert answer.verb == "deny"
    assert answer.text == ("Denied by rule 1 of the workspace (deny bash). Listing is not our way.")
    assert scene.newest.steps[0].rule.startswith("denied by rule 1")
    assert not [line for line in scene.lines if line.startswith("ask")]


def test_where_the_agent_does_not_take_the_rule_s_answer_people_are_asked() -> None:
    scene = under(rule("allow", "ls")).writes("So ").asks().fails("refused", "Not like this.")
    assert scene.lines[-1] == "ask open Not like this."
    assert scene.written == ["automatic", "not_taken", "asked"]
    assert scene.click().command(SendAnswer).answer == Answer(verb="allow")


def test_nobody_allows_what_a_rule_denies_even_if_the_agent_did_not_hear_it() -> None:
    scene = under(rule("deny", "ls")).asks().fails("refused").click()
    assert scene.ask().status == "open"
    assert "denied by rule 1" in scene.whispers[0][1]
    assert scene.click("deny").ask().status == "sending"


def test_rules_that_changed_count_at_the_click_E37() -> None:
    scene = under().asks()
    scene.rules = replace(
        scene.rules, approvals=Approvals(workspace=Layer(wanted=Wanted(who=("U2",))))
    )
    scene.click()
    assert scene.whispers == [("U1", "Only <@U2> can decide this. Ask them to do it.")]
    assert scene.card().who == "<@U2>"
    assert scene.click(by=BOB).ask().by == BOB
    assert scene.written == ["asked", "refused", "decided"]


def test_a_rule_made_while_a_request_is_open_decides_it() -> None:
    scene = under().asks()
    scene.rules = replace(scene.rules, approvals=Approvals(workspace=Layer(rules=(rule("allow"),))))
    scene.wait(1)
    assert (scene.ask().status, scene.ask().by) == ("sending", None)
    scene.click("deny")
    assert "rule 1 of the workspace (allow bash) has already decided" in scene.whispers[0][1]


def test_a_channel_s_rule_is_for_its_threads_only() -> None:
    scene = Scene()
    layer = Layer(rules=(rule("allow"),))
    scene.rules = replace(scene.rules, approvals=Approvals(channels={"C1": layer}))
    assert scene.mention().performs().starts().asks().ask().hidden
    scene.rules = replace(scene.rules, approvals=Approvals(channels={"C2": layer}))
    assert not scene.asks("a2").ask("a2").hidden


# --- who ------------------------------------------------------------------------------------------


def test_who_asked_may_not_decide_where_others_must_E37() -> None:
    scene = under(who=("owner", "U2"), not_requester=True).asks().click()
    assert scene.whispers[0][1].startswith("You asked for this yourself")
    assert scene.card().asked_by == ("U1",)
    assert scene.click(by=BOB).ask().status == "sending"


def together(*who: str, not_requester: bool = False) -> Scene:
    """A turn of what Ann and Bob wrote while the agent worked."""
    scene = (
        under(who=who, not_requester=not_requester).post("a").post("b", BOB, mention=True).ends()
    )
    return scene.performs().starts("t2").tool(turn="t2").asks(turn="t2")


def test_all_whose_messages_were_read_together_asked_for_it_E37() -> None:
    scene = together("owner", "U2", "U6", not_requester=True)
    for one in (ANN, BOB):
        assert scene.click(by=one).whispers[-1][1].startswith("You asked for this yourself")
    assert scene.card().asked_by == ("U1", "U2")
    assert scene.card().who.endswith(", but not <@U1> or <@U2>")
    assert scene.click(by=CHO).ask().status == "sending"


def test_who_guides_the_work_asked_for_it_too_E37() -> None:
    scene = Scene(rules=Rules(able=Capabilities(steer=True)))
    scene = under(scene=scene, who=("owner", "U2"), not_requester=True).choose("steer")
    scene.post("Mind the gap", BOB, mention=True)
    for ask in ("a1", "a2"):  # on its way to the agent, then taken
        scene.asks(ask).click(by=BOB, ask=ask)
        assert scene.ask(ask).requesters == (ANN, BOB)
        assert scene.ask(ask).status == "open"
        scene.performs()


def test_each_of_those_who_asked_may_decide_where_who_asked_may_E37() -> None:
    assert together("requester").click(by=BOB).ask().status == "sending"


def test_a_question_is_answered_by_who_asked_for_it_too_E50() -> None:
    scene = Scene().mention().performs().starts().ends().mention(by=BOB).performs().starts("t2")
    scene.wonders(turn="t2").reply(Answer(verb="reply", values=(("colour", ("r",)),)), BOB)
    assert (scene.ask().status, scene.ask().by) == ("sending", BOB)
    assert scene.written[-1] == "answered"
    assert scene.performs().written[-1] == "taken"


@pytest.mark.parametrize("verb", ["allow_session", "allow_always"])
def test_where_each_call_is_decided_by_itself_nobody_allows_more(verb: Verb) -> None:
    verbs: tuple[Verb, ...] = ("allow", "allow_session", "allow_always", "deny")
    scene = under(always=False).asks(verbs=verbs)
    assert scene.card().ask == replace(scene.ask().ask, verbs=("allow", "deny"))  # pyright: ignore[reportCallIssue]
    assert scene.click(verb).whispers == [("U1", "Only this one call can be allowed here.")]
    assert under().asks(verbs=verbs).click(verb).ask().status == "sending"


# --- several people -------------------------------------------------------------------------------


def test_as_many_as_needed_have_to_agree_and_one_counts_once() -> None:
    scene = under(who=("anyone",), need=2).asks().click().click()
    assert (scene.ask().status, scene.card().agreed) == ("open", ("U1",))
    assert scene.whispers == [("U1", "You have agreed already. It takes 1 more.")]
    scene.click(by=BOB)
    assert (scene.ask().status, scene.ask().by) == ("sending", BOB)
    assert scene.card().agreed == ("U1", "U2")
    assert scene.written == ["asked", "voted", "voted", "decided"]


def test_one_denial_denies() -> None:
    scene = under(who=("anyone",), need=3).asks().click().click("deny", by=BOB)
    assert scene.command(SendAnswer).answer.verb == "deny"


def test_another_input_is_another_proposal() -> None:
    changed = Answer(verb="allow", input={"command": "ls -a"})
    scene = under(who=("anyone",), need=2).asks(editable=True).click().reply(changed, BOB)
    assert (scene.ask().status, scene.card().agreed) == ("open", ("U2",))
    assert scene.card().effective == {"command": "ls -a"}
    scene.click(by=CHO)
    assert (scene.card().agreed, scene.card().effective) == (("U6",), None)
    scene.reply(changed, BOB).reply(changed, CHO)
    assert scene.command(SendAnswer).answer == changed


def test_who_lost_the_right_meanwhile_is_not_counted() -> None:
    scene = under(who=("anyone",), need=2).asks().click(by=BOB)
    wanted = Wanted(who=("U1", "U6"), need=2)
    scene.rules = replace(scene.rules, approvals=Approvals(workspace=Layer(wanted=wanted)))
    scene.click()
    assert (scene.ask().status, scene.card().agreed) == ("open", ("U1",))


# --- edited, in words, together -------------------------------------------------------------------


def test_a_changed_input_goes_only_where_the_agent_takes_one_E45() -> None:
    changed = Answer(verb="allow", input={"command": "ls -a"})
    scene = under().asks().reply(changed)
    assert scene.whispers[0][1].startswith("The agent does not take a changed input")
    scene = under().asks(editable=True).reply(changed)
    assert scene.command(SendAnswer).answer == changed
    assert scene.card().effective == {"command": "ls -a"}
    decided = next(r for r in scene.state.records if r.kind == "decided")
    assert (decided.proposed, decided.effective) == ({"command": "ls"}, {"command": "ls -a"})


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", Answer(verb="allow")),
        ("Approve!", Answer(verb="allow")),
        ("go ahead", Answer(verb="allow")),
        ("No.", Answer(verb="deny")),
        ("deny: not on a Friday", Answer(verb="deny", text="not on a Friday")),
        ("deny not on a Friday", Answer(verb="deny", text="not on a Friday")),
        ("No, not on a Friday", Answer(verb="deny", text="not on a Friday")),
        ("yes, but first look at the logs", None),
        ("no idea what this is", None),
        ("I say yes", None),
    ],
)
def test_a_word_that_is_nothing_else_decides_E38(text: str, answer: Answer | None) -> None:
    scene = under().asks().post(text)
    if answer is None:
        assert scene.ask().status == "open"
        assert [prompt.text for prompt in scene.state.queue] == [text]
    else:
        assert scene.command(SendAnswer).answer == answer
        assert scene.state.queue == ()


def test_a_word_decides_nothing_where_two_requests_are_open_E38() -> None:
    scene = under().asks().asks("a2").post("yes")
    assert [ask.status for ask in scene.state.asks] == ["open", "open"]


@pytest.mark.parametrize("by", [BOB, GUEST])
def test_a_word_of_somebody_without_the_right_decides_nothing_E38(by: Person) -> None:
    scene = under().asks().mention("yes", by=by, in_thread=True)
    assert scene.ask().status == "open"
    assert scene.whispers[0][0] == by.user


def test_a_bot_s_word_or_click_decides_nothing_E38() -> None:
    scene = under(who=("anyone", ROBOT.user)).asks().mention("yes", by=ROBOT, in_thread=True)
    assert scene.click(by=ROBOT).ask().status == "open"


def test_all_of_a_turn_are_decided_together_where_one_may_E47() -> None:
    mine = Rule(input=(("command", "mine"),), wanted=Wanted(who=("U2",)))
    scene = under(mine).asks().asks("a2").asks("a3", command="mine")
    assert scene.card().others == 2
    scene.reply(Answer(verb="deny", text="Not now."), all_of_them=3)
    assert [ask.status for ask in scene.state.asks] == ["sending", "sending", "open"]
    assert scene.ask("a2").answer == Answer(verb="deny", text="Not now.")
    assert scene.whispers[0][1].startswith("1 other request was left open")


@pytest.mark.parametrize("verb", ["allow", "deny"])
def test_nobody_decides_a_request_that_came_after_what_they_had_read_E47(verb: Verb) -> None:
    scene = under().asks().asks("a2").asks("a3", command="rm -rf .")
    scene.reply(Answer(verb=verb), all_of_them=2)
    assert {ask.status for ask in scene.state.asks} == {"open"}
    assert "has asked for more meanwhile" in scene.whispers[0][1]
    scene.reply(Answer(verb=verb), all_of_them=3)
    assert {ask.status for ask in scene.state.asks} == {"sending"}


def test_the_second_is_told_who_decided_where_and_when_E41() -> None:
    scene = under(who=("anyone",)).asks().reply(Answer(verb="allow"), place="C9")
    scene.now += 90
    scene.click("deny", by=BOB)
    assert scene.whispers == [
        ("U2", "Too late: <@U1> has already decided in <#C9>, 1 min 30 s ago: Allowed. "
               "Your answer was not used.")
    ]  # fmt: skip
    assert scene.card().place == "C9"


# --- standing rules -------------------------------------------------------------------------------

ALWAYS = Always(scope="thread", input=(("command", "l*"),), seconds=60)


def test_a_standing_rule_allows_this_call_the_open_ones_and_those_to_come_E44() -> None:
    scene = under().asks().asks("a2", command="ls -a").asks("a3", command="make")
    scene.reply(Answer(verb="allow"), always=ALWAYS)
    assert [ask.status for ask in scene.state.asks] == ["sending", "sending", "open"]
    assert scene.ask("a2").ruled and scene.ask().by == ANN
    assert scene.card().label == "Allowed, and such calls in the thread for 1 min"
    [made] = [r.grant for r in scene.state.records if r.grant]
    assert (made.place, made.tool, made.until) == (scene.state.id, "bash", scene.now + 60)
    assert scene.ask("a2").rule == f"standing rule {made.id} of Ann"
    assert scene.asks("a4", command="ls b").ask("a4").hidden
    scene.rules, scene.state = (
        replace(scene.rules, grants=(made,)),
        replace(scene.state, records=()),
    )
    assert scene.asks("a5", command="ls c").ask("a5").hidden
    scene.now += 60
    assert not scene.asks("a6", command="ls d").ask("a6").hidden


def test_a_standing_rule_allows_no_more_than_its_maker_could() -> None:
    made = Grant(
        id="g", scope="channel", place="C1", agent="demo", tool="bash", by=ANN, made_at=0, until=1e9
    )
    scene = Scene(rules=replace(Rules(), grants=(made,)))
    assert scene.mention(by=BOB).performs().starts().asks().ask().status == "open"


def test_a_standing_rule_ends_with_its_maker_s_right_to_work_here() -> None:
    made = Grant(
        id="g", scope="channel", place="C1", agent="demo", tool="bash", by=BOB, made_at=0, until=1e9
    )
    rules = replace(Rules(), grants=(made,))
    assert under(who=("owner", "U2"), scene=Scene(rules=rules)).asks().ask().hidden
    scene = Scene(rules=replace(rules, access=Access(workspace=Admitted(people=("U1",)))))
    assert under(who=("owner", "U2"), scene=scene).asks().ask().status == "open"


@pytest.mark.parametrize(
    "always",
    [
        replace(ALWAYS, seconds=float("nan")),
        replace(ALWAYS, seconds=1e9),
        replace(ALWAYS, input=(("command", "git *"),)),
    ],
)
def test_a_standing_rule_that_makes_no_sense_is_not_made(always: Always) -> None:
    scene = under().asks().reply(Answer(verb="allow"), always=always)
    assert (scene.ask().status, scene.written, len(scene.whispers)) == ("open", ["asked"], 1)


def test_no_standing_rule_where_several_have_to_agree() -> None:
    scene = under(need=2, who=("anyone",)).asks().reply(Answer(verb="allow"), always=ALWAYS)
    assert scene.whispers[0][1].startswith("Standing rules are not possible here")
    assert not scene.card().always


# --- the trail ------------------------------------------------------------------------------------


def test_stops_and_permission_modes_are_written_down() -> None:
    scene = under().tune("mode", "plan")
    scene(Performed(command=scene.state.outbox[-1].command.id)).stop()
    assert [(r.kind, r.by, r.detail) for r in scene.state.records] == [
        ("configured", ANN, "permission mode: plan"),
        ("stopped", ANN, "turn 1"),
    ]


def test_what_was_decided_elsewhere_or_taken_back_is_written_down() -> None:
    assert under().asks().closes("answered").written == ["asked", "elsewhere"]
    assert under().asks().ends().written == ["asked", "withdrawn"]
    assert under().asks().closes("expired").written == ["asked", "expired"]
