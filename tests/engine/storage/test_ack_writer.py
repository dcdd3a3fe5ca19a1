"""Confirmed clocks on their way to the file: gathered, known at once, the last word of each peer, never another's."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.replica import Replica
from engine.session import LookUp
from engine.storage import ack_writer
from engine.storage.ack_writer import AckWriter
from engine.storage.replica_host import ReplicaHost
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write, writing
from tests.faults.proxy import Proxy

PEERS = [bytes([n]) * 16 for n in range(1, 101)]
P = PEERS[0]


def recorded(path: Path) -> dict[bytes, int]:
    with Replica.open(path, readonly=True) as replica:
        return {peer.site_id: peer.sent for peer in replica.tracked_peers() if peer.sent is not None}


async def known(host: ReplicaHost, site_id: bytes = P) -> int | None:
    """What a session that begins now is told, in either dialect."""
    sent = (await host.known(LookUp(site_id), host.generation)).sent
    assert (await host.snapshot()).sent.get(site_id) == sent
    return sent


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written by itself while the test lasts."""
    monkeypatch.setattr(ack_writer, "DELAY", 3600.0)


@on_loop
async def test_those_of_many_peers_are_written_at_once(tmp_path: Path) -> None:
    path = make_file(tmp_path / "room")
    with Replica.open(path) as replica:
        written: list[int] = []

        async def record(clocks: Mapping[bytes, int], _: int) -> None:
            written.append(len(clocks))
            replica.record_all_sent(clocks)

        clocks = AckWriter(record)
        for version in (5, 7, 3):
            for peer in PEERS:
                clocks.note(peer, version, 1)
        await clocks.flush()
        assert written == [100]
        assert not clocks.waiting(1)
    assert recorded(path) == dict.fromkeys(PEERS, 3)  # a peer that holds less than before says so, too


@on_loop
async def test_they_are_written_after_a_while_and_when_the_file_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ack_writer, "DELAY", 0.05)
    path = make_file(tmp_path / "room")
    async with ReplicaHost(path) as host:
        host.sent_clocks.note(P, 1, host.generation)
        await until(lambda: recorded(path) == {P: 1}, "written by itself")
        host.sent_clocks.note(P, 2, host.generation)
    assert recorded(path) == {P: 2}


@pytest.mark.usefixtures("by_hand")
@on_loop
async def test_they_are_known_before_they_are_written(tmp_path: Path) -> None:
    path = make_file(tmp_path / "room")
    async with ReplicaHost(path) as host:
        for version in (4, 9, 2):
            host.sent_clocks.note(P, version, host.generation)
            assert await known(host) == version
        assert await known(host, PEERS[1]) is None
        assert recorded(path) == {}
        await host.sent_clocks.flush()
        assert (recorded(path), await known(host)) == ({P: 2}, 2)


@on_loop
async def test_one_that_comes_while_others_are_written_is_kept(tmp_path: Path) -> None:
    with Replica.open(make_file(tmp_path / "room")) as replica:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def record(clocks: Mapping[bytes, int], _: int) -> None:
            begun.set()
            await go_on.wait()
            replica.record_all_sent(clocks)

        clocks = AckWriter(record)
        clocks.note(P, 1, 1)
        clocks.note(PEERS[1], 1, 1)
        flushing = asyncio.create_task(clocks.flush())
        await begun.wait()
        clocks.note(P, 2, 1)
        assert clocks.waiting(1) == {P: 2, PEERS[1]: 1}
        go_on.set()
        await flushing
        assert (clocks.waiting(1), recorded(tmp_path / "room")) == ({}, {P: 2, PEERS[1]: 1})


@on_loop
async def test_those_that_cannot_be_written_now_are_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.crr.connection.BUSY_MS", 50)
    monkeypatch.setattr(ack_writer, "TRY_AGAIN", 0.05)
    path = make_file(tmp_path / "room")
    async with ReplicaHost(path) as host:
        await known(host)  # marks the tables
        with writing(path) as other:
            other.execute("BEGIN IMMEDIATE")
            host.sent_clocks.note(P, 1, host.generation)
            await host.sent_clocks.flush()
            assert (recorded(path), await known(host)) == ({}, 1)
            other.execute("ROLLBACK")
        await until(lambda: recorded(path) == {P: 1}, "written after all")


@on_loop
async def test_what_can_never_be_written_stops_nothing(tmp_path: Path) -> None:
    path = make_file(tmp_path / "room")
    async with ReplicaHost(path) as host:
        host.sent_clocks.note(b"no site id", 1, host.generation)
        await host.sent_clocks.flush()
        host.sent_clocks.note(P, 2, host.generation)
    assert recorded(path) == {P: 2}


@pytest.mark.parametrize("in_place", [True, False], ids=["set back", "replaced"])
@pytest.mark.usefixtures("by_hand")
@on_loop
async def test_another_file_is_told_nothing(tmp_path: Path, *, in_place: bool) -> None:
    """What was confirmed of a file counts for no other: not for the backup that takes its place, either."""
    path, backup = make_file(tmp_path / "a.db"), tmp_path / "backup.db"
    shutil.copyfile(path, backup)
    write(path, "INSERT INTO item (id) VALUES (1)")
    async with ReplicaHost(path) as host:
        before = host.generation
        host.sent_clocks.note(P, 1, before)
        if in_place:
            with writing(path) as into, writing(backup) as source, into.backup("main", source, "main") as copying:
                copying.step()
        else:
            os.replace(backup, path)
            await host.refresh()
        await host.sent_clocks.flush()
        assert host.generation > before
        assert await known(host) is None
        host.sent_clocks.note(P, 1, before)  # by a session that has not heard of it yet
        assert await known(host) is None
        host.sent_clocks.note(PEERS[1], 0, host.generation)
        host.sent_clocks.note(P, 1, before)
        assert await known(host) is None
    assert recorded(path) == {PEERS[1]: 0}


@pytest.mark.usefixtures("by_hand")
@on_loop
async def test_a_second_connection_of_a_peer_is_sent_nothing_again(tmp_path: Path) -> None:
    """The first one still stands, for all that the hub knows, when the peer comes back by another way."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    with writing(room) as connection, connection:
        connection.executemany("INSERT INTO item VALUES (?, ?, 0, NULL)", ((n, f"name {n}") for n in range(5_000)))
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        async with Proxy(hub.port) as one_way, Proxy(hub.port) as other_way, plain_engine() as client:
            await add_peer(client, a, one_way.url)
            await client.peers.wait_in_sync(timeout=PATIENCE)
            await until(lambda: all(guest.driver.session.in_sync for guest in hub.inside), "confirmed")
            one_way.up.freeze()
            one_way.down.freeze()
            assert recorded(room) == {}
            async with plain_engine() as again:
                await add_peer(again, a, other_way.url)
                await again.peers.wait_in_sync(timeout=PATIENCE)
                await until(lambda: all(guest.driver.session.in_sync for guest in hub.inside), "confirmed")
                assert hub.guests.total() == 2
        assert other_way.up.moved + other_way.down.moved < 2_000
    assert rows(a) == rows(room)
