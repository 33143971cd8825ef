"""The policy as data: what happens with a call, and who decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.access import Where
from bot.core.approvals import (
    Approvals,
    Decision,
    Grant,
    Layer,
    Rule,
    Terms,
    Wanted,
    called,
    may_decide,
    verdict,
    who_may,
)
from bot.core.asks import Confirmation
from tests.core.scene import ANN, BOB, GUEST, THREAD

CALL = Confirmation(
    id="a1", turn="t1", tool="Bash", title="Run git log", input={"command": "git log"}
)
HERE = Where(channel="C1", owner=ANN, requesters=(BOB,))


def of(policy: Approvals, *grants: Grant, command: str = "git log", now: float = 100.0) -> Decision:
    call = replace(CALL, input={"command": command})
    return verdict(policy, grants, THREAD, HERE, "demo", call, now).decision


def rule(decision: Decision, command: str = "*", tool: str = "Bash") -> Rule:
    return Rule(decision=decision, tool=tool, input=(("command", command),))


GRANT = Grant(
    id="g1", scope="channel", place="C1", agent="demo", tool="Bash",
    input=(("command", "git *"),), by=ANN, made_at=1.0, until=200.0,
)  # fmt: skip


def test_without_rules_people_are_asked() -> None:
    assert of(Approvals()) == "ask"


def test_the_first_rule_of_a_layer_counts() -> None:
    layer = Layer(rules=(rule("allow", "git *"), rule("deny")))
    assert of(Approvals(workspace=layer)) == "allow"
    assert of(Approvals(workspace=layer), command="make") == "deny"


def test_a_channel_knows_better_than_the_workspace_unless_that_denies() -> None:
    wide = Layer(rules=(rule("ask", "git *"), rule("deny", "rm *")))
    policy = Approvals(workspace=wide, channels={"C1": Layer(rules=(rule("allow"),))})
    assert of(policy) == "allow"
    assert of(policy, command="rm x") == "deny"
    assert of(replace(policy, channels={"C2": policy.channels["C1"]})) == "ask"


@pytest.mark.parametrize(
    "command", ["git log; rm -rf .", "git log\nrm x", "git $(rm x)", "git `rm x`", "git log|sh"]
)
def test_a_pattern_that_allows_never_stretches_over_a_second_command(command: str) -> None:
    assert of(Approvals(workspace=Layer(rules=(rule("allow", "git *"),))), command=command) == "ask"
    assert of(Approvals(), GRANT, command=command) == "ask"
    denies = Approvals(workspace=Layer(rules=(rule("deny", "git *"),)))
    assert of(denies, command=command) == "deny"


def test_a_standing_rule_allows_in_its_place_for_its_time_and_never_what_is_denied() -> None:
    assert of(Approvals(), GRANT) == "allow"
    assert of(Approvals(), GRANT, now=200.0) == "ask"
    assert of(Approvals(), replace(GRANT, place="C2")) == "ask"
    assert of(Approvals(), replace(GRANT, agent="other")) == "ask"
    assert of(Approvals(workspace=Layer(rules=(rule("deny"),))), GRANT) == "deny"
    never = Approvals(workspace=Layer(wanted=Wanted(always=False)))
    assert of(never, GRANT) == "ask"


def test_what_a_rule_leaves_open_the_layers_above_say() -> None:
    narrow = Layer(rules=(replace(rule("ask"), wanted=Wanted(need=2)),))
    policy = Approvals(
        workspace=Layer(wanted=Wanted(who=("S1",), need=3, deadline=60.0)),
        channels={"C1": replace(narrow, wanted=Wanted(not_requester=True))},
    )
    terms = verdict(policy, (), THREAD, HERE, "demo", CALL, 0.0).terms
    assert terms == Terms(who=("S1",), need=2, not_requester=True, deadline=60.0)


def test_where_other_organisations_are_the_workspace_names_nobody_who_decides_E37() -> None:
    shared = replace(HERE, shared=True)
    asked = replace(rule("ask"), wanted=Wanted(who=("S1",)))
    wide = Layer(wanted=Wanted(who=("owner", "U2", "S1"), always=False), rules=(asked,))
    named = Layer(wanted=Wanted(who=("U2",)))
    for channels, who in (({}, ("owner",)), ({"C1": named}, ("U2",))):
        policy = Approvals(workspace=wide, channels=channels)
        found = verdict(policy, (), THREAD, shared, "demo", CALL, 0.0)
        assert (found.terms.who, found.terms.always) == (who, False)
    within = verdict(Approvals(workspace=wide), (), THREAD, HERE, "demo", CALL, 0.0)
    assert within.terms.who == ("S1",)
    denied = Approvals(workspace=Layer(rules=(rule("deny"),)))
    assert verdict(denied, (), THREAD, shared, "demo", CALL, 0.0).decision == "deny"


def test_who_may_decide_is_a_rule_E37() -> None:
    assert may_decide(ANN, HERE, Terms()) is None
    assert may_decide(BOB, HERE, Terms()) == "Only <@U1> can decide this. Ask them to do it."
    assert may_decide(BOB, HERE, Terms(who=("requester",))) is None
    assert may_decide(BOB, HERE, Terms(who=("anyone",))) is None
    assert may_decide(GUEST, HERE, Terms(who=("anyone",))) is not None
    assert may_decide(GUEST, HERE, Terms(who=("U3",))) is None
    assert may_decide(replace(BOB, groups=("S1",)), HERE, Terms(who=("S1",))) is None
    assert may_decide(replace(GUEST, groups=("S1",)), HERE, Terms(who=("S1",))) is not None
    own = may_decide(BOB, HERE, Terms(who=("anyone",), not_requester=True))
    assert own == "You asked for this yourself, so somebody else has to decide it."
    assert who_may(HERE, Terms(who=("owner", "S1"), need=2, not_requester=True)) == (
        "2 of <@U1> or <!subteam^S1>, but not <@U2>"
    )


def test_of_many_who_may_decide_the_first_are_named_and_called() -> None:
    many = Terms(who=tuple(f"U{number:03}" for number in range(300)))
    said = who_may(HERE, many)
    assert said.startswith("<@U000> or <@U001>") and said.endswith(" or one of 280 more")
    refusal = may_decide(BOB, HERE, many)
    assert refusal is not None and len(refusal) < 500
    assert called(HERE, many).count("<@") == 50
