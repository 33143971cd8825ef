"""The operator's lists, and what the gate makes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.access import Access, Admitted, Where, gate
from bot.core.approvals import Terms, may_decide
from bot.core.inbound import Person, Prompt
from bot.core.policy import Listening, addressed
from tests.core.scene import ANN, BOB, GUEST, ROBOT, STRANGER, THREAD

HERE = Where(channel="C1", owner=ANN)
SHARED = replace(HERE, shared=True)
ENGINEER = Person("U9", "Eve", groups=("S1",))
ONLY = Access(workspace=Admitted(people=("S1", "U3"), stop=("owner", "S1")))


def test_people_and_groups_that_are_named_may_and_others_may_not_E80() -> None:
    assert gate("start", ENGINEER, HERE, ONLY) is None
    assert gate("prompt", GUEST, HERE, ONLY) is None
    assert gate("stop", ENGINEER, HERE, ONLY) is None
    for action in ("start", "prompt", "stop", "configure", "arrange", "permit", "decide"):
        assert (gate(action, BOB, HERE, ONLY) or "").startswith("You cannot work with me here.")


def test_a_guest_who_was_let_in_stops_what_they_started_but_decides_nothing() -> None:
    where = replace(HERE, owner=GUEST)
    assert gate("stop", GUEST, where, ONLY) is None
    assert (gate("permit", GUEST, where, ONLY) or "").startswith("Only")
    assert (may_decide(GUEST, where, Terms()) or "").startswith("Guests cannot decide this")
    assert may_decide(GUEST, where, Terms(who=("U3",))) is None


def test_a_group_lets_in_no_guest_and_no_stranger_E80() -> None:
    for person in (GUEST, STRANGER):
        grouped = replace(person, user="U8", groups=("S1",))
        assert "cannot work with me here" in (gate("prompt", grouped, HERE, ONLY) or "")


def test_a_channel_s_own_lists_replace_the_workspace_s_E80() -> None:
    access = replace(ONLY, in_channels={"C1": Admitted(people=("U2",), stop=("anyone",))})
    assert gate("prompt", BOB, HERE, access) is None
    assert gate("stop", BOB, HERE, access) is None
    assert gate("prompt", ENGINEER, HERE, access) is not None
    assert gate("prompt", BOB, replace(HERE, channel="C2"), access) is not None


def test_only_the_channels_that_are_named_are_worked_in_E80() -> None:
    access = Access(channels=("C1",), in_channels={"C2": Admitted()})
    for channel, may in (("C1", True), ("C2", True), ("D1", True), ("C3", False)):
        refusal = gate("start", ANN, replace(HERE, channel=channel), access)
        assert (refusal is None) is may
    assert "Ask whoever runs me" in (gate("stop", ANN, replace(HERE, channel="C3"), access) or "")


def test_where_others_take_part_nobody_but_members_may_anything_E86() -> None:
    named = Access(workspace=Admitted(people=("U1", "U3", "U4"), stop=("anyone", "owner")))
    for person in (GUEST, STRANGER):
        assert gate("prompt", person, HERE, named) is None
        assert gate("prompt", person, SHARED, named) is not None
    assert gate("prompt", ANN, SHARED, named) is None
    assert gate("prompt", BOB, SHARED, Access()) is None


def test_where_others_take_part_anyone_stops_nothing_E86() -> None:
    access = Access(workspace=Admitted(stop=("owner", "anyone")))
    assert gate("stop", BOB, HERE, access) is None
    assert gate("stop", BOB, SHARED, access) is not None
    assert gate("stop", ANN, SHARED, access) is None


def test_a_bot_that_is_named_may_speak_to_a_session_and_no_more_E85() -> None:
    access = Access(bots=("U5",))
    assert gate("prompt", ROBOT, HERE, access) is None
    for action in ("start", "stop", "configure", "arrange", "permit", "decide"):
        assert gate(action, ROBOT, HERE, access) == "Bots cannot use me."
    assert gate("prompt", ROBOT, replace(HERE, channel="C3"), replace(access, channels=("C1",)))


@pytest.mark.parametrize(
    ("listening", "mention", "meant"),
    [
        ("auto", False, False),
        ("auto", True, True),
        ("mention", False, False),
        ("mention", True, True),
        ("all", False, True),
        ("all", True, True),
    ],
)
def test_the_thread_s_rule_says_what_is_meant_for_the_agent_E27(
    listening: Listening, mention: bool, meant: bool
) -> None:
    post = Prompt(key="k", thread=THREAD, by=BOB, ts="1.1", text="x", mentions_bot=mention)
    assert addressed(post, ANN, ("U1", "U2"), listening) is meant


def test_alone_in_a_thread_a_mention_may_be_wanted_all_the_same_E27() -> None:
    post = Prompt(key="k", thread=THREAD, by=ANN, ts="1.1", text="x")
    assert addressed(post, ANN, ("U1",), "auto")
    assert not addressed(post, ANN, ("U1",), "mention")
