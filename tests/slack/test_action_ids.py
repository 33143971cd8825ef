"""Action ids survive the way to Slack and back; whatever else comes back is nobody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import SessionId, ask_uid
from bot.slack import action_ids
from bot.slack.action_ids import (
    AskAction,
    ModalRef,
    OpenAction,
    PageAction,
    StopAction,
    choice_of,
    parse_action,
    parse_found,
    parse_modal,
)

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


@pytest.mark.parametrize("form", action_ids.FORMS)
def test_what_opens_a_modal_round_trips(form: action_ids.Form) -> None:
    assert parse_action(*action_ids.open_button(UID, form)) == OpenAction(UID, form)
    assert parse_action(*action_ids.open_option(UID, form)) == OpenAction(UID, form)
    for place in ("thread", "C1/1700000000.000100"):
        ref = ModalRef(UID, form, place)
        assert parse_modal(*action_ids.modal_ids(ref)) == ref


@given(st.integers(0, 99_999))
def test_pages_and_found_choices_round_trip(number: int) -> None:
    assert parse_action(*action_ids.page_button(UID, number)) == PageAction(UID, number)
    found = action_ids.found_option(UID, number)
    assert parse_action(*found) == AskAction(UID, "reply", number)
    assert parse_found(found.action_id) == UID
    assert choice_of(found.value, UID) == number


def test_all_of_a_turn_round_trips() -> None:
    assert parse_action(*action_ids.all_button(UID, "deny", 3)) == AskAction(UID, "deny", all=3)


def test_an_option_of_another_ask_is_no_choice_of_this_one() -> None:
    other = ask_uid(SESSION, "a2")
    found = action_ids.found_option(UID, 3)
    assert parse_action(found.action_id, f"{other}:3") is None
    assert choice_of(found.value, other) is None


@given(st.text(), st.text())
def test_reading_a_modal_is_total(callback_id: str, private_metadata: str) -> None:
    assert parse_modal(callback_id, private_metadata) is None
    assert parse_found(callback_id) is None
    assert choice_of(private_metadata, UID) is None


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
        ("ask:all:allow", UID),
        ("ask:all:allow", f"{UID}:0"),
        ("ask:all:reply", UID),
        ("ask:open:grant", UID),
        ("ask:open:deny", f"{UID}:deny"),
        ("ask:more", UID),
        ("ask:more", f"{UID}:grant"),
        ("ask:page:2", f"{UID}:3"),
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
