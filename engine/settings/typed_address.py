"""Completes a hub's address as a person may type it, with what hubs use by default."""

from __future__ import annotations

import ipaddress
import re

HUB_PORT = 8787
"""The port where a hub listens by default."""

_SHORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s:/?#@\[\]]+)(?::(?P<port>\d{1,5}))?(?P<rest>[/?].*)?")


def completed(text: str) -> str:
    """Add the scheme and port that an address lacks if it begins with a host; return any other text unchanged.

    A hub on this machine is reached by ``ws:``, any other by ``wss:``, as by default none listens there without TLS.
    """
    short = _SHORT.fullmatch(text.strip())
    if short is None:
        return text
    host = short["host"]
    scheme = "ws" if _is_here(host) else "wss"
    return f"{scheme}://{host}:{short['port'] or HUB_PORT}{short['rest'] or ''}"


def _is_here(host: str) -> bool:
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
