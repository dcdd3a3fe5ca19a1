"""Confirmed clocks on their way to the file: gathered, the last word of each peer, and lost only with the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine import sent_clocks
from engine.crr import Replica
from engine.host import Host
from engine.sent_clocks import SentClocks
from tests.engine.live import make_file, on_loop, until

PEERS = [bytes([n]) * 16 for n in range(1, 101)]


def recorded(path: Path) -> dict[bytes, int | None]:
    with Replica.open(path, readonly=True) as replica:
        return {peer.site_id: peer.sent for peer in replica.tracked_peers()}


@on_loop
async def test_those_of_many_peers_are_written_at_once(tmp_path: Path) -> None:
    path = make_file(tmp_path / "room")
    with Replica.open(path) as replica:
        replica.connection.execute("INSERT INTO item (id) VALUES (1)").fetchall()
        written: list[int] = []

        async def write(clocks: Mapping[bytes, int]) -> None:
            written.append(len(clocks))
            replica.record_all_sent(clocks)

        clocks = SentClocks(write)
        for version in (5, 7, 3):
            for peer in PEERS:
                clocks.note(peer, version)
        await clocks.flush()
        assert written == [100]
        clocks.note(PEERS[0], 9)
        clocks.forget()
        await clocks.flush()
    assert recorded(path) == dict.fromkeys(PEERS, 3)  # a peer that holds less than before says so, too


@on_loop
async def test_they_are_written_after_a_while_and_when_the_file_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_clocks, "DELAY", 0.05)
    path = make_file(tmp_path / "room")
    async with Host(path) as host:
        host.sent_clocks.note(PEERS[0], 1)
        await until(lambda: recorded(path) == {PEERS[0]: 1}, "written by itself")
        host.sent_clocks.note(PEERS[0], 2)
    assert recorded(path) == {PEERS[0]: 2}


@on_loop
async def test_losing_some_costs_nothing(tmp_path: Path) -> None:
    path = make_file(tmp_path / "room")
    async with Host(path) as host:
        host.sent_clocks.note(b"no site id", 1)
        await host.sent_clocks.flush()
        host.sent_clocks.note(PEERS[0], 2)
    assert recorded(path) == {PEERS[0]: 2}
