"""The `Connector` of an agent-webkit server: creates sessions, keeps them alive, lets them go."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Annotated, Literal, Self

import httpx
import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from bot.agents.agent_webkit import wire
from bot.agents.agent_webkit.inputs import LOST, Inputs
from bot.agents.agent_webkit.keeping import Kept, eldest
from bot.agents.agent_webkit.memory import from_cursor
from bot.agents.agent_webkit.patience import Patience
from bot.agents.agent_webkit.session import WebkitSession
from bot.agents.transport.http import exchange, mapped, refusal
from bot.core.errors import AgentError, AgentProtocolError, AgentRefused, BotError, SessionGone
from bot.core.policy import Capabilities, ImageLimits
from bot.core.ports import Health, RemoteSession

log = structlog.stdlib.get_logger()

CREATE_PATIENCE = 75.0
"""Seconds: the server answers once the agent's process has, which may take a minute."""

MOST_FAREWELLS = 1000
"""Sessions let go of which it is remembered why; of older ones only that they are gone."""

KEPT_IDLE = 2.0
"""Seconds a connection waits for its next use; uvicorn ends it after 5, and a prompt that meets
that end is in doubt."""

FORGET_AFTER = 600.0
"""Seconds after which a session nobody attends to is forgotten here; the server does so sooner."""

BACK_SOON = 60.0
"""Seconds within which who comes back to a session was the last to attend to it."""

LET_GO = "I ended this session, because more were open than I may keep and it was unused longest."
NO_START = (
    "The agent's server could not start a session. "
    "Its working directory, model or permission mode may be wrong; my operator can look into it."
)


def _url(given: object) -> object:
    if not isinstance(given, str):
        return given
    url = _address(given)
    if url.userinfo or url.query or url.fragment:
        raise ValueError("must be an address without credentials, query and fragment")
    return given.strip().rstrip("/")


def _web_url(given: object) -> object:
    """As people's browsers take it."""
    if not isinstance(given, str) or not given.strip():
        return given
    url = _address(given)
    if url.userinfo:
        raise ValueError("must be an address without credentials")
    return str(url)


def _address(given: str) -> httpx.URL:
    try:
        url = httpx.URL(given.strip())
    except httpx.InvalidURL as error:
        raise ValueError("must be an address") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must begin with http:// or https:// and name a host")
    return url


