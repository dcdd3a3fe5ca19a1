"""Names that cr-sqlite's own extension cannot take as they are: what it refuses, and what it chokes on later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from engine.change import Change
from engine.crr.tables.create import build
from engine.crr.tables.eligibility import find_table
from engine.errors import NotEligible
from engine.replica import Replica
from engine.sqlite.sql import ident, literal
from engine.tables import pack_columns
from tests.peers.oracle import CommandFailed, Oracle, OracleDb

QUOTED = ["it's", "'", "a'b'c", "é'", "'; DROP TABLE good; --"]
ODD = [
    'quo"te', "sp ace", "a.b", "1abc", "[br]", "back`tick", "a;b", "%like%", "new\nline", "--", "?1", ":x", "{0}", "-1",
    "order", "Group", "SELECT", "values", "null", "table", "x\x7f", "$x", " lead",
]  # fmt: skip
PLAIN = ["plain", "under_score", "_x", "ünïcode", "emoji😀", "a$b", "\u200b", "٣", "clock", "temp", "key", "left"]
BODIES = {
    "with a column": "{} INTEGER PRIMARY KEY NOT NULL, v TEXT",
    "only a key": "{} INTEGER PRIMARY KEY NOT NULL",
}


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Replica]:
    replica = Replica.open(tmp_path / "ours.db", create=True)
    replica.connection.execute("CREATE TABLE good (id INTEGER PRIMARY KEY NOT NULL, v)")
    replica.make_crr("good")
    yield replica
    replica.close()


def works(db: OracleDb, *statements: str) -> bool:
    try:
        for sql in statements:
            db.exec(sql)
    except CommandFailed:
        return False
    return True


def usable(db: OracleDb, name: str) -> bool:
    """Whether the extension reads, writes and merges the table, and others of the file as well."""
    quoted = ident(name)
    try:
        db.apply([Change(name, pack_columns((9,)), "-1", None, 1, 50, bytes(range(16)), 1, 0)])
        db.changes()
    except CommandFailed:
        return False
    return works(
        db,
        f"INSERT INTO {quoted} (id) VALUES (2)",
        f"DELETE FROM {quoted} WHERE id = 2",
        "INSERT INTO good VALUES (2, 'y')",
    )


def alters(db: OracleDb, name: str) -> bool:
    table = literal(name)
    steps = (f"SELECT crsql_begin_alter({table})", f"ALTER TABLE {ident(name)} ADD COLUMN w")
    return works(db, *steps, f"SELECT crsql_commit_alter({table})")


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("name", [*ODD, *PLAIN])
def test_a_table_that_it_can_use(oracle: Oracle, ours: Replica, name: str, body: str) -> None:
    """A caution is there exactly where its alters fail."""
    ours.connection.execute(f"CREATE TABLE {ident(name)} ({body.format('id')})")
    ours.make_crr(name)
    ours.connection.execute(f"INSERT INTO {ident(name)} (id) VALUES (1)")
    [status] = [table for table in ours.tables() if table.name == name]
    with oracle.load(ours.path.read_bytes()) as db:
        assert usable(db, name)
        assert alters(db, "good")
        assert (name in ODD) == (not alters(db, name)) == bool(status.cautions)


@pytest.mark.parametrize("columns", ['"k""" INTEGER PRIMARY KEY NOT NULL, v', 'k INTEGER PRIMARY KEY NOT NULL, "v"""'])
def test_a_column_that_its_alters_choke_on(oracle: Oracle, ours: Replica, columns: str) -> None:
    ours.connection.execute(f'CREATE TABLE t ({columns}, "it\'s", "sp ace", "order", "a.b")')
    ours.make_crr("t")
    [status] = [table for table in ours.tables() if table.name == "t"]
    assert len(status.cautions) == 1
    assert "because of the name “" in status.cautions[0]
    with oracle.load(ours.path.read_bytes()) as db:
        assert not alters(db, "t")


@pytest.mark.parametrize("name", QUOTED)
def test_a_table_that_would_stop_it_on_the_whole_file(oracle: Oracle, ours: Replica, name: str) -> None:
    ours.connection.execute(f"CREATE TABLE {ident(name)} (id INTEGER PRIMARY KEY NOT NULL, v)")
    with pytest.raises(NotEligible, match="the cr-sqlite extension could not use the file any more"):
        ours.make_crr(name)
    [status] = [table for table in ours.tables(extension=True) if table.name == name]
    assert (status.eligible, status.syncable, len(status.reasons)) == (False, False, 1)
    with oracle.load(ours.path.read_bytes()) as db:
        assert not works(db, f"SELECT crsql_as_crr({literal(name)})")
        assert works(db, "INSERT INTO good VALUES (2, 'y')")


def test_one_that_was_made_syncable_before_it_was_refused(oracle: Oracle, ours: Replica) -> None:
    """It goes on here, says what it does, and can be altered, mended and undone."""
    db = ours.connection
    db.execute('CREATE TABLE "it\'s" (id INTEGER PRIMARY KEY NOT NULL, v)')
    table = find_table(db, "it's")
    assert table is not None
    build(ours._state, table)  # as it used to be
    db.execute("INSERT INTO \"it's\" VALUES (1, 'x')")
    [status] = [one for one in ours.tables() if one.name == "it's"]
    assert status.syncable
    assert any("could not use the file" in caution for caution in status.cautions)
    with oracle.load(ours.path.read_bytes()) as native:
        assert not usable(native, "it's")
        assert not works(native, "INSERT INTO good VALUES (2, 'y')")
    with ours.altering("it's"):
        db.execute('ALTER TABLE "it\'s" ADD COLUMN w')
    db.execute("UPDATE \"it's\" SET w = 'y'")
    assert {change.cid: change.val for change in ours.changes().changes} == {"v": "x", "w": "y"}
    ours.repair()
    ours.make_plain("it's")
    with oracle.load(ours.path.read_bytes()) as native:
        assert works(native, "INSERT INTO good VALUES (2, 'y')")
    with pytest.raises(apsw.SQLError):
        db.execute('SELECT * FROM "it\'s__crsql_clock"')
