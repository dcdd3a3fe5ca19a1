"""Local writes: the worked results of cr-sqlite.md 5.5, and where we take the safe choice instead."""

from __future__ import annotations

import apsw
import pytest

from engine.errors import ReplicaError
from tests.engine.crr.conftest import MakeReplica

Rows = list[tuple[object, ...]]


def clock(db: apsw.Connection, table: str = "foo") -> Rows:
    columns = "key, col_name, col_version, db_version, site_id, seq"
    return db.execute(f"SELECT {columns} FROM {table}__crsql_clock ORDER BY key, col_name").fetchall()


def test_the_life_of_a_row(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 10, 20)")
    assert clock(foo) == [(1, "b", 1, 1, 0, 0), (1, "c", 1, 1, 0, 1)]
    foo.execute("UPDATE foo SET b = 11")
    assert clock(foo) == [(1, "b", 2, 2, 0, 0), (1, "c", 1, 1, 0, 1)]
    foo.execute("UPDATE foo SET b = 11")
    assert clock(foo) == [(1, "b", 2, 2, 0, 0), (1, "c", 1, 1, 0, 1)]
    foo.execute("UPDATE foo SET b = 12, c = 21")
    assert clock(foo) == [(1, "b", 3, 3, 0, 0), (1, "c", 2, 3, 0, 1)], "no version is used up by a no-op"
    foo.execute("DELETE FROM foo")
    assert clock(foo) == [(1, "-1", 2, 4, 0, 0)]
    foo.execute("INSERT INTO foo VALUES (1, 5, 6)")
    assert clock(foo) == [(1, "-1", 3, 5, 0, 0), (1, "b", 1, 5, 0, 1), (1, "c", 1, 5, 0, 2)]
    foo.execute("BEGIN; DELETE FROM foo; INSERT INTO foo VALUES (1, 5, 6); COMMIT")
    assert clock(foo) == [(1, "-1", 5, 6, 0, 1), (1, "b", 1, 6, 0, 2), (1, "c", 1, 6, 0, 3)]
    foo.execute("INSERT OR REPLACE INTO foo VALUES (1, 7, 8)")
    assert clock(foo) == [(1, "-1", 7, 7, 0, 0), (1, "b", 2, 7, 0, 1), (1, "c", 2, 7, 0, 2)]


