"""Whatever Slack might be made to send: nothing is raised, nothing is stored, nothing is told of
another workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.core.access import Where
from bot.core.approvals import Terms
from bot.core.ids import SessionId, ThreadKey, ask_uid
from bot.core.inbound import Person
from bot.core.ports import KnownAsk
from bot.core.views import AskView, HomeView
from bot.slack import action_ids, parse_modals, parse_presses
from bot.slack.action_ids import FORMS, VERBS, ModalRef
from bot.slack.bolt import bolt_app
from bot.slack.directory import Directory
from bot.slack.intake import Intake
from bot.slack.listeners import register
from bot.slack.listeners.modals import UNREADABLE
from bot.slack.parse import Identity
from bot.slack.render.blocks import Json
from tests.slack import cards
from tests.slack.remembering import RememberingBridge

ME = Identity("T1", "U0BOT", "threadline", "B1")
HERE = ThreadKey("T1", "C1", "1700000000.000100")
THERE = ThreadKey("T9", "C9", "1700000000.000900")
SECRET = "words of another workspace"
OURS = ask_uid(HERE.session, "a1")
QUESTION = ask_uid(HERE.session, "q1")
THEIRS = ask_uid(THERE.session, "a1")


@dataclass
class Silent:
    """A speaker that keeps what it was told to show."""

    said: list[object] = field(default_factory=lambda: list[object]())

    async def whisper(self, thread: ThreadKey, user: str, text: str) -> None:
        self.said.append(text)

    async def publish_home(self, user: str, view: HomeView) -> None:
        self.said.append(view)

    async def open_modal(self, trigger: str, view: Json) -> None:
        self.said.append(view)

    async def change_modal(self, view_id: str, seen: str, view: Json) -> None:
        self.said.append(view)


class Everybody(Directory):
    """Knows everybody as a member, and asks nobody."""

    async def person(self, user: str) -> Person:
        return Person(user, user)


def known(home: ThreadKey, view: AskView) -> KnownAsk:
    here = Where(channel=home.channel, owner=Person("U1", "Ana"))
    return KnownAsk(home, view, here, Terms(who=("anyone",)))


async def answered(body: Mapping[str, Any]) -> tuple[int, str, RememberingBridge]:
    """The status and all that was said: acks, whispers, modals and logs."""
    bridge, speaker = RememberingBridge(), Silent()
    theirs = replace(cards.OPEN, uid=THEIRS, ask=replace(cards.SCHEMA, title=SECRET))
    bridge.asks = {
        OURS: known(HERE, replace(cards.OPEN, uid=OURS, ask=cards.SCHEMA, always=True)),
        QUESTION: known(HERE, replace(cards.OPEN, uid=QUESTION, ask=cards.FORM)),
        THEIRS: known(THERE, theirs),
    }
    bridge.threads = {HERE: None, THERE: None}
    web = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/api/")
    app = bolt_app(ME, web, lambda: None)
    register(app, Intake(ME, bridge, Everybody(web, ME), speaker))
    with capture_logs() as logged:
        response = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=dict(body)))
    assert [entry for entry in logged if entry["event"] == "slack.listener_failed"] == []
    assert response is not None
    return response.status, f"{response.body}{speaker.said}{logged}", bridge


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
UIDS = st.sampled_from([OURS, QUESTION, THEIRS, "0" * 24, "F" * 24, "", OURS + "\n"])
PLACES = st.sampled_from(["thread", "C9/1.2", "", "../..", "C1/1.2:x"])
REFS = st.one_of(
    st.builds(action_ids.ask_button, UIDS, st.sampled_from(VERBS)),
    st.builds(action_ids.all_button, UIDS, st.sampled_from(["allow", "deny"])),
    st.builds(action_ids.choice_button, UIDS, st.integers(-1, 10**7)),
    st.builds(action_ids.found_option, UIDS, st.integers(0, 10**6)),
    st.builds(action_ids.open_button, UIDS, st.sampled_from(FORMS)),
    st.builds(action_ids.open_option, UIDS, st.sampled_from(FORMS)),
    st.builds(action_ids.page_button, UIDS, st.integers(0, 10**6)),
    st.builds(
        action_ids.stop_button, st.sampled_from([HERE.session, THERE.session, SessionId("")])
    ),
    st.tuples(st.text(max_size=20), st.text(max_size=20)),
)
MODALS = st.builds(
    action_ids.modal_ids, st.builds(ModalRef, UIDS, st.sampled_from(FORMS), PLACES)
) | st.tuples(st.just("ask:modal:deny"), st.text(max_size=40))
BLOCKS = st.sampled_from(
    [*(f"{k}{n}" for k in "ecpt" for n in range(4)), "reason", "scope", "days"]
)
VALUES = st.sampled_from(
    ["x" * 20_000, "1" * 400, "[" * 5_000, "NaN", "1e999", "\ud800", "true", "7", "other",
     f"{OURS}:0", f"{QUESTION}:99999", f"{QUESTION}:1", f"{THEIRS}:0", "thread"]
) | st.text(max_size=20)  # fmt: skip
OPTIONS = st.builds(lambda v: {"text": {"type": "plain_text", "text": "x"}, "value": v}, VALUES)
HELD = st.fixed_dictionaries(
    {},
    optional={
        "type": st.text(max_size=5),
        "value": st.none() | VALUES,
        "selected_option": st.none() | OPTIONS,
        "selected_options": st.lists(OPTIONS, max_size=3),
    },
)
STATES = st.dictionaries(BLOCKS, st.dictionaries(st.just("value"), HELD, max_size=2), max_size=8)
TEAMS = st.sampled_from([{"id": "T1"}, {"id": "T9"}, None])


def pressed(ref: tuple[str, str], team: object, view: bool, modal: tuple[str, str]) -> Json:
    where: Json = {"channel_id": "C1", "message_ts": "1.2", "type": "message"}
    body: Json = {
        "type": "block_actions",
        "trigger_id": "1.2.a",
        "team": team,  # type: ignore[dict-item]
        "user": {"id": "U1"},
        "container": {"type": "view", "view_id": "V1"} if view else where,
        "actions": [
            {"type": "button", "action_id": ref[0], "value": ref[1], "block_id": "b",
             "action_ts": "1.2"}
        ],
    }  # fmt: skip
    return {**body, "view": viewed(modal, {})} if view else body


def viewed(modal: tuple[str, str], state: object) -> Json:
    return {
        "id": "V1", "hash": "1.a", "type": "modal", "callback_id": modal[0],
        "private_metadata": modal[1], "state": {"values": state},  # type: ignore[dict-item]
    }  # fmt: skip


def sent(modal: tuple[str, str], state: object, team: object) -> Json:
    return {
        "type": "view_submission", "team": team, "user": {"id": "U1"},  # type: ignore[dict-item]
        "view": viewed(modal, state),
    }  # fmt: skip


def sought(uid: str, block: str, text: object, in_view: bool, modal: tuple[str, str]) -> Json:
    body: Json = {
        "type": "block_suggestion", "team": {"id": "T1"}, "user": {"id": "U1"},
        "action_id": f"ask:find:{uid}", "block_id": block, "value": text,  # type: ignore[dict-item]
    }  # fmt: skip
    return {**body, "view": viewed(modal, {})} if in_view else body


BODIES = st.one_of(
    st.builds(pressed, REFS, TEAMS, st.booleans(), MODALS),
    st.builds(sent, MODALS, STATES, TEAMS),
    st.builds(sought, UIDS, BLOCKS, VALUES, st.booleans(), MODALS),
)


@settings(deadline=None, max_examples=150)
@given(BODIES)
def test_nothing_that_is_sent_breaks_or_tells_of_another_workspace_E80(body: Json) -> None:
    status, said, bridge = asyncio.run(answered(body))
    assert status == 200 or body["type"] not in ("view_submission", "block_suggestion")
    assert SECRET not in said
    assert all(inbound.thread.team == ME.team for inbound in bridge.accepted)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["view", "actions", "container", "message", "team", "action_id", "value"]),
        JUNK | STATES,
    ),
    st.sampled_from(["block_actions", "view_submission", "message_action", "block_suggestion"]),
    MODALS,
    JUNK,
)
def test_reading_any_shape_is_total(
    junk: dict[str, object], kind: str, modal: tuple[str, str], state: object
) -> None:
    """What is not even a payload: Bolt itself refuses most of it before it comes to us."""
    bodies = [{"type": kind, "user": {"id": "U1"}, **junk}, sent(modal, state, None)]
    for body in bodies:
        parse_presses.click(body, ME)
        parse_modals.turned(body, ME)
        parse_modals.submission(body, ME)
        parse_modals.search(body, ME)


def test_the_fuzz_reaches_what_it_is_meant_to_reach() -> None:
    allow = pressed(action_ids.ask_button(OURS, "allow"), None, False, ("", ""))
    deny = sent(
        action_ids.modal_ids(ModalRef(OURS, "deny")), {"reason": {"value": {"value": "no"}}}, None
    )
    who = pressed(action_ids.open_option(OURS, "who"), None, False, ("", ""))
    theirs = pressed(action_ids.open_option(THEIRS, "who"), None, False, ("", ""))
    assert len(asyncio.run(answered(allow))[2].accepted) == 1
    assert len(asyncio.run(answered(deny))[2].accepted) == 1
    assert "Who can decide" in asyncio.run(answered(who))[1]
    assert "Who can decide" not in asyncio.run(answered(theirs))[1]


@pytest.mark.parametrize("fields", [["reason"], ["e0", "e1"], []])
def test_a_form_of_another_version_stays_with_what_was_typed_E79(fields: list[str]) -> None:
    typed = {name: {"value": {"value": "because"}} for name in fields}
    status, said, bridge = asyncio.run(answered(sent(("ask:modal:deny", "v0"), typed, None)))
    assert status == 200 and bridge.accepted == []
    assert (UNREADABLE in said) is bool(fields)
    assert not fields or f'"errors": {{"{fields[0]}"' in said
