"""Ports for servers that come and go at one address."""

import random
import socket
from contextlib import suppress

# Below those that systems give out by themselves, and nobody else names these.
PORTS = range(20_000, 32_000)


def quiet_port() -> int:
    """A port nobody listens at, nor takes by chance while nobody does."""
    while True:
        port = random.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
