"""What outlives a restart: the state file, and the bot as a child process."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import BadState, Playground, PlaygroundConfig, serve
from tests.playground.delivering import eventually
from tests.waiting import PATIENCE

# Says where Slack is, opens a socket, and is deaf to SIGTERM if told so.
CHILD = """
import asyncio, os, signal, sys
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

async def main():
    if sys.argv[1:] == ["deaf"]:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    web = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    print("I am", (await web.auth_test())["user"], "and", os.environ["COLOUR"], flush=True)
    await SocketModeClient(app_token=os.environ["SLACK_APP_TOKEN"], web_client=web).connect()
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    config = PlaygroundConfig(state=tmp_path / "kept" / "slack.json")
    async with Playground(config) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        thread = await slack.person("ana").mention("#dev", "hello")
        await client.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="hi")
        await slack.person("ben").message_bot("psst")
        tokens, before, outline = slack.environment(), slack.workspace, thread.outline()
        key = slack.key
    async with Playground(config) as slack:
        assert slack.workspace == before
        assert slack.workspace is not before
        assert slack.key == key, "an open page stays open"
        now = slack.environment()
        assert now["SLACK_BOT_TOKEN"] == tokens["SLACK_BOT_TOKEN"]
        assert now["SLACK_APP_TOKEN"] == tokens["SLACK_APP_TOKEN"]
        again = type(thread)(slack.local, thread.channel, thread.ts)
        assert again.outline() == outline
        await slack.person("ana").reply(again, "still there")
    async with Playground(PlaygroundConfig(state=config.state, fresh=True)) as slack:
        assert slack.workspace.messages == {}
        assert slack.key != key


async def test_the_file_follows_what_happens(tmp_path: Path) -> None:
    path = tmp_path / "slack.json"
    async with Playground(PlaygroundConfig(state=path)) as slack:
        await slack.person("ana").post("#dev", "hello")
        await eventually(lambda: path.exists() and "hello" in path.read_text())
        assert path.stat().st_mode & 0o777 == 0o600


async def test_a_page_is_told_to_begin_anew_after_the_quickest_restart(tmp_path: Path) -> None:
    path = tmp_path / "slack.json"
    async with Playground(PlaygroundConfig(state=path), now=lambda: 1000.2) as slack:
        await slack.person("ana").post("#dev", "before")
        seen = slack.local.feed.seq
    async with Playground(PlaygroundConfig(state=path), now=lambda: 1000.4) as slack:
        await slack.person("ana").post("#dev", "after")
        await slack.person("ana").post("#dev", "and again")
        [(_, item)] = slack.local.feed.since(seen)
        assert json.loads(item) == {"type": "reset"}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 99}', '{"version": 1}'])
def test_a_file_that_cannot_be_read_names_the_remedy(tmp_path: Path, content: str) -> None:
    path = tmp_path / "slack.json"
    path.write_text(content)
    with pytest.raises(BadState, match="--fresh"):
        Playground(PlaygroundConfig(state=path))


def environment() -> dict[str, str]:
    return {**os.environ, "COLOUR": "blue"}


async def test_the_bot_is_killed_and_started_again_from_the_page(slack: Playground) -> None:
    await slack.start_bot([sys.executable, "-c", CHILD], environment())
    assert slack.bot.state == "starting"
    await slack.until(lambda: slack.bot.state == "running")
    assert list(slack.bot.log) == ["I am threadline and blue"]
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        await http.get(slack.page_url, allow_redirects=False)
        url = f"http://127.0.0.1:{slack.port}/local/bot"
        async with http.post(url, json={"do": "kill"}) as response:
            assert await response.json() == {"state": "stopped", "pid": None, "restarts": 0}
        assert slack.bot.log[-1] == "-- the bot ended: SIGKILL"
        async with http.post(url, json={"do": "start"}) as response:
            started = await response.json()
        assert (started["state"], started["restarts"]) == ("starting", 1)
        await slack.until(lambda: slack.bot.state == "running")
        async with http.post(url, json={"do": "dance"}) as response:
            assert response.status == 400


async def test_a_bot_that_ends_by_itself_is_shown_as_stopped(slack: Playground) -> None:
    await slack.start_bot([sys.executable, "-c", "raise SystemExit(3)"], environment())
    await slack.until(lambda: slack.bot.state == "stopped")
    assert slack.bot.log[-1] == "-- the bot ended: exit code 3"


async def test_what_the_bot_left_running_does_not_keep_it_alive(slack: Playground) -> None:
    code = (
        "import subprocess, time\n"
        "orphan = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "print(orphan.pid, flush=True)\n"
        "time.sleep(60)"
    )
    await slack.start_bot([sys.executable, "-c", code], environment())
    await slack.until(lambda: slack.bot.log)
    async with asyncio.timeout(PATIENCE):
        await slack.bot.kill()
    assert slack.bot.state == "stopped"
    os.kill(int(slack.bot.log[0]), signal.SIGKILL)


async def test_a_bot_deaf_to_sigterm_is_killed_in_the_end(slack: Playground) -> None:
    slack.bot.patience = 0.1
    await slack.start_bot([sys.executable, "-c", CHILD, "deaf"], environment())
    await slack.until(lambda: slack.bot.state == "running")
    await slack.bot.stop()
    assert slack.bot.log[-1] == "-- the bot ended: SIGKILL"


async def test_a_bot_that_cannot_be_started_says_so(slack: Playground) -> None:
    with pytest.raises(FileNotFoundError):
        await slack.start_bot(["/nowhere/threadline"], environment())
    assert slack.bot.state == "stopped"


async def test_a_line_without_end_does_not_stop_the_log(slack: Playground) -> None:
    code = "print('x' * 200_000); print('after')"
    await slack.start_bot([sys.executable, "-c", code], environment())
    await slack.until(lambda: slack.bot.state == "stopped")
    assert "after" in slack.bot.log


async def test_serving_ends_with_the_bot_stopped_and_the_state_kept(tmp_path: Path) -> None:
    path = tmp_path / "slack.json"
    ready: asyncio.Future[Playground] = asyncio.get_running_loop().create_future()
    argv = [sys.executable, "-c", CHILD]
    serving = asyncio.create_task(
        serve(PlaygroundConfig(state=path), argv, environment(), ready.set_result)
    )
    url = (await ready).page_url
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        await http.get(url, allow_redirects=False)
        base, _, _ = url.partition("?")
        async with http.get(f"{base}local/state") as response:
            bot: Any = (await response.json())["bot"]
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    with pytest.raises(ProcessLookupError):
        os.kill(bot["pid"], 0)
    assert json.loads(path.read_text())["version"] == 2
