"""The demo agent's journal file."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.agents.demo.journal import Journal, open_journal
from bot.agents.demo.play import Answered, Entry, Interrupted, Prompted, Row
from bot.core.asks import Answer, Choice, Confirmation, Field, Question
from bot.core.errors import AgentUnavailable, ConfigError, LeaseLost, SessionGone
from bot.core.events import (
    AskClosed,
    AskOpened,
    PlanChanged,
    PlanEntry,
    TextDelta,
    ThoughtDelta,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)

CONFIRMATION = Confirmation(
    id="a", turn="t1", tool="deploy", title="Deploy", input={"n": [1, None, "é"]}, item="t1.1"
)
QUESTION = Question(
    id="q",
    turn="t1",
    title="Which?",
    fields=(Field(id="f", text="?", choices=(Choice("x", "X"),)),),
)
ENTRIES: tuple[Entry, ...] = (
    Prompted(key="k", text="hello\n🎉"),
    TurnStarted(turn="t1", prompt="k"),
    ThoughtDelta(turn="t1", item="t1.1", at=0, text=" "),
    TextDelta(turn="t1", item="t1.2", at=3, text="\x00<!channel>"),
    ToolStarted(turn="t1", item="t1.3", tool="shell", title="Run", input={"deep": {"er": [1.5]}}),
    PlanChanged(turn="t1", revision=1, entries=(PlanEntry("one", "running"),)),
    AskOpened(ask=CONFIRMATION),
    Answered(ask="a", answer=Answer(verb="allow", input={"n": None})),
    AskClosed(ask="a", how="answered"),
    AskOpened(ask=QUESTION),
    Answered(ask="q", answer=Answer(verb="reply", values=(("f", ("x",)),))),
    Interrupted(),
    TurnEnded(turn="t1", outcome="stopped"),
)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with open_journal(tmp_path / "data" / "demo.db") as journal:
        yield journal


def rows(*entries: Entry, start: int = 1) -> list[Row]:
    return [Row(seq, 1000.25 + seq, entry) for seq, entry in enumerate(entries, start)]


async def test_every_kind_of_row_comes_back_as_it_was_written(journal: Journal):
    claim = await journal.claim(await journal.create("k"))
    await journal.append(claim, rows(*ENTRIES))
    assert await journal.read(claim.session, 0, 100) == rows(*ENTRIES)


async def test_rows_are_read_in_pages(journal: Journal):
    claim = await journal.claim(await journal.create("k"))
    await journal.append(claim, rows(*ENTRIES))
    assert [row.seq for row in await journal.read(claim.session, 4, 3)] == [5, 6, 7]
    assert await journal.read(claim.session, len(ENTRIES), 3) == []


async def test_rows_outlive_the_process(tmp_path: Path):
    path = tmp_path / "demo.db"
    async with open_journal(path) as journal:
        session = await journal.create("k")
        await journal.append(await journal.claim(session), rows(*ENTRIES))
    async with open_journal(path) as journal:
        assert await journal.create("k") == session
        assert await journal.read(session, 0, 100) == rows(*ENTRIES)


async def test_sessions_do_not_see_each_other(journal: Journal):
    one, two = await journal.create("one"), await journal.create("two")
    await journal.append(await journal.claim(one), rows(*ENTRIES))
    assert await journal.read(two, 0, 100) == [] and await journal.recall(two) == []
    assert await journal.count() == 2


async def test_a_session_nobody_created_cannot_be_claimed(journal: Journal):
    with pytest.raises(SessionGone):
        await journal.claim("demo-nobody")


async def test_a_writer_that_was_replaced_writes_nothing(tmp_path: Path):
    path = tmp_path / "demo.db"
    async with open_journal(path) as paused, open_journal(path) as fresh:
        session = await paused.create("k")
        old = await paused.claim(session)
        await paused.append(old, rows(ENTRIES[0]))
        new = await fresh.claim(session)
        with pytest.raises(LeaseLost):
            await paused.append(old, rows(ENTRIES[1], start=2))
        await fresh.append(new, rows(*ENTRIES[1:3], start=2))
        assert await paused.read(session, 0, 100) == rows(*ENTRIES[:3])


async def test_a_row_is_written_once_and_a_batch_whole(journal: Journal):
    claim = await journal.claim(await journal.create("k"))
    await journal.append(claim, rows(*ENTRIES[:3]))
    new_first = [Row(4, 1.0, Interrupted()), Row(3, 1.0, Interrupted())]
    with pytest.raises(LeaseLost):
        await journal.append(claim, new_first)
    assert await journal.read(claim.session, 0, 100) == rows(*ENTRIES[:3])


async def test_of_turns_that_are_over_only_what_counts_is_recalled(journal: Journal):
    claim = await journal.claim(await journal.create("k"))
    await journal.append(claim, rows(*ENTRIES))
    second = (Prompted(key="k2", text="again"), TurnStarted(turn="t14", prompt="k2"), ENTRIES[2])
    await journal.append(claim, rows(*second, start=len(ENTRIES) + 1))
    recalled = [row.entry for row in await journal.recall(claim.session)]
    assert recalled[-3:] == list(second)
    assert not {"text_delta", "tool_started", "ask_closed"} & {row.kind for row in recalled[:-3]}
    assert [row.kind for row in recalled[:-3]].count("prompted") == 1


async def test_a_damaged_file_is_an_agent_that_cannot_be_reached(tmp_path: Path):
    path = tmp_path / "demo.db"
    async with open_journal(path) as journal:
        claim = await journal.claim(await journal.create("k"))
        other = sqlite3.connect(path)
        other.execute("DROP TABLE journal")
        other.close()
        with pytest.raises(AgentUnavailable):
            await journal.append(claim, rows(ENTRIES[0]))
        assert await journal.create("k") == claim.session


async def test_a_place_that_cannot_be_written_is_told_with_a_remedy(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="directory I may write to"):
        async with open_journal(tmp_path / "file" / "demo.db"):
            raise AssertionError("opened inside a file")
