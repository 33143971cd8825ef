"""The local Slack on 127.0.0.1: Web API, Socket Mode, the page and what the page calls."""

import asyncio
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.playground import routes, state_file
from bot.playground.clock import Clock
from bot.playground.faults import Faults
from bot.playground.invariants import Breach, breaches
from bot.playground.journal import Journal
from bot.playground.limits import LimitMode
from bot.playground.local_slack import LocalSlack
from bot.playground.mishaps import befall
from bot.playground.model import Json
from bot.playground.people import Person
from bot.playground.seed import DEFAULT_SCOPES, seeded
from bot.playground.socket_mode import ACK_DEADLINE, RETRY_SCHEDULE, DisconnectReason
from bot.playground.sole import bot_lock
from bot.playground.state_file import Kept
from bot.playground.stream_content import StreamRules
from bot.playground.supervise import Bot
from bot.playground.workspace import Workspace

EXPIRY_CHECK_SECONDS = 1.0
# Of a playground that runs for days.
JOURNAL_SIZE = 500


class Misused(AssertionError):
    """The app did what Slack does not define; the text lists it all."""


@dataclass(frozen=True, slots=True)
class PlaygroundConfig:
    """`port` 0 takes a free one; `state` None keeps nothing; `fresh` forgets what was kept.
    `retry_schedule`: seconds before each redelivery of an unacked event."""

    host: str = "127.0.0.1"
    port: int = 0
    state: Path | None = None
    fresh: bool = False
    limits: LimitMode = "standard"
    retry_schedule: tuple[float, ...] = RETRY_SCHEDULE


