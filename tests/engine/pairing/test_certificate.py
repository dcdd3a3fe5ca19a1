"""The certificate of a machine, and links that know their peer again by it."""

from __future__ import annotations

import asyncio
import contextlib
import stat
import threading
from pathlib import Path

import pytest

from engine.api import Engine
from engine.errors import CertificateChanged, PeerRefused, PeerUnreachable, SynclineError, UsageError
from engine.events import AttentionNeeded
from engine.hub import HubOptions
from engine.pairing.certificate import FILE, own_certificate
from engine.peer_state import State
from engine.settings import PeerConfig, Settings, SettingsFile
from engine.transport.connect import dial
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write
from tests.ports import free_port
from tests.streams import stream_server


def test_it_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = own_certificate(folder)
    assert own_certificate(folder) == first
    assert len(first.fingerprint) == 64
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [FILE]
    assert own_certificate(tmp_path / "elsewhere").fingerprint != first.fingerprint


def test_two_programs_that_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(own_certificate(tmp_path).fingerprint)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


@pytest.mark.parametrize("damage", [b"", b"\xff", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"])
def test_a_damaged_one_is_named_and_left_as_it_is(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage)
    with pytest.raises(SynclineError, match="damaged") as error:
        own_certificate(tmp_path)
    assert FILE in str(error.value)
    assert (tmp_path / FILE).read_bytes() == damage


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SynclineError, match="could not be read or created"):
        own_certificate(tmp_path / "file" / "data")


@on_loop
async def test_a_pinned_peer_needs_no_authority(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room")
    ours = make_file(tmp_path / "ours.db")
    write(ours, "INSERT INTO item (id, name) VALUES (1, 'ours')")
    certificate = own_certificate(tmp_path / "there")
    async with plain_engine() as there, plain_engine() as here:
        hub = await there.serving.start(room.parent, options=HubOptions(tls=certificate.tls))
        assert hub.url.startswith("wss://")
        with pytest.raises(PeerRefused, match="self-signed and not trusted"):
            await dial(hub.url, "room")
        database = await here.databases.add(ours)
        peer = PeerConfig.new(database.id, hub.url, room="room", fingerprint=certificate.fingerprint)
        await here.peers.add(peer)
        await here.peers.wait_in_sync(timeout=PATIENCE)
        assert rows(room) == rows(ours)


@on_loop
async def test_another_certificate_is_told_nothing(tmp_path: Path) -> None:
    """The one in between hears no byte of the greeting, which holds the token; of one that trusts it, all."""
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            heard.append(await reader.read(65_536))

    between = own_certificate(tmp_path / "between")
    paired = own_certificate(tmp_path / "paired").fingerprint
    async with stream_server(listen, tls=between.tls.context()) as server:
        url = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/sync"
        with pytest.raises(CertificateChanged, match="another certificate"):
            await dial(url, "room", token="secret", fingerprint=paired)
        with pytest.raises((PeerUnreachable, PeerRefused)):
            await dial(url, "room", token="secret", fingerprint=between.fingerprint)
    assert len([said for said in heard if said]) == 1


@on_loop
async def test_a_changed_certificate_is_told_and_looked_at_again(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room")
    ours = make_file(tmp_path / "ours.db")
    first, second = own_certificate(tmp_path / "first"), own_certificate(tmp_path / "second")
    async with plain_engine() as there, plain_engine() as here:
        port = free_port()
        hub = await there.serving.start(room.parent, port=port, options=HubOptions(tls=second.tls))
        database = await here.databases.add(ours)
        asked: list[AttentionNeeded] = []
        with here.subscribe() as events:
            peer = PeerConfig.new(database.id, hub.url, room="room", fingerprint=first.fingerprint)
            await here.peers.add(peer)
            async for event in events:
                if isinstance(event, AttentionNeeded):
                    asked.append(event)
                    break
        assert "another certificate" in asked[0].sentence
        assert "pair again" in asked[0].hint
        await until(lambda: here.peers.statuses()[0].state is State.NEEDS_YOU, "a person is needed")
        assert here.peers.statuses()[0].next_attempt is not None
        await there.serving.start(room.parent, port=port, options=HubOptions(tls=first.tls))
        await here.peers.wait_in_sync(timeout=PATIENCE)


def test_the_fingerprint_is_remembered_and_checked(tmp_path: Path) -> None:
    store = SettingsFile(tmp_path / "settings.toml")
    fingerprint = own_certificate(tmp_path).fingerprint

    async def add() -> None:
        async with Engine(Settings(), store=store) as engine:
            database = await engine.databases.add(make_file(tmp_path / "a.db"))
            peer = PeerConfig.new(database.id, "wss://127.0.0.1:9/sync", room="room", fingerprint=fingerprint)
            await engine.peers.add(peer)

    asyncio.run(add())
    assert store.load().peers[0].fingerprint == fingerprint
    with pytest.raises(UsageError, match="64 hex digits"):
        PeerConfig.new("d", "wss://127.0.0.1:9/sync", room="room", fingerprint="12")
    with pytest.raises(UsageError, match="wss://"):
        PeerConfig.new("d", "ws://127.0.0.1:9/sync", room="room", fingerprint=fingerprint)
