"""A new site id for a file that was copied or restored: nothing is lost, and nothing is hidden from anybody."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.errors import FileReplaced, ReadOnlyFile
from engine.replica import Replica
from engine.tables import Known, Place, Received
from tests import budget
from tests.engine.crr.conftest import MakeReplica
from tests.engine.crr.test_hostile import dump

PEER = bytes(range(16))
WRITES = (
    "INSERT OR REPLACE INTO foo VALUES (?1, ?2, ?2)",
    "UPDATE foo SET b = ?2 WHERE a = ?1",
    "DELETE FROM foo WHERE a = ?1 AND ?2",
)


def copy(replica: Replica, path: Path) -> Replica:
    """A second file with the same id."""
    assert replica.connection.execute("PRAGMA journal_mode").get == "delete"
    replica.close()
    shutil.copy(replica.path, path)
    return Replica.open(path)


def pull(source: Replica, target: Replica) -> None:
    """As every dialect does: what is above the target's clock, without what it has written itself."""
    found = source.changes(target.received_clock(source.site_id), exclude_site=target.site_id)
    received = Received(source.site_id, found.until, since=target.received_clock(source.site_id))
    target.merge(found.changes, received=received)


def same(*replicas: Replica) -> bool:
    return len({replica.digests() for replica in replicas}) == 1


def test_the_rows_and_their_history_stay(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 2, 3), (2, 2, 2); DELETE FROM foo WHERE a = 2")
    before, changes, old, digests = dump(replica.path), replica.changes(), replica.site_id, replica.digests()
    new = replica.new_site_id()
    assert replica.site_id == new == db.execute("SELECT crsql_site_id()").get != old
    assert (len(new), new[6] >> 4, new[8] >> 6) == (16, 4, 2)
    assert [rows for rows in dump(replica.path) if rows[0] != "crsql_site_id"] == [
        rows for rows in before if rows[0] != "crsql_site_id"
    ]
    assert replica.changes().changes == [change._replace(site_id=new) for change in changes.changes]
    assert (replica.digests(), replica.db_version()) == (digests, changes.until)
    replica.close()
    with Replica.open(replica.path) as again:
        assert again.site_id == new


def test_it_meets_its_peers_for_the_first_time(make: MakeReplica) -> None:
    replica = make()
    replica.merge([], received=Received(PEER, 7, tables=("foo",)))
    replica.merge([], place=Place(PEER, 7, 9, b"token"))
    replica.record_sent(PEER, 3)
    replica.renew_lineage(PEER, None)
    replica.keep_lineage(PEER, bytes(16))
    replica.connection.execute("INSERT INTO foo VALUES (1, 2, 3)")
    replica.new_site_id()
    assert replica.known(PEER) == Known(bases=replica.known(PEER).bases)
    assert replica.tracked_peers() == []


def test_other_connections_notice(make: MakeReplica) -> None:
    replica = make()
    with Replica.open(replica.path) as other:
        other.new_site_id()
    with pytest.raises(FileReplaced):
        replica.merge([])
    with Replica.open(replica.path, readonly=True) as reader, pytest.raises(ReadOnlyFile):
        reader.new_site_id()


def test_both_copies_are_given_what_the_other_wrote(make: MakeReplica, tmp_path: Path) -> None:
    original = make()
    original.connection.execute("INSERT INTO foo VALUES (1, 0, 0)")
    with copy(original, tmp_path / "copy.db") as second, Replica.open(original.path) as first:
        first.connection.execute("UPDATE foo SET b = 'first'; INSERT INTO foo VALUES (2, 2, 2)")
        second.connection.execute("UPDATE foo SET c = 'second'; INSERT INTO foo VALUES (3, 3, 3)")
        second.new_site_id()
        pull(second, first)
        pull(first, second)
        assert same(first, second)
        assert first.connection.execute("SELECT * FROM foo").fetchall() == [
            (1, "first", "second"), (2, 2, 2), (3, 3, 3),
        ]  # fmt: skip


def test_a_restored_file_gets_back_what_it_had_sent(make: MakeReplica, tmp_path: Path) -> None:
    original, hub = make("original"), make("hub")
    original.connection.execute("INSERT INTO foo VALUES (1, 0, 0)")
    backup = copy(original, tmp_path / "backup.db")
    with Replica.open(original.path) as latest:
        latest.connection.execute("INSERT INTO foo VALUES (2, 'sent', 'after the backup')")
        pull(latest, hub)
    with backup:
        backup.new_site_id()
        pull(hub, backup)
        pull(backup, hub)
        assert same(hub, backup)
        assert backup.connection.execute("SELECT count(*) FROM foo").get == 2


def test_copies_that_write_and_sync_at_random(make: MakeReplica, tmp_path: Path) -> None:
    """Two files of one id and a hub; each of them may have sent to it before the ids are told apart."""
    for case in budget.cases("new site ids", seconds=2):
        choose = case.random
        original, hub = make(f"original{case.seed}"), make(f"hub{case.seed}")
        original.connection.execute("INSERT INTO foo VALUES (0, 0, 0), (1, 0, 0)")
        second = copy(original, tmp_path / f"copy{case.seed}.db")
        first = Replica.open(original.path)
        sent = False
        for step in range(choose.randint(1, 12)):
            replica = choose.choice([first, second, hub])
            replica.connection.execute(choose.choice(WRITES), (choose.randrange(5), step))
            if replica is not hub and choose.random() < 0.4:
                pull(replica, hub)
                sent = True
        second.new_site_id()
        if sent:  # the hub may hold what the second has written in the name of the first
            first.new_site_id()
        for _ in range(2):
            for replica in (first, second):
                pull(replica, hub)
                pull(hub, replica)
        assert same(first, second, hub), case.seed
        first.close()
        second.close()


def test_its_old_name_is_another_author_now(make: MakeReplica) -> None:
    replica, peer = make("one"), make("two")
    replica.connection.execute("INSERT INTO foo VALUES (1, 2, 3)")
    old = replica.site_id
    pull(replica, peer)
    replica.new_site_id()
    peer.connection.execute("UPDATE foo SET c = 4")
    pull(peer, replica)
    assert replica.connection.execute("SELECT c FROM foo").get == 4
    pull(replica, peer)
    assert {change.site_id for change in peer.changes().changes} == {old, peer.site_id}, "equal values changed nothing"
