"""What tests of HTTP delivery share: an app without any library, what apps show, and waiting."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bot.playground import Playground
from bot.playground.model import Json
from tests.playground.bolt import serving
from tests.waiting import until

Answer = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Server:
    """An app without any library: notes each request, and answers as it is told."""

    answer: Answer
    requests: list[tuple[web.Request, bytes]] = field(
        default_factory=lambda: list[tuple[web.Request, bytes]]()
    )
    url: str = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.content_type == "application/json":
            given: Json = json.loads(body)
            if given["type"] == "url_verification":
                return web.Response(text=given["challenge"])
        self.requests.append((request, body))
        return await self.answer(request, body)

    def headers(self, name: str) -> list[str | None]:
        return [request.headers.get(name) for request, _ in self.requests]


@asynccontextmanager
async def bare(slack: Playground, answer: Answer) -> AsyncGenerator[Server]:
    server = Server(answer)
    application = web.Application()
    application.router.add_post("/", server.take)
    async with serving(application) as base:
        server.url = f"{base}/"
        await slack.app.deliver_to(server.url)
        yield server


async def empty(request: web.Request, body: bytes) -> web.Response:
    return web.Response()


def modal() -> Json:
    text = {"type": "plain_text", "text": "Reason"}
    element = {"type": "plain_text_input", "action_id": "why"}
    block = {"type": "input", "block_id": "reason", "label": text, "element": element}
    title = {"type": "plain_text", "text": "Deny"}
    return {
        "type": "modal",
        "callback_id": "deny",
        "title": title,
        "submit": title,
        "blocks": [block],
    }


def button(action_id: str) -> Json:
    return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": "Go"}}


def settled(slack: Playground, event_type: str) -> bool:
    delivered = slack.journal.delivered(event_type)
    return bool(delivered) and all(d.outcome != "pending" for d in delivered)


def acked(slack: Playground, event_type: str) -> int:
    """How many of them the app has taken."""
    return sum(delivery.outcome == "acked" for delivery in slack.journal.delivered(event_type))


async def eventually(holds: Callable[[], bool]) -> None:
    async def condition() -> bool:
        return holds()

    await until(condition)


def asleep(slack: Playground, seconds: float) -> bool:
    """Whether something waits for a moment so far away, a breath of real time aside."""
    return any(seconds - 1 < due - slack.clock() <= seconds for due in slack.clock.dues)
