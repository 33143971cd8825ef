"""One Slack workspace as plain state, what is found in it, and how it looks as Slack's JSON.

What people and apps do to it is elsewhere (`posting`, `whispers`, `channels`, `homes`, `streams`,
`agent_sessions`): functions that return a `Change`, the events Slack would send and what a page
redraws. Time is an argument (`now`, epoch seconds). Nothing here does I/O.
"""

from dataclasses import dataclass, field

from bot.playground.blocks import named
from bot.playground.file_objects import file_object
from bot.playground.model import (
    App,
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
    Token,
    User,
    Usergroup,
    as_ts,
    record,
)
from bot.playground.stream_content import Stream

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class Workspace:
    """Teams, people, channels and all they wrote. Fields are indexes by id; lists keep order."""

    # The first one is the app that the local Slack is started for.
    apps: dict[str, App] = field(default_factory=lambda: dict[str, App]())
    teams: dict[str, Team] = field(default_factory=lambda: dict[str, Team]())
    users: dict[str, User] = field(default_factory=lambda: dict[str, User]())
    channels: dict[str, Channel] = field(default_factory=lambda: dict[str, Channel]())
    installs: list[Install] = field(default_factory=lambda: list[Install]())
    # Those that expire, were revoked, or are a person's, by value.
    tokens: dict[str, Token] = field(default_factory=lambda: dict[str, Token]())
    messages: dict[str, dict[str, Message]] = field(
        default_factory=lambda: dict[str, dict[str, Message]]()
    )
    ephemerals: list[Ephemeral] = field(default_factory=lambda: list[Ephemeral]())
    sessions: dict[tuple[str, str], Session] = field(
        default_factory=lambda: dict[tuple[str, str], Session]()
    )
    # By app and user.
    homes: dict[tuple[str, str], Json] = field(
        default_factory=lambda: dict[tuple[str, str], Json]()
    )
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
    # Whether a whisper is shown in a thread without replies. Slack shows it to nobody there.
    early_whispers: bool = field(default=False, compare=False)
    # Names of emoji the workspace added itself.
    custom_emoji: frozenset[str] = field(default=frozenset(), compare=False)
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

    def install_of(self, team_id: str, app_id: str | None = None) -> Install:
        """An app in a team; without `app_id` the one that was installed there first."""
        for install in self.installs_in(team_id):
            if app_id in (None, install.app_id):
                return install
        raise SlackError("app_not_installed")

    def installs_in(self, team_id: str) -> list[Install]:
        """The apps of a team."""
        return [i for i in self.installs if i.is_active and i.team_id == team_id]

    def install_ever(self, team_id: str, app_id: str) -> Install | None:
        """An app in a team, also if it was uninstalled."""
        for install in self.installs:
            if (install.team_id, install.app_id) == (team_id, app_id):
                return install
        return None

    def install_as(self, user_id: str) -> Install:
        """The install whose bot user this is."""
        for install in self.installs:
            if install.user_id == user_id:
                return install
        raise SlackError("bot_not_found")

    def installed_in(self, channel: Channel) -> list[Install]:
        """The apps whose bot user is a member."""
        return [i for i in self.installs_in(channel.team_id) if i.user_id in channel.members]

    def user(self, user_id: str) -> User:
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def is_of(self, user_id: str, team_id: str) -> bool:
        """Whether there is such a user in this team: nobody knows those of another."""
        return user_id in self.users and self.users[user_id].team_id == team_id

    def channel_seen_by(self, user_id: str, channel_id: str) -> Channel:
        """A channel this user may know of: a public one of their team, or one they are in. Else
        `channel_not_found`."""
        channel = self.channels.get(channel_id)
        if channel is None or not self.is_of(user_id, channel.team_id):
            raise SlackError("channel_not_found")
        if channel.kind != "channel" and user_id not in channel.members:
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

    def has_replies(self, channel_id: str, ts: str) -> bool:
        return (channel_id, ts) in self._replies

    def insert(self, message: Message) -> None:
        """Put a message where it belongs, telling nobody: the end of `post`, and of loading."""
        self.messages.setdefault(message.channel, {})[message.ts] = message
        if message.is_reply and message.thread_ts is not None:
            self._replies.setdefault((message.channel, message.thread_ts), []).append(message.ts)

    # ---- how things look

    def shown(self, message: Message, *, metadata: bool = True) -> Json:
        """A message as Slack's JSON, with what its thread adds to a root, and its channel."""
        body = record(message)
        body["type"] = "message"
        body |= body.pop("details", {})
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
            root = self.messages[message.channel][message.thread_ts]
            body["parent_user_id"] = root.user
            if message.subtype == "thread_broadcast":
                body["root"] = {k: v for k, v in self.shown(root).items() if k != "channel"}
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

    def tick(self, channel: Channel, now: float) -> str:
        """The next ts of a channel: unique, and never before an earlier one."""
        channel.last_us = max(channel.last_us + 1, int(now * 1_000_000))
        return as_ts(channel.last_us)

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

    def remove(self, message: Message) -> None:
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

    def with_ids(self, blocks: list[Json] | None) -> list[Json] | None:
        return named(blocks, self.new_id) if blocks else None

    def heard(self, channel: Channel, *inner: Json) -> tuple[Event, ...]:
        """Every app hears what happens where its bot is a member."""
        return tuple(
            Event(install.app_id, install.team_id, event)
            for install in self.installed_in(channel)
            for event in inner
        )


def channel_record(channel: Channel) -> Json:
    """A channel as the page knows it."""
    body = record(channel)
    del body["last_us"]
    return body


def redrawn_channel(channel: Channel) -> Json:
    return {"type": "channel", "channel": channel_record(channel)}


def install_record(workspace: Workspace, install: Install) -> Json:
    """An app in a team as the page knows it, with its commands and shortcuts."""
    app = workspace.apps[install.app_id]
    place = {"app_id": install.app_id, "team": install.team_id, "name": install.name}
    return place | {"commands": app.commands, "shortcuts": app.shortcuts}


def redrawn_install(workspace: Workspace, install: Install) -> Json:
    """An app in a team, and its bot user, as the page is told when it comes, changes or goes."""
    user = record(workspace.users[install.user_id])
    body = install_record(workspace, install)
    return {"type": "install", **body, "is_active": install.is_active, "user": user}
