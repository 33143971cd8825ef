"""Images people posted, downloaded for the agent."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.errors import SurfaceError, SurfaceUnavailable
from bot.core.inbound import PostedFile
from bot.core.policy import ImageLimits
from bot.core.ports import Image

SECONDS: Final = 8.0
_CHUNK: Final = 64 * 1024
_TRUSTED: Final = "slack.com"


async def fetch(web: AsyncWebClient, file: PostedFile, limits: ImageLimits) -> Image:
    """The file, if it is an image within `limits`. Its bytes say what it is: without the scope
    files:read Slack answers with its page to sign in, and with status 200.

    Raises SurfaceError; its sentence is the reason why the file is left out.
    """
    if not is_slacks(file.url, web.base_url):
        raise SurfaceError("it is not kept by Slack")
    if web.session is None:
        raise RuntimeError("the client has no session of its own")
    headers = {"Authorization": f"Bearer {web.token}"}
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with web.session.get(
            file.url, headers=headers, timeout=timeout, allow_redirects=False, proxy=web.proxy
        ) as answer:
            if answer.status != 200:
                raise SurfaceUnavailable(f"Slack answered with status {answer.status}")
            data = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                data += chunk
                if len(data) > limits.most_bytes:
                    raise SurfaceError("it is too large")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SurfaceUnavailable("it could not be downloaded") from error
    kind = media_type(bytes(data[:16]))
    if kind not in limits.types:
        raise SurfaceError("what Slack sent is no image I can pass on")
    return Image(kind, bytes(data))


def is_slacks(url: str, api_url: str) -> bool:
    """Whether the token may be shown to whoever answers there."""
    try:
        asked, api = urlsplit(url), urlsplit(api_url)
        ports = asked.port, api.port
    except ValueError:
        return False
    if (asked.scheme, asked.hostname, ports[0]) == (api.scheme, api.hostname, ports[1]):
        return True
    host = asked.hostname or ""
    ours = host == _TRUSTED or host.endswith(f".{_TRUSTED}")
    return asked.scheme == "https" and ours and ports[0] in (None, 443)


def media_type(head: bytes) -> str:
    """What an image is by its first 16 bytes; "" for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return ""
