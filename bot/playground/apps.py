"""The apps of a workspace: made, installed, and what each may hear. Pure but for fresh secrets."""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence

from bot.playground.manifest import Manifest
from bot.playground.model import App, Install, Json, User
from bot.playground.workspace import Workspace

# Of apps, to tell them apart; the first is that of the app there from the beginning.
_COLORS = ("2b6cb0", "b45309", "0f766e", "9d174d", "4d7c0f")


def new_app(app_id: str, name: str, *, app_token: str = "") -> App:
    """An app with secrets of its own, as on its page of basic information."""
    return App(
        id=app_id,
        name=name,
        client_id=f"{secrets.randbelow(10**12):012d}.{secrets.randbelow(10**12):012d}",
        client_secret=secrets.token_hex(16),
        signing_secret=secrets.token_hex(16),
        verification_token=secrets.token_urlsafe(18),
        app_tokens=[app_token or f"xapp-1-playground-{secrets.token_hex(12)}"],
    )


def install(
    workspace: Workspace, app: App, team_id: str, scopes: Iterable[str], *, bot_token: str = ""
) -> Install:
    """Install an app in a team: with a bot user, a member of no channel yet, and its token."""
    user_id = workspace.new_id("U")
    workspace.users[user_id] = User(
        user_id,
        team_id,
        app.name,
        app.name,
        _COLORS[len(workspace.installs) % len(_COLORS)],
        is_bot=True,
    )
    made = Install(
        team_id=team_id,
        app_id=app.id,
        name=app.name,
        user_id=user_id,
        bot_id=workspace.new_id("B"),
        bot_token=bot_token or f"xoxb-playground-{secrets.token_hex(12)}",
        scopes=list(scopes),
    )
    workspace.installs.append(made)
    return made


def register(app: App, features: Mapping[str, Sequence[Json]]) -> None:
    """Give an app the `slash_commands` and `shortcuts` that its manifest names under `features`."""
    app.commands = list(features.get("slash_commands", ()))
    app.shortcuts = list(features.get("shortcuts", ()))


def configure(workspace: Workspace, install: Install, manifest: Manifest) -> None:
    """Make an app what its manifest says, as if it were installed again by it: with these scopes,
    and no more."""
    app, user = workspace.apps[install.app_id], workspace.users[install.user_id]
    app.name = install.name = manifest.display_information.name
    # Slack's handle of a bot user: lower case, and no spaces, for people write it after an @.
    user.name = re.sub(r"[^\w.-]+", "", manifest.bot_name.lower()) or user.name
    user.real_name = manifest.bot_name
    install.scopes = list(manifest.oauth_config.scopes.bot)
    app.subscribed = sorted(manifest.settings.event_subscriptions.bot_events)
    app.redirect_urls = list(manifest.oauth_config.redirect_urls)
    app.rotates_tokens = manifest.settings.token_rotation_enabled
    features = manifest.features
    commands = [command.as_json() for command in features.slash_commands]
    shortcuts = [shortcut.as_json() for shortcut in features.shortcuts]
    register(app, {"slash_commands": commands, "shortcuts": shortcuts})
