"""Somebody calls the bot in a channel."""

from __future__ import annotations

from bot.slack.bolt import Bolt
from bot.slack.intake import Intake
from bot.slack.parse import Body


def register(app: Bolt, intake: Intake) -> None:
    async def on_mention(body: Body) -> None:
        await intake.post(body)

    app.event("app_mention")(on_mention)
