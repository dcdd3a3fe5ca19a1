"""What dialling and serving agree on for every connection."""

from __future__ import annotations

import ipaddress

SOCKET_OPTIONS = {"ping_interval": None, "close_timeout": 2, "compression": None}
"""A heartbeat of our own (engine.transport.keepalive), and a receive queue of our own (engine.transport.receive_queue).
Compression is refused: a small message could become any size."""

STAGGER = 0.25
"""Seconds between two addresses of one name, which are tried side by side (RFC 8305): the first may be dead, as an
IPv6 address often is where only IPv4 works."""


def stagger(host: str | None) -> float | None:
    """Return ``STAGGER`` for a name, and None for an address, which has no others beside it.

    asyncio may lose a connection that is cancelled as it is made, if it tries several side by side.
    """
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return STAGGER
    return None
