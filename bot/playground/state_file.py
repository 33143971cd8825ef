"""The workspace in a JSON file: replaced atomically, at most a second late."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

from bot.playground.feed import Feed
from bot.playground.stored import from_json, to_json
from bot.playground.workspace import Workspace

LATENESS = 0.5


class BadState(Exception):
    """The state file cannot be read; the text says what to do."""


def load(path: Path) -> Workspace | None:
    """The stored workspace, or None if there is no file."""
    try:
        return from_json(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadState(
            f"The local Slack's state in {path} cannot be read ({error}). Start with --fresh to "
            "begin an empty workspace, or move the file away."
        ) from error


def save(path: Path, workspace: Workspace) -> None:
    """Replace the file in one step; only its owner may read the tokens in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(to_json(workspace), separators=(",", ":")), "utf-8")
    os.replace(draft, path)


async def keep(path: Path, workspace: Workspace, feed: Feed, say: Callable[[str], None]) -> None:
    """Save soon after each change, until cancelled; then once more. `say` is told of failures.

    Every change of the workspace is on the feed, or hands out an id.
    """
    saved = None
    try:
        while True:
            if saved == (state := (feed.seq, workspace.serial)):
                await feed.news.wait()
                await asyncio.sleep(LATENESS)
                continue
            saved = state
            try:
                save(path, workspace)
            except OSError as error:
                say(f"-- the local Slack could not save its state: {error}")
    finally:
        save(path, workspace)
