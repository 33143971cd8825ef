"""Talking to a session: everything the server takes at `POST .../input`, and the end of it.

Nothing there knows keys, so nothing that would have an effect twice is repeated here.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import quote

import httpx
import structlog

from bot.agents.agent_webkit import asking, messages
from bot.agents.agent_webkit.keeping import Kept
from bot.agents.agent_webkit.patience import Patience
from bot.agents.transport.http import NEVER_SENT, Reply, exchange, mapped, refusal
from bot.core.asks import Answer
from bot.core.errors import (
    AgentError,
    AgentRefused,
    AgentUnavailable,
    PromptInDoubt,
    SessionGone,
)
from bot.core.policy import AgentSetting

log = structlog.stdlib.get_logger()

LOST = "The agent no longer remembers this thread: its server was restarted or ended the session."

UNHEARD = (408, 502, 504)
"""What a proxy says when it does not know what became of a request."""


class Inputs:
    """What can be said to one session. Raises `AgentError`s."""

    def __init__(self, client: httpx.AsyncClient, kept: Kept, patience: Patience) -> None:
        self._client = client
        self._kept = kept
        self._patience = patience
        self.path = f"sessions/{quote(kept.id, safe='')}"

    async def prompt(self, body: messages.Body) -> AgentError | None:
        """What came of it. Never twice: only what the server cannot have seen, or says it did not
        take, comes back as `AgentUnavailable`."""
        self._kept.awaited += 1
        problem: AgentError | None = PromptInDoubt()
        try:
            reply = await self._exchange(body, self._patience.reply)
            if reply.status not in UNHEARD:
                problem = refusal(reply.status)
        except NEVER_SENT:
            problem = AgentUnavailable()
        except httpx.HTTPError as error:
            log.warning("prompt.in_doubt", remote=self._kept.id, error=type(error).__name__)
        except AgentError as error:
            problem = error
        except Exception:  # or it would end the application
            log.exception("prompt.broke", remote=self._kept.id)
        if isinstance(problem, SessionGone):
            problem = SessionGone(LOST)
        if problem is None:
            self._kept.touched = asyncio.get_running_loop().time()
        else:
            self._kept.awaited -= 1
        return problem

    async def interrupt(self, within: float) -> None:
        await self._post(messages.INTERRUPT, within)

    async def answer(self, ask: str, answer: Answer) -> None:
        known = next((one for one in self._kept.memory.asks if one.id == ask), None)
        await self._post(messages.response(ask, answer, known), self._patience.reply)
        memory = self._kept.memory
        self._kept.memory = asking.answered(memory, ask, denied=answer.verb == "deny")
        if answer.verb == "reply" and memory.untyped:
            said = [f"{question}: {', '.join(values)}" for question, values in answer.values]
            self._kept.repeats.append("My answer to your question:\n" + "\n".join(said))

    async def configure(self, setting: AgentSetting, value: str) -> None:
        async with self._kept.tuning:
            try:
                await self._post(messages.setting(setting, value), self._patience.control)
            except AgentRefused as error:
                told = f"The agent does not take {value!r} for this setting."
                raise AgentRefused(told) from error
            if setting == "permission_mode":
                self._kept.memory = replace(self._kept.memory, mode=value)

    async def stop_task(self, task: str) -> None:
        await self._post(messages.stop_task(task), self._patience.control)

    async def beat(self) -> None:
        """An input that changes nothing: the permission mode it has already, or, where nobody knows
        that and nothing runs, a stop."""
        async with self._kept.tuning:  # or a mode that is being changed would be changed back
            mode = self._kept.memory.mode
            if mode is not None:
                await self._post(messages.setting("permission_mode", mode), self._patience.control)
            elif not self._kept.needed:
                await self._post(messages.INTERRUPT, self._patience.control)

    async def close(self) -> None:
        """The server forgets an id at once, and says the same for one it never knew."""
        with mapped():
            reply = await exchange(self._client, "DELETE", self.path, within=self._patience.reply)
        problem = refusal(reply.status)
        if problem is not None and not isinstance(problem, SessionGone):
            raise problem

    async def _post(self, body: messages.Body, within: float) -> None:
        with mapped():
            reply = await self._exchange(body, within)
        problem = refusal(reply.status)
        if isinstance(problem, SessionGone):
            raise SessionGone(LOST)
        if problem is not None:
            raise problem
        self._kept.touched = asyncio.get_running_loop().time()

    async def _exchange(self, body: messages.Body, within: float) -> Reply:
        return await exchange(self._client, "POST", f"{self.path}/input", body, within=within)
