"""The one place that touches `claude-agent-sdk`, which is an extra and may be absent.

It is looked up when it is needed, and described by protocols, so that everything else is typed the
same with and without it.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from pydantic import JsonValue, ValidationError

from bot.agents.claude import launch, wire
from bot.core.errors import ConfigError

PACKAGE = "claude_agent_sdk"
INSTALL = "Install it with make claude, or without a checkout as the extra threadline[claude]"

MOST_LINE = 64 * 1024 * 1024
"""Bytes of one message of the tool's: results may hold pictures."""


class Client(Protocol):
    """The part of `ClaudeSDKClient` used here. Its methods raise whatever the tool says."""

    async def connect(self) -> None: ...
    async def disconnect(self) -> None: ...
    async def query(self, prompt: AsyncIterator[dict[str, JsonValue]]) -> None: ...
    def receive_messages(self) -> AsyncIterator[object]: ...
    async def interrupt(self) -> None: ...
    async def set_model(self, model: str | None) -> None: ...
    async def set_permission_mode(self, mode: str) -> None: ...
    async def stop_task(self, task_id: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a request: allowed with this input and these rules, or denied with a reason
    (and the turn ended with it)."""

    allow: bool
    input: dict[str, JsonValue] | None = None
    rules: Sequence[dict[str, JsonValue]] = ()
    reason: str = ""
    interrupt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a process is started: `launcher` notes in `pid_file` who it is, then becomes `program`.
    `session` is a new session's id, or that of one to go on with (`resume`)."""

    launcher: Path
    program: Path
    pid_file: Path
    cwd: Path
    session: str
    resume: bool
    model: str
    permission_mode: str
    orphan: Literal["stop", "wait"]
    decide: Callable[[wire.Request], Awaitable[Decision]]


def installed() -> bool:
    return importlib.util.find_spec(PACKAGE) is not None


def load() -> Sdk:
    """Raises ConfigError when the extra is absent."""
    if not installed():
        raise ConfigError("agents", "claude-agent-sdk is not installed", INSTALL)
    # An end that we asked for is an error to its reader, which raises it as well.
    logging.getLogger(f"{PACKAGE}._internal.query").setLevel(logging.CRITICAL)
    return Sdk(importlib.import_module(PACKAGE))


class Sdk:
    """The package's names, typed."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def program(self) -> Path:
        """The tool: the bundled one, else one on the PATH. Raises ConfigError."""
        bundled = Path(str(self._module.__file__)).parent / "_bundled" / "claude"
        found = str(bundled) if bundled.is_file() else shutil.which("claude")
        if found is None:
            hint = "Install a wheel that bundles it, or: npm install -g @anthropic-ai/claude-code"
            raise ConfigError("agents", "the program claude is not there", hint)
        return Path(found)

    def client(self, start: Start, complain: Callable[[str], None]) -> Client:
        """A process not started yet. `complain` gets each line of what it says beside."""
        named = {"resume": start.session} if start.resume else {"session_id": start.session}
        options = self._module.ClaudeAgentOptions(
            **named,
            cli_path=start.launcher,
            env={
                launch.PROGRAM: str(start.program),
                launch.RECORD: str(start.pid_file),
                launch.ORPHAN: start.orphan,
            },
            cwd=start.cwd,
            model=start.model or None,
            # As an option of the SDK's own it would warn that nobody is asked in some modes.
            extra_args={"permission-mode": start.permission_mode},
            system_prompt={"type": "preset", "preset": "claude_code"},
            include_partial_messages=True,
            verbatim_prompts=True,  # what people write in Slack names no files of this machine
            max_buffer_size=MOST_LINE,
            stderr=complain,
            can_use_tool=self._asking(start.decide),
        )
        return cast(Client, self._module.ClaudeSDKClient(options))

    def _asking(
        self, decide: Callable[[wire.Request], Awaitable[Decision]]
    ) -> Callable[[str, dict[str, JsonValue], Any], Awaitable[object]]:
        async def ask(tool: str, given: dict[str, JsonValue], context: Any) -> object:
            request = wire.Request(
                call=str(context.tool_use_id),
                tool=tool,
                input=given,
                agent=context.agent_id or "",
                title=context.title or "",
                suggestions=_rules(context.suggestions),
            )
            return self._result(await decide(request))

        return ask

    def _result(self, decision: Decision) -> object:
        if not decision.allow:
            return self._module.PermissionResultDeny(
                message=decision.reason, interrupt=decision.interrupt
            )
        update = self._module.PermissionUpdate
        rules = [update.from_dict(rule) for rule in decision.rules]
        return self._module.PermissionResultAllow(
            updated_input=decision.input, updated_permissions=rules or None
        )

    def frame(self, message: object) -> wire.Frame:
        """A message as plain data."""
        data = asdict(message) if is_dataclass(message) and not isinstance(message, type) else {}
        name = type(message).__name__
        try:
            return wire.Frame(name=name, data=data)
        except (ValidationError, RecursionError):
            return wire.Frame(name=name, data={})

    def unreadable(self, error: Exception) -> bool:
        """Whether one message could not be read, and those after it can."""
        sdk = self._module
        ends = (sdk.CLIConnectionError, sdk.ProcessError, sdk.CLIJSONDecodeError)
        return isinstance(error, sdk.ClaudeSDKError) and not isinstance(error, ends)

    def transcript(self, session: str, cwd: Path) -> list[wire.Entry]:
        """What Claude Code wrote down of the session, in order; empty when there is nothing."""
        found: list[Any] = self._module.get_session_messages(session, str(cwd))
        entries: list[wire.Entry] = []
        for one in found:
            said: dict[str, Any] = {
                "type": one.type,
                "uuid": one.uuid,
                "message": one.message or {},
            }
            try:
                entries.append(wire.Entry.model_validate(said))
            except (ValidationError, RecursionError):
                continue
        return entries

    def forget(self, session: str, cwd: Path) -> None:
        """Delete the transcript; it is no error if there is none."""
        try:
            self._module.delete_session(session, str(cwd))
        except FileNotFoundError:
            return


def _rules(suggestions: Sequence[Any]) -> list[dict[str, JsonValue]]:
    """Those that can be said back."""
    found: list[dict[str, JsonValue]] = []
    for one in suggestions:
        try:
            found.append(one.to_dict())
        except ValueError:
            continue
    return found
