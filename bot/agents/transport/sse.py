"""Server-sent events over HTTP: one stream, read as fast as its reader takes them.

Nothing is read ahead but what the socket holds, so a slow reader slows the server down. Lines end
only where the standard says: U+2028, U+2029 and U+0085 inside JSON are text like any other.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
from httpx_sse import EventSource, ServerSentEvent

from bot.agents.transport.http import mapped, refusal
from bot.core.errors import AgentProtocolError

MOST_FRAME = 32_000_000
"""Bytes one event may have: ten times what agents send, and an end to what has none."""


class _Bounded(httpx.AsyncByteStream):
    """A body of which no more than `MOST_FRAME` bytes are read for one event."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.pending = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            self.pending += len(chunk)
            if self.pending > MOST_FRAME:
                raise AgentProtocolError("The agent sent more at once than I can take.")
            yield chunk


@asynccontextmanager
async def open_stream(
    client: httpx.AsyncClient, path: str, cursor: str | None, silence: float
) -> AsyncGenerator[AsyncGenerator[ServerSentEvent]]:
    """The events after `cursor` (`Last-Event-ID`), from the oldest kept without one.

    The status is looked at before the content type, which on an error is another. The generator
    ends when the server ends the stream; it raises `AgentUnavailable` when the stream is cut, or
    nothing, not even a comment, came for `silence` seconds. Raises `AgentError`s on entering.
    """
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if cursor is not None:
        headers["Last-Event-ID"] = cursor
    timeout = httpx.Timeout(client.timeout.connect, read=silence)
    with mapped():
        async with client.stream("GET", path, headers=headers, timeout=timeout) as response:
            problem = refusal(response.status_code)
            if problem is not None:
                raise problem
            kind = response.headers.get("content-type", "")
            if kind.partition(";")[0].strip() != "text/event-stream":
                raise AgentProtocolError("The agent's address does not stream events.")
            events = _events(response)
            try:
                yield events
            finally:
                await events.aclose()


async def _events(response: httpx.Response) -> AsyncGenerator[ServerSentEvent]:
    """Without the empty events the library makes of comments."""
    body = _Bounded(response.aiter_bytes())
    source = EventSource(
        httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)
    )
    with mapped():
        async for event in source.aiter_sse():
            body.pending = 0
            if event.data:
                yield event


def backoff(first: float = 0.25, most: float = 8.0) -> Iterator[float]:
    """Seconds to wait before each further try: doubled, and spread by half so that not everybody
    comes back at once."""
    wait = first
    while True:
        yield wait * random.uniform(0.75, 1.25)
        wait = min(most, wait * 2)
