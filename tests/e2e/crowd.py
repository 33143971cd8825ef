"""A channel in which much was said before anybody looked."""

from __future__ import annotations

from bot.playground import Playground
from bot.playground.model import Message, as_ts


def fill(slack: Playground, channel_id: str, count: int, thread_ts: str | None = None) -> list[str]:
    """Put messages "number 0" on into a channel or thread, without telling any app: their ts."""
    people = [person.id for person in slack.people.values()]
    channel = slack.workspace.channels[channel_id]
    first = max(channel.last_us + 1, int((slack.clock() - count) * 1_000_000))
    sent: list[str] = []
    for number in range(count):
        channel.last_us = first + number * 1_000_000
        ts = as_ts(channel.last_us)
        author = people[number // 3 % len(people)]
        text = f"number {number}"
        slack.workspace.insert(Message(channel_id, ts, author, text, thread_ts=thread_ts))
        sent.append(ts)
    return sent
