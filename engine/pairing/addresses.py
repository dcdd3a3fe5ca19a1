"""This machine's addresses in its networks, those most likely to be reachable from another machine first.

A developer's machine has bridges and tunnels by the dozen, and a pairing link has room for a few addresses. The
interface with the default route comes first, as it leads to the local network; then everything else that is not
virtual.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from engine.pairing.pairing_link import ADDRESSES

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

OUTSIDE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses that nobody has (RFC 5737, RFC 3849), by family: the route there is the way out."""

_VIRTUAL = Path("/sys/devices/virtual/net")
_UP, _REJECT = 0x1, 0x200


def own_addresses() -> tuple[str, ...]:
    """Return this machine's addresses in its networks, the likeliest first; its loopback address if it is in none."""
    import ifaddr

    found: dict[Address, str] = {}
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            found[ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])] = adapter.name
    virtual = {name for name in found.values() if (_VIRTUAL / name).exists()}
    ordered = likeliest(found, ways_out(*_routes()), set(_sources()), virtual)
    return tuple(str(address) for address in ordered[:ADDRESSES]) or ("127.0.0.1",)


def likeliest(
    found: Mapping[Address, str], ways_out: Sequence[str], sources: Iterable[Address], virtual: Iterable[str]
) -> list[Address]:
    """Sort addresses by how likely they are to be reached, leaving out those that no other machine can reach.

    Args:
        found: the interface of each address.
        ways_out: interfaces with a default route, the best first; empty if the system does not say.
        sources: addresses that the system would use towards the outside.
        virtual: interfaces without hardware.
    """
    ways, sources, virtual = list(ways_out), set(sources), set(virtual)

    def unlikely(address: Address) -> tuple[object, ...]:
        name = found[address]
        way = ways.index(name) if name in ways else len(ways)
        return way, address not in sources, name in virtual, address.version, not address.is_private, int(address)

    usable = (a for a in found if not (a.is_loopback or a.is_link_local or a.is_multicast or a.is_unspecified))
    return sorted(usable, key=unlikely)


def ways_out(ipv4: str, ipv6: str) -> tuple[str, ...]:
    """Return the interfaces with a default route, those of the lowest metric first.

    Args:
        ipv4, ipv6: routing tables in the format of Linux's /proc/net/route and /proc/net/ipv6_route.
    """
    found = sorted([*_ways_out_4(ipv4), *_ways_out_6(ipv6)])
    return tuple(dict.fromkeys(name for _, _, name in found))


def _ways_out_4(table: str) -> Iterator[tuple[int, int, str]]:
    for line in table.splitlines()[1:]:
        name, to, _, flags, _, _, metric, mask, *_ = line.split()
        if int(to, 16) == int(mask, 16) == 0 and int(flags, 16) & (_UP | _REJECT) == _UP:
            yield 4, int(metric), name


def _ways_out_6(table: str) -> Iterator[tuple[int, int, str]]:
    for line in table.splitlines():
        to, length, *_, metric, _, _, flags, name = line.split()
        if int(to, 16) == int(length, 16) == 0 and int(flags, 16) & (_UP | _REJECT) == _UP:
            yield 6, int(metric, 16), name


def _routes() -> tuple[str, str]:
    """Return the system's routing tables; empty if it is not Linux."""
    tables = []
    for path in (Path("/proc/net/route"), Path("/proc/net/ipv6_route")):
        try:
            tables.append(path.read_text("ascii"))
        except OSError:
            tables.append("")
    return tables[0], tables[1]


def _sources() -> Iterator[Address]:
    """Yield the addresses that the system would use towards the outside. Nothing is sent."""
    for family, outside in OUTSIDE.items():
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((outside, 9))
            yield ipaddress.ip_address(probe.getsockname()[0])
