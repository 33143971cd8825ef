"""A Slack that only connects, and does that badly: for what the local Slack does not do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web
from pydantic import SecretStr

from bot.slack.config import SlackConfig


class FragileSlack:
    """`mute` sockets hear nothing and answer no ping; `refusals` counts down handshakes that fail,
    each spending its ticket. `bot_error` and `app_error` are Slack's codes for the two tokens."""

    def __init__(self) -> None:
        self.base_url = ""
        self.mute = False
        self.refusals = 0
        self.bot_error = self.app_error = ""
        self.links_given = self.handshakes = 0
        self.sockets: list[web.WebSocketResponse] = []
        self._tickets: set[str] = set()
        self._over = asyncio.Event()

    @property
    def config(self) -> SlackConfig:
        return SlackConfig(
            bot_token=SecretStr("xoxb-1"), app_token=SecretStr("xapp-1"), api_url=self.base_url
        )

    @property
    def open_sockets(self) -> int:
        return sum(not socket.closed for socket in self.sockets)

    async def drop(self) -> None:
        for socket in self.sockets:
            await socket.close()

    async def auth_test(self, _: web.Request) -> web.Response:
        if self.bot_error:
            return web.json_response({"ok": False, "error": self.bot_error})
        return web.json_response({"ok": True, "team_id": "T1", "user_id": "UBOT", "user": "bot"})

    async def open_link(self, request: web.Request) -> web.Response:
        if self.app_error:
            return web.json_response({"ok": False, "error": self.app_error})
        assert request.headers["Authorization"] == "Bearer xapp-1"
        self.links_given += 1
        self._tickets.add(str(self.links_given))
        url = f"ws://{request.host}/link?ticket={self.links_given}"
        return web.json_response({"ok": True, "url": url})

    async def link(self, request: web.Request) -> web.StreamResponse:
        self.handshakes += 1
        ticket = request.query["ticket"]
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.remove(ticket)
        if self.refusals:
            self.refusals -= 1
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self.sockets.append(socket)
        if self.mute:
            await self._over.wait()
        async for _ in socket:
            pass
        return socket

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[FragileSlack]:
        app = web.Application()
        app.router.add_post("/api/auth.test", self.auth_test)
        app.router.add_post("/api/apps.connections.open", self.open_link)
        app.router.add_get("/link", self.link)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        try:
            yield self
        finally:
            self._over.set()
            await runner.cleanup()
