"""The whole bot with the real Claude Code, a stand-in for its model, and kills in the middle."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from bot.agents.claude.history import INTERRUPTED
from bot.playground import Playground, Thread
from tests.agents.servers.model import StandIn, serving
from tests.agents.servers.real_claude import ABSENT, PRESENT
from tests.agents.servers.real_claude import environment as claude_environment
from tests.e2e.reading import at_rest, said
from tests.processes import RUN, environment, lives
from tests.waiting import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PRESENT, reason=ABSENT),
    pytest.mark.asyncio(loop_scope="module"),
]

LONG = 100.0
"""Seconds a story may take: the tool needs a few to start, more on a busy machine."""


@dataclass(frozen=True, slots=True)
class House:
    slack: Playground
    model: StandIn
    home: Path

    @property
    def work(self) -> Path:
        return self.home / "work"

    def tools(self) -> list[psutil.Process]:
        """The processes of Claude Code that live."""
        found: list[psutil.Process] = []
        for record in (self.home / "data" / "claude").glob("*.pid"):
            try:
                process = psutil.Process(json.loads(record.read_text())["pid"])
            except psutil.NoSuchProcess:
                continue
            if lives(process):
                found.append(process)
        return found


@asynccontextmanager
async def housed(home: Path) -> AsyncGenerator[House]:
    """A local Slack with the bot as its child, and the tool as the bot's."""
    (home / "work").mkdir()
    model = StandIn()
    agent = {"kind": "claude", "cwd": str(home / "work"), "data_dir": str(home / "data")}
    async with serving(model) as url, Playground() as slack:
        variables = {
            **environment(home / "bot"),
            **claude_environment(url, home),
            "AGENTS": json.dumps({"claude": agent}),
            "DEFAULT_AGENT": "claude",
        }
        (home / "bot").mkdir()
        await slack.start_bot(RUN, variables)
        await slack.until(lambda: slack.bot.state == "running", LONG)
        yield House(slack, model, home)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """For stories that mind nobody else's: each has a thread of its own."""
    async with housed(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def own_house(tmp_path: Path) -> AsyncIterator[House]:
    """For stories that count processes."""
    async with housed(tmp_path) as house:
        yield house


async def see(thread: Thread, condition: Callable[[Thread], bool]) -> None:
    await thread.until(condition, LONG)


async def test_a_tool_is_allowed_and_its_result_told(house: House) -> None:
    ana = house.slack.person("ana")
    (house.work / "made.txt").unlink(missing_ok=True)
    thread = await ana.mention("#dev", "guarded")
    await see(thread, lambda t: "Allow" in t.buttons())
    assert not (house.work / "made.txt").exists()
    assert await ana.click(thread, "Allow")
    await see(thread, lambda t: at_rest(t) and "The tool said: hello-from-tool" in said(t))
    assert (house.work / "made.txt").read_text() == "hello-from-tool\n"


async def test_a_question_is_answered_by_a_button(house: House) -> None:
    ana = house.slack.person("ana")
    thread = await ana.mention("#dev", "question")
    await see(thread, lambda t: "blue" in t.buttons())
    assert await ana.click(thread, "blue")
    await see(thread, lambda t: at_rest(t) and '"Which colour?"="blue"' in said(t))


async def test_killed_while_a_tool_runs_the_orphan_ends_and_the_tool_is_named_E39_E71(
    own_house: House,
) -> None:
    ana = own_house.slack.person("ana")
    command = "touch begun.txt; sleep 60; touch survived.txt"
    thread = await ana.mention("#dev", f"run: {command}")
    await see(thread, lambda t: "Allow" in t.buttons())
    assert await ana.click(thread, "Allow")

    async def begun() -> bool:
        return (own_house.work / "begun.txt").exists()

    await until(begun, LONG)
    await own_house.slack.bot.kill()
    [orphan] = own_house.tools()
    assert lives(orphan)
    commands = orphan.children(recursive=True)
    await own_house.slack.bot.start()
    await see(thread, lambda t: "Continue" in t.buttons() and INTERRUPTED in said(t))
    assert "Let me run it." in said(thread)
    assert "how it ended is not known: Bash: touch begun.txt" in said(thread)
    assert not lives(orphan)
    assert not [one for one in commands if lives(one)]
    assert not (own_house.work / "survived.txt").exists()
    assert await ana.click(thread, "Continue", until_acked=True)
    await see(thread, lambda t: at_rest(t) and "Hello from the stand-in." in said(t))
    sent = json.dumps(own_house.model.requests[-1]["messages"])
    assert "Let me run it." in sent and "Continue where you were interrupted." in sent


async def test_killed_while_it_writes_what_was_shown_stays_E71(house: House) -> None:
    ana = house.slack.person("ana")
    thread = await ana.mention("#dev", "endless")
    await see(thread, lambda t: "word20" in said(t))
    await house.slack.bot.kill()
    await house.slack.bot.start()
    await see(thread, lambda t: "Continue" in t.buttons() and INTERRUPTED in said(t))
    assert said(thread).count("word20 ") == 1
    assert "may have run" not in said(thread)
    await ana.reply(thread, "short")
    await see(thread, lambda t: at_rest(t) and "Hello from the stand-in." in said(t))


async def test_killed_while_it_waits_nothing_has_run_and_the_card_is_settled_E39(
    house: House,
) -> None:
    ana = house.slack.person("ana")
    (house.work / "made.txt").unlink(missing_ok=True)
    thread = await ana.mention("#dev", "guarded")
    await see(thread, lambda t: "Allow" in t.buttons())
    await house.slack.bot.kill()
    await house.slack.bot.start()
    # The tool may still have told the model, before it ended too, that nobody could be asked.
    await see(thread, lambda t: "Continue" in t.buttons() or "1 failed" in said(t))
    assert "Allow" not in thread.buttons()
    assert "may have run" not in said(thread)
    assert not (house.work / "made.txt").exists()


async def test_stopped_in_order_it_leaves_no_process_and_goes_on_later_E39(
    own_house: House,
) -> None:
    ana = own_house.slack.person("ana")
    thread = await ana.mention("#dev", "short")
    await see(thread, at_rest)
    [tool] = own_house.tools()
    await own_house.slack.bot.stop()
    assert not lives(tool)
    await own_house.slack.bot.start()
    await ana.reply(thread, "once more")
    await see(thread, lambda t: at_rest(t) and said(t).count("Hello from") == 2)
    assert own_house.model.said()[-1] == "once more"
    assert "short" in json.dumps(own_house.model.requests[-1]["messages"])


async def test_a_stop_ends_the_turn(house: House) -> None:
    ana = house.slack.person("ana")
    thread = await ana.mention("#dev", "endless")
    await see(thread, lambda t: "word5" in said(t))
    await ana.reply(thread, "stop")
    await see(thread, at_rest)
    assert "Stopped" in said(thread)
