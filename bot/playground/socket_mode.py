"""Socket Mode: tickets, envelopes to one of the sockets, acks.

How Slack schedules redelivery over sockets, and that the envelope is a new one then, is
undocumented: taken to be as over HTTP.
"""

import asyncio
import json
import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web

from bot.playground.clock import Clock
from bot.playground.delivery import NotTaken
from bot.playground.feed import Signal
from bot.playground.journal import Attempt, Delivery
from bot.playground.model import Json

MAX_SOCKETS = 10
HEARTBEAT = 30.0
# Seconds a connection lives, by the clock: as hello says, or as its URL asks for to try it out.
LIFETIME = 18_060.0
DEBUG_LIFETIME = 360.0
# Before its end comes a warning; after it a client has as long to be gone by itself.
NOTICE = 10.0

DisconnectReason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


@dataclass(slots=True)
class Socket:
    number: int
    ws: web.WebSocketResponse
    transport: asyncio.Transport | None
    waiting: dict[str, "asyncio.Future[Any]"] = field(
        default_factory=lambda: dict[str, "asyncio.Future[Any]"]()
    )


class SocketMode:
    """The server's side of Socket Mode for one app. `changed` fires at every connect and
    disconnect."""

    def __init__(self, app_id: str, clock: Clock, changed: Signal) -> None:
        self.app_id = app_id
        self.changed = changed
        self.sockets: list[Socket] = []
        self._clock = clock
        self._tickets: set[str] = set()
        self._turn = 0

    def ticket(self) -> str:
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from the request with its ticket until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden(text="This ticket is unknown or was used before.")
        self._tickets.remove(ticket)
        ws = web.WebSocketResponse(heartbeat=HEARTBEAT)
        await ws.prepare(request)
        if len(self.sockets) >= MAX_SOCKETS:
            await ws.send_json(_disconnect("too_many_websockets"))
            await ws.close()
            return ws
        self._turn += 1
        socket = Socket(self._turn, ws, request.transport)
        lifetime = DEBUG_LIFETIME if "debug_reconnects" in request.query else LIFETIME
        await ws.send_json(self._hello(lifetime))
        self.sockets.append(socket)
        self.changed.fire()
        ageing = asyncio.create_task(self._age(socket, lifetime), name="let a socket age")
        try:
            async for message in ws:
                if message.type == WSMsgType.TEXT:
                    _take_ack(socket, message.data)
        finally:
            ageing.cancel()
            self._gone(socket)
        return ws

    def reaches(self, delivery: Delivery) -> bool:
        return bool(self.sockets)

    async def send(self, delivery: Delivery, attempt: Attempt) -> Any:
        """Send one envelope to the next socket and wait for its ack."""
        self._turn += 1
        socket = self.sockets[self._turn % len(self.sockets)]
        attempt.via, attempt.envelope_id = f"socket {socket.number}", str(uuid.uuid4())
        envelope: Json = {
            "envelope_id": attempt.envelope_id,
            "type": delivery.kind,
            "payload": delivery.body,
            "accepts_response_payload": delivery.accepts_response_payload,
        }
        if delivery.kind == "events_api":
            reason = "timeout" if attempt.retry_attempt else ""
            envelope |= {"retry_attempt": attempt.retry_attempt, "retry_reason": reason}
        answer = asyncio.get_running_loop().create_future()
        socket.waiting[attempt.envelope_id] = answer
        try:
            await socket.ws.send_json(envelope)
            return await answer
        except ConnectionError:
            raise NotTaken("connection_failed") from None
        finally:
            socket.waiting.pop(attempt.envelope_id, None)

    async def disconnect(self, reason: DisconnectReason) -> None:
        """Tell every socket that it is to go; the client is who closes it."""
        for socket in list(self.sockets):
            await socket.ws.send_json(_disconnect(reason))

    def drop(self) -> None:
        """Cut every socket without a word, as a broken network does."""
        for socket in list(self.sockets):
            if socket.transport is not None:
                socket.transport.abort()
            self._gone(socket)

    async def close(self) -> None:
        for socket in list(self.sockets):
            await socket.ws.close()

    async def _age(self, socket: Socket, lifetime: float) -> None:
        # A socket that broke meanwhile needs no farewell.
        with suppress(ConnectionError):
            await self._clock.sleep(lifetime - NOTICE)
            await socket.ws.send_json(_disconnect("warning"))
            await self._clock.sleep(NOTICE)
            await socket.ws.send_json(_disconnect("refresh_requested"))
            await self._clock.sleep(NOTICE)
            await socket.ws.close()

    def _gone(self, socket: Socket) -> None:
        """Nobody will ack on this socket any more: fail what waits, now."""
        if socket not in self.sockets:
            return
        self.sockets.remove(socket)
        for answer in socket.waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError())
        self.changed.fire()

    def _hello(self, lifetime: float) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.sockets) + 1,
            "connection_info": {"app_id": self.app_id},
            "debug_info": {
                "host": "playground",
                "started": f"{self._clock():.3f}",
                "build_number": 1,
                "approximate_connection_time": int(lifetime),
            },
        }


def _disconnect(reason: DisconnectReason) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}}


def _take_ack(socket: Socket, data: str) -> None:
    """An ack is an object with the envelope's id; anything else on the wire means nothing."""
    try:
        message: Any = json.loads(data)
        answer = socket.waiting.get(message["envelope_id"])
    except (ValueError, TypeError, KeyError):
        return
    if answer is not None and not answer.done():
        answer.set_result(message.get("payload"))
