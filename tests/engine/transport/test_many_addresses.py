"""A name with several addresses, the first of which swallow what is sent to them: the others are tried side by side.

Only what the resolver says is made up; the dead addresses are real ones, on which nothing is accepted any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.api import Engine
from engine.errors import CertificateChanged, PeerUnreachable
from engine.hub import HubOptions, Tls
from engine.pairing.reachability import answering, where_it_is
from engine.settings import PeerConfig, Settings
from engine.transport import connect as dialling
from engine.transport.connect import dial
from tests.engine.hub.test_serve import certificate
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, stranger_server, write

GOOD = "127.0.0.1"
DEAD = ("127.0.0.2", "127.0.0.3")
REFUSES = ("127.0.0.4", "127.0.0.5")

Resolver = Callable[..., None]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """Makes a name mean these addresses, in this order."""
    real = socket.getaddrinfo

    def knows(name: str, *addresses: str) -> None:
        def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
            if host != name:
                return real(host, port, *args, **kwargs)
            return [found for address in addresses for found in real(address, port, *args, **kwargs)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return knows


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a dead address does not get there; a machine that is busy does."""
    monkeypatch.setattr(dialling, "OPEN_TIMEOUT", 2 * PATIENCE)


@contextlib.contextmanager
def dead(port: int) -> Iterator[None]:
    """Listen at ``DEAD`` with a queue that is full: connections are neither taken nor refused."""
    with contextlib.ExitStack() as stack:
        for address in DEAD:
            listening = stack.enter_context(socket.socket())
            listening.bind((address, port))
            listening.listen(0)
            for _ in range(2):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    waiting.connect((address, port))
            last = stack.enter_context(socket.socket())
            last.settimeout(0.5)
            with pytest.raises(TimeoutError):
                last.connect((address, port))
        yield


async def syncs_past_dead_addresses(folder: Path, resolver: Resolver) -> None:
    """A hub whose name has dead addresses first."""
    room = make_file(folder / "rooms/room")
    write(room, "INSERT INTO item (id, name) VALUES (1, 'hub')")
    async with plain_engine() as server, plain_engine() as engine:
        hub = await server.serving.start(room.parent)
        resolver("hub.test", *DEAD, GOOD)
        with dead(hub.port):
            database = await engine.databases.add(make_file(folder / "a.db"))
            await engine.peers.add(PeerConfig.new(database.id, f"ws://hub.test:{hub.port}/sync", room="room"))
            await engine.peers.wait_in_sync(timeout=PATIENCE)
        assert rows(folder / "a.db") == rows(room)


@on_loop
async def test_a_hub(tmp_path: Path, resolver: Resolver) -> None:
    await syncs_past_dead_addresses(tmp_path, resolver)


@on_loop
async def test_over_tls(tmp_path: Path, resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    room = make_file(tmp_path / "rooms/room")
    crt, key = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(crt))
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(tls=Tls(crt, key)))
        resolver("localhost", *DEAD, GOOD)
        with dead(hub.port):
            dialled = await dial(f"wss://localhost:{hub.port}/sync", "room")
            assert dialled.own
            await dialled.socket.close()


@on_loop
async def test_a_paired_machine(tmp_path: Path, resolver: Resolver) -> None:
    theirs, ours = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db")
    write(theirs, "INSERT INTO item (id, name) VALUES (1, 'theirs')")
    async with (
        Engine(Settings(), data=tmp_path / "there") as there,
        Engine(Settings(), data=tmp_path / "here") as here,
    ):
        shared = await there.databases.add(theirs)
        await there.sharing.start([shared.id])
        link = there.sharing.invite(shared.id)
        resolver("laptop.test", *DEAD, GOOD)
        with dead(link.port):
            database = await here.databases.add(ours)
            await here.pairing.pair(replace(link, addresses=("laptop.test",)), database.id)
            await here.peers.wait_in_sync(timeout=PATIENCE)
            assert rows(ours) == rows(theirs)
            assert [url async for url in answering(["laptop.test"], link.port)]
            assert await where_it_is(["laptop.test"], link.port, link.fingerprint)
            url = f"wss://laptop.test:{link.port}/sync"
            with pytest.raises(CertificateChanged):
                await dial(url, link.room, fingerprint="00" * 32)


@on_loop
async def test_none_of_them_answers(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind((GOOD, 0))
        port = taken.getsockname()[1]
        url = f"ws://hub.test:{port}/sync"
        resolver("hub.test", *REFUSES)
        with pytest.raises(PeerUnreachable, match=rf"^hub\.test:{port}: connection refused\.$"):
            await dial(url, "room")
        resolver("hub.test", "255.255.255.255", *REFUSES)  # whatever the routes are, TCP reaches no broadcast
        with pytest.raises(PeerUnreachable) as told:
            await dial(url, "room")
        assert "Connection refused" in str(told.value)
        assert "Errno" not in str(told.value)
        assert "Multiple" not in str(told.value)
        monkeypatch.setattr(dialling, "OPEN_TIMEOUT", 2.0)
        resolver("hub.test", *DEAD)
        with dead(port), pytest.raises(PeerUnreachable, match=r"did not answer within 2 s\.$"):
            await dial(url, "room")


@on_loop
async def test_a_connection_that_is_given_up_as_it_is_made_is_closed() -> None:
    """At whatever moment. (Of several addresses of one name, asyncio may lose the one that was just connected.)"""
    async with stranger_server(lambda socket: socket.close()) as url:
        for turns in range(1, 10):
            dialling = asyncio.create_task(dial(url, "room"))
            for _ in range(turns):
                await asyncio.sleep(0)
            dialling.cancel()
            await asyncio.wait([dialling])
            del dialling
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                await asyncio.sleep(0)
                gc.collect()
            assert [str(one.message) for one in caught if "unclosed" in str(one.message)] == []
