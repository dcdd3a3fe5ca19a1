"""Hosts as an address writes them, as the resolver takes them, and as a person types them.

An IPv6 address stands in brackets in an address (RFC 3986), and the “%” before its zone, the interface that a
link-local address is on, is written “%25” there (RFC 6874).
"""

from __future__ import annotations

import ipaddress
import re
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


def lower(netloc: str) -> str:
    """Return a host and port in lower case, and a zone as it is, written “%25”: interfaces have names of both cases."""
    head, percent, rest = netloc.partition("%")
    zone, bracket, port = rest.partition("]")
    return f"{head.lower()}%25{zone.removeprefix('25')}{bracket}{port}" if percent else head.lower()


def in_brackets(url: str) -> str:
    """Return a URL with its host in brackets, if that is an IPv6 address without; a port of four or five digits may
    follow it. Others are returned as they are."""
    scheme, colons, rest = url.partition("://")
    netloc, slash, path = rest.partition("/")
    found = re.fullmatch(r"(.+):(\d{4,5})", netloc)
    if found and is_ipv6(found[1]):
        return f"{scheme}://{in_url(found[1])}:{found[2]}{slash}{path}"
    return f"{scheme}://{in_url(netloc)}{slash}{path}" if colons and is_ipv6(netloc) else url
