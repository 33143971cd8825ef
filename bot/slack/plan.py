"""From what Slack shows and what should be shown to the calls that make it so. Pure.

A message is posted once and edited from then on, or it is a native stream: begun, added to while
its content only grows, and stopped with its last words. Whatever cannot be added to a stream ends
it, and is an edit. `Receipt.transport` tells which of the two a part is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final, Literal

from bot.core.ids import Receipt
from bot.core.views import Mark, MarkView, QueueView, Shown, StatusView, TurnView, digest
from bot.slack.lane import APPEND, DELETE, EDIT, POST, START, STOP
from bot.slack.render import Content
from bot.slack.render.blocks import Json
from bot.slack.render.progress import count
from bot.slack.render.stream import Growing, Task

SessionStatus = Literal["processing", "suspended", "active"]


@dataclass(frozen=True, slots=True)
class Post:
    """A new message in the thread."""

    method: ClassVar[str] = POST
    content: Content


@dataclass(frozen=True, slots=True)
class Update:
    """Message `ts` becomes `content`, whole."""

    method: ClassVar[str] = EDIT
    ts: str
    content: Content


@dataclass(frozen=True, slots=True)
class Delete:
    """Message `ts` is no more; doing it again does no harm."""

    method: ClassVar[str] = DELETE
    ts: str


@dataclass(frozen=True, slots=True)
class Start:
    """A new message in the thread, a native stream with `chunks` in it: then it holds `holds`."""

    method: ClassVar[str] = START
    chunks: tuple[Json, ...]
    holds: Growing


@dataclass(frozen=True, slots=True)
class Append:
    """More for the stream `ts`: then it holds `holds`."""

    method: ClassVar[str] = APPEND
    ts: str
    chunks: tuple[Json, ...]
    holds: Growing


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of a stream, with its last chunks and the blocks that stand below them.

    Not `whole`: what it shows then is not all there is to show, or not right; an edit follows, and
    the session is at work until then.
    """

    method: ClassVar[str] = STOP
    ts: str
    status: SessionStatus
    chunks: tuple[Json, ...] = ()
    footer: tuple[Json, ...] = ()
    whole: bool = False


MessageStep = Post | Update | Delete | Start | Append | Stop


@dataclass(frozen=True, slots=True)
class React:
    """Our reaction `name` on message `ts` is there, or not."""

    ts: str
    name: str
    present: bool


@dataclass(frozen=True, slots=True)
class SetStatus:
    """The session's status beside the thread (agents.sessions.setStatus)."""

    status: SessionStatus


QUEUED: Final = "hourglass_flowing_sand"
WORKING: Final = "eyes"
STEERED: Final = "compass"
_MARKS: tuple[Mark, ...] = ("queued", "working", "steered", "none")
_STATUS: dict[str, SessionStatus] = {
    "working": "processing",
    "waiting": "suspended",
    "idle": "active",
}


def plan_message(
    receipt: Receipt | None, shown: Shown, content: Content, *, kept: bool = False
) -> Post | Update | Delete | None:
    """The part as an ordinary message; None when Slack shows this view already, or takes the part
    no more. A list of nothing is no message, unless it has to be `kept`: then it says so."""
    gone = isinstance(shown, QueueView) and not shown.entries
    if receipt is None or not receipt.ts:
        return None if gone else Post(content)
    if receipt.lost or receipt.shown == digest(shown):
        return None
    return Delete(receipt.ts) if gone and not kept else Update(receipt.ts, content)


def plan_start(wanted: Growing) -> Start:
    """Without chunks while there is nothing to begin with."""
    return Start(*_added(None, wanted, ends=False))


def plan_stream(
    ts: str,
    sent: Growing | None,
    wanted: Growing,
    *,
    growing: bool,
    go_on: bool,
    status: SessionStatus,
) -> Append | Stop | None:
    """The next call for the open stream `ts`; None when it shows all that can be shown now.

    `sent` is what it holds; None when that is not known. Without `go_on` the stream ends even if
    its part is still `growing`: what comes later is edited in. `status` is the session's.
    """
    if sent is None or not wanted.text.startswith(sent.text):
        return Stop(ts, "processing" if status == "active" else status)
    if growing and go_on:
        chunks, holds = _added(sent, wanted, ends=False)
        return Append(ts, chunks, holds) if chunks else None
    chunks, _ = _added(sent, wanted, ends=not growing)
    return Stop(ts, status, chunks, () if growing else wanted.footer, whole=True)


