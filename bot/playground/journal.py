"""What happened: every call the app made and everything delivered to it, in order."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.playground.model import Json


@dataclass(slots=True)
class CallRecord:
    """One Web API call. `error` is Slack's code, or None; `at` is the playground's clock, by which
    the answer `took` so many seconds, latency made by a fault included; None if nobody measured."""

    at: float
    method: str
    arguments: Json
    status: int
    result: Json
    took: float | None = None
    # Whose token or client id it came with, also one that is good no more; empty if nobody's.
    app_id: str = ""
    # The connection was cut, so that the app cannot know: before anything was done, or after.
    cut: Literal["before", "after"] | None = None

    @property
    def error(self) -> str | None:
        return self.result.get("error")


# Why an attempt was not taken, as Slack names it in X-Slack-Retry-Reason.
Failure = Literal[
    "http_timeout",
    "too_many_redirects",
    "connection_failed",
    "ssl_error",
    "http_error",
    "unknown_error",
]


@dataclass(slots=True)
class Attempt:
    """One try: an envelope on a socket, or a request to a URL (`via`). `retry_reason` is why the
    one before failed, `failure` why this one did; `status` is that of HTTP. `acked_after` in
    seconds; None if no ack came in time."""

    retry_attempt: int
    retry_reason: Failure | None = None
    via: str = ""
    envelope_id: str | None = None
    status: int | None = None
    failure: Failure | None = None
    acked_after: float | None = None
    payload: Any = None


@dataclass(slots=True)
class Delivery:
    """One event, interaction or command for an app, or the challenge to a new URL.

    `outcome`: `pending` until an ack (`acked`); `lost` when no socket was up, or no URL set;
    `given_up` after the last try.
    """

    at: float
    kind: Literal["events_api", "interactive", "slash_commands", "url_verification"]
    body: Json
    attempts: list[Attempt] = field(default_factory=lambda: list[Attempt]())
    outcome: Literal["pending", "acked", "lost", "given_up"] = "pending"

    @property
    def app_id(self) -> str:
        """Empty in a challenge."""
        return self.body.get("api_app_id", "")

    @property
    def event_type(self) -> str:
        """The event's or interaction's type; of a command its word."""
        if "event" in self.body:
            return self.body["event"]["type"]
        return self.body.get("type") or self.body["command"]

    @property
    def accepts_response_payload(self) -> bool:
        """Whether the ack may carry something. For block_actions sources differ: it may not."""
        answered = ("view_submission", "block_suggestion", "url_verification")
        return self.kind == "slash_commands" or self.event_type in answered


@dataclass(slots=True)
class Journal:
    """`misuses` are sentences about what the app did that Slack does not define; `failures` are of
    what was to be done after an answer and could not be.
    `pings` are whom its messages would ping: method, channel, ts, whom, text.
    """

    calls: deque[CallRecord]
    deliveries: deque[Delivery]
    misuses: list[str] = field(default_factory=lambda: list[str]())
    pings: list[Json] = field(default_factory=lambda: list[Json]())
    failures: list[str] = field(default_factory=lambda: list[str]())
    # Calls that were cut before anything was done: they never happened.
    undone: deque[CallRecord] = field(default_factory=lambda: deque[CallRecord](maxlen=500))

    def note_ping(self, ping: Json) -> None:
        """As many are kept as calls are."""
        self.pings.append(ping)
        if self.calls.maxlen is not None:
            del self.pings[: -self.calls.maxlen]

    def called(self, method: str) -> list[CallRecord]:
        return [call for call in self.calls if call.method == method]

    def delivered(self, event_type: str) -> list[Delivery]:
        return [d for d in self.deliveries if d.event_type == event_type]


def journal_of(size: int | None) -> Journal:
    """A journal that keeps the newest `size` calls and deliveries; None keeps all."""
    return Journal(deque(maxlen=size), deque(maxlen=size))
