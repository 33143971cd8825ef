"""The inner events of the Events API as functions of what happened. Field names are Slack's."""

from bot.playground.model import SLACKBOT, Channel, Install, Json, Message, Session


def message_posted(channel: Channel, shown: Json, install: Install) -> Json:
    """`message` without subtype; what the app itself posts comes back with its bot_id."""
    event = shown | {"event_ts": shown["ts"], "channel_type": channel.kind}
    if "bot_id" in shown:
        event["bot_profile"] = {
            "id": shown["bot_id"],
            "app_id": install.app_id,
            "name": install.name,
            "team_id": install.team_id,
            "deleted": False,
        }
    return event


def app_mention(posted: Json) -> Json:
    """The second event of a post that names the app: same channel and ts, no channel_type."""
    return {k: v for k, v in posted.items() if k != "channel_type"} | {"type": "app_mention"}


def channel_archived(channel: Channel, archived: bool, ts: str) -> Json:
    kind = "channel_archive" if archived else "channel_unarchive"
    return {"type": kind, "channel": channel.id, "user": SLACKBOT, "event_ts": ts}


def app_left(channel: Channel, ts: str) -> Json:
    """The app itself was put out of a channel."""
    kind = "group_left" if channel.kind == "group" else "channel_left"
    return {"type": kind, "channel": channel.id, "actor_id": SLACKBOT, "event_ts": ts}


def tokens_revoked(install: Install, ts: str) -> Json:
    tokens = {"oauth": list[str](), "bot": [install.user_id]}
    return {"type": "tokens_revoked", "tokens": tokens, "event_ts": ts}


_KINDS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def subscription(event: Json) -> str:
    """The name under which an app subscribes to an event: that of messages is of their channel."""
    kind: str = event["type"]
    return f"message.{_KINDS[event['channel_type']]}" if kind == "message" else kind


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


def member_joined(channel: Channel, user_id: str, inviter: str, ts: str) -> Json:
    event: Json = {
        "type": "member_joined_channel",
        "user": user_id,
        "channel": channel.id,
        "channel_type": "C" if channel.kind == "channel" else "G",
        "team": channel.team_id,
        "event_ts": ts,
    }
    return event | {"inviter": inviter} if inviter else event


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


def callback(install: Install, event_id: str, event: Json, now: float) -> Json:
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
        "token": "playground",
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


def home_opened(channel: Channel, user_id: str, tab: str, view: Json | None, ts: str) -> Json:
    event: Json = {
        "type": "app_home_opened",
        "user": user_id,
        "channel": channel.id,
        "tab": tab,
        "event_ts": ts,
    }
    return event if view is None else event | {"view": view}
