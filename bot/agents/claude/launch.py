"""Started in place of the tool: writes down who it is, then becomes the tool.

It leads a process group of its own, and is known by pid and start time before it can be asked
anything: whoever outlives a killed bot can be found. Where the system can do it, it is told to end
as soon as the bot is dead. Credentials of the bot's that are none of the tool's business do not
reach it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys

PROGRAM, RECORD = "THREADLINE_CLAUDE_PROGRAM", "THREADLINE_CLAUDE_RECORD"
"""The variables that name the tool, and the file to write down in."""

ORPHAN = "THREADLINE_CLAUDE_ORPHAN"
"""The variable that says what becomes of it without the bot: `stop` or `wait`."""

PR_SET_PDEATHSIG = 1
"""Linux: the signal a process gets when the one that started it dies; see prctl(2)."""

PRIVATE = ("SLACK_", "DATABASE_", "THREADLINE_")
"""How the bot's own variables begin, in any case: its settings know them so."""


def main() -> None:
    program, parent = os.environ[PROGRAM], os.getppid()
    os.setsid()
    note(os.environ[RECORD])
    if os.environ[ORPHAN] == "stop":
        end_with(parent)
    kept = {
        name: value for name, value in os.environ.items() if not name.upper().startswith(PRIVATE)
    }
    os.execve(program, [program, *sys.argv[1:]], kept)


def note(record: str) -> None:
    """All or nothing: a half-written record would hide a survivor."""
    import psutil

    itself, parent = psutil.Process(), psutil.Process(os.getppid())
    known = {
        "pid": itself.pid,
        "started": itself.create_time(),
        "parent": parent.pid,
        "parent_started": parent.create_time(),
    }
    unfinished = f"{record}.new"
    with open(unfinished, "w", encoding="utf-8") as file:
        file.write(json.dumps(known))
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, record)


def end_with(parent: int) -> None:
    """Elsewhere than on Linux it is ended when the bot is back."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the bot is gone")


if __name__ == "__main__":
    main()
