"""What dialling and serving agree on for every connection."""

from __future__ import annotations

import ipaddress
import socket

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


def on_both(host: str, port: int) -> socket.socket | None:
    """Return a bound socket for all addresses of IPv6 and of IPv4, if ``host`` means them: “::”. Else None.

    asyncio would listen at those of IPv6 alone.

    Raises:
        OSError: it cannot be bound.
    """
    try:
        if ipaddress.ip_address(host) != ipaddress.IPv6Address("::") or not socket.has_dualstack_ipv6():
            return None
    except ValueError:
        return None
    bound = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def peer_address(name: object) -> str:
    """Return the address in what a socket calls its peer; one of IPv4 as such, also where the socket is of IPv6."""
    if not isinstance(name, tuple):
        return ""
    return str(name[0]).removeprefix("::ffff:") if "." in str(name[0]) else str(name[0])
