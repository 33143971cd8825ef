"""The workspace and its page's key in a JSON file: replaced atomically, at most a second late."""

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.playground.feed import Feed
from bot.playground.model import Json
from bot.playground.stored import from_json, to_json
from bot.playground.workspace import Workspace

LATENESS = 0.5


class BadState(Exception):
    """The state file cannot be read; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What outlives a run: the workspace, and the secret that opens its page."""

    workspace: Workspace
    page_key: str

    def snapshot(self) -> Json:
        return to_json(self.workspace) | {"page_key": self.page_key}


def load(path: Path) -> Kept | None:
    """What was stored, or None if there is no file."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return Kept(from_json(data), data["page_key"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadState(
            f"The local Slack's state in {path} cannot be read ({error}). Start with --fresh to "
            "begin an empty workspace, or move the file away."
        ) from error


def save(path: Path, snapshot: Json) -> None:
    """Replace the file in one step; only its owner may read the tokens and the key in it.

    Messages are encoded one by one, so that a thread doing this does not hold up the others.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    rest = {name: value for name, value in snapshot.items() if name != "messages"}
    with draft.open("w", encoding="utf-8") as file:
        file.write(json.dumps(rest)[:-1])
        file.write(', "messages": [')
        for i, message in enumerate(snapshot["messages"]):
            file.write((",\n" if i else "\n") + json.dumps(message))
        file.write("]}\n")
    os.replace(draft, path)


async def keep(path: Path, kept: Kept, feed: Feed, say: Callable[[str], None]) -> None:
    """Save soon after each change, until cancelled; then once more. `say` is told of failures.

    Every change of the workspace is on the feed, or hands out an id.
    """
    saved: tuple[int, int] | None = None
    writing: asyncio.Task[None] | None = None
    try:
        while True:
            if saved == (state := (feed.seq, kept.workspace.serial)):
                await feed.news.wait()
                await asyncio.sleep(LATENESS)
                continue
            saved = state
            writing = asyncio.create_task(asyncio.to_thread(save, path, kept.snapshot()))
            try:
                await asyncio.shield(writing)
            except OSError as error:
                say(f"-- the local Slack could not save its state: {error}")
    finally:
        if writing is not None and not writing.done():
            await writing
        save(path, kept.snapshot())
