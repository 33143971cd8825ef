"""One Slack workspace as plain state. Methods do what a person or the app does, or raise
`SlackError`; they return a `Change`: the events Slack would send and what a page redraws.

Time is an argument (`now`, epoch seconds). Nothing here does I/O.
"""

import re
from dataclasses import dataclass, field

from bot.playground import events
from bot.playground.blocks import named
from bot.playground.file_objects import file_object
from bot.playground.model import (
    SLACKBOT,
    Change,
    Channel,
    Ephemeral,
    Event,
    File,
    Install,
    Json,
    Message,
    Misuse,
    Session,
    SlackError,
    Team,
    User,
    Usergroup,
    as_ts,
    record,
)
from bot.playground.stream_content import Stream

TEXT_LIMIT = 40_000
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class Workspace:
    """Teams, people, channels and all they wrote. Fields are indexes by id; lists keep order."""

    app_token: str
    teams: dict[str, Team] = field(default_factory=lambda: dict[str, Team]())
    users: dict[str, User] = field(default_factory=lambda: dict[str, User]())
    channels: dict[str, Channel] = field(default_factory=lambda: dict[str, Channel]())
    installs: list[Install] = field(default_factory=lambda: list[Install]())
    messages: dict[str, dict[str, Message]] = field(
        default_factory=lambda: dict[str, dict[str, Message]]()
    )
    ephemerals: list[Ephemeral] = field(default_factory=lambda: list[Ephemeral]())
    sessions: dict[tuple[str, str], Session] = field(
        default_factory=lambda: dict[tuple[str, str], Session]()
    )
    homes: dict[str, Json] = field(default_factory=lambda: dict[str, Json]())
    deleted: set[tuple[str, str]] = field(default_factory=lambda: set[tuple[str, str]]())
    files: dict[str, File] = field(default_factory=lambda: dict[str, File]())
    usergroups: dict[str, Usergroup] = field(default_factory=lambda: dict[str, Usergroup]())
    # Those that are open.
    streams: dict[tuple[str, str], Stream] = field(
        default_factory=lambda: dict[tuple[str, str], Stream]()
    )
    serial: int = 0
    # Where this workspace is served just now: http://host:port, as in the links of files.
    web_base: str = field(default="", compare=False)
    # Derived: the replies of each root, in order of ts.
    _replies: dict[tuple[str, str], list[str]] = field(
        default_factory=lambda: dict[tuple[str, str], list[str]]()
    )

    # ---- people, channels, ids

    def new_id(self, prefix: str) -> str:
        """A fresh id in Slack's look; unique in this workspace's life, also after a reload."""
        self.serial += 1
        digits, rest = "", self.serial
        while rest:
            rest, digit = divmod(rest, 36)
            digits = _DIGITS[digit] + digits
        return f"{prefix}0P{digits.rjust(7, '0')}"

    def install_of(self, team_id: str) -> Install:
        return next(i for i in self.installs if i.team_id == team_id)

    def user(self, user_id: str) -> User:
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def channel_seen_by(self, user_id: str, channel_id: str) -> Channel:
        """A channel this user may know of: public, or one they are in. Else `channel_not_found`."""
        channel = self.channels.get(channel_id)
        if channel is None or (channel.kind != "channel" and user_id not in channel.members):
            raise SlackError("channel_not_found")
        return channel

    def channel_joined_by(self, user_id: str, channel_id: str) -> Channel:
        channel = self.channel_seen_by(user_id, channel_id)
        if user_id not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def channel_open_to(self, user_id: str, channel_id: str) -> Channel:
        """A channel this user may write in."""
        channel = self.channel_joined_by(user_id, channel_id)
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    def open_im(self, user_id: str, other_id: str) -> tuple[Channel, Change]:
        """The direct message of two users, made on demand."""
        pair = {self.user(user_id).id, self.user(other_id).id}
        for channel in self.channels.values():
            if channel.kind == "im" and set(channel.members) == pair:
                return channel, Change()
        made = Channel(self.new_id("D"), self.user(user_id).team_id, "", "im", [user_id, other_id])
        self.channels[made.id] = made
        return made, Change(redraw=(redrawn_channel(made),))

    def join(self, user_id: str, channel_id: str, inviter: str, now: float) -> Change:
        """Bring a user into a channel, as an invitation does."""
        channel = self.channel_open_to(inviter, channel_id)
        if self.user(user_id).id in channel.members:
            raise SlackError("already_in_channel")
        return self.enter(user_id, channel, now, inviter)

    def enter(self, user_id: str, channel: Channel, now: float, inviter: str = "") -> Change:
        """Make somebody a member, by an invitation or by their own will."""
        channel.members.append(user_id)
        event = events.member_joined(channel, user_id, inviter, self.tick(channel, now))
        return Change(self.heard(channel, event), (redrawn_channel(channel),))

    # ---- messages

    def message(self, channel_id: str, ts: str) -> Message:
        found = self.messages.get(channel_id, {}).get(ts)
        if found is None or found.subtype == "tombstone":
            raise SlackError("message_not_found")
        return found

    def thread(self, channel_id: str, root_ts: str) -> list[Message]:
        """The root and its replies, oldest first; empty if there is no such message."""
        posted = self.messages.get(channel_id, {})
        if root_ts not in posted:
            return []
        return [
            posted[root_ts],
            *(posted[ts] for ts in self._replies.get((channel_id, root_ts), ())),
        ]

    def timeline(self, channel_id: str) -> list[Message]:
        """What the channel itself shows, oldest first: all but the replies."""
        posted = self.messages.get(channel_id, {}).values()
        return [m for m in posted if not m.is_reply or m.subtype == "thread_broadcast"]

    def insert(self, message: Message) -> None:
        """Put a message where it belongs, telling nobody: the end of `post`, and of loading."""
        self.messages.setdefault(message.channel, {})[message.ts] = message
        if message.is_reply and message.thread_ts is not None:
            self._replies.setdefault((message.channel, message.thread_ts), []).append(message.ts)

    def post(
        self,
        author: str,
        channel_id: str,
        text: str,
        now: float,
        *,
        thread_ts: str | None = None,
        blocks: list[Json] | None = None,
        metadata: Json | None = None,
        broadcast: bool = False,
        streaming: bool = False,
        files: list[str] | None = None,
        anywhere: bool = False,
    ) -> Change:
        """Write a message. Text above 40,000 characters is cut, as Slack does; `anywhere` lets a
        response_url write where the app is no member."""
        channel = self._writable(author, channel_id, anywhere)
        if not (text.strip() or blocks or files or streaming):
            raise SlackError("no_text")
        if thread_ts is not None:
            self.require_root(channel_id, thread_ts)
        message = self._signed(author, channel, text[:TEXT_LIMIT], self.tick(channel, now))
        message.streaming_state = "in_progress" if streaming else None
        message.thread_ts = thread_ts
        message.blocks = self._with_ids(blocks)
        message.metadata = metadata or None
        if broadcast and thread_ts is not None:
            message.subtype = "thread_broadcast"
        if files:
            message.subtype, message.files = "file_share", files
        self.insert(message)
        redraw: list[Json] = [{"type": "message", "message": self.shown(message)}]
        if thread_ts is not None:
            redraw.append(self._redrawn(self.messages[channel_id][thread_ts]))
        events = self.heard(channel, *self._told(channel, message))
        return Change(events, tuple(redraw), message)

    def edit(
        self,
        author: str,
        channel_id: str,
        ts: str,
        now: float,
        *,
        text: str | None = None,
        blocks: list[Json] | None = None,
        metadata: Json | None = None,
    ) -> Change:
        """Change one's own message. None keeps a part, `[]` or `{}` removes it.

        Only a change of text marks it "(edited)" (chat.update). What was streamed is replaced
        whole: its tasks and blocks are gone.
        """
        channel = self.channel_seen_by(author, channel_id)
        message = self.message(channel_id, ts)
        if message.user != author:
            raise SlackError("cant_update_message")
        if message.streaming_state == "in_progress":
            raise SlackError("streaming_state_conflict")
        if channel.is_archived:
            raise SlackError("is_inactive")
        new_text = message.text if text is None else text
        was_streamed = message.streaming_state is not None
        kept = None if was_streamed else message.blocks
        new_blocks = kept if blocks is None else self._with_ids(blocks)
        if not new_text.strip() and not new_blocks:
            raise SlackError("no_text")
        previous = self.shown(message)
        if new_text != message.text or was_streamed:
            message.edited = {"user": author, "ts": self.tick(channel, now)}
        message.text, message.blocks, message.streaming_state = new_text, new_blocks, None
        if metadata is not None:
            message.metadata = metadata or None
        return self.changed(channel, message, previous, now)

    def delete(
        self, author: str, channel_id: str, ts: str, now: float, *, any_authors: bool = False
    ) -> Change:
        """Remove one's own message, or as an administrator `any_authors`; a root with replies
        leaves a tombstone in its place."""
        channel = (
            self.channels[channel_id] if any_authors else self.channel_seen_by(author, channel_id)
        )
        message = self.message(channel_id, ts)
        is_open = message.streaming_state == "in_progress"
        if not any_authors and (message.user != author or is_open):
            raise SlackError("cant_delete_message")
        previous = self.shown(message)
        if self._replies.get((channel_id, ts)):
            message.subtype, message.user = "tombstone", SLACKBOT
            message.text, message.bot_id, message.app_id = "This message was deleted.", None, None
            message.blocks = message.metadata = message.edited = None
            message.reactions.clear()
            return self.changed(channel, message, previous, now)
        self._remove(message)
        self.deleted.add((channel_id, ts))
        redraw: list[Json] = [{"type": "message_deleted", "channel": channel_id, "ts": ts}]
        if message.is_reply and message.thread_ts is not None:
            redraw.append(self._redrawn(self.messages[channel_id][message.thread_ts]))
        event = events.message_deleted(channel, self.tick(channel, now), previous)
        return Change(self.heard(channel, event), tuple(redraw))

    def whisper(
        self,
        author: str,
        reader: str,
        channel_id: str,
        text: str,
        now: float,
        *,
        thread_ts: str | None = None,
        blocks: list[Json] | None = None,
        anywhere: bool = False,
    ) -> Change:
        """Show `reader` a message nobody else sees (chat.postEphemeral)."""
        channel = self._writable(author, channel_id, anywhere)
        if not anywhere and reader not in channel.members:
            raise SlackError("user_not_in_channel")
        if not text.strip() and not blocks:
            raise SlackError("no_text")
        if thread_ts is not None:
            self.require_root(channel_id, thread_ts)
        message = self._signed(author, channel, text, self.tick(channel, now))
        message.thread_ts = thread_ts
        message.blocks = self._with_ids(blocks)
        ephemeral = Ephemeral(self.new_id("Ep"), reader, message)
        self.ephemerals.append(ephemeral)
        redraw = ({"type": "ephemeral", "message": self.shown_ephemeral(ephemeral)},)
        return Change((), redraw, message)

    def rewrite_whisper(self, whispered: Message, text: str, blocks: list[Json] | None) -> Change:
        """Change a message only one person sees, as a response_url can."""
        ephemeral = next((e for e in self.ephemerals if e.message is whispered), None)
        if ephemeral is None:
            raise SlackError("message_not_found")
        whispered.text, whispered.blocks = text, self._with_ids(blocks)
        shown = self.shown_ephemeral(ephemeral)
        return Change((), ({"type": "ephemeral", "message": shown},), whispered)

    def remove_whisper(self, whispered: Message) -> Change:
        ephemeral = next((e for e in self.ephemerals if e.message is whispered), None)
        if ephemeral is None:
            raise SlackError("message_not_found")
        self.ephemerals.remove(ephemeral)
        gone = {"type": "ephemeral_deleted", "id": ephemeral.id, "user": ephemeral.reader}
        return Change((), (gone,))

    def react(self, user_id: str, channel_id: str, ts: str, name: str, now: float) -> Change:
        channel = self.channel_open_to(user_id, channel_id)
        message = self.message(channel_id, ts)
        if not re.fullmatch(r"[a-z0-9_+'\-]+(::skin-tone-[2-6])?", name):
            raise SlackError("invalid_name")
        if user_id in message.reactions.get(name, ()):
            raise SlackError("already_reacted")
        message.reactions.setdefault(name, []).append(user_id)
        return self._reacted("reaction_added", channel, message, user_id, name, now)

    def unreact(self, user_id: str, channel_id: str, ts: str, name: str, now: float) -> Change:
        channel = self.channel_open_to(user_id, channel_id)
        message = self.message(channel_id, ts)
        if user_id not in message.reactions.get(name, ()):
            raise SlackError("no_reaction")
        message.reactions[name].remove(user_id)
        if not message.reactions[name]:
            del message.reactions[name]
        return self._reacted("reaction_removed", channel, message, user_id, name, now)

    # ---- the app's own places

    def suggest(self, channel_id: str, prompts: list[Json]) -> Change:
        """The prompts a person is offered in their direct message with the app."""
        channel = self.channels[channel_id]
        channel.prompts = prompts
        return Change(redraw=(redrawn_channel(channel),))

    def publish_home(self, user_id: str, view: Json) -> Change:
        self.homes[self.user(user_id).id] = view
        return Change(redraw=({"type": "home", "user": user_id, "view": view},))

    def open_home(self, user_id: str, now: float, tab: str = "home") -> Change:
        """A person opens the app's Home or Messages tab: an event at every opening."""
        install = self.install_of(self.user(user_id).team_id)
        channel, opened = self.open_im(user_id, install.user_id)
        view = self.homes.get(user_id) if tab == "home" else None
        event = events.home_opened(channel, user_id, tab, view, self.tick(channel, now))
        return Change((Event(channel.team_id, event),)) + opened

    # ---- how things look

    def shown(self, message: Message, *, metadata: bool = True) -> Json:
        """A message as Slack's JSON, with what its thread adds to a root, and its channel."""
        body = record(message)
        body["type"] = "message"
        if message.files:
            body["files"] = [self.shown_file(self.files[file_id]) for file_id in message.files]
        if message.user in self.users:
            body["team"] = self.users[message.user].team_id
        if message.reactions:
            body["reactions"] = [
                {"name": name, "users": list(users), "count": len(users)}
                for name, users in message.reactions.items()
            ]
        if not metadata:
            body.pop("metadata", None)
        replies = self._replies.get((message.channel, message.ts))
        if replies:
            posted = self.messages[message.channel]
            authors = list(dict.fromkeys(posted[ts].user for ts in replies))
            body |= {
                "thread_ts": message.ts,
                "reply_count": len(replies),
                "reply_users": authors,
                "reply_users_count": len(authors),
                "latest_reply": replies[-1],
            }
        elif message.is_reply and message.thread_ts in self.messages[message.channel]:
            body["parent_user_id"] = self.messages[message.channel][message.thread_ts].user
        return body

    def shown_ephemeral(self, ephemeral: Ephemeral) -> Json:
        """The message, with its reader as `user` and its author as `author`."""
        author = ephemeral.message.user
        body = self.shown(ephemeral.message)
        return body | {"id": ephemeral.id, "user": ephemeral.reader, "author": author}

    def file(self, file_id: str) -> File:
        if file_id not in self.files:
            raise SlackError("file_not_found")
        return self.files[file_id]

    def shown_file(self, file: File) -> Json:
        return file_object(file, self.web_base)

    # ---- inside

    def _writable(self, author: str, channel_id: str, anywhere: bool) -> Channel:
        if not anywhere:
            return self.channel_open_to(author, channel_id)
        if self.channels[channel_id].is_archived:
            raise SlackError("is_archived")
        return self.channels[channel_id]

    def tick(self, channel: Channel, now: float) -> str:
        """The next ts of a channel: unique, and never before an earlier one."""
        channel.last_us = max(channel.last_us + 1, int(now * 1_000_000))
        return as_ts(channel.last_us)

    def _signed(self, author: str, channel: Channel, text: str, ts: str) -> Message:
        message = Message(channel.id, ts, author, text)
        if self.user(author).is_bot:
            install = next(i for i in self.installs if i.user_id == author)
            message.bot_id, message.app_id = install.bot_id, install.app_id
        return message

    def require_root(self, channel_id: str, thread_ts: str) -> None:
        """Refuse a thread_ts that is not the root of a thread."""
        root = self.messages.get(channel_id, {}).get(thread_ts)
        if root is not None and not root.is_reply:
            return
        if (channel_id, thread_ts) in self.deleted:
            # The author may delete a message while it is being answered. That is no mistake of the
            # app; which code Slack gives is not documented.
            raise SlackError("cannot_reply_to_message")
        kind = "an unknown message" if root is None else "a reply"
        raise Misuse(
            f"thread_ts {thread_ts} in {channel_id} names {kind}, not the root of a thread"
        )

    def _remove(self, message: Message) -> None:
        """The reverse of `insert`; leaves no empty index behind."""
        posted, root = self.messages[message.channel], (message.channel, message.thread_ts or "")
        del posted[message.ts]
        self.streams.pop((message.channel, message.ts), None)
        if not posted:
            del self.messages[message.channel]
        if message.is_reply:
            self._replies[root].remove(message.ts)
            if not self._replies[root]:
                del self._replies[root]

    def _with_ids(self, blocks: list[Json] | None) -> list[Json] | None:
        return named(blocks, self.new_id) if blocks else None

    def _told(self, channel: Channel, message: Message) -> tuple[Json, ...]:
        """The events of a new message: a mention in a channel is told twice."""
        install = self.install_of(channel.team_id)
        posted = events.message_posted(channel, self.shown(message), install)
        mention = re.search(rf"<@{install.user_id}(\|[^>]*)?>", message.text)
        if channel.kind == "im" or message.user == install.user_id or mention is None:
            return (posted,)
        return (events.app_mention(posted), posted)

    def heard(self, channel: Channel, *inner: Json) -> tuple[Event, ...]:
        """The app hears what happens where its bot is a member."""
        if self.install_of(channel.team_id).user_id not in channel.members:
            return ()
        return tuple(Event(channel.team_id, event) for event in inner)

    def changed(self, channel: Channel, message: Message, previous: Json, now: float) -> Change:
        ts = self.tick(channel, now)
        event = events.message_changed(channel, ts, self.shown(message), previous)
        return Change(self.heard(channel, event), (self._redrawn(message),), message)

    def _redrawn(self, message: Message) -> Json:
        return {"type": "message_changed", "message": self.shown(message)}

    def _reacted(
        self, kind: str, channel: Channel, message: Message, user: str, name: str, now: float
    ) -> Change:
        event = events.reaction(kind, message, user, name, self.tick(channel, now))
        return Change(self.heard(channel, event), (self._redrawn(message),), message)


def channel_record(channel: Channel) -> Json:
    """A channel as the page knows it."""
    body = record(channel)
    del body["last_us"]
    return body


def redrawn_channel(channel: Channel) -> Json:
    return {"type": "channel", "channel": channel_record(channel)}
