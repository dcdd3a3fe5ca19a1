"""Machines that find each other: real multicast, on this machine's loopback alone."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import secrets
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.pairing import discovery as discovery_module
from engine.pairing.discovery import SERVICE, Announcement, Discovery, Found, mark, offer
from engine.table_shape import Shape
from engine.wire import PROTOCOL
from tests.engine.live import on_loop, until

ITEM = Shape("item", ("id",), ("name", "secret_column"))
FINGERPRINT = secrets.token_hex(32)


def named(discovery: Discovery, name: str) -> list[Found]:
    """Those of a name: other tests of this machine may announce theirs at the same time."""
    return [found for found in discovery.found if found.name.startswith(name)]


def a_name() -> str:
    return f"machine {secrets.token_hex(4)}"


def a_fingerprint() -> str:
    return secrets.token_hex(32)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_machine_is_found_and_goes(address: str) -> None:
    @on_loop
    async def test() -> None:
        name, changes = a_name(), 0

        def changed() -> None:
            nonlocal changes
            changes += 1

        async with Discovery(changed, here=True) as discovery:
            assert discovery.problem == ""
            async with Announcement(name, [address], 8787, FINGERPRINT, [offer([ITEM])]):
                await until(lambda: bool(named(discovery, name)), "it is found")
                assert named(discovery, name) == [
                    Found(name, (address,), 8787, PROTOCOL, mark(FINGERPRINT), (offer([ITEM]),))
                ]
                assert changes > 0
            await until(lambda: not named(discovery, name), "it goes")

    test()


ANNOUNCE = """
import asyncio, sys
from engine.pairing import discovery
discovery.GOOD_FOR = 4
async def main():
    async with discovery.Announcement(sys.argv[1], ["127.0.0.1"], 8787, sys.argv[2], []):
        await asyncio.sleep(100)
asyncio.run(main())
"""


@pytest.mark.slow
@on_loop
async def test_a_machine_that_crashes_goes_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a goodbye; one that lives stays, however often it is asked again."""
    monkeypatch.setattr(discovery_module, "ASK_AGAIN", 0.2)
    crashing, living, fingerprint = a_name(), a_name(), a_fingerprint()
    command = sys.executable, "-c", ANNOUNCE, crashing, fingerprint
    monkeypatch.setattr(discovery_module, "GOOD_FOR", 4)  # a busy machine may keep quiet for a while
    async with Announcement(living, ["127.0.0.1"], 8787, a_fingerprint(), []), Discovery(here=True) as discovery:
        process = await asyncio.create_subprocess_exec(*command)
        await until(lambda: bool(named(discovery, crashing) and named(discovery, living)), "both are found")
        process.kill()
        await process.wait()
        await until(lambda: not named(discovery, crashing), "it goes")
        assert named(discovery, living)
        process = await asyncio.create_subprocess_exec(*command)
        await until(lambda: bool(named(discovery, crashing)), "it comes back")
        assert named(discovery, living)
        process.kill()
        await process.wait()


