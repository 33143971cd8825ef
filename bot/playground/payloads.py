"""The payloads of interactivity and commands, in Slack's own forms. Pure."""

from bot.playground.holding import Values
from bot.playground.model import Channel, Install, Json, Message, Team, User
from bot.playground.stages import Stage, named_for_app
from bot.playground.workspace import Workspace

TOKEN = "playground"


def block_actions(
    workspace: Workspace, user: User, stage: Stage, values: Values, action: Json, trigger: str
) -> Json:
    """`values` is what the elements of a message hold; a view carries its own."""
    head = _head("block_actions", workspace, user)
    state = {} if stage.view is not None else {"state": {"values": values}}
    return head | {"trigger_id": trigger, **stage.payload, **state, "actions": [action]}


def block_suggestion(
    workspace: Workspace, user: User, stage: Stage, element_at: tuple[str, str], text: str
) -> Json:
    """A load of options for an external select, after `text` was typed in it."""
    block_id, action_id = element_at
    wanted = {"block_id": block_id, "action_id": action_id, "value": text}
    return _head("block_suggestion", workspace, user) | stage.payload | wanted


def view_submission(workspace: Workspace, user: User, view: Json, trigger: str) -> Json:
    head = _head("view_submission", workspace, user)
    return head | {"trigger_id": trigger, "view": view, "response_urls": []}


def view_closed(workspace: Workspace, user: User, view: Json, *, cleared: bool) -> Json:
    return _head("view_closed", workspace, user) | {"view": view, "is_cleared": cleared}


def shortcut(workspace: Workspace, user: User, callback_id: str, trigger: str, at: float) -> Json:
    """A global shortcut knows no channel and has no response_url."""
    head = _head("shortcut", workspace, user)
    return head | {"callback_id": callback_id, "trigger_id": trigger, "action_ts": f"{at:.6f}"}


def message_action(
    workspace: Workspace, user: User, callback_id: str, channel: Channel, message: Message
) -> Json:
    """A message shortcut; trigger, response_url and time are given by who sends it."""
    return _head("message_action", workspace, user) | {
        "callback_id": callback_id,
        "channel": {"id": channel.id, "name": named_for_app(channel)},
        "message_ts": message.ts,
        "message": workspace.shown(message),
    }


def command(workspace: Workspace, user: User, channel: Channel, word: str, text: str) -> Json:
    """A slash command; it never knows a thread."""
    team, install = _home_of(workspace, user)
    return {
        "token": TOKEN,
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel.id,
        "channel_name": named_for_app(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": word,
        "text": text,
        "api_app_id": install.app_id,
        "is_enterprise_install": "false",
    }


def _home_of(workspace: Workspace, user: User) -> tuple[Team, Install]:
    return workspace.teams[user.team_id], workspace.install_of(user.team_id)


def _head(kind: str, workspace: Workspace, user: User) -> Json:
    team, install = _home_of(workspace, user)
    return {
        "type": kind,
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team_id,
        },
        "api_app_id": install.app_id,
        "token": TOKEN,
        "team": {"id": team.id, "domain": team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }
