"""Deliveries as signed requests to an app's URLs, as Slack makes them without Socket Mode."""

import ipaddress
import json
import ssl
import time
from collections.abc import Collection
from typing import Any, cast
from urllib.parse import urlencode, urljoin

import aiohttp
from slack_sdk.signature import SignatureVerifier
from yarl import URL

from bot.playground.delivery import NotTaken
from bot.playground.journal import Attempt, Delivery
from bot.playground.model import App, Json, RequestUrls

# Up to two are followed (Events API).
REDIRECTS = (301, 302)
MAX_REDIRECTS = 2
FORM = "application/x-www-form-urlencoded"


class BadUrl(ValueError):
    """Nothing is delivered there; the text says why."""


def require_deliverable(url: str, hosts: Collection[str] = ()) -> URL:
    """The URL as aiohttp reads it, if it is http(s) and on this machine or one of `hosts`; else
    raises `BadUrl`."""
    try:
        parsed = URL(url)
    except ValueError as error:
        raise BadUrl(f"{url!r} is no URL: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadUrl(f"{url!r} is no http or https URL")
    if not _is_loopback(parsed.host) and parsed.host not in hosts:
        raise BadUrl(f"{url} is not on this machine: the local Slack delivers nowhere else")
    return parsed


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class HttpDelivery:
    """The request URLs of one app. `hosts` may be delivered to besides this machine.

    Requests are signed for the time of the machine: apps hold the signature against their own
    clock, however the local Slack's was driven.
    """

    def __init__(self, app: App, hosts: Collection[str] = ()) -> None:
        self.hosts = hosts
        self._app = app
        self._session: aiohttp.ClientSession | None = None

    def reaches(self, delivery: Delivery) -> bool:
        return bool(self._url(delivery))

    async def send(self, delivery: Delivery, attempt: Attempt) -> Any:
        """Post it once. What the body of a 2xx says, where Slack reads it."""
        attempt.via = self._url(delivery)
        headers, body = self._request(delivery, attempt)
        try:
            status, no_retry, text = await self._post(attempt.via, headers, body)
        except (aiohttp.ClientSSLError, ssl.SSLError):
            raise NotTaken("ssl_error") from None
        except (aiohttp.ClientConnectionError, ConnectionError):
            raise NotTaken("connection_failed") from None
        except (aiohttp.ClientError, BadUrl, UnicodeDecodeError):
            raise NotTaken("unknown_error") from None
        attempt.status = status
        if not 200 <= status < 300:
            raise NotTaken("http_error", final=no_retry)
        return _read(text) if delivery.accepts_response_payload else None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _url(self, delivery: Delivery) -> str:
        urls = self._app.request_urls or RequestUrls()
        match delivery.kind:
            case "slash_commands":
                return self._own_url(delivery.body["command"]) or urls.commands
            case "interactive" if delivery.event_type == "block_suggestion":
                return urls.options
            case "interactive":
                return urls.interactivity
            case _:
                return urls.events

    def _own_url(self, word: str) -> str | None:
        """Where the manifest wants a command; nowhere else than events may go."""
        for command in self._app.commands:
            if command["command"] == word and (url := command.get("url")):
                try:
                    require_deliverable(url, self.hosts)
                except BadUrl:
                    return None
                return url
        return None

    def _request(self, delivery: Delivery, attempt: Attempt) -> tuple[dict[str, str], bytes]:
        content_type, body = _encoded(delivery)
        timestamp = str(int(time.time()))
        verifier = SignatureVerifier(self._app.signing_secret)
        signature = verifier.generate_signature(timestamp=timestamp, body=body)
        headers = {
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature or "",
        }
        if attempt.retry_attempt:
            headers["X-Slack-Retry-Num"] = str(attempt.retry_attempt)
            headers["X-Slack-Retry-Reason"] = attempt.retry_reason or "unknown_error"
        return headers, body

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bool, str]:
        """Status, whether the app wants no retry, and body, after redirects to the same place."""
        if self._session is None:
            # The courier keeps the time, by the local Slack's own clock.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        for _ in range(1 + MAX_REDIRECTS):
            place = require_deliverable(url, self.hosts)
            async with self._session.post(
                place, data=body, headers=headers, allow_redirects=False
            ) as response:
                if response.status not in REDIRECTS:
                    no_retry = response.headers.get("X-Slack-No-Retry") == "1"
                    return response.status, no_retry, await response.text()
                url = urljoin(str(place), response.headers.get("Location", ""))
        raise NotTaken("too_many_redirects")


def _encoded(delivery: Delivery) -> tuple[str, bytes]:
    """Content type and body: JSON, a form of the fields, or a form with JSON in `payload`."""
    match delivery.kind:
        case "slash_commands":
            return FORM, urlencode(delivery.body).encode()
        case "interactive":
            return FORM, urlencode({"payload": json.dumps(delivery.body)}).encode()
        case _:
            return "application/json", json.dumps(delivery.body).encode()


def _read(text: str) -> Json | None:
    """An answer that may say something: a JSON object, or plain text as a message's text."""
    if not text.strip():
        return None
    try:
        body: Any = json.loads(text)
    except ValueError:
        body = None
    return cast(Json, body) if isinstance(body, dict) else {"text": text}
