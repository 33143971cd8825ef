"""The nouns of a Slack workspace as plain dataclasses, and Slack's errors. No I/O."""

import dataclasses
import functools
from dataclasses import dataclass, field
from typing import Any, Literal

# Blocks, views and payloads stay the JSON they are on the wire; everything else has a type.
Json = dict[str, Any]
ChannelKind = Literal["channel", "group", "im", "mpim"]
StreamingState = Literal["in_progress", "completed", "stopped", "errored"]
Status = Literal["processing", "suspended", "active", "closed"]
STATUSES: tuple[Status, ...] = ("processing", "suspended", "active", "closed")
PRECEDENCE: tuple[Status, ...] = ("suspended", "processing", "active", "closed")

SLACKBOT = "USLACKBOT"
# Subtypes of what Slack itself writes about what somebody did; nobody can change it.
NOTES = frozenset(
    f"channel_{word}" for word in ("archive", "join", "leave", "name", "topic", "unarchive")
)


class SlackError(Exception):
    """A refusal with Slack's own error code; `messages` become `response_metadata.messages`."""

    def __init__(self, code: str, messages: tuple[str, ...] = (), **fields: str) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = messages
        self.fields = fields


class Misuse(Exception):
    """The app did what Slack does not define. Answered `fatal_error` and kept in the journal."""


@dataclass(slots=True)
class Team:
    id: str
    name: str
    domain: str


@dataclass(slots=True)
class User:
    id: str
    team_id: str
    name: str
    real_name: str
    color: str
    is_bot: bool = False
    is_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False
    tz: str = "Europe/Madrid"


@dataclass(slots=True)
class Channel:
    """`name` is empty for a direct message; `last_us` is the newest ts given, in microseconds."""

    id: str
    team_id: str
    name: str
    kind: ChannelKind
    members: list[str]
    is_archived: bool = False
    last_us: int = 0
    # Suggested prompts of a direct message with the app: [{title, message}].
    prompts: list[Json] | None = None
    topic: str = ""
    # Links under the channel's name, and the ts of what is pinned.
    bookmarks: list[Json] = field(default_factory=lambda: list[Json]())
    pins: list[str] = field(default_factory=lambda: list[str]())
    # Epoch seconds, and by whom.
    created: int = 0
    creator: str = ""


@dataclass(frozen=True, slots=True)
class RequestUrls:
    """Where an app is told over HTTP; empty is nowhere. `commands` is for those whose manifest
    names no `url` of their own; `options` is Slack's "options load URL"."""

    events: str = ""
    interactivity: str = ""
    options: str = ""
    commands: str = ""


@dataclass(slots=True)
class App:
    """An app as its maker configured it, wherever it is installed.

    `commands` and `shortcuts` are what its manifest says under `features`; `subscribed` names the
    events it hears, None all. It is told by Socket Mode, or over HTTP if it has `request_urls`.
    """

    id: str
    name: str
    client_id: str
    client_secret: str
    signing_secret: str
    verification_token: str
    app_tokens: list[str]
    subscribed: list[str] | None = None
    commands: list[Json] = field(default_factory=lambda: list[Json]())
    shortcuts: list[Json] = field(default_factory=lambda: list[Json]())
    request_urls: RequestUrls | None = None
    # Where people may be sent back to after an install; none allows any address on this machine.
    redirect_urls: list[str] = field(default_factory=lambda: list[str]())
    # Its tokens expire and come with a refresh token.
    rotates_tokens: bool = False


@dataclass(slots=True)
class Install:
    """An app installed in one team: its bot user, newest token and granted scopes there. One that
    was uninstalled is not active: installed again, it has the same bot user."""

    team_id: str
    app_id: str
    name: str
    user_id: str
    bot_id: str
    bot_token: str
    scopes: list[str]
    is_active: bool = True


