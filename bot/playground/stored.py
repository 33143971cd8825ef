"""A workspace as one JSON object and back: the form of the state file."""

import base64
from dataclasses import asdict

from bot.playground.apps import new_app
from bot.playground.model import (
    Agent,
    App,
    Channel,
    Ephemeral,
    File,
    Install,
    Json,
    Message,
    RequestUrls,
    Session,
    Team,
    Token,
    User,
    Usergroup,
    record,
)
from bot.playground.stream_content import Stream
from bot.playground.workspace import Workspace

VERSION = 2


def to_json(workspace: Workspace) -> Json:
    """All of it, tokens too: a snapshot, which later changes of the workspace do not touch."""
    return {
        "version": VERSION,
        "serial": workspace.serial,
        "apps": [
            record(app)
            | {"app_tokens": [*app.app_tokens], "redirect_urls": [*app.redirect_urls]}
            | {"request_urls": _urls(app)}
            for app in workspace.apps.values()
        ],
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
        "tokens": [record(t) | {"scopes": [*t.scopes]} for t in workspace.tokens.values()],
        "messages": [
            _message(message)
            for posted in workspace.messages.values()
            for message in posted.values()
        ],
        "ephemerals": [record(e) | {"message": _message(e.message)} for e in workspace.ephemerals],
        "sessions": [
            record(s) | {"agents": {user: _agent(agent) for user, agent in s.agents.items()}}
            for s in workspace.sessions.values()
        ],
        "usergroups": [record(group) for group in workspace.usergroups.values()],
        "files": [_file(file) for file in workspace.files.values()],
        "streams": [record(s) | {"parts": [*s.parts]} for s in workspace.streams.values()],
        "homes": [[*place, view] for place, view in workspace.homes.items()],
        "deleted": sorted(list(pair) for pair in workspace.deleted),
    }


def _agent(agent: Agent) -> Json:
    return record(agent) | {"look": {**agent.look}}


def _message(message: Message) -> Json:
    """Reactions are what changes in place; blocks, metadata and views are only ever replaced."""
    body = record(message)
    if message.reactions:
        body["reactions"] = {name: [*users] for name, users in message.reactions.items()}
    return body


def _file(file: File) -> Json:
    shares = [list(share) for share in file.shares]
    return record(file) | {"content": base64.b64encode(file.content).decode(), "shares": shares}


def _urls(app: App) -> Json | None:
    return None if app.request_urls is None else asdict(app.request_urls)


def _loaded_app(body: Json) -> App:
    urls: Json | None = body["request_urls"]
    loaded: Json = {"request_urls": None if urls is None else RequestUrls(**urls)}
    return App(**(body | loaded))


def _of_several_apps(data: Json) -> Json:
    """A file of version 1: one app, whose commands and shortcuts each install carried."""
    [install, *_] = data["installs"]
    app = new_app(install["app_id"], install["name"], app_token=data["app_token"])
    app.commands, app.shortcuts = install.get("commands", []), install.get("shortcuts", [])
    bare = [
        {name: value for name, value in each.items() if name not in ("commands", "shortcuts")}
        for each in data["installs"]
    ]
    return data | {
        "version": VERSION,
        "apps": [record(app) | {"request_urls": None}],
        "installs": bare,
        "sessions": [_of_several_agents(s, install["user_id"]) for s in data["sessions"]],
        "homes": [[app.id, user, view] for user, view in data["homes"].items()],
    }


def _loaded_session(body: Json) -> Session:
    loaded: Json = {"agents": {user: Agent(**agent) for user, agent in body["agents"].items()}}
    return Session(**(body | loaded))


def _of_several_agents(session: Json, bot: str) -> Json:
    """A session of version 1, with what is the only app's own."""
    own = {name: session[name] for name in ("status", "until", "legacy", "look") if name in session}
    rest = {k: v for k, v in session.items() if k not in own and k != "others"}
    return rest | {"agents": {bot: own}}


def _loaded_file(body: Json) -> File:
    decoded: Json = {
        "content": base64.b64decode(body["content"]),
        "shares": [(channel, ts) for channel, ts in body["shares"]],
    }
    return File(**(body | decoded))


def from_json(data: Json) -> Workspace:
    """The workspace that `to_json` gave this for, also before there were several apps. ValueError
    for another version."""
    if data["version"] == 1:
        data = _of_several_apps(data)
    if data["version"] != VERSION:
        raise ValueError(f"version {data['version']} instead of {VERSION}")
    workspace = Workspace(
        apps={app["id"]: _loaded_app(app) for app in data["apps"]},
        teams={team["id"]: Team(**team) for team in data["teams"]},
        users={user["id"]: User(**user) for user in data["users"]},
        channels={channel["id"]: Channel(**channel) for channel in data["channels"]},
        installs=[Install(**install) for install in data["installs"]],
        ephemerals=[
            Ephemeral(e["id"], e["reader"], Message(**e["message"])) for e in data["ephemerals"]
        ],
        sessions={(s["channel"], s["thread_ts"]): _loaded_session(s) for s in data["sessions"]},
        tokens={t["value"]: Token(**t) for t in data.get("tokens", ())},
        homes={(app, user): view for app, user, view in data["homes"]},
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
