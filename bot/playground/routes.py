"""HTTP around the local Slack: who may ask what, and the wire forms."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.playground.agent_sessions import session_record
from bot.playground.feed import Feed
from bot.playground.file_routes import add_file_routes
from bot.playground.local_slack import LocalSlack
from bot.playground.mishaps import Unknown, befall, present
from bot.playground.model import Json, record
from bot.playground.supervise import Bot
from bot.playground.workspace import channel_record

PAGE = Path(__file__).parent / "page"
# Browsers send cookies to every port of a host: each local Slack has one of its own.
COOKIE = "playground_{port}"
# Acts may hold files, in base64.
MAX_BODY = 16 * 1024 * 1024
KEEP_ALIVE_SECONDS = 15.0

# Agents' text is drawn by the page: it may load nothing but the page's own scripts and styles.
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: https:; object-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

SLACKS_OWN = ("/api/", "/link/", "/actions/", "/commands/", "/upload/", "/files-pri/")

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(slack: LocalSlack, bot: Bot, key: str) -> web.Application:
    """All routes. `key` opens the page and what the page calls; Slack's own have tokens."""
    app = web.Application(middlewares=[_same_site, _page_key(key)], client_max_size=MAX_BODY)
    page = PageRoutes(slack, bot, key)
    app.router.add_route("*", "/api/{method}", _web_api(slack))
    app.router.add_get("/link/", slack.socket_mode.link)
    app.router.add_post("/actions/{team}/{secret}", _response_url(slack))
    app.router.add_post("/commands/{team}/{secret}", _response_url(slack))
    add_file_routes(app, slack, lambda request: _has_key(request, key))
    app.router.add_get("/local/state", page.state)
    app.router.add_get("/local/feed", page.feed)
    app.router.add_post("/local/act", page.act)
    app.router.add_get("/local/fault", page.faults)
    app.router.add_post("/local/fault", page.befall)
    app.router.add_post("/local/bot", page.control)
    app.router.add_get("/", page.enter)
    app.router.add_get("/{path:.+}", page.file)
    return app


# ---- who may ask


@web.middleware
async def _same_site(request: web.Request, handler: Handle) -> web.StreamResponse:
    """Only this machine's own names, and no other website: against DNS rebinding and forgery."""
    port = _port(request)
    hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
    if request.headers.get("Host") not in hosts:
        raise web.HTTPForbidden(text=f"Open this at http://{hosts[0]}/, not by another name.\n")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.headers['Host']}":
        raise web.HTTPForbidden(text="Another website may not use the local Slack.\n")
    return await handler(request)


def _port(request: web.Request) -> int:
    return cast(tuple[str, int], request.get_extra_info("sockname"))[1]


def _cookie(request: web.Request) -> str:
    return COOKIE.format(port=_port(request))


def _page_key(key: str) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: Handle) -> web.StreamResponse:
        """Page paths need the cookie that `/?key=` sets; Slack's own have secrets of their own."""
        if request.path.startswith(SLACKS_OWN):
            return await handler(request)
        entering = request.path == "/" and "key" in request.query
        if not entering and not _has_key(request, key):
            raise web.HTTPForbidden(
                text="Open the address that was printed when the local Slack started.\n"
            )
        response = await handler(request)
        if not response.prepared:
            response.headers.update(PAGE_HEADERS)
        return response

    return check


def _has_key(request: web.Request, key: str) -> bool:
    return _equal(request.cookies.get(_cookie(request), ""), key)


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


# ---- Slack's own


def _web_api(slack: LocalSlack) -> Handle:
    async def handle(request: web.Request) -> web.StreamResponse:
        """One call of the Web API, with what was made to go wrong on the way."""
        name = request.match_info["method"]
        body = await request.read()
        fault = slack.faults.strike(name)
        await slack.now.sleep(fault.latency)
        if fault.drop == "before":
            return _cut(request)
        if fault.status is not None:
            reply = slack.break_call(name, fault.status, fault.retry_after)
        elif fault.error is not None:
            reply = slack.refuse_call(name, fault.error)
        else:
            authorization = request.headers.get("Authorization")
            reply = slack.call(name, authorization, request.query, request.content_type, body)
        if fault.drop == "after":
            return _cut(request)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)

    return handle


def _response_url(slack: LocalSlack) -> Handle:
    async def handle(request: web.Request) -> web.StreamResponse:
        """A post to a response_url: the text `ok`, or why not as JSON."""
        body = await request.read()
        reply = slack.respond(request.match_info["secret"], request.content_type, body)
        if reply.status == 200:
            return web.Response(text="ok")
        return web.json_response(reply.body, status=reply.status)

    return handle


