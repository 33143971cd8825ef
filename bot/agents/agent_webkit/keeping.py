"""Sessions a server holds for us. It ends one five minutes after the last input it accepted, turn
or no turn, stream or no stream; so what is to live gets an input that changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field

from bot.agents.agent_webkit.memory import Memory
from bot.core.errors import AgentError, PromptInDoubt

MOST_REMEMBERED = 100
"""Prompts of one session whose keys are remembered."""


@dataclass(slots=True)
class Kept:
    """What this process knows of a session. Times by the loop's clock: `used` when a person or the
    agent last did something, `touched` when the server last accepted an input, `left` when the last
    attachment ended, or it became known. `awaited` prompts were taken whose turns have not ended;
    `repeats` are answers to be said again; `sent` what became of each prompt, by key; `farewell`
    why the session was let go; `over`: it is no more; `nudge` tells its reader, while there is one.
    `tuning` is held while the permission mode is being said."""

    id: str
    used: float
    touched: float
    left: float
    memory: Memory = field(default_factory=Memory)
    awaited: int = 0
    repeats: list[str] = field(default_factory=list[str])
    sent: dict[str, asyncio.Task[AgentError | None]] = field(
        default_factory=dict[str, "asyncio.Task[AgentError | None]"]
    )
    farewell: str = ""
    over: bool = False
    nudge: Callable[[], None] | None = None
    tuning: asyncio.Lock = field(default_factory=asyncio.Lock)
    beating: bool = False

    def use(self) -> None:
        self.used = asyncio.get_running_loop().time()

    @property
    def busy(self) -> bool:
        """A turn runs or is about to."""
        return self.memory.turn is not None or self.awaited > 0

    @property
    def attended(self) -> bool:
        """Who does not attend to a session must not touch it: another replica may."""
        return self.nudge is not None and not self.over

    @property
    def needed(self) -> bool:
        return self.busy or self.memory.parked

    async def once(
        self,
        tasks: asyncio.TaskGroup,
        key: str,
        send: Callable[[], Coroutine[None, None, AgentError | None]],
    ) -> None:
        """Send what is called `key` once, however often it is asked for and whoever gives up
        waiting. What certainly did not arrive may be sent again, and what is in doubt by who was
        told so. Raises what `send` returned."""
        task = self.sent.get(key)
        if task is None or _may_repeat(task):
            task = tasks.create_task(send(), name=f"prompt {key}")
            self.sent[key] = task
            for old in list(self.sent)[:-MOST_REMEMBERED]:
                del self.sent[old]
        problem = await asyncio.shield(task)
        if isinstance(problem, PromptInDoubt):
            self.sent.pop(key, None)
        if problem is not None:
            raise problem


def _may_repeat(task: asyncio.Task[AgentError | None]) -> bool:
    if not task.done():
        return False
    if task.cancelled():
        return True
    problem = task.result()
    return problem is not None and not isinstance(problem, PromptInDoubt)


def eldest(kept: Iterable[Kept], most: int) -> list[Kept]:
    """Which to let go so that `most` stay: those unused for longest, and none that is needed."""
    held = [one for one in kept if one.attended]
    idle = sorted((one for one in held if not one.needed), key=lambda one: one.used)
    return idle[: max(0, len(held) - most)]
