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
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from typer.testing import CliRunner

from bot import cli
from bot.command import MISCONFIGURED
from bot.playground import BadState, sole_use
from tests.playground.bolt import serving
from tests.ports import quiet_port
from tests.processes import inherited
from tests.waiting import until

pytestmark = pytest.mark.slow

PATIENCE = 60.0


@asynccontextmanager
async def playground(data: Path, *options: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """`threadline playground` on a free port; ended with SIGTERM if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "playground", "--port", "0", "--data", str(data), *options,
        stdout=asyncio.subprocess.PIPE,
        env={**inherited(), "PYTHONUNBUFFERED": "1"},
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


async def exported(process: asyncio.subprocess.Process) -> dict[str, str]:
    """The environment it prints for another bot."""
    lines = [await printed(process, r"^export (\w+)=(\S+)$") for _ in range(4)]
    return {line.group(1): line.group(2) for line in lines}


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
        environment = await exported(process)
        client = AsyncWebClient(
            token=environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"]
        )
        assert (await client.auth_test())["user"] == "threadline"
        opened = await client.apps_connections_open(app_token=environment["SLACK_APP_TOKEN"])
        assert str(opened["url"]).startswith("ws://127.0.0.1:")
        async with browser(url) as page:
            assert (await bot_of(page))["state"] == "external"
    assert sorted(os.listdir(tmp_path)) == ["slack.json", "slack.json.bot", "slack.json.lock"]


async def test_a_bot_that_is_started_later_is_told_over_http(tmp_path: Path) -> None:
    port = quiet_port()
    url = f"http://127.0.0.1:{port}/slack/events"
    async with playground(tmp_path, "--only", "--deliver-to", url) as process:
        page_url = (await printed(process, r"http://\S+")).group()
        environment = await exported(process)
        bolt = AsyncApp(
            client=AsyncWebClient(
                token=environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"]
            ),
            signing_secret=environment["SLACK_SIGNING_SECRET"],
        )
        heard: list[str] = []

        @bolt.event("message")
        async def note(event: dict[str, Any]) -> None:
            heard.append(event["text"])

        async def was_heard() -> bool:
            return bool(heard)

        async with serving(bolt.server(host="127.0.0.1").web_app, port):
            await printed(process, "Delivering to")
            async with browser(page_url) as page:
                act = {"as": "U0ANA00001", "do": "post", "channel": "C0DEV00002", "text": "hello"}
                await page.post("/local/act", json=act)
                await until(was_heard, PATIENCE)
    # What is acked late is told again.
    assert set(heard) == {"hello"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--only", "--deliver-to", "https://example.com/"], "not on this machine"),
        (["--deliver-to", "http://127.0.0.1:3000/"], "--only"),
    ],
)
def test_what_cannot_be_delivered_to_is_refused(options: list[str], sentence: str) -> None:
    refused = CliRunner().invoke(cli.app, ["playground", *options])
    assert refused.exit_code == MISCONFIGURED
    assert sentence in refused.stderr


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
        await until(partial(gone, orphan), PATIENCE)
        async with browser(again) as page:
            await until(partial(running, page), PATIENCE)


async def gone(process: psutil.Process) -> bool:
    return not alive(process)


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
    port = str(quiet_port())
    async with playground(tmp_path, "--only", "--port", port) as process:
        url = (await printed(process, r"http://\S+")).group()
    assert f":{port}/" in url
    assert (tmp_path / "slack.json").stat().st_mode & 0o777 == 0o600
    async with playground(tmp_path, "--only", "--port", port) as process:
        assert (await printed(process, r"http://\S+")).group() == url
    async with playground(tmp_path, "--only", "--port", port, "--fresh") as process:
        assert (await printed(process, r"http://\S+")).group() != url


MANIFEST = """
display_information: {name: Echo Machine}
features:
  bot_user: {display_name: Echo Bot}
  slash_commands: [{command: /echo, description: says it again}]
  shortcuts: [{name: Repeat, type: message, callback_id: repeat, description: once more}]
oauth_config: {scopes: {bot: [app_mentions:read, chat:write, commands]}}
settings: {event_subscriptions: {bot_events: [app_mention]}}
"""


async def test_a_bots_own_manifest_says_what_it_is_and_may(tmp_path: Path) -> None:
    file = tmp_path / "manifest.yml"
    file.write_text(MANIFEST)
    async with playground(tmp_path / "data", "--only", "--manifest", str(file)) as process:
        url = (await printed(process, r"http://\S+")).group()
        environment = await exported(process)
        await printed(process, r"^# export SLACK_CLIENT_ID=\d+\.\d+$")
        client = AsyncWebClient(
            token=environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"]
        )
        me = await client.auth_test()
        assert me["user"] == "echobot"
        assert me.headers["x-oauth-scopes"] == "app_mentions:read,chat:write,commands"
        with pytest.raises(SlackApiError, match="missing_scope"):
            await client.users_list()
        async with browser(url) as page, page.get("/local/state") as response:
            [app] = (await response.json())["apps"]
        assert (app["name"], app["app_id"]) == ("Echo Machine", "A0THREADLN")
        assert [each["command"] for each in app["commands"]] == ["/echo"]
        assert [each["callback_id"] for each in app["shortcuts"]] == ["repeat"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "neither YAML nor JSON"),
        ("display_information: {name: ''}", "display_information.name"),
        (MANIFEST.replace("/echo", "echo"), "slash_commands.0.command"),
    ],
)
def test_a_manifest_slack_would_refuse_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "manifest.yml"
    file.write_text(text)
    refused = CliRunner().invoke(cli.app, ["playground", "--only", "--manifest", str(file)])
    assert refused.exit_code == MISCONFIGURED
    assert sentence in refused.stderr
