"""The local Slack with a crowd: as many people, channels and direct messages as a scene needs."""

from __future__ import annotations

from typing import Literal

from bot.playground import Person, Playground, Thread
from bot.playground.model import Channel, User

Readers = Literal["one", "several"]


def crowd(slack: Playground, size: int) -> list[Person]:
    """So many more members of the workspace."""
    workspace = slack.workspace
    team = workspace.installs[0].team_id
    for at in range(size):
        user = f"U0CROWD{at:03}"
        workspace.users[user] = User(user, team, f"person{at}", f"Person {at}", "9f69e7")
    return [slack.person(f"person{at}") for at in range(size)]


def channels(slack: Playground, people: list[Person]) -> list[str]:
    """A channel for each of them, in which Ana and the app are, too."""
    workspace = slack.workspace
    install = workspace.installs[0]
    ana = slack.person("ana").id
    made: list[str] = []
    for at, person in enumerate(people):
        members = [person.id, ana, install.user_id]
        room = Channel(f"C0ROOM{at:04}", install.team_id, f"room{at}", "channel", members)
        workspace.channels[room.id] = room
        made.append(room.id)
    return made


async def begin(person: Person, channel: str | None, text: str) -> Thread:
    """A new thread: in a channel by a mention, without one in the direct message with the app."""
    if channel is None:
        return await person.message_bot(text)
    return await person.mention(channel, text)
