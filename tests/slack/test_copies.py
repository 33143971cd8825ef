"""Cards shown elsewhere too: by posts of their own, in channels and private messages."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.core.asks import Confirmation
from bot.core.errors import ChannelClosed, SurfaceError, SurfaceUnavailable
from bot.core.ids import PartKey, Place, Receipt, ThreadKey, ask_slot, turn_slot
from bot.core.ports import Intent, Target
from bot.core.views import AskView, NoticeView, Priority, TurnView, digest
from bot.playground import Playground
from bot.playground.blocks import visible_text
from bot.playground.faults import MethodFault
from bot.playground.model import Message
from bot.slack.render import render
from tests.slack.stage import HastyClock, Stage, identity, says, surface_on

CARD = ask_slot("a")
GENERAL = Place("C0GENERAL1", "")
HIDDEN = Place("G0OPS00003", "")


@pytest.fixture
async def stage(local: Playground) -> Stage:
    web = AsyncWebClient(token=local.bot_token, base_url=local.base_url, retry_handlers=[])
    ana = local.person("ana")
    thread = await ana.mention("#dev", "deploy it")
    key = ThreadKey(identity(local).team, thread.channel, thread.ts)
    clock, alive = HastyClock(local.clock), [True]
    return Stage(local, thread, key, surface_on(local, web, clock, alive), clock, alive)


def card(stage: Stage, **changes: object) -> AskView:
    view = AskView(
        uid="0" * 24,
        ask=Confirmation(id="a", turn="t", tool="Bash", title="Deploy", input={"command": "make"}),
        status="open",
        asked_by=(stage.slack.person("ana").id,),
        home=stage.key,
        title="deploy <it> & more",
    )
    return replace(view, **changes)  # pyright: ignore[reportArgumentType]


async def show(
    stage: Stage, place: Place, view: AskView, receipt: Receipt | None = None
) -> Receipt | None:
    target = Target(stage.key, PartKey(CARD, 0, place), Priority.ASK)
    return await stage.surface.show(target, receipt, says(view))


def posted(stage: Stage, channel: str) -> list[Message]:
    """The bot's posts in the channel itself."""
    me = identity(stage.slack).user
    return [m for m in stage.slack.workspace.timeline(channel) if m.user == me]


def with_ben(stage: Stage) -> Place:
    return Place(stage.slack.person("ben").id, "")


async def test_a_copy_is_a_post_of_its_own_that_leads_to_its_thread_E48(stage: Stage) -> None:
    receipt = await show(stage, GENERAL, card(stage))
    [message] = posted(stage, "C0GENERAL1")
    assert message.thread_ts is None and stage.replies() == []
    assert receipt == Receipt(PartKey(CARD, 0, GENERAL), message.ts, digest(card(stage)))
    assert message.metadata is not None
    assert message.metadata["event_payload"]["session"] == str(stage.key)
    head = json.dumps((message.blocks or [])[0])
    assert f"/archives/{stage.key.channel}/p{stage.key.thread_ts.replace('.', '')}" in head
    assert f'"channel_id": "{stage.key.channel}"' in head
    assert f'"user_id": "{stage.slack.person("ana").id}"' in head
    assert "deploy <it> & more" in visible_text(message)


async def test_a_copy_is_edited_like_its_card_in_the_thread_E48(stage: Stage) -> None:
    first = await show(stage, GENERAL, card(stage))
    settled = card(stage, status="settled", outcome="answered", label="Allowed", by="U0BEN00002")
    again = await show(stage, GENERAL, settled, first)
    assert first and again and again.ts == first.ts
    [message] = posted(stage, "C0GENERAL1")
    assert "Allowed" in visible_text(message)
    assert not [block for block in message.blocks or [] if block["type"] == "actions"]


async def test_a_direct_message_is_opened_once(stage: Stage) -> None:
    first = await show(stage, with_ben(stage), card(stage))
    await show(stage, with_ben(stage), card(stage, status="sending", label="Allowed"), first)
    assert stage.calls("conversations.open") == 1
    [call] = stage.slack.journal.called("chat.postMessage")
    channel = call.arguments["channel"]
    assert channel.startswith("D") and "thread_ts" not in call.arguments
    assert len(posted(stage, channel)) == 1
    assert first is not None and first.key.place == with_ben(stage)


async def test_without_a_link_a_copy_is_posted_all_the_same(stage: Stage) -> None:
    stage.slack.faults.methods["chat.getPermalink"] = MethodFault(500)
    with capture_logs() as logged:
        await show(stage, GENERAL, card(stage))
    [message] = posted(stage, "C0GENERAL1")
    assert "deploy <it> & more" in visible_text(message)
    assert [entry["event"] for entry in logged] == ["link.unknown"]


