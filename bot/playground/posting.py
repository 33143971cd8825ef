"""Messages: written, changed, deleted and reacted to by people and apps.

Each function does what somebody does or raises `SlackError`, and returns what it changed.
"""

import re

from bot.playground import events
from bot.playground.emoji import is_emoji
from bot.playground.model import SLACKBOT, Change, Channel, Event, Json, Message, SlackError
from bot.playground.workspace import Workspace

TEXT_LIMIT = 40_000
# Different emoji on one message, and those of one person.
MAX_EMOJI = 50
MAX_REACTIONS = 23


def post(
    workspace: Workspace,
    author: str,
    channel_id: str,
    text: str,
    now: float,
    *,
    thread_ts: str | None = None,
    blocks: list[Json] | None = None,
    metadata: Json | None = None,
    broadcast: bool = False,
    streaming: bool = False,
    files: list[str] | None = None,
    look: Json | None = None,
    anywhere: bool = False,
) -> Change:
    """Write a message. Text above 40,000 characters is cut, as Slack does; `look` is a name and
    icon of its own; `anywhere` lets it write where the app is no member. With `broadcast` a reply
    stands in the channel as well."""
    channel = writable(workspace, author, channel_id, anywhere)
    if not (text.strip() or blocks or files or streaming):
        raise SlackError("no_text")
    if thread_ts is not None:
        workspace.require_root(channel_id, thread_ts)
    message = signed(workspace, author, channel, text[:TEXT_LIMIT], workspace.tick(channel, now))
    message.streaming_state = "in_progress" if streaming else None
    message.thread_ts = thread_ts
    message.blocks = workspace.with_ids(blocks)
    message.metadata, message.details = metadata or None, look
    if files:
        message.subtype, message.files = "file_share", files
    # Which subtype Slack gives a reply with files is not documented; the place decides here.
    if broadcast and thread_ts is not None:
        message.subtype = "thread_broadcast"
    workspace.insert(message)
    redraw: list[Json] = [{"type": "message", "message": workspace.shown(message)}]
    if thread_ts is not None:
        redraw.append(redrawn(workspace, workspace.messages[channel_id][thread_ts]))
    return Change(_told(workspace, channel, message), tuple(redraw), message)


def edit(
    workspace: Workspace,
    author: str,
    channel_id: str,
    ts: str,
    now: float,
    *,
    text: str | None = None,
    blocks: list[Json] | None = None,
    metadata: Json | None = None,
    broadcast: bool = False,
) -> Change:
    """Change one's own message. None keeps a part, `[]` or `{}` removes it; `broadcast` puts a
    reply into the channel as well.

    Only a change of text marks it "(edited)" (chat.update). What was streamed is replaced
    whole: its tasks and blocks are gone.
    """
    channel = workspace.channel_seen_by(author, channel_id)
    message = workspace.message(channel_id, ts)
    if message.user != author or message.is_note:
        raise SlackError("cant_update_message")
    if message.streaming_state == "in_progress":
        raise SlackError("streaming_state_conflict")
    if channel.is_archived:
        raise SlackError("is_inactive")
    if broadcast and not message.is_reply:
        raise SlackError("cant_broadcast_message")
    new_text = message.text if text is None else text
    was_streamed = message.streaming_state is not None
    kept = None if was_streamed else message.blocks
    new_blocks = kept if blocks is None else workspace.with_ids(blocks)
    if not new_text.strip() and not new_blocks:
        raise SlackError("no_text")
    previous = workspace.shown(message)
    if new_text != message.text or was_streamed:
        message.edited = {"user": author, "ts": workspace.tick(channel, now)}
    message.text, message.blocks, message.streaming_state = new_text, new_blocks, None
    if metadata is not None:
        message.metadata = metadata or None
    if broadcast:
        message.subtype = "thread_broadcast"
    return changed(workspace, channel, message, previous, now)


def delete(
    workspace: Workspace,
    author: str,
    channel_id: str,
    ts: str,
    now: float,
    *,
    any_authors: bool = False,
) -> Change:
    """Remove one's own message, or as an administrator `any_authors`; a root with replies
    leaves a tombstone in its place."""
    channel = (
        workspace.channels[channel_id]
        if any_authors
        else workspace.channel_seen_by(author, channel_id)
    )
    message = workspace.message(channel_id, ts)
    is_open = message.streaming_state == "in_progress"
    if not any_authors and (message.user != author or is_open or message.is_note):
        raise SlackError("cant_delete_message")
    previous = workspace.shown(message)
    if workspace.has_replies(channel_id, ts):
        message.subtype, message.user = "tombstone", SLACKBOT
        message.text, message.bot_id, message.app_id = "This message was deleted.", None, None
        message.blocks = message.metadata = message.edited = None
        message.reactions.clear()
        return changed(workspace, channel, message, previous, now)
    workspace.remove(message)
    workspace.deleted.add((channel_id, ts))
    redraw: list[Json] = [{"type": "message_deleted", "channel": channel_id, "ts": ts}]
    if message.is_reply and message.thread_ts is not None:
        redraw.append(redrawn(workspace, workspace.messages[channel_id][message.thread_ts]))
    event = events.message_deleted(channel, workspace.tick(channel, now), previous)
    return Change(workspace.heard(channel, event), tuple(redraw))


