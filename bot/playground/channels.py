"""Channels and direct messages: made, entered, left, named, archived and pinned to."""

import re
from collections.abc import Sequence

from bot.playground import channel_events, posting
from bot.playground.model import Change, Channel, ChannelKind, Event, Json, SlackError
from bot.playground.workspace import Workspace, redrawn_channel

NAME_LENGTH = 80
TOPIC_LENGTH = 250
MAX_PINS = 100
# Of a group direct message, besides who opens it.
MAX_OTHERS = 8


def open_im(workspace: Workspace, user_id: str, other_id: str) -> tuple[Channel, Change]:
    """The direct message of two users, made on demand."""
    return _open(workspace, "im", "", [user_id, other_id])


def open_mpim(workspace: Workspace, user_id: str, others: Sequence[str]) -> tuple[Channel, Change]:
    """The group direct message of these users, made on demand."""
    members = list(dict.fromkeys((user_id, *others)))
    if len(members) - 1 > MAX_OTHERS:
        raise SlackError("too_many_users")
    names = sorted(workspace.user(member).name for member in members)
    return _open(workspace, "mpim", f"mpdm-{'--'.join(names)}-1", members)


def direct(workspace: Workspace, kind: ChannelKind, members: Sequence[str]) -> Channel | None:
    """The direct message of exactly these users, if there is one."""
    wanted = set(members)
    for channel in workspace.channels.values():
        if channel.kind == kind and set(channel.members) == wanted:
            return channel
    return None


def _open(
    workspace: Workspace, kind: ChannelKind, name: str, members: list[str]
) -> tuple[Channel, Change]:
    team = workspace.user(members[0]).team_id
    if not all(workspace.is_of(member, team) for member in members):
        raise SlackError("user_not_found")
    found = direct(workspace, kind, members)
    if found is not None:
        return found, Change()
    letter = "D" if kind == "im" else "G"
    made = Channel(workspace.new_id(letter), team, name, kind, members)
    workspace.channels[made.id] = made
    return made, Change(redraw=(redrawn_channel(made),))


def create(
    workspace: Workspace, creator: str, name: str, now: float, *, private: bool = False
) -> tuple[Channel, Change]:
    """A new channel with who made it as its only member."""
    team = workspace.user(creator).team_id
    require_name(workspace, team, name)
    letter, kind = ("G", "group") if private else ("C", "channel")
    channel = Channel(workspace.new_id(letter), team, name, kind, [creator])
    channel.created, channel.creator = int(now), creator
    workspace.channels[channel.id] = channel
    change = Change(redraw=(redrawn_channel(channel),))
    if private:
        return channel, change
    event = channel_events.created(channel, workspace.tick(channel, now))
    return channel, change + Change(announced(workspace, channel, event))


def require_name(workspace: Workspace, team_id: str, name: str) -> None:
    """Raise Slack's error for a name that a channel cannot have."""
    if not name.strip():
        raise SlackError("invalid_name_required")
    if len(name) > NAME_LENGTH:
        raise SlackError("invalid_name_maxlength")
    if not re.search(r"\w", name):
        raise SlackError("invalid_name_punctuation")
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise SlackError("invalid_name_specials")
    if any((c.team_id, c.name) == (team_id, name) for c in workspace.channels.values()):
        raise SlackError("name_taken")


def join(workspace: Workspace, user_id: str, channel_id: str, inviter: str, now: float) -> Change:
    """Bring a user into a channel, as an invitation does."""
    channel = workspace.channel_open_to(inviter, channel_id)
    require_membership(channel)
    if not workspace.is_of(user_id, channel.team_id):
        raise SlackError("user_not_found")
    if user_id in channel.members:
        raise SlackError("already_in_channel")
    return enter(workspace, user_id, channel, now, inviter)


def enter(
    workspace: Workspace, user_id: str, channel: Channel, now: float, inviter: str = ""
) -> Change:
    """Make somebody a member, by an invitation or by their own will."""
    channel.members.append(user_id)
    details = {"inviter": inviter} if inviter else None
    said = posting.note(
        workspace, user_id, channel, "channel_join", "has joined the channel", now, details
    )
    event = channel_events.member_joined(channel, user_id, inviter, workspace.tick(channel, now))
    return said + Change(workspace.heard(channel, event), (redrawn_channel(channel),))


