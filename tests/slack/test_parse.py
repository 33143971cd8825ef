"""Slack's payloads become what a person did, under keys made from the content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.asks import Answer, Choice, Confirmation, Field, Question
from bot.core.ids import SessionId, ThreadKey
from bot.core.inbound import Configure, Person, PostedFile, Prompt, Setting, Stop, Tune
from bot.slack import parse, parse_presses, parse_words
from bot.slack.action_ids import AskAction, StopAction
from bot.slack.inbound_text import NO_TEXT
from bot.slack.parse import Ignored, Post
from bot.slack.parse_presses import Click, NativeStop
from tests.slack.recorded import ME, NAMES, payload

ANA = Person("U03ANASMIT", "Ana")
ROOT = "1790000000.000200"
THREAD = ThreadKey("T02EXAMPLE", "C05GENERAL", ROOT)
UID = "0123456789abcdef01234567"


def read(name: str) -> Post:
    post = parse.post(payload(name), ME)
    assert isinstance(post, Post)
    return post


def inbound(name: str) -> Prompt | Stop | Configure | Tune:
    said = parse_words.inbound(read(name), ANA, {"U03ANASMIT": "Ana"}, ME)
    assert not isinstance(said, Ignored)
    return said


def prompt(name: str) -> Prompt:
    said = inbound(name)
    assert isinstance(said, Prompt)
    return said


def test_a_mention_is_a_prompt_in_a_thread_of_its_own() -> None:
    assert prompt("app_mention") == Prompt(
        key=f"msg:T02EXAMPLE:C05GENERAL:{ROOT}",
        thread=THREAD,
        by=ANA,
        ts=ROOT,
        text="why is R&D > 3 in #numbers?",
        mentions_bot=True,
    )


def test_both_events_of_one_post_are_the_same_prompt() -> None:
    assert read("app_mention") == read("message_with_mention")
    assert parse.is_mention(payload("app_mention"))
    assert not parse.is_mention(payload("message_with_mention"))
    assert not parse.is_mention({})


def test_a_redelivery_and_a_new_envelope_change_nothing() -> None:
    again = {**payload("app_mention"), "event_id": "Ev0ANOTHER1", "event_time": 1}
    assert parse.post(again, ME) == read("app_mention")


def test_a_direct_message_opens_a_thread_and_a_reply_stays_in_it() -> None:
    first, second = prompt("message_im"), prompt("message_im_reply")
    assert first.thread == second.thread
    assert (first.direct, first.in_thread, first.mentions_bot) == (True, False, False)
    assert (second.direct, second.in_thread) == (True, True)


def test_a_reply_names_others_and_belongs_to_the_root() -> None:
    said = prompt("thread_reply")
    assert said.thread == THREAD
    assert said.mentions_others and said.in_thread and not said.mentions_bot
    assert said.text == "ask @Ana too"


def test_files_are_named_even_when_slack_withholds_their_facts() -> None:
    assert prompt("file_share").text == (
        "[file: report.pdf, application/pdf, 12.3 kB]\n[file: F08HIDDEN1]"
    )


def test_broadcasts_and_me_messages_are_posts() -> None:
    assert prompt("thread_broadcast").thread == THREAD
    assert prompt("me_message").text == "is waiting"


def test_a_forwarded_message_comes_along_and_a_link_preview_does_not() -> None:
    assert prompt("forwarded").text == (
        "what about this?\n[forwarded from Ben Jones]\n> disk <sda> is full\n> since noon"
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("own_post", "our own post"),
        ("slackbot", "posted by Slack itself"),
        ("message_changed_edit", "a change of no post: see `changes`"),
        ("message_deleted", "a deletion of no post: see `changes`"),
        ("channel_join", "somebody joined"),
        ("message_replied", "hidden by Slack"),
        ("channel_chatter", "a channel post that does not mention the bot"),
    ],
)
def test_what_is_ignored_has_a_reason(name: str, reason: str) -> None:
    assert parse.post(payload(name), ME) == Ignored(reason)


@pytest.mark.parametrize("name", ["unknown_subtype", "agent_session_stopped"])
def test_what_has_no_rule_is_ignored_and_said_to_be_unknown(name: str) -> None:
    ignored = parse.post(payload(name), ME)
    assert isinstance(ignored, Ignored) and ignored.unknown


def test_posts_of_another_workspace_are_not_ours() -> None:
    assert isinstance(parse.post({**payload("app_mention"), "team_id": "T99"}, ME), Ignored)


def said(
    text: str, *, thread: bool = True, **more: object
) -> Prompt | Stop | Configure | Tune | Ignored:
    body = payload("message_im_reply" if thread else "message_im")
    event = body["event"]
    assert isinstance(event, dict)
    post = parse.post({**body, "event": {**event, "text": text, **more}}, ME)
    assert isinstance(post, Post)
    return parse_words.inbound(post, ANA, {}, ME)


@pytest.mark.parametrize(
    "text", ["stop", "Stop!", " STOP. ", "stop, please", "Please stop", "<@U0BOTTHREA> stop"]
)
def test_the_word_stop_alone_stops_the_thread(text: str) -> None:
    """E29"""
    stop = said(text)
    assert isinstance(stop, Stop)
    assert (stop.via, stop.thread.thread_ts) == ("word", "1790000100.000100")


@pytest.mark.parametrize(
    "text", ["stop the server", "don't stop", "<@U03ANASMIT> stop", "nonstop", "", "stop" * 20_000]
)
def test_other_words_are_for_the_agent(text: str) -> None:
    assert not isinstance(said(text), Stop)


def test_stop_with_a_file_or_outside_a_thread_is_a_prompt() -> None:
    assert isinstance(said("stop", files=[{"id": "F1", "name": "a"}]), Prompt)
    assert isinstance(said("stop", thread=False), Prompt)


def test_a_mention_says_stop_too() -> None:
    assert inbound("thread_reply_stop") == Stop(
        key="msg:T02EXAMPLE:C05GENERAL:1790000210.000400", thread=THREAD, by=ANA, via="word"
    )


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("quiet", "quiet"),
        (" Normal. ", "normal"),
        ("<@U0BOTTHREA> DETAILED!", "detailed"),
        ("thinking", "thinking"),
        ("<@U0BOTTHREA>: thinking  on", "thinking on"),
        ("Thinking off", "thinking off"),
    ],
)
def test_a_word_of_ours_alone_chooses_how_the_thread_is_shown(text: str, setting: Setting) -> None:
    """E18"""
    choice = said(text)
    assert isinstance(choice, Configure)
    assert (choice.setting, choice.by) == (setting, ANA)
    assert choice.said is not None
    assert (choice.said.key, choice.said.mentions_bot) == (choice.key, text.startswith(("<", " <")))


@pytest.mark.parametrize(
    "text", ["quiet?", "be quiet", "<@U03ANASMIT> quiet", "thinking about it", "quiet, normal"]
)
def test_other_words_choose_nothing(text: str) -> None:
    assert isinstance(said(text), Prompt)


@pytest.mark.parametrize(
    ("text", "what", "value"),
    [
        ("usage", "usage", ""),
        ("Model", "model", ""),
        ("<@U0BOTTHREA> model claude-opus-4-1.", "model", "claude-opus-4-1"),
        ("model Opus", "model", "opus"),
        ("model us.anthropic/claude:2", "model", "us.anthropic/claude:2"),
        ("mode", "mode", ""),
        ("mode acceptedits", "mode", "acceptEdits"),
        ("Stop task bjqZx_1", "stop task", "bjqZx_1"),
        ("stop task", "stop task", ""),
    ],
)
def test_words_about_the_agent_are_wishes(text: str, what: str, value: str) -> None:
    wish = said(text)
    assert isinstance(wish, Tune)
    assert (wish.what, wish.value, wish.said.key) == (what, value, wish.key)


@pytest.mark.parametrize(
    "text",
    [
        "model trains",
        "model?",
        "usage of slots",
        "mode dark",
        "model opus please",
        "models",
        "stop task 1 and 2",
    ],
)
def test_words_like_them_are_for_the_agent(text: str) -> None:
    assert isinstance(said(text), Prompt)


def test_files_come_along_with_what_slack_tells_of_them() -> None:
    link = "https://files.slack.com/files-pri/T1-F1/a.png"
    files = [
        {"id": "F1", "name": "a.png", "mimetype": "image/png", "size": 5, "url_private": link},
        {"id": "F2", "file_access": "check_file_info"},
    ]
    prompt = said("look", files=files)
    assert isinstance(prompt, Prompt)
    assert prompt.files == (PostedFile("a.png", "image/png", 5, link), PostedFile("F2"))


def test_a_word_about_the_agent_that_begins_a_thread_is_for_it() -> None:
    assert isinstance(said("usage", thread=False), Prompt)


def test_a_word_of_ours_with_a_file_or_outside_a_thread_is_a_prompt() -> None:
    assert isinstance(said("quiet", files=[{"id": "F1", "name": "a"}]), Prompt)
    assert isinstance(said("quiet", thread=False), Prompt)


def test_a_bare_mention_is_a_prompt_that_says_so() -> None:
    answer = said("<@U0BOTTHREA>")
    assert isinstance(answer, Prompt) and answer.text == NO_TEXT


def test_a_post_with_nothing_to_read_is_ignored() -> None:
    assert isinstance(said(""), Ignored)


def test_forty_thousand_characters_arrive_unharmed() -> None:
    text = "0123456789" * 4_000
    answer = said(text)
    assert isinstance(answer, Prompt) and answer.text == text


def click(name: str) -> Click:
    pressed = parse_presses.click(payload(name), ME)
    assert isinstance(pressed, Click)
    return pressed


def test_a_press_says_who_pressed_what_where() -> None:
    assert click("click_allow") == Click(
        key="act:T02EXAMPLE:U03ANASMIT:1790000400.001000:ask:allow:1790000410.123456",
        thread=THREAD,
        user="U03ANASMIT",
        action=AskAction(UID, "allow"),
        trigger="13345224609.738474920.8088930838d88f008e0",
    )


def test_a_menu_carries_its_choice_and_stop_its_session() -> None:
    assert click("click_choice").action == AskAction(UID, "reply", 1)
    assert click("click_stop").action == StopAction(SessionId(str(THREAD)))


def test_an_org_wide_install_names_no_team() -> None:
    assert click("click_org_install").key == click("click_allow").key


def test_a_foreign_button_is_a_press_without_meaning() -> None:
    assert click("click_foreign").action is None


@pytest.mark.parametrize("name", ["click_home", "click_other_workspace", "app_mention"])
def test_presses_elsewhere_are_ignored(name: str) -> None:
    assert isinstance(parse_presses.click(payload(name), ME), Ignored)


COLOURS = Field(id="f1", text="Which?", choices=(Choice("r", "Red"), Choice("b", "Blue")))


def test_a_choice_becomes_the_answer_of_the_only_field() -> None:
    ask = Question(id="a1", turn="1", title="Colour", fields=(COLOURS,))
    answer = parse_presses.answer_to(ask, AskAction(UID, "reply", 1))
    assert answer == Answer(verb="reply", values=(("f1", ("b",)),))
    assert parse_presses.answer_to(ask, AskAction(UID, "reply", 2)) is None


def test_a_decision_is_its_verb_and_a_confirmation_has_no_choices() -> None:
    ask = Confirmation(id="a1", turn="1", tool="bash", title="Run", input={})
    assert parse_presses.answer_to(ask, AskAction(UID, "deny")) == Answer(verb="deny")
    assert parse_presses.answer_to(ask, AskAction(UID, "reply", 0)) is None


def test_slacks_own_stop_and_the_home() -> None:
    assert parse_presses.native_stop(payload("agent_session_stopped"), ME) == NativeStop(
        key="ev:Ev0STOPPED1", thread=THREAD, user="U03ANASMIT"
    )
    assert parse.home_opened(payload("app_home_opened")) == "U03ANASMIT"
    assert isinstance(parse.home_opened(payload("app_home_opened_messages")), Ignored)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(st.sampled_from(NAMES), st.data())
def test_no_payload_is_refused_whatever_is_put_into_it(name: str, data: st.DataObject) -> None:
    body = payload(name)
    inner = body.get("event", body)
    assert isinstance(inner, dict)
    for field in data.draw(st.lists(st.sampled_from(sorted(inner)), max_size=3)):
        inner[field] = data.draw(JSON)
    post = parse.post(body, ME)
    if isinstance(post, Post):
        parse_words.inbound(post, ANA, {}, ME)
    parse_presses.click(body, ME)
    parse_presses.native_stop(body, ME)
    parse.home_opened(body)