@on_loop
async def test_a_machine_that_moves_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on sharing, and has another address: in another network, say."""
    monkeypatch.setattr(discovery_module, "MOVED_EVERY", 0.1)
    name, addresses = a_name(), ["127.0.0.1"]
    announcement = Announcement(name, addresses, 8787, a_fingerprint(), [], moved=lambda: addresses)
    async with Discovery(here=True) as discovery, announcement:
        await until(lambda: bool(named(discovery, name)), "it is found")
        addresses[:] = ["127.0.0.2"]
        await until(lambda: [found.addresses for found in named(discovery, name)] == [("127.0.0.2",)], "where it is")


@on_loop
async def test_one_who_comes_later_finds_who_is_there() -> None:
    name = a_name()
    async with Announcement(name, ["127.0.0.1"], 8787, FINGERPRINT, []):
        async with Discovery(here=True) as first:
            await until(lambda: bool(named(first, name)), "it is found")
        async with Discovery(here=True) as second:
            await until(lambda: bool(named(second, name)), "it is found again")


@on_loop
async def test_a_machine_does_not_find_itself_and_others_may_share_a_name() -> None:
    name, own = a_name(), a_fingerprint()
    async with (
        Discovery(here=True, own=own) as discovery,
        Announcement(name, ["127.0.0.1"], 1001, own, []),
        Announcement(name, ["127.0.0.1"], 1002, a_fingerprint(), []),
        Announcement(name, ["127.0.0.1"], 1003, a_fingerprint(), []),
    ):
        await until(lambda: len(named(discovery, name)) == 2, "the two others are found")
        assert {found.port for found in named(discovery, name)} == {1002, 1003}


@on_loop
async def test_what_is_no_syncline_is_left_out() -> None:
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

    good, bad = a_name(), a_name()
    zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"])
    here = [socket.inet_aton("127.0.0.1")]
    wrong = [{}, {"v": "x", "c": mark(FINGERPRINT)}, {"v": "1", "c": "../x"}, {"v": "1" * 200, "c": "\x1b[2J"}]
    infos = [
        AsyncServiceInfo(
            SERVICE, f"{bad} {n}.{SERVICE}", port=99, addresses=here, properties=said, server=f"bad-{n}.local."
        )
        for n, said in enumerate(wrong)
    ]
    try:
        async with Discovery(here=True) as discovery:
            tellings = await asyncio.gather(*(zeroconf.async_register_service(info) for info in infos))
            await asyncio.gather(*tellings)
            async with Announcement(good, ["127.0.0.1"], 8787, FINGERPRINT, ["not a hash"]):
                await until(lambda: bool(named(discovery, good)), "the good one is found")
                assert named(discovery, good)[0].offers == ()
                assert named(discovery, bad) == []
    finally:
        await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A socket that hears all multicast of DNS-SD on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hearing:
        hearing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(AttributeError, OSError):
            hearing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        hearing.bind(("", 5353))
        group = struct.pack("4s4s", socket.inet_aton("224.0.0.251"), socket.inet_aton("127.0.0.1"))
        hearing.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        hearing.setblocking(False)
        yield hearing


@pytest.mark.parametrize("moment", range(12))
@pytest.mark.parametrize("what", ["announcing", "looking"])
def test_nothing_stays_open_whenever_it_is_cancelled(what: str, moment: int, recwarn: pytest.WarningsRecorder) -> None:
    """Closing takes a while; whoever closes may be cancelled in the middle of that."""

    async def short() -> None:
        announcement = Announcement("a machine", ["127.0.0.1"], 8787, FINGERPRINT, [offer([ITEM])])
        async with announcement if what == "announcing" else Discovery(here=True):
            await asyncio.sleep(0)

    async def cancelled() -> None:
        task = asyncio.create_task(short())
        if what == "looking":
            await until(lambda: "zeroconf.asyncio" in sys.modules, "it is loaded")
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancelled())
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


@on_loop
async def test_nothing_is_told_by_name() -> None:
    """Every byte that leaves is looked at: no table, column or fingerprint is in it."""
    name, heard = a_name(), bytearray()
    with listening() as hearing:

        def announced() -> bool:
            with contextlib.suppress(BlockingIOError):
                while True:
                    heard.extend(hearing.recv(65_536))
            return offer([ITEM]).encode() in heard and name.encode() in heard  # others announce the same tables

        async with Announcement(name, ["127.0.0.1"], 8787, FINGERPRINT, [offer([ITEM])]):
            await until(announced, "it was announced")
        announced()
    for secret in (b"secret_column", b"item", FINGERPRINT.encode()):
        assert secret not in heard


def test_offers_are_alike_for_tables_that_fit() -> None:
    other_order = Shape("item", ("id",), ("secret_column", "name"))
    assert offer([ITEM]) == offer([other_order])
    assert offer([ITEM]) != offer([Shape("item", ("id",), ("name",))])
    assert offer([ITEM]) != offer([Shape("item", ("id", "name"), ("secret_column",))])
