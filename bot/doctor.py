"""What a running bot needs, looked at one by one. Each finding says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import yaml
from aiohttp import ClientError
from pydantic import BaseModel
from slack_sdk.errors import SlackClientError

from bot.agents.registry import AgentConfig, build
from bot.core.approvals import Approvals
from bot.core.errors import BotError, ConfigError
from bot.core.policy import groups_named, require_an_end
from bot.settings import Settings
from bot.slack.app import connect
from bot.slack.config import SlackConfig
from bot.store import migrate
from bot.store.database import StoreConfig

PACKAGE = Path(__file__).parent
FOR_GROUPS = frozenset({"usergroups:read"})
"""Scopes that are needed only where the policy names user groups."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` was found; `how_to_fix` when it is not `ok`."""

    ok: bool
    what: str
    how_to_fix: str = ""


class _Answer(Protocol):
    @property
    def headers(self) -> Mapping[str, str]: ...


class _Web(Protocol):
    """The part of the SDK's client used here; its own annotations are partly unknown."""

    async def api_call(self, api_method: str) -> _Answer: ...


class _Scopes(BaseModel):
    bot: list[str]


class _OAuth(BaseModel):
    scopes: _Scopes


class _Subscriptions(BaseModel):
    bot_events: list[str]


class _AppSettings(BaseModel):
    event_subscriptions: _Subscriptions


class Manifest(BaseModel):
    """The part of manifest.yml that must agree with the installed app."""

    oauth_config: _OAuth
    settings: _AppSettings

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.oauth_config.scopes.bot)

    @property
    def events(self) -> frozenset[str]:
        return frozenset(self.settings.event_subscriptions.bot_events)


def manifest() -> Manifest:
    """The manifest this version was written for."""
    packaged, source = PACKAGE / "manifest.yml", PACKAGE.parent / "manifest.yml"
    text = (packaged if packaged.is_file() else source).read_text("utf-8")
    return Manifest.model_validate(yaml.safe_load(text))


async def examine(settings: Settings) -> list[Finding]:
    """All findings, the database's first. Never raises for what it was asked to look at."""
    return [
        await _database(settings.store),
        *await _slack(
            settings.slack, groups=bool(groups_named(settings.admission, settings.approval_policy))
        ),
        *[
            await _agent(name, config, settings.approval_policy)
            for name, config in settings.agents.items()
        ],
    ]


async def _database(config: StoreConfig) -> Finding:
    try:
        if await migrate.current(config) is None:
            what = f"The database: {migrate.missing(config)} yet; the first start makes it"
            return Finding(True, f"{what}, or threadline migrate does.")
        await migrate.check(config)
    except ConfigError as error:
        return Finding(False, f"{error.key}: {error.problem}", error.hint)
    except BotError as error:
        return Finding(
            False, error.user_message, "Start it, or correct DATABASE_URL, then run this again"
        )
    return Finding(True, f"The database is at revision {migrate.head()}.")


async def _slack(config: SlackConfig, *, groups: bool) -> list[Finding]:
    """`groups`: whether the policy names user groups."""
    try:
        async with connect(config) as slack:
            found = Finding(True, f"Both tokens are good; I am {slack.me.name} in {slack.me.team}.")
            return [found, *await _access(slack.web, groups=groups)]
    except ConfigError as error:
        return [Finding(False, f"{error.key}: {error.problem}", error.hint)]
    except BotError as error:
        return [Finding(False, error.user_message, "Check the network, then run this again")]


async def _access(web: _Web, *, groups: bool = True) -> list[Finding]:
    try:
        granted = await _granted(web)
    except (SlackClientError, ClientError, TimeoutError):
        return [Finding(False, "Slack did not tell my scopes.", "Run this again in a minute")]
    needless = frozenset[str]() if groups else FOR_GROUPS
    return _compare(manifest(), granted | needless)


async def _granted(web: _Web) -> frozenset[str]:
    """The scopes of the bot token: Slack names them in a header of every answer."""
    headers = (await web.api_call("auth.test")).headers
    named = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes", "")
    return frozenset(scope.strip() for scope in named.split(","))


def _compare(wanted: Manifest, granted: frozenset[str]) -> list[Finding]:
    """What the installed app has, against the manifest. Which events it is subscribed to, Slack
    does not tell an app."""
    missing = sorted(wanted.scopes - granted)
    how = "Add them under OAuth & Permissions (or paste manifest.yml under App Manifest)"
    scopes = (
        Finding(False, f"Scopes are missing: {', '.join(missing)}.", f"{how}, then reinstall")
        if missing
        else Finding(True, f"All {len(wanted.scopes)} scopes of manifest.yml are granted.")
    )
    events = Finding(
        True,
        "Slack does not show an app its events. Under Event Subscriptions these must stand: "
        f"{', '.join(sorted(wanted.events))}.",
    )
    return [scopes, events]


async def _agent(name: str, config: AgentConfig, policy: Approvals) -> Finding:
    try:
        async with build(config) as connector:
            require_an_end(policy, name, connector.capabilities)
            health = await connector.check()
    except ConfigError as error:
        return Finding(False, f"Agent {name}: {error.problem}", error.hint)
    except BotError as error:
        return Finding(False, f"Agent {name}: {error.user_message}", "Start it and try again")
    remedy = health.remedy or "Start it and try again"
    return Finding(health.ok, f"Agent {name}: {health.detail}", remedy)
