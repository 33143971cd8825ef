"""A workspace as one JSON object and back: the form of the state file."""

from bot.playground.model import (
    Channel,
    Ephemeral,
    Install,
    Json,
    Message,
    Session,
    Team,
    User,
    record,
)
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
            record(channel) | {"members": [*channel.members]}
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
        "sessions": [record(session) for session in workspace.sessions.values()],
        "homes": {**workspace.homes},
        "deleted": sorted(list(pair) for pair in workspace.deleted),
    }


def _message(message: Message) -> Json:
    """Reactions are what changes in place; blocks, metadata and views are only ever replaced."""
    body = record(message)
    if message.reactions:
        body["reactions"] = {name: [*users] for name, users in message.reactions.items()}
    return body


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
        deleted={(channel, ts) for channel, ts in data["deleted"]},
        serial=data["serial"],
    )
    for message in data["messages"]:
        workspace.insert(Message(**message))
    return workspace
