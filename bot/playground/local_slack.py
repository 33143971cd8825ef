"""The running local Slack without its HTTP: applies calls and acts, tells the app and the page."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.playground import agent_sessions, events
from bot.playground.acts import ACTS, Act, refusal
from bot.playground.arguments import Arguments, read_arguments
from bot.playground.call import AppCall, Call
from bot.playground.clock import Clock
from bot.playground.delivery import ACK_DEADLINE, RETRY_SCHEDULE, Courier
from bot.playground.event_cap import EventCap
from bot.playground.faults import Faults
from bot.playground.feed import Feed
from bot.playground.interactivity import INTERACTIONS, Interactivity
from bot.playground.journal import CallRecord, Delivery, journal_of
from bot.playground.limits import LimitMode, Limits
from bot.playground.lines import Lines
from bot.playground.method import Method
from bot.playground.model import App, Change, Event, Install, Json, Misuse, SlackError
from bot.playground.oauth import Codes
from bot.playground.pings import pings
from bot.playground.response_urls import respond
from bot.playground.socket_mode import SocketMode
from bot.playground.stream_content import StreamRules
from bot.playground.uploads import Uploads
from bot.playground.web_api import (
    app_calling,
    app_named,
    caller,
    method_named,
    perform,
    with_token,
)
from bot.playground.workspace import Workspace

# Between the answer of files.completeUploadExternal and the message with the file.
LATER_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Reply:
    """What the Web API answers: HTTP status, JSON body, headers."""

    status: int
    body: Json
    headers: dict[str, str]


class LocalSlack:
    """One workspace with everything around it, on one clock."""

    def __init__(
        self,
        workspace: Workspace,
        clock: Clock,
        *,
        limits: LimitMode = "standard",
        post_burst: int = 4,
        ack_deadline: float = ACK_DEADLINE,
        retry_schedule: Sequence[float] = RETRY_SCHEDULE,
        journal_size: int | None = None,
        delivery_hosts: Collection[str] = (),
    ) -> None:
        self.workspace = workspace
        self.now = clock
        self.journal = journal_of(journal_size)
        self.faults = Faults()
        self.limits = Limits(limits, post_burst)
        self.streams = StreamRules()
        self.event_cap = EventCap()
        clock.watchers.append(self.catch_up)
        self.feed = Feed(first=int(clock() * 1_000_000))
        self.lines = Lines(workspace.apps, clock, ack_deadline, retry_schedule, delivery_hosts)
        self.link_base = ""
        self.uploads = Uploads()
        self.codes = Codes()
        self._soon: set[asyncio.Task[None]] = set()
        self.interactivity = Interactivity(
            workspace, clock, self.journal, self.interact, self.apply
        )

    async def close(self) -> None:
        """End what is under way."""
        for task in list(self._soon):
            task.cancel()
        await asyncio.gather(*self._soon, return_exceptions=True)
        await self.lines.close()

    # ---- the apps

    @property
    def socket_mode(self) -> SocketMode:
        """The sockets of the first app."""
        return self.lines.of(next(iter(self.workspace.apps))).socket_mode

    @property
    def courier(self) -> Courier:
        """What is under way to the first app."""
        return self.lines.of(next(iter(self.workspace.apps))).courier

    @property
    def is_connected(self) -> bool:
        """Whether the first app has a socket, or is told over HTTP."""
        app = next(iter(self.workspace.apps.values()))
        return app.request_urls is not None or bool(self.socket_mode.sockets)

    def deliver(self, delivery: Delivery, delay: float = 0.0) -> None:
        """Send an event to its app, as often as needed, in the background."""
        self.lines.of(delivery.app_id).courier.send_event(delivery, delay)

    async def interact(self, delivery: Delivery) -> bool:
        """Send an interaction or command to its app, once. True when it was acked in time."""
        return await self.lines.of(delivery.app_id).courier.interact(delivery)

    def catch_up(self) -> None:
        """Let happen what was due: streams break off, statuses fall back."""
        self.apply(agent_sessions.expire(self.workspace, self.now()))

    def apply(self, change: Change) -> None:
        """Tell the page and the apps what an act or call did."""
        for item in change.redraw:
            self.feed.publish(item)
        for event in change.events:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        app = self.workspace.apps[event.app_id]
        # An app that was uninstalled is still told so.
        install = self.workspace.install_ever(event.team_id, event.app_id)
        if install is None or not events.is_for(app, install, event.inner):
            return
        capped = self.limits.mode != "off"
        if capped and not self.event_cap.take(app.id, install.team_id, self.now()):
            self._tell_of_loss(app, install)
            return
        event_id = self.workspace.new_id("Ev")
        body = events.callback(app, install, event_id, event.inner, self.now())
        delay = self.faults.event_delays.pop(0) if self.faults.event_delays else 0.0
        for _ in range(1 + self.faults.duplicate_events):
            self._send(body, delay)

    def _tell_of_loss(self, app: App, install: Install) -> None:
        if app.request_urls is None and not self.event_cap.rules.by_socket:
            return
        minute = self.event_cap.minute_to_tell(app.id, install.team_id, self.now())
        if minute is not None:
            self._send(events.rate_limited(app, install, minute))

    def _send(self, body: Json, delay: float = 0.0) -> None:
        delivery = Delivery(self.now(), "events_api", body)
        self.journal.deliveries.append(delivery)
        self.deliver(delivery, delay)

    def call(
        self,
        name: str,
        authorization: str | None,
        query: Mapping[str, str],
        content_type: str,
        body: bytes,
    ) -> Reply:
        """One Web API call, recorded in the journal."""
        self.catch_up()
        values: Json = {}
        try:
            values = read_arguments(query, content_type, body)
            reply = self._answer(name, authorization, values)
        except SlackError as error:
            reply = _refused(error)
        except Misuse as error:
            self.journal.misuses.append(f"{name}: {error}")
            reply = Reply(200, {"ok": False, "error": "fatal_error"}, {})
        self._record(name, values, reply, app_named(self.workspace, authorization, values))
        return reply

    def respond(self, secret: str, content_type: str, body: bytes) -> Reply:
        """One post to a response_url, recorded in the journal as `response_url`."""
        values: Json = {}
        given = self.interactivity.response_urls.occasions.get(secret)
        app_id = given.install.app_id if given is not None else ""
        try:
            occasion = self.interactivity.response_urls.use(secret, self.now())
            values = read_arguments({}, content_type, body)
            self.apply(respond(self.workspace, occasion, values, self.now()))
            reply = Reply(200, {"ok": True}, {})
        except SlackError as error:
            gone = error.code in ("invalid_url", "expired_url", "used_url")
            reply = replace(_refused(error), status=404 if gone else 400)
        except Misuse as error:
            self.journal.misuses.append(f"response_url: {error}")
            reply = Reply(500, {"ok": False, "error": "fatal_error"}, {})
        self._record("response_url", values, reply, app_id)
        return reply

    def break_call(
        self, name: str, authorization: str | None, status: int, retry_after: int
    ) -> Reply:
        """Answer a call with a failure instead of doing it."""
        if status == 429:
            reply = _rate_limited(retry_after)
        else:
            reply = Reply(status, {"ok": False, "error": "internal_error"}, {})
        self._record(name, {}, reply, app_named(self.workspace, authorization, {}))
        return reply

    def refuse_call(self, name: str, authorization: str | None, error: str) -> Reply:
        """Answer a call with one of Slack's errors instead of doing it."""
        reply = _refused(SlackError(error))
        self._record(name, {}, reply, app_named(self.workspace, authorization, {}))
        return reply

    def cut_call(self, name: str, authorization: str | None) -> None:
        """A call nobody did and nobody answered."""
        app_id = app_named(self.workspace, authorization, {})
        undone = CallRecord(self.now(), name, {}, 0, {}, app_id=app_id, cut="before")
        self.journal.undone.append(undone)
        self.feed.news.fire()

    def _record(self, name: str, values: Json, reply: Reply, app_id: str) -> None:
        made = CallRecord(self.now(), name, values, reply.status, reply.body, app_id=app_id)
        self.journal.calls.append(made)
        self.feed.news.fire()

    async def until(self, holds: Callable[[], object], seconds: float) -> None:
        """Wait until `holds()`, looking again at every change. TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while not holds():
                await self.feed.news.wait()

    async def act(self, request: Json) -> Json:
        """Do what a person does: `{"as": user id, "do": word, …}`. Refusals are answers too."""
        self.catch_up()
        try:
            wanted = Arguments(request)
            user = self.workspace.user(wanted.need("as"))
            word = wanted.need("do")
            if word in INTERACTIONS:
                return {"ok": True, **await INTERACTIONS[word](self.interactivity, user, wanted)}
            if word not in ACTS:
                raise SlackError("unknown_act")
            fields, change = ACTS[word](Act(self.workspace, user, wanted, self.now()))
        except Misuse:
            return refusal(SlackError("invalid_thread_ts"))
        except SlackError as error:
            return refusal(error)
        self.apply(change)
        return {"ok": True, **fields}

    def _answer(self, name: str, authorization: str | None, values: Json) -> Reply:
        method = method_named(name)
        if method.token in ("app", "client"):
            app = app_calling(self.workspace, method, authorization, values)
            return self._answer_app(method, app, with_token(values, authorization))
        install, token = caller(self.workspace, method, authorization, self.now())
        if self.faults.token_error is not None:
            raise SlackError(self.faults.token_error)
        headers = {
            "x-oauth-scopes": ",".join(install.scopes),
            "x-accepted-oauth-scopes": ",".join(method.accepted_scopes),
        }
        channel = str(values.get("channel", ""))
        whose = f"{install.app_id} in {install.team_id}"
        wait = self.limits.refuse_for(method, whose, channel, self.now())
        if wait:
            return _rate_limited(wait)
        call = Call(
            method=method,
            arguments=Arguments(values),
            workspace=self.workspace,
            app=self.workspace.apps[install.app_id],
            install=install,
            token=token,
            now=self.now(),
            triggers=self.interactivity.triggers,
            screens=self.interactivity.screens,
            uploads=self.uploads,
            later=self._later,
            feature_disabled=self.faults.feature_disabled,
            streams=self.streams,
        )
        body, change = perform(call)
        self._note_pings(call, change)
        self.apply(change)
        return Reply(200, body, headers)

    def _answer_app(self, method: Method, app: App, values: Json) -> Reply:
        wait = self.limits.refuse_for(method, app.id, "", self.now())
        if wait:
            return _rate_limited(wait)
        ticket = self.lines.of(app.id).socket_mode.ticket
        body, change = perform(
            AppCall(
                method=method,
                arguments=Arguments(values),
                workspace=self.workspace,
                app=app,
                now=self.now(),
                codes=self.codes,
                new_link=lambda: f"{self.link_base}/link/?ticket={ticket()}&app_id={app.id}",
            )
        )
        self.apply(change)
        return Reply(200, body, {})

    def _later(self, act: Callable[[float], Change]) -> None:
        task = asyncio.create_task(self._soon_do(act), name="do after the answer")
        self._soon.add(task)
        task.add_done_callback(self._soon.discard)

    async def _soon_do(self, act: Callable[[float], Change]) -> None:
        await self.now.sleep(LATER_SECONDS)
        try:
            self.apply(act(self.now()))
        except SlackError as error:
            # The channel may have been archived meanwhile: nobody is answered, but it shows.
            self.journal.failures.append(f"after the answer: {error.code}")
            self.feed.news.fire()

    def _note_pings(self, call: Call, change: Change) -> None:
        message = change.message
        if message is None or message.user != call.bot:
            return
        in_full = call.arguments.text("parse") == "full"
        for whom in pings(message, parsed_in_full=in_full):
            self.journal.note_ping(
                {
                    "method": call.method.name,
                    "channel": message.channel,
                    "ts": message.ts,
                    "whom": whom,
                    "text": message.text,
                }
            )


def _rate_limited(wait: int) -> Reply:
    return Reply(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(wait)})


def _refused(error: SlackError) -> Reply:
    body: Json = {"ok": False, "error": error.code, **error.fields}
    if error.messages:
        body["response_metadata"] = {"messages": list(error.messages)}
    return Reply(200, body, {})
