"""The `Connector` of Claude Code in this process: which sessions there are, and which of them have
a process just now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Self

import structlog
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from bot.agents.claude import credentials, history, sdk
from bot.agents.claude.kept import Kept
from bot.agents.claude.memory import from_cursor
from bot.agents.claude.process import decide, run
from bot.agents.claude.records import Records, Survivor
from bot.agents.claude.session import ClaudeSession
from bot.core.errors import AgentError, AgentUnavailable
from bot.core.policy import Capabilities, ImageLimits
from bot.core.ports import Health, RemoteSession

log = structlog.stdlib.get_logger()

LOOK_EVERY = 15.0
"""Seconds between looks for processes nobody uses."""

VERSION_PATIENCE = 20.0

WAITING = "Claude Code still works on what it began before I restarted. I wait until it has ended."
ELSEWHERE = "Claude Code is still held by another copy of me."
CLOSED = "The agent's session was ended, and with it what the agent remembered of this thread."


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


Directory = Annotated[Path, AfterValidator(_absolute)]
ChannelId = Annotated[str, StringConstraints(pattern=r"^[CDG][A-Z0-9]{2,}$")]
Mode = Literal["default", "acceptEdits", "plan", "dontAsk", "bypassPermissions", "auto"]


class ClaudeConfig(BaseModel):
    """`cwd` is where the agent works, `channels` where it does in single channels, by id.
    `max_sessions`: processes at once, each of which takes about 250 MB; `keep_alive`: seconds one
    may stay unused. `orphan`: what becomes of a process that outlived the bot. No key stands
    here: it comes from the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["claude"]
    cwd: Directory
    channels: dict[ChannelId, Directory] = Field(default_factory=dict[str, Path])
    model: str = ""
    permission_mode: Mode = "default"
    max_sessions: Annotated[int, Field(ge=1)] = 4
    keep_alive: Annotated[float, Field(ge=0)] = 900.0
    orphan: Literal["stop", "wait"] = "stop"
    data_dir: Directory = Field(default=Path("data"), validate_default=True)


