"""One message on its way to Slack: what is known of it, what a call says, and what is kept then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from bot.core.ids import PartKey, Receipt
from bot.core.ports import Target
from bot.core.views import Priority, TurnView, digest
from bot.slack import history
from bot.slack.audience import Recipient
from bot.slack.outgoing import QUIET
from bot.slack.plan import Append, Delete, MessageStep, Post, Start, Stop, Update
from bot.slack.render import Content, MessageView
from bot.slack.render.turn import without_last_run


@dataclass(slots=True)
class Attempt:
    """One `show` under way. `method` is the likely next call, `permitted` the one a permit is held
    for; `plain` after Slack refused the usual form, `kept` after it did not let us take the message
    away; `since` (epoch seconds) is when the last call was made. `channel` is where the place is; a
    copy elsewhere has a `link` to its thread; `groups` are names of user groups by id."""

    target: Target
    receipt: Receipt | None
    priority: Priority
    method: str
    recipient: Recipient | None = None
    plain: bool = False
    kept: bool = False
    permitted: str = ""
    waits: int = 0
    tries: int = 0
    since: float = 0.0
    channel: str = ""
    link: str = ""
    groups: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> PartKey:
        return self.target.key

    @property
    def name(self) -> str:
        """By which the lane knows the message, before it has a ts."""
        key = self.key
        return f"{self.target.thread} {key.slot} {key.part} {key.place}"


def arguments(attempt: Attempt, step: MessageStep) -> Mapping[str, object]:
    """Those of the call, beside the channel."""
    key, thread_ts = attempt.key, attempt.key.place.thread_ts
    marked = {"metadata": history.metadata(attempt.target.thread.session, key)}
    match step:
        case Post():
            into = {"thread_ts": thread_ts} if thread_ts else {}
            return {**into, **QUIET, **marked, **_said(step.content)}
        case Update():
            edited = {"ts": step.ts, "parse": "none", "link_names": False}
            return {**edited, **marked, **_said(step.content)}
        case Delete():
            return {"ts": step.ts}
        case Start():
            recipient = attempt.recipient.arguments() if attempt.recipient else {}
            begun = {"thread_ts": thread_ts, "task_display_mode": "plan"}
            return {**begun, **recipient, "chunks": [*step.chunks]}
        case Append():
            return {"ts": step.ts, "chunks": [*step.chunks]}
        case Stop():
            ended: dict[str, object] = {"ts": step.ts, "session_status": step.status, **marked}
            if step.chunks:
                ended["chunks"] = [*step.chunks]
            if step.footer:
                ended["blocks"] = [*step.footer]
            return ended
        case _:
            assert_never(step)


def _said(content: Content) -> dict[str, object]:
    return {"text": content.text, "blocks": [*content.blocks]}


def seen(receipt: Receipt | None, view: MessageView) -> Receipt | None:
    """Nothing had to be sent for this view: what it adds cannot be shown yet."""
    if receipt is None or receipt.transport == "message":
        return receipt
    return replace(receipt, shown=digest(view), length=_length(view))


def receipt_of(key: PartKey, ts: str, view: MessageView) -> Receipt:
    return Receipt(key=key, ts=ts, shown=digest(view), length=_length(view))


def edited_length(view: MessageView) -> int:
    """Without what an edit leaves out for now."""
    return len(without_last_run(view)) if isinstance(view, TurnView) else 0


def _length(view: MessageView) -> int:
    return len(view.text) if isinstance(view, TurnView) else 0