def session_status(view: TurnView) -> SessionStatus:
    """What a turn says of its session."""
    if not view.running:
        return _STATUS[view.besides]
    return "suspended" if view.status == "waiting" else "processing"


MOST_TASK_BYTES: Final = 1_500
"""Of a message's room for tasks; what is beyond is only counted in the title over them."""


def _added(
    sent: Growing | None, wanted: Growing, *, ends: bool
) -> tuple[tuple[Json, ...], Growing]:
    """The chunks that are new since `sent`, and what the stream holds with them."""
    sent = sent or Growing("", "")
    tasks = _joined(sent.tasks, wanted.tasks, ends=ends)
    known = {task.id: task for task in sent.tasks}
    changed = [task for task in tasks if task != known.get(task.id)]
    chunks = [_task_chunk(task, known.get(task.id)) for task in changed]
    titled = bool(tasks or sent.urgent or wanted.urgent)
    title = _steps(tasks) if ends and not wanted.tasks else wanted.title
    if titled and title != sent.title:
        chunks.insert(0, {"type": "plan_update", "title": title})
    if text := wanted.text[len(sent.text) :]:
        chunks.append({"type": "markdown_text", "text": text})
    held = Growing(wanted.text, title if titled else "", tasks, sent.urgent or wanted.urgent)
    return tuple(chunks), held


def _joined(sent: tuple[Task, ...], wanted: tuple[Task, ...], *, ends: bool) -> tuple[Task, ...]:
    """Tasks are never taken away, and none is added beyond their room. An output is said once."""
    newest = {task.id: task for task in wanted}
    joined: list[Task] = []
    for old in sent:
        new = newest.pop(old.id, None)
        if new is not None:
            joined.append(replace(new, output=old.output or new.output))
        elif ends and old.status == "in_progress":
            joined.append(replace(old, status="pending"))  # it goes on in the next message
        else:
            joined.append(old)
    room = MOST_TASK_BYTES - sum(task.weight for task in joined)
    for new in newest.values():
        room -= new.weight
        if room < 0:
            break
        joined.append(new)
    return tuple(joined)


def _steps(tasks: tuple[Task, ...]) -> str:
    return count(len(tasks), "step")


def _task_chunk(task: Task, before: Task | None) -> Json:
    chunk: Json = {
        "type": "task_update",
        "id": task.id,
        "title": task.title,
        "status": task.status,
    }
    if task.output and not (before and before.output):
        chunk["output"] = task.output
    return chunk


def plan_mark(receipt: Receipt | None, mark: MarkView, *, with_working: bool) -> tuple[React, ...]:
    """What is added comes first, so that there is a sign at every moment.

    `with_working`: whether work is shown by a reaction; it is not where the status tells it.
    """
    now = _reactions(mark.mark, with_working)
    before = _before(receipt, mark.ts, with_working)
    added = tuple(React(mark.ts, name, True) for name in sorted(now - before))
    return added + tuple(React(mark.ts, name, False) for name in sorted(before - now))


def plan_status(receipt: Receipt | None, status: StatusView) -> SetStatus | None:
    if receipt is not None and receipt.shown == digest(status):
        return None
    return SetStatus(_STATUS[status.status])


def _reactions(mark: str, with_working: bool) -> frozenset[str]:
    if mark == "queued":
        return frozenset({QUEUED})
    if mark == "steered":
        return frozenset({STEERED})
    return frozenset({WORKING} if mark == "working" and with_working else ())


def _before(receipt: Receipt | None, ts: str, with_working: bool) -> frozenset[str]:
    """The reactions a receipt stands for; all we ever give where it is not known."""
    if receipt is None:
        return frozenset()
    for mark in _MARKS:
        if receipt.shown == digest(MarkView(ts=ts, mark=mark)):
            return _reactions(mark, with_working)
    return frozenset(sign for mark in _MARKS for sign in _reactions(mark, with_working))
