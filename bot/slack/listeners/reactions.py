"""Somebody puts a sign on a message."""

from __future__ import annotations

from bot.slack import changes
from bot.slack.bolt import Bolt
from bot.slack.intake import Intake, passed_over
from bot.slack.parse import Body, Ignored


def register(app: Bolt, intake: Intake) -> None:
    async def on_reaction(body: Body) -> None:
        sign = changes.stop_sign(body, intake.me)
        if isinstance(sign, Ignored):
            passed_over(sign, body)
        else:
            await intake.stop_sign(sign)

    app.event("reaction_added")(on_reaction)
