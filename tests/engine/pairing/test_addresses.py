"""Which of a machine's addresses a pairing link holds, and in which order."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from engine.pairing.addresses import Address, likeliest, own_addresses, ways_out
from engine.pairing.pairing_link import ADDRESSES, PairingLink, parse

ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
br0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
dead\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
tun0\t00000000\t0100080A\t0003\t0\t0\t0\t00000080\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
"""

ANY, NOWHERE = "0" * 32, "f" * 32
ROUTES_6 = f"""\
fd000000000000000000000000000000 40 {ANY} 00 {ANY} 00000100 00000001 00000000 00000001     eth0
{ANY} 00 {ANY} 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003    usb0
{ANY} 00 {ANY} 00 {ANY} {NOWHERE[:8]} 00000001 00000000 00200200       lo
"""


def machine(**interfaces: str) -> dict[Address, str]:
    return {ip_address(text): name for name, texts in interfaces.items() for text in texts.split()}


BRIDGES = {f"br{n}": f"172.{17 + n}.0.1" for n in range(9)}


def test_the_interfaces_with_a_default_route() -> None:
    assert ways_out(ROUTES, ROUTES_6) == ("eth0", "wlan0", "usb0")
    assert ways_out("", "") == ()
    assert ways_out(ROUTES.splitlines()[0], "") == ()


def test_the_local_network_comes_before_any_number_of_bridges() -> None:
    here = machine(lo="127.0.0.1 ::1", **BRIDGES, eth0="192.168.1.5 fd77::5 fe80::1", tun0="10.8.0.2")
    tunnel = {ip_address("10.8.0.2")}
    expected = [ip_address("192.168.1.5"), ip_address("fd77::5"), ip_address("10.8.0.2")]
    ordered = likeliest(here, ("eth0",), tunnel, {*BRIDGES, "tun0"})
    assert ordered[:3] == expected
    assert len(ordered) == 12
    without = likeliest(here, (), {ip_address("192.168.1.5"), ip_address("fd77::5")}, {*BRIDGES})
    assert without[:2] == expected[:2], "where the system tells no routes, the address that it would use says it"


@pytest.mark.parametrize("way", ["wlp2s0", "br0", "bond0", "enx00"])
def test_the_default_route_is_first_whatever_else_there_is(way: str) -> None:
    """Bridges of containers and virtual machines, and tunnels; also where the way out is a bridge itself."""
    others = {
        "docker0": "172.17.0.1 fd00:d0c::1",
        "virbr0": "192.168.122.1",
        "vethab12": "10.0.3.1",
        "tun0": "10.8.0.2 2001:db8:8::2",
        "wg0": "10.9.0.2",
        "lxcbr0": "10.0.4.1",
        "podman0": "10.88.0.1",
        "zt0": "10.147.17.5",
        "eth7": "10.0.0.1",
    }
    here = machine(**others, **{way: "192.168.1.5 fd77::5"})
    ordered = likeliest(here, (way,), {ip_address("10.8.0.2")}, {*others, "br0", "bond0"} - {"eth7"})
    assert [str(address) for address in ordered[:3]] == ["192.168.1.5", "fd77::5", "10.8.0.2"]
    assert str(ordered[3]) == "10.0.0.1", "then what hardware stands behind"
    assert ordered[0] in ordered[:ADDRESSES]


def test_a_second_network_without_a_way_out_comes_before_bridges() -> None:
    here = machine(**BRIDGES, eth0="192.168.1.5", eth1="192.168.2.5")
    assert [str(a) for a in likeliest(here, ("eth0",), (), set(BRIDGES))][:2] == ["192.168.1.5", "192.168.2.5"]


def test_of_one_interface_the_address_that_is_used_comes_first() -> None:
    here = machine(eth0="10.0.0.3 10.0.0.4 2001:db8::1 203.0.113.9")
    ordered = likeliest(here, ("eth0",), {ip_address("10.0.0.4")}, ())
    assert [str(address) for address in ordered] == ["10.0.0.4", "10.0.0.3", "203.0.113.9", "2001:db8::1"]


def test_own_addresses_can_be_dialled_from_elsewhere_or_are_this_machine() -> None:
    addresses = own_addresses()
    assert 0 < len(addresses) <= ADDRESSES
    assert all("%" not in address for address in addresses)
    link = PairingLink(addresses, 1, "room", "t" * 43, "ab" * 32)
    assert parse(link.text()) == link
