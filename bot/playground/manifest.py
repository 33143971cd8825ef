"""An app's manifest as one gives it to Slack, YAML or JSON: what the local Slack follows of it."""

from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from bot.playground.model import Json


class BadManifest(ValueError):
    """Slack would not take it; the text says why."""


class _Part(BaseModel):
    """What is not named here is left to Slack: it means nothing to the local one."""

    def as_json(self) -> Json:
        return self.model_dump(exclude_none=True)


class _Display(_Part):
    name: Annotated[str, StringConstraints(min_length=1, max_length=35)]


class _BotUser(_Part):
    display_name: Annotated[str, StringConstraints(min_length=1, max_length=80)]


class _Command(_Part):
    command: Annotated[str, StringConstraints(pattern=r"^/[^\s/]{1,31}$")]
    url: str | None = None
    description: str
    usage_hint: str | None = None
    should_escape: bool = False


class _Shortcut(_Part):
    name: Annotated[str, StringConstraints(min_length=1, max_length=24)]
    type: Literal["message", "global"]
    callback_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    description: str


class _Features(_Part):
    bot_user: _BotUser | None = None
    slash_commands: Annotated[list[_Command], Field(max_length=50)] = []
    shortcuts: Annotated[list[_Shortcut], Field(max_length=10)] = []


class _Scopes(_Part):
    bot: list[str] = []


class _OAuth(_Part):
    scopes: _Scopes = _Scopes()
    redirect_urls: list[str] = []


class _Subscriptions(_Part):
    bot_events: Annotated[list[str], Field(max_length=100)] = []


class _Settings(_Part):
    event_subscriptions: _Subscriptions = _Subscriptions()
    token_rotation_enabled: bool = False


class Manifest(_Part):
    """Names, scopes, events, commands, shortcuts, and where an install returns to. Limits are those
    of Slack's schema of manifests."""

    display_information: _Display
    features: _Features = _Features()
    oauth_config: _OAuth = _OAuth()
    settings: _Settings = _Settings()

    @property
    def bot_name(self) -> str:
        bot_user = self.features.bot_user
        return bot_user.display_name if bot_user is not None else self.display_information.name


def read_manifest(text: str) -> Manifest:
    """Raises `BadManifest`."""
    try:
        # JSON is YAML as well.
        body: Any = yaml.safe_load(text)
        return Manifest.model_validate(body)
    except yaml.YAMLError as error:
        raise BadManifest(f"it is neither YAML nor JSON: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise BadManifest(f"{place}: {first['msg']}") from error
