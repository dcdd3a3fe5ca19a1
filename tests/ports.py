"""Ports for servers that others must know before they listen."""

from __future__ import annotations

import random
import socket

OURS = range(15_000, 32_000)
"""Below those that a system gives to whoever asks for any: nothing that runs beside is given one meanwhile."""


def free_ports(count: int) -> list[int]:
    """So many ports that nobody listens on at the moment."""
    found: list[int] = []
    for port in random.SystemRandom().sample(OURS, len(OURS)):
        if len(found) == count:
            break
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
    return found


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]
