"""What a stream holds: chunks taken in, their sizes, and how they look as a message. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.playground.blocks import words
from bot.playground.model import ChannelKind, Json, SlackError
from bot.playground.schema import listing, one_of, shape, string, typed, wrong
from bot.playground.validate import MARKDOWN_SUM, MESSAGE_BLOCKS, require_blocks

Mode = Literal["markdown_text", "chunks"]


def _object(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield wrong("must be an object", at)


_ANY = string(40_000, 0)
_SOURCE = typed(
    {"url": shape({"url": string(3000), "text": string(3000)}, {"icon_url": string(3000)})}
)
_CHUNKS = listing(
    typed(
        {
            "markdown_text": shape({"text": string(40_000)}, {}),
            "task_update": shape(
                {
                    "id": string(255),
                    "title": string(40_000),
                    "status": one_of("pending", "in_progress", "complete", "error"),
                },
                {"details": _ANY, "output": _ANY, "sources": listing(_SOURCE, 100, 0)},
            ),
            "plan_update": shape({"title": string(40_000)}, {}),
            # The blocks themselves have errors of their own.
            "blocks": shape({"blocks": listing(_object, 1000)}, {}),
        }
    ),
    1000,
    0,
)


@dataclass(frozen=True, slots=True)
class StreamRules:
    """What Slack does not document, as it was measured, the stricter reading each.

    `lifetime` (seconds) counts from the start, or from the last append if `idle`. A message holds
    `text_bytes` of UTF-8; with tasks, `weight`: titles + text + twice the details and outputs, and
    `rows` of tasks. `kinds` of channels take streams at all. `unique_titles`: no two open agent
    sessions of a channel may be renamed to the same title.
    """

    lifetime: float = 300.0
    idle: bool = False
    text_bytes: int = 11_600
    weight: int = 10_600
    rows: int = 50
    unique_titles: bool = True
    kinds: tuple[ChannelKind, ...] = ("channel", "group", "im", "mpim")


DEFAULT_RULES = StreamRules()


def _no_parts() -> list[Json]:
    return []


@dataclass(slots=True)
class Stream:
    """An open stream: `parts` are its chunks, each task once and neighbouring texts joined.

    `full` once something did not fit any more: from then on, nothing does.
    """

    channel: str
    ts: str
    thread_ts: str
    until: float
    plan: bool = False
    mode: Mode | None = None
    title: str = ""
    parts: list[Json] = field(default_factory=_no_parts)
    full: bool = False


def require_chunks(chunks: list[Json]) -> None:
    """Raise Slack's error for chunks that it would refuse."""
    problems = tuple(_CHUNKS(chunks, "/chunks"))
    if problems:
        raise SlackError("invalid_chunks", problems)
    if sum(len(c["text"]) for c in chunks if c["type"] == "markdown_text") > MARKDOWN_SUM:
        raise SlackError("msg_too_long")
    for chunk in chunks:
        if chunk["type"] == "blocks":
            require_stream_blocks(chunk["blocks"])


def require_stream_blocks(blocks: list[Json]) -> None:
    if len(blocks) > MESSAGE_BLOCKS:
        raise SlackError("msg_blocks_too_many")
    if any(block.get("type") == "file" for block in blocks):
        raise SlackError("internal_error")
    require_blocks(blocks)


def taken_in(stream: Stream, mode: Mode | None, chunks: Sequence[Json]) -> Stream:
    """The stream with these chunks in it: a task's title and status replace what they were, its
    details and output are added to what is there. `streaming_mode_mismatch` for the other mode."""
    if mode is not None and stream.mode not in (None, mode):
        raise SlackError("streaming_mode_mismatch")
    parts, title = [*stream.parts], stream.title
    for chunk in chunks:
        if chunk["type"] == "plan_update":
            title = chunk["title"]
        else:
            _MERGES[chunk["type"]](parts, chunk)
    return replace(stream, mode=stream.mode or mode, parts=parts, title=title)


def _add_text(parts: list[Json], chunk: Json) -> None:
    if parts and parts[-1]["type"] == "markdown_text":
        parts[-1] = {**chunk, "text": parts[-1]["text"] + chunk["text"]}
    else:
        parts.append(chunk)


