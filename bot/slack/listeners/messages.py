"""Somebody writes: in a direct message, in a thread with a session, or in any channel we are in."""

from __future__ import annotations

from bot.slack.bolt import Bolt
from bot.slack.intake import Intake
from bot.slack.parse import Body


def register(app: Bolt, intake: Intake) -> None:
    async def on_message(body: Body) -> None:
        await intake.post(body)

    app.event("message")(on_message)