async def test_places_that_cannot_be_written_in_are_refused_for_good(stage: Stage) -> None:
    with pytest.raises(ChannelClosed):
        await show(stage, HIDDEN, card(stage))
    with pytest.raises(SurfaceError) as refused:
        await show(stage, Place("U0NOBODY99", ""), card(stage))
    assert not refused.value.retryable
    stage.slack.faults.methods["conversations.open"] = MethodFault(500)
    with pytest.raises(SurfaceUnavailable):
        await show(stage, with_ben(stage), card(stage))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("private", [True, False])
async def test_a_copy_whose_answer_was_lost_is_looked_up_and_not_doubled_E71(
    stage: Stage, when: str, private: bool
) -> None:
    place = with_ben(stage) if private else GENERAL
    drop = "before" if when == "before" else "after"
    stage.slack.faults.methods["chat.postMessage"] = MethodFault(drop=drop, times=1)
    receipt = await show(stage, place, card(stage))
    channel = stage.slack.journal.called("conversations.history")[0].arguments["channel"]
    [message] = posted(stage, channel)
    assert receipt is not None and receipt.ts == message.ts


async def test_after_a_crash_each_copy_is_found_where_it_stands_and_no_other_s(
    stage: Stage,
) -> None:
    at = stage.slack.clock()
    other = replace(stage.key, thread_ts="1700000000.000001")
    theirs = Target(other, PartKey(CARD, 0, GENERAL), Priority.ASK)
    await stage.surface.show(theirs, None, says(card(stage)))
    places = (GENERAL, with_ben(stage))
    shown = [await show(stage, place, card(stage)) for place in places]
    own = await stage.show(card(stage), CARD)
    keys = [PartKey(CARD, 0, place) for place in (*places, stage.key.place)]
    found = await stage.surface.recover([Intent(stage.key, key, at) for key in keys])
    expected = {receipt.key: receipt.ts for receipt in (*shown, own) if receipt is not None}
    assert {receipt.key: receipt.ts for receipt in found} == expected
    assert len(set(expected.values())) == 3


async def test_a_place_that_may_not_be_read_any_more_hides_nothing_else(stage: Stage) -> None:
    at = stage.slack.clock()
    view = TurnView(session=stage.key.session, text="hello", status="done", last=True)
    own = await stage.show(view, turn_slot(1))
    keys = [PartKey(CARD, 0, HIDDEN), PartKey(turn_slot(1), 0, stage.key.place)]
    with capture_logs() as logged:
        found = await stage.surface.recover([Intent(stage.key, key, at) for key in keys])
    assert own is not None and [receipt.ts for receipt in found] == [own.ts]
    doubts = [entry for entry in logged if entry["event"] == "copy.in_doubt"]
    assert {entry["place"] for entry in doubts} == {str(HIDDEN)}


async def test_a_slack_that_cannot_tell_for_the_moment_is_asked_again(stage: Stage) -> None:
    stage.slack.faults.methods["conversations.history"] = MethodFault(500, times=1)
    intent = Intent(stage.key, PartKey(CARD, 0, GENERAL), stage.slack.clock())
    with pytest.raises(SurfaceUnavailable):
        await stage.surface.recover([intent])
    assert await stage.surface.recover([intent]) == []


@pytest.mark.parametrize(
    ("place", "words"),
    [("thread", ""), ("C9OPS/1.1", "in <#C9OPS>"), ("D9BEN/1.1", "in a direct message")],
)
async def test_a_settled_card_says_where_else_it_was_decided(
    stage: Stage, place: str, words: str
) -> None:
    settled = card(stage, status="settled", outcome="answered", label="Allowed", by="U2", at=1.0)
    said = json.dumps(render(replace(settled, place=place)).blocks)
    assert words in said and ("direct message" in said) == (place[0] == "D")


def test_a_thread_s_own_card_has_no_head_and_a_direct_thread_no_channel(stage: Stage) -> None:
    copy = render(card(stage)).blocks
    assert render(card(stage, home=None)).blocks == copy[1:]
    direct = replace(stage.key, channel="D1")
    assert "in a conversation with me" in json.dumps(render(card(stage, home=direct)).blocks[0])


def test_a_notice_names_the_place_it_is_about() -> None:
    notice = NoticeView(text="I could not ask in this channel.", to="<#C9OPS>", level="warning")
    assert ":warning: <#C9OPS>" in json.dumps(render(notice).blocks)
    agent_s = NoticeView(text="<#C9OPS> <!channel>")
    assert "<#C9OPS>" not in json.dumps(render(agent_s).blocks)
