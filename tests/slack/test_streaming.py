"""A part of a turn as a native stream in a (local) Slack: grown, ended, and mended."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.errors import ChannelClosed, LeaseLost, RateLimited, SlotGone
from bot.core.ids import STATUS, PartKey, Receipt, ThreadKey, turn_slot
from bot.core.ports import Intent
from bot.core.views import StatusView, StepView, TurnView, digest
from bot.playground import Playground
from bot.playground.faults import MethodFault
from bot.slack.audience import MEMBERS, Audience, Streaming
from bot.slack.directory import Directory
from bot.slack.lane import APPEND, EDIT, POST, START, STOP, Lane
from bot.slack.limits import STREAM_LIFE
from bot.slack.render.stream import Growing
from bot.slack.streams import LIFETIME, Streams
from bot.slack.surface import SlackSurface
from tests.slack.fake_clock import FakeClock
from tests.slack.stage import HastyClock, Stage, identity, says, surface_on

TURN = turn_slot(1)
SESSION = ThreadKey("T1", "D1", "1.1").session
WORDS = "One. Two. Three.\n\nFour. Five.\n\n"
MORE = WORDS + "Six. Seven.\n\nEight. Nine.\n\n"
READ = StepView("Read a file", "running", id="s1")


def turn(text: str, **changes: Any) -> TurnView:
    return replace(TurnView(session=SESSION, text=text, status="working", last=True), **changes)


def done(text: str, **changes: Any) -> TurnView:
    return turn(text, status="done", **changes)


@pytest.fixture
def web(local: Playground) -> AsyncWebClient:
    return AsyncWebClient(token=local.bot_token, base_url=local.base_url, retry_handlers=[])


@pytest.fixture
async def direct(local: Playground, web: AsyncWebClient) -> Stage:
    """Ana wrote to the bot in a direct message."""
    thread = await local.person("ana").message_bot("deploy it")
    key = ThreadKey(identity(local).team, thread.channel, thread.ts)
    clock, alive = HastyClock(local.clock), [True]
    return Stage(local, thread, key, surface_on(local, web, clock, alive), clock, alive)


async def grown(stage: Stage, *texts: str) -> Receipt:
    """A part that was shown with each of these texts, and still grows."""
    receipt = None
    for text in texts:
        receipt = await stage.show(turn(text), TURN, receipt)
    assert receipt is not None
    return receipt


def only_reply(stage: Stage) -> Any:
    [message] = stage.replies()
    return message


def calls(stage: Stage) -> list[str]:
    """All that was written, in order."""
    return [call.method for call in stage.slack.journal.calls if call.method.startswith("chat.")]


async def test_an_answer_grows_and_ends_in_one_message(direct: Stage) -> None:
    receipt = await grown(direct, WORDS, MORE)
    assert receipt.transport == "stream"
    assert only_reply(direct).streaming_state == "in_progress"
    receipt = await direct.show(done(MORE + "End."), TURN, receipt)
    assert receipt is not None and receipt.transport == "message"
    message = only_reply(direct)
    assert message.streaming_state == "completed"
    assert direct.thread.text().split()[-3:] == ["Eight.", "Nine.", "End."]
    assert message.metadata["event_payload"]["slot"] == TURN
    assert calls(direct) == [START, APPEND, STOP]


async def test_a_stream_is_another_owners_once_the_lease_is_lost(direct: Stage) -> None:
    """What it holds is not ours to know then: should it come back, it is ended, and edited."""
    receipt = await grown(direct, WORDS)
    direct.alive[0] = False
    with pytest.raises(LeaseLost):
        await direct.show(turn(MORE), TURN, receipt)
    direct.alive[0] = True
    await direct.show(done(MORE), TURN, receipt)
    assert calls(direct) == [START, STOP, EDIT]
    assert direct.thread.text().split()[-2:] == ["Eight.", "Nine."]


def test_a_stream_nobody_comes_back_to_is_forgotten_when_slack_has_ended_it() -> None:
    clock = FakeClock()
    streams = Streams(Lane(lambda: True, clock), clock)
    place = ThreadKey("T1", "D1", "1.1").place
    left, followed = PartKey(TURN, 0, place), PartKey(TURN, 1, place)
    streams.took(left, "1.2", Growing("One", ""))
    clock.now = STREAM_LIFE
    streams.took(followed, "1.3", Growing("Two", ""))
    assert streams.knows(left)
    clock.now = STREAM_LIFE + 1
    streams.took(followed, "1.3", Growing("Two.", ""))
    assert not streams.knows(left) and streams.names() == {"1.3"}


async def test_what_is_appended_is_only_what_is_new(direct: Stage) -> None:
    await grown(direct, WORDS, MORE)
    [call] = direct.slack.journal.called(APPEND)
    [chunk] = call.arguments["chunks"]
    assert "Six" in chunk["text"] and "One" not in chunk["text"]


async def test_a_short_answer_that_is_complete_is_posted(direct: Stage) -> None:
    await direct.show(done("Yes."), TURN)
    assert calls(direct) == [POST]


async def test_a_view_that_adds_nothing_readable_costs_no_call(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    again = await direct.show(turn(WORDS, queued=2), TURN, receipt)
    assert again == replace(receipt, shown=digest(turn(WORDS, queued=2)))
    assert calls(direct) == [START]


async def test_a_card_ends_the_stream_and_suspends_the_session(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    await direct.show(turn(WORDS, status="waiting"), TURN, receipt)
    [call] = direct.slack.journal.called(STOP)
    assert call.arguments["session_status"] == "suspended"
    assert direct.thread.status() == "suspended"


async def test_a_full_part_ends_its_stream_and_the_session_goes_on(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    await direct.show(done(WORDS, last=False), TURN, receipt)
    [call] = direct.slack.journal.called(STOP)
    assert call.arguments["session_status"] == "processing"


async def test_steps_are_one_plan_that_ends_in_one_line(direct: Stage) -> None:
    receipt = await direct.show(turn(WORDS, steps=(READ,), step_count=1), TURN)
    ran = replace(READ, status="done", seconds=2.0)
    view = done(WORDS, steps=(ran,), step_count=1, done_count=1, seconds=3.0)
    await direct.show(view, TURN, receipt)
    [plan] = [b for b in only_reply(direct).blocks if b["type"] == "plan"]
    assert plan["title"] == "Done in 3 s · 1 step"
    assert [(t["title"], t["status"]) for t in plan["tasks"]] == [("Read a file", "complete")]


async def test_a_channel_with_several_readers_is_edited(stage_of: Any) -> None:
    stage: Stage = await stage_of("#dev")
    await grown(stage, WORDS, MORE)
    assert calls(stage) == [POST, EDIT]


async def test_a_channel_with_one_reader_is_streamed_for_them(stage_of: Any) -> None:
    stage: Stage = await stage_of("#alone")
    await stage.show(StatusView(status="working"), STATUS)
    await grown(stage, WORDS)
    [call] = stage.slack.journal.called(START)
    ana = stage.slack.person("ana").id
    assert call.arguments["recipient_user_id"] == ana
    assert call.arguments["recipient_team_id"] == identity(stage.slack).team


async def test_first_words_do_not_wait_for_the_number_of_readers(stage_of: Any) -> None:
    stage: Stage = await stage_of("#alone")
    await grown(stage, WORDS)
    assert calls(stage) == [POST]


async def test_readers_who_cannot_be_counted_are_taken_for_several(stage_of: Any) -> None:
    stage: Stage = await stage_of("#alone")
    stage.slack.faults.methods["conversations.members"] = MethodFault(500)
    await stage.show(StatusView(status="working"), STATUS)
    await grown(stage, WORDS)
    assert calls(stage) == [POST]


@pytest.mark.parametrize(
    ("mode", "channel", "first"), [("edit", None, POST), ("native", "#dev", START)]
)
async def test_the_operator_may_decide(
    stage_of: Any, mode: Streaming, channel: str | None, first: str
) -> None:
    stage: Stage = await stage_of(channel, mode)
    await grown(stage, WORDS)
    assert calls(stage) == [first]


@pytest.mark.parametrize(
    "code", ["unknown_method", "feature_disabled", "channel_type_not_supported"]
)
async def test_a_slack_without_streams_is_asked_once(direct: Stage, code: str) -> None:
    direct.slack.faults.methods[START] = MethodFault(error=code)
    await grown(direct, WORDS)
    await direct.show(turn(MORE), turn_slot(2))
    assert calls(direct) == [START, POST, POST]
    assert len(direct.replies()) == 2


# ---- what Slack ends, loses or refuses


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", [START, APPEND, STOP])
async def test_a_lost_answer_loses_and_doubles_nothing(
    direct: Stage, method: str, when: Any
) -> None:
    direct.slack.faults.methods[method] = MethodFault(drop=when, times=1)
    receipt = await grown(direct, WORDS, MORE)
    await direct.show(done(MORE + "End."), TURN, receipt)
    assert direct.thread.text().split() == ["deploy", "it", *f"{MORE}End.".split()]
    assert only_reply(direct).streaming_state in ("completed", None)


async def test_an_append_that_was_lost_goes_on_natively(direct: Stage) -> None:
    direct.slack.faults.methods[APPEND] = MethodFault(drop="after", times=1)
    receipt = await grown(direct, WORDS, MORE)
    assert receipt.transport == "stream"
    assert EDIT not in calls(direct)


async def test_a_stream_that_slack_broke_off_is_mended(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    direct.slack.clock.advance(301)
    assert only_reply(direct).streaming_state == "errored"
    receipt = await direct.show(turn(MORE), TURN, receipt)
    assert receipt is not None and receipt.transport == "message"
    await direct.show(done(MORE), TURN, receipt)
    assert direct.thread.text().split() == ["deploy", "it", *MORE.split()]


async def test_a_stream_ends_before_its_lifetime_does(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    direct.clock.slept.append(LIFETIME)
    receipt = await direct.show(turn(MORE), TURN, receipt)
    assert receipt is not None and receipt.transport == "message"
    await direct.show(turn(MORE + "Ten.", settled=True), TURN, receipt)
    assert calls(direct) == [START, STOP, EDIT]
    assert "Ten." in only_reply(direct).blocks[0]["text"]


async def test_a_reader_who_stops_it_sees_no_more_than_the_end(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    await direct.slack.person("ana").stop(direct.thread)
    receipt = await direct.show(turn(MORE), TURN, receipt)
    assert receipt is not None and receipt.transport == "message"


async def test_a_stream_that_takes_no_more_is_edited(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    direct.slack.faults.methods[APPEND] = MethodFault(error="msg_too_long")
    await direct.show(turn(MORE), TURN, receipt)
    assert calls(direct) == [START, APPEND, STOP, EDIT]
    assert direct.thread.text().count("Six") == 1


async def test_a_stop_that_is_too_long_is_made_without_words(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    direct.slack.faults.methods[STOP] = MethodFault(error="msg_too_long", times=1)
    await direct.show(done(MORE), TURN, receipt)
    assert calls(direct) == [START, STOP, STOP, EDIT]
    assert only_reply(direct).streaming_state is None


async def test_text_that_was_taken_back_is_edited(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    await direct.show(turn("Another. Answer.\n\nWith. Words.\n\n"), TURN, receipt)
    assert calls(direct) == [START, STOP, EDIT]
    assert "One." not in direct.thread.text()


async def test_a_text_that_grows_too_long_for_a_stream_is_edited(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    receipt = await direct.show(turn(WORDS + "\n\n" + "<" * 6_000), TURN, receipt)
    assert receipt is not None and receipt.transport == "message"
    assert calls(direct) == [START, STOP, EDIT]


async def test_a_deleted_stream_is_gone(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    await direct.slack.befall("delete_message", channel=direct.key.channel, ts=receipt.ts)
    with pytest.raises(SlotGone) as gone:
        await direct.show(turn(MORE), TURN, receipt)
    assert WORDS.startswith(MORE[: gone.value.shown_length or 0]) and gone.value.shown_length


async def test_an_archived_channel_is_closed(stage_of: Any) -> None:
    stage: Stage = await stage_of("#alone")
    await stage.show(StatusView(status="working"), STATUS)
    receipt = await grown(stage, WORDS)
    await stage.slack.befall("archive", channel=stage.key.channel)
    with pytest.raises(ChannelClosed):
        await stage.show(turn(MORE), TURN, receipt)


@pytest.mark.parametrize("method", [APPEND, STOP])
async def test_a_limit_ends_no_stream(direct: Stage, method: str) -> None:
    receipt = await grown(direct, WORDS)
    view = turn(MORE) if method == APPEND else done(MORE)
    direct.slack.faults.methods[method] = MethodFault(429, retry_after=3, times=1)
    with pytest.raises(RateLimited):
        await direct.show(view, TURN, receipt)
    assert only_reply(direct).streaming_state == "in_progress"
    assert calls(direct) == [START, method]
    await direct.show(view, TURN, receipt)
    assert direct.thread.text().split() == ["deploy", "it", *MORE.split()]


async def test_slacks_limit_on_streams_keeps_no_answer_waiting(direct: Stage) -> None:
    direct.slack.faults.methods[START] = MethodFault(429, retry_after=30)
    await grown(direct, WORDS)
    assert calls(direct) == [START, POST]
    assert sum(direct.clock.slept) < 1


# ---- after a restart


async def test_a_new_owner_stops_the_stream_and_edits(direct: Stage, web: AsyncWebClient) -> None:
    receipt = await grown(direct, WORDS)
    heir = replace(direct, surface=surface_on(direct.slack, web, direct.clock, direct.alive))
    receipt = await heir.show(turn(MORE), TURN, replace(receipt, shown=""))
    assert receipt is not None and receipt.transport == "message"
    assert calls(direct) == [START, STOP, EDIT]
    assert direct.thread.text().count("One.") == 1


async def test_a_stream_without_record_is_found(direct: Stage) -> None:
    since = direct.clock.time()
    receipt = await grown(direct, WORDS)
    found = await direct.surface.recover([Intent(direct.key, receipt.key, since)])
    assert found == [Receipt(receipt.key, receipt.ts, "", transport="stream")]


async def test_thoughts_are_shown_by_edits(direct: Stage) -> None:
    await direct.show(turn(WORDS, thinking="Hm."), TURN)
    assert calls(direct) == [POST]


@pytest.fixture
def stage_of(local: Playground, web: AsyncWebClient) -> Any:
    """A thread of Ana's: in a channel by name (`#alone`: one she shares with nobody), or direct."""

    async def made(channel: str | None, streaming: Streaming = "auto") -> Stage:
        ana, clock, alive = local.person("ana"), HastyClock(local.clock), [True]
        if channel == "#alone":
            room = next(c for c in local.workspace.channels.values() if c.name == "general")
            room.members = [ana.id, identity(local).user]
            channel = "#general"
        thread = await (ana.mention(channel, "hi") if channel else ana.message_bot("hi"))
        key = ThreadKey(identity(local).team, thread.channel, thread.ts)
        lane = Lane(lambda: alive[0], clock)
        surface = SlackSurface(web, lane, identity(local), clock=clock, streaming=streaming)
        return Stage(local, thread, key, surface, clock, alive, asked_by=ana.id)

    return made


