"""Installing an app by OAuth in tests, without a browser."""

from collections.abc import Awaitable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground, SlackTeam
from bot.playground.slack_app import SlackApp

SCOPES = ("app_mentions:read", "channels:history", "chat:write")
HOME = "http://127.0.0.1:9/back"


def asking(app: SlackApp, **more: str) -> str:
    """The address of an install page."""
    query = {"client_id": app.client_id, "scope": ",".join(SCOPES), "state": "s"} | more
    return "/oauth/v2/authorize?" + urlencode({"redirect_uri": HOME} | query)


def sent_back(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


async def code_of(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def install(
    slack: Playground, team: SlackTeam, app: SlackApp | None = None, **more: str
) -> Any:
    """The answer of oauth.v2.access after somebody of a team allowed the app."""
    app = app or slack.app
    [person, *_] = team.people.values()
    code = sent_back(person.approve(asking(app, **more)))["code"]
    return await AsyncWebClient(base_url=slack.base_url).oauth_v2_access(
        client_id=app.client_id, client_secret=app.client_secret, code=code, redirect_uri=HOME
    )
