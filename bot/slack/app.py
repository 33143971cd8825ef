"""The connection to one Slack workspace: who we are there, Bolt, and the socket it listens on.

async with connect(config) as slack:              # checks the tokens
    surface = SlackSurface(slack.web, …)
    listening = tasks.create_task(slack.listen(bridge, surface))
    ...
    listening.cancel()                            # receives no more, lets acks go out, leaves
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import structlog
from pydantic import SecretStr, ValidationError
from slack_sdk.web.async_client import AsyncWebClient
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential,
)

from bot.core.errors import ConfigError, RateLimited, StoreUnavailable, SurfaceUnavailable
from bot.core.inbound import PostedFile
from bot.core.policy import ImageLimits
from bot.core.ports import Bridge, Image
from bot.slack.bolt import bolt_app, quiet_logger
from bot.slack.calls import Refused, Web, call
from bot.slack.catchup import Budget, Catchup
from bot.slack.config import SlackConfig
from bot.slack.directory import Directory
from bot.slack.intake import Intake, Speaker
from bot.slack.listeners import register
from bot.slack.parse import Identity
from bot.slack.pictures import fetch
from bot.slack.render.secrets import BUILT_IN, Shape
from bot.slack.socket import Pace, Socket, link
from bot.slack.wire import Authenticated

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

HTTP_SECONDS = 4.0
"""For a whole call: shorter than a replica's lease, so that none outlives its right to write."""
START_SECONDS = 30.0
"""How long a start waits for a Slack that cannot be reached."""


class Slack:
    """One workspace. `web` is the client everything may call with; it never retries by itself.
    `directory` knows the people and channels of it, and who is in the user groups `groups`."""

    def __init__(
        self,
        web: AsyncWebClient,
        app_token: SecretStr,
        me: Identity,
        *,
        groups: Sequence[str] = (),
        pace: Pace | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.web, self.me = web, me
        self.directory = Directory(web, me, named=groups)
        self._app_token = app_token
        self._pace, self._budget = pace or Pace(), budget or Budget()
        self._socket: Socket | None = None
        self._catchup: Catchup | None = None

    @property
    def connected(self) -> bool:
        """Whether we hear Slack now."""
        return self._socket is not None and self._socket.connected

    @property
    def last_frame_age(self) -> float | None:
        """Seconds since Slack last sent something; None while not listening."""
        return None if self._socket is None else self._socket.last_frame_age

    @property
    def caught_up(self) -> bool:
        """Whether nothing that was missed is still to be read."""
        return self._catchup is not None and not self._catchup.owing

    async def fetch_image(self, file: PostedFile, limits: ImageLimits) -> Image:
        """As `core.ports.FetchImage`."""
        return await fetch(self.web, file, limits)

    async def listen(
        self, bridge: Bridge, speaker: Speaker, secrets: Sequence[Shape] = BUILT_IN
    ) -> None:
        """Take in what people do, until cancelled; reconnects by itself.

        Where catch-up begins is read and kept first: live events move that mark, and a crash before
        its end must not make it forget. At the very first start it begins with the minute before
        (`catchup.OVERLAP`): who mentions the bot while it starts is answered, older posts are not.
        """
        started = time.time()
        since = await _begin_patiently(bridge, self.me.team) or started
        intake = Intake(self.me, bridge, self.directory, speaker, secrets=secrets)
        catchup = Catchup(intake, self.web, self._budget)

        def on_hello(heard_before: float | None) -> None:
            catchup.missed(heard_before or since)

        def on_lost() -> None:
            catchup.missed(time.time())

        app = bolt_app(self.me, self.web, on_lost)
        register(app, intake)
        token = self._app_token.get_secret_value()
        socket = Socket(app, self.web, token, on_hello, on_lost, self._pace)
        self._socket, self._catchup = socket, catchup
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(socket.watch(), name="slack.socket")
                tasks.create_task(catchup.run(), name="slack.catchup")
                tasks.create_task(self.directory.keep_groups(), name="slack.groups")
        finally:
            await socket.close()


@asynccontextmanager
async def connect(
    config: SlackConfig,
    *,
    groups: Sequence[str] = (),
    pace: Pace | None = None,
    budget: Budget | None = None,
) -> AsyncGenerator[Slack]:
    """The workspace the tokens belong to. Does not listen yet.

    Raises `ConfigError` when Slack does not accept a token, `SurfaceUnavailable` when it cannot be
    reached for half a minute.
    """
    for key, token in (
        ("SLACK_BOT_TOKEN", config.bot_token),
        ("SLACK_APP_TOKEN", config.app_token),
    ):
        if problem := _unfit(key, token.get_secret_value()):
            raise ConfigError(key, problem, HINTS[key])
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=HTTP_SECONDS)) as http:
        web = _client(config.api_url, config.bot_token, http)
        me = await _identify_patiently(web, config.app_token)
        log.info("slack.identified", team=me.team, user=me.user)
        yield Slack(web, config.app_token, me, groups=groups, pace=pace, budget=budget)


