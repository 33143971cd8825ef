"""What people do while the bot is killed and started, and what must be there in the end."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.agents.demo.texts import essay
from bot.playground import Playground, Thread
from bot.playground.blocks import visible_text

PATIENCE = 90.0
"""Seconds people wait for anything. A restart takes about two, a search for lost posts two more."""

Ending = dict[str, Any]
"""What Slack shows in the end, by thread; as JSON, to be compared and printed."""

_TIMES = ((re.compile(r"<!date\^[^>]*>"), "<date>"), (re.compile(r"Done in [^·]+"), "Done "))
_NOTHING_BUT_TIME = {
    "type": "context",
    "elements": [{"type": "mrkdwn", "text": "Done ", "verbatim": True}],
}
"""The last line of a turn without steps, which a quick one does not have."""


async def told(slack: Playground, gone: asyncio.Event) -> list[Thread]:
    """Ana and Ben at work in two channels, Ben in a direct message too; the threads in the end.
    `gone` says that the bot has been killed."""
    async with asyncio.TaskGroup() as people:
        ana = people.create_task(_ana(slack, gone))
        ben = people.create_task(_ben(slack, gone))
        direct = people.create_task(_direct(slack))
    return [ana.result(), ben.result(), direct.result()]


async def _ana(slack: Playground, gone: asyncio.Event) -> Thread:
    """Approves a tool, queues a message meanwhile, and answers a question in the thread."""
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "deploy the website to staging")
    await thread.until(lambda t: "Allow" in t.buttons(), PATIENCE)
    await ana.reply(thread, "ask me something")
    await ana.click(thread, "Allow", until_acked=True, within=PATIENCE)
    await thread.until(lambda t: "PostgreSQL" in t.buttons(), PATIENCE)
    await ana.reply(thread, "SQLite")
    await thread.until(_at_rest, PATIENCE)
    gone.set()
    return thread


async def _ben(slack: Playground, gone: asyncio.Event) -> Thread:
    """Writes a second message once the bot is dead, and again a mention elsewhere."""
    ben = slack.person("ben")
    thread = await ben.mention("#general", "think about it")
    await thread.until(lambda t: len(t.messages()) > 1, PATIENCE)
    await gone.wait()
    await ben.reply(thread, "echo Said while nobody listened.")
    await thread.until(lambda t: len(t.messages()) > 3 and _at_rest(t), PATIENCE)
    return thread


async def _direct(slack: Playground) -> Thread:
    """Ben reads a native stream."""
    thread = await slack.person("ben").message_bot(f"echo {essay(900)}")
    await thread.until(lambda t: len(t.messages()) > 1 and _at_rest(t), PATIENCE)
    return thread


def _at_rest(thread: Thread) -> bool:
    """Nothing to press, nothing under way, and the answer stands below the last post."""
    reactions = [name for message in thread.messages() for name in message.reactions]
    answered = _is_ours(thread, thread.messages()[-1].user)
    return answered and thread.status() == "active" and not thread.buttons() and not reactions


def _is_ours(thread: Thread, user: str) -> bool:
    return thread.slack.workspace.users[user].is_bot


def ending(slack: Playground, threads: list[Thread]) -> Ending:
    """The outlines with times masked, the whispers, and streams that are open still. Of a direct
    message only the words: a stream that was cut off ends as an edited message."""
    shown: Ending = {
        thread.messages()[0].text: _words(thread)
        if thread.channel.startswith("D")
        else _masked(thread.outline())
        for thread in threads
    }
    shown["open streams"] = len(slack.workspace.streams)
    shown["whispers"] = {person.name: person.whispers() for person in slack.people.values()}
    return shown


def _words(thread: Thread) -> list[str]:
    """The letters and digits of each message, without the line that tells how long it took."""
    said = (visible_text(message).split("\n") for message in thread.messages())
    kept = ("".join(x for x in lines if not x.startswith("Done in")) for lines in said)
    return [re.sub(r"[\W_]+", "", text) for text in kept]


def _masked(part: Any) -> Any:
    match part:
        case str():
            for pattern, instead in _TIMES:
                part = pattern.sub(instead, part)
            return part
        case list() | tuple():
            masked = [_masked(item) for item in part]
            return [item for item in masked if item != _NOTHING_BUT_TIME]
        case dict():
            return {key: _masked(value) for key, value in part.items()}
        case _:
            return part


def doubled(slack: Playground, threads: list[Thread]) -> list[str]:
    """Parts that two messages claim to be, and messages of ours that claim to be none."""
    ours = [m for t in threads for m in t.messages() if slack.workspace.users[m.user].is_bot]
    claims = Counter(str((m.metadata or {}).get("event_payload")) for m in ours)
    return [part for part, count in claims.items() if count > 1 or part == "None"]


def left_undone(database: Path) -> list[str]:
    """Inputs, posts and sessions the bot's database still holds as open."""
    questions = {
        "input": "SELECT key FROM inbox WHERE done_at IS NULL",
        "intent": "SELECT intent FROM messages WHERE ts IS NULL",
        "session": "SELECT id FROM sessions WHERE status <> 'idle'",
        "ask": "SELECT uid FROM asks WHERE status <> 'settled'",
    }
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return [
            f"{kind} {row[0]}"
            for kind, query in questions.items()
            for row in opened.execute(query).fetchall()
        ]
