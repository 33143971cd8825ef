"""The life of a streamed message: open, then completed, stopped by a reader, or broken.

The states are ours to name: Slack documents `streaming_state` without its values.
"""

from dataclasses import replace
from itertools import count

from bot.playground import posting
from bot.playground.blocks import named
from bot.playground.model import Change, Channel, Json, Message, SlackError, StreamingState
from bot.playground.stream_content import (
    Mode,
    Stream,
    StreamRules,
    rendered,
    require_room,
    taken_in,
    text_of,
)
from bot.playground.workspace import Workspace

_BROKEN = "Something went wrong. This message was not finished in time."


def start(
    workspace: Workspace,
    bot: str,
    channel_id: str,
    thread_ts: str,
    now: float,
    rules: StreamRules,
    *,
    plan: bool = False,
    content: tuple[Mode | None, list[Json]] = (None, []),
    look: Json | None = None,
) -> Change:
    """Post a message that grows. It may begin with nothing, as slack_sdk's helper does it."""
    channel = workspace.channel_open_to(bot, channel_id)
    if channel.kind not in rules.kinds:
        raise SlackError("channel_type_not_supported")
    opened = Stream(channel_id, "", thread_ts, now + rules.lifetime, plan)
    opened = taken_in(opened, *content)
    require_room(opened, rules)
    change = posting.post(
        workspace,
        bot,
        channel_id,
        text_of(opened),
        now,
        thread_ts=thread_ts,
        blocks=_blocks(opened),
        streaming=True,
        look=look,
    )
    if change.message is not None:
        key = (channel_id, change.message.ts)
        workspace.streams[key] = replace(opened, ts=change.message.ts)
    return change


def append(
    workspace: Workspace,
    bot: str,
    place: tuple[str, str],
    now: float,
    rules: StreamRules,
    content: tuple[Mode | None, list[Json]],
) -> Change:
    """Let it grow. The app hears of it when it is complete; the page sees it at once."""
    _, message, stream = _opened(workspace, bot, place, "stopped_by_user")
    grown = _grown(stream, rules, content)
    if rules.idle:
        grown.until = now + rules.lifetime
    workspace.streams[place] = grown
    message.text, message.blocks = text_of(grown), _blocks(grown)
    redraw: Json = {"type": "message_changed", "message": workspace.shown(message)}
    return Change(redraw=(redraw,), message=message)


def stop(
    workspace: Workspace,
    bot: str,
    place: tuple[str, str],
    now: float,
    rules: StreamRules,
    content: tuple[Mode | None, list[Json]],
    *,
    blocks: list[Json] | None = None,
    metadata: Json | None = None,
) -> Change:
    """The last content, then `blocks` at the bottom: an ordinary message from then on."""
    channel, message, stream = _opened(workspace, bot, place, "message_not_in_streaming_state")
    grown = _grown(stream, rules, content, blocks or [])
    previous = workspace.shown(message)
    message.text = text_of(grown)
    message.blocks = [*(_blocks(grown) or []), *named(blocks or [], workspace.new_id)] or None
    message.metadata = metadata or None
    return _ended(workspace, channel, message, previous, now, "completed")


def halt(
    workspace: Workspace, channel_id: str, thread_ts: str, now: float
) -> tuple[list[str], Change]:
    """End the streams of a thread because a reader wants it: their ts, and what changed."""
    ended = [
        stream.ts
        for stream in workspace.streams.values()
        if (stream.channel, stream.thread_ts) == (channel_id, thread_ts)
    ]
    change = Change()
    for ts in ended:
        message = workspace.message(channel_id, ts)
        channel, previous = workspace.channels[channel_id], workspace.shown(message)
        change += _ended(workspace, channel, message, previous, now, "stopped")
    return ended, change


def expire(workspace: Workspace, now: float) -> tuple[list[Stream], Change]:
    """Break the streams whose time is over: those streams, and what changed."""
    over = [stream for stream in workspace.streams.values() if stream.until <= now]
    change = Change()
    for stream in over:
        message = workspace.message(stream.channel, stream.ts)
        channel, previous = workspace.channels[stream.channel], workspace.shown(message)
        broken: Json = {"type": "section", "text": {"type": "plain_text", "text": _BROKEN}}
        message.blocks = named([broken], workspace.new_id)
        change += _ended(workspace, channel, message, previous, now, "errored")
    return over, change


def _opened(
    workspace: Workspace, bot: str, place: tuple[str, str], after_a_stop: str
) -> tuple[Channel, Message, Stream]:
    channel = workspace.channel_open_to(bot, place[0])
    message = workspace.message(*place)
    if message.user != bot:
        raise SlackError("message_not_owned_by_app")
    stream = workspace.streams.get(place)
    if stream is None:
        stopped = message.streaming_state == "stopped"
        raise SlackError(after_a_stop if stopped else "message_not_in_streaming_state")
    return channel, message, stream


def _grown(
    stream: Stream,
    rules: StreamRules,
    content: tuple[Mode | None, list[Json]],
    final: list[Json] | None = None,
) -> Stream:
    """Raises `msg_too_long` for good: what was once too long takes no content any more."""
    grown = taken_in(stream, *content)
    if stream.full and (content[1] or final):
        raise SlackError("msg_too_long")
    try:
        require_room(grown, rules, final or [])
    except SlackError as error:
        stream.full = stream.full or error.code == "msg_too_long"
        raise
    return grown


def _blocks(stream: Stream) -> list[Json] | None:
    """Ids stay the same while it grows, so that a page need not draw all of it anew."""
    counted = count()
    blocks = [{"block_id": f"stream-{i}", **block} for i, block in enumerate(rendered(stream))]
    return named(blocks, lambda prefix: f"stream-{prefix}{next(counted)}") or None


def _ended(
    workspace: Workspace,
    channel: Channel,
    message: Message,
    previous: Json,
    now: float,
    state: StreamingState,
) -> Change:
    del workspace.streams[(message.channel, message.ts)]
    message.streaming_state = state
    return posting.changed(workspace, channel, message, previous, now)
