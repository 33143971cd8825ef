"""What is kept of sessions on this machine, in files: which there are, where each works, and which
process has it. Blocking: call it in a thread.

Beside `<id>.json` stands `<id>.pid` while a process runs, written by `launch`; what it names may
have outlived the bot that started it.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.core.errors import AgentUnavailable, SessionGone

if TYPE_CHECKING:
    import psutil

ID = re.compile("[0-9a-f-]{36}")
NAMESPACE = uuid.UUID("5f0c8dd2-5b1a-4b0e-9c53-6c8c7c7f3a11")
STARTED_WITHIN = 5.0
"""Seconds by which two readings of one process's start time may differ, where the clock was set
meanwhile. No pid comes round again that fast."""

END_PATIENCE = 6.0
"""Seconds a process has to end by itself once it was told to, and to take its commands with it."""


LEFT_PATIENCE = 1.0
"""Seconds its commands have once it has ended itself: whoever does not end then was not told to."""


POLL = 0.02


class Record(BaseModel):
    """`session` is Claude Code's name for it. `model` and `mode` are what people chose, empty for
    what is configured. `allowed` are the newest calls that people allowed: written before the tool
    hears it, so that one which ran is known for it however soon the bot is killed."""

    model_config = ConfigDict(frozen=True)

    session: str
    cwd: Path
    model: str = ""
    mode: str = ""
    allowed: tuple[str, ...] = ()


class Running(BaseModel):
    """A process and the one that started it, by pid and start time (epoch seconds)."""

    model_config = ConfigDict(frozen=True)

    pid: int
    started: float
    parent: int
    parent_started: float


@dataclass(frozen=True, slots=True)
class Survivor:
    """A process of a session. `orphan`: the bot that started it is dead."""

    remote_id: str
    pid: int
    orphan: bool


class Records:
    """The files of one data directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def program(self) -> Path:
        """What the SDK starts: `launch`, by this interpreter."""
        return self._directory / "claude"

    def open(self) -> None:
        """Make the directory, for us alone, and the program in it."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        launch = Path(__file__).with_name("launch.py")
        words = shlex.join([sys.executable, "-P", str(launch)])
        _write(self.program, f'#!/bin/sh\nexec {words} "$@"\n', 0o700)

    def create(self, key: str, cwd: Path) -> str:
        """The id of the session called `key`: always the same."""
        remote_id = str(uuid.uuid5(NAMESPACE, key))
        if not self._path(remote_id).exists():
            self.write(remote_id, Record(session=str(uuid.uuid4()), cwd=cwd))
        return remote_id

    def read(self, remote_id: str) -> Record:
        """Raises SessionGone when there is none."""
        try:
            if not ID.fullmatch(remote_id):
                raise SessionGone()
            return Record.model_validate_json(self._path(remote_id).read_bytes())
        except (FileNotFoundError, ValidationError) as error:
            raise SessionGone() from error

    def write(self, remote_id: str, record: Record) -> None:
        _write(self._path(remote_id), record.model_dump_json(), 0o600)

    def delete(self, remote_id: str) -> None:
        for path in (self._path(remote_id), self.pid_path(remote_id)):
            path.unlink(missing_ok=True)

    def pid_path(self, remote_id: str) -> Path:
        return self._directory / f"{remote_id}.pid"

    def _path(self, remote_id: str) -> Path:
        return self._directory / f"{remote_id}.json"

    # --- processes --------------------------------------------------------------------------------

    def survivor(self, remote_id: str) -> Survivor | None:
        """The process that has the session, if one lives."""
        try:
            known = Running.model_validate_json(self.pid_path(remote_id).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        if _alive(known.pid, known.started) is None:
            self.pid_path(remote_id).unlink(missing_ok=True)
            return None
        orphan = _alive(known.parent, known.parent_started) is None
        return Survivor(remote_id, known.pid, orphan)

    def survivors(self) -> Iterator[Survivor]:
        for path in self._directory.glob("*.pid"):
            found = self.survivor(path.stem)
            if found is not None:
                yield found

    def end(self, survivor: Survivor) -> None:
        """End it and the commands it runs. Raises AgentUnavailable when it does not end."""
        end(survivor.pid)
        if self.survivor(survivor.remote_id) is not None:
            raise AgentUnavailable("Claude Code still runs from before, and does not let go.")


def end(pid: int, patience: float = END_PATIENCE) -> None:
    """It is told first, because it ends its commands then and writes down what came of them; what
    does not listen is killed, with all it started."""
    import psutil

    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    family = [process, *process.children(recursive=True)]
    with suppress(psutil.NoSuchProcess):
        process.terminate()
    _still_there([process], patience)
    left = _still_there(family, min(patience, LEFT_PATIENCE))
    for one in left:
        with suppress(psutil.NoSuchProcess):
            family += one.children(recursive=True)
            one.kill()
    _still_there(left, patience)


def _still_there(processes: list[psutil.Process], patience: float) -> list[psutil.Process]:
    """Those that have not ended after so many seconds. One that is dead has, though it may not be
    buried: that is for its parent to do, who wants to know how it ended."""
    until = time.monotonic() + patience
    while left := [one for one in processes if _runs(one)]:
        if time.monotonic() >= until:
            break
        time.sleep(POLL)
    return left


def _runs(process: psutil.Process) -> bool:
    import psutil

    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _alive(pid: int, started: float) -> psutil.Process | None:
    """The process, unless another has its number by now, or it is dead and only not buried."""
    import psutil

    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) <= STARTED_WITHIN
        return process if same and _runs(process) else None
    except psutil.NoSuchProcess:
        return None


def _write(path: Path, text: str, mode: int) -> None:
    """Whole or not at all, also when we are killed."""
    unfinished = path.with_name(f"{path.name}.new")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