class Playground:
    """The local Slack in this process: `async with Playground() as slack`.

    Leaving it raises `Misused` if the app did what Slack does not define. `subscribed` names the
    events the app hears, None all; `streams` bends the rules of streams. `strict` also raises it
    for every breach of `invariants`; users in `may_ping` may be mentioned by the app.
    """

    def __init__(
        self,
        config: PlaygroundConfig | None = None,
        *,
        now: Callable[[], float] = time.time,
        post_burst: int = 4,
        ack_deadline: float = ACK_DEADLINE,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        subscribed: Iterable[str] | None = None,
        strict: bool = False,
        may_ping: Iterable[str] = (),
        streams: StreamRules | None = None,
        journal_size: int | None = None,
    ) -> None:
        self.config = config or PlaygroundConfig()
        self._kept = _kept(self.config, scopes)
        self.key = self._kept.page_key
        self.local = LocalSlack(
            self._kept.workspace,
            Clock(now),
            limits=self.config.limits,
            post_burst=post_burst,
            ack_deadline=ack_deadline,
            retry_schedule=self.config.retry_schedule,
            journal_size=journal_size,
        )
        self.strict, self.may_ping = strict, frozenset(may_ping)
        self.local.subscribed = None if subscribed is None else frozenset(subscribed)
        self.local.streams = streams or StreamRules()
        state = self.config.state
        self.bot = Bot(self.local.feed.publish, bot_lock(state) if state is not None else None)
        self.port = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None
        self._listening: socket.socket | None = None

    # ---- what tests use

    @property
    def base_url(self) -> str:
        """The base URL of the Web API, for `AsyncWebClient(base_url=…)`."""
        return f"http://{self.config.host}:{self.port}/api/"

    @property
    def page_url(self) -> str:
        """What a person opens: with the secret that is kept with the workspace."""
        return f"http://{self.config.host}:{self.port}/?key={self.key}"

    @property
    def bot_token(self) -> str:
        return self.workspace.installs[0].bot_token

    @property
    def app_token(self) -> str:
        return self.workspace.app_token

    @property
    def workspace(self) -> Workspace:
        return self.local.workspace

    @property
    def clock(self) -> Clock:
        """All of it tells the time by this: `slack.clock.advance(seconds)` needs no waiting."""
        return self.local.now

    @property
    def journal(self) -> Journal:
        return self.local.journal

    @property
    def faults(self) -> Faults:
        return self.local.faults

    @property
    def people(self) -> dict[str, Person]:
        """Everybody but the app, by name."""
        users = self.workspace.users.values()
        return {u.name: Person(self.local, u.id, u.name) for u in users if not u.is_bot}

    def person(self, name: str) -> Person:
        return self.people[name]

    def whispers(self, person: Person) -> list[str]:
        """What only this person was shown, oldest first."""
        return person.whispers()

    def register(self, features: Mapping[str, Sequence[Json]]) -> None:
        """Give the app what its manifest says under `features`: `slash_commands` [{command,
        should_escape, …}] and `shortcuts` [{name, type: global or message, callback_id, …}]."""
        install = self.workspace.installs[0]
        install.commands = list(features.get("slash_commands", ()))
        install.shortcuts = list(features.get("shortcuts", ()))

    def until(self, holds: Callable[[], object], timeout: float = 10.0) -> Awaitable[None]:
        """Wait until `holds()`, looking again at every change of workspace or journal."""
        return self.local.until(holds, timeout)

    def invariants(self, may_ping: Collection[str] = ()) -> list[Breach]:
        """What must hold of the app at any Slack and does not: see `invariants`."""
        return breaches(self.local, may_ping)

    async def befall(self, word: str, **fields: object) -> Json:
        """Let something go wrong that is no switch of `faults`: see `mishaps`."""
        return await befall(self.local, {"do": word, **fields})

    async def disconnect(self, reason: DisconnectReason) -> None:
        """Send `disconnect` to every socket; the client is who closes it."""
        await self.local.socket_mode.disconnect(reason)

    def drop_sockets(self) -> None:
        """Cut every socket without a word."""
        self.local.socket_mode.drop()

    # ---- its life

    async def __aenter__(self) -> Self:
        app = routes.application(self.local, self.bot, self.key)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        self._listening = socket.create_server((self.config.host, self.config.port))
        await web.SockSite(self._runner, self._listening).start()
        self.port = self._listening.getsockname()[1]
        self.local.link_base = f"ws://{self.config.host}:{self.port}"
        self.workspace.web_base = f"http://{self.config.host}:{self.port}"
        self._tasks = [
            asyncio.create_task(self._notice_sockets(), name="notice the bot's sockets"),
            asyncio.create_task(self._let_things_expire(), name="let things expire"),
        ]
        if self.config.state is not None:
            keeping = state_file.keep(self.config.state, self._kept, self.local.feed, self.bot.say)
            self._tasks.append(asyncio.create_task(keeping, name="keep the state file"))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.bot.stop()
        await self.local.close()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self._close_server()
        if error is None and self.journal.misuses:
            raise Misused("\n".join(self.journal.misuses))
        if error is None and self.strict and (broken := self.invariants(self.may_ping)):
            raise Misused("\n".join(f"{breach.rule}: {breach.facts}" for breach in broken))

    async def _close_server(self) -> None:
        if self._runner is None or self._listening is None:
            return
        # asyncio leaks a connection whose accepting is under way when its server is closed (before
        # Python 3.12.1). So accept no more, and let what was accepted arrive first.
        asyncio.get_running_loop().remove_reader(self._listening)
        for _ in range(3):
            await asyncio.sleep(0)
        await self._runner.cleanup()

    async def start_bot(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Run the bot as a child of this process, told by its environment where Slack is."""
        self.bot.command = (tuple(argv), {**env, **self.environment()})
        await self.bot.start()

    def environment(self) -> dict[str, str]:
        """What any bot needs to find this Slack."""
        return {
            "SLACK_API_URL": self.base_url,
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_APP_TOKEN": self.app_token,
        }

    async def _notice_sockets(self) -> None:
        socket_mode = self.local.socket_mode
        while True:
            await socket_mode.changed.wait()
            self.local.feed.news.fire()
            if socket_mode.sockets:
                self.bot.connected()

    async def _let_things_expire(self) -> None:
        while True:
            await self.clock.sleep(EXPIRY_CHECK_SECONDS)
            self.local.catch_up()


def _kept(config: PlaygroundConfig, scopes: Iterable[str]) -> Kept:
    """What was kept, or a new workspace with tokens and a page key of its own."""
    kept = state_file.load(config.state) if config.state and not config.fresh else None
    if kept is not None:
        return kept
    bot_token = f"xoxb-playground-{secrets.token_hex(12)}"
    workspace = seeded(bot_token, f"xapp-1-playground-{secrets.token_hex(12)}", scopes)
    return Kept(workspace, secrets.token_urlsafe(24))


async def serve(
    config: PlaygroundConfig,
    child_argv: Sequence[str] | None,
    child_env: Mapping[str, str],
    ready: Callable[[Playground], None],
) -> None:
    """Run the local Slack, and the bot as its child if given, until cancelled.

    `ready` is called once both are started. Hold `sole_use(config.state)` meanwhile.
    """
    async with Playground(config, journal_size=JOURNAL_SIZE) as slack:
        if child_argv is not None:
            await slack.start_bot(child_argv, child_env)
        ready(slack)
        await asyncio.Event().wait()
