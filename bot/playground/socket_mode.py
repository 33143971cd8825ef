"""Socket Mode: tickets, envelopes to one of the sockets, acks, redelivery.

An event that is not acked in time is sent again in a new envelope, up to three times; an
interaction is sent once. What finds no socket up is lost. How Slack schedules redelivery over
sockets, and that the envelope is new, is undocumented: taken to be as over HTTP.
"""

import asyncio
import json
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web

from bot.playground.clock import Clock
from bot.playground.feed import Signal
from bot.playground.journal import Attempt, Delivery
from bot.playground.model import Json

MAX_SOCKETS = 10
ACK_DEADLINE = 3.0
RETRY_SCHEDULE = (0.2, 60.0, 300.0)
HEARTBEAT = 30.0

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
    """The server's side of Socket Mode for one app. `retry_schedule` is the wait in seconds before
    each redelivery; `changed` fires at every connect, disconnect and outcome."""

    def __init__(
        self,
        app_id: str,
        clock: Clock,
        ack_deadline: float = ACK_DEADLINE,
        retry_schedule: Sequence[float] = RETRY_SCHEDULE,
    ) -> None:
        self.app_id = app_id
        self.ack_deadline = ack_deadline
        self.retry_schedule = retry_schedule
        self.changed = Signal()
        self.sockets: list[Socket] = []
        self._clock = clock
        self._tickets: set[str] = set()
        self._turn = 0
        self._deliveries: set[asyncio.Task[None]] = set()

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
        await ws.send_json(self._hello())
        self.sockets.append(socket)
        self.changed.fire()
        try:
            async for message in ws:
                if message.type == WSMsgType.TEXT:
                    _take_ack(socket, message.data)
        finally:
            self._gone(socket)
        return ws

    def send_event(self, delivery: Delivery, delay: float = 0.0) -> None:
        """Deliver after `delay` seconds, in the background; the outcome shows in the record."""
        task = asyncio.create_task(self._deliver(delivery, delay), name="deliver event")
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def interact(self, delivery: Delivery) -> bool:
        """Deliver an interaction, once. True when it was acked in time."""
        acked = await self._attempt(delivery, 0)
        delivery.outcome = "acked" if acked else "given_up" if delivery.attempts else "lost"
        self.changed.fire()
        return acked

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
        for task in list(self._deliveries):
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        for socket in list(self.sockets):
            await socket.ws.close()

    async def _deliver(self, delivery: Delivery, delay: float) -> None:
        for attempt, wait in enumerate((delay, *self.retry_schedule)):
            await self._clock.sleep(wait)
            if await self._attempt(delivery, attempt):
                delivery.outcome = "acked"
                break
            if not delivery.attempts:
                delivery.outcome = "lost"
                break
        else:
            delivery.outcome = "given_up"
        self.changed.fire()

    async def _attempt(self, delivery: Delivery, retry: int) -> bool:
        """Send one envelope to the next socket and wait for its ack."""
        if not self.sockets:
            return False
        self._turn += 1
        socket = self.sockets[self._turn % len(self.sockets)]
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "type": delivery.kind,
            "payload": delivery.body,
            "accepts_response_payload": delivery.accepts_response_payload,
        }
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        sent_at = self._clock()
        attempt = Attempt(envelope["envelope_id"], socket.number, retry)
        delivery.attempts.append(attempt)
        answer = asyncio.get_running_loop().create_future()
        socket.waiting[attempt.envelope_id] = answer
        try:
            async with asyncio.timeout(self.ack_deadline):
                await socket.ws.send_json(envelope)
            attempt.payload = await self._clock.within(self.ack_deadline, answer)
        except (TimeoutError, ConnectionError):
            return False
        finally:
            socket.waiting.pop(attempt.envelope_id, None)
        attempt.acked_after = self._clock() - sent_at
        return True

    def _gone(self, socket: Socket) -> None:
        """Nobody will ack on this socket any more: fail what waits, now."""
        if socket not in self.sockets:
            return
        self.sockets.remove(socket)
        for answer in socket.waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError())
        self.changed.fire()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.sockets) + 1,
            "connection_info": {"app_id": self.app_id},
            "debug_info": {
                "host": "playground",
                "started": f"{self._clock():.3f}",
                "build_number": 1,
                "approximate_connection_time": 18060,
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
