"""What of a post's files goes to the agent, and what is left out for which reason."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.core.errors import SurfaceError
from bot.core.inbound import PostedFile
from bot.core.policy import ImageLimits
from bot.core.ports import FetchImage, Image

PICTURES_PATIENCE = 12.0
"""Seconds to wait for all images of a prompt before it goes without those that are late."""


async def pictures(
    files: Sequence[PostedFile], limits: ImageLimits | None, fetch: FetchImage
) -> tuple[list[Image], list[str]]:
    """The images to send along, and `name (reason)` of each file that is left out."""
    images: list[Image] = []
    left: list[str] = []
    deadline = asyncio.get_running_loop().time() + PICTURES_PATIENCE
    for file in files:
        reason = _refusal(file, limits, len(images))
        if reason is None and limits is not None:
            try:
                async with asyncio.timeout_at(deadline):
                    images.append(await fetch(file, limits))
            except SurfaceError as error:
                reason = error.user_message
            except TimeoutError:
                reason = "the download took too long"
        if reason is not None:
            left.append(f"{file.name} ({reason})")
    return images, left


def _refusal(file: PostedFile, limits: ImageLimits | None, taken: int) -> str | None:
    """Why it is not even asked for; None to fetch it."""
    if limits is None:
        return "this agent takes text only"
    if file.media_type not in limits.types:
        kinds = ", ".join(kind.removeprefix("image/") for kind in limits.types)
        return f"the agent takes images only: {kinds}"
    if file.size is not None and file.size > limits.most_bytes:
        return f"larger than {limits.most_bytes / 1_000_000:g} MB"
    return f"more than {limits.most} images" if taken == limits.most else None
