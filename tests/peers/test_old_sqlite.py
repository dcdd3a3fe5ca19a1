"""Programs with an old SQLite go on using a file that Syncline syncs, as long as they leave its synced tables alone."""

from __future__ import annotations

import json
from pathlib import Path

import apsw
import pytest

from engine.replica import Replica
from engine.tables import Damage, Finding, Place, Received
from tests.engine.programs import Command
from tests.peers.old import OldSqlite
from tests.peers.oracle import CommandFailed, Oracle

OWN = "CREATE TABLE own (x INTEGER PRIMARY KEY, t TEXT); INSERT INTO own VALUES (1, 'one')"
FOO = "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c TEXT DEFAULT 'x')"
KINDS = "i INTEGER, n INT DEFAULT 5, r REAL DEFAULT 1, t TEXT COLLATE NOCASE DEFAULT 'it''s', b BLOB, a ANY"
PEER = b"p" * 16
CLOCK = "foo__crsql_clock"


def used(old: OldSqlite, path: Path) -> None:
    """The old program reads all there is, writes what is not synced, and leaves the file as good as it was."""
    assert old.version() < (3, 24)
    names = [name for (name,) in old.exec(path, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    real = [name for name in names if not name.endswith("_schema")]  # a module of ours is behind those
    assert old.exec(path, " UNION ALL ".join(f'SELECT count(*) FROM "{name}"' for name in real))
    old.exec(
        path, "INSERT INTO own VALUES (2, 'two'); UPDATE own SET t = 'eins' WHERE x = 1; DELETE FROM own WHERE x = 2"
    )
    assert old.exec(path, "SELECT * FROM own") == [(1, "eins")]
    assert old.exec(path, "PRAGMA integrity_check") == [("ok",)]


def test_all_that_syncline_makes_in_a_file(old: OldSqlite, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Replica.open(path, create=True) as ours, Replica.open(tmp_path / "b.db", create=True) as other:
        db = ours.connection
        db.execute(
            f"{OWN}; CREATE TABLE gone (a INTEGER PRIMARY KEY NOT NULL);"
            "CREATE VIRTUAL TABLE cl_schema USING clset (a PRIMARY KEY NOT NULL, b);"
            f"CREATE TABLE ordinary (id TEXT PRIMARY KEY NOT NULL, {KINDS})"
        )
        ours.make_crr("gone")
        other.connection.execute(
            f"{FOO}; CREATE TABLE strict (id TEXT PRIMARY KEY NOT NULL, {KINDS}) STRICT, WITHOUT ROWID"
        )
        for table in ("foo", "strict"):
            other.make_crr(table)
        ours.add_missing(other.plans())  # as tables of cr-sqlite's: this file has no others yet
        ours.make_ordinary("ordinary")
        db.execute("SELECT crsql_as_table('gone'); SELECT crsql_fract_as_ordered('foo', 'b')").fetchall()
        with ours.altering("foo"):
            db.execute("ALTER TABLE foo ADD COLUMN d REAL DEFAULT 1.5")
        db.execute("INSERT INTO foo (a, b) VALUES (1, -1), (2, 1); DELETE FROM foo WHERE a = 1")
        ours.known(PEER)
        ours.merge(other.changes().changes, received=Received(PEER, 1, tables=("foo",)))
        ours.merge((), place=Place(PEER, 1, 9, b"token"))
        for site in (PEER, b"q" * 16):
            ours.record_sent(site, 1)
        ours.renew_lineage(PEER, None)
        ours.keep_lineage(PEER, b"t" * 16)
        ours.ask_again(b"q" * 16)
        ours.park("strict", "somebody said so")
        made = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    known = ("tables", "ranges", "sent", "lineage", "seen", "added", "parked", "marks", "datasets", "register")
    assert {CLOCK, "strict__crsql_clock", *(f"crsql_syncline_{name}" for name in known)} <= made
    used(old, path)
    with Replica.open(path) as ours:
        assert {finding.damage for finding in ours.check()} == {Damage.PARKED}
        assert not any("3.37" in caution for table in ours.tables() for caution in table.cautions)
        before = ours.db_version()
        ours.connection.execute("UPDATE foo SET b = 1 WHERE a = 2")
        later = [change for change in ours.changes().changes if change.db_version > before]
        assert [(change.table, change.cid) for change in later] == [("foo", "b")]


@pytest.fixture
def native(oracle: Oracle, tmp_path: Path) -> Path:
    """A file as the published cr-sqlite makes it, with a row, a deleted one and a peer's clock."""
    path = tmp_path / "native.db"
    db = oracle.open(path)
    db.exec(f"{OWN}; {FOO}; CREATE TABLE bar (k TEXT PRIMARY KEY NOT NULL)")
    for table in ("foo", "bar"):
        db.exec("SELECT crsql_as_crr(?)", (table,))
    db.exec(
        "INSERT INTO foo VALUES (1, 1, 'one'), (2, 2, 'two'); DELETE FROM foo WHERE a = 1; INSERT INTO bar VALUES ('k')"
    )
    db.exec("INSERT INTO crsql_tracked_peers VALUES (?, 7, 0, 0, 0)", (PEER,))
    db.exec(f"CREATE INDEX mine ON {CLOCK} (site_id); CREATE TRIGGER my AFTER DELETE ON {CLOCK} BEGIN SELECT 1; END")
    db.close()
    return path


def content(path: Path) -> list[object]:
    """All that a file holds, but for how its tables are declared."""
    db = apsw.Connection(str(path))
    try:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        objects = db.execute(
            "SELECT type, name, tbl_name, iif(type = 'table', '', sql) FROM sqlite_master ORDER BY 1, 2"
        )
        columns = [db.execute("SELECT * FROM pragma_table_xinfo(?)", (name,)).fetchall() for name in names]
        return [
            objects.fetchall(),
            columns,
            [sorted(db.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names],
        ]
    finally:
        db.close()


def test_a_file_of_cr_sqlite_is_opened_up(old: OldSqlite, oracle: Oracle, native: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="malformed"):
        old.exec(native, "SELECT * FROM own")
    with Replica.open(native):  # which notes its version
        before = content(native)
    syncline = Command(tmp_path / "home")
    told = {
        table["table"]: table["cautions"]
        for table in map(json.loads, syncline("tables", native, "--json").splitlines())
    }
    assert told["own"] == []
    assert all("before 3.37" in told[name][-1] for name in ("foo", "bar"))
    found = syncline.start("check", native)
    out, _ = found.communicate()
    assert found.returncode == 1
    assert "foo: 1 table for sync records is STRICT, so programs with SQLite before 3.37 cannot open the file." in out
    assert content(native) == before
    mended = syncline("check", "--repair", native)
    assert "crsql_tracked_peers: 1 table for sync records is STRICT" in mended
    assert Path(mended.strip().rpartition(": ")[2]).exists(), "a backup was made before"
    assert content(native) == before
    used(old, native)
    with Replica.open(native) as ours:
        assert ours.check() == []
        assert not any(table.cautions for table in ours.tables())
        ours.connection.execute("UPDATE foo SET b = 3 WHERE a = 2")
        assert ours.received_clock(PEER) == 7


def test_cr_sqlite_goes_on_with_a_file_that_was_opened_up(old: OldSqlite, oracle: Oracle, native: Path) -> None:
    """It reads, writes, merges and alters it, and a table that it makes syncable is the only STRICT one then."""
    with Replica.open(native) as ours:
        assert {finding.damage for finding in ours.repair()} == {Damage.STRICT}
    db, peer = oracle.open(native), oracle.open()
    assert db.exec("SELECT * FROM foo") == [(2, 2, "two")]
    db.exec("INSERT INTO foo VALUES (3, 3, 'three'); UPDATE foo SET c = 'zwei' WHERE a = 2")
    db.exec("SELECT crsql_begin_alter('foo'); ALTER TABLE foo ADD COLUMN d DEFAULT 4; SELECT crsql_commit_alter('foo')")
    db.exec("INSERT INTO foo VALUES (4, 4, 'four', 5)")
    peer.exec(
        "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c TEXT DEFAULT 'x', d DEFAULT 4);"
        "CREATE TABLE bar (k TEXT PRIMARY KEY NOT NULL)"
    )
    for table in ("foo", "bar"):
        peer.exec("SELECT crsql_as_crr(?)", (table,))
    peer.apply(db.changes())
    peer.exec("DELETE FROM foo WHERE a = 3; INSERT INTO bar VALUES ('l')")
    db.apply(peer.changes())
    rows = [db.exec(f"SELECT * FROM {table} ORDER BY 1") for table in ("foo", "bar")]
    assert rows == [peer.exec(f"SELECT * FROM {table} ORDER BY 1") for table in ("foo", "bar")]
    assert rows == [[(2, 2, "zwei", 4), (4, 4, "four", 5)], [("k",), ("l",)]]
    peer.close()
    db.exec("CREATE TABLE late (id TEXT PRIMARY KEY NOT NULL)")
    db.exec("SELECT crsql_as_crr('late')")
    db.close()
    with Replica.open(native) as ours:
        assert ours.check() == [Finding("late", Damage.STRICT, 1)]
        ours.repair()
    used(old, native)


def test_a_persons_own_strict_tables_stay(oracle: Oracle, native: Path, tmp_path: Path) -> None:
    """Whatever is done with them. Such a file takes a newer SQLite anyhow, so nothing is said of the sync records."""
    with oracle.open(native) as db:
        db.exec(
            "CREATE TABLE strict (id TEXT PRIMARY KEY NOT NULL, n INTEGER) STRICT; INSERT INTO strict VALUES ('a', 1)"
        )
    syncline = Command(tmp_path / "home")

    def is_strict() -> bool:
        with Replica.open(native, readonly=True) as ours:
            sql: str = ours.connection.execute("SELECT sql FROM sqlite_master WHERE name = 'strict'").get
        return sql.endswith("STRICT")

    for made in ("", "make-syncable", "altered", "repaired", "undone"):
        if made == "make-syncable":
            syncline("make-syncable", native, "strict", "--extension")
        elif made == "undone":
            syncline("make-syncable", native, "strict", "--undo")
        elif made:
            with Replica.open(native) as ours:
                if made == "altered":
                    with ours.altering("strict") as db:
                        db.execute("ALTER TABLE strict ADD COLUMN b BLOB")
                else:
                    ours.connection.execute("DROP TRIGGER strict__crsql_itrig")
                    ours.repair()
        assert is_strict(), made
        assert "STRICT" not in syncline("tables", native), made
        assert syncline("check", native) == f"{native} is intact.\n", made
    with oracle.open(native) as db:
        db.exec("DROP TABLE strict")
    with Replica.open(native) as ours:
        assert Damage.STRICT in {finding.damage for finding in ours.check()}, "now it would help"


def test_a_file_of_an_earlier_syncline_that_only_opened_it(old: OldSqlite, tmp_path: Path) -> None:
    """Nothing in it is synced yet, and it could not be opened all the same."""
    path = tmp_path / "a.db"
    with Replica.open(path, create=True) as ours:
        ours.connection.execute(OWN)
        ours.connection.execute(
            "DROP TABLE crsql_tracked_peers; CREATE TABLE crsql_tracked_peers (site_id BLOB NOT NULL, version INTEGER"
            " NOT NULL, seq INTEGER DEFAULT 0, tag INTEGER, event INTEGER, PRIMARY KEY (site_id, tag, event)) STRICT"
        )
    with pytest.raises(CommandFailed, match="malformed"):
        old.exec(path, "SELECT * FROM own")
    with Replica.open(path) as ours:
        assert [("before 3.37" in caution) for table in ours.tables() for caution in table.cautions] == [True]
        assert ours.repair() == [Finding("crsql_tracked_peers", Damage.STRICT, 1)]
    used(old, path)


def test_a_table_made_after_one_that_is_strict_takes_the_same_values(tmp_path: Path) -> None:
    """Here, and in turn on a third side that is made after this one; and so does a column that is added."""
    replicas = [Replica.open(tmp_path / f"{name}.db", create=True) for name in "abc"]
    try:
        a, b, c = replicas
        a.connection.execute(f"CREATE TABLE foo (id TEXT PRIMARY KEY NOT NULL, {KINDS}) STRICT")
        a.make_crr("foo")
        b.add_missing(a.plans())
        with a.altering("foo"):
            a.connection.execute(
                "ALTER TABLE foo ADD COLUMN late INTEGER DEFAULT 3; ALTER TABLE foo ADD COLUMN any ANY"
            )
        b.add_missing(a.plans())
        c.add_missing(b.plans())
        assert a.plans() == b.plans() == c.plans()
        for replica in replicas:
            db = replica.connection
            for column in ("i", "n", "r", "t", "late"):
                for value in ("'1'", "1.0", "'x'", "1.5", "x'00'", "NULL"):
                    outcomes = []
                    for one in (a, replica):
                        try:
                            one.connection.execute(f"INSERT INTO foo (id, {column}) VALUES ('k', {value})")
                            outcomes.append(one.connection.execute("SELECT * FROM foo").fetchall())
                            one.connection.execute("DELETE FROM foo")
                        except apsw.ConstraintError:
                            outcomes.append([])
                    assert repr(outcomes[0]) == repr(outcomes[1]), (column, value)
            db.execute("INSERT INTO foo (id, a, any) VALUES ('k', '001', '002')")
            assert db.execute("SELECT a, any FROM foo").get == ("001", "002")
            db.execute("DELETE FROM foo")
            strict = db.execute("SELECT strict FROM pragma_table_list WHERE name = 'foo'").get
            assert strict == (replica is a)
    finally:
        for replica in replicas:
            replica.close()
