"""An agent-webkit server with its real habits, whose agent does what was recorded.

A prompt names the traces that may be played (`trace:tool-allowed|tool-denied`); what is posted next
decides which of them goes on. Anything else is answered with an echo. Faults are switches.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.agents.servers.traces import Event, Sent, Step, read_trace

TOKEN = "test-token"
RESPONSES = {"permission_response", "question_response"}


@dataclass(slots=True)
class Faults:
    """`per_stream`: frames after which each stream is cut. `quiet`: seconds until a silent stream
    is ended. `withheld`: events only a new stream tells. `unsendable`: events every stream is cut
    at. `ring`: events kept. `hole`: ids a live stream leaves out. `lose_replies`: inputs taken
    whose reply is cut. `status`: what inputs are refused with. `creating`: when sessions are made.
    `opening`: when streams are opened. `delay`: when inputs are taken. `hangs`: sessions whose
    inputs are never taken."""

    per_stream: int | None = None
    quiet: float = 15.0
    withheld: set[str] = field(default_factory=set[str])
    unsendable: set[str] = field(default_factory=set[str])
    ring: int = 1000
    hole: set[int] = field(default_factory=set[int])
    lose_replies: int = 0
    status: int | None = None
    creating: asyncio.Event | None = None
    opening: asyncio.Event | None = None
    delay: asyncio.Event | None = None
    hangs: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class Play:
    """One prompt's traces and how far they have been played."""

    traces: list[tuple[Step, ...]]
    at: int
    number: int
    said: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class FakeSession:
    """`pending` are the ids of what was asked, and whether that outlives the turn."""

    log: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])
    inputs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    created_with: dict[str, Any] = field(default_factory=dict[str, Any])
    queue: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    pending: dict[str, bool] = field(default_factory=dict[str, bool])
    play: Play | None = None
    plays: int = 0
    over: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def append(self, name: str, data: str) -> None:
        self.log.append((len(self.log) + 1, name, data))
        self.news.set()
        self.news = asyncio.Event()

    @property
    def newest(self) -> int:
        return len(self.log)