@dataclass(slots=True)
class Token:
    """What is known of an access token besides that it is there: whose it is (of a bot user, or of
    a person with `scopes` of their own), when it expires (epoch seconds), what renews it, and why
    it is `refused`, if it is: `token_revoked` or `account_inactive`."""

    value: str
    app_id: str
    team_id: str
    user_id: str
    scopes: list[str]
    expires_at: float | None = None
    refresh_token: str = ""
    refused: str = ""


@dataclass(slots=True)
class Usergroup:
    """People who can be mentioned together; `handle` is what is typed after the @."""

    id: str
    team_id: str
    handle: str
    name: str
    users: list[str]


@dataclass(slots=True)
class File:
    """A file and its bytes. `shares` are the messages (channel, ts) it is in: none while an upload
    is not completed."""

    id: str
    team_id: str
    user: str
    name: str
    title: str
    mimetype: str
    created: int
    content: bytes
    shares: list[tuple[str, str]] = field(default_factory=lambda: list[tuple[str, str]]())


def no_reactions() -> dict[str, list[str]]:
    return {}


@dataclass(slots=True)
class Message:
    """One message. `reactions` maps an emoji name to the users who gave it, in order."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    blocks: list[Json] | None = None
    metadata: Json | None = None
    edited: Json | None = None
    # None of what was never streamed, and of what chat.update has replaced since.
    streaming_state: StreamingState | None = None
    # Ids of files.
    files: list[str] | None = None
    reactions: dict[str, list[str]] = field(default_factory=no_reactions)
    # What else its JSON says: the topic in a note of Slack's own, a name and icon of its own.
    details: Json | None = None

    @property
    def is_note(self) -> bool:
        return self.subtype in NOTES

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True)
class Ephemeral:
    """A message only `reader` sees. Its `ts` cannot be updated or deleted (chat.postEphemeral)."""

    id: str
    reader: str
    message: Message


@dataclass(slots=True)
class Agent:
    """One app's part in a session. `until` is when `processing` falls back (epoch seconds)."""

    status: Status
    until: float | None = None
    # Set by the legacy assistant.threads.setStatus, which a post of the app clears.
    legacy: bool = False
    # icon_emoji, icon_url, username and loading_messages of what shows that it works.
    look: Json = field(default_factory=lambda: Json())


@dataclass(slots=True)
class Session:
    """An agent session of one thread: `agents` by their bot user."""

    channel: str
    thread_ts: str
    agents: dict[str, Agent]
    title: str | None = None
    initiator: str | None = None

    @property
    def whole(self) -> Status:
        """What the thread shows: the most pressing status of all agents in it."""
        present = {agent.status for agent in self.agents.values()}
        return next(status for status in PRECEDENCE if status in present)

    @property
    def pressing(self) -> list[str]:
        """The bot users of the agents whose status that is."""
        return [user for user, agent in self.agents.items() if agent.status == self.whole]


@dataclass(frozen=True, slots=True)
class Event:
    """An inner event, and the install that is told: of an app, in a team."""

    app_id: str
    team_id: str
    inner: Json


@dataclass(frozen=True, slots=True)
class Change:
    """What one act did: inner events Slack tells the app, and what a page must redraw."""

    events: tuple[Event, ...] = ()
    redraw: tuple[Json, ...] = ()
    message: Message | None = None

    def __add__(self, other: "Change") -> "Change":
        return Change(
            self.events + other.events, self.redraw + other.redraw, self.message or other.message
        )


@functools.cache
def _field_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def record(thing: object) -> Json:
    """A dataclass of JSON fields as a dict, leaving out what equals None or nothing."""
    pairs = ((name, getattr(thing, name)) for name in _field_names(type(thing)))
    return {name: value for name, value in pairs if value is not None and value != {}}


def microseconds(ts: str) -> int:
    """A ts as an integer: ts are ordered as (int, int), never as floats."""
    seconds, _, micros = ts.partition(".")
    return int(seconds) * 1_000_000 + int((micros + "000000")[:6])


def as_ts(us: int) -> str:
    return f"{us // 1_000_000}.{us % 1_000_000:06d}"
