"""Slack's payloads as values: what a person did, or why it is ignored. Pure and total.

Posts are read in two steps, because names and standings have to be looked up in between: `post`
says what was written where and by whom, `parse_words.inbound` makes of it what the bridge accepts.
Keys are made from the content, so that a redelivery, the second event of a mention, and the same
post found by catch-up have one key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from bot.core.ids import ThreadKey
from bot.slack.inbound_text import File, Shared, named_in
from bot.slack.wire import (
    Attachment,
    FileItem,
    HomeBody,
    NoticeBody,
    PostBody,
    PostEvent,
)

Body = Mapping[str, object]
"""A payload as Slack sent it."""

POST_SUBTYPES = frozenset({None, "bot_message", "file_share", "me_message", "thread_broadcast"})
"""Messages that are posts of people and bots. All others are ignored on purpose, for these
reasons."""

IGNORED_SUBTYPES: Mapping[str, str] = {
    "assistant_app_thread": "root of a legacy assistant thread",
    "bot_add": "channel bookkeeping",
    "bot_remove": "channel bookkeeping",
    "channel_archive": "channel bookkeeping",
    "channel_canvas_updated": "channel bookkeeping",
    "channel_convert_to_private": "channel bookkeeping",
    "channel_join": "somebody joined",
    "channel_leave": "somebody left",
    "channel_name": "channel bookkeeping",
    "channel_posting_permissions": "channel bookkeeping",
    "channel_purpose": "channel bookkeeping",
    "channel_topic": "channel bookkeeping",
    "channel_unarchive": "channel bookkeeping",
    "ekm_access_denied": "Slack withholds the message",
    "group_archive": "channel bookkeeping",
    "group_join": "somebody joined",
    "group_leave": "somebody left",
    "group_name": "channel bookkeeping",
    "group_purpose": "channel bookkeeping",
    "group_topic": "channel bookkeeping",
    "group_unarchive": "channel bookkeeping",
    "huddle_thread": "a huddle began",
    "message_changed": "a change of no post: see `changes`",
    "message_deleted": "a deletion of no post: see `changes`",
    "message_replied": "a thread's root changed its count",
    "pinned_item": "channel bookkeeping",
    "reminder_add": "a reminder was set",
    "reply_broadcast": "announces a reply that comes by itself",
    "tombstone": "a deleted root of a thread",
    "unpinned_item": "channel bookkeeping",
}


@dataclass(frozen=True, slots=True)
class Ignored:
    """The payload asks nothing of us. `unknown` when Slack sent what we have no rule for."""

    reason: str
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in the workspace (auth.test). `url` is the workspace's, ending in a slash."""

    team: str
    user: str
    name: str
    bot_id: str = ""
    enterprise: str | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A person's post, not yet resolved. `text` is Slack's; see `core.inbound.Prompt`. `bot` is the
    name of a bot that wrote it. `external`: the channel belongs to other organisations too; None
    where Slack has not said. `edited` is the ts of its last edit."""

    key: str
    thread: ThreadKey
    user: str
    ts: str
    text: str
    files: tuple[File, ...]
    shared: tuple[Shared, ...]
    mentions_bot: bool
    mentions_others: bool
    direct: bool
    in_thread: bool
    bot: str = ""
    external: bool | None = None
    edited: str = ""

    @property
    def addressed(self) -> bool:
        """Meant for us wherever it stands; any other post counts only in a session's thread."""
        return self.mentions_bot or self.direct


