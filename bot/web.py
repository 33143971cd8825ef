"""The operator's HTTP port: is the process alive, and is it of use right now?"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from bot.core.errors import ConfigError

Check = Callable[[], Awaitable[str | None]]
"""None when well, else a sentence for the operator."""


class WebConfig(BaseModel):
    """Where `/healthz` and `/readyz` are served. Port 0 takes a free one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


@asynccontextmanager
async def serve(
    config: WebConfig, alive: Mapping[str, Check], ready: Mapping[str, Check]
) -> AsyncGenerator[int]:
    """Serves until left; yields the port.

    `/healthz` fails when the process should be restarted, `/readyz` when it is of no use now (no
    connection to Slack, no database). Both answer 200 or 503 with each check's finding as JSON.
    Raises ConfigError when the port cannot be had.
    """
    app = web.Application()
    app.router.add_get("/healthz", _endpoint(alive))
    app.router.add_get("/readyz", _endpoint(ready))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, config.host, config.port)
        try:
            await site.start()
        except OSError as error:
            raise ConfigError(
                "THREADLINE_PORT",
                f"cannot listen on {config.host}:{config.port}",
                "Choose a free port, or 0 for any",
            ) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _endpoint(checks: Mapping[str, Check]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        findings = {name: await check() for name, check in checks.items()}
        status = 503 if any(findings.values()) else 200
        return web.json_response(
            {name: finding or "ok" for name, finding in findings.items()}, status=status
        )

    return answer
