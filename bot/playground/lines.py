"""The lines to all apps of a local Slack: the ways to each, and what is under way to it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.playground.clock import Clock
from bot.playground.delivery import Courier, Transport
from bot.playground.feed import Signal
from bot.playground.http_delivery import HttpDelivery
from bot.playground.model import App
from bot.playground.socket_mode import DisconnectReason, SocketMode


@dataclass(frozen=True, slots=True)
class Line:
    """One app's. Which of the two ways is used is the app's choice."""

    socket_mode: SocketMode
    http: HttpDelivery
    courier: Courier


class Lines:
    """By app id; each is made when it is first asked for. `hosts` are where request URLs may be
    besides this machine; `changed` fires when an app connects, disconnects, or was told something.
    """

    def __init__(
        self,
        apps: Mapping[str, App],
        clock: Clock,
        ack_deadline: float,
        retry_schedule: Sequence[float],
        hosts: Collection[str],
    ) -> None:
        self.changed = Signal()
        self.hosts = hosts
        self._apps = apps
        self._clock = clock
        self._ack_deadline, self._retry_schedule = ack_deadline, retry_schedule
        self._made: dict[str, Line] = {}

    def of(self, app_id: str) -> Line:
        if app_id not in self._made:
            app = self._apps[app_id]
            socket_mode = SocketMode(app_id, self._clock, self.changed)
            http = HttpDelivery(app, self.hosts)
            courier = self.courier(lambda: http if app.request_urls else socket_mode)
            self._made[app_id] = Line(socket_mode, http, courier)
        return self._made[app_id]

    def courier(self, transport: Callable[[], Transport]) -> Courier:
        """One with this Slack's clock, deadline and patience."""
        return Courier(
            transport, self._clock, self.changed, self._ack_deadline, self._retry_schedule
        )

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        """A connection by Socket Mode, of the app its URL was given to."""
        app_id = request.query.get("app_id", "")
        if app_id not in self._apps:
            raise web.HTTPForbidden(text="There is no such app.\n")
        return await self.of(app_id).socket_mode.link(request)

    async def disconnect(self, reason: DisconnectReason) -> None:
        """Tell every socket of every app that it is to go."""
        for line in self._made.values():
            await line.socket_mode.disconnect(reason)

    def drop(self) -> None:
        """Cut every socket of every app."""
        for line in self._made.values():
            line.socket_mode.drop()

    async def close(self) -> None:
        for line in self._made.values():
            await line.courier.close()
            await line.socket_mode.close()
            await line.http.close()
