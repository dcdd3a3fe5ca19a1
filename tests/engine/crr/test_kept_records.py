"""A table that is not synced for a while, and is again: what was written meanwhile is told, and nothing else."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import apsw
import pytest

from engine.replica import Replica
from tests.engine.crr.conftest import MakeReplica
from tests.engine.session.world import own_pair

T = "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, n, m)"
LONG = "x" * 100


@pytest.fixture
def three(make: MakeReplica) -> tuple[Replica, Replica, Replica]:
    a, b, c = (make(name, schema=T, tables=("t",)) for name in "abc")
    a.connection.execute("INSERT INTO t VALUES ('1', 1, 'one'), ('2', 2, ?), ('3', 3, 'three')", (LONG,))
    a.connection.execute("UPDATE t SET n = 2 || ' b' WHERE id = '2'")
    sync(a, b, c)
    return a, b, c


def sync(*replicas: Replica) -> None:
    for _ in range(2):
        for one, other in pairwise(replicas):
            own_pair(one, other).run()


def rows(replica: Replica) -> list[tuple[object, ...]]:
    return list(replica.connection.execute("SELECT * FROM t ORDER BY id"))


def plain(path: Path, sql: str) -> None:
    """As a program without cr-sqlite writes."""
    db = apsw.Connection(str(path))
    db.execute(sql).fetchall()
    db.close()


@pytest.mark.parametrize("sql", [False, True])
def test_what_was_written_meanwhile_wins(three: tuple[Replica, Replica, Replica], sql: bool) -> None:
    a, b, c = three
    a.connection.execute("SELECT crsql_as_table('t')").fetchall() if sql else a.make_plain("t")
    plain(a.path, "UPDATE t SET n = 'EDITED' WHERE id = '2'; DELETE FROM t WHERE id = '3'")
    plain(a.path, "INSERT INTO t VALUES ('9', 9, 9)")
    b.connection.execute("UPDATE t SET n = 'b', m = 'of b' WHERE id = '1'")  # and peers go on
    sync(b, c)
    a.connection.execute("SELECT crsql_as_crr('t')").fetchall() if sql else a.make_crr("t")
    changed = {(change.cid, change.val) for change in a.changes(a.db_version() - 1).changes}
    assert changed == {("n", "EDITED"), ("-1", None), ("n", 9), ("m", 9)}, "nothing else is told as new"
    sync(a, b, c)
    assert rows(a) == rows(b) == rows(c) == [("1", "b", "of b"), ("2", "EDITED", LONG), ("9", 9, 9)]
    assert a.check() == []
    left = "SELECT count(*) FROM sqlite_master WHERE name GLOB 'crsql_syncline_undone*'"
    assert a.connection.execute(left).get == 0


def test_what_was_written_meanwhile_wins_as_an_ordinary_table_too(three: tuple[Replica, Replica, Replica]) -> None:
    """It is made one of cr-sqlite's again first, and that is turned."""
    a, b, c = three
    a.make_plain("t")
    plain(a.path, "UPDATE t SET n = 'EDITED' WHERE id = '2'; DELETE FROM t WHERE id = '3'")
    plain(a.path, "INSERT INTO t VALUES ('9', 9, 9)")
    b.connection.execute("UPDATE t SET n = 'b', m = 'of b' WHERE id = '1'")
    sync(b, c)
    a.make_ordinary("t")
    assert [one.kind for one in a.tables()] == ["ordinary"]
    sync(a, b, c)
    assert rows(a) == rows(b) == rows(c) == [("1", "b", "of b"), ("2", "EDITED", LONG), ("9", 9, 9)]
    assert a.check() == []
    left = "SELECT count(*) FROM sqlite_master WHERE name GLOB 'crsql_syncline_undone*'"
    assert a.connection.execute(left).get == 0


def test_what_can_be_no_table_of_cr_sqlites_any_more_meets_anew(make: MakeReplica) -> None:
    """What was recorded of it is of no use then: where rows differ a person is asked."""
    a, b = (make(name, schema=f"{T}; INSERT INTO t VALUES ('2', 2, 2)", tables=("t",)) for name in "ab")
    sync(a, b)
    a.make_plain("t")
    plain(a.path, "ALTER TABLE t ADD COLUMN other REFERENCES t (id); UPDATE t SET n = 'EDITED' WHERE id = '2'")
    a.make_ordinary("t")
    assert a.datasets()["t"].joins(b.datasets()["t"])
    left = "SELECT count(*) FROM sqlite_master WHERE name GLOB 'crsql_syncline_undone*'"
    assert a.connection.execute(left).get == 0


