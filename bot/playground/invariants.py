"""What must hold of an app at a Slack, whatever happens: each breach, with the facts."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from bot.playground.delivery import ACK_DEADLINE
from bot.playground.local_slack import LocalSlack
from bot.playground.model import Json

Rule = Literal[
    "nobody is pinged",
    "no stream is left open",
    "no slot is shown twice",
    "no payload is refused",
    "every interaction is acked in time",
    "nothing undefined is done",
]

# What Slack answers to a payload that was built wrong: sending it again cannot help.
REFUSED = frozenset(
    (
        "attachment_payload_limit_exceeded",
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_chunks",
        "invalid_metadata_format",
        "markdown_text_conflict",
        "msg_blocks_too_long",
        "msg_blocks_too_many",
        "msg_too_long",
        "no_text",
        "streaming_mode_mismatch",
        "view_too_large",
    )
)


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that does not hold, and what shows it."""

    rule: Rule
    facts: Json


def breaches(slack: LocalSlack, may_ping: Collection[str] = ()) -> list[Breach]:
    """All there are, from all that was called and delivered, and what is shown now.

    `may_ping` names users (`U…`) the app mentions on its own account. Pings and misuses are kept
    apart from the journal: they are found even if it has forgotten the call.
    """
    return [
        *_pinged(slack, may_ping),
        *_left_open(slack),
        *_shown_twice(slack),
        *_refused(slack),
        *_unacked(slack),
        *(Breach("nothing undefined is done", {"misuse": m}) for m in slack.journal.misuses),
    ]


def _pinged(slack: LocalSlack, may_ping: Collection[str]) -> Iterator[Breach]:
    for ping in slack.journal.pings:
        if ping["whom"].removeprefix("@") not in may_ping:
            yield Breach("nobody is pinged", ping)


def _left_open(slack: LocalSlack) -> Iterator[Breach]:
    """A stream that broke off is left open, too, until the app repairs its message."""
    for posted in slack.workspace.messages.values():
        for message in posted.values():
            if message.streaming_state in ("in_progress", "errored"):
                facts = {"channel": message.channel, "ts": message.ts, "text": message.text}
                yield Breach(
                    "no stream is left open", facts | {"streaming_state": message.streaming_state}
                )


def _shown_twice(slack: LocalSlack) -> Iterator[Breach]:
    shown: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for posted in slack.workspace.messages.values():
        for message in posted.values():
            if message.bot_id is not None and message.metadata:
                slot = json.dumps(message.metadata, sort_keys=True)
                place = (message.channel, message.thread_ts or message.ts)
                shown[(*place, message.bot_id, slot)].append(message.ts)
    for (channel, thread_ts, _, slot), all_ts in shown.items():
        if len(all_ts) > 1:
            facts = {"channel": channel, "thread_ts": thread_ts, "ts": all_ts}
            yield Breach("no slot is shown twice", facts | {"metadata": json.loads(slot)})


def _refused(slack: LocalSlack) -> Iterator[Breach]:
    for call in slack.journal.calls:
        if call.error in REFUSED:
            facts = {"method": call.method, "arguments": call.arguments, "result": call.result}
            yield Breach("no payload is refused", facts)


def _unacked(slack: LocalSlack) -> Iterator[Breach]:
    for delivery in slack.journal.deliveries:
        if delivery.kind in ("events_api", "url_verification"):
            continue
        waited = slack.now() - delivery.at
        took = [attempt.acked_after for attempt in delivery.attempts]
        late = delivery.outcome == "pending" and waited > ACK_DEADLINE
        slow = any(seconds is not None and seconds > ACK_DEADLINE for seconds in took)
        if late or slow or delivery.outcome in ("lost", "given_up"):
            facts = {"kind": delivery.kind, "outcome": delivery.outcome, "acked_after": took}
            yield Breach("every interaction is acked in time", facts | {"body": delivery.body})
