"""Claude Code for a first try: what is said before it answers, and how a bot is told to use it."""

from __future__ import annotations

import json
from pathlib import Path

from bot.agents.claude import credentials, sdk

MODE = "default"
MEANING = "it asks in the thread before it changes files or runs commands"


def keyed() -> bool:
    """Whether somebody set it up to be paid for: then it is worth offering."""
    return credentials.keyed()


def missing() -> str | None:
    """What keeps it from answering here, as a sentence with the remedy."""
    if not sdk.installed():
        return f"Claude Code is not installed. {sdk.INSTALL}."
    if not credentials.present():
        return f"{credentials.MISSING}. {credentials.REMEDY}."
    return None


def terms(cwd: Path) -> str:
    """What people must have read before it answers."""
    return (
        "Claude Code answers here, with your key and at your cost.\n"
        f"  working directory  {cwd.absolute()}\n"
        f"  permission mode    {MODE}: {MEANING}"
    )


def environment(cwd: Path, data: Path) -> dict[str, str]:
    """The variables that make a bot use it; the embedded agent stays, as `with demo`."""
    kept = str(data.absolute())
    agents = {
        "claude": {
            "kind": "claude",
            "cwd": str(cwd.absolute()),
            "permission_mode": MODE,
            "data_dir": kept,
        },
        "demo": {"kind": "demo", "data_dir": kept},
    }
    return {"AGENTS": json.dumps(agents), "DEFAULT_AGENT": "claude"}
