"""The workspace a newcomer finds: one team, three people, the app, three channels."""

import re
from collections.abc import Iterable

from bot.playground.apps import new_app
from bot.playground.model import Channel, Install, Team, User, record
from bot.playground.workspace import Workspace

TEAM = "T0PLAYGRND"
APP = "A0THREADLN"
BOT_USER = "U0THREADLN"

# What the app asks for in manifest.yml, and no more.
DEFAULT_SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
)

_PEOPLE = (
    User("U0ANA00001", TEAM, "ana", "Ana", "9f69e7"),
    User("U0BEN00002", TEAM, "ben", "Ben", "4bbe2e"),
    User("U0CHO00003", TEAM, "cho", "Cho", "e7392d", is_restricted=True),
    User(BOT_USER, TEAM, "threadline", "threadline", "2b6cb0", is_bot=True),
)
_EVERYONE = [user.id for user in _PEOPLE]


def seeded(bot_token: str, app_token: str, scopes: Iterable[str] = DEFAULT_SCOPES) -> Workspace:
    """A new workspace. Ids are always the same, so that recorded outlines can name people."""
    ops_members = [user.id for user in _PEOPLE[:2]]
    channels = (
        Channel("C0GENERAL1", TEAM, "general", "channel", [*_EVERYONE]),
        Channel("C0DEV00002", TEAM, "dev", "channel", [*_EVERYONE]),
        Channel("G0OPS00003", TEAM, "ops", "group", ops_members),
    )
    install = Install(
        team_id=TEAM,
        app_id=APP,
        name="threadline",
        user_id=BOT_USER,
        bot_id="B0THREADLN",
        bot_token=bot_token,
        scopes=list(scopes),
    )
    return Workspace(
        apps={APP: new_app(APP, "threadline", app_token=app_token)},
        teams={TEAM: Team(TEAM, "Threadline Playground", "threadline-playground")},
        users={user.id: User(**record(user)) for user in _PEOPLE},
        channels={channel.id: channel for channel in channels},
        installs=[install],
    )


def new_team(workspace: Workspace, name: str) -> Team:
    """One more workspace, with nobody in it."""
    domain = "-".join(re.findall(r"[a-z0-9]+", name.lower()))
    team = Team(workspace.new_id("T"), name, domain)
    workspace.teams[team.id] = team
    return team
