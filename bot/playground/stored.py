"""A workspace as one JSON object and back: the form of the state file."""

import base64

from bot.playground.model import (
    Channel,
    Ephemeral,
    File,
    Install,
    Json,
    Message,
    Session,
    Team,
    User,
    Usergroup,
    record,
)
from bot.playground.stream_content import Stream
from bot.playground.workspace import Workspace

VERSION = 1


def to_json(workspace: Workspace) -> Json:
    """All of it, tokens too: a snapshot, which later changes of the workspace do not touch."""
    return {
        "version": VERSION,
        "serial": workspace.serial,
        "app_token": workspace.app_token,
        "teams": [record(team) for team in workspace.teams.values()],
        "users": [record(user) for user in workspace.users.values()],
        "channels": [
            record(channel)
            | {"members": [*channel.members], "bookmarks": [*channel.bookmarks]}
            | {"pins": [*channel.pins]}
            for channel in workspace.channels.values()
        ],
        "installs": [
            record(install) | {"scopes": [*install.scopes]} for install in workspace.installs
        ],
        "messages": [
            _message(message)
            for posted in workspace.messages.values()
            for message in posted.values()
        ],
        "ephemerals": [record(e) | {"message": _message(e.message)} for e in workspace.ephemerals],
        "sessions": [
            record(s) | {"look": {**s.look}, "others": {**s.others}}
            for s in workspace.sessions.values()
        ],
        "usergroups": [record(group) for group in workspace.usergroups.values()],
        "files": [_file(file) for file in workspace.files.values()],
        "streams": [record(s) | {"parts": [*s.parts]} for s in workspace.streams.values()],
        "homes": {**workspace.homes},
        "deleted": sorted(list(pair) for pair in workspace.deleted),
    }


def _message(message: Message) -> Json:
    """Reactions are what changes in place; blocks, metadata and views are only ever replaced."""
    body = record(message)
    if message.reactions:
        body["reactions"] = {name: [*users] for name, users in message.reactions.items()}
    return body


def _file(file: File) -> Json:
    shares = [list(share) for share in file.shares]
    return record(file) | {"content": base64.b64encode(file.content).decode(), "shares": shares}


def _loaded_file(body: Json) -> File:
    decoded: Json = {
        "content": base64.b64decode(body["content"]),
        "shares": [(channel, ts) for channel, ts in body["shares"]],
    }
    return File(**(body | decoded))


def from_json(data: Json) -> Workspace:
    """The workspace that `to_json` gave this for. ValueError for another version."""
    if data["version"] != VERSION:
        raise ValueError(f"version {data['version']} instead of {VERSION}")
    workspace = Workspace(
        app_token=data["app_token"],
        teams={team["id"]: Team(**team) for team in data["teams"]},
        users={user["id"]: User(**user) for user in data["users"]},
        channels={channel["id"]: Channel(**channel) for channel in data["channels"]},
        installs=[Install(**install) for install in data["installs"]],
        ephemerals=[
            Ephemeral(e["id"], e["reader"], Message(**e["message"])) for e in data["ephemerals"]
        ],
        sessions={(s["channel"], s["thread_ts"]): Session(**s) for s in data["sessions"]},
        homes=data["homes"],
        streams={(s["channel"], s["ts"]): Stream(**s) for s in data.get("streams", ())},
        # A file of an earlier release has none of these.
        usergroups={g["id"]: Usergroup(**g) for g in data.get("usergroups", ())},
        files={f["id"]: _loaded_file(f) for f in data.get("files", ())},
        deleted={(channel, ts) for channel, ts in data["deleted"]},
        serial=data["serial"],
    )
    for message in data["messages"]:
        workspace.insert(Message(**message))
    return workspace
