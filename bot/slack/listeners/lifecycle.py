"""What happens to sessions and to the app itself, and the events we subscribe to and let pass."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.slack import parse_presses
from bot.slack.bolt import Bolt
from bot.slack.intake import Intake, passed_over
from bot.slack.parse import Body, Ignored

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

IGNORED_EVENTS: Mapping[str, str] = {
    "agent_session_title_changed": "titles are shown, not kept in step",
    "app_context_changed": "what a person looks at is not told to the agent",
    "file_shared": "a file comes with its message",
    "member_joined_channel": "being invited asks nothing of us",
    "reaction_removed": "a stop is not taken back",
}

REVOKED = ("app_uninstalled", "tokens_revoked")


def register(app: Bolt, intake: Intake) -> None:
    async def on_stopped(body: Body) -> None:
        pressed = parse_presses.native_stop(body, intake.me)
        if isinstance(pressed, Ignored):
            passed_over(pressed, body)
        else:
            await intake.native_stop(pressed)

    app.event("agent_session_stopped")(on_stopped)
    for kind in REVOKED:
        app.event(kind)(_on_revoked)
    for kind in IGNORED_EVENTS:
        app.event(kind)(_on_ignored)


async def _on_revoked(body: Body) -> None:
    log.error("slack.revoked", team=body.get("team_id"), event_id=body.get("event_id"))


async def _on_ignored(body: Body) -> None:
    log.debug("slack.ignored", event_id=body.get("event_id"))
