"""IPv6 in addresses: brackets, zones, and a hub that listens to both kinds of addresses."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

import ifaddr
import pytest

from engine.errors import UsageError
from engine.hub import HubOptions
from engine.settings.model import check_url
from engine.transport.connect import dial
from engine.transport.sockets import peer_address
from engine.wire.hostname import in_url, of_url, unbracketed, without_zone
from tests.engine.live import make_file, on_loop, plain_engine, until


@pytest.mark.parametrize(
    ("typed", "address", "host", "sent"),
    [
        ("ws://[fe80::1%25eth0]:8787/", "ws://[fe80::1%25eth0]:8787/sync", "fe80::1%eth0", "ws://[fe80::1]:8787/sync"),
        ("ws://[fe80::1%eth0]:8787/", "ws://[fe80::1%25eth0]:8787/sync", "fe80::1%eth0", "ws://[fe80::1]:8787/sync"),
        ("WSS://[FE80::1%25Wi-Fi]", "wss://[fe80::1%25Wi-Fi]/sync", "fe80::1%Wi-Fi", "wss://[fe80::1]/sync"),
        ("ws://[2001:DB8::7]/x?y", "ws://[2001:db8::7]/x?y", "2001:db8::7", "ws://[2001:db8::7]/x?y"),
        ("ws://Hub.Example:8787", "ws://hub.example:8787/sync", "hub.example", "ws://hub.example:8787/sync"),
    ],
)
def test_an_address_with_a_zone(typed: str, address: str, host: str, sent: str) -> None:
    assert check_url(typed) == address
    assert check_url(address) == address, "as it is kept in the settings"
    assert of_url(address) == host
    assert without_zone(address) == sent
    assert f"//{in_url(host)}" in address


@pytest.mark.parametrize(
    ("typed", "better"),
    [
        ("ws://fe80::1:8787/sync", "ws://[fe80::1]:8787/sync"),
        ("ws://fe80::1%eth0/sync", "ws://[fe80::1%25eth0]/sync"),
        ("wss://2001:db8::7", "wss://[2001:db8::7]"),
        ("ws://::1:8787", "ws://[::1]:8787"),
        ("ws://2001:db8:0:0:0:0:0:7:8787/", "ws://[2001:db8:0:0:0:0:0:7]:8787/"),
    ],
)
def test_an_address_without_brackets_gets_a_hint(typed: str, better: str) -> None:
    with pytest.raises(UsageError, match="must be in brackets") as raised:
        check_url(typed)
    assert raised.value.hint == f"Use {better}."
    check_url(better)


def test_a_host_as_it_is_typed_for_serving() -> None:
    assert unbracketed("[::1]") == unbracketed("::1") == "::1"
    assert unbracketed("[fe80::1%25eth0]") == "fe80::1%eth0"
    assert unbracketed("[no address]") == "[no address]"
    assert unbracketed("127.0.0.1") == "127.0.0.1"
    assert peer_address(("::ffff:127.0.0.1", 1, 0, 0)) == peer_address(("127.0.0.1", 1)) == "127.0.0.1"
    assert peer_address(("2001:db8::ffff:7", 1, 0, 0)) == "2001:db8::ffff:7"
    assert peer_address(None) == ""


@on_loop
async def test_a_hub_on_ipv6(tmp_path: Path) -> None:
    """Also by an address with a zone: the loopback's, and a link-local one where the machine has any."""
    room = make_file(tmp_path / "hub" / "room")
    async with plain_engine() as engine:
        hub = await engine.serving.start(room.parent, host="[::1]")
        assert hub.url == f"ws://[::1]:{hub.port}/sync"
        zone = socket.if_nametoindex(next(name for _, name in socket.if_nameindex() if name.startswith("lo")))
        for url in (hub.url, check_url(f"ws://[::1%25{zone}]:{hub.port}/")):
            dialled = await dial(url, "room")
            assert dialled.own
            host = dialled.socket.request.headers["Host"] if dialled.socket.request else ""
            assert host == f"[::1]:{hub.port}", "a zone means nothing to the other side (RFC 6874)"
            await dialled.socket.close()
        for adapter in ifaddr.get_adapters():
            for ip in adapter.ips:
                address = ip.ip[0] if isinstance(ip.ip, tuple) else ip.ip
                if ipaddress.ip_address(address).version == 6 and ipaddress.ip_address(address).is_link_local:
                    local = f"{address}%{adapter.name}"
                    hub = await engine.serving.start(room.parent, host=local, options=HubOptions(insecure=True))
                    assert hub.url == f"ws://[{address}%25{adapter.name}]:{hub.port}/sync"
                    dialled = await dial(hub.url, "room")
                    await dialled.socket.close()


@on_loop
async def test_a_hub_at_all_addresses_takes_both_kinds(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room")
    async with plain_engine() as engine, plain_engine() as other:
        hub = await engine.serving.start(room.parent, host="::", options=HubOptions(insecure=True))
        for host in ("127.0.0.1", "[::1]"):
            dialled = await dial(f"ws://{host}:{hub.port}/sync", "room")
            assert dialled.own
            [guest] = hub._handshake.present.addresses
            assert guest == host.strip("[]")
            await dialled.socket.close()
            await until(lambda: hub.connections == 0, "it has gone")
        with pytest.raises(UsageError, match=f"Cannot listen on :: port {hub.port}: Address already in use"):
            await other.serving.start(room.parent, host="::", port=hub.port, options=HubOptions(insecure=True))
