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
from bot.playground.apps import install, new_app
from bot.playground.clock import Clock
from bot.playground.delivery import ACK_DEADLINE, RETRY_SCHEDULE
from bot.playground.event_cap import EventRules
from bot.playground.faults import Faults
from bot.playground.invariants import Breach, breaches
from bot.playground.journal import Journal
from bot.playground.limits import LimitMode
from bot.playground.local_slack import LocalSlack
from bot.playground.mishaps import befall
from bot.playground.model import Json
from bot.playground.people import Person
from bot.playground.seed import DEFAULT_SCOPES, new_team, seeded
from bot.playground.slack_app import SlackApp, Unverified
from bot.playground.slack_team import SlackTeam
from bot.playground.socket_mode import DisconnectReason
from bot.playground.sole import bot_lock
from bot.playground.state_file import Kept
from bot.playground.stream_content import StreamRules
from bot.playground.supervise import Bot
from bot.playground.workspace import Workspace

EXPIRY_CHECK_SECONDS = 1.0
# Between two challenges to an app that is not there yet.
CHALLENGE_SECONDS = 0.5
# Of a playground that runs for days.
JOURNAL_SIZE = 500


class Misused(AssertionError):
    """The app did what Slack does not define; the text lists it all."""


@dataclass(frozen=True, slots=True)
class PlaygroundConfig:
    """`port` 0 takes a free one; `state` None keeps nothing; `fresh` forgets what was kept.
    `retry_schedule`: seconds before each redelivery of an unacked event; `delivery_hosts`: where
    request URLs of apps may be, besides this machine."""

    host: str = "127.0.0.1"
    port: int = 0
    state: Path | None = None
    fresh: bool = False
    limits: LimitMode = "standard"
    delivery_hosts: frozenset[str] = frozenset()
    retry_schedule: tuple[float, ...] = RETRY_SCHEDULE


class Playground:
    """The local Slack in this process: `async with Playground() as slack`.

    Leaving it raises `Misused` if the app did what Slack does not define. `subscribed` names the
    events the app hears, None all; `streams` bends the rules of streams, `event_rules` those of how
    many events an app hears; `custom_emoji` are names besides Slack's own. With `early_whispers` a
    whisper in a thread that has no reply is shown all the same, as not on Slack. `strict` also
    raises it for every breach of `invariants`; users in `may_ping` may be mentioned by the app.
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
        event_rules: EventRules | None = None,
        custom_emoji: Iterable[str] = (),
        early_whispers: bool = False,
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
            delivery_hosts=self.config.delivery_hosts,
        )
        self.strict, self.may_ping = strict, frozenset(may_ping)
        self.app.config.subscribed = None if subscribed is None else sorted(subscribed)
        self.local.streams = streams or StreamRules()
        self.local.event_cap.rules = event_rules or EventRules()
        self.workspace.early_whispers = early_whispers
        self.workspace.custom_emoji = frozenset(custom_emoji)
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
    def authorization_url(self) -> str:
        """The install page, for `OAuthSettings(authorization_url=…)` of Bolt."""
        return f"http://{self.config.host}:{self.port}/oauth/v2/authorize"

    @property
    def page_url(self) -> str:
        """What a person opens: with the secret that is kept with the workspace."""
        return f"http://{self.config.host}:{self.port}/?key={self.key}"

    @property
    def app(self) -> SlackApp:
        """The app this local Slack is for; others come with `add_app`."""
        [app, *_] = self.workspace.apps.values()
        return SlackApp(self.local, app, self.workspace.installs[0])

    def add_app(
        self,
        name: str,
        *,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        subscribed: Iterable[str] | None = None,
        channels: Iterable[str] = (),
    ) -> SlackApp:
        """One more app, installed in the same team and a member of these channels ("#dev").

        It has tokens, sockets and limits of its own, and hears the events it `subscribed` to (None
        all), as far as its scopes and its channels go.
        """
        app = new_app(self.workspace.new_id("A"), name)
        app.subscribed = None if subscribed is None else sorted(subscribed)
        self.workspace.apps[app.id] = app
        made = install(self.workspace, app, self.app.install.team_id, scopes)
        for channel in self.workspace.channels.values():
            if f"#{channel.name}" in channels:
                channel.members.append(made.user_id)
        return SlackApp(self.local, app, made)

    @property
    def bot_token(self) -> str:
        return self.app.bot_token

    @property
    def app_token(self) -> str:
        return self.app.app_token

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
    def team(self) -> SlackTeam:
        """The workspace it starts with; others come with `add_workspace`."""
        return SlackTeam(self.local, next(iter(self.workspace.teams.values())))

    def add_workspace(
        self, name: str, *, people: Iterable[str] = ("dana", "eli"), installed: bool = True
    ) -> SlackTeam:
        """One more workspace, with these people in its #general; unless `installed` is false the
        app is there as well, with a token of its own."""
        team = SlackTeam(self.local, new_team(self.workspace, name))
        team.add_channel("general")
        for person in people:
            team.add_person(person)
        if installed:
            team.install(self.app)
        return team

    @property
    def people(self) -> dict[str, Person]:
        """Everybody in the first workspace but the apps, by name."""
        return self.team.people

    def person(self, name: str) -> Person:
        return self.people[name]

    def whispers(self, person: Person) -> list[str]:
        """What only this person was shown, oldest first."""
        return person.whispers()

    def register(self, features: Mapping[str, Sequence[Json]]) -> None:
        """Give the app what its manifest says under `features`: `slash_commands` [{command,
        should_escape, …}] and `shortcuts` [{name, type: global or message, callback_id, …}]."""
        self.app.register(features)

    def until(self, holds: Callable[[], object], timeout: float = 30.0) -> Awaitable[None]:
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
        await self.app.disconnect(reason)

    def drop_sockets(self) -> None:
        """Cut every socket without a word."""
        self.app.drop_sockets()

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
            "SLACK_SIGNING_SECRET": self.app.signing_secret,
        }

    async def _notice_sockets(self) -> None:
        while True:
            await self.local.lines.changed.wait()
            self.local.feed.news.fire()
            if self.local.socket_mode.sockets:
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
    deliver_to: str | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Run the local Slack, and the bot as its child if given, until cancelled.

    `ready` is called once both are started. With `deliver_to` the app is told over HTTP there, as
    soon as it takes the challenge; else by its sockets. Hold `sole_use(config.state)` meanwhile.
    """
    async with Playground(config, journal_size=JOURNAL_SIZE) as slack:
        slack.app.use_socket_mode()
        if child_argv is not None:
            await slack.start_bot(child_argv, child_env)
        ready(slack)
        if deliver_to is not None:
            await _verified(slack.app, deliver_to, say)
            say(f"Delivering to {deliver_to}")
        await asyncio.Event().wait()


async def _verified(app: SlackApp, url: str, say: Callable[[str], None]) -> None:
    """Ask for the challenge until it is taken: the app is started after its Slack, and then maybe
    with the wrong secret at first."""
    said = ""
    while True:
        try:
            return await app.deliver_to(url)
        except Unverified as error:
            if not error.unreachable and str(error) != said:
                say(said := str(error))
        await asyncio.sleep(CHALLENGE_SECONDS)
