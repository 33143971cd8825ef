"""The embedded agent as the bot meets it: attached, replayed, restarted, replaced."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.agents.demo.texts import GUIDE, essay
from bot.agents.registry import AgentConfig, build
from bot.core.asks import Answer
from bot.core.errors import AgentProtocolError, AgentUnavailable, AskAlreadyAnswered, ConfigError
from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    Attached,
    Detached,
    Gap,
    TextDelta,
    TextDone,
    TurnEnded,
    TurnStarted,
)
from tests.agents.reading import (
    PATIENCE,
    happened,
    is_ask,
    is_end,
    is_text,
    play_turn,
    read_until,
    texts,
    whole_text,
)
from tests.unhurried import watched_clock

ALLOW = Answer(verb="allow")
DEPLOY_TURNS = ("deploy the shop to production", "echo thanks")


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def connect(directory: Path, speed: float = 0) -> DemoConnector:
    return DemoConnector(DemoConfig(data_dir=directory, speed=speed))


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[DemoConnector]:
    """Without delays."""
    async with connect(tmp_path) as connector:
        yield connector


@pytest.fixture
async def paced(tmp_path: Path) -> AsyncIterator[DemoConnector]:
    """At the natural pace, but of a time in which nobody was let work only a moment passes."""
    config = DemoConfig(data_dir=tmp_path, speed=1)
    async with watched_clock(moment=0.05) as now, DemoConnector(config, now) as connector:
        yield connector


def rows_in(directory: Path) -> int:
    connection = sqlite3.connect(directory / "demo.db")
    try:
        return connection.execute("SELECT count(*) FROM journal").fetchone()[0]
    finally:
        connection.close()


async def converse(connector: DemoConnector, cursor: str | None = None) -> list[AgentEvent]:
    """Both turns of DEPLOY_TURNS to their end, however much of them has happened already."""
    session = await connector.create("C1/1.0")
    async with connector.attach(session, cursor) as remote:
        for number, text in enumerate(DEPLOY_TURNS):
            await remote.prompt(text, f"p{number}")
        seen: list[AgentEvent] = []
        events = remote.events()
        while sum(map(is_end, seen)) < len(DEPLOY_TURNS):
            seen += await read_until(events, lambda event: is_end(event) or is_ask(event))
            if isinstance(seen[-1], AskOpened):
                with suppress(AskAlreadyAnswered):
                    await remote.answer(seen[-1].ask.id, ALLOW)
        return happened(seen)


async def test_a_journal_cut_at_any_row_goes_on_to_the_same_events(tmp_path: Path):
    async with connect(tmp_path) as connector:
        whole = await converse(connector)
    total = rows_in(tmp_path)
    assert total > len(whole) > 50
    for kept in range(total + 1):
        copy = tmp_path / f"cut-{kept}"
        copy.mkdir()
        shutil.copy(tmp_path / "demo.db", copy)
        connection = sqlite3.connect(copy / "demo.db", isolation_level=None)
        connection.execute("DELETE FROM journal WHERE seq > ?", (kept,))
        connection.close()
        async with connect(copy) as connector:
            resumed = await converse(connector)
        assert [_timeless(event) for event in resumed] == [_timeless(event) for event in whole]


def _timeless(event: AgentEvent) -> AgentEvent:
    return replace(event, time=None)


async def test_a_replay_from_any_cursor_gives_exactly_the_rest(demo: DemoConnector):
    whole = await converse(demo)
    session = await demo.create("C1/1.0")
    last = whole[-1]
    for at, event in enumerate(whole[:-1]):
        async with demo.attach(session, event.cursor) as remote:
            rest = await read_until(remote.events(), lambda event: event.cursor == last.cursor)
        assert happened(rest) == whole[at + 1 :]


async def test_a_restart_in_the_middle_of_a_text_repeats_no_word(tmp_path: Path):
    async with connect(tmp_path, speed=20) as connector:
        session = await connector.create("k")
        async with connector.attach(session, None) as remote:
            await remote.prompt("explain", "p")
            events = remote.events()
            before = await read_until(events, is_text)
            before += await read_until(events, is_text)
    async with (
        connect(tmp_path) as connector,
        connector.attach(session, before[-1].cursor) as remote,
    ):
        after = await read_until(remote.events(), is_end)
    assert texts(happened(before) + happened(after)) == {"t1.1": GUIDE}


async def test_delays_count_from_the_last_event_even_over_a_restart(tmp_path: Path):
    clock = Clock()
    config = DemoConfig(data_dir=tmp_path, speed=2)
    started = clock.now
    async with DemoConnector(config, clock) as connector:
        session = await connector.create("k")
        async with connector.attach(session, None) as remote:
            await remote.prompt("help", "p")
            first = (await read_until(remote.events(), lambda e: isinstance(e, TurnStarted)))[-1]
    assert first.time == started
    clock.now += 0.35 / 2
    async with (
        DemoConnector(config, clock) as connector,
        connector.attach(session, first.cursor) as remote,
    ):
        word = (await read_until(remote.events(), is_text))[-1]
        assert word.time == clock.now
        assert rows_in(tmp_path) == 3
        clock.now += 1 / 45
        await remote.prompt("help", "p")  # has it look at the clock
        await read_until(remote.events(), lambda e: isinstance(e, TextDelta) and e.at > 0)
    assert rows_in(tmp_path) == 4


async def test_an_answer_of_forty_thousand_characters_arrives_whole(demo: DemoConnector):
    async with demo.attach(await demo.create("k"), None) as remote:
        seen = await play_turn(remote, "write 40000 characters", "p")
    assert whole_text(seen) == essay(40_000)


async def test_an_unanswered_ask_waits_over_a_restart(tmp_path: Path):
    async with connect(tmp_path) as connector:
        session = await connector.create("k")
        async with connector.attach(session, None) as remote:
            await remote.prompt("deploy", "p")
            opened = (await read_until(remote.events(), is_ask))[-1]
    assert isinstance(opened, AskOpened)
    async with connect(tmp_path) as connector, connector.attach(session, opened.cursor) as remote:
        await remote.answer(opened.ask.id, ALLOW)
        after = await read_until(remote.events(), is_end)
    assert isinstance(after[1], AskClosed)
    assert isinstance(after[-1], TurnEnded) and after[-1].outcome == "done"


async def test_an_answer_given_before_a_restart_is_not_taken_again(tmp_path: Path):
    async with connect(tmp_path) as connector:
        session = await connector.create("k")
        async with connector.attach(session, None) as remote:
            await remote.prompt("deploy", "p")
            opened = (await read_until(remote.events(), is_ask))[-1]
            assert isinstance(opened, AskOpened)
            await remote.answer(opened.ask.id, ALLOW)
    async with connect(tmp_path) as connector, connector.attach(session, None) as remote:
        with pytest.raises(AskAlreadyAnswered):
            await remote.answer(opened.ask.id, Answer(verb="deny"))


async def test_stopped_before_the_first_word_there_is_no_word(paced: DemoConnector):
    async with paced.attach(await paced.create("k"), None) as remote:
        await remote.prompt("explain", "p")
        await remote.interrupt()
        seen = await read_until(remote.events(), is_end)
    assert [type(event) for event in happened(seen)] == [TurnStarted, TurnEnded]
    assert isinstance(seen[-1], TurnEnded) and seen[-1].outcome == "stopped"


async def test_stopped_in_a_text_what_was_said_stays_and_nothing_follows(paced: DemoConnector):
    async with paced.attach(await paced.create("k"), None) as remote:
        await remote.prompt("explain", "p")
        events = remote.events()
        before = await read_until(events, is_text)
        await remote.interrupt()
        after = await read_until(events, is_end)
    assert isinstance(after[-1], TurnEnded) and after[-1].outcome == "stopped"
    assert not any(isinstance(event, TextDone) for event in after)
    assert GUIDE.startswith(whole_text(before + after))


async def test_stopped_while_it_waits_the_ask_is_withdrawn(demo: DemoConnector):
    async with demo.attach(await demo.create("k"), None) as remote:
        await remote.prompt("deploy", "p")
        events = remote.events()
        opened = (await read_until(events, is_ask))[-1]
        assert isinstance(opened, AskOpened)
        await remote.interrupt()
        closed, ended = await read_until(events, is_end)
        with pytest.raises(AskAlreadyAnswered):
            await remote.answer(opened.ask.id, ALLOW)
    assert isinstance(closed, AskClosed) and closed.how == "withdrawn"
    assert isinstance(ended, TurnEnded) and ended.outcome == "stopped"


async def test_a_prompt_while_it_works_comes_next(paced: DemoConnector):
    async with paced.attach(await paced.create("k"), None) as remote:
        events = remote.events()
        await remote.prompt("work for 60 seconds", "p1")
        await read_until(events, is_text)
        await remote.prompt("silent", "p2")
        await remote.interrupt()
        first = await read_until(events, is_end)
        second = await read_until(events, is_end)
    assert not any(isinstance(event, TurnStarted) for event in first)
    assert isinstance(second[0], TurnStarted) and second[0].prompt == "p2"


async def test_away_it_cannot_be_reached_and_comes_back_over_a_restart(tmp_path: Path):
    clock = Clock()
    config = DemoConfig(data_dir=tmp_path, speed=0)
    async with DemoConnector(config, clock) as connector:
        session = await connector.create("k")
        other = await connector.create("other")
        async with connector.attach(session, None) as remote:
            await play_turn(remote, "away 10", "p1")
            with pytest.raises(AgentUnavailable):
                await remote.prompt("help", "p2")
        async with connector.attach(other, None) as remote:
            await remote.prompt("help", "p1")
    async with (
        DemoConnector(config, clock) as connector,
        connector.attach(session, None) as remote,
    ):
        clock.now += 9
        with pytest.raises(AgentUnavailable):
            await remote.prompt("help", "p2")
        clock.now += 1
        await remote.prompt("help", "p2")


async def test_a_replaced_process_writes_and_emits_nothing_more(tmp_path: Path):
    async with connect(tmp_path, speed=1) as paused, connect(tmp_path) as fresh:
        session = await paused.create("k")
        async with paused.attach(session, None) as old:
            await old.prompt("essay 4000", "p1")
            old_events = old.events()
            early = await read_until(old_events, is_text)
            async with fresh.attach(session, None) as new:
                whole = await read_until(new.events(), is_end)
                late = await read_until(old_events, lambda e: isinstance(e, Detached))
                with pytest.raises(AgentUnavailable):
                    await old.prompt("help", "p2")
                assert [e async for e in old_events] == []
    seen = happened(early + late[:-1])
    assert seen == happened(whole)[: len(seen)]
    assert whole_text(whole) == essay(4000)


async def test_a_replaced_process_emits_nothing_of_its_successors(tmp_path: Path):
    async with connect(tmp_path) as paused, connect(tmp_path) as fresh:
        session = await paused.create("k")
        async with paused.attach(session, None) as old:
            await play_turn(old, "silent", "p1")
            async with fresh.attach(session, None) as new:
                await play_turn(new, "silent", "p2")
                await new.prompt("silent", "p3")
                with pytest.raises(AgentUnavailable):
                    await old.prompt("silent", "p4")
                seen = await read_until(old.events(), lambda e: isinstance(e, Detached))
    prompts = [event.prompt for event in seen if isinstance(event, TurnStarted)]
    assert prompts == ["p1"]


async def test_a_replaced_process_that_waits_cannot_take_an_answer(tmp_path: Path):
    async with connect(tmp_path) as paused, connect(tmp_path) as fresh:
        session = await paused.create("k")
        async with paused.attach(session, None) as old:
            await old.prompt("deploy", "p1")
            opened = (await read_until(old.events(), is_ask))[-1]
            assert isinstance(opened, AskOpened)
            async with fresh.attach(session, opened.cursor) as new:
                with pytest.raises(AgentUnavailable):
                    await old.answer(opened.ask.id, Answer(verb="deny"))
                await new.answer(opened.ask.id, ALLOW)
                after = await read_until(new.events(), is_end)
    assert isinstance(after[-1], TurnEnded) and after[-1].outcome == "done"


async def test_a_second_attachment_goes_on_where_a_cancelled_one_was(paced: DemoConnector):
    session = await paced.create("k")
    seen: list[AgentEvent] = []
    begun = asyncio.Event()

    async def read() -> None:
        async with paced.attach(session, None) as remote:
            await remote.prompt("echo one two three four five six seven", "p")
            async for event in remote.events():
                seen.append(event)
                if is_text(event):
                    begun.set()

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read())
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
        reading.cancel()
    async with paced.attach(session, seen[-1].cursor) as remote:
        rest = await read_until(remote.events(), is_end)
    assert whole_text(happened(seen) + happened(rest)) == "one two three four five six seven"


async def test_no_task_is_left_when_an_attachment_ends(paced: DemoConnector):
    before = asyncio.all_tasks()
    session = await paced.create("k")
    async with paced.attach(session, None) as remote:
        (playing,) = asyncio.all_tasks() - before
        assert playing.get_name() == f"demo:{session}"
        await remote.prompt("explain", "p")
    assert asyncio.all_tasks() == before


async def test_no_task_is_left_when_an_attachment_is_cancelled(paced: DemoConnector):
    before = asyncio.all_tasks()
    session = await paced.create("k")

    async def attach_and_fail() -> None:
        async with paced.attach(session, None) as remote:
            await remote.prompt("explain", "p")
            raise LookupError("the reader's own trouble")

    with pytest.raises(LookupError):
        await attach_and_fail()
    assert asyncio.all_tasks() == before


async def test_an_attachment_that_ended_at_once_lets_nobody_wait(paced: DemoConnector):
    session = await paced.create("k")
    async with paced.attach(session, None) as remote:
        pass
    with pytest.raises(AgentUnavailable):
        await remote.prompt("explain", "p")
    seen = await read_until(remote.events(), lambda event: isinstance(event, Detached))
    assert len(seen) == 2


async def test_the_connector_ends_what_is_still_attached(tmp_path: Path):
    before = asyncio.all_tasks()
    async with connect(tmp_path, speed=1) as connector:
        attachment = connector.attach(await connector.create("k"), None)
        remote = await attachment.__aenter__()
        await remote.prompt("explain", "p")
    assert asyncio.all_tasks() == before
    with pytest.raises(AgentUnavailable):
        await remote.prompt("help", "p2")
    await attachment.__aexit__(None, None, None)


async def test_a_journal_that_fails_detaches_and_says_so(demo: DemoConnector, tmp_path: Path):
    async with demo.attach(await demo.create("k"), None) as remote:
        connection = sqlite3.connect(tmp_path / "demo.db")
        connection.execute("DROP TABLE journal")
        connection.close()
        with pytest.raises(AgentUnavailable):
            await remote.prompt("help", "p")
        ended = (await read_until(remote.events(), lambda e: isinstance(e, Detached)))[-1]
        assert isinstance(ended, Detached) and not ended.final


async def test_a_journal_that_cannot_be_read_detaches_and_says_so(
    demo: DemoConnector, tmp_path: Path
):
    async with demo.attach(await demo.create("k"), None) as remote:
        await play_turn(remote, "silent", "p")
        connection = sqlite3.connect(tmp_path / "demo.db")
        connection.execute("DROP TABLE journal")
        connection.close()
        seen = [event async for event in remote.events()]
    assert [type(event) for event in seen] == [Attached, Detached]


async def test_a_fault_of_its_own_detaches_and_leaves_the_others_alone(tmp_path: Path):
    faults: list[Exception] = []

    def now() -> float:
        if faults:
            raise faults.pop()
        return 0.0

    async with DemoConnector(DemoConfig(data_dir=tmp_path, speed=0), now) as connector:
        one, two = await connector.create("one"), await connector.create("two")
        async with connector.attach(one, None) as faulty, connector.attach(two, None) as sound:
            await faulty.prompt("deploy", "p")
            faults.append(ArithmeticError("no time"))
            with pytest.raises(AgentUnavailable):
                await faulty.prompt("help", "p2")
            ended = await read_until(faulty.events(), lambda e: isinstance(e, Detached))
            await play_turn(sound, "help", "p")
    assert isinstance(ended[-1], Detached) and not ended[-1].final


async def test_a_journal_older_than_what_was_shown_leaves_a_gap(demo: DemoConnector):
    session = await demo.create("k")
    async with demo.attach(session, None) as remote:
        await play_turn(remote, "silent", "p1")
    async with demo.attach(session, "900") as remote:
        seen = await play_turn(remote, "silent", "p2")
    gap, started = seen[1:3]
    assert isinstance(gap, Gap) and gap.cursor == "3"
    assert isinstance(started, TurnStarted) and started.prompt == "p2"


async def test_a_cursor_of_somebody_else_is_refused(demo: DemoConnector):
    session = await demo.create("k")
    with pytest.raises(AgentProtocolError):
        async with demo.attach(session, "evt_0af3"):
            raise AssertionError("attached")


async def test_health_names_the_journal(tmp_path: Path):
    async with connect(tmp_path) as connector:
        health = await connector.check()
        assert health.ok and str(tmp_path / "demo.db") in health.detail
        connection = sqlite3.connect(tmp_path / "demo.db")
        connection.executescript("DROP TABLE journal; DROP TABLE sessions;")
        connection.close()
        assert not (await connector.check()).ok


async def test_a_directory_that_cannot_be_used_is_refused_at_start(tmp_path: Path):
    (tmp_path / "taken").touch()
    with pytest.raises(ConfigError):
        async with connect(tmp_path / "taken"):
            raise AssertionError("entered")


def test_the_registry_builds_a_connector_from_plain_data(tmp_path: Path):
    read = TypeAdapter[AgentConfig](AgentConfig).validate_python
    config = read({"kind": "demo", "data_dir": tmp_path, "speed": "instant"})
    assert isinstance(config, DemoConfig) and config.speed == 0
    assert build(config).capabilities.replay == "cursor"
    for wrong in ({"kind": "other", "data_dir": "x"}, {"data_dir": "x", "speed": -1}):
        with pytest.raises(ValidationError):
            read(wrong)
