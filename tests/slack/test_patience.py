"""Slack takes a click for lost after 3 s: what is done before the answer fits into them."""

from bot.slack.directory import NAME_PATIENCE, NAMES_PATIENCE
from bot.slack.intake import WHISPER_SECONDS
from bot.slack.listeners.actions import STORE_SECONDS

SLACK_WAITS = 3.0


def test_a_click_is_stored_or_answered_for_before_slack_gives_up() -> None:
    assert STORE_SECONDS + WHISPER_SECONDS < SLACK_WAITS


def test_names_are_not_looked_up_for_longer_than_an_event_can_wait_E1() -> None:
    assert NAME_PATIENCE + NAMES_PATIENCE < SLACK_WAITS / 1.5
