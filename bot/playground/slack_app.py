"""One app as who makes it sees it: its tokens and secrets, and how it is configured."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from urllib.parse import parse_qs

from bot.playground import apps
from bot.playground.http_delivery import HttpDelivery, require_deliverable
from bot.playground.journal import Delivery
from bot.playground.local_slack import LocalSlack
from bot.playground.manifest import Manifest
from bot.playground.model import App, Change, Install, Json, RequestUrls
from bot.playground.socket_mode import DisconnectReason
from bot.playground.workspace import redrawn_install


class Unverified(Exception):
    """The URL did not answer as an app of Slack does; the text says what it did. `unreachable`:
    nobody was there."""

    def __init__(self, sentence: str, *, unreachable: bool = False) -> None:
        super().__init__(sentence)
        self.unreachable = unreachable


@dataclass(frozen=True, slots=True)
class SlackApp:
    """An app and one of its installs, as a handle for tests."""

    slack: LocalSlack
    config: App
    install: Install

    @property
    def id(self) -> str:
        return self.config.id

    @property
    def user_id(self) -> str:
        """Its bot user."""
        return self.install.user_id

    @property
    def bot_token(self) -> str:
        return self.install.bot_token

    @property
    def app_token(self) -> str:
        return self.config.app_tokens[0]

    @property
    def client_id(self) -> str:
        return self.config.client_id

    @property
    def client_secret(self) -> str:
        return self.config.client_secret

    @property
    def signing_secret(self) -> str:
        return self.config.signing_secret

    async def deliver_to(self, urls: str | RequestUrls) -> None:
        """Tell the app over HTTP from now on, at one URL for everything or at several.

        The URL of events must first answer a challenge, or else `Unverified` is raised. `BadUrl`
        for one that is not on this machine.
        """
        wanted = RequestUrls(urls, urls, urls, urls) if isinstance(urls, str) else urls
        for url in filter(None, astuple(wanted)):
            require_deliverable(url, self.slack.lines.hosts)
        if wanted.events:
            await self._challenge(wanted)
        self.config.request_urls = wanted
        await self.disconnect("link_disabled")

    def use_socket_mode(self) -> None:
        """Tell the app by its sockets, as at the beginning."""
        self.config.request_urls = None

    async def _challenge(self, urls: RequestUrls) -> None:
        challenge = secrets.token_urlsafe(32)
        body = {"token": self.config.verification_token, "challenge": challenge}
        asked = Delivery(self.slack.now(), "url_verification", body | {"type": "url_verification"})
        http = HttpDelivery(replace(self.config, request_urls=urls), self.slack.lines.hosts)
        try:
            await self.slack.lines.courier(lambda: http).interact(asked)
        finally:
            await http.close()
        [attempt] = asked.attempts
        if attempt.failure == "connection_failed":
            raise Unverified(f"nobody is at {urls.events}", unreachable=True)
        self.slack.journal.deliveries.append(asked)
        if asked.outcome != "acked":
            failed = attempt.status or attempt.failure
            raise Unverified(f"{urls.events} did not take the challenge: {failed}")
        if not _answers(attempt.payload, challenge):
            raise Unverified(f"{urls.events} did not answer with the challenge")

    def register(self, features: Mapping[str, Sequence[Json]]) -> None:
        """What its manifest says under `features`: `slash_commands` and `shortcuts`."""
        apps.register(self.config, features)
        self._redraw()

    def follow(self, manifest: Manifest) -> None:
        """Be what a manifest says, as if installed again by it: name, scopes, events, commands,
        shortcuts, redirect URLs, token rotation. Tokens and secrets stay."""
        apps.configure(self.slack.workspace, self.install, manifest)
        self._redraw()

    def _redraw(self) -> None:
        workspace = self.slack.workspace
        mine = [i for i in workspace.installs if i.app_id == self.id and i.is_active]
        self.slack.apply(Change(redraw=tuple(redrawn_install(workspace, i) for i in mine)))

    async def disconnect(self, reason: DisconnectReason) -> None:
        """Send `disconnect` to every socket; the client is who closes it."""
        await self.slack.lines.of(self.id).socket_mode.disconnect(reason)

    def drop_sockets(self) -> None:
        """Cut every socket without a word."""
        self.slack.lines.of(self.id).socket_mode.drop()


def _answers(answer: Json | None, challenge: str) -> bool:
    """Whether the challenge came back: as JSON, as plain text or as a form."""
    given = answer or {}
    text = str(given.get("text", "")).strip()
    return challenge in (given.get("challenge"), text, *parse_qs(text).get("challenge", ()))
