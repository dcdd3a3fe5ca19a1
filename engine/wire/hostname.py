"""Hosts as URLs write them, as the resolver takes them, and as people type them.

In a URL an IPv6 address stands in brackets (RFC 3986), and the “%” before its zone (the interface of a link-local
address) is written “%25” (RFC 6874).
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, unquote, urlsplit, urlunsplit


def is_ipv6(host: str) -> bool:
    """Return whether a host is an IPv6 address without brackets; it may have a zone."""
    try:
        return isinstance(ipaddress.ip_address(host), ipaddress.IPv6Address)
    except ValueError:
        return False


def unbracketed(host: str) -> str:
    """Return a host as the resolver takes it: an IPv6 address without brackets, others unchanged."""
    inner = host[1:-1].replace("%25", "%", 1) if host.startswith("[") and host.endswith("]") else host
    return inner if is_ipv6(inner) else host


def in_url(host: str) -> str:
    """Return a host as a URL writes it."""
    address, percent, zone = host.partition("%")
    return f"[{address}{percent and '%25'}{quote(zone, safe='')}]" if is_ipv6(host) else host


def of_url(url: str) -> str:
    """Return the host of a URL as the resolver takes it, '' if it has none."""
    host, percent, zone = (urlsplit(url).hostname or "").partition("%")
    return f"{host}%{unquote(zone.removeprefix('25'))}" if percent else host


def without_zone(url: str) -> str:
    """Return a URL without the zone of its host, which means nothing on another machine."""
    parts = urlsplit(url)
    head, percent, rest = parts.netloc.partition("%")
    return urlunsplit(parts._replace(netloc=f"{head}]{rest.partition(']')[2]}")) if percent else url


def lower(netloc: str) -> str:
    """Return a URL's host and port in lower case.

    A zone keeps its case, as interface names may be of either, and is written with “%25”.
    """
    head, percent, rest = netloc.partition("%")
    zone, bracket, port = rest.partition("]")
    return f"{head.lower()}%25{zone.removeprefix('25')}{bracket}{port}" if percent else head.lower()


def in_brackets(url: str) -> str:
    """Return a URL with brackets around its host if that is a bare IPv6 address; any other URL unchanged.

    A port may follow the bare address, if it has four or five digits.
    """
    scheme, colons, rest = url.partition("://")
    netloc, slash, path = rest.partition("/")
    found = re.fullmatch(r"(.+):(\d{4,5})", netloc)
    if found and is_ipv6(found[1]):
        return f"{scheme}://{in_url(found[1])}:{found[2]}{slash}{path}"
    return f"{scheme}://{in_url(netloc)}{slash}{path}" if colons and is_ipv6(netloc) else url
