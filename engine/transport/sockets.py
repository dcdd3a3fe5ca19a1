"""What dialling and serving have in common for every connection."""

from __future__ import annotations

import ipaddress
import socket

SOCKET_OPTIONS = {"ping_interval": None, "close_timeout": 2, "compression": None}
"""Options for websockets. The heartbeat (engine.transport.keepalive) and the receive queue
(engine.transport.receive_queue) are our own. Compression is refused, as a small message could expand to any size."""

STAGGER = 0.25
"""Seconds between two addresses of one name, which are tried in parallel (RFC 8305): the first may be dead, as an IPv6
address often is where only IPv4 works."""


def stagger(host: str | None) -> float | None:
    """Return ``STAGGER`` for a name, and None for an address, which has no alternatives.

    asyncio may lose a connection that is cancelled while it is made, if it tries several in parallel.
    """
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return STAGGER
    return None


def on_both(host: str, port: int) -> socket.socket | None:
    """Return a bound socket for all IPv6 and IPv4 addresses if ``host`` is “::”, for which asyncio would use IPv6
    alone.

    Returns:
        None for any other host, or where the system cannot do it.

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
    """Return the address in a socket's name for its peer, with an IPv4 address as such even on an IPv6 socket."""
    if not isinstance(name, tuple):
        return ""
    return str(name[0]).removeprefix("::ffff:") if "." in str(name[0]) else str(name[0])
