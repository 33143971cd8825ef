"""One typed call to Slack, its failures as our errors."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Literal, Protocol, cast

import aiohttp
from pydantic import BaseModel, TypeAdapter, ValidationError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.core.errors import RateLimited, SurfaceError, SurfaceUnavailable

DEFAULT_RETRY_AFTER = 30.0

# Slack's codes for "not now" (any method may give them).
_PASSING = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable", "ratelimited"}
)


class Refused(SurfaceError):
    """Slack refused a request of mine."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__()
        self.method, self.code = method, code
        self.args = (f"{method}: {code}",)


class Answer(Protocol):
    @property
    def data(self) -> object: ...


class Web(Protocol):
    """The part of `AsyncWebClient` in use. (Its own annotations are partly unknown.)"""

    async def api_call(
        self,
        api_method: str,
        *,
        http_verb: str = "POST",
        params: dict[str, Any] | None = None,
        json: dict[str, Any] | None = None,
    ) -> Answer: ...

    async def files_upload_v2(
        self, *, filename: str, content: str, title: str, channel: str, thread_ts: str
    ) -> Answer: ...


class _Response(Protocol):
    """The part of `AsyncSlackResponse` that tells failures apart."""

    status_code: int
    headers: Mapping[str, str]
    data: object


class _Failed(BaseModel):
    error: str


_FIELDS: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])


async def call(
    web: Web, method: str, http_verb: Literal["GET", "POST"] = "GET", **params: str | int
) -> Mapping[str, object]:
    """The fields of Slack's answer. GET is what the SDK uses for most of the reading methods.

    A parameter `token` goes into the header instead of the client's own.
    Raises `RateLimited`, `SurfaceUnavailable` (network, 5xx), else `Refused` with Slack's code.
    """
    return await _answered(method, web.api_call(method, http_verb=http_verb, params=dict(params)))


async def send(web: Web, method: str, arguments: Mapping[str, object]) -> Mapping[str, object]:
    """A call that changes something: its arguments go as JSON. Raises as `call` does; after
    `SurfaceUnavailable` it is not known whether Slack did it."""
    return await _answered(method, web.api_call(method, json=dict(arguments)))


async def upload(
    web: Web, *, filename: str, content: str, title: str, channel: str, thread_ts: str
) -> Mapping[str, object]:
    """Puts a file into a thread, in three calls. Raises as `send` does."""
    request = web.files_upload_v2(
        filename=filename, content=content, title=title, channel=channel, thread_ts=thread_ts
    )
    return await _answered("files.completeUploadExternal", request)


async def _answered(method: str, request: Awaitable[Answer]) -> Mapping[str, object]:
    try:
        return _FIELDS.validate_python((await request).data)
    except SlackApiError as error:
        raise _failure(method, error) from error
    except (aiohttp.ClientError, TimeoutError, SlackClientError, ValidationError) as error:
        raise SurfaceUnavailable() from error


def _failure(method: str, error: SlackApiError) -> SurfaceError:
    found = cast(object, error.response)
    if not isinstance(found, AsyncSlackResponse):  # the SDK could not read the body
        return SurfaceUnavailable()
    response = cast(_Response, found)
    if response.status_code == 429:
        return RateLimited(_seconds(response.headers.get("Retry-After")))
    try:
        code = _Failed.model_validate(response.data).error
    except ValidationError:
        return SurfaceUnavailable()
    if response.status_code >= 500 or code in _PASSING:
        return SurfaceUnavailable()
    return Refused(method, code)


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or ""))
    except ValueError:
        return DEFAULT_RETRY_AFTER
