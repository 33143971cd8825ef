"""conversations.*, users.*, and the facts about team and bots."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.playground.call import Answer, Call, done, fact, missing_scope
from bot.playground.channels import direct, open_im, open_mpim
from bot.playground.model import Channel, Json, Message, SlackError, User, microseconds

Item = TypeVar("Item")

_KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
_VERY_LATE = 10**18


def info(call: Call) -> Answer:
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel"))
    call.need_scope(channel, "read")
    body = channel_object(call, channel)
    if call.arguments.flag("include_num_members"):
        body["num_members"] = len(channel.members)
    return fact(channel=body)


def members(call: Call) -> Answer:
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel"))
    call.need_scope(channel, "read")
    page, cursor = _page(call, channel.members, 100)
    return fact(members=page, response_metadata={"next_cursor": cursor})


def history(call: Call) -> Answer:
    """The channel's own messages, newest first; replies are not among them."""
    channel = call.workspace.channel_joined_by(call.bot, call.arguments.need("channel"))
    call.need_scope(channel, "history")
    wanted = _range(call)
    messages = [m for m in reversed(call.workspace.timeline(channel.id)) if wanted(m)]
    page, cursor = _page(call, messages, 100)
    return _messages(call, page, cursor)


def replies(call: Call) -> Answer:
    """A thread, oldest first. Every page begins with the root, whatever the range."""
    channel = call.workspace.channel_joined_by(call.bot, call.arguments.need("channel"))
    call.need_scope(channel, "history")
    thread = call.workspace.thread(channel.id, call.arguments.need("ts"))
    if not thread:
        raise SlackError("thread_not_found")
    wanted = _range(call)
    page, cursor = _page(call, [m for m in thread[1:] if wanted(m)], 1000, most=1000)
    return _messages(call, [thread[0], *page], cursor)


def open_(call: Call) -> Answer:
    arguments = call.arguments
    given = arguments.text("channel")
    if given is not None:
        return fact(channel={"id": call.workspace.channel_seen_by(call.bot, given).id})
    users = [user for user in (arguments.text("users") or "").split(",") if user]
    if not users:
        raise SlackError("users_list_not_supplied")
    kind = "im" if len(users) == 1 else "mpim"
    if f"{kind}:write" not in call.install.scopes:
        raise missing_scope(f"{kind}:write", call.install)
    people = [call.user(user).id for user in users]
    existing = direct(call.workspace, kind, [call.bot, *people])
    if existing is None and arguments.flag("prevent_creation"):
        raise SlackError("channel_not_found")
    opening = (call.workspace, call.bot)
    channel, change = open_im(*opening, people[0]) if kind == "im" else open_mpim(*opening, people)
    full = channel_object(call, channel)
    body = full if arguments.flag("return_im") else {"id": channel.id}
    return done(change, channel=body, already_open=not change.redraw)


def list_channels(call: Call) -> Answer:
    return _channels(call, lambda channel: channel.kind == "channel", call.bot)


def users_conversations(call: Call) -> Answer:
    user = call.user(call.arguments.text("user") or call.bot)
    return _channels(call, lambda channel: user.id in channel.members, user.id)


def _channels(call: Call, also: Callable[[Channel], bool], member: str) -> Answer:
    kinds = (call.arguments.text("types") or "public_channel").replace(" ", "").split(",")
    if any(kind not in _KINDS for kind in kinds):
        raise SlackError("invalid_types")
    wanted = {_KINDS[kind] for kind in kinds}
    channels = [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in wanted
        and channel.team_id == call.install.team_id
        and (also(channel) or member in channel.members)
        and (channel.kind == "channel" or call.bot in channel.members)
        and not (channel.is_archived and call.arguments.flag("exclude_archived"))
    ]
    for channel in channels:
        call.need_scope(channel, "read")
    page, cursor = _page(call, channels, 100)
    bodies = [channel_object(call, channel) for channel in page]
    return fact(channels=bodies, response_metadata={"next_cursor": cursor})


def user_info(call: Call) -> Answer:
    return fact(user=user_object(call, call.user(call.arguments.need("user"))))


