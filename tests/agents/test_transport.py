"""What every adapter of an HTTP server shares."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import islice

import httpx
import pytest
from aiohttp import web

from bot.agents.transport.http import CursorLost, mapped, refusal
from bot.agents.transport.sse import backoff, open_stream
from bot.core.errors import (
    AgentAuthError,
    AgentError,
    AgentProtocolError,
    AgentRefused,
    AgentUnavailable,
    AskAlreadyAnswered,
    PromptInDoubt,
    SessionGone,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None),
        (204, None),
        (307, AgentProtocolError),
        (400, AgentProtocolError),
        (401, AgentAuthError),
        (403, AgentAuthError),
        (404, SessionGone),
        (408, AgentUnavailable),
        (409, AskAlreadyAnswered),
        (412, CursorLost),
        (422, AgentProtocolError),
        (429, AgentUnavailable),
        (500, AgentRefused),
        (502, AgentUnavailable),
        (503, AgentUnavailable),
        (504, AgentUnavailable),
    ],
)
def test_every_status_has_one_meaning(status: int, kind: type[AgentError] | None):
    problem = refusal(status)
    assert problem is None if kind is None else type(problem) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), AgentUnavailable),
        (httpx.ReadTimeout("silent"), AgentUnavailable),
        (httpx.RemoteProtocolError("cut"), AgentUnavailable),
        (httpx.UnsupportedProtocol("ftp"), AgentProtocolError),
        (httpx.InvalidURL("odd"), AgentProtocolError),
    ],
)
def test_what_the_library_raises_is_raised_as_ours(error: Exception, kind: type[AgentError]):
    with pytest.raises(kind) as raised, mapped():
        raise error
    assert raised.value.__cause__ is error


def test_people_read_a_sentence():
    for error in (PromptInDoubt(), CursorLost()):
        assert error.user_message.endswith(".") and "\n" not in error.user_message
    assert not PromptInDoubt.retryable


def test_waits_grow_and_differ_and_stay_bounded():
    waits = list(islice(backoff(), 12))
    assert waits[0] < 0.4 and all(6.0 <= wait <= 10.0 for wait in waits[6:])
    assert waits != list(islice(backoff(), 12))


@asynccontextmanager
async def server(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of a server that answers everything so."""
    app = web.Application()
    app.router.add_get("/stream", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=5) as client:
            yield client
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "kind", "problem"),
    [
        (401, "application/json", AgentAuthError),
        (404, "text/html", SessionGone),
        (412, "application/json", CursorLost),
        (200, "text/html", AgentProtocolError),
    ],
)
async def test_a_stream_that_is_refused_says_why_before_its_content_is_looked_at(
    status: int, kind: str, problem: type[AgentError]
):
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, content_type=kind, text="{}")

    async with server(answer) as client:
        with pytest.raises(problem):
            async with open_stream(client, "stream", None, silence=5):
                raise AssertionError("opened")


async def test_a_stream_without_a_sign_of_life_is_given_up_and_a_sign_is_no_event():
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"id: 7\nevent: x\ndata: {}\n\n: keepalive\n\n")
        await asyncio.Event().wait()
        return response

    async with server(answer) as client, open_stream(client, "stream", "6", silence=1) as events:
        assert (await anext(events)).id == "7"
        with pytest.raises(AgentUnavailable):
            await anext(events)
