"""What was written while nobody listened is taken in exactly once."""

from __future__ import annotations

import time
from dataclasses import replace

from structlog.testing import capture_logs

from bot.core.inbound import Prompt, Stop
from bot.playground import MethodFault, Playground, PlaygroundConfig, Thread
from bot.playground.journal import Delivery
from tests.slack.joined import AT_ONCE, QUICK, config_of, joined, soon
from tests.slack.remembering import RememberingBridge


async def caught_up(local: Playground, bridge: RememberingBridge) -> None:
    """Run the bot until it has read all it missed."""
    async with joined(config_of(local), bridge) as slack:
        await soon(lambda: slack.caught_up)


async def begun(local: Playground, bridge: RememberingBridge) -> Thread:
    """A thread with a session, from before the bot went away."""
    async with joined(config_of(local), bridge):
        thread = await local.person("ana").mention("#dev", "one")
        await soon(lambda: bridge.texts == ["one"])
    return thread


async def test_what_was_written_while_away_is_taken_in_once_and_in_order(
    local: Playground, bridge: RememberingBridge
) -> None:
    """E72"""
    ana, ben = local.person("ana"), local.person("ben")
    thread = await begun(local, bridge)
    await ana.reply(thread, "two")
    new = await ben.mention("#general", "three")
    await ben.reply(new, "four")
    await ana.message_bot("five")
    await ben.post("#general", "nothing for the bot")
    await ana.reply(thread, "six")
    for _ in range(2):
        await caught_up(local, bridge)
    assert sorted(bridge.texts) == ["five", "four", "one", "six", "three", "two"]
    assert [p.text for p in bridge.prompts if p.thread.thread_ts == thread.ts] == [
        "one",
        "two",
        "six",
    ]
    assert [p.text for p in bridge.prompts if p.thread.thread_ts == new.ts] == ["three", "four"]


async def test_a_post_found_later_is_what_the_event_would_have_been(
    local: Playground, bridge: RememberingBridge
) -> None:
    thread = await begun(local, bridge)
    await local.person("ben").reply(thread, "ask @ana in #general", mention=True)
    await caught_up(local, bridge)
    found = bridge.accepted.pop()
    assert isinstance(found, Prompt) and found.in_thread and found.mentions_others
    for method in ("conversations.replies", "conversations.history"):
        local.faults.methods[method] = MethodFault(status=500)
    async with joined(config_of(local), bridge):
        for missed in local.journal.deliveries:
            if missed.outcome == "lost":
                local.local.courier.send_event(Delivery(1.0, "events_api", missed.body))
        await soon(lambda: bridge.accepted[-1].key == found.key)
    assert bridge.accepted[-1] == found


async def test_stop_is_caught_up_with_too(local: Playground, bridge: RememberingBridge) -> None:
    thread = await begun(local, bridge)
    await local.person("ana").reply(thread, "stop")
    await caught_up(local, bridge)
    assert isinstance(bridge.accepted[-1], Stop)


async def test_a_mention_in_an_old_thread_without_session_is_found(
    local: Playground, bridge: RememberingBridge
) -> None:
    root = await local.person("ben").post("#general", "disk is full")
    await begun(local, bridge)
    await local.person("ana").reply(root, "what do you say?", mention=True)
    await caught_up(local, bridge)
    assert bridge.texts[-1] == "what do you say?"


async def test_a_first_start_finds_what_was_said_while_it_started_and_nothing_older(
    bridge: RememberingBridge,
) -> None:
    clock = Clock()
    clock.now = time.time() - 3600
    async with Playground(PlaygroundConfig(limits="off"), now=clock) as local:
        await local.person("ana").mention("#dev", "before the bot ever ran")
        clock.now += 3600
        await local.person("ana").mention("#dev", "are you there?")
        await caught_up(local, bridge)
    assert bridge.texts == ["are you there?"]


