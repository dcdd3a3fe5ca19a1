"""Rooms spread over four hubs by their paths, by nginx and by HAProxy, each set up with the block of docs/hub.md."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.errors import WrongServer
from engine.hub import Hub, HubOptions
from engine.peer_state import State
from engine.settings import PeerConfig
from engine.transport.connect import dial
from tests.engine.hub.web_servers import WebServer
from tests.engine.live import HASTY, PATIENCE, make_file, on_loop, plain_engine, rows, until, write
from tests.ports import free_ports

pytestmark = [pytest.mark.full, pytest.mark.slow]

KINDS = ["nginx spread", "haproxy spread"]

ROOMS = ["To do", "café", *(f"room-{number}" for number in range(38))]


class Hubs:
    """Four hubs, each with a folder of its own; any of them may end and come again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ports = free_ports(4)
        self.running: dict[int, Hub] = {}
        self._stacks = {port: contextlib.AsyncExitStack() for port in self.ports}

    async def __aenter__(self) -> Hubs:
        for port in self.ports:
            (self._folder / str(port)).mkdir(parents=True)
            await self.start(port)
        return self

    async def __aexit__(self, *_: object) -> None:
        for stack in self._stacks.values():
            await stack.aclose()

    async def start(self, port: int) -> None:
        engine = await self._stacks[port].enter_async_context(plain_engine())
        options = HubOptions(allow_create=True)
        self.running[port] = await engine.serving.start(self._folder / str(port), port=port, options=options)

    async def end(self, port: int) -> None:
        await self._stacks[port].aclose()
        del self.running[port]

    def file(self, room: str) -> Path:
        """A room's file; there is one."""
        [file] = [path for port in self.ports if (path := self._folder / str(port) / room).exists()]
        return file

    def port_of(self, room: str) -> int:
        return int(self.file(room).parent.name)

    def guests(self) -> dict[str, int]:
        """Each room's one guest, of the hubs that run: which connection it has."""
        return {guest.room: id(guest) for hub in self.running.values() for guest in hub.inside}


@contextlib.asynccontextmanager
async def spread(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[WebServer, Hubs]]:
    async with Hubs(folder / "hubs") as hubs:
        with WebServer(folder / "web", kind, *hubs.ports) as web:
            monkeypatch.setenv("SSL_CERT_FILE", str(web.authority))
            await web.listening()
            yield web, hubs


@pytest.mark.parametrize("kind", KINDS)
@on_loop
async def test_one_hub_ends_and_only_its_rooms_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    async with spread(tmp_path, kind, monkeypatch) as (web, hubs), plain_engine(HASTY) as clients:
        files = {room: make_file(tmp_path / "clients" / f"{room}.db") for room in ROOMS}
        for room, file in files.items():
            database = await clients.databases.add(file)
            await clients.peers.add(PeerConfig.new(database.id, f"{web.url}/", room=room))
        await clients.peers.wait_in_sync(timeout=PATIENCE)
        owners = {room: hubs.port_of(room) for room in ROOMS}
        assert len(set(owners.values())) >= 3, "they are spread"

        lost = max(hubs.ports, key=list(owners.values()).count)
        theirs = {room for room in ROOMS if owners[room] == lost}
        before = hubs.guests()
        await hubs.end(lost)
        for number, file in enumerate(files.values()):
            write(file, f"INSERT INTO item (id, name) VALUES ({number}, 'while one was away')")
        await until(
            lambda: all(
                len(rows(hubs.file(room))) == 1 for room in ROOMS if room not in theirs
            ), "the others go on",
        )  # fmt: skip

        sent_back: set[str] = set()

        def all_were() -> bool:
            """Whether each of its rooms has asked again, and heard from the web server that its hub is away."""
            for status in clients.peers.statuses():
                if status.state is State.WAITING and "cannot reach the hub behind it" in status.reason:
                    sent_back.add(status.room)
            return sent_back >= theirs

        await until(all_were, "its rooms wait for it")
        assert sent_back == theirs
        await hubs.start(lost)
        await clients.peers.wait_in_sync(timeout=PATIENCE)
        await until(lambda: all(rows(hubs.file(room)) == rows(files[room]) for room in ROOMS), "nothing is missing")
        assert {room: hubs.port_of(room) for room in ROOMS} == owners, "each has come back to where it was"
        after = hubs.guests()
        kept = [room for room in ROOMS if room not in theirs]
        assert {room: after[room] for room in kept} == {room: before[room] for room in kept}, "and nobody else noticed"


@pytest.mark.parametrize("kind", KINDS)
@on_loop
async def test_a_room_has_one_hub_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    async with spread(tmp_path, kind, monkeypatch) as (web, hubs), plain_engine() as client:
        rooms = ROOMS[:6]
        for room in rooms:
            database = await client.databases.add(make_file(tmp_path / f"{room}.db"))
            await client.peers.add(PeerConfig.new(database.id, f"{web.url}/", room=room))
        await client.peers.wait_in_sync(timeout=PATIENCE)
        for room in rooms:
            path = "".join(f"%{byte:02x}" for byte in room.encode())
            dialled = await dial(f"{web.url}/{path}", room)
            await dialled.socket.close()
            assert not dialled.new_room, room
            hubs.file(room)
        for address in (web.url, f"{web.url}/"):
            with pytest.raises(WrongServer, match=r"does not know the path /sync/? \(HTTP 404\)") as raised:
                await dial(address, "room")
            assert "usually /sync/ROOM" in raised.value.hint
