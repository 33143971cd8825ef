"""chat.* and reactions.*."""

import re
from typing import cast

from bot.playground import agent_sessions, posting
from bot.playground.arguments import Arguments
from bot.playground.call import Answer, Call, done, fact
from bot.playground.channels import open_im
from bot.playground.model import Change, Channel, Json, Message, SlackError
from bot.playground.validate import MARKDOWN_SUM, require_blocks
from bot.playground.whispers import whisper

UPDATE_TEXT_LIMIT = 4_000


def post_message(call: Call) -> Answer:
    text, blocks = content(call.arguments)
    look = call.look()
    channel, opened = _target(call)
    change = posting.post(
        call.workspace,
        call.bot,
        channel.id,
        text or "",
        call.now,
        thread_ts=call.arguments.text("thread_ts"),
        blocks=blocks,
        metadata=metadata_of(call),
        broadcast=call.arguments.flag("reply_broadcast"),
        look=look,
        anywhere=channel.kind == "channel" and "chat:write.public" in call.install.scopes,
    )
    message = posted(change)
    shown = call.workspace.shown(message)
    ended = agent_sessions.end_legacy_status(call.workspace, message)
    return done(opened + change + ended, channel=channel.id, ts=message.ts, message=shown)


def update(call: Call) -> Answer:
    arguments = call.arguments
    text, blocks = content(call.arguments)
    if text is None and blocks is None:
        raise SlackError("no_text")
    if len(arguments.text("text") or "") > UPDATE_TEXT_LIMIT:
        raise SlackError("msg_too_long")
    change = posting.edit(
        call.workspace,
        call.bot,
        arguments.need("channel"),
        arguments.need("ts"),
        call.now,
        text=text,
        blocks=blocks,
        metadata=metadata_of(call),
        broadcast=arguments.flag("reply_broadcast"),
    )
    message = posted(change)
    shown = call.workspace.shown(message)
    return done(change, channel=message.channel, ts=message.ts, text=message.text, message=shown)


def delete(call: Call) -> Answer:
    channel, ts = call.arguments.need("channel"), call.arguments.need("ts")
    return done(
        posting.delete(call.workspace, call.bot, channel, ts, call.now), channel=channel, ts=ts
    )


def post_ephemeral(call: Call) -> Answer:
    text, blocks = content(call.arguments)
    if text is not None and len(text) > posting.TEXT_LIMIT:
        raise SlackError("msg_too_long")
    look = call.look()
    reader = call.user(call.arguments.need("user"))
    change = whisper(
        call.workspace,
        call.bot,
        reader.id,
        call.arguments.need("channel"),
        text or "",
        call.now,
        thread_ts=call.arguments.text("thread_ts"),
        blocks=blocks,
        look=look,
    )
    return done(change, message_ts=posted(change).ts)


def get_permalink(call: Call) -> Answer:
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel"))
    message = call.workspace.message(channel.id, call.arguments.need("message_ts"))
    domain = call.workspace.teams[channel.team_id].domain
    link = f"https://{domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return fact(channel=channel.id, permalink=link)


def add_reaction(call: Call) -> Answer:
    return done(posting.react(call.workspace, call.bot, *_reaction(call), call.now))


def remove_reaction(call: Call) -> Answer:
    return done(posting.unreact(call.workspace, call.bot, *_reaction(call), call.now))


def get_reactions(call: Call) -> Answer:
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel"))
    message = call.workspace.message(channel.id, call.arguments.need("timestamp"))
    shown = call.workspace.shown(message, metadata=False)
    return fact(type="message", channel=channel.id, message=shown)


def posted(change: Change) -> Message:
    """The message a post or an edit is about."""
    return cast(Message, change.message)


def _reaction(call: Call) -> tuple[str, str, str]:
    arguments = call.arguments
    if not re.fullmatch(r"\d+\.\d+", arguments.need("timestamp")):
        raise SlackError("bad_timestamp")
    return arguments.need("channel"), arguments.need("timestamp"), arguments.need("name")


def _target(call: Call) -> tuple[Channel, Change]:
    """Where to post: a user's id stands for the direct message with them."""
    given = call.arguments.need("channel")
    if call.workspace.is_of(given, call.install.team_id):
        return open_im(call.workspace, call.bot, given)
    return call.workspace.channel_seen_by(call.bot, given), Change()


def content(arguments: Arguments) -> tuple[str | None, list[Json] | None]:
    """Text and blocks, checked; `markdown_text` is one markdown block. Attachments are refused:
    nobody would see them here."""
    if arguments.objects("attachments", "invalid_attachments"):
        raise SlackError("invalid_attachments", ("[ERROR] the local Slack has no attachments",))
    text = arguments.text("text")
    blocks = arguments.objects("blocks", "invalid_blocks_format")
    markdown = arguments.text("markdown_text")
    if markdown is not None:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > MARKDOWN_SUM:
            raise SlackError("msg_too_long")
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    if blocks:
        require_blocks(blocks)
    return text, blocks


def metadata_of(call: Call) -> Json | None:
    metadata = call.arguments.mapping("metadata", "invalid_metadata_format")
    if metadata and not (
        isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    ):
        raise SlackError("invalid_metadata_format")
    return metadata
