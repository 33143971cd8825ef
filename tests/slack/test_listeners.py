"""Acked only after stored; sent again otherwise; a click that was not stored is told at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.core.access import NOBODY, Where
from bot.core.approvals import Terms
from bot.core.asks import Answer, Choice, Confirmation, Field, Question
from bot.core.errors import LeaseLost
from bot.core.ids import SessionId, ThreadKey, ask_uid
from bot.core.inbound import Person, Reply, Stop
from bot.core.ports import KnownAsk
from bot.core.views import AskView
from bot.playground import MethodFault, Playground, Thread
from bot.playground.events import callback
from bot.playground.journal import Delivery
from bot.slack import action_ids
from bot.slack.app import connect
from bot.slack.intake import Intake
from bot.slack.listeners import actions, home
from bot.slack.render.blocks import Json
from tests.slack.joined import CALM, config_of, joined, soon
from tests.slack.recorded import payload
from tests.slack.remembering import RememberingBridge


def key(local: Playground, thread: Thread) -> ThreadKey:
    return ThreadKey(local.workspace.installs[0].team_id, thread.channel, thread.ts)


async def settled(local: Playground) -> None:
    """Until nothing is on its way to the bot any more."""
    await local.until(lambda: all(d.outcome != "pending" for d in local.journal.deliveries))


def last(local: Playground, kind: str) -> Delivery:
    return local.journal.delivered(kind)[-1]


async def test_a_mention_comes_in_twice_and_is_one_prompt(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with joined(config_of(local), bridge):
        thread = await local.person("ana").mention("#dev", "compare a & b in #general")
        await settled(local)
    assert len(local.journal.delivered("app_mention")) == 1
    assert len(local.journal.delivered("message")) == 1
    (prompt,) = bridge.prompts
    assert prompt.text == "compare a & b in #general"
    assert prompt.thread == key(local, thread)
    assert (prompt.by.standing, prompt.mentions_bot) == ("member", True)


async def test_five_deliveries_of_one_post_are_one_prompt(
    local: Playground, bridge: RememberingBridge
) -> None:
    """E70"""
    local.faults.duplicate_events = 4
    async with joined(config_of(local), bridge) as slack:
        await soon(lambda: slack.caught_up)  # or that finds the post too
        await local.person("ana").mention("#dev", "once")
        await settled(local)
    assert bridge.texts == ["once"]
    assert bridge.attempts == 10


async def test_slack_hears_of_success_only_after_the_store_has_it(
    local: Playground, bridge: RememberingBridge
) -> None:
    bridge.gate.clear()
    async with joined(config_of(local), bridge):
        await local.person("ana").message_bot("hello")
        await soon(lambda: bridge.attempts)
        assert last(local, "message").outcome == "pending"
        assert not bridge.accepted
        bridge.gate.set()
        await settled(local)
    assert last(local, "message").outcome == "acked"
    assert bridge.texts == ["hello"]


async def test_an_event_is_sent_again_until_the_store_is_back(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with joined(config_of(local), bridge):
        bridge.down = True
        await local.person("ana").message_bot("hello")
        await soon(lambda: len(last(local, "message").attempts) >= 2)
        bridge.down = False
        await settled(local)
    assert last(local, "message").outcome == "acked"
    assert bridge.texts == ["hello"]


async def test_a_slow_store_is_not_waited_for_beyond_slacks_patience(
    local: Playground, bridge: RememberingBridge
) -> None:
    bridge.gate.clear()
    async with joined(config_of(local), bridge, pace=replace(CALM, listener=0.1)):
        await local.person("ana").message_bot("hello")
        await soon(lambda: bridge.attempts >= 2)
        assert not bridge.accepted
        bridge.gate.set()
        await soon(lambda: bridge.texts == ["hello"])


async def test_nobody_is_let_in_whom_slack_does_not_name(
    local: Playground, bridge: RememberingBridge
) -> None:
    local.faults.methods["users.info"] = MethodFault(status=500, times=1)
    async with joined(config_of(local), bridge) as slack:
        await soon(lambda: slack.caught_up)  # or that asks for them first
        await local.person("cho").message_bot("hello")
        await settled(local)
    assert len(last(local, "message").attempts) >= 2
    assert [prompt.by.standing for prompt in bridge.prompts] == ["guest"]


async def test_chatter_costs_no_look_up_and_is_acked(
    local: Playground, bridge: RememberingBridge
) -> None:
    """E27"""
    async with joined(config_of(local), bridge):
        thread = await local.person("ben").post("#dev", "lunch?")
        await local.person("ana").reply(thread, "yes")
        await settled(local)
    assert not bridge.accepted
    assert not local.journal.called("users.info")
    assert {d.outcome for d in local.journal.deliveries} == {"acked"}


async def test_replies_in_a_thread_with_a_session_need_no_mention(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with joined(config_of(local), bridge):
        thread = await local.person("ana").mention("#dev", "one")
        await settled(local)
        await local.person("ana").reply(thread, "two")
        await settled(local)
        await local.person("ben").reply(thread, "@ana three")
        await settled(local)
    assert bridge.texts == ["one", "two", "@ana three"]
    assert [prompt.mentions_others for prompt in bridge.prompts] == [False, False, True]


@pytest.mark.parametrize("word", ["quiet", "stop"])
async def test_a_word_of_ours_where_no_session_is_gets_a_private_sentence(
    local: Playground, bridge: RememberingBridge, word: str
) -> None:
    """E81"""
    async with joined(config_of(local), bridge):
        thread = await local.person("ben").post("#dev", "lunch?")
        await local.person("ana").reply(thread, f"@threadline {word}")
        await settled(local)
        assert local.person("ana").whispers() == [NOBODY]
    assert not bridge.accepted


async def test_edits_deletions_and_our_own_posts_are_acked_and_nothing_else(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with joined(config_of(local), bridge) as slack:
        thread = await local.person("ana").mention("#dev", "helo")
        await settled(local)
        await local.person("ana").edit(thread, "hello")
        await slack.web.chat_postMessage(channel=thread.channel, text="ok", thread_ts=thread.ts)
        await local.person("ana").react(thread, "eyes")
        await local.person("ana").delete(thread)
        await settled(local)
    assert bridge.texts == ["helo"]
    assert {d.outcome for d in local.journal.deliveries} == {"acked"}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "app_context_changed"},
        {"type": "tokens_revoked", "tokens": {"bot": ["U0THREADLN"]}},
        {"type": "never_heard_of"},
        {"type": "app_home_opened", "tab": "messages", "channel": "D1"},
        {"type": "agent_session_stopped", "channel": "D1"},
        {"type": "message", "subtype": "never_heard_of", "channel": "D1", "ts": "1.2"},
        {"type": "message", "channel": "D1", "ts": "1.2", "text": ""},
    ],
)
async def test_every_kind_of_event_is_acked_at_the_first_try(
    local: Playground, bridge: RememberingBridge, event: dict[str, object]
) -> None:
    async with joined(config_of(local), bridge):
        sent = send(local, {"user": "U0ANA00001", **event})
        await settled(local)
    assert sent.outcome == "acked"
    assert len(sent.attempts) == 1
    assert not bridge.accepted and not bridge.homes


def send(local: Playground, event: dict[str, object]) -> Delivery:
    install = local.workspace.installs[0]
    body = callback(local.app.config, install, local.workspace.new_id("Ev"), event, 1.0)
    delivery = Delivery(1.0, "events_api", body)
    local.journal.deliveries.append(delivery)
    local.local.courier.send_event(delivery)
    return delivery


@pytest.mark.parametrize(
    "interaction",
    [
        payload("click_home"),
        payload("click_other_workspace"),
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "x"}},
        {"type": "view_closed", "view": {"type": "modal", "callback_id": "x"}},
        {"type": "shortcut", "callback_id": "x"},
        {"type": "message_action", "callback_id": "x", "message": {}, "channel": {"id": "C1"}},
        {"type": "block_suggestion", "action_id": "x", "block_id": "y", "value": "z"},
        {"command": "/x", "user_id": "U1", "team_id": "T1", "text": ""},
    ],
)
async def test_interactions_we_do_not_offer_are_acked(
    local: Playground, bridge: RememberingBridge, interaction: dict[str, object]
) -> None:
    body = {"user": {"id": "U0ANA00001"}, "team": {"id": "T0PLAYGRND"}, **interaction}
    async with joined(config_of(local), bridge):
        assert await local.local.courier.interact(Delivery(1.0, "interactive", body))


async def test_that_a_home_was_opened_is_stored(
    local: Playground, bridge: RememberingBridge
) -> None:
    ana = local.person("ana")
    async with joined(config_of(local), bridge):
        await ana.open_home()
        await soon(lambda: bridge.homes)
        await settled(local)
    assert bridge.homes == [(f"T0PLAYGRND/{ana.id}", "")]


@pytest.mark.parametrize(
    ("action_id", "value", "said"),
    [
        ("home:revoke", "g1", "Revoked."),
        ("home:stop", "T0PLAYGRND/C1/1.1", home.NO_SESSION),
        ("home:stop", "elsewhere", home.NOT_OURS),
        ("home:dance", "g1", home.NOT_OURS),
    ],
)
async def test_a_press_on_home_is_answered_there_E90(
    local: Playground, bridge: RememberingBridge, action_id: str, value: str, said: str
) -> None:
    ana = local.person("ana")
    async with joined(config_of(local), bridge):
        assert await local.local.courier.interact(pressed_on_home(ana.id, action_id, value))
    assert bridge.homes == [(f"T0PLAYGRND/{ana.id}", said)]
    assert len(bridge.revoked) == (action_id == "home:revoke")
    assert bridge.accepted == []


async def test_stop_on_home_stops_the_thread_E90(
    local: Playground, bridge: RememberingBridge
) -> None:
    ana = local.person("ana")
    async with joined(config_of(local), bridge):
        thread = await ana.mention("#dev", "long work")
        await soon(lambda: bridge.prompts)
        session = str(key(local, thread))
        assert await local.local.courier.interact(pressed_on_home(ana.id, "home:stop", session))
    stop = bridge.accepted[-1]
    assert isinstance(stop, Stop)
    assert (stop.thread, stop.by.user, stop.via) == (key(local, thread), ana.id, "button")


async def test_a_press_on_home_that_cannot_be_stored_is_not_acked(
    local: Playground, bridge: RememberingBridge
) -> None:
    ana = local.person("ana")
    async with joined(config_of(local), bridge):
        bridge.down = True
        assert not await local.local.courier.interact(pressed_on_home(ana.id, "home:revoke", "g1"))
    assert bridge.revoked == []


def pressed_on_home(user: str, action_id: str, value: str) -> Delivery:
    body: dict[str, object] = {
        "type": "block_actions",
        "user": {"id": user},
        "team": {"id": "T0PLAYGRND"},
        "container": {"type": "view", "view_id": "V1"},
        "view": {"id": "V1", "type": "home"},
        "actions": [{"type": "button", "action_id": action_id, "value": value, "action_ts": "1.1"}],
    }
    return Delivery(1.0, "interactive", body)


async def test_slacks_own_stop_stops_the_thread(
    local: Playground, bridge: RememberingBridge
) -> None:
    """E29"""
    ana = local.person("ana")
    async with joined(config_of(local), bridge) as slack:
        thread = await ana.mention("#dev", "long work")
        await settled(local)
        await slack.web.agents_sessions_setStatus(
            channel_id=thread.channel, thread_ts=thread.ts, status="processing"
        )
        await ana.stop(thread)
        await settled(local)
    stop = bridge.accepted[-1]
    assert isinstance(stop, Stop)
    assert (stop.via, stop.thread, stop.by.user) == ("native", key(local, thread), ana.id)


async def card(web: AsyncWebClient, thread: Thread, *refs: action_ids.ActionRef) -> None:
    """A message of ours with buttons labelled 1, 2, …"""
    elements = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": str(number)},
            "action_id": ref.action_id,
            "value": ref.value,
        }
        for number, ref in enumerate(refs, 1)
    ]
    await web.chat_postMessage(
        channel=thread.channel,
        thread_ts=thread.ts,
        text="card",
        blocks=[{"type": "actions", "elements": elements}],
    )


class Scene:
    """A thread with a session, a confirmation `p` and a question `q` in it."""

    def __init__(self, local: Playground, bridge: RememberingBridge, thread: Thread) -> None:
        self.ana, self.thread = local.person("ana"), thread
        self.home = key(local, thread)
        self.permit, self.pick = ask_uid(self.home.session, "p"), ask_uid(self.home.session, "q")
        choices = (Choice("r", "Red"), Choice("b", "Blue"))
        field = Field(id="f", text="Which?", choices=choices)
        bridge.threads[self.home] = None
        bridge.asks = {
            uid: KnownAsk(
                self.home,
                AskView(uid=uid, ask=asked, status="open"),
                Where(channel=thread.channel, owner=Person(self.ana.id, "Ana")),
                Terms(),
            )
            for uid, asked in (
                (self.permit, Confirmation(id="p", turn="1", tool="bash", title="Run", input={})),
                (self.pick, Question(id="q", turn="1", title="?", fields=(field,))),
            )
        }


async def scene(local: Playground, bridge: RememberingBridge) -> Scene:
    return Scene(local, bridge, await local.person("ana").post("#dev", "work"))


async def test_a_press_on_an_ask_is_stored_before_it_is_acked(
    local: Playground, bridge: RememberingBridge
) -> None:
    at = await scene(local, bridge)
    async with joined(config_of(local), bridge) as slack:
        allow = action_ids.ask_button(at.permit, "allow")
        blue = action_ids.choice_button(at.pick, 1)
        await card(slack.web, at.thread, allow, blue)
        bridge.gate.clear()
        pressing = asyncio.create_task(at.ana.click(at.thread, "1"))
        await soon(lambda: bridge.attempts)
        assert not pressing.done()
        bridge.gate.set()
        assert await pressing
        assert await at.ana.click(at.thread, "2")
    first, second = bridge.accepted
    assert isinstance(first, Reply) and isinstance(second, Reply)
    assert (first.ask, first.answer, first.place) == ("p", Answer(verb="allow"), "thread")
    assert second.answer == Answer(verb="reply", values=(("f", ("b",)),))
    assert first.thread == at.home and first.by.user == at.ana.id
    assert at.ana.whispers() == []


async def test_a_press_elsewhere_names_its_place(
    local: Playground, bridge: RememberingBridge
) -> None:
    at = await scene(local, bridge)
    other = await at.ana.post("#general", "operations")
    async with joined(config_of(local), bridge) as slack:
        await card(slack.web, other, action_ids.ask_button(at.permit, "deny"))
        assert await at.ana.click(other, "1")
    (reply,) = bridge.accepted
    assert isinstance(reply, Reply)
    assert (reply.thread, reply.place) == (at.home, f"{other.channel}/{other.ts}")


async def test_stop_is_a_button_too(local: Playground, bridge: RememberingBridge) -> None:
    at = await scene(local, bridge)
    async with joined(config_of(local), bridge) as slack:
        await card(slack.web, at.thread, action_ids.stop_button(at.home.session))
        assert await at.ana.click(at.thread, "1")
    (stop,) = bridge.accepted
    assert isinstance(stop, Stop) and (stop.via, stop.thread) == ("button", at.home)


@pytest.mark.parametrize(
    ("ref", "sentence"),
    [
        (action_ids.ask_button("f" * 24, "allow"), actions.NOT_OPEN),
        (action_ids.ActionRef("ask:allow", "not a uid"), actions.NOT_OURS),
        (action_ids.ActionRef("something_else", "7"), actions.NOT_OURS),
        (action_ids.stop_button(SessionId("T0PLAYGRND/C1/1.2")), actions.NO_SESSION),
        (action_ids.stop_button(SessionId("T9/C0DEV00002/1.2")), actions.NO_SESSION),
    ],
)
async def test_stale_and_forged_presses_get_a_private_sentence(
    local: Playground, bridge: RememberingBridge, ref: action_ids.ActionRef, sentence: str
) -> None:
    """E81"""
    at = await scene(local, bridge)
    async with joined(config_of(local), bridge) as slack:
        await card(slack.web, at.thread, ref)
        assert await at.ana.click(at.thread, "1")
    assert at.ana.whispers() == [sentence]
    assert not bridge.accepted


async def test_an_ask_of_another_workspace_is_not_answered_here(
    local: Playground, bridge: RememberingBridge
) -> None:
    """E80"""
    at = await scene(local, bridge)
    elsewhere = ThreadKey("T9", "C9", "1.2")
    bridge.asks[at.permit] = replace(bridge.asks[at.permit], thread=elsewhere)
    async with joined(config_of(local), bridge) as slack:
        await card(slack.web, at.thread, action_ids.ask_button(at.permit, "allow"))
        assert await at.ana.click(at.thread, "1")
    assert at.ana.whispers() == [actions.NOT_OPEN]
    assert not bridge.accepted


async def test_a_choice_the_question_does_not_have_is_refused(
    local: Playground, bridge: RememberingBridge
) -> None:
    at = await scene(local, bridge)
    async with joined(config_of(local), bridge) as slack:
        await card(slack.web, at.thread, action_ids.choice_button(at.pick, 7))
        assert await at.ana.click(at.thread, "1")
    assert at.ana.whispers() == [actions.NOT_OPEN]


async def test_a_press_the_store_cannot_take_is_told_at_once_and_can_be_repeated(
    local: Playground, bridge: RememberingBridge
) -> None:
    at = await scene(local, bridge)
    async with joined(config_of(local), bridge) as slack:
        await card(slack.web, at.thread, action_ids.ask_button(at.permit, "allow"))
        bridge.down = True
        assert not await at.ana.click(at.thread, "1")
        assert at.ana.whispers() == [actions.NOT_SAVED]
        assert at.thread.buttons() == ["1"]
        bridge.down = False
        assert await at.ana.click(at.thread, "1")
    assert len(bridge.accepted) == 1
    assert len(local.journal.delivered("block_actions")[0].attempts) == 1


async def test_a_press_nobody_can_be_told_of_is_still_not_acked(
    local: Playground, bridge: RememberingBridge
) -> None:
    at = await scene(local, bridge)
    local.faults.methods["chat.postEphemeral"] = MethodFault(status=500)
    async with joined(config_of(local), bridge) as slack:
        await card(slack.web, at.thread, action_ids.ask_button(at.permit, "allow"))
        bridge.down = True
        assert not await at.ana.click(at.thread, "1")
    assert not bridge.accepted


async def test_an_error_is_logged_with_ids_and_people_hear_nothing_of_it(
    local: Playground, bridge: RememberingBridge
) -> None:
    """E88"""
    with capture_logs() as logged:
        async with joined(config_of(local), bridge):
            bridge.down = True
            thread = await local.person("ana").mention("#dev", "a secret")
            await settled(local)
    (first, *_) = [entry for entry in logged if entry["event"] == "slack.not_taken"]
    assert (first["channel"], first["ts"]) == (thread.channel, thread.ts)
    assert first["error"] == "StoreUnavailable"
    everything = str(logged)
    assert not any(s in everything for s in ("a secret", local.bot_token, local.app_token))
    assert len(thread.messages()) == 1
    assert all(not person.whispers() for person in local.people.values())


async def test_a_fault_of_ours_is_logged_not_acked_and_not_said_to_people(
    local: Playground, bridge: RememberingBridge
) -> None:
    bridge.faults[""] = KeyError("a fault")
    with capture_logs() as logged:
        async with joined(config_of(local), bridge):
            thread = await local.person("ana").mention("#dev", "hello")
            await soon(lambda: len(last(local, "app_mention").attempts) >= 2)
            bridge.faults.clear()
            await soon(lambda: bridge.texts == ["hello"])
    failed = [entry for entry in logged if entry["event"] == "slack.listener_failed"]
    assert failed[0]["exc_info"].args == ("a fault",)
    assert len(thread.messages()) == 1


class Dispossessed:
    """A speaker whose replica has lost the workspace."""

    async def whisper(self, thread: ThreadKey, user: str, text: str) -> None:
        raise LeaseLost()

    async def open_modal(self, trigger: str, view: Json) -> None:
        raise LeaseLost()

    async def change_modal(self, view_id: str, seen: str, view: Json) -> None:
        raise LeaseLost()


async def test_a_replica_without_the_workspace_cannot_whisper_and_says_so_in_the_log(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with connect(config_of(local)) as slack:
        intake = Intake(slack.me, bridge, slack.directory, Dispossessed())
        with capture_logs() as logged:
            await intake.tell(ThreadKey("T1", "C1", "1.2"), "U1", "a private sentence")
    (entry,) = [entry for entry in logged if entry["event"] == "slack.not_told"]
    assert (entry["user"], entry["error"]) == ("U1", "LeaseLost")