def leave(workspace: Workspace, user_id: str, channel: Channel, now: float) -> Change:
    """Somebody goes. An app that goes itself is told that it has left."""
    require_membership(channel)
    if channel.name == "general":
        raise SlackError("cant_leave_general")
    said = posting.note(workspace, user_id, channel, "channel_leave", "has left the channel", now)
    return said + put_out(workspace, user_id, channel, user_id, now)


def put_out(workspace: Workspace, user_id: str, channel: Channel, actor: str, now: float) -> Change:
    """Somebody is no longer a member, by their own will or another's (`actor`)."""
    channel.members.remove(user_id)
    ts = workspace.tick(channel, now)
    told = workspace.heard(channel, channel_events.member_left(channel, user_id, ts))
    if workspace.user(user_id).is_bot:
        install = workspace.install_as(user_id)
        event = channel_events.app_left(channel, actor, ts)
        told = (*told, Event(install.app_id, install.team_id, event))
    return Change(told, (redrawn_channel(channel),))


def archive(
    workspace: Workspace, user_id: str, channel: Channel, now: float, *, archived: bool = True
) -> Change:
    """Archive a channel or, with `archived` false, bring it back."""
    if channel.is_archived == archived:
        raise SlackError("already_archived" if archived else "not_archived")
    channel.is_archived = archived
    word = "archive" if archived else "unarchive"
    said = posting.note(workspace, user_id, channel, f"channel_{word}", f"{word}d the channel", now)
    event = channel_events.archived(channel, user_id, workspace.tick(channel, now))
    return said + Change(announced(workspace, channel, event), (redrawn_channel(channel),))


def rename(workspace: Workspace, user_id: str, channel: Channel, name: str, now: float) -> Change:
    require_name(workspace, channel.team_id, name)
    details = {"old_name": channel.name, "name": name}
    text = f'has renamed the channel from "{channel.name}" to "{name}"'
    channel.name = name
    said = posting.note(workspace, user_id, channel, "channel_name", text, now, details)
    event = channel_events.renamed(channel, workspace.tick(channel, now))
    return said + Change(announced(workspace, channel, event), (redrawn_channel(channel),))


def set_topic(
    workspace: Workspace, user_id: str, channel: Channel, topic: str, now: float
) -> Change:
    if len(topic) > TOPIC_LENGTH:
        raise SlackError("too_long")
    channel.topic = topic
    text = f"set the channel topic: {topic}" if topic else "cleared the channel topic"
    said = posting.note(workspace, user_id, channel, "channel_topic", text, now, {"topic": topic})
    return said + Change(redraw=(redrawn_channel(channel),))


def pin(workspace: Workspace, user_id: str, channel: Channel, ts: str, now: float) -> Change:
    message = workspace.message(channel.id, ts)
    if ts in channel.pins:
        raise SlackError("already_pinned")
    if len(channel.pins) >= MAX_PINS:
        raise SlackError("too_many_pins")
    channel.pins = [*channel.pins, ts]
    return _pinned(workspace, "pin_added", user_id, channel, workspace.shown(message), now)


def unpin(workspace: Workspace, user_id: str, channel: Channel, ts: str, now: float) -> Change:
    message = workspace.message(channel.id, ts)
    if ts not in channel.pins:
        raise SlackError("no_pin")
    channel.pins = [pinned for pinned in channel.pins if pinned != ts]
    return _pinned(workspace, "pin_removed", user_id, channel, workspace.shown(message), now)


def _pinned(
    workspace: Workspace, kind: str, user_id: str, channel: Channel, message: Json, now: float
) -> Change:
    ts = workspace.tick(channel, now)
    event = channel_events.pinned(kind, channel, message, user_id, ts)
    return Change(workspace.heard(channel, event), (redrawn_channel(channel),))


def announced(workspace: Workspace, channel: Channel, event: Json) -> tuple[Event, ...]:
    """What becomes of a public channel, every app of the team is told, member or not."""
    if channel.kind != "channel":
        return workspace.heard(channel, event)
    return tuple(
        Event(install.app_id, install.team_id, event)
        for install in workspace.installs_in(channel.team_id)
    )


def require_membership(channel: Channel) -> None:
    """Refuse direct messages: they are nothing to join, to leave or to name."""
    if channel.kind in ("im", "mpim"):
        raise SlackError("method_not_supported_for_channel_type")