class ClaudeConnector:
    """What its sessions share: the files, and the room for processes."""

    def __init__(self, config: ClaudeConfig) -> None:
        self._config = config
        self._records = Records(config.data_dir / "claude")
        self._tasks = asyncio.TaskGroup()
        self._kept: dict[str, Kept] = {}

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            replay="history",
            prompt_check="idempotent",
            settings=("model", "permission_mode"),
            images=ImageLimits(),
            stop_task=True,
        )

    async def __aenter__(self) -> Self:
        """Raises ConfigError when the extra or the tool is absent."""
        self._sdk = await asyncio.to_thread(sdk.load)
        self._program = self._sdk.program()
        await asyncio.to_thread(self._records.open)
        await self._tasks.__aenter__()
        self._looking = self._tasks.create_task(self._look(), name="claude: unused processes")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._looking.cancel()
        for kept in self._kept.values():
            _cancel(kept.running)
        await self._tasks.__aexit__(None, None, None)

    async def check(self) -> Health:
        config = self._config
        for place in (config.cwd, *config.channels.values()):
            if not place.is_dir():
                return Health(False, f"The working directory {place} is not there.", "Create it")
        if not credentials.present():
            return Health(False, f"{credentials.MISSING}.", credentials.REMEDY)
        version = await self._version()
        if version is None:
            return Health(False, "The program claude does not run here.", sdk.INSTALL)
        return Health(
            True,
            f"Claude Code {version} works in {config.cwd}, permission mode "
            f"{config.permission_mode}, at most {config.max_sessions} at once.",
        )

    async def _version(self) -> str | None:
        try:
            process = await asyncio.create_subprocess_exec(
                self._program, "--version",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        except OSError:
            return None
        try:
            async with asyncio.timeout(VERSION_PATIENCE):
                said, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            return None
        return said.decode("utf-8", "replace").split(" ")[0].strip() or None

    async def create(self, key: str) -> str:
        """Only a name so far: the process starts with the first prompt."""
        parts = key.split("/")
        channel = parts[-2] if len(parts) > 1 else ""
        cwd = self._config.channels.get(channel, self._config.cwd)
        return await asyncio.to_thread(self._records.create, key, cwd)

    @asynccontextmanager
    async def attach(self, remote_id: str, cursor: str | None) -> AsyncGenerator[RemoteSession]:
        after = from_cursor(cursor)
        kept = self._kept.get(remote_id) or await self._adopt(remote_id, cursor)
        kept.readers += 1
        try:
            yield ClaudeSession(kept, self._records, after, self._start, self._end)
        finally:
            kept.readers -= 1
            self._drop_if_unused(kept)

    async def _adopt(self, remote_id: str, cursor: str | None) -> Kept:
        """A session no process of ours has. What outlived an earlier bot is ended first, so that
        its transcript tells all it did."""
        record = await asyncio.to_thread(self._records.read, remote_id)
        survivor = await asyncio.to_thread(self._records.survivor, remote_id)
        if survivor is not None:
            await self._settle(survivor)
        entries = await asyncio.to_thread(self._sdk.transcript, record.session, record.cwd)
        kept = Kept(
            id=remote_id,
            record=record,
            memory=from_cursor(cursor),
            used=asyncio.get_running_loop().time(),
            known={entry.uuid for entry in entries},
        )
        kept.take(history.read(kept.memory, entries, record.allowed))
        return self._kept.setdefault(remote_id, kept)

    async def _settle(self, survivor: Survivor) -> None:
        """Raises AgentUnavailable while it is to be waited for."""
        if not survivor.orphan:
            raise AgentUnavailable(ELSEWHERE)
        if self._config.orphan == "wait":
            raise AgentUnavailable(WAITING)
        log.warning("claude.orphan", remote=survivor.remote_id, pid=survivor.pid)
        await asyncio.to_thread(self._records.end, survivor)

    def _drop_if_unused(self, kept: Kept) -> None:
        if not kept.readers and kept.running is None and not kept.prompting.locked():
            self._kept.pop(kept.id, None)

    # --- processes --------------------------------------------------------------------------------

    async def _start(self, kept: Kept) -> sdk.Client:
        """The way to talk to the session's process, which is started if there is none. Raises
        AgentUnavailable when there is no room, AgentRefused when it does not start."""
        await self._on_its_way(kept)
        if kept.client is None:
            entries = self._sdk.transcript
            written = await asyncio.to_thread(entries, kept.record.session, kept.record.cwd)
            await self._make_room()
            await self._begin(kept, resume=bool(written))
        if kept.client is None:
            raise AgentUnavailable()
        return kept.client

    async def _begin(self, kept: Kept, *, resume: bool) -> None:
        started: asyncio.Future[AgentError | None] = asyncio.get_running_loop().create_future()
        work = run(self._sdk, self._records, kept, self._how(kept, resume=resume), started)
        kept.running = self._tasks.create_task(work, name=f"claude {kept.id}")

        def gone(_: asyncio.Task[None]) -> None:
            if not started.done():  # it was cancelled before its first step
                started.set_result(AgentUnavailable())
            self._gone(kept)

        kept.running.add_done_callback(gone)
        # Whoever gives up waiting finds it started when asking again.
        problem = await asyncio.shield(started)
        if problem is not None:
            raise problem

    def _gone(self, kept: Kept) -> None:
        kept.running = None
        kept.wake()
        self._drop_if_unused(kept)

    async def _on_its_way(self, kept: Kept) -> None:
        """One that is on its way out, or still on its way in, is waited for."""
        while kept.running is not None and kept.client is None:
            await asyncio.wait([kept.running], timeout=0.1)

    def _how(self, kept: Kept, *, resume: bool) -> sdk.Start:
        record = kept.record
        return sdk.Start(
            launcher=self._records.program,
            program=self._program,
            pid_file=self._records.pid_path(kept.id),
            cwd=record.cwd,
            session=record.session,
            resume=resume,
            model=record.model or self._config.model,
            permission_mode=record.mode or self._config.permission_mode,
            orphan=self._config.orphan,
            decide=partial(decide, kept),
        )

    async def _make_room(self) -> None:
        """The one unused for longest makes place; who returns from here must take it at once.
        Raises AgentUnavailable when all are at work."""
        most = self._config.max_sessions
        while True:
            running = [one for one in self._kept.values() if one.running is not None]
            if len(running) < most:
                return
            idle = sorted((one for one in running if one.idle), key=lambda one: one.used)
            if not idle:
                each = "The one session" if most == 1 else f"All {most} sessions"
                raise AgentUnavailable(f"{each} of Claude Code that may run at once are at work.")
            await self._stop(idle[0])

    async def _stop(self, kept: Kept) -> None:
        """End its process; the session goes on with the next prompt."""
        if kept.running is not None:
            _cancel(kept.running)
            await asyncio.wait([kept.running])

    async def _end(self, kept: Kept) -> None:
        kept.leave(CLOSED)
        await self._stop(kept)
        await asyncio.to_thread(self._sdk.forget, kept.record.session, kept.record.cwd)
        await asyncio.to_thread(self._records.delete, kept.id)

    async def _look(self) -> None:
        if self._config.orphan == "stop":
            await self._stop_orphans()
        while True:
            await asyncio.sleep(min(LOOK_EVERY, max(1.0, self._config.keep_alive / 4)))
            now = asyncio.get_running_loop().time()
            for kept in list(self._kept.values()):
                if kept.client and kept.idle and now - kept.used >= self._config.keep_alive:
                    log.info("claude.unused", remote=kept.id)
                    await self._stop(kept)

    async def _stop_orphans(self) -> None:
        """Also of threads nobody will look at soon: they spend money."""
        for survivor in await asyncio.to_thread(lambda: [*self._records.survivors()]):
            if survivor.orphan:
                try:
                    await self._settle(survivor)
                except AgentUnavailable as error:
                    log.error("claude.orphan_stays", pid=survivor.pid, error=error.user_message)
                except Exception:  # or it would end the application
                    log.exception("claude.orphan_stays", pid=survivor.pid)


def _cancel(running: asyncio.Task[None] | None) -> None:
    """Once only: the second time would tear it away from ending its process."""
    if running is not None and not running.cancelling():
        running.cancel()