def test_every_row_may_go(three: tuple[Replica, Replica, Replica]) -> None:
    """As long as it is the same table, whoever deletes rows means it."""
    a, b, c = three
    a.make_plain("t")
    plain(a.path, "DELETE FROM t")
    a.make_crr("t")
    sync(a, b, c)
    assert rows(a) == rows(b) == rows(c) == []


@pytest.mark.parametrize("left", [0, 1])
def test_a_table_that_was_dropped_and_made_again_has_lost_its_rows(
    three: tuple[Replica, Replica, Replica], left: int
) -> None:
    a, b, c = three
    a.make_plain("t")
    plain(a.path, f"DROP TABLE t; {T}; INSERT INTO t SELECT '2', 'kept', 0 WHERE {left}")
    a.make_crr("t")
    sync(a, b, c)
    two = ("2", "kept", 0) if left else ("2", "2 b", LONG)
    assert rows(a) == rows(b) == rows(c) == [("1", 1, "one"), two, ("3", 3, "three")]


def test_values_that_look_alike(three: tuple[Replica, Replica, Replica]) -> None:
    a, b, c = three
    a.connection.execute("UPDATE t SET n = 1.0, m = ? WHERE id = '1'", (b"y" * 50,))
    a.connection.execute("UPDATE t SET n = x'41' WHERE id = '3'")
    sync(a, b, c)
    a.make_plain("t")
    plain(a.path, f"UPDATE t SET n = 1, m = '{'y' * 50}' WHERE id = '1'; UPDATE t SET n = 'A' WHERE id = '3'")
    plain(a.path, f"UPDATE t SET m = '{LONG}' WHERE id = '2'")
    a.make_crr("t")
    assert len(a.changes(a.db_version() - 1).changes) == 3
    sync(a, b, c)
    assert rows(b) == rows(c) == [("1", 1, "y" * 50), ("2", "2 b", LONG), ("3", "A", "three")]
    assert [type(row[1]) for row in rows(c)] == [int, str, str]


def test_columns_may_come_and_go(three: tuple[Replica, Replica, Replica]) -> None:
    a, b, c = three
    a.make_plain("t")
    plain(a.path, "ALTER TABLE t DROP COLUMN m; ALTER TABLE t ADD COLUMN k; UPDATE t SET k = 5 WHERE id = '1'")
    a.make_crr("t")
    for replica in (b, c):
        with replica.altering("t") as db:
            db.execute("ALTER TABLE t DROP COLUMN m; ALTER TABLE t ADD COLUMN k")
    sync(a, b, c)
    assert rows(a) == rows(b) == rows(c) == [("1", 1, 5), ("2", "2 b", None), ("3", 3, None)]


@pytest.mark.parametrize("key", ["id INTEGER PRIMARY KEY NOT NULL, n, m", "n TEXT PRIMARY KEY NOT NULL, id, m"])
def test_with_another_key_it_starts_anew(three: tuple[Replica, Replica, Replica], key: str) -> None:
    a = three[0]
    a.make_plain("t")
    plain(a.path, f"CREATE TABLE s ({key}); INSERT INTO s (id, n, m) SELECT id, n, m FROM t; DROP TABLE t")
    plain(a.path, "ALTER TABLE s RENAME TO t")
    a.make_crr("t")
    assert {change.col_version for change in a.changes().changes} == {1}
    assert a.check() == []


def test_once_more_and_without_triggers(three: tuple[Replica, Replica, Replica]) -> None:
    a, b, c = three
    for value in ("x", "y"):
        a.make_plain("t")
        plain(a.path, f"UPDATE t SET m = '{value}' WHERE id = '1'")
        a.make_crr("t")
    plain(a.path, "DROP TRIGGER t__crsql_utrig; UPDATE t SET m = 'a' WHERE id = '1'")
    a.make_plain("t")
    plain(a.path, "UPDATE t SET n = 'n' WHERE id = '1'")
    a.make_crr("t")
    sync(a, b, c)
    assert rows(a) == rows(b) == rows(c) == [("1", "n", "a"), ("2", "2 b", LONG), ("3", 3, "three")]


def test_other_things_in_the_file_need_not_be_in_order(three: tuple[Replica, Replica, Replica]) -> None:
    a = three[0]
    plain(a.path, "CREATE TABLE u (x); CREATE VIEW broken AS SELECT x FROM u; DROP TABLE u")
    a.make_plain("t")
    a.make_crr("t")
    assert a.check() == []
    assert [change.cid for change in a.changes(a.db_version()).changes] == []


def test_a_migration_that_drops_it_leaves_nothing(three: tuple[Replica, Replica, Replica]) -> None:
    a = three[0]
    a.make_plain("t")
    a.migrate("CREATE TABLE other (x INTEGER PRIMARY KEY NOT NULL)")
    assert a.connection.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE '%undone%'").get == 0