def _add_task(parts: list[Json], chunk: Json) -> None:
    for i, part in enumerate(parts):
        if part["type"] == "task_update" and part["id"] == chunk["id"]:
            longer = {
                key: part.get(key, "") + chunk.get(key, "")
                for key in ("details", "output")
                if key in part or key in chunk
            }
            parts[i] = {**part, **chunk, **longer}
            return
    parts.append(chunk)


_MERGES: dict[str, Callable[[list[Json], Json], None]] = {
    "markdown_text": _add_text,
    "task_update": _add_task,
    "blocks": lambda parts, chunk: parts.append(chunk),
}


def require_room(stream: Stream, rules: StreamRules, final: Sequence[Json] = ()) -> None:
    """Raise Slack's error for a stream that has become too long, `final` blocks included."""
    tasks = [part for part in stream.parts if part["type"] == "task_update"]
    if len(tasks) > rules.rows or len(rendered(stream)) + len(final) > MESSAGE_BLOCKS:
        raise SlackError("msg_blocks_too_many")
    weight = _bytes(stream.title) + sum(map(_weight, stream.parts)) + _bytes(words([*final]))
    if weight > (rules.weight if tasks else rules.text_bytes):
        raise SlackError("msg_too_long")


def _weight(part: Json) -> int:
    match part["type"]:
        case "task_update":
            doubled = _bytes(part.get("details", "")) + _bytes(part.get("output", ""))
            return _bytes(part["title"]) + 2 * doubled
        case "blocks":
            return _bytes(words(part["blocks"]))
        case _:
            return _bytes(part["text"])


def _bytes(text: str) -> int:
    return len(text.encode())


def text_of(stream: Stream) -> str:
    """The words that were streamed, as mrkdwn: the form in which Slack gives them back."""
    texts = [part["text"] for part in stream.parts if part["type"] == "markdown_text"]
    return mrkdwn("\n".join(texts))


def rendered(stream: Stream) -> list[Json]:
    """The parts as blocks, in their order; in plan mode all tasks are in one plan, at the first."""
    return list(_rendered(stream))


def _rendered(stream: Stream) -> Iterator[Json]:
    cards = [_card(part) for part in stream.parts if part["type"] == "task_update"]
    planned = False
    if stream.plan and stream.title and not cards:
        yield {"type": "plan", "title": stream.title, "tasks": []}
    for part in stream.parts:
        if part["type"] == "markdown_text":
            yield {"type": "markdown", "text": part["text"]}
        elif part["type"] == "blocks":
            yield from part["blocks"]
        elif not stream.plan:
            yield _card(part)
        elif not planned:
            planned = True
            yield {"type": "plan", "title": stream.title or "Plan", "tasks": cards}


def _card(task: Json) -> Json:
    card: Json = {
        "type": "task_card",
        "task_id": task["id"],
        "title": task["title"],
        "status": task["status"],
    }
    card |= {key: _rich(task[key]) for key in ("details", "output") if task.get(key)}
    return card | ({"sources": task["sources"]} if task.get("sources") else {})


def _rich(text: str) -> Json:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]+`)", re.DOTALL)
# One pass, so that what became mrkdwn is not read as markdown again.
_MARKDOWN = re.compile(
    r"(?P<strong>\*\*|__)(?P<bold>\S(?:.*?\S)?)(?P=strong)"
    r"|(?<![\w*])\*(?P<italic>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|~~(?P<strike>[^~\n]+)~~"
    r"|!?\[(?P<label>[^\]\n]*)\]\((?P<url>https?://[^\s)]+)\)"
    r"|^#{1,6}[ ]+(?P<heading>.+?)[ ]*$",
    re.MULTILINE,
)


def mrkdwn(text: str) -> str:
    """Standard markdown in Slack's own notation; code stays as it is."""
    pieces = _CODE.split(text)
    return "".join(p if i % 2 else _MARKDOWN.sub(_slacked, p) for i, p in enumerate(pieces))


def _slacked(found: re.Match[str]) -> str:
    if found["url"]:
        return f"<{found['url']}|{found['label']}>" if found["label"] else f"<{found['url']}>"
    for name, sign in (("bold", "*"), ("italic", "_"), ("strike", "~"), ("heading", "*")):
        if found[name]:
            return f"{sign}{found[name]}{sign}"
    return found[0]
