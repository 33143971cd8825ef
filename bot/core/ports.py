"""What the edges promise each other. Implementations live in `agents`, `slack` and `bridge`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self

from bot.core.asks import Answer, Ask
from bot.core.events import AgentEvent
from bot.core.ids import PartKey, Receipt, ThreadKey
from bot.core.inbound import Inbound
from bot.core.policy import Capabilities
from bot.core.views import HomeView, Priority, Shown


@dataclass(frozen=True, slots=True)
class Health:
    """What `Connector.check` found; `detail` is a sentence for the operator."""

    ok: bool
    detail: str


class RemoteSession(Protocol):
    """A handle on one session of an agent server. Methods raise `AgentError`s."""

    def events(self) -> AsyncIterator[AgentEvent]:
        """What happens there, from the cursor given to `attach` on. Reconnects inside; yields
        `Gap` when it cannot resume without loss, `Detached(final=True)` when it cannot go on."""
        ...

    async def prompt(self, text: str, key: str) -> None:
        """Returns when the server has taken the prompt. `key` names it for servers that refuse
        a second one of the same name (`Capabilities.prompt_check == "idempotent"`)."""
        ...

    async def interrupt(self) -> None: ...

    async def answer(self, ask: str, answer: Answer) -> None:
        """Raises `AskAlreadyAnswered` when the ask is no longer open."""
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
    """What is to be shown where. `thread` is the session's home, `key.place` where this goes."""

    thread: ThreadKey
    key: PartKey
    priority: Priority


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
        `(session, slot, part)` as metadata. Raises `SurfaceError`, `LeaseLost`.
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


Accepted = Literal["stored", "known", "ignored"]


class Bridge(Protocol):
    """The way in for whatever people do. Everything raises `StoreUnavailable`."""

    async def accept(self, inbound: Inbound) -> Accepted:
        """Stored durably when it returns "stored"; "known" for a repeat; "ignored" for a post in
        a thread that has no session and does not call the bot."""
        ...

    async def find_ask(self, uid: str) -> tuple[ThreadKey, Ask] | None:
        """The home thread and the ask a button's `uid` belongs to. The ask itself, because a button
        carries only the index of a choice."""
        ...

    async def home(self, team: str, user: str) -> HomeView: ...

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