def post(body: Body, me: Identity) -> Post | Ignored:
    """A `message` or `app_mention` event: both of one post give the same value."""
    try:
        envelope = PostBody.model_validate(body)
    except ValidationError:
        return _without_author(body)
    event = envelope.event
    reason = _reason_to_ignore(event, envelope.team_id, me)
    if reason:
        return reason
    author = event.user or event.bot_id
    if author is None:
        return _without_author(body)
    others = [user for user in named_in(event.text or "").users if user != me.user]
    mentioned = me.user in named_in(event.text or "").users or event.type == "app_mention"
    direct = event.channel.startswith("D")
    in_thread = event.thread_ts is not None and event.thread_ts != event.ts
    if not (mentioned or direct or in_thread):
        return Ignored("a channel post that does not mention the bot")
    return Post(
        key=post_key(me, event.channel, event.ts),
        thread=ThreadKey(me.team, event.channel, event.thread_ts or event.ts),
        user=author,
        ts=event.ts,
        text=event.text or "" if not event.bot_id else _alert(event),
        files=tuple(_files(event.files)),
        shared=tuple(_shared(event.attachments)),
        mentions_bot=mentioned,
        mentions_others=bool(others),
        direct=direct,
        in_thread=in_thread,
        bot=_bot_name(event, author) if event.bot_id else "",
        external=False if direct else envelope.is_ext_shared_channel,
        edited=event.edited.ts if event.edited else "",
    )


def post_key(me: Identity, channel: str, ts: str) -> str:
    """The key of what was posted there, whoever found it."""
    return f"msg:{me.team}:{channel}:{ts}"


def is_mention(body: Body) -> bool:
    """Whether this is the `app_mention` of a post, which comes as a `message` too."""
    try:
        return PostBody.model_validate(body).event.type == "app_mention"
    except ValidationError:
        return False


def home_opened(body: Body) -> str | Ignored:
    """The user who opened the Home tab (`app_home_opened`)."""
    try:
        event = HomeBody.model_validate(body).event
    except ValidationError:
        return Ignored("not an opening of the Home")
    return event.user if event.tab == "home" else Ignored("the Messages tab was opened")


# --- rules ----------------------------------------------------------------------------------------


def _reason_to_ignore(event: PostEvent, team: str | None, me: Identity) -> Ignored | None:
    if event.subtype not in POST_SUBTYPES:
        reason = IGNORED_SUBTYPES.get(event.subtype or "")
        return Ignored(reason) if reason else Ignored(f"subtype {event.subtype}", unknown=True)
    if team is not None and team != me.team:
        return Ignored("a post of another workspace")
    if event.user == me.user or (event.bot_id and event.bot_id == me.bot_id):
        return Ignored("our own post")
    if event.user == "USLACKBOT":
        return Ignored("posted by Slack itself")
    if event.hidden:
        return Ignored("hidden by Slack")
    return None


def _without_author(body: Body) -> Ignored:
    """Slack's notices have other shapes than posts; their subtype says what they are."""
    try:
        event = NoticeBody.model_validate(body).event
    except ValidationError:
        return Ignored("not a message event", unknown=True)
    if event.subtype is not None and event.subtype in IGNORED_SUBTYPES:
        return Ignored(IGNORED_SUBTYPES[event.subtype])
    if event.hidden:
        return Ignored("hidden by Slack")
    return Ignored("a message without author, channel or ts", unknown=True)


def _bot_name(event: PostEvent, author: str) -> str:
    profile = event.bot_profile.name if event.bot_profile else ""
    return event.username or profile or author


def _alert(event: PostEvent) -> str:
    """What a bot says: often nothing but attachments."""
    said = [event.text or ""]
    for item in event.attachments:
        try:
            attached = Attachment.model_validate(item)
        except ValidationError:
            continue
        words = [part for part in (attached.title, attached.text) if part]
        said.append("\n".join(words) or attached.fallback or "")
    return "\n".join(part for part in said if part.strip())


def _files(items: list[object]) -> list[File]:
    """Slack withholds the facts of some files (`file_access`); those are named by id."""
    files: list[File] = []
    for item in items:
        try:
            file = FileItem.model_validate(item)
        except ValidationError:
            files.append(File("unnamed"))
        else:
            name, url = file.name or file.title or file.id, file.url_private_download
            files.append(File(name, file.mimetype or "", file.size, url or file.url_private or ""))
    return files


def _shared(items: list[object]) -> list[Shared]:
    """Messages a person forwarded. Link previews are not: they come and go by themselves."""
    shared: list[Shared] = []
    for item in items:
        try:
            attachment = Attachment.model_validate(item)
        except ValidationError:
            continue
        if attachment.is_share:
            author = attachment.author_name or attachment.author_subname or ""
            shared.append(Shared(author, attachment.text or attachment.fallback or ""))
    return shared
