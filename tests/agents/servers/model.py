"""A stand-in for the model: the streaming HTTP API that Claude Code calls, on loopback.

What it says depends on the person's words alone; the first that fits counts. Words in a prompt:

    guarded                 asks to run a command, then repeats what came of it
    run: <command>          the same with a command of one's own
    read: <path>            the same with a tool that reads a file
    both: <one> && <two>    asks to run two commands at once
    question                asks which colour, then repeats the answer
    endless                 writes a word every 20 ms until nobody listens
    silent                  takes the request and says nothing
    broken                  is overloaded or does not know the model, and says so
    thinking                thinks, then answers
    anything else           an answer of two paragraphs
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web

Json = dict[str, Any]

ANSWER = "Hello from the stand-in.\n\nThis is the second paragraph."
COLOURS = ("red", "blue")
GUARDED = "echo hello-from-tool | tee made.txt"


class StandIn:
    """`requests` are those of conversations, in order; `refuse`: the status of every answer."""

    def __init__(self) -> None:
        self.requests: list[Json] = []
        self.refuse: int | None = None
        self._made = 0

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/messages", self._messages)
        app.router.add_route("*", "/{rest:.*}", _nothing)
        return app

    def said(self) -> list[str]:
        """The last words of a person in each request."""
        return [_prompt(request["messages"]) for request in self.requests]

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        body: Json = await request.json()
        if not body.get("stream"):  # whether there is such a model
            return web.json_response(_whole(body))
        if not body.get("tools"):  # what the tool asks on the side: titles and the like
            return await self._stream(request, body, [("text", "Fine.")])
        self.requests.append(body)
        word = _prompt(body["messages"])
        if self.refuse is not None or word == "broken":
            problem = {"type": "invalid_request_error", "message": "the stand-in refuses"}
            return web.json_response({"type": "error", "error": problem}, status=self.refuse or 400)
        return await self._stream(request, body, _reply(word, body["messages"]))

    async def _stream(
        self, request: web.Request, body: Json, blocks: list[tuple[str, Any]]
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        with suppress(ConnectionError):
            await self._tell(response, body, blocks)
        return response

    async def _tell(
        self, response: web.StreamResponse, body: Json, blocks: list[tuple[str, Any]]
    ) -> None:
        self._made += 1
        number = self._made

        async def send(data: Json) -> None:
            await response.write(f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode())

        usage = {"input_tokens": 1000, "output_tokens": 1}
        message = {
            "id": f"msg_{number:04}", "type": "message", "role": "assistant", "content": [],
            "model": body["model"], "stop_reason": None, "stop_sequence": None, "usage": usage,
        }  # fmt: skip
        await send({"type": "message_start", "message": message})
        for index, (kind, content) in enumerate(blocks):
            if kind == "silent":
                await asyncio.sleep(3600)
            begin, deltas = _block(kind, content, f"toolu_{number:04}_{index}")
            await send({"type": "content_block_start", "index": index, "content_block": begin})
            async for delta in deltas:
                await send({"type": "content_block_delta", "index": index, "delta": delta})
            await send({"type": "content_block_stop", "index": index})
        stop = "tool_use" if any(kind == "tool" for kind, _ in blocks) else "end_turn"
        delta = {"stop_reason": stop, "stop_sequence": None}
        await send({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 50}})
        await send({"type": "message_stop"})


def _whole(body: Json) -> Json:
    usage = {"input_tokens": 1, "output_tokens": 1}
    return {
        "id": "msg_whole", "type": "message", "role": "assistant", "model": body["model"],
        "content": [{"type": "text", "text": "Fine."}], "stop_reason": "end_turn",
        "stop_sequence": None, "usage": usage,
    }  # fmt: skip


def _block(kind: str, content: Any, call: str) -> tuple[Json, AsyncGenerator[Json]]:
    match kind:
        case "tool":
            name, given = content
            begin: Json = {"type": "tool_use", "id": call, "name": name, "input": {}}
            return begin, _each([{"type": "input_json_delta", "partial_json": json.dumps(given)}])
        case "thinking":
            deltas: list[Json] = [
                {"type": "thinking_delta", "thinking": content},
                {"type": "signature_delta", "signature": "c2lnbmVk"},
            ]
            return {"type": "thinking", "thinking": "", "signature": ""}, _each(deltas)
        case "endless":
            return {"type": "text", "text": ""}, _endless()
        case _:
            words = [content[at : at + 12] for at in range(0, len(content), 12)]
            texts: list[Json] = [{"type": "text_delta", "text": word} for word in words]
            return {"type": "text", "text": ""}, _each(texts)


async def _each(deltas: list[Json]) -> AsyncGenerator[Json]:
    for delta in deltas:
        yield delta


async def _endless() -> AsyncGenerator[Json]:
    number = 0
    while True:
        number += 1
        yield {"type": "text_delta", "text": f"word{number} "}
        await asyncio.sleep(0.02)


def _reply(word: str, messages: list[Json]) -> list[tuple[str, Any]]:
    results = _results(messages)
    if results:
        return [("text", f"The tool said: {' | '.join(results)}")]
    if word.startswith("run: "):
        return [("text", "Let me run it."), ("tool", _bash(word.removeprefix("run: ")))]
    if word.startswith("read: "):
        path = word.removeprefix("read: ")
        return [("text", "Let me read it."), ("tool", ("Read", {"file_path": path}))]
    if word.startswith("both: "):
        commands = word.removeprefix("both: ").split(" && ")
        return [("text", "Two at once."), *(("tool", _bash(command)) for command in commands)]
    match word:
        case "guarded":
            return [("text", "Let me use a tool."), ("tool", _bash(GUARDED))]
        case "question":
            return [("tool", ("AskUserQuestion", {"questions": [_question()]}))]
        case "endless":
            return [("endless", None)]
        case "silent":
            return [("silent", None)]
        case "thinking":
            return [("thinking", "Let me think about this."), ("text", ANSWER)]
        case _:
            return [("text", ANSWER)]


def _bash(command: str) -> tuple[str, Json]:
    return "Bash", {"command": command, "description": "What the stand-in wants"}


def _question() -> Json:
    options = [{"label": colour, "description": f"The colour {colour}"} for colour in COLOURS]
    return {
        "question": "Which colour?", "header": "Colour", "options": options, "multiSelect": False,
    }  # fmt: skip


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [block["text"] for block in content if block.get("type") == "text"]


def _prompt(messages: list[Json]) -> str:
    """What a person said last: the tool adds reminders of its own, in tags."""
    for message in reversed(messages):
        if message["role"] == "user" and (own := _own(message["content"])):
            return own[-1]
    return ""


def _own(content: Any) -> list[str]:
    said = [text.strip() for text in _texts(content)]
    return [text for text in said if not text.startswith(("<", "[Request"))]


def _results(messages: list[Json]) -> list[str]:
    """What came of the calls of the last answer, if that is what the model is to go on from."""
    content = messages[-1]["content"] if messages else ""
    if isinstance(content, str) or _own(content):
        return []
    results = [block for block in content if block.get("type") == "tool_result"]
    return [" ".join(_texts(block.get("content") or "")).strip() for block in results]


async def _nothing(request: web.Request) -> web.Response:
    return web.json_response({}, status=404)


@asynccontextmanager
async def serving(model: StandIn, port: int = 0) -> AsyncGenerator[str]:
    """The base URL of the stand-in."""
    runner = web.AppRunner(model.app(), shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
