"""Action ids survive the way to Slack and back; whatever else comes back is nobody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import SessionId, ask_uid
from bot.slack import action_ids
from bot.slack.action_ids import AskAction, StopAction, parse_action

SESSION = SessionId("T1/C1/1700000000.000100")
UID = ask_uid(SESSION, "a1")


@pytest.mark.parametrize("verb", [verb for verb in action_ids.VERBS if verb != "reply"])
def test_a_decision_round_trips(verb: action_ids.Verb) -> None:
    assert parse_action(*action_ids.ask_button(UID, verb)) == AskAction(UID, verb)


@given(st.integers(0, 99))
def test_a_choice_round_trips_from_button_and_menu(choice: int) -> None:
    expected = AskAction(UID, "reply", choice)
    assert parse_action(*action_ids.choice_button(UID, choice)) == expected
    assert parse_action(*action_ids.choice_option(UID, choice)) == expected


def test_stop_round_trips() -> None:
    assert parse_action(*action_ids.stop_button(SESSION)) == StopAction(SESSION)


def test_ids_fit_slack_limits() -> None:
    refs = [
        action_ids.choice_button(UID, 99),
        action_ids.choice_option(UID, 99),
        action_ids.stop_button(SESSION),
        *(action_ids.ask_button(UID, verb) for verb in action_ids.VERBS),
    ]
    for ref in refs:
        assert len(ref.action_id) <= 255
        assert len(ref.value) <= 150  # an option's value, the tightest of all


@pytest.mark.parametrize(
    ("action_id", "value"),
    [
        ("ask:allow", None),
        ("ask:allow", ""),
        ("ask:allow", "not-a-uid"),
        ("ask:allow", UID + "\n"),
        ("ask:allow", f"{UID}:1"),
        ("ask:grant", UID),
        ("ask:reply", UID),
        ("ask:reply", f"{UID}:１"),
        ("turn:stop", None),
        ("turn:stop", "T1/C1"),
        ("turn:stop", "T1//1.2"),
        ("feedback", UID),
        ("", ""),
    ],
)
def test_forged_and_foreign_actions_are_nobodys(action_id: str, value: str | None) -> None:
    assert parse_action(action_id, value) is None


@given(st.text(), st.none() | st.text())
def test_parsing_is_total(action_id: str, value: str | None) -> None:
    parse_action(action_id, value)


@given(st.sampled_from(["ask:allow", "ask:reply:0", "turn:stop"]), st.none() | st.text())
def test_parsing_any_value_is_total(action_id: str, value: str | None) -> None:
    parse_action(action_id, value)
