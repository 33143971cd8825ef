"""What an operator is told at the command line, and with which exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.agents.claude.sdk import installed
from bot.playground import Playground
from bot.slack.app import START_SECONDS
from tests.agents.servers.real_claude import ABSENT
from tests.processes import connected, environment
from tests.waiting import until

pytestmark = pytest.mark.slow


def command(data: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        env=environment(data) | env,
        cwd=data,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    said = [line for line in ended.stderr.splitlines() if line.startswith("threadline: ")]
    assert len(said) == 1
    return said[0]


def test_a_run_without_tokens_names_the_variable_and_where_to_find_it(tmp_path: Path) -> None:
    said = refused(command(tmp_path, "run"))
    assert "SLACK_BOT_TOKEN" in said
    assert "OAuth & Permissions" in said


def test_a_bad_value_ends_in_a_sentence(tmp_path: Path) -> None:
    said = refused(command(tmp_path, "run", LOG_LEVEL="LOUD"))
    assert "LOG_LEVEL" in said


def test_a_database_that_was_not_migrated_says_what_to_run(tmp_path: Path) -> None:
    assert "threadline migrate" in refused(command(tmp_path, "run", "--no-migrate"))
    migrated = command(tmp_path, "migrate")
    assert migrated.returncode == 0
    assert "revision 0002" in migrated.stdout
    assert "SLACK_BOT_TOKEN" in refused(command(tmp_path, "run", "--no-migrate"))


def test_a_bad_redelivery_schedule_is_explained(tmp_path: Path) -> None:
    assert "0.5,60,300" in refused(command(tmp_path, "playground", "--redeliver", "soon"))


def test_doctor_lists_every_finding_and_fails(tmp_path: Path) -> None:
    ended = command(tmp_path, "doctor")
    assert ended.returncode == 1
    assert "SLACK_BOT_TOKEN: is missing" in ended.stdout
    assert "threadline migrate" in ended.stdout
    assert "ok  Agent demo" in ended.stdout


async def test_a_taken_port_ends_the_run_in_a_sentence(tmp_path: Path) -> None:
    async with Playground() as slack:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            env = environment(tmp_path) | slack.environment() | {"THREADLINE_PORT": port}
            code, said = await _ends(env)
    assert code == 2
    assert "THREADLINE_PORT: cannot listen on" in said
    assert "Traceback" not in said


@pytest.fixture
async def silent_slack() -> AsyncIterator[str]:
    """A server that takes calls and never answers."""

    over = asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", never)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    over.set()
    await runner.cleanup()


async def test_a_signal_during_the_start_ends_it_at_once(tmp_path: Path, silent_slack: str) -> None:
    env = environment(tmp_path) | {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_API_URL": silent_slack,
    }
    process = await _start(env)

    async def migrated() -> bool:
        return (tmp_path / "demo.db").exists()

    await until(migrated, 60)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(START_SECONDS / 2):  # for that long it would try to reach Slack
        _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert b"Traceback" not in errors


async def test_a_drain_in_the_middle_of_turns_ends_well_within_ten_seconds(tmp_path: Path) -> None:
    env = environment(tmp_path, speed="1")
    async with Playground() as slack, connected(slack, env) as bot:
        ana = slack.person("ana")
        threads = [await ana.mention("#general", "essay 200000") for _ in range(5)]
        for thread in threads:
            await thread.until(lambda seen: "Stop" in seen.buttons(), timeout=60)
        began = time.monotonic()
        assert bot.pid is not None
        os.kill(bot.pid, signal.SIGTERM)
        await slack.until(lambda: bot.state == "stopped", 60)
        assert time.monotonic() - began < 20, "on a machine that does much else"
    log = " ".join(bot.log)
    assert "late=0" in log
    assert "Traceback" not in log


async def _start(env: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "run"),
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )


async def _ends(env: dict[str, str]) -> tuple[int | None, str]:
    process = await _start(env)
    _, errors = await process.communicate()
    return process.returncode, errors.decode()


def test_claude_code_without_a_key_is_refused_with_what_to_set(tmp_path: Path) -> None:
    bare = {name: "" for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")}
    said = refused(command(tmp_path, "playground", "--claude", HOME=str(tmp_path), **bare))
    assert ("ANTHROPIC_API_KEY" if installed() else "threadline[claude]") in said


@pytest.mark.skipif(not installed(), reason=ABSENT)
def test_claude_code_is_offered_with_its_directory_and_mode_and_never_taken_unasked(
    tmp_path: Path,
) -> None:
    keyed = {"HOME": str(tmp_path), "ANTHROPIC_API_KEY": "sk-ant-of-the-tests"}
    nowhere = command(tmp_path, "playground", "--claude", "--cwd", "nowhere", **keyed)
    assert "no directory" in refused(nowhere)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        unasked = command(tmp_path, "playground", "--port", port, **keyed)
        asked = command(tmp_path, "playground", "--port", port, "--claude", **keyed)
    assert "with --claude it answers here" in unasked.stdout
    assert "working directory" not in unasked.stdout
    assert str(tmp_path) in asked.stdout and "permission mode    default" in asked.stdout
    assert "sk-ant" not in unasked.stdout + asked.stdout + asked.stderr
