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

from bot.playground.feed import Feed
from bot.playground.file_routes import add_file_routes
from bot.playground.local_slack import LocalSlack
from bot.playground.mishaps import Unknown, befall, present
from bot.playground.model import Json
from bot.playground.oauth_routes import add_oauth_routes
from bot.playground.page_state import earlier, first_state, oversight
from bot.playground.supervise import Bot
from bot.playground.traffic import Traffic
from bot.playground.workspace import Workspace

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

LINK = "/link/"
SLACKS_OWN = ("/api/", LINK, "/actions/", "/commands/", "/upload/", "/files-pri/", "/oauth/")

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(slack: LocalSlack, bot: Bot, key: str) -> web.Application:
    """All routes. `key` opens the page and what the page calls; Slack's own have tokens."""
    app = web.Application(middlewares=[_same_site, _page_key(key)], client_max_size=MAX_BODY)
    page = PageRoutes(slack, bot, key)
    app.router.add_route("*", "/api/{method}", _web_api(slack))
    app.router.add_get(LINK, slack.lines.link)
    app.router.add_post("/actions/{team}/{secret}", _response_url(slack))
    app.router.add_post("/commands/{team}/{secret}", _response_url(slack))
    add_file_routes(app, slack, lambda request: _has_key(request, key))
    add_oauth_routes(app, slack, lambda request: _has_key(request, key))
    app.router.add_get("/local/state", page.state)
    app.router.add_get("/local/feed", page.feed)
    app.router.add_get("/local/messages", page.messages)
    app.router.add_get(r"/local/traffic/{number:\d{1,9}}", page.traffic)
    app.router.add_get("/local/oversight", page.oversight)
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
    hosts = [f"127.0.0.1:{port}", f"localhost:{port}"]
    # slack_sdk's own Socket Mode client, the one of Bolt without asyncio, names no port.
    bare = ["127.0.0.1", "localhost"] if request.path == LINK else []
    if request.headers.get("Host") not in hosts + bare:
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
        authorization = request.headers.get("Authorization")
        body = await request.read()
        began = slack.now()
        fault = slack.faults.strike(name)
        await slack.now.sleep(fault.latency)
        if fault.drop == "before":
            slack.cut_call(name, authorization)
            return _cut(request)
        if fault.status is not None:
            reply = slack.break_call(name, authorization, fault.status, fault.retry_after)
        elif fault.error is not None:
            reply = slack.refuse_call(name, authorization, fault.error)
        else:
            reply = slack.call(name, authorization, request.query, request.content_type, body)
        record = slack.journal.calls[-1]
        record.took, record.cut = slack.now() - began, fault.drop
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
        self._traffic = Traffic(slack.journal, slack.feed)
        self._roster = _roster(slack.workspace)

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
        """What the page draws, and the number of the feed's last item in it: see `first_state`.

        `traffic`: the rows of the journal, as the feed's `traffic` items.
        `modals`: [{user, views (the one on top last), errors {view id: {block_id: sentence}}}], as
        the feed's `modal` items. `apps`: the commands and shortcuts of each install.
        """
        self._notice()
        state = first_state(self._slack, self._bot)
        return web.json_response(state | {"traffic": self._traffic.rows()})

    def _notice(self) -> None:
        """Put on the feed what nobody tells it: traffic, and new workspaces, people and apps, which
        a page learns of by loading all anew."""
        self._traffic.collect()
        roster = _roster(self._slack.workspace)
        if roster != self._roster:
            self._roster = roster
            self._slack.feed.publish({"type": "reset"})

    async def messages(self, request: web.Request) -> web.StreamResponse:
        """Earlier ones of `?channel=`, or of its thread `&thread=`, from `&before=` a ts on: see
        `earlier`."""
        query = request.query
        try:
            found = earlier(
                self._slack.workspace,
                query.get("channel", ""),
                query.get("thread"),
                query.get("before", ""),
            )
        except ValueError as error:
            raise web.HTTPBadRequest(text="before must be a ts\n") from error
        return web.json_response(found)

    async def traffic(self, request: web.Request) -> web.StreamResponse:
        """One call or delivery whole, without secrets."""
        found = self._traffic.detail(int(request.match_info["number"]))
        if found is None:
            raise web.HTTPNotFound(text="That is no longer kept.\n")
        return web.json_response(found)

    async def oversight(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(oversight(self._slack))

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
            await _follow(feed, self._notice, seen, response)
        return response

    async def act(self, request: web.Request) -> web.StreamResponse:
        """What a person does: `{"as": user id, "do": word, …}`. Answers `{"ok": true, …}`, or
        `{"ok": false, "error", "message"}`.

        A place is `channel` and `ts`, or `view` (the id of the modal on top), or nothing for the
        Home tab; `element` is a place with `block_id` and `action_id`.

        | `do` | takes | answers |
        |---|---|---|
        | post | channel, text, thread_ts?, reply_broadcast? (in the channel, too) | ts |
        | upload | channel, files [{name, content in base64}], text?, thread_ts?,
          reply_broadcast? | ts, files |
        | upload | files, for a file_input | files |
        | edit, delete | channel, ts, text (edit) | |
        | react, unreact | channel, ts, name | |
        | stop | channel, thread_ts | |
        | open_home, open_dm | | channel (open_dm) |
        | invite | channel, user | |
        | click | element, value or selected_option where something is chosen | acked |
        | fill | element, value (text, option, id, date; list; null), typing? (still at it: the
          app is not told); tells the app if Slack would | acked |
        | suggest | element, value (what was typed) | acked, options, option_groups? |
        | submit | view | acked, errors {block_id: sentence}, trouble? |
        | close_modal | view, all? | acked |
        | command | channel, text with the command; not with thread_ts | acked, trouble? |
        | shortcut | shortcut (name or callback_id), channel and ts for one of messages | acked |

        `acked`: whether the app answered in 3 s; `trouble`: why it did not, or why Slack cannot use
        what it answered.
        """
        return web.json_response(await self._slack.act(await _object(request)))

    async def faults(self, request: web.Request) -> web.StreamResponse:
        """All faults there are, as `befall` answers them."""
        return web.json_response(present(self._slack))

    async def befall(self, request: web.Request) -> web.StreamResponse:
        """Let something go wrong: see `mishaps`."""
        try:
            now = await befall(self._slack, await _object(request))
        except Unknown as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        self._slack.feed.publish({"type": "faults", "faults": now})
        return web.json_response(now)

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


def _roster(workspace: Workspace) -> tuple[int, int, int]:
    """What is different when a workspace, a person or an app is new."""
    return len(workspace.teams), len(workspace.users), len(workspace.installs)


async def _follow(
    feed: Feed, notice: Callable[[], None], seen: int, response: web.StreamResponse
) -> None:
    """Write items as they come, for ever; a comment now and then shows that we live.

    An id at once, without an item: a reader who is cut off before the first one knows it.
    """
    await response.write(f"id: {seen}\n\n".encode())
    while True:
        notice()
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
