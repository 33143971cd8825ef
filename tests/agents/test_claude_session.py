"""A session of Claude Code whose process is on its way out. No Claude Code is needed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Never

import pytest
from pydantic import JsonValue

from bot.agents.claude import wire
from bot.agents.claude.kept import Kept
from bot.agents.claude.memory import Memory
from bot.agents.claude.process import decide
from bot.agents.claude.records import Record, Records
from bot.agents.claude.sdk import Client
from bot.agents.claude.session import NOT_HEARD, ClaudeSession
from bot.core.asks import Answer
from bot.core.errors import AgentUnavailable
from bot.core.events import TurnEnded
from tests.agents.reading import is_ask, read_until


class Deaf:
    """Talks to a process that ends `hears` messages from now."""

    def __init__(self) -> None:
        self.hears = 0
        self.heard: list[dict[str, JsonValue]] = []

    async def query(self, prompt: AsyncIterator[dict[str, JsonValue]]) -> None:
        if len(self.heard) == self.hears:
            raise ConnectionError("the process has ended")
        self.heard += [message async for message in prompt]

    async def receive_messages(self) -> AsyncGenerator[object]:
        return
        yield

    async def connect(self) -> None: ...
    async def disconnect(self) -> None: ...
    async def interrupt(self) -> None: ...
    async def set_model(self, model: str | None) -> None: ...
    async def set_permission_mode(self, mode: str) -> None: ...
    async def stop_task(self, task_id: str) -> None: ...


async def unneeded(kept: Kept) -> Never:
    raise AssertionError("nothing is to be started or ended here")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-dummy-of-the-tests")
    record = Record(session="s", cwd=tmp_path)
    return Kept(id="k", record=record, memory=Memory(), used=0.0, known=set())


async def test_a_message_its_process_did_not_hear_may_be_sent_again(
    kept: Kept, tmp_path: Path
) -> None:
    process = Deaf()

    async def start(kept: Kept) -> Client:
        return process

    async def end(kept: Kept) -> None: ...

    session = ClaudeSession(kept, Records(tmp_path), Memory(), start, end)
    await session.prompt("hello", "p1")
    ended = kept.log[-1]
    assert isinstance(ended, TurnEnded)
    assert (ended.outcome, ended.error, ended.resumable) == ("failed", NOT_HEARD, False)
    process.hears = 1
    await session.prompt("hello", "p1")
    await session.prompt("hello", "p1")
    assert len(process.heard) == 1


async def test_what_is_asked_on_the_way_out_troubles_nobody(kept: Kept) -> None:
    request = wire.Request(call="toolu_1", tool="Bash", input={"command": "ls"})
    asking = asyncio.create_task(decide(kept, request))
    await asyncio.wait([asking], timeout=0.05)
    assert not asking.done() and kept.log == [] and not kept.memory.needed
    asking.cancel()
    await asyncio.wait([asking])
    assert kept.log == []


async def test_what_is_allowed_is_written_before_the_tool_hears_of_it(
    kept: Kept, tmp_path: Path
) -> None:
    kept.client, kept.id = Deaf(), str(uuid.uuid4())
    records = Records(tmp_path / "records")
    session = ClaudeSession(kept, records, Memory(), unneeded, unneeded)
    request = wire.Request(call="toolu_1", tool="Bash", input={"command": "ls"})
    asking = asyncio.create_task(decide(kept, request))
    await read_until(kept.read(Memory()), is_ask)
    with pytest.raises(AgentUnavailable):  # there is no such directory
        await session.answer("toolu_1", Answer(verb="allow"))
    assert not asking.done()
    records.open()
    await session.answer("toolu_1", Answer(verb="allow"))
    assert records.read(kept.id).allowed == ("toolu_1",)
    assert (await asking).allow


async def test_what_is_asked_while_it_works_is_told(kept: Kept) -> None:
    kept.client = Deaf()
    request = wire.Request(call="toolu_1", tool="Bash", input={"command": "ls"})
    asking = asyncio.create_task(decide(kept, request))
    await read_until(kept.read(Memory()), is_ask)
    asking.cancel()
    await asyncio.wait([asking])
