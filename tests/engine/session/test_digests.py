"""Digests: what makes two replicas identical, what only their history tells apart, and what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import PeerUnreachable
from engine.replica import Replica
from engine.session import SynclineSession, Verdict
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, write

from .world import Wire, own_pair


def verdict(wire: Wire) -> Verdict:
    """What both sides say of the table."""
    found = []
    for end in wire.ends:
        assert isinstance(end.session, SynclineSession)
        end.session.verify()
        end._collect()
    wire.run()
    for end in wire.ends:
        assert isinstance(end.session, SynclineSession)
        assert end.session.check.verdicts is not None
        found.append(end.session.check.verdicts["item"])
    assert found[0] is found[1]
    return found[0]


def untracked(replica: Replica, sql: str) -> None:
    """A write that no trigger records: damage."""
    replica._state.sync_bit = 1
    replica.connection.execute(sql)
    replica._state.sync_bit = 0


def test_converged_replicas_are_identical(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    one.connection.execute("INSERT INTO item VALUES (1, 'a', 1, -0.0), (2, 'b', NULL, x'00'), (3, 'gone', 1, 1)")
    other.connection.execute("INSERT INTO item VALUES (4, 'é', 9007199254740993, '1')")
    own_pair(one, other).run()
    one.connection.execute("DELETE FROM item WHERE id = 3")
    wire = own_pair(one, other)
    wire.run()
    assert verdict(wire) is Verdict.IDENTICAL


def test_zero_has_no_sign_and_values_have_types(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    for replica, value in ((one, "-0.0"), (other, "0.0")):
        untracked(replica, f"INSERT INTO item (id, extra) VALUES (1, {value})")
    wire = own_pair(one, other)
    wire.run()
    assert verdict(wire) is Verdict.IDENTICAL
    untracked(one, "UPDATE item SET extra = 0")
    assert verdict(wire) is Verdict.DIFFERENT
    untracked(one, "UPDATE item SET extra = 0.0")
    untracked(one, "UPDATE item SET name = 'x'")
    assert verdict(wire) is Verdict.DIFFERENT


def test_a_tombstone_on_one_side_is_history(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'a')")
    own_pair(one, other).run()
    wire = own_pair(one, other)
    wire.run()
    one.connection.execute("INSERT INTO item (id) VALUES (2)")
    one.connection.execute("DELETE FROM item WHERE id = 2")  # not told to the session
    assert verdict(wire) is Verdict.HISTORY
    wire.ends[0].local()
    wire.run()
    assert verdict(wire) is Verdict.IDENTICAL


@on_loop
async def test_verify_over_sockets(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id) VALUES (1)")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        peer = await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert (await client.checks.verify(peer, timeout=PATIENCE)).summary == "identical: 1 table, 1 row"
        write(a, "INSERT INTO item (id) VALUES (2)")
        assert (await client.checks.verify(peer, timeout=PATIENCE)).verdicts == {"item": Verdict.IDENTICAL}
        await client.change_settings(auto_sync=False)
        with pytest.raises(PeerUnreachable):
            await client.checks.verify(peer, timeout=PATIENCE)
