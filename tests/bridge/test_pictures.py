"""Which of a post's files reach the agent, and who is told of the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.bridge.pictures import pictures
from bot.core.inbound import PostedFile
from bot.core.policy import ImageLimits
from bot.core.ports import Image
from bot.store.database import StoreConfig
from tests.bridge.house import prompt, running
from tests.bridge.listed import Listed
from tests.bridge.scripted import ScriptedAgent

PNG = Image("image/png", b"picture")
LIMITS = ImageLimits(types=("image/png",), most_bytes=1_500_000, most=2)


@pytest.fixture
def listed() -> Listed:
    return Listed(images={name: PNG for name in ("a", "b", "c")})


def png(name: str, size: int | None = 7) -> PostedFile:
    return PostedFile(name, "image/png", size, name)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (PostedFile("r.pdf", "application/pdf", 3, "a"), "the agent takes images only: png"),
        (png("a", 1_500_001), "larger than 1.5 MB"),
        (png("unknown"), "it could not be downloaded"),
    ],
)
async def test_what_the_agent_cannot_take_is_named_with_the_reason_E66(
    listed: Listed, file: PostedFile, why: str
) -> None:
    taken = await pictures([file, png("b")], LIMITS, listed.fetch_image)
    assert taken == ([PNG], [f"{file.name} ({why})"])


async def test_no_more_than_it_takes_are_fetched(listed: Listed) -> None:
    files = [png("a"), png("b", None), png("c")]
    taken = await pictures(files, LIMITS, listed.fetch_image)
    assert taken == ([PNG, PNG], ["c (more than 2 images)"])


async def test_an_agent_of_words_alone_gets_none(listed: Listed) -> None:
    taken = await pictures([png("a")], None, listed.fetch_image)
    assert taken == ([], ["a (this agent takes text only)"])


async def test_images_go_with_the_prompt_and_person_and_agent_hear_of_the_rest(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = ScriptedAgent()
    files = (png("a"), PostedFile("r.pdf", "application/pdf", 3, "r"))
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        said = replace(prompt("look", mentions_bot=True), files=files)
        await house.accept(said)
        told = await agent.until_prompted("images only: png)]")
        assert told == "look\n[files you did not get: r.pdf (the agent takes images only: png)]"
        await listed.until(lambda seen: bool(seen.whispers))
        assert agent.sessions["r1"].images == [PNG]
    assert listed.whispers == [
        (
            "U1",
            "The agent did not get everything you posted. "
            "Left out: r.pdf (the agent takes images only: png).",
        )
    ]
