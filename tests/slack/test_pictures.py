"""Images people posted: downloaded with the token, from Slack alone, and only what they are."""

from __future__ import annotations

import pytest

from bot.core.errors import SurfaceError
from bot.core.inbound import PostedFile
from bot.core.policy import ImageLimits
from bot.core.ports import Image
from bot.playground import Playground
from bot.playground.file_objects import file_object
from bot.slack.app import connect
from bot.slack.pictures import is_slacks, media_type
from tests.slack.joined import config_of

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20
LIMITS = ImageLimits(most_bytes=1000)


async def posted(local: Playground, name: str, content: bytes) -> PostedFile:
    await local.person("ana").upload("#dev", name, content)
    file = list(local.workspace.files.values())[-1]
    made = file_object(file, local.base_url.removesuffix("/api/"))
    return PostedFile(name, file.mimetype, len(content), str(made["url_private_download"]))


async def fetched(local: Playground, file: PostedFile) -> Image:
    async with connect(config_of(local)) as slack:
        return await slack.fetch_image(file, LIMITS)


async def test_an_image_is_downloaded_and_named_by_its_bytes_E66(local: Playground) -> None:
    file = await posted(local, "a.jpeg", PNG)
    assert await fetched(local, file) == Image("image/png", PNG)


async def test_what_is_larger_than_it_says_is_not_read_to_its_end(local: Playground) -> None:
    file = await posted(local, "a.png", PNG + b"x" * 1000)
    with pytest.raises(SurfaceError, match="too large"):
        await fetched(local, file)


async def test_a_page_to_sign_in_is_never_taken_for_an_image_E67(local: Playground) -> None:
    file = await posted(local, "a.png", PNG)
    for install in local.workspace.installs:
        install.scopes.remove("files:read")
    with pytest.raises(SurfaceError, match="no image"):
        await fetched(local, file)


async def test_no_token_goes_to_another_host(local: Playground) -> None:
    with pytest.raises(SurfaceError, match="not kept by Slack"):
        await fetched(local, PostedFile("a.png", "image/png", 1, "https://example.com/a.png"))


async def test_what_is_not_there_is_said(local: Playground) -> None:
    file = PostedFile("a.png", "image/png", 1, f"{local.base_url}nothing")
    with pytest.raises(SurfaceError):
        await fetched(local, file)


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://files.slack.com/files-pri/T1-F1/download/a.png", True),
        ("https://slack.com/a", True),
        ("https://files.slack.com:443/a", True),
        ("http://files.slack.com/a", False),
        ("https://files.slack.com:8443/a", False),
        ("https://slack.com.example.com/a", False),
        ("https://notslack.com/a", False),
        ("https://files.slack.com@example.com/a", False),
        ("https://files.slack.com:no/a", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_slack_s_own_hosts_see_the_token(url: str, trusted: bool) -> None:
    assert is_slacks(url, "https://slack.com/api/") is trusted


def test_a_local_slack_is_the_one_that_is_configured() -> None:
    assert is_slacks("http://127.0.0.1:9000/f", "http://127.0.0.1:9000/api/")
    assert not is_slacks("http://127.0.0.1:9001/f", "http://127.0.0.1:9000/api/")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", ""),
        (b"<!DOCTYPE html>", ""),
        (b"", ""),
    ],
)
def test_bytes_say_what_they_are(head: bytes, kind: str) -> None:
    assert media_type(head) == kind
