"""Hosts as an address writes them, as the resolver takes them, and as a person types them.

An IPv6 address stands in brackets in an address (RFC 3986), and the “%” before its zone, the interface that a
link-local address is on, is written “%25” there (RFC 6874).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import quote, unquote, urlsplit, urlunsplit


def is_ipv6(host: str) -> bool:
    """Whether a host is an IPv6 address, without brackets; it may have a zone."""
    try:
        return isinstance(ipaddress.ip_address(host), ipaddress.IPv6Address)
    except ValueError:
        return False


def unbracketed(host: str) -> str:
    """Return a host as the resolver takes it, with an IPv6 address that may be in brackets."""
    inner = host[1:-1].replace("%25", "%", 1) if host.startswith("[") and host.endswith("]") else host
    return inner if is_ipv6(inner) else host


def in_url(host: str) -> str:
    """Return a host as it is written in a URL."""
    address, percent, zone = host.partition("%")
    return f"[{address}{percent and '%25'}{quote(zone, safe='')}]" if is_ipv6(host) else host


def of_url(url: str) -> str:
    """Return the host of a URL as the resolver takes it; empty if it has none."""
    host, percent, zone = (urlsplit(url).hostname or "").partition("%")
    return f"{host}%{unquote(zone.removeprefix('25'))}" if percent else host


def without_zone(url: str) -> str:
    """Return a URL as the other side may see it: a zone means nothing there."""
    parts = urlsplit(url)
    head, percent, rest = parts.netloc.partition("%")
    return urlunsplit(parts._replace(netloc=f"{head}]{rest.partition(']')[2]}")) if percent else url
