"""Names that are made and read back, stored forms, and what errors say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import errors
from bot.core.ids import Place, SessionId, ThreadKey, ask_uid, order_of
from bot.core.inbound import Inbound
from bot.core.state import STATE_VERSION
from bot.core.stored import dump_inbound, dump_state, load_inbound, load_state
from tests.core import histories
from tests.core.scene import THREAD, Scene

names = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1)


@given(names, names, names)
def test_threads_and_places_are_read_back(team: str, channel: str, ts: str) -> None:
    thread = ThreadKey(team, channel, ts)
    assert ThreadKey.parse(str(thread)) == ThreadKey.parse(thread.session) == thread
    assert Place.parse(str(thread.place)) == thread.place


@pytest.mark.parametrize("text", ["", "T1", "T1/C1", "T1//1.1", "T1/C1/1.1/x"])
def test_what_is_no_thread_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a thread|unpack"):
        ThreadKey.parse(text)


def test_a_button_s_name_differs_by_session_and_ask() -> None:
    other = SessionId("T1/C1/2.2")
    uids = {ask_uid(s, a) for s in (THREAD.session, other) for a in ("a1", "a2")}
    assert len(uids) == 4
    assert ask_uid(THREAD.session, "a1") == ask_uid(THREAD.session, "a1")


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("1700000000.000100", "1700000000.000200"),
        ("999999999.000100", "1700000000.000100"),
        ("1700000000", "1700000000.000001"),
        ("1700000000.x", "1700000000.000001"),
        ("1700000000.٣", "1700000000.000001"),
        ("garbage", "1.0"),
        ("٣.1", "1.0"),
        ("", "1.0"),
        ("-1.0", "1.0"),
    ],
)
def test_stamps_compare_as_two_integers(earlier: str, later: str) -> None:
    assert order_of(earlier) < order_of(later)


def test_a_stamp_without_end_is_no_trouble() -> None:
    assert order_of("9" * 10_000) > order_of("1.1")


@given(st.one_of(histories.prompts, histories.replies, histories.stops, histories.choices))
def test_what_people_did_is_stored_and_read_back(did: Inbound) -> None:
    if r"\ud800" not in repr(did):
        assert load_inbound(dump_inbound(did)) == did


@pytest.mark.parametrize("text", ["", "{}", "null", '{"kind": "dance"}'])
def test_what_nobody_did_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        load_inbound(text)


@pytest.mark.parametrize("text", ["", "{}", "null"])
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        load_state(text, STATE_VERSION)


def test_a_state_of_a_newer_version_is_refused_E79() -> None:
    stored = dump_state(Scene().mention().state)
    with pytest.raises(ValueError, match="newer version"):
        load_state(stored, STATE_VERSION + 1)


def test_half_a_character_does_not_keep_a_state_from_being_stored() -> None:
    scene = Scene().mention("half \ud83d").performs().starts().writes('\ude00 <&"\\ \n')
    again = load_state(dump_state(scene.state), STATE_VERSION)
    assert again.title == "half \ufffd"
    assert Scene(state=again).lines == ['working \ufffd <&"\\ \n']


def every_error() -> list[type[errors.BotError]]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    return [kind for kind in kinds if issubclass(kind, errors.BotError)]


@pytest.mark.parametrize("kind", every_error())
def test_every_error_has_a_sentence_for_people(kind: type[errors.BotError]) -> None:
    match kind:
        case errors.RateLimited:
            error: errors.BotError = errors.RateLimited(3.0)
        case errors.ConfigError:
            error = errors.ConfigError("slack.token", "is missing", "Set SLACK_TOKEN.")
            assert error.user_message == "slack.token: is missing. Set SLACK_TOKEN."
        case _:
            error = kind()
            assert kind("Another.").user_message == "Another."
    assert error.user_message.endswith(".")
    assert str(error) == error.user_message
    assert error.retryable is (
        kind.__name__
        in {"AgentUnavailable", "RateLimited", "SurfaceUnavailable", "StoreUnavailable"}
    )