async def test_a_cut_in_between_loses_nothing(local: Playground, bridge: RememberingBridge) -> None:
    """E72"""
    async with joined(config_of(local), bridge, QUICK) as slack:
        thread = await local.person("ana").mention("#dev", "one")
        await soon(lambda: bridge.texts == ["one"])
        local.drop_sockets()
        await local.person("ana").reply(thread, "two")
        await local.person("ben").mention("#general", "three")
        await soon(lambda: sorted(bridge.texts) == ["one", "three", "two"])
        await soon(lambda: slack.caught_up)


async def test_events_the_store_could_not_take_are_read_when_it_is_back(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with joined(config_of(local), bridge) as slack:
        bridge.down = True
        await local.person("ana").message_bot("hello")
        gone = local.journal.delivered("message")[0]
        await soon(lambda: gone.outcome == "given_up")
        assert not slack.caught_up
        bridge.down = False
        await soon(lambda: bridge.texts == ["hello"])
        await soon(lambda: slack.caught_up)


async def test_a_reply_that_overtakes_its_mention_is_not_lost(
    local: Playground, bridge: RememberingBridge
) -> None:
    local.drop_sockets()
    thread = await local.person("ana").mention("#dev", "one")
    await local.person("ana").reply(thread, "two")
    local.faults.methods["conversations.history"] = MethodFault(status=500)
    async with joined(config_of(local), bridge):
        mention, _, reply = (d.body for d in local.journal.deliveries)
        late = Delivery(1.0, "events_api", reply)
        local.local.courier.send_event(late)
        await local.until(lambda: late.outcome == "acked")
        assert not bridge.accepted
        local.local.courier.send_event(Delivery(1.0, "events_api", mention))
        await soon(lambda: bridge.texts == ["one", "two"])


async def test_live_events_do_not_wait_for_history(
    local: Playground, bridge: RememberingBridge
) -> None:
    thread = await begun(local, bridge)
    await local.person("ana").reply(thread, "missed")
    local.faults.methods["conversations.replies"] = MethodFault(latency=3600)
    async with joined(config_of(local), bridge) as slack:
        await local.person("ana").reply(thread, "live")
        await soon(lambda: bridge.texts[1:2] == ["live"])
        local.faults.methods.clear()
        local.clock.advance(3600)
        await soon(lambda: slack.caught_up)
    assert bridge.texts == ["one", "live", "missed"]


async def test_a_limit_is_waited_for(bridge: RememberingBridge) -> None:
    async with Playground(PlaygroundConfig(limits="off")) as local:  # of the same time as the bot
        thread = await begun(local, bridge)
        await local.person("ana").reply(thread, "two")
        limited = MethodFault(status=429, retry_after=1, times=1)
        local.faults.methods["conversations.replies"] = limited
        await caught_up(local, bridge)
        first, second = local.journal.called("conversations.replies")[-2:]
    assert first.status == 429
    assert second.at - first.at >= 1.0
    assert bridge.texts == ["one", "two"]


async def test_a_broken_off_pass_is_done_again(
    local: Playground, bridge: RememberingBridge
) -> None:
    thread = await begun(local, bridge)
    await local.person("ana").reply(thread, "two")
    local.faults.methods["conversations.replies"] = MethodFault(status=500, times=2)
    await caught_up(local, bridge)
    assert bridge.texts == ["one", "two"]


async def test_what_cannot_be_read_is_named_and_the_rest_is_read(
    local: Playground, bridge: RememberingBridge
) -> None:
    """E72"""
    thread = await begun(local, bridge)
    await local.person("ana").message_bot("two")
    await local.person("ana").delete(thread)
    with capture_logs() as logged:
        await caught_up(local, bridge)
    assert bridge.texts == ["one", "two"]
    (unread,) = [entry for entry in logged if entry["event"] == "catchup.unread"]
    assert (unread["channel"], unread["ts"]) == (thread.channel, thread.ts)
    assert unread["error"] == "thread_not_found"


async def test_the_budget_is_kept_and_the_newest_come_first(
    local: Playground, bridge: RememberingBridge
) -> None:
    ana = local.person("ana")
    async with joined(config_of(local), bridge):
        threads = [await ana.mention("#dev", f"start {n}") for n in range(4)]
        await soon(lambda: len(bridge.accepted) == 4)
        await soon(lambda: len(local.journal.called("conversations.replies")) == 4)
    for thread in threads:
        await ana.reply(thread, "more")
    calls = len(local.journal.calls)
    with capture_logs() as logged:
        async with joined(config_of(local), bridge, budget=replace(AT_ONCE, calls=2)) as slack:
            await soon(lambda: slack.caught_up)
    read = ("conversations.replies", "conversations.history")
    reads = [c for c in list(local.journal.calls)[calls:] if c.method in read]
    assert [call.arguments["ts"] for call in reads] == [threads[3].ts, threads[2].ts]
    left_out = [entry for entry in logged if entry.get("error") == "budget"]
    assert [entry.get("ts") for entry in left_out[:2]] == [threads[1].ts, threads[0].ts]


async def test_long_histories_are_read_page_by_page(
    local: Playground, bridge: RememberingBridge
) -> None:
    thread = await begun(local, bridge)
    for number in range(230):
        await local.person("ana").reply(thread, f"reply {number}")
    await caught_up(local, bridge)
    assert bridge.texts == ["one", *(f"reply {number}" for number in range(230))]


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


async def test_only_the_gap_is_paged_through_and_older_threads_are_found(
    bridge: RememberingBridge,
) -> None:
    clock = Clock()
    config = PlaygroundConfig(limits="off")
    async with Playground(config, now=clock) as local:
        ana = local.person("ana")
        for _ in range(250):
            await ana.post("#general", "long ago")
        clock.now += 3600
        root = await ana.post("#general", "disk is full")
        clock.now += 3600
        await begun(local, bridge)
        await caught_up(local, bridge)
        clock.now += 3600
        await ana.reply(root, "help", mention=True)
        local.journal.calls.clear()
        await caught_up(local, bridge)
        general = [
            call
            for call in local.journal.called("conversations.history")
            if call.arguments["channel"] == root.channel
        ]
    assert len(general) == 1
    assert bridge.texts == ["one", "help"]


async def test_a_limit_on_looking_people_up_is_waited_for_too(
    local: Playground, bridge: RememberingBridge
) -> None:
    thread = await begun(local, bridge)
    await local.person("ben").reply(thread, "two")
    limited = MethodFault(status=429, retry_after=1, times=1)
    local.faults.methods["users.info"] = limited
    await caught_up(local, bridge)
    assert bridge.texts == ["one", "two"]


async def test_posts_of_people_slack_refuses_to_name_are_named_in_the_log(
    local: Playground, bridge: RememberingBridge
) -> None:
    thread = await begun(local, bridge)
    await local.person("ben").reply(thread, "two")
    local.workspace.installs[0].scopes.remove("users:read")
    with capture_logs() as logged:
        await caught_up(local, bridge)
    assert bridge.texts == ["one"]
    unread = [entry for entry in logged if entry["event"] == "catchup.unread"]
    assert {entry["error"] for entry in unread} >= {"missing_scope"}


async def test_one_post_that_breaks_us_neither_stops_the_others_nor_makes_it_go_round(
    local: Playground, bridge: RememberingBridge
) -> None:
    thread = await begun(local, bridge)
    await local.person("ana").reply(thread, "two")
    bad = await local.person("ana").reply(thread, "three")
    await local.person("ana").reply(thread, "four")
    bridge.faults[bad.ts] = KeyError("a fault")
    with capture_logs() as logged:
        await caught_up(local, bridge)
    assert bridge.texts == ["one", "two", "four"]
    assert [entry["ts"] for entry in logged if entry["event"] == "catchup.failed"] == [bad.ts]
