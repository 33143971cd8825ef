"""The agent's session as an actor holds on to it: attached, read, and attached again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.bridge.pulse import Pulse
from bot.core.eras import in_era
from bot.core.errors import AgentUnavailable, BotError, LeaseLost, SessionGone
from bot.core.events import AgentEvent, Detached
from bot.core.policy import Rules
from bot.core.ports import Connector, RemoteSession
from bot.core.state import SessionState

log = structlog.get_logger()

ATTACH_PATIENCE = 5.0
"""Seconds a command waits for the agent's session to be attached."""


class Attachment:
    """`state` is the newest one, saved or not. `report` hands on what the agent did, and waits
    while there is no room for it. `changed` beats when the state has changed, and is beaten when
    the session was attached."""

    def __init__(
        self,
        connector: Connector,
        state: Callable[[], SessionState],
        rules: Rules,
        report: Callable[[AgentEvent], Awaitable[None]],
        changed: Pulse,
    ) -> None:
        self._connector = connector
        self._state = state
        self._rules = rules
        self._report = report
        self._changed = changed
        self._remote: RemoteSession | None = None

    @property
    def wanted(self) -> str | None:
        """The remote session to be attached to, if there is one."""
        state = self._state()
        return None if state.lost else state.remote_id

    async def remote(self) -> RemoteSession:
        """The handle on the remote session, waiting a little for it.

        Raises AgentUnavailable, or SessionGone when it will not come back.
        """
        try:
            async with asyncio.timeout(ATTACH_PATIENCE):
                while self._remote is None:
                    if self._state().lost:
                        raise SessionGone()
                    await self._changed.wait()
                return self._remote
        except TimeoutError as error:
            raise AgentUnavailable() from error

    async def run(self) -> None:
        """Read each remote session there is, one after the other, until it is given up."""
        while True:
            while (remote_id := self.wanted) is None:
                await self._changed.wait()
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read(remote_id), name="read")
                while self.wanted == remote_id:
                    await self._changed.wait()
                reading.cancel()

    async def _read(self, remote_id: str) -> None:
        """Attach, and hand on all the agent does, until it is gone for good."""
        wait = self._rules.retry_first
        era = self._state().era
        while True:
            try:
                async with self._connector.attach(remote_id, self._state().cursor) as remote:
                    self._remote = remote
                    self._changed.beat()
                    async for event in remote.events():
                        wait = self._rules.retry_first
                        await self._report(in_era(event, era))
                        if isinstance(event, Detached) and event.final:
                            return
            except SessionGone as error:
                await self._report(Detached(reason=error.user_message, final=True))
                return
            except LeaseLost:
                raise
            except BotError as error:
                log.warning("agent.detached", error=type(error).__name__)
                await self._report(Detached(reason=error.user_message))
            except Exception:
                log.exception("agent.broke")
                await self._report(Detached(reason=AgentUnavailable().user_message))
            finally:
                self._remote = None
            await asyncio.sleep(wait)
            wait = min(self._rules.retry_most, wait * 2)