# ---- what is given up in the middle


class Unheard:
    """Slack does what it is told by `method`; for once nobody hears its answer."""

    def __init__(self, web: AsyncWebClient, method: str) -> None:
        self._web, self._method = web, method
        self.done = asyncio.Event()
        self.files_upload_v2: Any = web.files_upload_v2

    async def api_call(self, api_method: str, **arguments: Any) -> Any:
        answer: Any = await self._web.api_call(api_method, **arguments)
        if api_method == self._method and not self.done.is_set():
            self.done.set()
            await asyncio.Event().wait()
        return answer


async def test_a_call_given_up_in_the_middle_is_not_taken_for_undone(
    direct: Stage, web: AsyncWebClient
) -> None:
    """The actor that waited ended; the next one goes on from what Slack may have done."""
    unheard: Any = Unheard(web, APPEND)
    stage = replace(direct, surface=surface_on(direct.slack, unheard, direct.clock, direct.alive))
    receipt = await grown(stage, WORDS)
    showing = asyncio.create_task(stage.show(turn(MORE), TURN, receipt))
    await unheard.done.wait()
    showing.cancel()
    await asyncio.gather(showing, return_exceptions=True)
    await stage.show(done(MORE + "End."), TURN, replace(receipt, shown=""))
    assert direct.thread.text().split() == ["deploy", "it", *f"{MORE}End.".split()]


