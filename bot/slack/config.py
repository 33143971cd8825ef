"""What the Slack side must be told."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class SlackConfig(BaseModel):
    """One workspace over Socket Mode.

    `api_url` is the base of the Web API, for a local Slack; the tokens go there, so it has to be
    https, or http on this machine. Missing tokens are reported when connecting. `streaming` says
    whether answers grow as native streams (see `audience.Streaming`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    api_url: str = "https://slack.com/api/"
    mode: Literal["socket"] = "socket"
    streaming: Literal["auto", "native", "edit"] = "auto"

    @field_validator("api_url")
    @classmethod
    def _safe_base(cls, url: str) -> str:
        parts = urlsplit(url)
        local = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not parts.hostname or not (parts.scheme == "https" or local):
            raise ValueError("must be an https:// URL, or http:// on this machine")
        return url if url.endswith("/") else f"{url}/"
