"""A hub's address as a person may type it: what they leave out is what hubs have by default."""

from __future__ import annotations

import ipaddress
import re

HUB_PORT = 8787
"""Where a hub listens unless it is told otherwise."""

_SHORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s:/?#@\[\]]+)(?::(?P<port>\d{1,5}))?(?P<rest>[/?].*)?")


def completed(text: str) -> str:
    """Return an address with the scheme and the port that it lacks, where it begins with a host; any other as it is.

    A hub on this machine is reached by ``ws:``, any other by ``wss:``, without which none listens by default.
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