def test_replace_of_a_live_row_without_sentinel(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    foo.execute("INSERT OR REPLACE INTO foo VALUES (1, 2, 2)")
    assert clock(foo) == [(1, "b", 2, 2, 0, 1), (1, "c", 2, 2, 0, 2)]


def test_replace_with_recursive_triggers(foo: apsw.Connection) -> None:
    foo.execute("PRAGMA recursive_triggers = ON; INSERT INTO foo VALUES (1, 1, 1)")
    foo.execute("INSERT OR REPLACE INTO foo VALUES (1, 2, 2)")
    assert clock(foo) == [(1, "-1", 3, 2, 0, 1), (1, "b", 1, 2, 0, 2), (1, "c", 1, 2, 0, 3)]


def test_upserts_and_writes_that_hit_nothing(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    before = clock(foo)
    foo.execute("INSERT INTO foo VALUES (1, 9, 9) ON CONFLICT DO NOTHING; INSERT OR IGNORE INTO foo VALUES (1, 9, 9)")
    foo.execute("DELETE FROM foo WHERE a = 5; UPDATE foo SET b = 3 WHERE a = 5")
    assert clock(foo) == before
    foo.execute("INSERT INTO foo VALUES (1, 9, 9) ON CONFLICT DO UPDATE SET b = 4")
    assert clock(foo) == [(1, "b", 2, 2, 0, 0), (1, "c", 1, 1, 0, 1)]


def test_a_moved_row_is_stamped_anew(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    foo.execute("UPDATE foo SET b = 2")
    foo.execute("UPDATE foo SET a = 2 WHERE a = 1")
    assert clock(foo) == [
        (1, "-1", 2, 3, 0, 0),
        (2, "-1", 1, 3, 0, 1), (2, "b", 2, 3, 0, 2), (2, "c", 1, 3, 0, 3),
    ]  # fmt: skip


def test_a_move_onto_a_deleted_key(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (2, 1, 1)")
    foo.execute("DELETE FROM foo")
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    foo.execute("UPDATE foo SET a = 2")
    assert [row[:3] for row in clock(foo)] == [(1, "-1", 3), (1, "b", 1), (1, "c", 1), (2, "-1", 2)]


@pytest.mark.parametrize("statement", ["UPDATE OR REPLACE foo SET a = 2 WHERE a = 1"])
def test_a_move_onto_a_live_row_beats_it(foo: apsw.Connection, statement: str) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2)")
    foo.execute("UPDATE foo SET b = 5 WHERE a = 2; UPDATE foo SET b = 6 WHERE a = 2")
    foo.execute(statement)
    key = foo.execute("SELECT __crsql_key FROM foo__crsql_pks WHERE a = 2").get
    assert [row[1:3] for row in clock(foo) if row[0] == key] == [("-1", 3), ("b", 1), ("c", 1)]


def test_a_key_that_only_changes_its_class(make: MakeReplica) -> None:
    db = make(schema="CREATE TABLE foo (a NOT NULL PRIMARY KEY, b)").connection
    db.execute("INSERT INTO foo VALUES (1, 1)")
    db.execute("UPDATE foo SET a = 1.0")
    assert clock(db) == [(1, "-1", 3, 2, 0, 1), (1, "b", 1, 2, 0, 2)]


def test_a_table_of_keys_only(make: MakeReplica) -> None:
    db = make(schema="CREATE TABLE foo (a NOT NULL, b NOT NULL, PRIMARY KEY (b, a))").connection
    for statement, length in (
        ("INSERT INTO foo VALUES (1, 2)", 1),
        ("INSERT OR REPLACE INTO foo VALUES (1, 2)", 3),
        ("DELETE FROM foo", 4),
        ("INSERT INTO foo VALUES (1, 2)", 5),
    ):
        db.execute(statement)
        assert [row[1:3] for row in clock(db)] == [("-1", length)]
    assert db.execute("SELECT * FROM foo__crsql_pks").fetchall() == [(1, 2, 1)], "in key order"
    db.execute("UPDATE foo SET a = 7")
    assert [row[:3] for row in clock(db)] == [(1, "-1", 6), (2, "-1", 1)]


def test_one_transaction_has_one_version_and_counts_seq(foo: apsw.Connection) -> None:
    foo.execute("BEGIN; INSERT INTO foo VALUES (1, 1, 1); SAVEPOINT s; INSERT INTO foo VALUES (2, 2, 2)")
    assert foo.execute("SELECT crsql_get_seq(), crsql_db_version()").fetchall() == [(4, 0)]
    foo.execute("ROLLBACK TO s; UPDATE foo SET c = 5; DELETE FROM foo; INSERT INTO foo VALUES (1, 2, 3); COMMIT")
    assert clock(foo) == [(1, "-1", 3, 1, 0, 6), (1, "b", 1, 1, 0, 7), (1, "c", 1, 1, 0, 8)]
    foo.execute("BEGIN; UPDATE foo SET b = 9; ROLLBACK")
    foo.execute("UPDATE foo SET b = 10")
    assert clock(foo)[1] == (1, "b", 2, 2, 0, 0), "a rollback gives version and seq back"


def test_the_next_version_can_be_raised(foo: apsw.Connection) -> None:
    assert foo.execute("SELECT crsql_next_db_version(500)").get == 500
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    assert foo.execute("SELECT crsql_db_version()").get == 500


def test_a_delete_over_a_tombstone_stays_a_delete(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    foo.execute("DELETE FROM foo")
    foo.execute("SELECT crsql_internal_sync_bit(1)")
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    foo.execute("SELECT crsql_internal_sync_bit(0)")
    foo.execute("DELETE FROM foo")
    assert clock(foo) == [(1, "-1", 4, 3, 0, 0)]


def test_the_sync_bit_silences_the_triggers(foo: apsw.Connection) -> None:
    assert foo.execute("SELECT crsql_internal_sync_bit()").get == 0
    assert foo.execute("SELECT crsql_internal_sync_bit(1)").get == 1
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    assert clock(foo) == []


def test_new_columns_are_seen_at_once_and_stale_triggers_explained(foo: apsw.Connection) -> None:
    foo.execute("BEGIN; INSERT INTO foo VALUES (1, 1, 1); ALTER TABLE foo ADD COLUMN d")
    foo.execute("INSERT INTO foo VALUES (2, 2, 2, 2)")
    assert [row[1] for row in clock(foo) if row[0] == 2] == ["b", "c", "d"]
    with pytest.raises(ReplicaError, match="sync triggers"):
        foo.execute("UPDATE foo SET d = 3")
    foo.execute("ROLLBACK")
    foo.execute("ALTER TABLE foo ADD COLUMN e; INSERT INTO foo VALUES (3, 3, 3, 3)")
    assert [row[1] for row in clock(foo)] == ["b", "c", "e"], "the rolled back schema is forgotten"


def test_values_keep_their_class(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, '1')")
    foo.execute("UPDATE foo SET b = 1.0, c = x'31'")
    assert [row[2] for row in clock(foo)] == [2, 2]


@pytest.mark.parametrize("trusted", ["ON", "OFF"])
def test_names_of_any_kind_and_trusted_schema(make: MakeReplica, trusted: str) -> None:
    odd = 'o"d table'
    quoted = '"' + odd.replace('"', '""') + '"'
    replica = make(
        schema=f'CREATE TABLE {quoted} ("order" TEXT PRIMARY KEY NOT NULL, "a b", "c""d", "[e]")', tables=(odd,)
    )
    db = replica.connection
    db.execute(f"PRAGMA trusted_schema = {trusted}")
    db.execute(f"INSERT INTO {quoted} VALUES ('k', 1, 2, 3)")
    db.execute(f'UPDATE {quoted} SET "a b" = 5, "order" = \'l\'')
    assert [(c.cid, c.val) for c in replica.changes().changes if c.cl % 2] == [
        ("-1", None), ("c\"d", 2), ("[e]", 3), ("a b", 5),
    ]  # fmt: skip
