"""Everything that can be configured, read once: environment, `.env`, and one optional TOML file.

The environment wins over `.env`, and both over the file, which is for the agents.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot.agents.demo.connector import DemoConfig
from bot.agents.registry import AgentConfig
from bot.core.errors import ConfigError
from bot.slack.config import SlackConfig
from bot.store.database import StoreConfig
from bot.telemetry import LogFormat
from bot.web import WebConfig

CONFIG_FILE = "THREADLINE_CONFIG"
"""Names the TOML file; without it `threadline.toml` is read if it is there."""


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
    demo_speed: Annotated[float | Literal["instant"], Field(union_mode="left_to_right")] = 1.0
    default_agent: str = "demo"
    agents: dict[str, AgentConfig] = Field(default_factory=dict[str, AgentConfig])

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
        toml = TomlConfigSettingsSource(settings_cls, Path(named or "threadline.toml"))
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
            raise ValueError(f"default_agent must be one of: {known}")
        return self

    @property
    def has_tokens(self) -> bool:
        """Whether any Slack token was given: then it is meant to run as a bot."""
        return bool(self.slack_bot_token.get_secret_value() or self.slack_app_token)

    @property
    def slack(self) -> SlackConfig:
        return SlackConfig(
            bot_token=self.slack_bot_token,
            app_token=self.slack_app_token,
            api_url=self.slack_api_url,
        )

    @property
    def store(self) -> StoreConfig:
        url = self.database_url or f"sqlite:///{self.data_dir / 'threadline.db'}"
        return StoreConfig(url=url, direct_url=self.database_direct_url)

    @property
    def web(self) -> WebConfig:
        return WebConfig(host=self.host, port=self.port)


def load() -> Settings:
    """The settings of this process. Raises ConfigError naming the variable and the remedy; the
    value, which may be a secret, is in none of its words."""
    try:
        settings = Settings()
        # Each section validates itself, and must do so before anything is opened.
        _ = (settings.slack, settings.store, settings.web)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path = ".".join(str(part) for part in first["loc"]) or "configuration"
        key = _VARIABLES.get((error.title, path)) or _upper(path)
        raise ConfigError(key, first["msg"].removeprefix("Value error, "), SEE) from None
    except SettingsError as error:
        raise ConfigError("AGENTS", "is not JSON", "Better name agents in the TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError("configuration", f"a file cannot be read ({_why(error)})", SEE) from None
    return settings


SEE = "See the table of settings in the README, then start again"

_VARIABLES: Mapping[tuple[str, str], str] = {
    (StoreConfig.__name__, "url"): "DATABASE_URL",
    (StoreConfig.__name__, "direct_url"): "DATABASE_DIRECT_URL",
    (SlackConfig.__name__, "api_url"): "SLACK_API_URL",
}
"""What an operator wrote, by the section's own name for it."""


def _upper(path: str) -> str:
    """Variables are written large; what stands in the TOML file, as it stands there."""
    return path if "." in path else path.upper()


def _why(error: Exception) -> str:
    match error:
        case OSError():
            return f"{error.filename}: {error.strerror}"
        case tomllib.TOMLDecodeError():
            return f"the TOML file: {error}"
        case _:
            return "it is not UTF-8"
