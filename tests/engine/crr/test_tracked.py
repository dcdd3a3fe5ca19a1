"""The clocks of peers, and where the sent ones live."""

from __future__ import annotations

import apsw
import pytest

from engine.errors import UsageError
from engine.tables import Received, TrackedPeer
from tests.engine.crr.conftest import MakeReplica

P, Q = bytes(15) + b"p", bytes(15) + b"q"


def events(db: apsw.Connection) -> list[tuple[object, ...]]:
    return db.execute("SELECT site_id, version, seq, tag, event FROM crsql_tracked_peers ORDER BY event").fetchall()


def test_sent_clocks_wait_in_our_own_table(make: MakeReplica) -> None:
    replica = make()
    replica.record_sent(P, 7)
    assert (events(replica.connection), replica.sent_clock(P), replica.received_clock(P)) == ([], 7, 0)
    replica.merge([], received=Received(P, 3))
    replica.record_sent(P, 5)
    assert events(replica.connection) == [(P, 3, 0, 0, 0), (P, 5, 0, 0, 1)]
    assert replica.tracked_peers() == [TrackedPeer(P, 3, 5)]
    assert replica.announcements() == [(P, 3)]


def test_a_schema_name_keeps_them_out_of_the_shared_table(make: MakeReplica) -> None:
    replica = make()
    replica.merge([], received=Received(P, 3))
    replica.record_sent(P, 5)
    assert replica.schema_identity() == (None, -1)
    replica.connection.execute("INSERT INTO crsql_master VALUES ('schema_name', 'x.sql'), ('schema_version', -5)")
    assert replica.schema_identity() == ("x.sql", -5)
    replica.record_sent(P, 6)
    assert events(replica.connection) == [(P, 3, 0, 0, 0)]
    assert replica.tracked_peers() == [TrackedPeer(P, 3, 6)]


def test_several_peers(make: MakeReplica) -> None:
    replica = make()
    replica.record_sent(Q, 1)
    replica.merge([], received=Received(P, 2))
    assert replica.tracked_peers() == [TrackedPeer(P, 2, None), TrackedPeer(Q, None, 1)]
    assert (replica.sent_clock(P), replica.received_clock(Q)) == (0, 0)


@pytest.mark.parametrize(("site", "version"), [(b"short", 1), (P, -1), (P, 2**62)])
def test_nonsense(make: MakeReplica, site: bytes, version: int) -> None:
    with pytest.raises(UsageError):
        make().record_sent(site, version)
