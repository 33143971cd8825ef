"""chat.startStream, chat.appendStream and chat.stopStream."""

from bot.playground import agent_sessions, streams
from bot.playground.call import Answer, Call, done
from bot.playground.chat_methods import metadata_of, posted
from bot.playground.model import STATUSES, Channel, Json, SlackError
from bot.playground.session_methods import status_named
from bot.playground.stream_content import Mode, require_chunks, require_stream_blocks
from bot.playground.validate import MARKDOWN_SUM

DISPLAY_MODES = ("timeline", "plan")
Content = tuple[Mode | None, list[Json]]


def start(call: Call) -> Answer:
    arguments = call.arguments
    channel = call.workspace.channel_open_to(call.bot, arguments.need("channel"))
    _require_recipient(call, channel)
    display = arguments.text("task_display_mode") or "timeline"
    if display not in DISPLAY_MODES:
        raise _unfit("task_display_mode: must be timeline or plan")
    change = streams.start(
        call.workspace,
        call.bot,
        channel.id,
        arguments.need("thread_ts"),
        call.now,
        call.streams,
        plan=display == "plan",
        content=_content(call),
        look=call.look(),
    )
    message = posted(change)
    change += agent_sessions.end_legacy_status(call.workspace, message)
    if not call.feature_disabled:
        change += agent_sessions.begin_stream(call.workspace, message, call.now)
    return done(change, channel=channel.id, ts=message.ts)


def append(call: Call) -> Answer:
    content = _content(call)
    if not content[1]:
        raise SlackError("no_text")
    channel, ts = place = _place(call)
    change = streams.append(call.workspace, call.bot, place, call.now, call.streams, content)
    return done(change, channel=channel, ts=ts)


def stop(call: Call) -> Answer:
    status = call.arguments.text("session_status") or "active"
    if status not in STATUSES:
        raise _unfit("session_status: must be a valid enum value")
    blocks = call.arguments.objects("blocks", "invalid_blocks_format")
    require_stream_blocks(blocks or [])
    channel, ts = place = _place(call)
    change = streams.stop(
        call.workspace,
        call.bot,
        place,
        call.now,
        call.streams,
        _content(call),
        blocks=blocks,
        metadata=metadata_of(call),
    )
    message = posted(change)
    change += agent_sessions.end_stream(call.workspace, message, status_named(status), call.now)
    return done(change, channel=channel, ts=ts, message=call.workspace.shown(message))


def _place(call: Call) -> tuple[str, str]:
    return call.arguments.need("channel"), call.arguments.need("ts")


def _content(call: Call) -> Content:
    """What is to be added, and in which of the two modes; no mode where there is nothing."""
    markdown = call.arguments.text("markdown_text")
    chunks = call.arguments.objects("chunks", "invalid_chunks")
    if markdown is not None and chunks is not None:
        raise _unfit("markdown_text and chunks cannot be used together")
    if markdown:
        if len(markdown) > MARKDOWN_SUM:
            raise SlackError("msg_too_long")
        return "markdown_text", [{"type": "markdown_text", "text": markdown}]
    require_chunks(chunks or [])
    return ("chunks" if chunks else None), chunks or []


def _require_recipient(call: Call, channel: Channel) -> None:
    """Outside direct messages a stream is for one person, named with their home team."""
    given = {n: call.arguments.text(n) for n in ("recipient_user_id", "recipient_team_id")}
    for name, value in given.items():
        if channel.kind != "im" and not value:
            raise SlackError(f"missing_{name}")
    user_id, team_id = given.values()
    if user_id and (call.workspace.user(user_id).team_id != (team_id or channel.team_id)):
        raise SlackError("user_not_found")


def _unfit(what: str) -> SlackError:
    return SlackError("invalid_arguments", (f"[ERROR] {what}",))
