"""The one gate every path passes, and which posts are meant for the agent."""

from __future__ import annotations

import pytest

from bot.core.access import Access, Action, Where, gate
from bot.core.inbound import Person, Prompt
from bot.core.policy import addressed
from tests.core.scene import ANN, BOB, GUEST, ROBOT, STRANGER, THREAD

NOBODY = None


@pytest.mark.parametrize(
    ("action", "person", "owner", "refusal"),
    [
        ("start", ANN, NOBODY, None),
        ("start", GUEST, NOBODY, "Guests cannot"),
        ("start", STRANGER, NOBODY, "People from other organisations cannot"),
        ("start", ROBOT, NOBODY, "Bots cannot"),
        ("prompt", ANN, ANN, None),
        ("prompt", BOB, ANN, None),
        ("prompt", GUEST, ANN, "Guests cannot"),
        ("prompt", STRANGER, ANN, "People from other organisations cannot"),
        ("prompt", ROBOT, ANN, "Bots cannot"),
        ("configure", BOB, ANN, None),
        ("configure", GUEST, ANN, "Guests cannot"),
        ("configure", STRANGER, ANN, "People from other organisations cannot"),
        ("configure", ROBOT, ANN, "Bots cannot"),
        ("configure", ANN, NOBODY, "Nobody has started a session"),
        ("permit", ANN, ANN, None),
        ("permit", BOB, ANN, "Only <@U1> can change what the agent may do"),
        ("permit", GUEST, ANN, "Guests cannot"),
        ("permit", ANN, NOBODY, "Nobody has started a session"),
        ("decide", ANN, ANN, None),
        ("decide", BOB, ANN, None),
        ("decide", GUEST, ANN, "Guests cannot"),
        ("decide", STRANGER, ANN, "People from other organisations cannot"),
        ("decide", ROBOT, ANN, "Bots cannot"),
        ("decide", ANN, NOBODY, "Nobody has started a session"),
        ("stop", ANN, ANN, None),
        ("stop", BOB, ANN, "Only <@U1> can stop this"),
        ("stop", GUEST, ANN, "Guests cannot"),
        ("stop", STRANGER, ANN, "People from other organisations cannot"),
        ("stop", ROBOT, ROBOT, "Bots cannot"),
        ("stop", ANN, NOBODY, "Nobody has started a session"),
    ],
)
def test_the_gate(
    action: Action, person: Person, owner: Person | None, refusal: str | None
) -> None:
    said = gate(action, person, Where(channel="C1", owner=owner), Access())
    assert said is None if refusal is None else (said or "").startswith(refusal)


def test_an_owner_stays_the_owner_under_another_name() -> None:
    assert gate("stop", Person("U1", "Anna"), Where(channel="C1", owner=ANN), Access()) is None


@pytest.mark.parametrize(
    ("by", "owner", "people", "mentions_bot", "mentions_others", "direct", "meant"),
    [
        (ANN, None, ("U1",), True, False, False, True),
        (ANN, None, ("U1",), False, False, True, True),
        (ANN, None, ("U1",), False, False, False, False),
        (ANN, ANN, ("U1",), False, False, False, True),
        (ANN, ANN, (), False, False, False, True),
        (ANN, ANN, ("U1",), False, True, False, False),
        (ANN, ANN, ("U1",), True, True, False, True),
        (ANN, ANN, ("U1", "U2"), False, False, False, False),
        (BOB, ANN, ("U1",), False, False, False, False),
        (BOB, ANN, ("U1", "U2"), True, False, False, True),
    ],
)
def test_a_post_is_meant_for_the_agent_E27(
    by: Person,
    owner: Person | None,
    people: tuple[str, ...],
    mentions_bot: bool,
    mentions_others: bool,
    direct: bool,
    meant: bool,
) -> None:
    post = Prompt(
        key="k", thread=THREAD, by=by, ts="1.1", text="well", mentions_bot=mentions_bot,
        mentions_others=mentions_others, direct=direct,
    )  # fmt: skip
    assert addressed(post, owner, people) is meant