class FakeWebkit:
    """State and routes. `streams` counts connections now open, `opened` all there were."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.sessions: dict[str, FakeSession] = {}
        self.made = 0
        self.streams = 0
        self.cursors: list[str | None] = []

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64_000_000)
        app.router.add_post("/base/sessions", self._create)
        app.router.add_get("/base/sessions/{id}/stream", self._stream)
        app.router.add_post("/base/sessions/{id}/input", self._input)
        app.router.add_delete("/base/sessions/{id}", self._delete)
        return app

    def restart(self) -> None:
        """Everything is forgotten, as in the real server's memory."""
        for session in self.sessions.values():
            session.over = True
            session.news.set()
        self.sessions.clear()

    def say(self, session: str, name: str, data: Any) -> None:
        self.sessions[session].append(name, json.dumps(data))

    # --- routes -----------------------------------------------------------------------------------

    def _allowed(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not given.startswith("Bearer "):
            raise _refuse(401, "Missing bearer token")
        if given != f"Bearer {TOKEN}":
            raise _refuse(401, "Invalid token")

    def _session(self, request: web.Request) -> FakeSession:
        self._allowed(request)
        session = self.sessions.get(request.match_info["id"])
        if session is None:
            raise _refuse(404, "Session not found")
        return session

    async def _create(self, request: web.Request) -> web.Response:
        self._allowed(request)
        body = await request.json()
        if self.faults.creating is not None:
            await self.faults.creating.wait()
        if body.get("cwd") == "/nowhere":
            return web.Response(status=500, text="Internal Server Error")
        self.made += 1
        name = f"session-{self.made}"
        session = self.sessions[name] = FakeSession(created_with=body)
        session.append("session_ready", json.dumps({"session_id": name}))
        return web.json_response({"session_id": name, "protocol_version": "1.0"})

    async def _delete(self, request: web.Request) -> web.Response:
        self._allowed(request)
        session = self.sessions.pop(request.match_info["id"], None)
        if session is not None:
            session.append("done", "{}")
        return web.Response(status=204)

    async def _input(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if self.faults.status is not None:
            return web.Response(status=self.faults.status)
        body = await request.json()
        if request.match_info["id"] in self.faults.hangs:
            await asyncio.Event().wait()
        if self.faults.delay is not None:
            await self.faults.delay.wait()
        if body["type"] in RESPONSES:
            if body["correlation_id"] not in session.pending:
                raise _refuse(409, "No pending permission for that correlation_id")
            del session.pending[body["correlation_id"]]
        session.inputs.append(body)
        self._take(session, body)
        if self.faults.lose_replies:
            self.faults.lose_replies -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=204)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if self.faults.opening is not None:
            await self.faults.opening.wait()
        cursor = request.headers.get("Last-Event-ID")
        self.cursors.append(cursor)
        after, oldest = int(cursor or 0), max(1, session.newest - self.faults.ring + 1)
        if cursor and after and after < oldest - 1:
            raise _refuse(412, f"Last-Event-ID {after} evicted; oldest available is {oldest}")
        response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        self.streams += 1
        try:
            await self._send(session, response, request, max(after, oldest - 1))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.streams -= 1
        return response

    async def _send(
        self, session: FakeSession, response: web.StreamResponse, request: web.Request, after: int
    ) -> None:
        sent, live_from = 0, session.newest
        while True:
            news = session.news
            while after < session.newest:
                number, name, data = session.log[after]
                if number > live_from and name in self.faults.withheld:
                    break
                after += 1
                if number > live_from and number in self.faults.hole:
                    continue
                cut = name in self.faults.unsendable or sent == self.faults.per_stream
                if cut:
                    assert request.transport is not None
                    return request.transport.close()
                frame = f"id: {number}\nevent: {name}\ndata: {data}\n\n"
                await response.write(frame.encode("utf-8", "surrogatepass"))
                sent += 1
                if name == "done":
                    return None
            try:
                async with asyncio.timeout(self.faults.quiet):
                    await news.wait()
            except TimeoutError:
                await response.write(b": keepalive\n\n")
                return None
            if session.over:
                return None

    # --- the agent --------------------------------------------------------------------------------

    def _take(self, session: FakeSession, body: dict[str, Any]) -> None:
        if body["type"] == "user_message":
            session.queue.append(body)
            if session.play is None:
                self._begin(session)
        elif session.play is not None and body["type"] in RESPONSES | {"interrupt"}:
            self._go_on(session, body)

    def _begin(self, session: FakeSession) -> None:
        while session.queue and session.play is None:
            content = session.queue.pop(0)["content"]
            text = content if isinstance(content, str) else content[0].get("text", "")
            session.plays += 1
            said = text.partition("trace:")[2].split()
            if not said:
                self._echo(session, text)
                continue
            traces = [_after_prompt(read_trace(name)) for name in said[0].split("|")]
            session.play = Play(traces, 0, session.plays)
            self._advance(session)

    def _echo(self, session: FakeSession, text: str) -> None:
        number = f"echo-{session.plays}"
        said = [{"type": "text", "text": f"You said: {text}"}]
        message = {"id": number, "role": "assistant", "content": said, "model": "fake"}
        session.append("message_complete", json.dumps({"message_id": number, "message": message}))
        session.append("result", json.dumps({"session_id": "x", "subtype": "success"}))

    def _go_on(self, session: FakeSession, body: dict[str, Any]) -> None:
        play = session.play
        assert play is not None
        nth = sum(isinstance(step, Sent) for step in play.traces[0][: play.at])
        fitting = [trace for trace in play.traces if _fits(trace, nth, body)]
        if not fitting:
            return
        play.traces, play.at = fitting, _place(fitting[0], nth)
        recorded = fitting[0][play.at]
        assert isinstance(recorded, Sent)
        for key in ("message", "updated_input"):
            old, new = recorded.body.get(key), body.get(key)
            if isinstance(old, str) and isinstance(new, str):
                play.said[old] = new
        if "correlation_id" in body:  # the traces agree on the story, not on its names
            recorded_name = f"{recorded.body['correlation_id']}-{play.number}"
            play.said[recorded_name] = body["correlation_id"]
        play.at += 1
        self._advance(session)

    def _advance(self, session: FakeSession) -> None:
        """Until the recorded client did something. A turn that ended is over for this trace, unless
        the agent went on by itself."""
        play = session.play
        assert play is not None
        trace = play.traces[0]
        while play.at < len(trace):
            step = trace[play.at]
            if isinstance(step, Sent):
                if step.body["type"] in RESPONSES | {"interrupt"}:
                    return
                break
            if step.name == "done":
                break
            self._tell(session, play, step)
            play.at += 1
        session.play = None
        self._begin(session)

    def _tell(self, session: FakeSession, play: Play, step: Event) -> None:
        data = json.dumps(_renamed(step.data, play.number))
        for old, new in play.said.items():
            data = data.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
        if step.name in ("permission_request", "ask_user_question"):
            asked = json.loads(data)
            background = "agent_id" in asked.get("context", {})
            session.pending[asked["correlation_id"]] = background
        if step.name == "result":
            session.pending = {name: True for name, late in session.pending.items() if late}
        session.append(step.name, data)


NAMES = {"message_id", "tool_use_id", "correlation_id", "id"}


def _renamed(data: Any, number: int) -> Any:
    """Under names of its own, so that a trace may be played twice in one session."""
    if isinstance(data, list):
        return [_renamed(item, number) for item in data]
    if not isinstance(data, dict):
        return data
    return {
        key: f"{value}-{number}" if key in NAMES else _renamed(value, number)
        for key, value in data.items()
    }


def _after_prompt(trace: tuple[Step, ...]) -> tuple[Step, ...]:
    first = next(n for n, s in enumerate(trace) if isinstance(s, Sent) and "content" in s.body)
    return trace[first + 1 :]


def _place(trace: tuple[Step, ...], nth: int) -> int:
    """Where the client does something for the `nth` time after the prompt; the end if never."""
    places = [number for number, step in enumerate(trace) if isinstance(step, Sent)]
    return places[nth] if nth < len(places) else len(trace)


def _fits(trace: tuple[Step, ...], nth: int, body: dict[str, Any]) -> bool:
    at = _place(trace, nth)
    step = trace[at] if at < len(trace) else None
    if not isinstance(step, Sent):
        return False
    same = ("type", "behavior", "interrupt")
    return all(step.body.get(key) == body.get(key) for key in same)


def _refuse(status: int, detail: str) -> web.HTTPException:
    kind = {401: web.HTTPUnauthorized, 404: web.HTTPNotFound, 409: web.HTTPConflict}.get(
        status, web.HTTPPreconditionFailed
    )
    return kind(text=json.dumps({"detail": detail}), content_type="application/json")


@asynccontextmanager
async def serving(fake: FakeWebkit, port: int = 0) -> AsyncGenerator[str]:
    """The base URL of the fake, on loopback, below a path of its own."""
    runner = web.AppRunner(fake.app(), shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/base"
    finally:
        await runner.cleanup()
