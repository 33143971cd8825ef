"""The payloads of interactivity and commands, in Slack's own forms. Pure."""

from dataclasses import dataclass

from bot.playground.holding import Values
from bot.playground.model import App, Channel, Json, Team, User
from bot.playground.stages import Stage, named_for_app


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, in which team, and the app that is told."""

    user: User
    team: Team
    app: App


def block_actions(actor: Actor, stage: Stage, values: Values, action: Json, trigger: str) -> Json:
    """`values` is what the elements of a message hold; a view carries its own."""
    head = _head("block_actions", actor)
    state = {} if stage.view is not None else {"state": {"values": values}}
    return head | {"trigger_id": trigger, **stage.payload, **state, "actions": [action]}


def block_suggestion(actor: Actor, stage: Stage, element_at: tuple[str, str], text: str) -> Json:
    """A load of options for an external select, after `text` was typed in it."""
    block_id, action_id = element_at
    wanted = {"block_id": block_id, "action_id": action_id, "value": text}
    return _head("block_suggestion", actor) | stage.payload | wanted


def view_submission(actor: Actor, view: Json, trigger: str) -> Json:
    """Who sends it adds the `response_urls`."""
    head = _head("view_submission", actor)
    return head | {"trigger_id": trigger, "view": view}


def view_closed(actor: Actor, view: Json, *, cleared: bool) -> Json:
    return _head("view_closed", actor) | {"view": view, "is_cleared": cleared}


def shortcut(actor: Actor, callback_id: str, trigger: str, at: float) -> Json:
    """A global shortcut knows no channel and has no response_url."""
    head = _head("shortcut", actor)
    return head | {"callback_id": callback_id, "trigger_id": trigger, "action_ts": f"{at:.6f}"}


def message_action(actor: Actor, callback_id: str, channel: Channel, shown: Json) -> Json:
    """A message shortcut; trigger, response_url and time are given by who sends it."""
    return _head("message_action", actor) | {
        "callback_id": callback_id,
        "channel": {"id": channel.id, "name": named_for_app(channel)},
        "message_ts": shown["ts"],
        "message": shown,
    }


def command(actor: Actor, channel: Channel, word: str, text: str) -> Json:
    """A slash command; it never knows a thread."""
    return {
        "token": actor.app.verification_token,
        "team_id": actor.team.id,
        "team_domain": actor.team.domain,
        "channel_id": channel.id,
        "channel_name": named_for_app(channel),
        "user_id": actor.user.id,
        "user_name": actor.user.name,
        "command": word,
        "text": text,
        "api_app_id": actor.app.id,
        "is_enterprise_install": "false",
    }


def _head(kind: str, actor: Actor) -> Json:
    user = actor.user
    return {
        "type": kind,
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team_id,
        },
        "api_app_id": actor.app.id,
        "token": actor.app.verification_token,
        "team": {"id": actor.team.id, "domain": actor.team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }
