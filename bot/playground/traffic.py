"""The journal as the page follows it: a numbered line for each call and delivery, and its JSON."""

import re
from collections import deque
from collections.abc import Iterator, Reversible
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Any, TypeVar, cast

from bot.playground.feed import Feed
from bot.playground.journal import CallRecord, Delivery, Journal
from bot.playground.model import Json

T = TypeVar("T")

KEPT = 500
HIDDEN = "…"
# Names of fields whose value opens something, in calls, answers and payloads.
SECRETS = frozenset(
    (
        "access_token",
        "app_token",
        "bot_token",
        "client_secret",
        "code",
        "refresh_token",
        "response_url",
        "signing_secret",
        "token",
        "upload_url",
    )
)
_TOKEN = re.compile(r"\b(xox[a-z](?:\.xox[a-z])?|xapp)-[\w-]+")
_TICKET = re.compile(r"(?<=ticket=)[\w-]+")


@dataclass(slots=True)
class _Line:
    number: int
    of: CallRecord | Delivery
    row: Json


class Traffic:
    """Puts what is new in a journal on a feed, as `traffic` items of one row each.

    Nobody need tell it: whoever is about to read the feed lets it `collect` first. It keeps the
    newest 500 rows. A row of a delivery comes again, under its number, when it got further.
    """

    def __init__(self, journal: Journal, feed: Feed) -> None:
        self._journal = journal
        self._feed = feed
        self._lines: deque[_Line] = deque(maxlen=KEPT)
        # The newest of each kind that is known.
        self._last: list[CallRecord | Delivery | None] = [None, None, None]
        self._count = 0

    def collect(self) -> None:
        """Publish rows that are new or have changed since the last time."""
        for line in self._lines:
            if isinstance(line.of, Delivery) and line.row["outcome"] == "pending":
                self._renew(line)
        fresh: list[CallRecord | Delivery] = []
        sources = (self._journal.calls, self._journal.undone, self._journal.deliveries)
        for at, source in enumerate(sources):
            newer = _since(source, self._last[at])
            fresh += newer
            self._last[at] = newer[-1] if newer else self._last[at]
        for record in sorted(fresh, key=lambda record: record.at):
            self._count += 1
            line = _Line(self._count, record, _row(self._count, record))
            self._lines.append(line)
            self._publish(line)

    def rows(self) -> list[Json]:
        """All rows kept, oldest first."""
        return [line.row for line in self._lines]

    def detail(self, number: int) -> Json | None:
        """All that is known of one row, without secrets; None if it is no longer kept."""
        for line in self._lines:
            if line.number == number:
                return cast(Json, without_secrets(asdict(line.of)))
        return None

    def _renew(self, line: _Line) -> None:
        row = _row(line.number, line.of)
        if row != line.row:
            line.row = row
            self._publish(line)

    def _publish(self, line: _Line) -> None:
        self._feed.publish({"type": "traffic", "row": line.row})


def without_secrets(value: Any) -> Any:
    """JSON without tokens and what else opens something, however deep."""
    match value:
        case dict():
            named = cast(Json, value).items()
            return {
                name: HIDDEN if name in SECRETS and isinstance(part, str) else without_secrets(part)
                for name, part in named
            }
        case list() | tuple():
            return [without_secrets(part) for part in cast(list[Any], value)]
        case str():
            return _TICKET.sub(HIDDEN, _TOKEN.sub(rf"\1-{HIDDEN}", value))
        case _:
            return value


def _since(records: Reversible[T], last: object) -> list[T]:
    """Those after `last`, oldest first; all if it is forgotten already."""
    newer: Iterator[T] = takewhile(lambda record: record is not last, reversed(records))
    return list(newer)[::-1]


def _row(number: int, record: CallRecord | Delivery) -> Json:
    """One line: enough to tell what happened. Seconds are of the playground's clock."""
    if isinstance(record, CallRecord):
        values = record.arguments
        channel = values.get("channel") or values.get("channel_id")
        return {
            "number": number,
            "at": record.at,
            "kind": "call",
            "name": record.method,
            "app_id": record.app_id,
            "channel": channel if isinstance(channel, str) else None,
            "status": record.status,
            "error": record.error,
            "took": record.took,
            "cut": record.cut,
        }
    acked = [a.acked_after for a in record.attempts if a.acked_after is not None]
    return {
        "number": number,
        "at": record.at,
        "kind": record.kind,
        "name": record.event_type,
        "app_id": record.app_id,
        "channel": _channel_of(record.body),
        "outcome": record.outcome,
        "attempts": len(record.attempts),
        "took": acked[-1] if acked else None,
    }


def _channel_of(body: Json) -> str | None:
    """Where it happened; the shapes differ: an id, an object, or an item."""
    inside: Json = body.get("event") or body
    places = (inside.get("channel"), inside.get("channel_id"), inside.get("item"))
    for place in places:
        if isinstance(place, dict):
            place = cast(Json, place).get("channel") or cast(Json, place).get("id")
        if isinstance(place, str):
            return place
    return None