@pytest.mark.parametrize("method", [APPEND, STOP])
async def test_a_refusal_nobody_knows_leaves_no_stream_open(direct: Stage, method: str) -> None:
    receipt = await grown(direct, WORDS)
    direct.slack.faults.methods[method] = MethodFault(error="news_from_slack", times=1)
    receipt = await direct.show(turn(MORE), TURN, receipt)
    await direct.show(done(MORE + "End."), TURN, receipt)
    assert direct.thread.text().split() == ["deploy", "it", *f"{MORE}End.".split()]
    assert not direct.slack.workspace.streams


async def test_a_stream_refused_for_whatever_reason_becomes_a_post(direct: Stage) -> None:
    direct.slack.faults.methods[START] = MethodFault(error="news_from_slack", times=1)
    receipt = await direct.show(turn(WORDS), TURN)
    assert receipt is not None and receipt.transport == "message"
    assert calls(direct) == [START, POST]


async def test_a_view_that_cannot_be_drawn_leaves_no_stream_open(direct: Stage) -> None:
    receipt = await grown(direct, WORDS)
    broken: Any = replace(turn(MORE), steps=(replace(READ, status="unheard of"),))  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        await direct.show(broken, TURN, receipt)
    assert not direct.slack.workspace.streams


async def test_a_stream_that_was_not_begun_keeps_no_end(direct: Stage) -> None:
    lane = Lane(lambda: True, direct.clock)
    web = AsyncWebClient(token=direct.slack.bot_token, base_url=direct.slack.base_url)
    surface = SlackSurface(web, lane, identity(direct.slack), clock=direct.clock)
    before = lane.room(STOP)
    target = direct.target(TURN)
    assert await surface.show(target, None, says(None)) is None
    assert lane.room(STOP) == before


async def test_patience_that_slack_wants_about_who_reads_is_heeded(
    local: Playground, web: AsyncWebClient
) -> None:
    me, clock = identity(local), HastyClock(local.clock)
    lane = Lane(lambda: True, clock)
    audience = Audience(web, lane, Directory(web, me), me.team, "auto", clock.monotonic)
    local.faults.methods[MEMBERS] = MethodFault(429, retry_after=30, times=1)
    await audience.learn("C0DEV00002")
    assert lane.room(MEMBERS) == 0
