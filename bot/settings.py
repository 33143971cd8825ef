"""Everything that can be configured, read once: environment, `.env`, and one optional TOML file.

The environment wins over `.env`, and both over the file, which is for the agents.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot import approval_settings, setting_errors
from bot.agents.demo.connector import DemoConfig
from bot.agents.registry import AgentConfig
from bot.approval_settings import ApprovalSettings
from bot.core.access import Access, Admitted
from bot.core.approvals import Approvals
from bot.core.errors import ConfigError
from bot.core.policy import Rules
from bot.core.routing import Routes
from bot.slack.config import SlackConfig
from bot.store.database import StoreConfig
from bot.telemetry import LogFormat
from bot.web import WebConfig

ENV = "_env"
"""Ends the name of an agent's setting that is told by naming a variable."""

CONFIG_FILE = "THREADLINE_CONFIG"
"""Names the TOML file; without it `threadline.toml` is read if it is there."""


ChannelId = Annotated[str, StringConstraints(pattern=r"^[CDG][A-Z0-9]{2,}$")]
"""By id: a channel keeps it under another name, and people may give channels any name."""


class SecuritySettings(BaseModel):
    """`secret_patterns`: what the operator's own credentials look like, as regular expressions;
    they are masked in what agents write, beside the shapes that are known anyway."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret_patterns: tuple[str, ...] = ()


class AuditSettings(BaseModel):
    """`keep_days`: for how long the contents of the audit trail are kept; 0: until they are erased
    by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: int = Field(default=365, ge=0, le=36500)


Principal = Annotated[str, StringConstraints(pattern=r"^([UWS][A-Z0-9]{2,}|owner|anyone)$")]
"""A person's id, a user group's, or a word."""


class AdmittedSettings(BaseModel):
    """Who may speak to sessions, and who may stop them: see `core.access.Admitted`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: tuple[Principal, ...] = ()
    stop: tuple[Principal, ...] = ("owner",)

    @property
    def admitted(self) -> Admitted:
        return Admitted(people=self.people, stop=self.stop)


class AccessSettings(AdmittedSettings):
    """The same for the workspace; beside it where the bot works, and which bots may speak to it."""

    channels: tuple[ChannelId, ...] = ()
    bots: tuple[Annotated[str, StringConstraints(pattern=r"^[UWB][A-Z0-9]{2,}$")], ...] = ()
    bot_budget: Annotated[int, Field(ge=0, le=1000)] = 5


class TalkSettings(BaseModel):
    """`edits`: what becomes of the edit of a message that the agent has read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edits: Literal["ignore", "correct"] = "ignore"


class ChannelSettings(BaseModel):
    """What is different in one channel. `agent` answers in its new threads; `approvals` go before
    those of the workspace; `access` replaces the workspace's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str | None = None
    approvals: ApprovalSettings = ApprovalSettings()
    access: AdmittedSettings | None = None


class Settings(BaseSettings):
    """One field for each variable of the README's table."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
    )

    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_api_url: str = "https://slack.com/api/"
    data_dir: Annotated[
        Path, Field(validation_alias=AliasChoices("threadline_data_dir", "data_dir"))
    ] = Path("data")
    database_url: Annotated[str, Field(repr=False)] = ""
    database_direct_url: Annotated[str | None, Field(repr=False)] = None
    host: Annotated[str, Field(validation_alias=AliasChoices("threadline_host", "host"))] = (
        "127.0.0.1"
    )
    port: Annotated[
        int, Field(validation_alias=AliasChoices("threadline_port", "port"), ge=0, le=65535)
    ] = 8080
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: LogFormat = "auto"
    streaming: Annotated[
        Literal["auto", "native", "edit"],
        Field(validation_alias=AliasChoices("threadline_streaming", "streaming")),
    ] = "auto"
    demo_speed: Annotated[float | Literal["instant"], Field(union_mode="left_to_right")] = 1.0
    security: SecuritySettings = SecuritySettings()
    approvals: ApprovalSettings = ApprovalSettings()
    audit: AuditSettings = AuditSettings()
    default_agent: str = "demo"
    agents: dict[str, AgentConfig] = Field(default_factory=dict[str, AgentConfig])
    channels: dict[ChannelId, ChannelSettings] = Field(default_factory=dict[str, ChannelSettings])
    access: AccessSettings = AccessSettings()
    talk: TalkSettings = TalkSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        named = os.environ.get(CONFIG_FILE)
        if named and not Path(named).is_file():
            raise ConfigError(CONFIG_FILE, f"there is no file {named}", "Correct the path")
        variables = {**_variables(dotenv_settings), **_variables(env_settings)}
        toml = _AgentsFile(settings_cls, Path(named or "threadline.toml"), variables)
        return init_settings, env_settings, dotenv_settings, toml

    @model_validator(mode="after")
    def _known_default(self) -> Settings:
        if not self.agents:
            self.agents = {
                "demo": DemoConfig.model_validate(
                    {"data_dir": self.data_dir, "speed": self.demo_speed}
                )
            }
        if self.default_agent not in self.agents:
            known = ", ".join(sorted(self.agents))
            raise ValueError(f"default_agent: no agent is called so; there are: {known}")
        for channel, chosen in self.channels.items():
            if chosen.agent is not None and chosen.agent not in self.agents:
                known = ", ".join(sorted(self.agents))
                raise ValueError(
                    f"channels.{channel}.agent: no agent is called so; there are: {known}"
                )
        self._check_approvals()
        return self

    def _check_approvals(self) -> None:
        """Refuses what can never be met, and rules for agents that do not exist."""
        policy = self.approval_policy
        for layer in (policy.workspace, *policy.channels.values()):
            for rule in layer.rules:
                if not any(fnmatchcase(agent, rule.agent) for agent in self.agents):
                    known = ", ".join(sorted(self.agents))
                    raise ValueError(
                        f"approvals.rules: no agent is called {rule.agent}; there are: {known}"
                    )

    @property
    def has_tokens(self) -> bool:
        """Whether any Slack token was given: then it is meant to run as a bot."""
        return bool(self.slack_bot_token.get_secret_value() or self.slack_app_token)

    @property
    def routes(self) -> Routes:
        chosen = {channel: one.agent for channel, one in self.channels.items() if one.agent}
        return Routes(self.default_agent, tuple(self.agents), chosen, self.admission)

    @property
    def admission(self) -> Access:
        """Who may use the bot where."""
        return Access(
            workspace=self.access.admitted,
            channels=self.access.channels,
            in_channels={
                channel: one.access.admitted for channel, one in self.channels.items() if one.access
            },
            bots=self.access.bots,
            bot_budget=self.access.bot_budget,
        )

    @property
    def rules(self) -> Rules:
        """What the operator says of every session."""
        return Rules(access=self.admission, approvals=self.approval_policy, edits=self.talk.edits)

    @property
    def approval_policy(self) -> Approvals:
        channels = {name: one.approvals for name, one in self.channels.items()}
        return approval_settings.policy(self.approvals, channels)

    @property
    def slack(self) -> SlackConfig:
        return SlackConfig(
            bot_token=self.slack_bot_token,
            app_token=self.slack_app_token,
            api_url=self.slack_api_url,
            streaming=self.streaming,
        )

    @property
    def store(self) -> StoreConfig:
        url = self.database_url or f"sqlite:///{self.data_dir / 'threadline.db'}"
        return StoreConfig(url=url, direct_url=self.database_direct_url)

    @property
    def web(self) -> WebConfig:
        return WebConfig(host=self.host, port=self.port)


