"""What the edges promise each other. Implementations live in `agents`, `slack` and `bridge`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Protocol, Self, runtime_checkable

from bot.core.access import Access, Where
from bot.core.approvals import Terms
from bot.core.asks import Answer
from bot.core.events import AgentEvent
from bot.core.ids import PartKey, Receipt, ThreadKey
from bot.core.inbound import Inbound, Person, PostedFile
from bot.core.policy import AgentSetting, Capabilities, ImageLimits
from bot.core.views import AskView, Priority, Shown


@dataclass(frozen=True, slots=True)
class Health:
    """What `Connector.check` found; `detail` is a sentence for the operator, `remedy` what to do
    where that is not simply to start the agent's server."""

    ok: bool
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that goes with a prompt."""

    media_type: str
    data: bytes


FetchImage = Callable[[PostedFile, ImageLimits], Awaitable[Image]]
"""A posted image's content, within the limits. Raises `SurfaceError`, whose sentence says why the
file is left out."""


class RemoteSession(Protocol):
    """A handle on one session of an agent server. Methods raise `AgentError`s."""

    def events(self) -> AsyncIterator[AgentEvent]:
        """What happens there, from the cursor given to `attach` on. Reconnects inside; yields
        `Gap` when it cannot resume without loss, `Detached(final=True)` when it cannot go on."""
        ...

    async def prompt(self, text: str, key: str, images: Sequence[Image] = ()) -> None:
        """Returns when the server has taken the prompt. `key` names it for servers that refuse
        a second one of the same name (`Capabilities.prompt_check == "idempotent"`). Images only
        within `Capabilities.images`. Raises `AgentUnavailable` only when the prompt certainly did
        not arrive, or may be repeated under its key; `PromptInDoubt` when nobody can tell. Who
        calls it again after that wants the prompt sent again."""
        ...

    async def steer(self, turn: str, text: str, key: str, images: Sequence[Image] = ()) -> None:
        """Give the agent a message while it works on `turn`, its own name for it. Returns when it
        has been taken for that turn; again under the same key, it is taken once. Raises
        `Unsupported` without `Capabilities.steer`, `AgentRefused` when that turn is over: then it
        certainly was not taken."""
        ...

    async def interrupt(self) -> None: ...

    async def answer(self, ask: str, answer: Answer) -> None:
        """Raises `AskAlreadyAnswered` when the ask is no longer open."""
        ...

    async def configure(self, setting: AgentSetting, value: str) -> None:
        """Change one of `Capabilities.settings`; an empty model is the agent's default. Raises
        `Unsupported` for others, `AgentRefused` for a value the agent does not take."""
        ...

    async def stop_task(self, task: str) -> None:
        """End work in the background. Raises `Unsupported` without `Capabilities.stop_task`."""
        ...

    async def close(self) -> None:
        """End the session for good, with all it remembers; it is no error if it is gone."""
        ...


@runtime_checkable
class ReadsPrompts(Protocol):
    """A `RemoteSession` whose `Capabilities.prompt_check` is "readable"."""

    async def took(self, key: str) -> bool | None:
        """Whether the server has the prompt of this key; None when it cannot tell."""
        ...


class Connector(Protocol):
    """An agent server. Entered once by the application; holds what its sessions share."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    async def check(self) -> Health: ...

    async def create(self, key: str) -> str:
        """A new session's remote id; the same id again for the same key where the server can."""
        ...

    def attach(
        self, remote_id: str, cursor: str | None
    ) -> AbstractAsyncContextManager[RemoteSession]:
        """Raises `SessionGone` on entering when the server does not know the session."""
        ...


Newest = Callable[[], Awaitable[Shown | None]]
"""Asked for when a permit was granted: saves the state (and the intent to post), then gives the
view to show; None when there is nothing to show any more."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be shown where. `thread` is the session's home, `key.place` where this goes;
    `asked_by` the user id of whose session it is, if anybody's."""

    thread: ThreadKey
    key: PartKey
    priority: Priority
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A post that was meant at `at` (epoch seconds) and whose ts was not recorded."""

    thread: ThreadKey
    key: PartKey
    at: float


class Surface(Protocol):
    """Where sessions are shown."""

    async def show(self, target: Target, receipt: Receipt | None, newest: Newest) -> Receipt | None:
        """Waits for a permit, asks for the newest view, shows it; None when there was none.

        `receipt` is what was shown before; without one a new message is posted, carrying
        `(session, slot, part)` as metadata. Raises `RateLimited` when Slack wants patience (then it
        is asked for again, in its newest form), other `SurfaceError`s, `LeaseLost`.
        """
        ...

    async def whisper(self, thread: ThreadKey, user: str, text: str) -> None:
        """A message only `user` sees. Raises `SurfaceError`."""
        ...

    async def earlier(self, thread: ThreadKey, before: str) -> str:
        """The thread's messages before ts `before`, bounded, as text for the agent; "" if none.
        Raises `SurfaceError`."""
        ...

    async def recover(self, intents: Sequence[Intent]) -> list[Receipt]:
        """Receipts (with `shown=""`) for those intents that Slack did carry out, found by their
        metadata. Raises `SurfaceError` when Slack cannot tell."""
        ...


@dataclass(frozen=True, slots=True)
class Bound:
    """A thread that has a session, and when something last happened in it (epoch seconds)."""

    thread: ThreadKey
    updated_at: float


@dataclass(frozen=True, slots=True)
class KnownAsk:
    """An ask as its session knows it now: `thread` is the session's home; `where`, `access` and
    `terms` are what `access.gate` and `approvals.may_decide` want to know."""

    thread: ThreadKey
    view: AskView
    where: Where
    terms: Terms
    access: Access = field(default_factory=Access)


Accepted = Literal["stored", "known", "ignored"]


class Bridge(Protocol):
    """The way in for whatever people do. Everything raises `StoreUnavailable`."""

    async def accept(self, inbound: Inbound) -> Accepted:
        """Stored durably when it returns "stored"; "known" for a repeat; "ignored" for a post in
        a thread that has no session and does not call the bot. Raises `UnknownAgent` for a post
        that names an agent it cannot have: nothing is stored then."""
        ...

    async def find_ask(self, uid: str) -> KnownAsk | None:
        """What a button's `uid` belongs to: a button carries no more than that, and the index of a
        choice."""
        ...

    async def find_thread(self, team: str, channel: str, ts: str, post: str) -> ThreadKey | None:
        """The home thread of the session that shows message `ts`, or that the post with the key
        `post` was for; of this team alone."""
        ...

    async def home_opened(self, team: str, person: Person, notice: str = "") -> None:
        """The person looks at their Home: it is made anew soon, and kept up to date for a while.
        `notice` is said there about what they pressed."""
        ...

    async def revoke(self, team: str, grant: str, by: Person, key: str) -> str:
        """End a standing rule; `key` names the press. Returns what became of it, as a sentence for
        the person."""
        ...

    async def bound(self, thread: ThreadKey) -> bool: ...

    async def recent(self, team: str, limit: int) -> list[Bound]:
        """Threads with a session, the most recently active first."""
        ...

    async def missed_since(self, team: str) -> float | None:
        """Epoch seconds from which on posts may not have reached us: an earlier gap that is still
        owed, else the newest post accepted, else when this was first asked, and then None."""
        ...

    async def owe(self, team: str, since: float) -> None:
        """Remember, over a crash, that everything since then is still to be read."""
        ...

    async def settle(self, team: str, since: float) -> None:
        """Everything since then has been read."""
        ...
