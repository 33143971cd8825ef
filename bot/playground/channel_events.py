"""The inner events of channels, their members, pins and files. Field names are Slack's."""

from bot.playground.model import Channel, File, Json, microseconds


def created(channel: Channel, ts: str) -> Json:
    body = _named(channel) | {"creator": channel.creator}
    return {"type": "channel_created", "channel": body, "event_ts": ts}


def renamed(channel: Channel, ts: str) -> Json:
    return {"type": _kind(channel, "rename"), "channel": _named(channel), "event_ts": ts}


def archived(channel: Channel, user_id: str, ts: str) -> Json:
    """Of a channel that was archived or is no longer so."""
    word = "archive" if channel.is_archived else "unarchive"
    return {"type": _kind(channel, word), "channel": channel.id, "user": user_id, "event_ts": ts}


def member_joined(channel: Channel, user_id: str, inviter: str, ts: str) -> Json:
    event = _member("member_joined_channel", channel, user_id, ts)
    return event | {"inviter": inviter} if inviter else event


def member_left(channel: Channel, user_id: str, ts: str) -> Json:
    return _member("member_left_channel", channel, user_id, ts)


def app_left(channel: Channel, actor: str, ts: str) -> Json:
    """The app itself is no longer in a channel."""
    return {"type": _kind(channel, "left"), "channel": channel.id, "actor_id": actor} | {
        "event_ts": ts
    }


def pinned(kind: str, channel: Channel, message: Json, user_id: str, ts: str) -> Json:
    """`kind` is pin_added or pin_removed; `message` is what the pin is on, as Slack's JSON."""
    at = microseconds(ts) // 1_000_000
    item = {"type": "message", "channel": channel.id, "message": message} | {
        "created": at,
        "created_by": user_id,
    }
    return {
        "type": kind,
        "user": user_id,
        "channel_id": channel.id,
        "item": item,
        "item_user": message["user"],
        "pin_count": str(len(channel.pins)),
        "pinned_info": {"channel": channel.id, "pinned_by": user_id, "pinned_ts": at},
        "has_pins": bool(channel.pins),
        "event_ts": ts,
    }


def file_shared(file: File, channel: Channel, ts: str) -> Json:
    """It has no more than ids: what the file is, `files.info` tells."""
    return {
        "type": "file_shared",
        "file_id": file.id,
        "file": {"id": file.id},
        "user_id": file.user,
        "channel_id": channel.id,
        "event_ts": ts,
    }


def _kind(channel: Channel, word: str) -> str:
    """Private channels have events of their own."""
    return f"group_{word}" if channel.kind == "group" else f"channel_{word}"


def _named(channel: Channel) -> Json:
    return {"id": channel.id, "name": channel.name, "created": channel.created}


def _member(kind: str, channel: Channel, user_id: str, ts: str) -> Json:
    return {
        "type": kind,
        "user": user_id,
        "channel": channel.id,
        "channel_type": "C" if channel.kind == "channel" else "G",
        "team": channel.team_id,
        "event_ts": ts,
    }
