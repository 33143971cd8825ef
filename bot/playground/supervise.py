"""The bot as a child process of the playground: start, kill, stop, and its log."""

import asyncio
import io
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from bot.playground.model import Json
from bot.playground.sole import hold_for_child, note_child

LOG_LINES = 500
LINE_BYTES = 64 * 1024
STOP_SECONDS = 12.0
DRAIN_SECONDS = 0.5

BotState = Literal["running", "stopped", "starting", "external"]


class Bot:
    """One child process. Without a `command` the bot is somebody else's business: `external`.

    `starting` lasts from the start until the bot has a socket (`connected`). `publish` is given
    each change as an item of the page's feed. `lock` is a file the child holds while it lives, so
    that a later run can end it if this one is killed.
    """

    def __init__(self, publish: Callable[[Json], None], lock: Path | None = None) -> None:
        # The child's argv and environment.
        self.command: tuple[Sequence[str], Mapping[str, str]] | None = None
        self.state: BotState = "external"
        self.restarts = 0
        # Seconds a stopping bot has before it is killed.
        self.patience = STOP_SECONDS
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self._publish = publish
        self._lock = lock
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def as_json(self) -> Json:
        """Without the log."""
        return {"state": self.state, "pid": self.pid, "restarts": self.restarts}

    async def start(self) -> None:
        """Start the process, unless it runs."""
        if self.command is None or self._process is not None:
            return
        argv, env = self.command
        self.state = "stopped"
        if self._watching is not None:
            self.restarts += 1
        held = [] if self._lock is None else [hold_for_child(self._lock)]
        # A pipe of our own: one of asyncio's would keep the process "alive" for as long as anything
        # it started holds the other end.
        read_end, write_end = os.pipe()
        output = io.FileIO(read_end)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *argv,
                env=env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                start_new_session=True,
                pass_fds=held,
            )
            for lock in held:
                note_child(lock, self._process.pid)
        except BaseException:
            output.close()
            raise
        finally:
            for descriptor in (write_end, *held):
                os.close(descriptor)
        watching = self._watch(self._process, output)
        self._watching = asyncio.create_task(watching, name="watch the bot")
        self._become("starting")

    def connected(self) -> None:
        """The bot has opened a socket."""
        if self.state == "starting":
            self._become("running")

    async def kill(self) -> None:
        """SIGKILL for the bot and all it started; returns when it is gone."""
        await self._signal(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL for what is still there after 12 seconds."""
        try:
            async with asyncio.timeout(self.patience):
                await self._signal(signal.SIGTERM)
        except TimeoutError:
            await self.kill()

    async def _signal(self, number: signal.Signals) -> None:
        process, watching = self._process, self._watching
        if process is None or watching is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        await asyncio.shield(watching)

    async def _watch(self, process: asyncio.subprocess.Process, output: io.RawIOBase) -> None:
        """Read its output while it lives, and a moment longer; then note how it ended."""
        lines = asyncio.StreamReader(limit=LINE_BYTES)
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), output
        )
        reading = asyncio.create_task(self._read(lines), name="read the bot's output")
        code = await process.wait()
        await asyncio.wait([reading], timeout=DRAIN_SECONDS)
        pipe.close()
        await reading
        self._process = None
        end = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self.say(f"-- the bot ended: {end}")
        self._become("stopped")

    async def _read(self, lines: asyncio.StreamReader) -> None:
        while line := await _line(lines):
            self.say(line.decode("utf-8", "replace").rstrip("\n"))

    def say(self, line: str) -> None:
        """Put a line in the log."""
        self.log.append(line)
        self._publish({"type": "log", "lines": [line]})

    def _become(self, state: BotState) -> None:
        self.state = state
        self._publish({"type": "bot", "bot": self.as_json()})


async def _line(stream: asyncio.StreamReader) -> bytes:
    """One line with its end; of a line longer than the buffer, the part that fits."""
    try:
        return await stream.readline()
    except ValueError:
        return b"(a line too long to show)\n"
