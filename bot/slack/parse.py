"""Slack's payloads as values: what a person did, or why it is ignored. Pure and total.

Reading is done in two steps, because names and standings have to be looked up in between:
`post` says what was written where and by whom, `inbound` makes of it what the bridge accepts.
Keys are made from the content, so that a redelivery, the second event of a mention, and the same
post found by catch-up have one key.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from bot.core.asks import Answer, Ask, Question
from bot.core.ids import ThreadKey
from bot.core.inbound import Person, Prompt, Stop
from bot.slack.action_ids import AskAction, StopAction, parse_action
from bot.slack.inbound_text import NO_TEXT, File, Shared, heard, named_in
from bot.slack.wire import (
    Attachment,
    ClickBody,
    FileItem,
    HomeBody,
    NoticeBody,
    PostBody,
    PostEvent,
    StopBody,
)

Body = Mapping[str, object]
"""A payload as Slack sent it."""

POST_SUBTYPES = frozenset({None, "file_share", "me_message", "thread_broadcast"})
"""Messages that are posts of people. All others are ignored on purpose, for these reasons."""

IGNORED_SUBTYPES: Mapping[str, str] = {
    "assistant_app_thread": "root of a legacy assistant thread",
    "bot_add": "channel bookkeeping",
    "bot_message": "posted by a bot or webhook",
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
    "message_changed": "an edit, a late link preview or one of our own updates",
    "message_deleted": "a deletion",
    "message_replied": "a thread's root changed its count",
    "pinned_item": "channel bookkeeping",
    "reminder_add": "a reminder was set",
    "reply_broadcast": "announces a reply that comes by itself",
    "tombstone": "a deleted root of a thread",
    "unpinned_item": "channel bookkeeping",
}

STOP_WORDS = frozenset({"stop", "stop please", "please stop"})
"""A post in a thread that says only this stops the running turn; case and punctuation aside."""

_NOT_SAID = str.maketrans("", "", string.punctuation + "…¡。！、，")


@dataclass(frozen=True, slots=True)
class Ignored:
    """The payload asks nothing of us. `unknown` when Slack sent what we have no rule for."""

    reason: str
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in the workspace (auth.test)."""

    team: str
    user: str
    name: str
    bot_id: str = ""
    enterprise: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A person's post, not yet resolved. `text` is Slack's; see `core.inbound.Prompt`."""

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

    @property
    def addressed(self) -> bool:
        """Meant for us wherever it stands; any other post counts only in a session's thread."""
        return self.mentions_bot or self.direct


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A press of a button or a choice in a menu. `thread` is where it was shown.

    `action` is None when it is none of ours, or was tampered with.
    """

    key: str
    thread: ThreadKey
    user: str
    action: AskAction | StopAction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeStop:
    """Somebody pressed Slack's own Stop (`agent_session_stopped`)."""

    key: str
    thread: ThreadKey
    user: str


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
    others = [user for user in named_in(event.text or "").users if user != me.user]
    mentioned = me.user in named_in(event.text or "").users or event.type == "app_mention"
    direct = event.channel.startswith("D")
    in_thread = event.thread_ts is not None and event.thread_ts != event.ts
    if not (mentioned or direct or in_thread):
        return Ignored("a channel post that does not mention the bot")
    return Post(
        key=f"msg:{me.team}:{event.channel}:{event.ts}",
        thread=ThreadKey(me.team, event.channel, event.thread_ts or event.ts),
        user=event.user,
        ts=event.ts,
        text=event.text or "",
        files=tuple(_files(event.files)),
        shared=tuple(_shared(event.attachments)),
        mentions_bot=mentioned,
        mentions_others=bool(others),
        direct=direct,
        in_thread=in_thread,
    )


def inbound(
    written: Post, by: Person, names: Mapping[str, str], me: Identity
) -> Prompt | Stop | Ignored:
    """What the bridge is told of a post. `names` spells out the ids its text names.

    A bare mention is a prompt too: who calls the bot wants an answer.
    """
    text = heard(
        written.text,
        bot=me.user,
        names={**names, me.user: me.name},
        files=written.files,
        shared=written.shared,
    )
    if written.in_thread and is_stop(text):
        return Stop(key=written.key, thread=written.thread, by=by, via="word")
    if not text.strip() and not written.mentions_bot:
        return Ignored("a post without anything to read")
    return Prompt(
        key=written.key,
        thread=written.thread,
        by=by,
        ts=written.ts,
        text=text if text.strip() else NO_TEXT,
        mentions_bot=written.mentions_bot,
        mentions_others=written.mentions_others,
        direct=written.direct,
        in_thread=written.in_thread,
    )


def is_stop(text: str) -> bool:
    """Whether somebody says stop and nothing else."""
    if len(text) > 60:
        return False
    return " ".join(text.translate(_NOT_SAID).casefold().split()) in STOP_WORDS


def click(body: Body, me: Identity) -> Click | Ignored:
    """A `block_actions` payload. Slack sends one action a payload for what we show."""
    try:
        pressed = ClickBody.model_validate(body)
    except ValidationError:
        return Ignored("not an action on a message")
    if not pressed.actions:
        return Ignored("an action payload without an action")
    team = pressed.team.id if pressed.team else me.team
    if team != me.team:
        return Ignored("an action from another workspace")
    act, place = pressed.actions[0], pressed.container
    value = act.selected_option.value if act.selected_option else act.value
    user, ts = pressed.user.id, place.message_ts
    return Click(
        key=f"act:{team}:{user}:{ts}:{act.action_id}:{act.action_ts}",
        thread=ThreadKey(team, place.channel_id, _thread_of(pressed)),
        user=user,
        action=parse_action(act.action_id, value),
    )


def answer_to(ask: Ask, action: AskAction) -> Answer | None:
    """The answer a press on the ask's card gives; None when the card offers no such choice."""
    if action.choice is None:
        return Answer(verb=action.verb)
    if not isinstance(ask, Question) or len(ask.fields) != 1:
        return None
    field = ask.fields[0]
    if action.choice >= len(field.choices):
        return None
    return Answer(verb="reply", values=((field.id, (field.choices[action.choice].id,)),))


def native_stop(body: Body, me: Identity) -> NativeStop | Ignored:
    """An `agent_session_stopped` event."""
    try:
        envelope = StopBody.model_validate(body)
    except ValidationError:
        return Ignored("a stop without thread or person", unknown=True)
    event = envelope.event
    thread = ThreadKey(me.team, event.channel, event.thread_ts)
    return NativeStop(key=f"ev:{envelope.event_id}", thread=thread, user=event.user)


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
    if event.user == me.user:
        return Ignored("our own post")
    if event.bot_id or event.user == "USLACKBOT":
        return Ignored("posted by a bot")
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


def _files(items: list[object]) -> list[File]:
    """Slack withholds the facts of some files (`file_access`); those are named by id."""
    files: list[File] = []
    for item in items:
        try:
            file = FileItem.model_validate(item)
        except ValidationError:
            files.append(File("unnamed"))
        else:
            files.append(File(file.name or file.title or file.id, file.mimetype or "", file.size))
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


def _thread_of(pressed: ClickBody) -> str:
    in_message = pressed.message.thread_ts if pressed.message else None
    return pressed.container.thread_ts or in_message or pressed.container.message_ts
