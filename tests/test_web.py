"""The operator's port says whether the process lives and is of use."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import pytest

from bot.core.errors import ConfigError
from bot.web import Check, WebConfig, serve

FREE = WebConfig(port=0)


async def well() -> str | None:
    return None


async def ill() -> str | None:
    return "not connected to Slack"


async def _get(port: int, path: str) -> tuple[int, object]:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("ready", "status", "said"),
    [
        ({"slack": well, "database": well}, 200, {"slack": "ok", "database": "ok"}),
        (
            {"slack": ill, "database": well},
            503,
            {"slack": "not connected to Slack", "database": "ok"},
        ),
    ],
)
async def test_ready_names_every_finding(
    ready: Mapping[str, Check], status: int, said: object
) -> None:
    async with serve(FREE, {"process": well}, ready) as port:
        assert await _get(port, "/readyz") == (status, said)
        assert await _get(port, "/healthz") == (200, {"process": "ok"})


async def test_a_port_that_is_taken_is_refused_with_a_remedy() -> None:
    async with serve(FREE, {}, {}) as port:
        with pytest.raises(ConfigError, match="cannot listen") as refused:
            async with serve(WebConfig(port=port), {}, {}):
                pass
    assert refused.value.key == "THREADLINE_PORT"
    assert "free port" in refused.value.hint
