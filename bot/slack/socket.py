"""The Socket Mode connection: kept alive, watched, and left without losing what it received.

The SDK reconnects by itself when Slack asks it to or the connection breaks. It can also hang, for
one by trying a spent ticket for ever, so a watchdog replaces its whole client when nothing was
heard for too long. Every listener runs in a time limit: Slack waits 3 s for an ack.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast

import aiohttp
import structlog
from pydantic import ValidationError
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.errors import SurfaceError, SurfaceUnavailable
from bot.slack.bolt import quiet_logger
from bot.slack.calls import Web, call
from bot.slack.wire import Link

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds. `quiet`: no frame for so long is no longer connected; after `patience` more the
    connection is replaced: a deaf one lives for 30 s at most. `listener` leaves time for the ack.
    """

    ping: float = 5.0
    quiet: float = 15.0
    patience: float = 14.0
    check: float = 1.0
    opening: float = 10.0
    closing: float = 1.0
    listener: float = 2.5
    longest_wait: float = 30.0


class _Client(Protocol):
    """The part of the SDK's client in use; its own annotations are partly unknown."""

    closed: bool
    stale: bool
    auto_reconnect_enabled: bool
    proxy: str | None
    wss_uri: str | None
    last_ping_pong_time: float | None
    current_session: aiohttp.ClientWebSocketResponse | None
    current_session_monitor: asyncio.Future[None] | None
    message_receiver: asyncio.Future[None] | None
    message_processor: asyncio.Future[None]
    message_queue: asyncio.Queue[str]
    message_listeners: list[Callable[[object, dict[str, object], str | None], Awaitable[None]]]
    socket_mode_request_listeners: list[
        Callable[[AsyncBaseSocketModeClient, SocketModeRequest], Awaitable[None]]
    ]
    aiohttp_client_session: aiohttp.ClientSession

    async def connect(self) -> None: ...

    async def close(self) -> None: ...


class Socket:
    """One connection after another. `on_hello` is called at each new one with the time (epoch
    seconds) something was last heard before it, None at the first; `on_lost` when an event could
    not be handled in time."""

    def __init__(
        self,
        app: AsyncApp,
        web: AsyncWebClient,
        app_token: str,
        on_hello: Callable[[float | None], None],
        on_lost: Callable[[], None],
        pace: Pace,
    ) -> None:
        self._app, self._web, self._app_token = app, web, app_token
        self._on_hello, self._on_lost = on_hello, on_lost
        self._pace = pace
        self._client: _Client | None = None
        self._greeted = asyncio.Event()
        self._heard_at: float | None = None
        self._alive_at = 0.0
        self._working = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def connected(self) -> bool:
        """Whether Slack would reach us now, as far as one can know."""
        client = self._client
        return (
            client is not None
            and self._greeted.is_set()
            and client.current_session is not None
            and not (client.current_session.closed or client.stale or client.closed)
            and self.last_frame_age <= self._pace.quiet
        )

    @property
    def last_frame_age(self) -> float:
        """Seconds since Slack last sent something, be it the answer to a ping."""
        heard = self._heard_at or 0.0
        if self._client is not None and self._client.last_ping_pong_time is not None:
            heard = max(heard, self._client.last_ping_pong_time)
        return max(0.0, time.time() - heard)

    async def open(self) -> None:
        """Connect, and wait until Slack has said hello. Raises `SurfaceError`."""
        url = await link(self._web, self._app_token)
        handler = AsyncSocketModeHandler(
            self._app,
            self._app_token,
            logger=quiet_logger("socket"),
            web_client=self._web,
            ping_interval=self._pace.ping,
        )
        client = cast(_Client, handler.client)
        client.proxy = self._web.proxy
        client.message_listeners.append(self._on_message)

        async def receive(_: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            await self._receive(handler, request)

        client.socket_mode_request_listeners[:] = [receive]
        client.wss_uri = url
        self._greeted.clear()
        self._client = client
        try:
            async with asyncio.timeout(self._pace.opening):
                await client.connect()
                await self._greeted.wait()
        except BaseException as error:
            await self._drop(client)
            if isinstance(error, TimeoutError):
                raise SurfaceUnavailable() from error
            raise
        self._alive_at = time.time()

    async def watch(self) -> None:
        """Connect, and replace a connection that has gone deaf. Runs until cancelled."""
        failures = 0 if await self._open_anew() else 1
        while True:
            wait = self._pace.check * 2**failures
            await asyncio.sleep(min(wait, self._pace.longest_wait))
            if self.connected:
                self._alive_at, failures = time.time(), 0
            elif time.time() - self._alive_at > self._pace.patience:
                log.warning("socket.deaf", last_frame_age=round(self.last_frame_age, 1))
                failures = 0 if await self._open_anew() else min(failures + 1, 10)

    async def close(self) -> None:
        """Receive no more, let what was received be stored and acked, then leave."""
        client = self._client
        if client is None:
            return
        client.auto_reconnect_enabled = False
        for task in (client.message_receiver, client.current_session_monitor):
            if task is not None:
                task.cancel()
        for _ in range(client.message_queue.qsize() + 2):
            await asyncio.sleep(0)  # the SDK starts a task for each message it still holds
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.listener):
                await self._idle.wait()
        await self._drop(client)

    async def _drop(self, client: _Client) -> None:
        """Forgotten only when it has ended: who is cancelled here leaves it to `close`."""
        await _discard(client, self._pace.closing)
        self._client = None

    async def _open_anew(self) -> bool:
        if self._client is not None:
            await self._drop(self._client)
        try:
            await self.open()
        except SurfaceError as error:
            log.warning("socket.not_open", error=repr(error))
            return False
        except Exception:
            log.exception("socket.failed")
            return False
        return True

    async def _on_message(self, _: object, message: dict[str, object], __: str | None) -> None:
        before, self._heard_at = self._heard_at, time.time()
        if message.get("type") == "hello":
            self._greeted.set()
            log.info("socket.hello")
            self._on_hello(before)

    async def _receive(self, handler: AsyncSocketModeHandler, request: SocketModeRequest) -> None:
        self._working += 1
        self._idle.clear()
        try:
            async with asyncio.timeout(self._pace.listener):
                await handler.handle(handler.client, request)
        except TimeoutError:
            log.error("socket.listener_too_slow", kind=request.type, envelope=request.envelope_id)
            self._on_lost()
        finally:
            self._working -= 1
            if not self._working:
                self._idle.set()


async def link(web: Web, app_token: str) -> str:
    """A fresh address for one connection (apps.connections.open). Raises `SurfaceError`."""
    answer = await call(web, "apps.connections.open", "POST", token=app_token)
    try:
        return Link.model_validate(answer).url
    except ValidationError as error:
        raise SurfaceUnavailable() from error


async def _discard(client: _Client, seconds: float) -> None:
    """End a client of the SDK for good, also one that hangs, and wait for its tasks."""
    client.closed = True
    client.auto_reconnect_enabled = False
    running = (client.message_receiver, client.current_session_monitor, client.message_processor)
    tasks = [task for task in running if task is not None]
    for task in tasks:
        task.cancel()
    try:
        async with asyncio.timeout(seconds):
            await client.close()
    except (TimeoutError, OSError, aiohttp.ClientError):
        await client.aiohttp_client_session.close()
    await asyncio.gather(*tasks, return_exceptions=True)
