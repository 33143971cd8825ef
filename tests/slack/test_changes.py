"""What people do to posts: edits, deletions, stop signs, presses on the list of what waits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import SessionId, ThreadKey, entry_uid
from bot.core.inbound import Person, Prompt, QueueAct, Stop
from bot.core.views import QueueEntry, QueueView
from bot.slack import changes, parse, parse_presses, parse_words
from bot.slack.changes import Edit, Removal, StopSign
from bot.slack.parse import Ignored, Post
from bot.slack.parse_presses import Press
from bot.slack.queue_ids import QueueAction, parse_queue_action, queue_button, queue_option
from bot.slack.render import render
from tests.slack.recorded import ME, payload

ROOT = "1790000000.000200"
THREAD = ThreadKey("T02EXAMPLE", "C05GENERAL", ROOT)
SESSION = SessionId(str(THREAD))
ANA = Person("U03ANASMIT", "Ana")


def changed(name: str, **message: object) -> dict[str, Any]:
    body: dict[str, Any] = payload(name)
    body["event"]["message"] |= message
    return body


def test_a_person_s_own_edit_is_the_post_read_anew_E25() -> None:
    edit = changes.change(payload("message_changed_edit"), ME)
    assert isinstance(edit, Edit)
    assert edit.key == f"edit:T02EXAMPLE:C05GENERAL:{ROOT}:1790000300.000000"
    assert (edit.post.key, edit.post.thread) == (f"msg:T02EXAMPLE:C05GENERAL:{ROOT}", THREAD)
    assert parse_words.prompt(edit.post, ANA, {}, ME).text == "hello"
    assert not edit.calls


def test_an_edit_that_names_the_bot_calls_it_E25() -> None:
    body = changed("message_changed_edit")
    body["event"]["previous_message"]["text"] = "helo"
    edit = changes.change(body, ME)
    assert isinstance(edit, Edit) and edit.calls


@pytest.mark.parametrize(
    "body",
    [
        payload("message_changed_unfurl"),
        changed("message_changed_edit", edited=None),
        changed("message_changed_edit", edited={"user": "U0OTHER", "ts": "1790000300.000000"}),
        changed("message_changed_edit", text="<@U0BOTTHREA> helo"),
        changed("message_changed_edit", user="U0BOTTHREA", bot_id="B0BOTTHREA"),
        changed("message_changed_edit", bot_id="B09OTHERBO"),
        {**payload("message_changed_edit"), "team_id": "T99"},
    ],
)
def test_link_previews_our_own_updates_and_bots_edits_do_nothing_E25(body: dict[str, Any]) -> None:
    assert isinstance(changes.change(body, ME), Ignored)


@pytest.mark.parametrize("name", ["message_deleted", "message_changed_tombstone"])
def test_a_deleted_post_is_gone_with_replies_or_without_E26(name: str) -> None:
    gone = changes.change(payload(name), ME)
    assert gone == Removal(f"del:T02EXAMPLE:C05GENERAL:{ROOT}", THREAD, ROOT)


def test_what_we_take_away_ourselves_is_no_deletion() -> None:
    body: dict[str, Any] = payload("message_deleted")
    body["event"]["previous_message"]["user"] = ME.user
    assert isinstance(changes.change(body, ME), Ignored)


@pytest.mark.parametrize("name", ["thread_reply", "channel_join", "reaction_added", "click_stop"])
def test_everything_else_is_no_change(name: str) -> None:
    assert changes.change(payload(name), ME) is None


@pytest.mark.parametrize("name", [*sorted(changes.STOP_SIGNS), "stop_button::skin-tone-3"])
def test_a_stop_sign_says_where_it_was_put_E29(name: str) -> None:
    body: dict[str, Any] = payload("reaction_added")
    body["event"]["reaction"] = name
    assert changes.stop_sign(body, ME) == StopSign(
        key=f"react:T02EXAMPLE:C05GENERAL:{ROOT}:U03ANASMIT:1790000310.000900",
        channel="C05GENERAL",
        ts=ROOT,
        user="U03ANASMIT",
        post=f"msg:T02EXAMPLE:C05GENERAL:{ROOT}",
    )


def test_other_reactions_other_places_and_our_own_mean_nothing() -> None:
    for change in (
        {"reaction": "thumbsup"},
        {"user": ME.user},
        {"item": {"type": "file", "file": "F1"}},
    ):
        body: dict[str, Any] = payload("reaction_added")
        body["event"] |= change
        assert isinstance(changes.stop_sign(body, ME), Ignored)
    assert isinstance(
        changes.stop_sign({**payload("reaction_added"), "team_id": "T9"}, ME), Ignored
    )


# --- what bots post -------------------------------------------------------------------------------


def test_a_bot_s_post_is_read_and_never_as_a_word_of_ours_E84() -> None:
    body: dict[str, Any] = payload("bot_post")
    body["event"] |= {"thread_ts": ROOT, "text": "<@U0BOTTHREA> stop"}
    post = parse.post(body, ME)
    assert isinstance(post, Post)
    assert (post.bot, post.user) == ("other", "U09OTHERBO")
    robot = Person("U09OTHERBO", "other", "bot")
    assert isinstance(parse_words.inbound(post, robot, {}, ME), Prompt)


def test_an_alert_of_a_webhook_is_its_attachments_E28() -> None:
    body: dict[str, Any] = payload("bot_message")
    attached = [{"title": "Disk", "text": "full"}, {"fallback": "CPU hot"}, "odd"]
    body["event"] |= {"thread_ts": ROOT, "text": "", "attachments": attached}
    post = parse.post(body, ME)
    assert isinstance(post, Post)
    assert (post.text, post.bot, post.user) == ("Disk\nfull\nCPU hot", "ci", "B09CIHOOK0")


def test_stop_all_takes_back_what_waits_too_E29() -> None:
    body: dict[str, Any] = payload("thread_reply_stop")
    body["event"]["text"] = "<@U0BOTTHREA> Stop all!"
    post = parse.post(body, ME)
    assert isinstance(post, Post)
    stop = parse_words.inbound(post, ANA, {}, ME)
    assert isinstance(stop, Stop) and stop.clear


def test_a_channel_of_several_organisations_is_known_from_the_event_E86() -> None:
    body = {**payload("app_mention"), "is_ext_shared_channel": True}
    post = parse.post(body, ME)
    assert isinstance(post, Post)
    assert parse_words.prompt(post, ANA, {}, ME).shared


# --- the list of what waits -----------------------------------------------------------------------

ENTRY = entry_uid("msg:1")
ONE = QueueEntry(ENTRY, "Ana", "look <!channel> at <@U03ANASMIT> *this*")


@pytest.mark.parametrize("act", [act for act in get_args(QueueAct) if act != "clear"])
def test_a_press_names_its_entry_by_button_and_by_menu(act: QueueAct) -> None:
    expected = QueueAction(THREAD, ENTRY, act)
    assert parse_queue_action(*queue_button(SESSION, ENTRY, act)) == expected
    assert parse_queue_action(*queue_option(SESSION, ENTRY, act)) == expected
    assert len(queue_option(SESSION, ENTRY, act).value) <= 75


def test_clear_names_none() -> None:
    assert parse_queue_action(*queue_button(SESSION, "", "clear")) == QueueAction(
        THREAD, "", "clear"
    )
    assert parse_queue_action("queue:clear", f"{SESSION} {ENTRY}") is None
    assert parse_queue_action("queue:cancel", f"{SESSION} -") is None


@given(st.text(max_size=40), st.none() | st.text(max_size=80))
def test_nothing_else_is_ours(action_id: str, value: str | None) -> None:
    assert parse_queue_action(action_id, value) is None


def test_a_press_is_read_with_its_place_and_person() -> None:
    body: dict[str, Any] = payload("click_stop")
    action_id, value = queue_button(SESSION, ENTRY, "cancel")
    body["actions"][0] |= {"action_id": action_id, "value": value}
    assert parse_presses.press(body, ME) == Press(
        key="act:T02EXAMPLE:U03ANASMIT:1790000400.001000:queue:cancel:1790000412.123456",
        thread=THREAD,
        user="U03ANASMIT",
        action=QueueAction(THREAD, ENTRY, "cancel"),
    )
    assert isinstance(parse_presses.press(payload("click_other_workspace"), ME), Ignored)


def labels(view: QueueView) -> list[str]:
    found: list[str] = []
    for block in render(view).blocks:
        elements: Any = block.get("elements", [])
        accessory: Any = block.get("accessory")
        for element in [*elements, *([accessory] if accessory else [])]:
            match element:
                case {"type": "button"}:
                    found.append(element["text"]["text"])
                case {"type": "overflow"}:
                    found += [option["text"]["text"] for option in element["options"]]
                case _:
                    pass
    return found


def test_one_message_has_buttons_and_several_have_menus_E22() -> None:
    alone = QueueView(session=SESSION, entries=(ONE,))
    assert labels(alone) == ["Stop and do this", "Cancel"]
    able = QueueView(session=SESSION, entries=(ONE, ONE), steers=True)
    do = ["Steer now", "Stop and do this"]
    assert labels(able) == [*do, "Down", "Cancel", *do, "Up", "Cancel", "Clear"]
    assert labels(replace(able, more=1))[-4:] == ["Up", "Down", "Cancel", "Clear"]


def test_the_list_says_what_will_happen_and_calls_nobody_E22_E82() -> None:
    for view, words in (
        (QueueView(session=SESSION, entries=(ONE,)), "1 message waits: comes next"),
        (QueueView(session=SESSION, entries=(ONE, ONE)), "2 messages wait: come next, read togeth"),
        (QueueView(session=SESSION, entries=(ONE, ONE), together=False), "one after the other"),
        (
            QueueView(session=SESSION, entries=(ONE, ONE), urgent=True),
            "the first comes next, alone",
        ),
        (QueueView(session=SESSION, entries=(ONE,), more=4), "5 messages wait"),
    ):
        content = render(view)
        assert words in content.text
        assert "<!" not in content.text and "<@" not in content.text
        assert all(
            "Ana" not in str(element) or element["type"] == "plain_text"
            for block in content.blocks
            for element in [*_texts(block)]
        )


def _texts(block: dict[str, Any]) -> list[dict[str, Any]]:
    inside = [*block.get("elements", []), block.get("text")]
    return [one for one in inside if isinstance(one, dict) and "text" in one and "type" in one
            and one["type"] in ("plain_text", "mrkdwn")]  # fmt: skip


def test_twenty_entries_are_within_slack_s_limits() -> None:
    entry = QueueEntry(ENTRY, "N" * 80, "x" * 120)
    content = render(QueueView(session=SESSION, entries=(entry,) * 20, more=7, steers=True))
    assert len(content.blocks) <= 50
    assert "… and 7 more" in str(content.blocks)
