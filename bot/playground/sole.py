"""Who uses a state file: one local Slack at a time, and no bot left over by a killed one.

Both are locks on files beside it, which the system gives back however a process ends.
"""

import fcntl
import os
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.playground.state_file import BadState

PATIENCE = 5.0
POLL = 0.01


def bot_lock(state: Path) -> Path:
    """Names the process group of the bot, and is locked for as long as the bot lives."""
    return state.with_name(state.name + ".bot")


@contextmanager
def sole_use(state: Path) -> Generator[None]:
    """Hold the state file, and end the bot of a local Slack that was killed.

    Raises BadState when another local Slack uses the file, or its bot cannot be ended.
    """
    state.parent.mkdir(parents=True, exist_ok=True)
    lock = _open(state.with_name(state.name + ".lock"))
    try:
        if not _locked(lock):
            raise BadState(
                f"Another playground uses {state}. Stop it, or name another directory with --data."
            )
        _end_orphan(bot_lock(state))
        yield
    finally:
        os.close(lock)


def hold_for_child(path: Path) -> int:
    """A new, locked bot lock for a child to inherit; close it here once the child has it.

    A new file each time: what an earlier bot left running may still hold the old one.
    """
    path.unlink(missing_ok=True)
    lock = _open(path)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def note_child(lock: int, pid: int) -> None:
    """Write down whom the lock belongs to."""
    os.write(lock, f"{pid}\n".encode())


def _end_orphan(path: Path) -> None:
    """Kill the process group that holds the bot lock, if one does.

    A held lock proves that its pid is not some later process that was given the same number.
    """
    lock = _open(path)
    try:
        if _locked(lock):
            return
        noted = path.read_text().strip()
        if noted:
            with suppress(ProcessLookupError):
                os.killpg(int(noted), signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while not _locked(lock):
            if time.monotonic() > deadline:
                who = f"process {noted}" if noted else f"the process that has {path} open"
                raise BadState(f"The bot of an earlier run is still there: end {who} first.")
            time.sleep(POLL)
    finally:
        os.close(lock)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _locked(lock: int) -> bool:
    """Take the lock if nobody has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
