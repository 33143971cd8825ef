"""What stands on whose Home."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.access import Access, Admitted
from bot.core.approvals import Grant, Scope, Terms
from bot.core.asks import Confirmation
from bot.core.ids import ThreadKey
from bot.core.inbound import Person
from bot.core.state import AskState, SessionState
from bot.core.turn import Turn
from bot.core.views import HomeView, glance, home_view, may_revoke
from tests.core.scene import ANN, BOB, GUEST, ROBOT, THREAD

CALL = Confirmation(id="a1", turn="t1", tool="Bash", title="Run make", input={})
ASK = AskState(ask=CALL, turn=1, opened_at=50.0, requesters=(BOB,))
IDLE = SessionState(thread=THREAD, agent="demo", title="Build it", owner=ANN, people=(ANN.user,))
RUNNING = replace(IDLE, turns=(Turn(number=1, started_at=40.0, phase="working"),))
GRANT = Grant(
    id="g1", scope="thread", place=THREAD.session, agent="demo", tool="Bash",
    by=BOB, made_at=1.0, until=200.0,
)  # fmt: skip


def waiting(*who: str, not_requester: bool = False) -> SessionState:
    terms = Terms(who=who, not_requester=not_requester)
    return replace(RUNNING, asks=(replace(ASK, terms=terms),))


def home(person: Person, *states: SessionState, access: Access | None = None) -> HomeView:
    glances = {state.id: glance(state, 100.0) for state in states}
    return home_view(person, glances, (), access or Access())


def groups(person: Person, *states: SessionState) -> list[str]:
    return [entry.state for entry in home(person, *states).entries]


def test_it_lists_a_persons_own_sessions_by_what_they_need_E90() -> None:
    def at(ts: str, state: SessionState) -> SessionState:
        return replace(state, thread=ThreadKey("T1", "C1", ts))

    states = [at("1.1", IDLE), at("2.1", RUNNING), at("3.1", waiting("owner"))]
    view = home(ANN, *states)
    assert [(e.state, e.at) for e in view.entries] == [
        ("needs_you", 50.0), ("running", 40.0), ("recent", 100.0),
    ]  # fmt: skip
    assert view.entries[0].asked == ("Run make",)
    assert view.entries[1].may_stop
    assert groups(BOB, *states) == []


def test_it_needs_whoever_may_decide_and_is_meant_E90() -> None:
    assert groups(BOB, waiting(BOB.user)) == ["needs_you"]
    assert groups(ANN, waiting(BOB.user)) == ["running"]
    assert groups(replace(BOB, groups=("S1",)), waiting("S1")) == ["needs_you"]
    assert groups(BOB, waiting("requester")) == ["needs_you"]
    assert groups(BOB, waiting("requester", not_requester=True)) == []
    assert groups(GUEST, waiting("anyone")) == []


def test_what_anyone_may_decide_is_not_shown_to_those_who_are_not_there() -> None:
    asked = waiting("anyone")
    assert groups(BOB, asked) == []
    assert groups(BOB, replace(asked, people=(ANN.user, BOB.user))) == ["needs_you"]
    assert groups(ANN, asked) == ["needs_you"]


def test_who_may_not_work_here_any_more_decides_nothing_here() -> None:
    access = Access(workspace=Admitted(people=("U1",)))
    assert [e.state for e in home(BOB, waiting(BOB.user), access=access).entries] == []


def test_only_who_may_stop_is_offered_to() -> None:
    access = Access(workspace=Admitted(stop=("S9",)))
    [entry] = home(ANN, RUNNING, access=access).entries
    assert (entry.state, entry.may_stop) == ("running", False)


def test_an_answered_ask_needs_nobody() -> None:
    settled = replace(ASK, status="settled", terms=Terms(who=("owner",)))
    assert groups(ANN, replace(IDLE, asks=(settled,))) == ["recent"]


@pytest.mark.parametrize(
    ("scope", "place", "seen_by_owner", "revoked_by_owner"),
    [
        ("thread", THREAD.session, True, True),
        ("thread", "T1/C1/9.9", False, False),
        ("channel", "C1", True, False),
        ("channel", "C2", False, False),
        ("workspace", "T1", False, False),
    ],
)
def test_rules_are_shown_to_whom_they_concern_E44(
    scope: Scope, place: str, seen_by_owner: bool, revoked_by_owner: bool
) -> None:
    grant = replace(GRANT, scope=scope, place=place)
    sessions = {THREAD.session: glance(IDLE, 1.0)}
    [mine] = home_view(BOB, sessions, (grant,), Access()).grants
    assert mine.may_revoke
    theirs = home_view(ANN, sessions, (grant,), Access()).grants
    assert [rule.may_revoke for rule in theirs] == [revoked_by_owner] * seen_by_owner
    assert home_view(Person("U7", "Eve"), sessions, (grant,), Access()).grants == ()


def test_no_bot_revokes() -> None:
    assert not may_revoke(replace(GRANT, by=ROBOT), ROBOT, ROBOT)


def test_a_home_is_bounded() -> None:
    states = [replace(IDLE, thread=ThreadKey("T1", "C1", f"{n}.1")) for n in range(100)]
    rules = [replace(GRANT, id=f"g{n}") for n in range(100)]
    glances = {state.id: glance(state, 1.0) for state in states}
    view = home_view(BOB, glances, rules, Access())
    assert len(home_view(ANN, glances, (), Access()).entries) == 20
    assert (len(view.grants), view.more_grants) == (25, 75)
