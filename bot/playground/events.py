"""The inner events of the Events API as functions of what happened. Field names are Slack's."""

from collections.abc import Sequence

from bot.playground.model import App, Channel, Install, Json, Message, Session


def message_posted(channel: Channel, shown: Json, author: Install | None) -> Json:
    """`message` without subtype; what an app posts, `author`, carries its bot_id."""
    event = shown | {"event_ts": shown["ts"], "channel_type": channel.kind}
    if author is not None:
        event["bot_profile"] = {
            "id": author.bot_id,
            "app_id": author.app_id,
            "name": author.name,
            "team_id": author.team_id,
            "deleted": False,
        }
    return event


def app_mention(posted: Json) -> Json:
    """The second event of a post that names the app: same channel and ts, no channel_type."""
    return {k: v for k, v in posted.items() if k != "channel_type"} | {"type": "app_mention"}


def tokens_revoked(people: Sequence[str], bots: Sequence[str], ts: str) -> Json:
    """Whose tokens are good no more, by user."""
    tokens = {"oauth": [*people], "bot": [*bots]}
    return {"type": "tokens_revoked", "tokens": tokens, "event_ts": ts}


def app_uninstalled(ts: str) -> Json:
    return {"type": "app_uninstalled", "event_ts": ts}


_KINDS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def subscription(event: Json) -> str:
    """The name under which an app subscribes to an event: that of messages is of their channel."""
    kind: str = event["type"]
    return f"message.{_KINDS[event['channel_type']]}" if kind == "message" else kind


# The scope an event needs, if it needs any; of what happens in channels that of their kind.
_SCOPES = {
    "agent_session_stopped": ("chat:write",),
    "agent_session_title_changed": ("chat:write",),
    "app_mention": ("app_mentions:read",),
    **{
        f"channel_{word}": ("channels:read",)
        for word in ("archive", "created", "left", "rename", "unarchive")
    },
    "file_shared": ("files:read",),
    **{f"group_{word}": ("groups:read",) for word in ("archive", "left", "rename", "unarchive")},
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "pin_added": ("pins:read",),
    "pin_removed": ("pins:read",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
}


def is_for(app: App, install: Install, event: Json) -> bool:
    """Whether an app is told of an event: it subscribed to it, and was granted a scope for it."""
    name = subscription(event)
    needed = _SCOPES.get(name, ())
    granted = not needed or any(scope in install.scopes for scope in needed)
    return granted and (app.subscribed is None or name in app.subscribed)


def message_changed(channel: Channel, ts: str, message: Json, previous: Json) -> Json:
    hidden = _hidden(channel, "message_changed", ts)
    return hidden | {"message": message, "previous_message": previous}


def message_deleted(channel: Channel, ts: str, previous: Json) -> Json:
    hidden = _hidden(channel, "message_deleted", ts)
    return hidden | {"deleted_ts": previous["ts"], "previous_message": previous}


def _hidden(channel: Channel, subtype: str, ts: str) -> Json:
    return {
        "type": "message",
        "subtype": subtype,
        "hidden": True,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": ts,
        "event_ts": ts,
    }


def reaction(kind: str, message: Message, user_id: str, name: str, ts: str) -> Json:
    """`kind` is reaction_added or reaction_removed."""
    return {
        "type": kind,
        "user": user_id,
        "reaction": name,
        "item_user": message.user,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "event_ts": ts,
    }


def session_stopped(session: Session, user_id: str, ended: list[str], ts: str) -> Json:
    """A person pressed Stop; `ended` are the streams Slack has ended for it."""
    return {
        "type": "agent_session_stopped",
        "channel": session.channel,
        "user": user_id,
        "thread_ts": session.thread_ts,
        "streaming_message_ts": ended,
        "event_ts": ts,
    }


def session_renamed(
    session: Session, previous: str | None, user_id: str, team_id: str, ts: str
) -> Json:
    event: Json = {
        "type": "agent_session_title_changed",
        "channel": session.channel,
        "user": user_id,
        "team_id": team_id,
        "thread_ts": session.thread_ts,
        "title": session.title,
        "event_ts": ts,
    }
    return event if previous is None else event | {"previous_title": previous}


def callback(app: App, install: Install, event_id: str, event: Json, now: float) -> Json:
    """The outer body an inner event is delivered in."""
    authorization = {
        "enterprise_id": None,
        "team_id": install.team_id,
        "user_id": install.user_id,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "type": "event_callback",
        "token": app.verification_token,
        "team_id": install.team_id,
        "context_team_id": install.team_id,
        "context_enterprise_id": None,
        "api_app_id": install.app_id,
        "event": event,
        "event_id": event_id,
        "event_time": int(now),
        "event_context": f"4-{event_id}",
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
    }


def rate_limited(app: App, install: Install, minute: int) -> Json:
    """An outer body of its own: events were lost in the minute that began at this epoch second."""
    return {
        "type": "app_rate_limited",
        "token": app.verification_token,
        "team_id": install.team_id,
        "minute_rate_limited": minute,
        "api_app_id": install.app_id,
    }


def home_opened(channel: Channel, user_id: str, tab: str, view: Json | None, ts: str) -> Json:
    event: Json = {
        "type": "app_home_opened",
        "user": user_id,
        "channel": channel.id,
        "tab": tab,
        "event_ts": ts,
    }
    return event if view is None else event | {"view": view}
