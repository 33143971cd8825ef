"""What an app does to channels: join, create, invite, archive, topic, bookmarks, pins."""

import re
from urllib.parse import urlsplit

from bot.playground.call import Answer, Call, done, fact, missing_scope
from bot.playground.conversation_methods import channel_object
from bot.playground.model import Change, Channel, Json, SlackError
from bot.playground.workspace import redrawn_channel

NAME_LENGTH = 80
TOPIC_LENGTH = 250
MAX_INVITED = 100
MAX_PINS = MAX_BOOKMARKS = 100
_WRITE_SCOPES = {"channel": "channels:manage", "group": "groups:write", "im": "im:write"}


def join(call: Call) -> Answer:
    """Public channels only. Joining twice is no error."""
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel"))
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.bot in channel.members:
        return fact(channel=channel_object(call, channel), warning="already_in_channel")
    change = call.workspace.enter(call.bot, channel, call.now)
    return done(change, channel=channel_object(call, channel))


def create(call: Call) -> Answer:
    """A new channel with the app as its only member."""
    name, private = call.arguments.need("name"), call.arguments.flag("is_private")
    _require_scope(call, "group" if private else "channel", "")
    _require_name(name)
    team = call.install.team_id
    if any(c.name == name and c.team_id == team for c in call.workspace.channels.values()):
        raise SlackError("name_taken")
    letter, kind = ("G", "group") if private else ("C", "channel")
    channel = Channel(call.workspace.new_id(letter), team, name, kind, [call.bot])
    call.workspace.channels[channel.id] = channel
    return done(Change(redraw=(redrawn_channel(channel),)), channel=channel_object(call, channel))


def invite(call: Call) -> Answer:
    """All of the people or nobody."""
    channel = _mine(call)
    _require_scope(call, channel.kind, "invites")
    users = [user for user in call.arguments.need("users").split(",") if user]
    if not users:
        raise SlackError("no_user")
    if len(users) > MAX_INVITED:
        raise SlackError("too_many_users")
    for user in users:
        if user == call.bot:
            raise SlackError("cant_invite_self")
        if call.workspace.user(user).id in channel.members:
            raise SlackError("already_in_channel")
    change = Change()
    for user in users:
        change += call.workspace.join(user, channel.id, call.bot, call.now)
    return done(change, channel=channel_object(call, channel))


def archive(call: Call) -> Answer:
    channel = call.workspace.channel_joined_by(call.bot, call.arguments.need("channel"))
    if channel.kind == "im":
        raise SlackError("method_not_supported_for_channel_type")
    _require_scope(call, channel.kind, "")
    if channel.is_archived:
        raise SlackError("already_archived")
    if channel.name == "general":
        raise SlackError("cant_archive_general")
    channel.is_archived = True
    return done(Change(redraw=(redrawn_channel(channel),)))


def set_topic(call: Call) -> Answer:
    channel = _mine(call)
    _require_scope(call, channel.kind, "topic")
    topic = call.arguments.need("topic")
    if len(topic) > TOPIC_LENGTH:
        raise SlackError("too_long")
    channel.topic = topic
    change = Change(redraw=(redrawn_channel(channel),))
    return done(change, channel=channel_object(call, channel))


def add_bookmark(call: Call) -> Answer:
    """A link under the channel's name."""
    arguments = call.arguments
    channel = call.workspace.channel_joined_by(call.bot, arguments.need("channel_id"))
    if arguments.need("type") != "link":
        raise SlackError("invalid_bookmark_type")
    parts = urlsplit(arguments.text("link") or "")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SlackError("invalid_link")
    if len(channel.bookmarks) >= MAX_BOOKMARKS:
        raise SlackError("too_many_bookmarks")
    bookmark: Json = {
        "id": call.workspace.new_id("Bk"),
        "channel_id": channel.id,
        "type": "link",
        "title": arguments.need("title"),
        "link": arguments.text("link"),
        "emoji": arguments.text("emoji"),
        "date_created": int(call.now),
        "last_updated_by_user_id": call.bot,
        "app_id": call.install.app_id,
    }
    channel.bookmarks = [*channel.bookmarks, bookmark]
    return done(Change(redraw=(redrawn_channel(channel),)), bookmark=bookmark)


def add_pin(call: Call) -> Answer:
    channel = _mine(call)
    ts = call.arguments.text("timestamp")
    if ts is None:
        raise SlackError("no_item_specified")
    message = call.workspace.message(channel.id, ts)
    if message.ts in channel.pins:
        raise SlackError("already_pinned")
    if len(channel.pins) >= MAX_PINS:
        raise SlackError("too_many_pins")
    channel.pins = [*channel.pins, message.ts]
    return done(Change(redraw=(redrawn_channel(channel),)))


def code_channels(call: Call) -> Answer:
    """agents.conversations.*: early access, which an ordinary workspace has not."""
    raise SlackError("feature_disabled")


def _mine(call: Call) -> Channel:
    """The channel of a call, if the app may change it."""
    return call.workspace.channel_open_to(call.bot, call.arguments.need("channel"))


def _require_scope(call: Call, kind: str, narrow: str) -> None:
    """The scope to change this kind of channel, or the `narrow` one for only this."""
    wide = _WRITE_SCOPES[kind]
    enough = {wide, f"{wide.partition(':')[0]}:write.{narrow}"}
    if not enough & set(call.install.scopes):
        raise missing_scope(wide, call.install)


def _require_name(name: str) -> None:
    if not name.strip():
        raise SlackError("invalid_name_required")
    if len(name) > NAME_LENGTH:
        raise SlackError("invalid_name_maxlength")
    if not re.search(r"\w", name):
        raise SlackError("invalid_name_punctuation")
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise SlackError("invalid_name_specials")
