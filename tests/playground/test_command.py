"""`threadline playground` as a process: what it prints, and what is left when it is killed."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import BadState, sole_use
from tests.waiting import until

pytestmark = pytest.mark.slow

PATIENCE = 30.0


@asynccontextmanager
async def playground(data: Path, *options: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """`threadline playground` on a free port; ended with SIGTERM if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "playground", "--port", "0", "--data", str(data), *options,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.communicate()


async def printed(process: asyncio.subprocess.Process, pattern: str) -> re.Match[str]:
    """The first line of its output that the pattern matches."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while not (found := re.search(pattern, (await process.stdout.readline()).decode())):
            assert not process.stdout.at_eof(), "it ended"
    return found


@asynccontextmanager
async def browser(url: str) -> AsyncGenerator[aiohttp.ClientSession]:
    """One that opened the printed address."""
    base, _, _ = url.partition("?")
    async with aiohttp.ClientSession(base, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await http.get(url, allow_redirects=False)
        yield http


async def bot_of(page: aiohttp.ClientSession) -> Any:
    async with page.get("/local/state") as response:
        return (await response.json())["bot"]


async def running(page: aiohttp.ClientSession) -> bool:
    """Whether the bot is connected: then it holds its database, too."""
    return (await bot_of(page))["state"] == "running"


async def test_only_the_local_slack_prints_what_another_bot_needs(tmp_path: Path) -> None:
    async with playground(tmp_path, "--only") as process:
        url = (await printed(process, r"http://\S+")).group()
        exported = [await printed(process, r"^export (\w+)=(\S+)$") for _ in range(3)]
        environment = {line.group(1): line.group(2) for line in exported}
        client = AsyncWebClient(
            token=environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"]
        )
        assert (await client.auth_test())["user"] == "threadline"
        opened = await client.apps_connections_open(app_token=environment["SLACK_APP_TOKEN"])
        assert str(opened["url"]).startswith("ws://127.0.0.1:")
        async with browser(url) as page:
            assert (await bot_of(page))["state"] == "external"
    assert sorted(os.listdir(tmp_path)) == ["slack.json", "slack.json.bot", "slack.json.lock"]


async def test_the_bot_of_a_killed_playground_is_ended_by_the_next(tmp_path: Path) -> None:
    async with playground(tmp_path) as process:
        url = (await printed(process, r"http://\S+")).group()
        async with browser(url) as page:
            await until(partial(running, page), PATIENCE)
            orphan = psutil.Process((await bot_of(page))["pid"])
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert alive(orphan)
    async with playground(tmp_path) as process:
        again = (await printed(process, r"http://\S+")).group()
        assert not alive(orphan)
        async with browser(again) as page:
            await until(partial(running, page), PATIENCE)


def alive(process: psutil.Process) -> bool:
    """A process that ended may stay in the table until somebody asks how."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_process_that_only_has_the_noted_number_is_left_alone(tmp_path: Path) -> None:
    """Numbers are given again: without the lock the note says nothing."""
    state = tmp_path / "slack.json"
    (tmp_path / "slack.json.bot").write_text(f"{os.getpgid(0)}\n")
    with sole_use(state):
        pass


def test_two_local_slacks_do_not_share_a_file(tmp_path: Path) -> None:
    state = tmp_path / "slack.json"
    with sole_use(state), pytest.raises(BadState, match="--data"), sole_use(state):
        raise AssertionError("both have it")
    with sole_use(state):
        pass


async def test_a_page_that_is_open_survives_a_restart(tmp_path: Path) -> None:
    """The key is kept, in a file that only its owner may read; --fresh makes a new one."""
    async with playground(tmp_path, "--only") as process:
        url = (await printed(process, r"http://\S+")).group()
    port = url.partition("?")[0].rstrip("/").rpartition(":")[2]
    assert (tmp_path / "slack.json").stat().st_mode & 0o777 == 0o600
    async with playground(tmp_path, "--only", "--port", port) as process:
        assert (await printed(process, r"http://\S+")).group() == url
    async with playground(tmp_path, "--only", "--port", port, "--fresh") as process:
        assert (await printed(process, r"http://\S+")).group() != url
