"""Bolt, set up so that an envelope is acked when its listener has returned, and not when it raised.

One workspace, whose identity is known: Bolt neither asks Slack who we are nor looks for OAuth
settings in the environment.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, cast

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.errors import BotError
from bot.slack.parse import Body, Identity
from bot.slack.render.blocks import Json

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

Listener = Callable[..., Awaitable[object]]
"""Bolt passes what the listener's parameters name: `body`, `ack`, …"""


class Ack(Protocol):
    """Called with nothing, or with what Slack takes as the answer to a modal or a menu."""

    async def __call__(
        self,
        *,
        response_action: str | None = None,
        errors: dict[str, str] | None = None,
        view: Json | None = None,
        options: Sequence[Json] | None = None,
    ) -> object: ...


class Bolt(Protocol):
    """The part of `AsyncApp` listeners register with; its own annotations are partly unknown."""

    def event(self, event: str, /) -> Callable[[Listener], object]: ...

    def action(self, constraints: re.Pattern[str], /) -> Callable[[Listener], object]: ...

    def view(self, constraints: re.Pattern[str], /) -> Callable[[Listener], object]: ...

    def options(self, constraints: re.Pattern[str], /) -> Callable[[Listener], object]: ...


def bolt_app(me: Identity, web: AsyncWebClient, on_lost: Callable[[], None]) -> AsyncApp:
    """Bolt without listeners. `on_lost` is called when an event was not taken."""
    us = AuthorizeResult(
        enterprise_id=me.enterprise,
        team_id=me.team,
        bot_id=me.bot_id,
        bot_user_id=me.user,
        bot_token=web.token,
    )

    async def authorize() -> AuthorizeResult:
        return us

    app = AsyncApp(
        name="threadline",
        logger=quiet_logger("bolt"),
        client=AsyncWebClient(base_url=web.base_url, session=web.session, retry_handlers=[]),
        authorize=authorize,
        signing_secret="",
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
    )

    async def on_error(error: Exception, body: Body) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            # Acked, whatever it is: Slack would only send it again.
            log.warning("slack.unhandled", **_facts(body))
            return BoltResponse(status=200, body="")
        if isinstance(error, BotError | TimeoutError):
            log.warning("slack.not_taken", error=type(error).__name__, **_facts(body))
        else:
            log.error("slack.listener_failed", exc_info=error, **_facts(body))
        if body.get("type") == "event_callback":
            on_lost()
        return None

    app.error(on_error)
    return app


def quiet_logger(part: str) -> logging.Logger:
    """A logger for Slack's libraries that never comes to where they log what people wrote."""
    logger = logging.getLogger(f"bot.slack.sdk.{part}")
    logger.setLevel(logging.ERROR)
    return logger


def _facts(body: Body) -> dict[str, object]:
    """What names a payload in the log, and nothing of what was said."""
    inner = body.get("event")
    event = cast(Body, inner if isinstance(inner, dict) else {})
    facts = {"type": body.get("type"), "event_id": body.get("event_id")}
    facts |= {"event_type": event.get("type"), "channel": event.get("channel")}
    facts["ts"] = event.get("ts")
    return {name: fact for name, fact in facts.items() if fact is not None}
