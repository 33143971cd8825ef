"""What happened: every call the app made and everything delivered to it, in order."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.playground.model import Json


@dataclass(slots=True)
class CallRecord:
    """One Web API call. `error` is Slack's code, or None; `at` is the playground's clock."""

    at: float
    method: str
    arguments: Json
    status: int
    result: Json

    @property
    def error(self) -> str | None:
        return self.result.get("error")


@dataclass(slots=True)
class Attempt:
    """One envelope on one socket. `acked_after` in seconds; None if no ack came in time."""

    envelope_id: str
    socket: int
    retry_attempt: int
    acked_after: float | None = None
    payload: Any = None


@dataclass(slots=True)
class Delivery:
    """One event, interaction or command for the app.

    `outcome`: `pending` until an ack (`acked`); `lost` when no socket was up; `given_up` after the
    last try.
    """

    at: float
    kind: Literal["events_api", "interactive", "slash_commands"]
    body: Json
    attempts: list[Attempt] = field(default_factory=lambda: list[Attempt]())
    outcome: Literal["pending", "acked", "lost", "given_up"] = "pending"

    @property
    def event_type(self) -> str:
        """The event's or interaction's type; of a command its word."""
        if self.kind == "events_api":
            return self.body["event"]["type"]
        return self.body.get("type") or self.body["command"]

    @property
    def accepts_response_payload(self) -> bool:
        """Whether the ack may carry something. For block_actions sources differ: it may not."""
        answered = ("view_submission", "block_suggestion")
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

    def called(self, method: str) -> list[CallRecord]:
        return [call for call in self.calls if call.method == method]

    def delivered(self, event_type: str) -> list[Delivery]:
        return [d for d in self.deliveries if d.event_type == event_type]


def journal_of(size: int | None) -> Journal:
    """A journal that keeps the newest `size` calls and deliveries; None keeps all."""
    return Journal(deque(maxlen=size), deque(maxlen=size))
