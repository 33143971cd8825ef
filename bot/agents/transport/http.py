"""Every outcome of an HTTP exchange as an `AgentError`, decided here and nowhere else.

Bodies are read up to `MOST_REPLY` bytes: a server that went mad fills no memory.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from pydantic import JsonValue

from bot.core.errors import (
    AgentAuthError,
    AgentError,
    AgentProtocolError,
    AgentRefused,
    AgentUnavailable,
    AskAlreadyAnswered,
    SessionGone,
)

MOST_REPLY = 1_000_000

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""After these the server cannot have seen the request."""


class CursorLost(AgentError):
    """The agent no longer keeps what happened since I last listened."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content_type: str
    body: bytes


def refusal(status: int) -> AgentError | None:
    """What a status means; None when the request was taken."""
    match status:
        case status if 200 <= status < 300:
            return None
        case 401 | 403:
            return AgentAuthError()
        case 404 | 410:
            return SessionGone()
        case 409:
            return AskAlreadyAnswered()
        case 412:
            return CursorLost()
        case 408 | 425 | 429 | 502 | 503 | 504:
            return AgentUnavailable()
        case status if status >= 500:
            return AgentRefused("The agent's server could not do this.")
        case status if 300 <= status < 400:
            return AgentProtocolError("The agent's address leads elsewhere: its URL is wrong.")
        case _:
            return AgentProtocolError()


@contextmanager
def mapped() -> Generator[None]:
    """The library's exceptions become `AgentUnavailable`, or `AgentProtocolError` for an address
    that can never work."""
    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise AgentProtocolError("The agent's address cannot be used.") from error
    except httpx.HTTPError as error:
        raise AgentUnavailable() from error


async def exchange(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    body: Mapping[str, JsonValue] | None = None,
    *,
    within: float,
) -> Reply:
    """One request and its whole reply, whatever its status; `within` seconds for each read. Raises
    `httpx.HTTPError`, and `AgentProtocolError` for a reply without end."""
    limits = httpx.Timeout(within, connect=client.timeout.connect)
    async with client.stream(method, path, json=body, timeout=limits) as response:
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > MOST_REPLY:
                raise AgentProtocolError()
        return Reply(response.status_code, response.headers.get("content-type", ""), bytes(content))
