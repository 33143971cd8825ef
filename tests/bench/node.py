"""Apps that run in Node: how they are installed, started and listened to."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.playground import Playground
from bot.slack.clock import Clock
from tests.bench.answers import Script
from tests.bench.ledger import Ledger
from tests.processes import ROOT

SOURCE = Path(__file__).parent / "peers"
INSTALLED = ROOT / "data" / "bench-peers"


def install() -> None:
    """Install exactly the packages of peers/package.json, once. Raises CalledProcessError."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    wanted = (SOURCE / "package.json").read_text()
    kept = INSTALLED / "package.json"
    if not (INSTALLED / "node_modules").is_dir() or kept.read_text() != wanted:
        kept.write_text(wanted)
        options = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent")
        subprocess.run(("npm", "install", *options), cwd=INSTALLED, check=True)
    shutil.copy(SOURCE / "chat_sdk.mjs", INSTALLED)


def versions() -> str:
    """The packages with their versions."""
    package = json.loads((SOURCE / "package.json").read_text())
    return ", ".join(f"{name} {number}" for name, number in package["dependencies"].items())


@asynccontextmanager
async def chat_sdk(
    slack: Playground, scripts: Sequence[Script], ledger: Ledger, clock: Clock, *, native: bool
) -> AsyncGenerator[None]:
    """Vercel's Chat SDK with its Slack adapter: native streams, or posting and editing."""
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as directory:
        kept = Path(directory) / "scripts.json"
        kept.write_text(json.dumps([[(b.at, b.text) for b in script] for script in scripts]))
        environment = {
            **os.environ,
            **slack.environment(),
            "BENCH_SCRIPTS": str(kept),
            "BENCH_NATIVE": "yes" if native else "no",
        }
        process = await asyncio.create_subprocess_exec(
            *("node", "chat_sdk.mjs"),
            cwd=INSTALLED,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
        )
        ready = asyncio.Event()
        listening = asyncio.create_task(_listen(process, ledger, ready), name="node")
        waiting = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait((waiting, listening), return_when=asyncio.FIRST_COMPLETED)
            if not ready.is_set():
                raise RuntimeError("the app ended before it was ready")
            yield
        finally:
            waiting.cancel()
            if process.returncode is None:
                process.terminate()
            await asyncio.wait([listening])
            await process.communicate()  # what nobody read would keep its end from us
            listening.result()


async def _listen(
    process: asyncio.subprocess.Process, ledger: Ledger, ready: asyncio.Event
) -> None:
    if process.stdout is None:
        raise RuntimeError("the process was started without a pipe")
    async for line in process.stdout:
        match json.loads(line):
            case {"said": [int(number), at, str(text)]}:
                ledger.said(number, text, float(at))
            case {"ended": [int(number), at]}:
                ledger.ended(number, float(at))
            case told:
                if "ready" not in told:
                    raise ValueError(f"not understood: {told}")
                ready.set()