class _AgentsFile(TomlConfigSettingsSource):
    """The TOML file. An agent's secret need not stand in it: `token_env = "NAME"` is the `token`
    that the variable NAME holds, in the environment or in `.env`; so with every `..._env`."""

    def __init__(
        self, settings: type[BaseSettings], path: Path, variables: Mapping[str, str | None]
    ) -> None:
        self._variables = variables
        super().__init__(settings, path)

    def __call__(self) -> dict[str, Any]:
        for name in self.toml_data:
            if name not in _NAMES:
                raise setting_errors.unknown(name, _NAMES)
        given = super().__call__()
        agents = given.get("agents")
        if not isinstance(agents, dict):
            return given
        named = cast(dict[str, object], agents)
        return {**given, "agents": {n: self._resolved(n, agent) for n, agent in named.items()}}

    def _resolved(self, name: str, agent: object) -> object:
        if not isinstance(agent, dict):
            return agent
        fields = dict(cast(dict[str, object], agent))
        for key in [key for key in fields if key.endswith(ENV)]:
            where, field, variable = f"agents.{name}.{key}", key.removesuffix(ENV), fields.pop(key)
            if field in fields:
                raise ConfigError(where, f"{field} is given too", "Keep one of them")
            # The names of variables are compared without case, like those of all settings.
            value = self._variables.get(variable.lower()) if isinstance(variable, str) else None
            if not value:
                problem = f"the variable {variable} is not set"
                raise ConfigError(where, problem, "Set it in the environment or in .env")
            fields[field] = value
        return fields


_NAMES = frozenset(Settings.model_fields) | {
    str(choice)
    for field in Settings.model_fields.values()
    if isinstance(field.validation_alias, AliasChoices)
    for choice in field.validation_alias.choices
}
"""What the file may say at its top."""


def _variables(source: PydanticBaseSettingsSource) -> Mapping[str, str | None]:
    return source.env_vars if isinstance(source, EnvSettingsSource) else {}


def load() -> Settings:
    """The settings of this process. Raises ConfigError naming the variable and the remedy; the
    value, which may be a secret, is in none of its words."""
    try:
        settings = Settings()
        # Each section validates itself, and must do so before anything is opened.
        _ = (settings.slack, settings.store, settings.web)
    except ValidationError as error:
        raise setting_errors.in_words(error, _VARIABLES) from None
    except SettingsError as error:
        raise ConfigError("AGENTS", "is not JSON", "Better name agents in the TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        problem = f"a file cannot be read ({_why(error)})"
        raise ConfigError("configuration", problem, setting_errors.see()) from None
    return settings


_VARIABLES: Mapping[tuple[str, str], str] = {
    (StoreConfig.__name__, "url"): "DATABASE_URL",
    (StoreConfig.__name__, "direct_url"): "DATABASE_DIRECT_URL",
    (SlackConfig.__name__, "api_url"): "SLACK_API_URL",
}
"""What an operator wrote, by the section's own name for it."""


def _why(error: Exception) -> str:
    match error:
        case OSError():
            return f"{error.filename}: {error.strerror}"
        case tomllib.TOMLDecodeError():
            return f"the TOML file: {error}"
        case _:
            return "it is not UTF-8"