def list_users(call: Call) -> Answer:
    team = call.install.team_id
    users = [user for user in call.workspace.users.values() if user.team_id == team]
    page, cursor = _page(call, users, 100)
    bodies = [user_object(call, user) for user in page]
    return fact(members=bodies, response_metadata={"next_cursor": cursor})


def auth_test(call: Call) -> Answer:
    team = call.workspace.teams[call.install.team_id]
    return fact(
        url=f"https://{team.domain}.slack.com/",
        team=team.name,
        user=call.workspace.users[call.bot].name,
        team_id=team.id,
        user_id=call.bot,
        bot_id=call.install.bot_id,
        is_enterprise_install=False,
    )


def team_info(call: Call) -> Answer:
    team = call.workspace.teams.get(call.arguments.text("team") or call.install.team_id)
    if team is None or team.id != call.install.team_id:
        raise SlackError("team_not_found")
    return fact(team={"id": team.id, "name": team.name, "domain": team.domain, "icon": {}})


def bot_info(call: Call) -> Answer:
    wanted = call.arguments.text("bot") or call.install.bot_id
    for install in call.workspace.installs:
        if (install.bot_id, install.team_id) == (wanted, call.install.team_id):
            bot: Json = {
                "id": install.bot_id,
                "deleted": not install.is_active,
                "name": install.name,
                "updated": 0,
                "app_id": install.app_id,
                "user_id": install.user_id,
                "icons": {},
            }
            return fact(bot=bot)
    raise SlackError("bot_not_found")


def channel_object(call: Call, channel: Channel) -> Json:
    body: Json = {
        "id": channel.id,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind in ("group", "mpim"),
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_ext_shared": False,
        "context_team_id": channel.team_id,
    }
    if channel.kind == "im":
        others = [user for user in channel.members if user != call.bot]
        return body | {"user": others[0] if others else call.bot, "is_open": True}
    return body | {
        "name": channel.name,
        "name_normalized": channel.name,
        "creator": channel.creator,
        "is_general": channel.name == "general",
        "is_member": call.bot in channel.members,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def email_of(user: User) -> str:
    """Everybody has an address, at a name that can never be mailed to."""
    return f"{user.name}@playground.test"


def user_object(call: Call, user: User) -> Json:
    profile = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "team": user.team_id,
    }
    if "users:read.email" in call.install.scopes and not user.is_bot:
        profile["email"] = email_of(user)
    if user.is_bot:
        install = call.workspace.install_as(user.id)
        profile |= {"bot_id": install.bot_id, "api_app_id": install.app_id}
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "color": user.color,
        "real_name": user.real_name,
        "tz": user.tz,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": False,
        "is_stranger": user.is_stranger,
        "is_bot": user.is_bot,
        "is_app_user": False,
    }


def _messages(call: Call, page: Sequence[Message], cursor: str) -> Answer:
    metadata = call.arguments.flag("include_all_metadata")
    bodies = [call.workspace.shown(m, metadata=metadata) for m in page]
    for body in bodies:
        del body["channel"]
    extra = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    return fact(messages=bodies, has_more=bool(cursor), **extra)


def _range(call: Call) -> Callable[[Message], bool]:
    """Whether a message stands between `oldest` and `latest`; the ends count if `inclusive`."""
    oldest = _edge(call, "oldest", 0)
    latest = _edge(call, "latest", _VERY_LATE)
    edge = 0 if call.arguments.flag("inclusive") else 1

    def wanted(message: Message) -> bool:
        return oldest + edge <= microseconds(message.ts) <= latest - edge

    return wanted


def _edge(call: Call, name: str, default: int) -> int:
    given = call.arguments.text(name)
    if not given:
        return default
    try:
        return microseconds(given)
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _page(
    call: Call, items: Sequence[Item], default: int, most: int = 999
) -> tuple[list[Item], str]:
    """One page and the cursor of the next: empty at the end. Cursors name an offset."""
    limit = call.arguments.whole("limit", default, 0, most, "invalid_limit") or default
    cursor = call.arguments.text("cursor") or "at:0"
    offset = cursor.removeprefix("at:")
    if not cursor.startswith("at:") or not offset.isdecimal():
        raise SlackError("invalid_cursor")
    end = int(offset) + limit
    return list(items[int(offset) : end]), f"at:{end}" if end < len(items) else ""
