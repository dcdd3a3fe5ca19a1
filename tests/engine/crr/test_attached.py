"""Files attached to a connection: what is written to their tables is not recorded in the main file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from engine.crr import connect
from engine.errors import ReplicaError
from engine.replica import Replica
from tests.engine.crr.conftest import MakeReplica

T = "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, v)"
ROWLESS = "CREATE TABLE t (id TEXT NOT NULL, v, PRIMARY KEY (id)) WITHOUT ROWID"
WRITES = [
    "INSERT INTO o.t VALUES (1, 'o')", "UPDATE o.t SET v = 'x'", "DELETE FROM o.t", "REPLACE INTO o.t VALUES (9, 'o')",
]  # fmt: skip


@pytest.fixture(params=[T, ROWLESS])
def two(request: pytest.FixtureRequest, make: MakeReplica) -> Iterator[tuple[apsw.Connection, Replica]]:
    """A connection to one file with another attached, which is also open by itself."""
    one, other = (make(name, schema=request.param, tables=("t",)) for name in ("one", "other"))
    other.connection.execute("INSERT INTO t VALUES (9, 'other')")
    one.connection.execute(f"ATTACH '{other.path}' AS o")
    yield one.connection, other
    assert one.check() == other.check() == []


def clock(db: apsw.Connection) -> list[tuple[object, ...]]:
    return db.execute("SELECT * FROM main.t__crsql_clock ORDER BY 1, 2").fetchall()


@pytest.mark.parametrize("first", [None, "INSERT INTO main.t VALUES (9, 'm')", "INSERT INTO main.t VALUES (3, 'm')"])
@pytest.mark.parametrize("begin", ["BEGIN", "BEGIN IMMEDIATE", None])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_to_an_attached_file_is_refused(
    two: tuple[apsw.Connection, Replica], first: str | None, begin: str | None, write: str
) -> None:
    db, other = two
    if first:
        db.execute(first)
    before, rows = clock(db), list(other.live_rows("t"))
    if begin:
        db.execute(begin)
    with pytest.raises(ReplicaError, match="of an attached file"):
        db.execute(write)
    if begin:
        db.execute("COMMIT")
    assert clock(db) == before
    assert list(other.live_rows("t")) == rows
    db.execute("INSERT INTO main.t VALUES (7, 'main')")
    assert len(clock(db)) == len(before) + 1


@pytest.mark.parametrize("begin", ["BEGIN", None])
def test_what_is_copied_from_an_attached_file_is_recorded(
    two: tuple[apsw.Connection, Replica], begin: str | None
) -> None:
    db, other = two
    if begin:
        db.execute(begin)
    db.execute("INSERT INTO main.t SELECT * FROM o.t")
    db.execute("UPDATE t SET v = 'mine'; CREATE TABLE o.plain (x); INSERT INTO o.plain VALUES (1)")
    db.execute("INSERT INTO t VALUES (4, 'four'); DELETE FROM t WHERE v = 'mine'")
    if begin:
        db.execute("COMMIT")
    assert {(row[1], row[2]) for row in clock(db)} == {("-1", 2), ("v", 1)}
    assert len(list(other.live_rows("t"))) == 1


def test_detached_again(two: tuple[apsw.Connection, Replica]) -> None:
    db, _ = two
    with pytest.raises(ReplicaError):
        db.execute("INSERT INTO o.t VALUES (1, 'o')")
    db.execute("DETACH o; INSERT INTO t VALUES (1, 'a'); UPDATE t SET v = 'b'")
    assert [row[:3] for row in clock(db)] == [(1, "v", 2)]


def test_a_table_that_only_the_attached_file_has(make: MakeReplica) -> None:
    one, other = make("one"), make("other", schema=T, tables=("t",))
    one.connection.execute(f"ATTACH '{other.path}' AS o")
    with pytest.raises(ReplicaError, match="of an attached file"):
        one.connection.execute("INSERT INTO o.t VALUES (1, 1)")
    assert list(other.live_rows("t")) == []


def test_a_trigger_of_the_app_that_writes_elsewhere(make: MakeReplica, tmp_path: Path) -> None:
    one = make("one", schema=T, tables=("t",))
    db = one.connection
    db.execute(f"ATTACH '{tmp_path / 'log.db'}' AS log; CREATE TABLE log.entry (what)")
    db.execute("CREATE TEMP TRIGGER note AFTER INSERT ON main.t BEGIN INSERT INTO log.entry VALUES (NEW.v); END")
    for number in range(3):
        db.execute("INSERT INTO t VALUES (?, 'x')", (number,))
    assert len(clock(db)) == 3
    assert db.execute("SELECT count(*) FROM log.entry").get == 3


def test_a_temporary_table_of_the_same_name(make: MakeReplica) -> None:
    """It hides the other from statements that do not say which; what they write there is nobody's business."""
    one = make("one", schema=T, tables=("t",))
    db = one.connection
    db.execute("CREATE TEMP TABLE t (id INTEGER PRIMARY KEY NOT NULL, v, w)")
    db.execute("INSERT INTO t VALUES (1, 2, 3); UPDATE t SET w = 4; DELETE FROM t")
    assert clock(db) == []
    db.execute("INSERT INTO main.t VALUES (5, 5)")
    with one.altering("t"):
        db.execute("ALTER TABLE main.t ADD COLUMN x")
    db.execute("UPDATE main.t SET x = 6; SELECT crsql_as_table('t')").fetchall()
    db.execute("UPDATE main.t SET v = 7; SELECT crsql_as_crr('t')").fetchall()
    assert [(change.cid, change.val) for change in one.changes().changes] == [("x", 6), ("v", 7)]
    assert one.check() == []


def test_the_connection_ends_as_ever(tmp_path: Path) -> None:
    for name in ("one", "two"):
        db = connect(tmp_path / f"{name}.db", create=True)
        db.execute(f"{T}; SELECT crsql_as_crr('t')").fetchall()
        db.execute(f"ATTACH '{tmp_path / 'x.db'}' AS x; INSERT INTO t VALUES (1, 1)")
        db.close()
