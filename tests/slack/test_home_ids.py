"""What the Home's buttons carry comes back as it was; anything else is nobody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import SessionId
from bot.slack import home_ids
from bot.slack.action_ids import parse_action
from bot.slack.home_ids import RevokeAction, StopSessionAction, parse_home_action

SESSION = SessionId("T1/C1/1700000000.000100")


def test_both_buttons_round_trip_and_no_card_takes_them() -> None:
    revoke, stop = home_ids.revoke_button("g1"), home_ids.stop_button(SESSION)
    assert parse_home_action(*revoke) == RevokeAction("g1")
    assert parse_home_action(*stop) == StopSessionAction(SESSION)
    for ref in (revoke, stop):
        assert home_ids.ANY.search(ref.action_id)
        assert parse_action(*ref) is None


@pytest.mark.parametrize(
    ("action_id", "value"),
    [
        ("home:revoke", None),
        ("home:revoke", ""),
        ("home:revoke", "g" * 201),
        ("home:stop", "T1/C1"),
        ("home:stop", "T1//1.2"),
        ("home:dance", "g1"),
        ("turn:stop", SESSION),
    ],
)
def test_what_we_did_not_make_is_nobodys(action_id: str, value: str | None) -> None:
    assert parse_home_action(action_id, value) is None


@given(st.text(), st.none() | st.text())
def test_nothing_that_comes_back_makes_it_fail(action_id: str, value: str | None) -> None:
    parse_home_action(action_id, value)
    parse_home_action("home:stop", value)
