"""What people did, as the rest of the house knows it. `key` is made from the content, never from
the envelope it came in: the same post delivered five times has one key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from bot.core.asks import Answer
from bot.core.ids import ThreadKey

Standing = Literal["member", "guest", "external", "bot"]


@dataclass(frozen=True, slots=True)
class Person:
    """Who acted, with the facts the gate needs, resolved before it decides.

    `standing`: `guest` is a restricted account, `external` belongs to another organisation.
    """

    user: str
    name: str
    standing: Standing = "member"
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PostedFile:
    """A file that came with a post. `size` in bytes and `url`, where Slack tells them."""

    name: str
    media_type: str = ""
    size: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A post meant for the agent. `text` is what the agent is told: mention stripped, names
    resolved. `in_thread` says that the post replied to an existing thread. `agent` is who answers,
    told when the post begins a session; empty where that goes without saying. `files` came along:
    `text` names them, their content is fetched when the prompt goes out. `shared`: the channel
    belongs to other organisations too. What we tell the agent in `by`'s name ourselves has no `ts`;
    `behalf` are those whose wish it goes back to."""

    kind: Literal["prompt"] = "prompt"
    key: str
    thread: ThreadKey
    by: Person
    ts: str
    text: str
    mentions_bot: bool = False
    mentions_others: bool = False
    direct: bool = False
    in_thread: bool = False
    agent: str = ""
    files: tuple[PostedFile, ...] = ()
    shared: bool = False
    behalf: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A person's post reads otherwise now. `post` is it, read anew: its key is that of the first
    reading. `calls`: it mentions the bot now and did not before."""

    kind: Literal["edited"] = "edited"
    key: str
    thread: ThreadKey
    by: Person
    post: Prompt
    calls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A person's post `ts` is gone."""

    kind: Literal["deleted"] = "deleted"
    key: str
    thread: ThreadKey
    ts: str


QueueAct = Literal["steer", "now", "cancel", "up", "down", "clear"]
"""Give it to the agent while it works; stop the work and do this; take it back; sooner; later; take
back all that waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrange:
    """A person wants something of the message `entry` (`ids.entry_uid` of its key) that waits in
    the queue; of all for `clear`."""

    kind: Literal["arrange"] = "arrange"
    key: str
    thread: ThreadKey
    by: Person
    entry: str
    act: QueueAct


@dataclass(frozen=True, slots=True, kw_only=True)
class Always:
    """A standing rule somebody wants: for calls of the ask's tool whose input fits the patterns
    `input`, in this `scope`, for `seconds`."""

    scope: Literal["thread", "channel", "workspace"]
    input: tuple[tuple[str, str], ...] = ()
    seconds: float = 7 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A person's answer to an ask, by button or form. `place` is where it was given. `always`: and
    a standing rule for such calls. `all`: the same for every open request of the turn that this
    person may decide; so many there were on the card they pressed, this one with them."""

    kind: Literal["reply"] = "reply"
    key: str
    thread: ThreadKey
    by: Person
    ask: str
    answer: Answer
    place: str = "thread"
    always: Always | None = None
    all: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A person wants the running turn to end; with `clear` nothing that waits comes after it.
    `on` is the ts of the message a reaction was put on."""

    kind: Literal["stop"] = "stop"
    key: str
    thread: ThreadKey
    by: Person
    via: Literal["button", "word", "native", "reaction"]
    clear: bool = False
    on: str = ""


Detail = Literal["quiet", "normal", "detailed"]
"""How much of the agent's work a thread shows: its answer and how it ended; the present step and
counts too; every step with its input, result and time, and the plan."""

Talk = Literal[
    "queue", "steer", "together", "one by one",
    "listen to all", "listen to mentions", "listen as usual",
]  # fmt: skip
"""What becomes of messages: those sent while the agent works wait or guide it; those that waited
are read together or one after the other; what counts as addressed to the agent."""

Setting = Literal[Detail, "thinking", "thinking on", "thinking off", "fresh", Talk]
"""What a person may want of a thread. `thinking` asks once for what the agent thought in the newest
turn; on and off say whether it is shown while the agent works. `fresh` begins a new session where
the agent has lost the old one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configure:
    """A person wants the agent's work shown otherwise in this thread. `said` is the post it was
    said in: where its words are an answer to the agent, they are taken as one."""

    kind: Literal["configure"] = "configure"
    key: str
    thread: ThreadKey
    by: Person
    setting: Setting
    said: Prompt | None = None


AgentSetting = Literal["model", "permission_mode"]
"""What can be changed of an agent while it runs."""

PERMISSION_MODES: Final = ("default", "acceptEdits", "plan", "bypassPermissions")
"""How much an agent may do without asking, in the agents' own words."""


Wish = Literal["model", "mode", "usage", "stop task"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tune:
    """A person wants to know what the agent works with, or to change it to `value`; or to end the
    work in the background that the agent calls `value`. `said` is the post it was said in, as for
    `Configure`."""

    kind: Literal["tune"] = "tune"
    key: str
    thread: ThreadKey
    by: Person
    what: Wish
    value: str = ""
    said: Prompt


Inbound = Prompt | Edited | Deleted | Arrange | Reply | Stop | Configure | Tune
