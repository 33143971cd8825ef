"""The real agent-webkit server, in a virtual environment of its own, made on first use."""

import hashlib
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from tests.agents.servers.webkit import TOKEN

HERE = Path(__file__).parent
LOCK = HERE / "agent_webkit_server.lock"
CACHE = HERE.parents[2] / ".cache"

AWAY = ("Failed to fetch", "error sending request", "dns error", "Could not connect", "timed out")
"""What uv says when it cannot reach the package index."""


class IndexAway(Exception):
    """The package index cannot be reached, so the server cannot be installed."""


def environment() -> Path:
    """The interpreter of an environment with exactly what the lock names. Raises IndexAway."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    home = CACHE / f"agent-webkit-server-{digest}"
    python, ready = home / "bin" / "python", home / ".ready"
    CACHE.mkdir(exist_ok=True)
    with FileLock(f"{home}.lock"):
        if not ready.exists():
            _uv("venv", "--clear", "--python", sys.executable, str(home))
            _uv("pip", "install", "--python", str(python), "--no-deps", "--require-hashes", "-r",
                str(LOCK))  # fmt: skip
            ready.touch()
    return python


def _uv(*arguments: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run(
        [str(uv), *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode and any(sign in done.stderr for sign in AWAY):
        raise IndexAway(done.stderr.strip().splitlines()[-1])
    if done.returncode:
        raise RuntimeError(done.stderr)


@contextmanager
def running() -> Generator[str]:
    """The base URL of a server on loopback. Raises IndexAway."""
    program = [str(environment()), str(HERE / "scripted_agent.py"), TOKEN]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()
