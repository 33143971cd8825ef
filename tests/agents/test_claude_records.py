"""What is kept of Claude Code's sessions in files, and what becomes of a process that outlives the
bot. No Claude Code is needed: another program stands in its place."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bot.agents.claude import launch
from bot.agents.claude.connector import WAITING, ClaudeConnector
from bot.agents.claude.records import Record, Records, end
from bot.core.errors import AgentUnavailable, SessionGone
from tests.agents.servers.real_claude import ABSENT, PRESENT, config
from tests.processes import lives
from tests.waiting import until

SLEEPER = """#!/bin/sh
sleep 600 &
env > {directory}/env.txt
wait
"""


@pytest.fixture
def records(tmp_path: Path) -> Records:
    records = Records(tmp_path / "data" / "claude")
    records.open()
    return records


@pytest.fixture
def sleeper(tmp_path: Path) -> Path:
    program = tmp_path / "sleeper"
    program.write_text(SLEEPER.format(directory=tmp_path))
    program.chmod(0o700)
    return program


def start(records: Records, session: str, program: Path, orphan: str = "wait") -> int:
    """By a parent that dies at once, as a killed bot; returns the pid."""
    environment = {
        launch.PROGRAM: str(program),
        launch.RECORD: str(records.pid_path(session)),
        launch.ORPHAN: orphan,
        "SLACK_BOT_TOKEN": "xoxb-of-the-bot",
        "slack_app_token": "xapp-of-the-bot",
        "PATH": "/usr/bin:/bin",
    }
    bot = f"""
import subprocess, os
child = subprocess.Popen([{str(records.program)!r}], env={environment!r})
while not os.path.exists({environment[launch.RECORD]!r}): pass
"""
    subprocess.run([sys.executable, "-c", bot], check=True, timeout=30)
    return json.loads(records.pid_path(session).read_text())["pid"]


@pytest.fixture
def session(records: Records, tmp_path: Path) -> Iterator[str]:
    name = records.create("T1/C1/1.0", tmp_path)
    yield name
    if (left := records.survivor(name)) is not None:
        end(left.pid)


def test_a_session_has_one_name_and_a_record_for_us_alone(records: Records, tmp_path: Path) -> None:
    name = records.create("T1/C1/1.0", tmp_path)
    first = records.read(name)
    assert records.create("T1/C1/1.0", tmp_path / "elsewhere") == name
    assert records.read(name) == first and first.cwd == tmp_path
    assert records.create("T1/C1/2.0", tmp_path) != name
    path = tmp_path / "data" / "claude" / f"{name}.json"
    assert path.stat().st_mode & 0o077 == 0
    records.write(name, first.model_copy(update={"model": "m"}))
    assert records.read(name) == Record(session=first.session, cwd=tmp_path, model="m")


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "never-created", "0" * 36])
def test_what_was_never_created_is_gone(records: Records, name: str) -> None:
    with pytest.raises(SessionGone):
        records.read(name)


def test_a_deleted_session_is_gone(records: Records, tmp_path: Path) -> None:
    name = records.create("T1/C1/1.0", tmp_path)
    records.delete(name)
    records.delete(name)
    with pytest.raises(SessionGone):
        records.read(name)


async def test_what_outlives_the_bot_is_known_and_ended_with_all_it_started(
    records: Records, session: str, sleeper: Path, tmp_path: Path
) -> None:
    pid = start(records, session, sleeper)
    survivor = records.survivor(session)
    assert survivor is not None and (survivor.pid, survivor.orphan) == (pid, True)
    assert [*records.survivors()] == [survivor]
    process, told = psutil.Process(pid), tmp_path / "env.txt"

    async def only_sleeps() -> bool:
        written = told.exists() and "PATH=" in told.read_text()
        return written and len(process.children()) == 1

    await until(only_sleeps)
    [command] = process.children()
    records.end(survivor)
    assert not lives(process) and not lives(command)
    assert records.survivor(session) is None
    assert not records.pid_path(session).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of it")
async def test_it_may_be_told_to_end_with_the_bot(
    records: Records, session: str, sleeper: Path
) -> None:
    start(records, session, sleeper, orphan="stop")

    async def gone() -> bool:
        return records.survivor(session) is None

    await until(gone)


async def test_it_leads_a_group_of_its_own_and_gets_no_token_of_the_bots(
    records: Records, session: str, sleeper: Path, tmp_path: Path
) -> None:
    pid = start(records, session, sleeper)
    told = tmp_path / "env.txt"

    async def written() -> bool:
        return told.exists() and "PATH=" in told.read_text()

    await until(written)
    assert psutil.Process(pid).terminal() is None
    assert launch.os.getpgid(pid) == launch.os.getsid(pid) == pid
    assert "xoxb" not in told.read_text() and "xapp" not in told.read_text()


def test_another_process_with_the_number_of_a_dead_one_is_left_alone(
    records: Records, session: str
) -> None:
    mine = psutil.Process()
    known = {"pid": mine.pid, "started": mine.create_time() - 3600, "parent": 1,
             "parent_started": 0.0}  # fmt: skip
    records.pid_path(session).write_text(json.dumps(known))
    assert records.survivor(session) is None


def test_a_record_that_was_damaged_names_nobody(records: Records, session: str) -> None:
    records.pid_path(session).write_text("{")
    assert records.survivor(session) is None


def test_what_another_bot_still_holds_is_no_orphan(records: Records, session: str) -> None:
    mine, parent = psutil.Process(), psutil.Process().parents()[0]
    known = {"pid": mine.pid, "started": mine.create_time(), "parent": parent.pid,
             "parent_started": parent.create_time()}  # fmt: skip
    records.pid_path(session).write_text(json.dumps(known))
    survivor = records.survivor(session)
    assert survivor is not None and not survivor.orphan
    records.pid_path(session).unlink()


@pytest.mark.skipif(not PRESENT, reason=ABSENT)
async def test_a_session_whose_process_lives_on_is_waited_for_if_that_is_wanted(
    records: Records, session: str, sleeper: Path, tmp_path: Path
) -> None:
    survivor = psutil.Process(start(records, session, sleeper))
    async with ClaudeConnector(config(tmp_path, orphan="wait")) as claude:
        with pytest.raises(AgentUnavailable, match=WAITING):
            async with claude.attach(session, None):
                raise AssertionError("attached beside a survivor")
        assert lives(survivor)
        end(survivor.pid)
        async with claude.attach(session, None):
            assert not lives(survivor)


@pytest.mark.skipif(not PRESENT, reason=ABSENT)
async def test_orphans_are_ended_at_the_start_without_anybody_asking(
    records: Records, session: str, sleeper: Path, tmp_path: Path
) -> None:
    start(records, session, sleeper)

    async def gone() -> bool:
        return records.survivor(session) is None

    async with ClaudeConnector(config(tmp_path)):
        await until(gone)
