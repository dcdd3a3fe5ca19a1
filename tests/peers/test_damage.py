"""Files that the published cr-sqlite itself has hurt: found, named and mended, so that peers agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.replica import Replica
from engine.tables import Damage
from tests.peers.oracle import CommandFailed, Oracle, OracleDb

FOO = "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c CHECK (c IS NOT 'bad'))"
AS_CRR = "SELECT crsql_as_crr('foo')"


def altered_before_any_write(db: OracleDb, _: OracleDb) -> None:
    """What an alter adds is stamped with the version before it, which is 0 in a new file."""
    db.exec(FOO)
    db.exec(AS_CRR)
    db.exec("SELECT crsql_begin_alter('foo')")
    db.exec("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2)")
    db.exec("SELECT crsql_commit_alter('foo')")


def stuck(db: OracleDb, peer: OracleDb) -> None:
    """After a merge that failed, nothing is recorded any more."""
    synced(db, peer)
    peer.exec("PRAGMA ignore_check_constraints = ON")
    peer.exec("UPDATE foo SET c = 'bad' WHERE a = 1")
    with pytest.raises(CommandFailed):
        db.apply(peer.changes(peer.exec("SELECT max(db_version) - 1 FROM crsql_changes")[0][0]))
    peer.exec("UPDATE foo SET c = 1 WHERE a = 1")
    db.exec("INSERT INTO foo VALUES (4, 4, 4)")
    db.exec("UPDATE foo SET b = 99 WHERE a = 2")
    db.exec("DELETE FROM foo WHERE a = 3")


def made_again(db: OracleDb, peer: OracleDb) -> None:
    """Its records are taken for those of the new table, and what that holds reaches nobody."""
    synced(db, peer)
    db.exec(f"DROP TABLE foo; {FOO}; INSERT INTO foo VALUES (1, 99, 1), (4, 4, 4)")


def alter_not_ended(db: OracleDb, peer: OracleDb) -> None:
    synced(db, peer)
    db.exec("BEGIN")
    db.exec("SELECT crsql_begin_alter('foo')")
    db.exec("COMMIT")
    db.exec("UPDATE foo SET b = 99 WHERE a = 1")
    db.exec("INSERT INTO foo VALUES (4, 4, 4)")


def synced(db: OracleDb, peer: OracleDb) -> None:
    for each in (db, peer):
        each.exec(FOO)
        each.exec(AS_CRR)
    db.exec("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)")
    peer.apply(db.changes())


WAYS = {
    altered_before_any_write: {Damage.NEVER_SENT},
    stuck: {Damage.UNRECORDED_ROWS, Damage.LOST_ROWS},
    made_again: {Damage.TRIGGERS, Damage.UNRECORDED_ROWS, Damage.LOST_ROWS},
    alter_not_ended: {Damage.TRIGGERS, Damage.UNRECORDED_ROWS},
}


@pytest.mark.parametrize("hurt", WAYS, ids=lambda way: way.__name__)
def test_hurt_and_mended(oracle: Oracle, tmp_path: Path, hurt: object) -> None:
    db, peer = oracle.open(), oracle.open()
    hurt(db, peer)  # type: ignore[operator]
    before = db.exec("SELECT * FROM foo ORDER BY a")
    path = tmp_path / "hurt.db"
    path.write_bytes(db.export())
    with Replica.open(path) as ours:
        assert {finding.damage for finding in ours.check()} == WAYS[hurt] | {Damage.STRICT}  # type: ignore[index]
        version = ours.db_version()
        ours.repair()
        assert ours.check() == []
        assert [key + values for key, values in ours.live_rows("foo")] == before, "a person's rows are as they were"
        changes = list(ours.changes(version).changes)
    if not peer.exec("SELECT 1 FROM sqlite_master WHERE name = 'foo'"):
        peer.exec(FOO)
        peer.exec(AS_CRR)
    mended = oracle.load(path.read_bytes())
    peer.apply(changes)
    mended.apply(peer.changes())
    peer.apply(mended.changes())
    assert mended.exec("SELECT * FROM foo ORDER BY a") == peer.exec("SELECT * FROM foo ORDER BY a")
    assert {row[:2] for row in before} <= {row[:2] for row in peer.exec("SELECT * FROM foo")}
    for each in (db, peer, mended):
        each.close()