def _cut(request: web.Request) -> web.Response:
    """Break the connection; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


# ---- the page


class PageRoutes:
    """The page's files, its state, its feed, and what it does."""

    def __init__(self, slack: LocalSlack, bot: Bot, key: str) -> None:
        self._slack = slack
        self._bot = bot
        self._key = key

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """The page; with the right key in the query, first a cookie instead of it."""
        given = request.query.get("key")
        if given is None:
            return web.FileResponse(PAGE / "index.html")
        if not _equal(given, self._key):
            raise web.HTTPForbidden(
                text="This key is not of this workspace. Use the address printed.\n"
            )
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(_cookie(request), self._key, httponly=True, samesite="Strict", path="/")
        return response

    async def file(self, request: web.Request) -> web.StreamResponse:
        path = (PAGE / request.match_info["path"]).resolve()
        if not path.is_relative_to(PAGE.resolve()) or not path.is_file():
            raise web.HTTPNotFound(text="There is no such file.\n")
        return web.FileResponse(path)

    async def state(self, request: web.Request) -> web.StreamResponse:
        """Everything the page draws, and the number of the feed's last item in it.

        `modals`: [{user, views (the one on top last), errors {view id: {block_id: sentence}}}], as
        the feed's `modal` items. `apps`: the commands and shortcuts of each install.
        """
        slack = self._slack.workspace
        state: Json = {
            "seq": self._slack.feed.seq,
            "teams": [record(team) for team in slack.teams.values()],
            "users": [record(user) for user in slack.users.values()],
            "bots": [
                {"user_id": i.user_id, "app_id": i.app_id, "name": i.name} for i in slack.installs
            ],
            "channels": [channel_record(channel) for channel in slack.channels.values()],
            "messages": [
                slack.shown(m) for posted in slack.messages.values() for m in posted.values()
            ],
            "ephemerals": [slack.shown_ephemeral(e) for e in slack.ephemerals],
            "sessions": [session_record(session) for session in slack.sessions.values()],
            "homes": [{"user": user, "view": view} for user, view in slack.homes.items()],
            "modals": self._slack.interactivity.screens.as_json(),
            "apps": [
                {"team": i.team_id, "commands": i.commands, "shortcuts": i.shortcuts}
                for i in slack.installs
            ],
            "bot": self._bot.as_json() | {"log": list(self._bot.log)},
        }
        return web.json_response(state)

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Server-Sent Events from Last-Event-ID (or `?after=`) on, else from now on."""
        feed = self._slack.feed
        after = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        seen = int(after) if after.isdecimal() else feed.seq
        response = web.StreamResponse(
            headers={**PAGE_HEADERS, "Content-Type": "text/event-stream; charset=utf-8"}
        )
        await response.prepare(request)
        # A reader that goes away is how every feed ends.
        with suppress(ConnectionError):
            await _follow(feed, seen, response)
        return response

    async def act(self, request: web.Request) -> web.StreamResponse:
        """What a person does: `{"as": user id, "do": word, …}`. Answers `{"ok": true, …}`, or
        `{"ok": false, "error", "message"}`.

        A place is `channel` and `ts`, or `view` (the id of the modal on top), or nothing for the
        Home tab; `element` is a place with `block_id` and `action_id`.

        | `do` | takes | answers |
        |---|---|---|
        | post | channel, text, thread_ts? | ts |
        | upload | channel, files [{name, content in base64}], text?, thread_ts? | ts, files |
        | edit, delete | channel, ts, text (edit) | |
        | react, unreact | channel, ts, name | |
        | stop | channel, thread_ts | |
        | open_home, open_dm | | channel (open_dm) |
        | invite | channel, user | |
        | click | element, value or selected_option where something is chosen | acked |
        | fill | element, value (text, option, id, date; list; null); tells the app if Slack would
          | acked |
        | suggest | element, value (what was typed) | acked, options, option_groups? |
        | submit | view | acked, errors {block_id: sentence}, trouble? |
        | close_modal | view, all? | acked |
        | command | channel, text with the command; not with thread_ts | acked, trouble? |
        | shortcut | shortcut (name or callback_id), channel and ts for one of messages | acked |

        `acked`: whether the app answered in 3 s; `trouble`: it did, with what Slack cannot use.
        """
        return web.json_response(await self._slack.act(await _object(request)))

    async def faults(self, request: web.Request) -> web.StreamResponse:
        """All faults there are, as `befall` answers them."""
        return web.json_response(present(self._slack))

    async def befall(self, request: web.Request) -> web.StreamResponse:
        """Let something go wrong: see `mishaps`."""
        try:
            return web.json_response(await befall(self._slack, await _object(request)))
        except Unknown as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error

    async def control(self, request: web.Request) -> web.StreamResponse:
        """Kill or start the bot; answers what it is then."""
        match (await _object(request)).get("do"):
            case "kill":
                await self._bot.kill()
            case "start":
                await self._bot.start()
            case _:
                raise web.HTTPBadRequest(text='"do" must be "kill" or "start".\n')
        return web.json_response(self._bot.as_json())


async def _follow(feed: Feed, seen: int, response: web.StreamResponse) -> None:
    """Write items as they come, for ever; a comment now and then shows that we live."""
    await response.write(b": hello\n\n")
    while True:
        for number, item in feed.since(seen):
            seen = number
            await response.write(f"id: {number}\ndata: {item}\n\n".encode())
        if seen < feed.seq:
            continue
        try:
            async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                await feed.news.wait()
        except TimeoutError:
            await response.write(b": alive\n\n")


async def _object(request: web.Request) -> Json:
    """The JSON object of a request. Only application/json, which no plain form can send."""
    try:
        body: Any = json.loads(await request.read())
    except ValueError:
        body = None
    if request.content_type != "application/json" or not isinstance(body, dict):
        raise web.HTTPBadRequest(text="A JSON object is needed.\n")
    return cast(Json, body)
