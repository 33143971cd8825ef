"""What an app does to channels: who is in them, what they are called, and what hangs there."""

from urllib.parse import urlsplit

from bot.playground import channels
from bot.playground.call import Answer, Call, done, fact, missing_scope
from bot.playground.channels import require_membership
from bot.playground.conversation_methods import channel_object
from bot.playground.model import Change, Channel, Json, SlackError
from bot.playground.workspace import redrawn_channel

MAX_INVITED = 100
MAX_BOOKMARKS = 100
_WRITE_SCOPES = {
    "channel": "channels:manage",
    "group": "groups:write",
    "im": "im:write",
    "mpim": "mpim:write",
}


def join(call: Call) -> Answer:
    """Public channels only. Joining twice is no error."""
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel"))
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.bot in channel.members:
        return fact(channel=channel_object(call, channel), warning="already_in_channel")
    change = channels.enter(call.workspace, call.bot, channel, call.now)
    return done(change, channel=channel_object(call, channel))


def leave(call: Call) -> Answer:
    """Leaving what one is not in is no error."""
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel"))
    require_membership(channel)
    _require_scope(call, channel.kind, "")
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.bot not in channel.members:
        return fact(not_in_channel=True)
    return done(channels.leave(call.workspace, call.bot, channel, call.now))


def create(call: Call) -> Answer:
    """A new channel with the app as its only member."""
    private = call.arguments.flag("is_private")
    _require_scope(call, "group" if private else "channel", "")
    name = call.arguments.need("name")
    channel, change = channels.create(call.workspace, call.bot, name, call.now, private=private)
    return done(change, channel=channel_object(call, channel))


def rename(call: Call) -> Answer:
    channel = _mine(call)
    require_membership(channel)
    _require_scope(call, channel.kind, "")
    name = call.arguments.need("name")
    change = channels.rename(call.workspace, call.bot, channel, name, call.now)
    return done(change, channel=channel_object(call, channel))


def invite(call: Call) -> Answer:
    """All of the people or nobody; with `force`, those who can be invited."""
    channel = _mine(call)
    require_membership(channel)
    _require_scope(call, channel.kind, "invites")
    users = [user for user in call.arguments.need("users").split(",") if user]
    if not users:
        raise SlackError("no_user")
    if len(users) > MAX_INVITED:
        raise SlackError("too_many_users")
    problems = {user: code for user in users if (code := _uninvitable(call, channel, user))}
    welcome = [user for user in dict.fromkeys(users) if user not in problems]
    if problems and not (call.arguments.flag("force") and welcome):
        raise SlackError(next(iter(problems.values())))
    change = Change()
    for user in welcome:
        change += channels.join(call.workspace, user, channel.id, call.bot, call.now)
    errors = [{"user": user, "ok": False, "error": code} for user, code in problems.items()]
    extra = {"errors": errors} if errors else {}
    return done(change, channel=channel_object(call, channel), **extra)


def _uninvitable(call: Call, channel: Channel, user: str) -> str | None:
    """Slack's code for somebody who cannot be invited."""
    if user == call.bot:
        return "cant_invite_self"
    if not call.workspace.is_of(user, channel.team_id):
        return "user_not_found"
    return "already_in_channel" if user in channel.members else None


def archive(call: Call) -> Answer:
    channel = _to_archive(call)
    if channel.name == "general":
        raise SlackError("cant_archive_general")
    return done(channels.archive(call.workspace, call.bot, channel, call.now))


def unarchive(call: Call) -> Answer:
    channel = _to_archive(call)
    return done(channels.archive(call.workspace, call.bot, channel, call.now, archived=False))


def _to_archive(call: Call) -> Channel:
    channel = call.workspace.channel_joined_by(call.bot, call.arguments.need("channel"))
    require_membership(channel)
    _require_scope(call, channel.kind, "")
    return channel


def set_topic(call: Call) -> Answer:
    channel = _mine(call)
    _require_scope(call, channel.kind, "topic")
    topic = call.arguments.need("topic")
    change = channels.set_topic(call.workspace, call.bot, channel, topic, call.now)
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
    return done(channels.pin(call.workspace, call.bot, _mine(call), _pinned(call), call.now))


def remove_pin(call: Call) -> Answer:
    return done(channels.unpin(call.workspace, call.bot, _mine(call), _pinned(call), call.now))


def list_pins(call: Call) -> Answer:
    """What is pinned, the newest pin first."""
    channel = call.workspace.channel_joined_by(call.bot, call.arguments.need("channel"))
    posted = call.workspace.messages.get(channel.id, {})
    items: list[Json] = [
        {
            "type": "message",
            "channel": channel.id,
            "message": call.workspace.shown(posted[ts], metadata=False),
        }
        for ts in reversed(channel.pins)
        if ts in posted
    ]
    return fact(items=items)


def _pinned(call: Call) -> str:
    ts = call.arguments.text("timestamp")
    if ts is None:
        raise SlackError("no_item_specified")
    return ts


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
