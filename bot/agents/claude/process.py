"""One process of Claude Code: it is started, heard, and ended."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from contextlib import suppress

import structlog

from bot.agents.claude import codec, wire
from bot.agents.claude.credentials import masked
from bot.agents.claude.kept import Kept
from bot.agents.claude.records import Records, end
from bot.agents.claude.sdk import Client, Decision, Sdk, Start
from bot.core.errors import AgentError, AgentRefused, AgentUnavailable

log = structlog.stdlib.get_logger()

NO_START = "Claude Code could not be started. My operator finds the reason in my log."
NO_PLACE = "The agent's working directory is not there. My operator can look into it."
ENDED = "Claude Code ended in the middle of its work."
LINES = 5
"""Of what the tool complains about, the last lines are logged when it does not start."""

CLOSE_PATIENCE = 5.0
"""Seconds for the tool to write down where it is and to end its commands."""

PARTING_PATIENCE = 1.0
"""Seconds for the SDK to let go of a tool that has ended, or does not end."""


async def run(
    sdk: Sdk, records: Records, kept: Kept, start: Start, started: asyncio.Future[AgentError | None]
) -> None:
    """Until the process has ended, or this is cancelled. `started` tells how the start went."""
    complaints: deque[str] = deque(maxlen=LINES)
    client = sdk.client(start, complaints.append)
    try:
        problem = await _connect(client, kept, start, complaints)
        if not started.done():
            started.set_result(problem)
        if problem is None:
            kept.client = client
            await _listen(sdk, client, kept)
    except Exception:  # one session's fault is not the others'
        log.exception("claude.broke", remote=kept.id)
    finally:
        kept.client = None
        if not started.done():
            started.set_result(AgentUnavailable())
        _give_up(kept)
        await _end(sdk, client, records, kept.id)


async def _connect(
    client: Client, kept: Kept, start: Start, complaints: deque[str]
) -> AgentError | None:
    if not await asyncio.to_thread(start.cwd.is_dir):
        return AgentRefused(NO_PLACE)
    try:
        await client.connect()
    except Exception as error:
        said = masked(" | ".join(complaints) or str(error))[:400]
        log.error("claude.no_start", remote=kept.id, error=type(error).__name__, said=said)
        return AgentRefused(NO_START)
    return None


async def _listen(sdk: Sdk, client: Client, kept: Kept) -> None:
    """The SDK raises what the tool's end was like in several ways, none of which matters here."""
    while True:
        try:
            async for message in client.receive_messages():
                frame = sdk.frame(message)
                kept.take(codec.decode(kept.memory, frame))
                await _stop_again(client, kept, frame)
            return
        except Exception as error:
            log.warning("claude.ended", remote=kept.id, error=type(error).__name__)
            if not sdk.unreadable(error):
                return


async def _stop_again(client: Client, kept: Kept, frame: wire.Frame) -> None:
    """A stop that comes before the agent has begun has no effect: it is said again then."""
    if frame.name == "ResultMessage":
        kept.stopping = False
    elif kept.stopping and frame.name in ("SystemMessage", "StreamEvent"):
        kept.stopping = False
        with suppress(Exception):  # people see that it goes on, and may stop it again
            await client.interrupt()


def _give_up(kept: Kept) -> None:
    """What was open is over, unless nobody is there to be told."""
    kept.waiting.clear()
    kept.take(codec.broke_off(kept.memory, ENDED))


async def _end(sdk: Sdk, client: Client, records: Records, remote_id: str) -> None:
    """The SDK closes the tool's input first: it would tell the model then that nobody could be
    asked, and go on. Told by a signal, it ends its commands and goes; only then it is let go of."""
    survivor = await asyncio.to_thread(records.survivor, remote_id)
    try:
        if survivor is not None:
            with suppress(ProcessLookupError):
                os.kill(survivor.pid, signal.SIGTERM)
            async with asyncio.timeout(CLOSE_PATIENCE):
                await _hear_out(sdk, client)
    except TimeoutError:
        log.warning("claude.lingers", remote=remote_id)
    try:
        async with asyncio.timeout(PARTING_PATIENCE):
            await client.disconnect()
    except Exception as error:
        log.warning("claude.not_closed", remote=remote_id, error=type(error).__name__)
    if survivor is not None:
        await asyncio.to_thread(end, survivor.pid, 1.0)
    records.pid_path(remote_id).unlink(missing_ok=True)


async def _hear_out(sdk: Sdk, client: Client) -> None:
    """Until the tool says nothing more, which is when it has ended."""
    while True:
        try:
            async for _ in client.receive_messages():
                continue
            return
        except Exception as error:
            if not sdk.unreadable(error):
                return


async def decide(kept: Kept, request: wire.Request) -> Decision:
    """Wait for a person's answer; the SDK cancels this when the agent takes the request back."""
    if kept.client is None:  # it is on its way out: what it asks now nobody is to be troubled with
        await asyncio.Event().wait()
    future: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
    kept.waiting[request.call] = (request, future)
    kept.take(codec.requested(kept.memory, request))
    try:
        decision = await future
    except asyncio.CancelledError:
        kept.waiting.pop(request.call, None)
        kept.take(codec.settled(kept.memory, request.call, "withdrawn"))
        raise
    kept.take(codec.settled(kept.memory, request.call, "answered"))
    return decision