HINTS: Mapping[str, str] = {
    "SLACK_BOT_TOKEN": "Copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions of your "
    "app's settings, after installing it to the workspace",
    "SLACK_APP_TOKEN": "Create an app-level token (xapp-…) with the scope connections:write under "
    "Basic Information of your app's settings",
}


def _unfit(key: str, token: str) -> str | None:
    """What can be told without asking Slack."""
    if not token:
        return "is missing"
    if key == "SLACK_BOT_TOKEN" and token.startswith("xapp-"):
        return "is an app-level token"
    if key == "SLACK_APP_TOKEN" and token.startswith("xoxb-"):
        return "is a bot token"
    return None


async def _begin_patiently(bridge: Bridge, team: str) -> float | None:
    """Where catch-up begins; a database that is away is waited for."""
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(StoreUnavailable),
        wait=wait_exponential(multiplier=0.2, max=5.0),
        reraise=True,
    ):
        with attempt:
            since = await bridge.missed_since(team)
            if since is not None:
                await bridge.owe(team, since)
            return since
    raise StoreUnavailable()


async def _identify_patiently(web: Web, app_token: SecretStr) -> Identity:
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type((SurfaceUnavailable, RateLimited)),
        stop=stop_after_delay(START_SECONDS),
        wait=wait_exponential(multiplier=0.2, max=5.0),
        reraise=True,
    ):
        with attempt:
            return await _identify(web, app_token)
    raise SurfaceUnavailable()


async def _identify(web: Web, app_token: SecretStr) -> Identity:
    """Who the bot token makes us (auth.test), once both tokens were found good."""
    try:
        answer = await call(web, "auth.test", "POST")
        found = Authenticated.model_validate(answer)
    except Refused as refused:
        raise _unusable("SLACK_BOT_TOKEN", refused.code) from refused
    except ValidationError as error:
        raise _unusable("SLACK_BOT_TOKEN", "this is no bot's token") from error
    try:
        await link(web, app_token.get_secret_value())
    except Refused as refused:
        raise _unusable("SLACK_APP_TOKEN", refused.code) from refused
    return Identity(
        team=found.team_id,
        user=found.user_id,
        name=found.user,
        bot_id=found.bot_id,
        enterprise=found.enterprise_id,
        url=found.url,
    )


def _unusable(key: str, code: str) -> ConfigError:
    return ConfigError(key, f"Slack does not accept it ({code})", HINTS[key])


def _client(
    base_url: str, token: SecretStr | None, http: aiohttp.ClientSession | None
) -> AsyncWebClient:
    client = AsyncWebClient(
        token=token.get_secret_value() if token else None,
        base_url=base_url,
        session=http,
        retry_handlers=[],
        logger=quiet_logger("web"),
    )
    if urlsplit(base_url).scheme == "http":  # this machine: the environment's proxy is not meant
        client.proxy = None
    return client