def note(
    workspace: Workspace,
    user_id: str,
    channel: Channel,
    subtype: str,
    text: str,
    now: float,
    details: Json | None = None,
) -> Change:
    """What Slack itself writes into a channel about what somebody did there, in their name."""
    message = Message(channel.id, workspace.tick(channel, now), user_id, f"<@{user_id}> {text}")
    message.subtype, message.details = subtype, details
    workspace.insert(message)
    shown = workspace.shown(message)
    event = events.message_posted(channel, shown, None)
    return Change(workspace.heard(channel, event), ({"type": "message", "message": shown},))


def react(
    workspace: Workspace, user_id: str, channel_id: str, ts: str, name: str, now: float
) -> Change:
    channel = workspace.channel_open_to(user_id, channel_id)
    message = workspace.message(channel_id, ts)
    if not is_emoji(name, workspace.custom_emoji):
        raise SlackError("invalid_name")
    if user_id in message.reactions.get(name, ()):
        raise SlackError("already_reacted")
    if name not in message.reactions and len(message.reactions) >= MAX_EMOJI:
        raise SlackError("too_many_emoji")
    if sum(user_id in users for users in message.reactions.values()) >= MAX_REACTIONS:
        raise SlackError("too_many_reactions")
    message.reactions.setdefault(name, []).append(user_id)
    return _reacted(workspace, "reaction_added", channel, message, user_id, name, now)


def unreact(
    workspace: Workspace, user_id: str, channel_id: str, ts: str, name: str, now: float
) -> Change:
    channel = workspace.channel_open_to(user_id, channel_id)
    message = workspace.message(channel_id, ts)
    if user_id not in message.reactions.get(name, ()):
        raise SlackError("no_reaction")
    message.reactions[name].remove(user_id)
    if not message.reactions[name]:
        del message.reactions[name]
    return _reacted(workspace, "reaction_removed", channel, message, user_id, name, now)


def changed(
    workspace: Workspace, channel: Channel, message: Message, previous: Json, now: float
) -> Change:
    ts = workspace.tick(channel, now)
    event = events.message_changed(channel, ts, workspace.shown(message), previous)
    return Change(workspace.heard(channel, event), (redrawn(workspace, message),), message)


def signed(workspace: Workspace, author: str, channel: Channel, text: str, ts: str) -> Message:
    """A message of this author, as that of an app if they are one."""
    message = Message(channel.id, ts, author, text)
    if workspace.user(author).is_bot:
        install = workspace.install_as(author)
        message.bot_id, message.app_id = install.bot_id, install.app_id
    return message


def _told(workspace: Workspace, channel: Channel, message: Message) -> tuple[Event, ...]:
    """The events of a new message: its mention in a channel an app is told twice."""
    author = next((i for i in workspace.installs if i.bot_id == message.bot_id), None)
    posted = events.message_posted(channel, workspace.shown(message), author)
    told: list[Event] = []
    for install in workspace.installed_in(channel):
        mention = re.search(rf"<@{install.user_id}(\|[^>]*)?>", message.text)
        if channel.kind != "im" and message.user != install.user_id and mention is not None:
            told.append(Event(install.app_id, install.team_id, events.app_mention(posted)))
        told.append(Event(install.app_id, install.team_id, posted))
    return tuple(told)


def redrawn(workspace: Workspace, message: Message) -> Json:
    return {"type": "message_changed", "message": workspace.shown(message)}


def _reacted(
    workspace: Workspace,
    kind: str,
    channel: Channel,
    message: Message,
    user: str,
    name: str,
    now: float,
) -> Change:
    event = events.reaction(kind, message, user, name, workspace.tick(channel, now))
    return Change(workspace.heard(channel, event), (redrawn(workspace, message),), message)


def writable(workspace: Workspace, author: str, channel_id: str, anywhere: bool) -> Channel:
    """The channel, if this author may write there; `anywhere` does not ask for membership."""
    if not anywhere:
        return workspace.channel_open_to(author, channel_id)
    if workspace.channels[channel_id].is_archived:
        raise SlackError("is_archived")
    return workspace.channels[channel_id]
