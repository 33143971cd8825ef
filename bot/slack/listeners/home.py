"""Somebody opens the app's Home: it is made anew each time."""

from __future__ import annotations

from bot.slack import parse
from bot.slack.bolt import Bolt
from bot.slack.intake import Intake
from bot.slack.parse import Body, Ignored


def register(app: Bolt, intake: Intake) -> None:
    async def on_opened(body: Body) -> None:
        user = parse.home_opened(body)
        if not isinstance(user, Ignored):
            view = await intake.bridge.home(intake.me.team, user)
            await intake.speaker.publish_home(user, view)

    app.event("app_home_opened")(on_opened)
