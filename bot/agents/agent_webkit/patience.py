"""How long what may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds: `connect` for a connection, `reply` for what is done at once, `control` for what the
    agent's process has a say in, `silence` in a turn until the stream is resumed, `stream` without
    even a sign of life."""

    connect: float = 5.0
    reply: float = 8.0
    control: float = 65.0
    silence: float = 2.0
    stream: float = 30.0