class AgentWebkitConfig(BaseModel):
    """`keep_alive`: seconds an unused session is kept; one that works or waits for a person is kept
    anyway. `updated_permissions`: the server's factory takes permission rules with an answer, which
    the default one does not. `web_url`: where people find the agent beside Slack. `beat_every`:
    seconds; with the quarter of it that a beat may be late, below the server's 300."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["agent_webkit"]
    url: Annotated[str, BeforeValidator(_url)]
    token: SecretStr = SecretStr("")
    web_url: Annotated[str, BeforeValidator(_web_url), Field(max_length=3000)] = ""
    model: str | None = None
    permission_mode: str = "default"
    cwd: str | None = None
    updated_permissions: bool = False
    keep_alive: Annotated[float, Field(ge=0)] = 8 * 3600.0
    max_kept_sessions: Annotated[int, Field(ge=1)] = 20
    beat_every: Annotated[float, Field(gt=0, le=200)] = 120.0
    silence: Annotated[float, Field(gt=0, le=15)] = 2.0
    reply_timeout: Annotated[float, Field(gt=0, le=60)] = 8.0


class AgentWebkitConnector:
    """What its sessions share: one client, and the knowledge of what is kept."""

    def __init__(self, config: AgentWebkitConfig) -> None:
        self._config = config
        self._patience = Patience(reply=config.reply_timeout, silence=config.silence)
        self._stack = AsyncExitStack()
        self._tasks = asyncio.TaskGroup()
        self._beats: set[asyncio.Task[None]] = set()
        self._kept: dict[str, Kept] = {}
        self._farewells: dict[str, str] = {}
        self._creating: dict[str, asyncio.Task[str | AgentError]] = {}
        self._due = asyncio.Event()
        self._client = _client(config, self._patience)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            replay="cursor",
            prompt_check="none",
            settings=("model", "permission_mode"),
            images=ImageLimits(),
            stop_task=True,
            linger=max(0.0, self._config.keep_alive - 2 * self._config.beat_every),
        )

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._client)
        await self._tasks.__aenter__()
        self._beating = self._tasks.create_task(self._beat(), name="agent-webkit beats")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        async with self._stack:
            for beat in (self._beating, *self._beats):
                beat.cancel()
            for creating in self._creating.values():
                creating.cancel()
            for kept in self._kept.values():
                for sending in kept.sent.values():
                    sending.cancel()
            # What the tasks came to is told to those who wait for them; what ended the application
            # is not theirs.
            await self._tasks.__aexit__(None, None, None)

    async def check(self) -> Health:
        """A stream of a session that cannot exist: the server looks at the token first."""
        path = f"sessions/{secrets.token_hex(8)}/stream"
        where = self._config.url
        try:
            with mapped():
                reply = await exchange(self._client, "GET", path, within=self._patience.reply)
        except BotError as error:
            return Health(False, f"{error.user_message} ({where})")
        if reply.status == 404 and b"Session not found" in reply.body:
            return Health(True, f"The agent-webkit server at {where} takes my token.")
        if reply.status == 401:
            return Health(False, f"The agent-webkit server at {where} does not take my token.")
        return Health(False, f"What answers at {where} is not an agent-webkit server; see `url`.")

    async def create(self, key: str) -> str:
        """Whoever gives up waiting finds the session when asking again under the same key."""
        creating = self._creating.get(key)
        if creating is None:
            creating = self._tasks.create_task(self._create(), name=f"create {key}")
            self._creating[key] = creating
        made = await asyncio.shield(creating)
        self._creating.pop(key, None)
        if isinstance(made, AgentError):
            raise made
        return made

    async def _create(self) -> str | AgentError:
        config = self._config
        given = {
            "model": config.model, "permission_mode": config.permission_mode, "cwd": config.cwd,
        }  # fmt: skip
        body = {name: value for name, value in given.items() if value is not None}
        try:
            with mapped():
                reply = await exchange(
                    self._client, "POST", "sessions", body, within=CREATE_PATIENCE
                )
        except AgentError as error:
            return error
        problem = refusal(reply.status)
        if isinstance(problem, SessionGone):
            return AgentProtocolError("The agent's address is wrong: no sessions are made there.")
        if isinstance(problem, AgentRefused):
            return AgentRefused(NO_START)
        if problem is not None:
            return problem
        try:
            made = wire.Created.model_validate_json(reply.body).session_id
        except ValidationError:
            return AgentProtocolError()
        await self._make_room()
        self._keep(made).touched = asyncio.get_running_loop().time()
        return made

    def _keep(self, session: str) -> Kept:
        kept = self._kept.get(session)
        if kept is None:
            now = asyncio.get_running_loop().time()
            kept = Kept(id=session, used=now, touched=-math.inf, left=now)
            kept.memory = from_cursor(None, mode=self._config.permission_mode)
            self._kept[session] = kept
        return kept

    @asynccontextmanager
    async def attach(self, remote_id: str, cursor: str | None) -> AsyncGenerator[RemoteSession]:
        memory = from_cursor(cursor, mode=self._config.permission_mode)
        known, now = remote_id in self._kept, asyncio.get_running_loop().time()
        kept = self._keep(remote_id)
        if known and now - kept.left < BACK_SOON:
            # A mode that was changed since the cursor was stored is known here alone.
            memory = replace(memory, mode=kept.memory.mode)
        kept.memory = memory
        session = WebkitSession(
            self._client,
            self._tasks,
            kept,
            self._patience,
            permissions=self._config.updated_permissions,
            web_url=self._config.web_url,
        )
        try:
            await session.open()
        except SessionGone as error:
            self._kept.pop(remote_id, None)
            raise SessionGone(self._farewells.get(remote_id, LOST)) from error
        kept.nudge = session.let_go
        self._due.set()  # who knows for how long nobody has attended to it
        try:
            yield session
        finally:
            if kept.nudge == session.let_go:  # else somebody else attends to it already
                kept.nudge, kept.left = None, asyncio.get_running_loop().time()
            await session.leave()

    def _inputs(self, kept: Kept) -> Inputs:
        return Inputs(self._client, kept, self._patience)

    # --- keeping ----------------------------------------------------------------------------------

    async def _beat(self) -> None:
        """The server counts only inputs, so what is needed or was used lately gets one in time."""
        every = self._config.beat_every
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(every / 4):
                    await self._due.wait()
            self._due.clear()
            now = asyncio.get_running_loop().time()
            for kept in list(self._kept.values()):
                wanted = kept.needed or now - kept.used < self._config.keep_alive
                ready = kept.attended and not kept.beating
                if ready and wanted and now - kept.touched >= every:
                    beat = self._tasks.create_task(self._beat_one(kept), name=f"beat {kept.id}")
                    self._beats.add(beat)
                    beat.add_done_callback(self._beats.discard)
                elif not kept.attended and now - max(kept.left, kept.touched) > FORGET_AFTER:
                    del self._kept[kept.id]

    async def _beat_one(self, kept: Kept) -> None:
        """An agent that hangs holds up no other session's sign of life."""
        kept.beating = True
        try:
            await self._inputs(kept).beat()
        except AgentError as error:
            log.warning("agent.beat_failed", remote=kept.id, error=type(error).__name__)
        except Exception:  # or it would end the application
            log.exception("agent.beat_broke", remote=kept.id)
        finally:
            kept.beating = False

    async def _make_room(self) -> None:
        """For one more."""
        for kept in eldest(self._kept.values(), self._config.max_kept_sessions - 1):
            await self._let_go(kept, LET_GO)

    async def _let_go(self, kept: Kept, why: str) -> None:
        self._kept.pop(kept.id, None)
        self._farewells[kept.id] = kept.farewell = why
        for old in list(self._farewells)[:-MOST_FAREWELLS]:
            del self._farewells[old]
        with suppress(AgentError):  # the server forgets it by itself before long
            await self._inputs(kept).close()
        if kept.nudge is not None:
            kept.nudge()


def _client(config: AgentWebkitConfig, patience: Patience) -> httpx.AsyncClient:
    """Each open thread holds a connection for its stream, so there is no bound on them."""
    token = config.token.get_secret_value()
    return httpx.AsyncClient(
        base_url=config.url,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=httpx.Timeout(patience.reply, connect=patience.connect),
        limits=httpx.Limits(
            max_connections=None, max_keepalive_connections=20, keepalive_expiry=KEPT_IDLE
        ),
        follow_redirects=False,
    )
