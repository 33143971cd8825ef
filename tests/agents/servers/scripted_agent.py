"""The real agent-webkit server with a scripted agent behind it, as a program of its own: it runs in
the server's environment, prints the port it listens on, and serves until it is ended.

The prompts it knows: `guarded`, `question`, `endless`, `busy`, `long <n>`; anything else it echoes.
"""

import asyncio
import importlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

Decide = Callable[[str, dict[str, Any], dict[str, Any]], Awaitable[Any]]


class AssistantMessage:
    """The server goes by the names of these classes and of their attributes."""

    def __init__(self, content: list[dict[str, Any]], name: str) -> None:
        self.content, self.id, self.model, self.stop_reason = content, name, "scripted", None


class PartialAssistantMessage:
    def __init__(self, text: str, name: str) -> None:
        self.content, self.id = [{"type": "text", "text": text}], name


class UserMessage:
    def __init__(self, call: str, output: str, is_error: bool) -> None:
        self.content = [
            {"type": "tool_result", "tool_use_id": call, "content": output, "is_error": is_error}
        ]


class ResultMessage:
    def __init__(self, subtype: str, cost: float) -> None:
        self.session_id, self.subtype, self.total_cost_usd = "scripted", subtype, cost


class ScriptedAgent:
    """What the server takes for its SDK's client."""

    def __init__(self, can_use_tool: Decide) -> None:
        self._can_use_tool = can_use_tool
        self._messages: asyncio.Queue[object] = asyncio.Queue()
        self._turn: asyncio.Task[None] | None = None
        self._cost = 0.0

    async def query(self, prompt: AsyncIterator[dict[str, Any]]) -> None:
        async for message in prompt:
            content = message["message"]["content"]
            text = content if isinstance(content, str) else content[0].get("text", "")
            self._turn = asyncio.create_task(self._play(text))

    async def receive_messages(self) -> AsyncIterator[object]:
        while True:
            yield await self._messages.get()

    async def interrupt(self) -> None:
        if self._turn is not None:
            self._turn.cancel()

    async def set_permission_mode(self, mode: str) -> None:
        if mode == "unknown":
            raise ValueError(mode)

    async def set_model(self, model: str | None) -> None: ...

    async def stop_task(self, task_id: str) -> None: ...

    async def disconnect(self) -> None:
        await self.interrupt()

    async def _play(self, text: str) -> None:
        subtype = "success"
        word, _, rest = text.partition(" ")
        try:
            match word:
                case "guarded":
                    await self._guarded()
                case "question":
                    await self._question()
                case "endless":
                    await self._endless()
                case "busy":
                    self._call("Bash", {"command": "sleep 3600"})
                    await asyncio.Event().wait()
                case "long":
                    self._say("word " * int(rest))
                case _:
                    self._say(f"You said: {text}")
        except asyncio.CancelledError:
            subtype = "error_during_execution"
        self._cost += 0.001
        self._messages.put_nowait(ResultMessage(subtype, self._cost))

    def _say(self, text: str) -> None:
        name = f"msg_{uuid4().hex[:8]}"
        for start in range(0, len(text), 1 + len(text) // 3):
            piece = text[start : start + 1 + len(text) // 3]
            self._messages.put_nowait(PartialAssistantMessage(piece, name))
        self._messages.put_nowait(AssistantMessage([{"type": "text", "text": text}], name))

    def _call(self, tool: str, given: dict[str, Any]) -> str:
        call = f"toolu_{uuid4().hex[:8]}"
        block = {"type": "tool_use", "id": call, "name": tool, "input": given}
        self._messages.put_nowait(AssistantMessage([block], f"msg_{uuid4().hex[:8]}"))
        return call

    async def _guarded(self) -> None:
        given: dict[str, Any] = {"command": "echo hello", "description": "Say hello"}
        call = self._call("Bash", given)
        decision = await self._can_use_tool("Bash", given, {"tool_use_id": call})
        denied = type(decision).__name__ == "PermissionResultDeny"
        changed = given if denied else decision.updated_input or given
        output = decision.message or "denied" if denied else f"ran {changed['command']}"
        self._messages.put_nowait(UserMessage(call, output, denied))
        if denied and decision.interrupt:
            raise asyncio.CancelledError
        self._say(f"The tool said: {output}")

    async def _question(self) -> None:
        options = [
            {"label": "red", "description": "Warm"},
            {"label": "blue", "description": "Cold"},
        ]
        given: dict[str, Any] = {
            "questions": [{"question": "Which color?", "header": "Color", "options": options}]
        }
        call = self._call("AskUserQuestion", given)
        decision = await self._can_use_tool("AskUserQuestion", given, {"tool_use_id": call})
        self._messages.put_nowait(UserMessage(call, "answered", False))
        self._say(f"Chosen: {decision.updated_input['answers']['Which color?']}")

    async def _endless(self) -> None:
        name, said = f"msg_{uuid4().hex[:8]}", ""
        try:
            while True:
                said += "on "
                self._messages.put_nowait(PartialAssistantMessage("on ", name))
                await asyncio.sleep(0.02)
        finally:
            block = {"type": "text", "text": said}
            self._messages.put_nowait(AssistantMessage([block], name))


async def make(config: Any, can_use_tool: Decide) -> ScriptedAgent:
    if config.cwd == "/nowhere":
        raise FileNotFoundError(config.cwd)
    return ScriptedAgent(can_use_tool)


def main(token: str) -> None:
    # Both live in the server's environment only, where no type checker looks.
    server = importlib.import_module("agent_webkit_server.adapters.fastapi")
    auth = importlib.import_module("agent_webkit_server.auth")
    uvicorn = importlib.import_module("uvicorn")
    app = server.create_app(auth=auth.AuthConfig(token=token), sdk_factory=make)
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1])
