"""Servers that tests of agents share."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot.agents.claude.connector import ClaudeConnector
from tests.agents.servers.model import StandIn
from tests.agents.servers.real_claude import connected
from tests.agents.servers.real_webkit import IndexAway, running


@pytest.fixture(scope="session")
def webkit_url() -> Iterator[str]:
    """The real agent-webkit server with a scripted agent."""
    try:
        with running() as url:
            yield url
    except IndexAway as away:
        pytest.skip(f"agent-webkit-server cannot be installed: {away}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_claude(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[ClaudeConnector, StandIn]]:
    """The real Claude Code for all tests of a module that run in its loop."""
    with pytest.MonkeyPatch.context() as patch:
        async with connected(tmp_path_factory.mktemp("claude"), patch.setenv) as both:
            yield both
