"""The list of what waits is taken away when nothing does, whatever becomes of the calls."""

from __future__ import annotations

from typing import Literal

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.errors import ChannelClosed
from bot.core.ids import Receipt, ThreadKey, queue_slot
from bot.core.views import QueueEntry, QueueView, digest
from bot.playground import Playground
from bot.playground.faults import MethodFault
from tests.slack.stage import HastyClock, Stage, identity, surface_on

LIST = queue_slot(1)


@pytest.fixture
async def stage(local: Playground) -> Stage:
    web = AsyncWebClient(token=local.bot_token, base_url=local.base_url, retry_handlers=[])
    thread = await local.person("ana").mention("#dev", "deploy it")
    key = ThreadKey(identity(local).team, thread.channel, thread.ts)
    clock, alive = HastyClock(local.clock), [True]
    return Stage(local, thread, key, surface_on(local, web, clock, alive), clock, alive)


def nothing(stage: Stage) -> QueueView:
    return QueueView(session=stage.key.session)


async def listed(stage: Stage) -> Receipt:
    entries = (QueueEntry("0" * 16, "ana", "and then test it"),)
    receipt = await stage.show(QueueView(session=stage.key.session, entries=entries), LIST)
    assert receipt is not None and "and then test it" in stage.thread.text()
    return receipt


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_list_whose_removal_was_not_answered_is_gone_and_over_E75(
    stage: Stage, when: Literal["before", "after"]
) -> None:
    receipt = await listed(stage)
    stage.slack.faults.methods["chat.delete"] = MethodFault(drop=when, times=1)
    gone = await stage.show(nothing(stage), LIST, receipt)
    assert gone is not None and gone.shown == digest(nothing(stage))
    assert stage.replies() == [] and stage.calls("chat.postMessage") == 1
    assert await stage.show(nothing(stage), LIST, gone) == gone


async def test_a_list_that_somebody_else_has_deleted_is_over_too(stage: Stage) -> None:
    receipt = await listed(stage)
    await stage.slack.befall("delete_message", channel=stage.key.channel, ts=receipt.ts)
    gone = await stage.show(nothing(stage), LIST, receipt)
    assert gone is not None and gone.shown == digest(nothing(stage))


@pytest.mark.parametrize("code", ["cant_delete_message", "compliance_exports_prevent_deletion"])
async def test_a_list_that_may_not_be_deleted_says_that_nothing_waits_E16(
    stage: Stage, code: str
) -> None:
    receipt = await listed(stage)
    stage.slack.faults.methods["chat.delete"] = MethodFault(error=code)
    gone = await stage.show(nothing(stage), LIST, receipt)
    assert gone is not None and gone.shown == digest(nothing(stage))
    [message] = stage.replies()
    assert message.text == "Nothing waits any more." and stage.thread.buttons() == []
    assert (stage.calls("chat.delete"), stage.clock.slept) == (1, [])


async def test_where_a_channel_is_closed_a_list_stays_as_it_is(stage: Stage) -> None:
    receipt = await listed(stage)
    stage.slack.faults.methods["chat.delete"] = MethodFault(error="channel_not_found")
    with pytest.raises(ChannelClosed):
        await stage.show(nothing(stage), LIST, receipt)
    assert stage.calls("chat.update") == 0
