"""Rows read many at once, by columns: the same changes as cell by cell, whatever stands between them."""

from __future__ import annotations

import tempfile
import tracemalloc
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from engine.change import Change
from engine.crr.read import tables, whole_rows
from engine.errors import ReplicaError, TableBroken
from engine.replica import Replica
from engine.tables import Span
from tests import budget
from tests.engine.crr.conftest import MakeReplica
from tests.engine.crr.test_convergence import Mesh

COUNTED = "WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 3000)"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even two rows are read together, and hardly more."""
    monkeypatch.setattr(whole_rows, "FEW", 2)
    monkeypatch.setattr(tables, "LOOK", 3)
    monkeypatch.setattr(tables, "MOST", 5)


def in_parts(replica: Replica, names: tuple[str, ...], changes: int, size: int = 1 << 20) -> list[Change]:
    span, place, found = Span(0, None, names), b"", []
    while True:
        part = replica.part(span, place=place, changes=changes, size=size)
        assert len(part.changes) <= changes
        found += part.changes
        if not part.place:
            return found
        assert part.changes
        span, place = replace(span, until=part.until), part.place


def by_sql(replica: Replica) -> list[str]:
    return sorted(repr(row) for row in replica.connection.execute("SELECT * FROM crsql_changes"))


def shown(changes: list[Change]) -> list[str]:
    return sorted(repr(tuple(change)) for change in changes)


@pytest.mark.usefixtures("few")
def test_the_same_as_in_sql() -> None:
    for case in budget.cases("rows read together", seconds=4):
        choose = case.random
        with tempfile.TemporaryDirectory() as folder:
            mesh = Mesh(Path(folder), choose)
            for _ in range(choose.randint(1, 40)):
                mesh.write(choose.choice(mesh.replicas[:2]))
                if choose.random() < 0.1:
                    mesh.pull(*mesh.replicas[:2])
                if choose.random() < 0.1:
                    mesh.pull(*mesh.replicas[1::-1])
            one, other = mesh.replicas[:2]
            if choose.random() < 0.2:
                (table, *_) = one.synced_tables()
                one.connection.execute(f'DROP INDEX "{table}__crsql_clock_dbv_idx"')
            found = one.changes().changes
            assert shown(found) == by_sql(one)
            assert [(c.db_version, c.seq) for c in found] == sorted((c.db_version, c.seq) for c in found)
            parts = in_parts(one, one.synced_tables(), choose.randint(1, 40), choose.choice([1, 300, 2000, 1 << 20]))
            assert shown(parts) == by_sql(one)
            hidden = one.changes(exclude_site=other.site_id).changes
            assert [c for c in found if c.site_id != other.site_id] == [c for c in hidden if c.site_id != other.site_id]
            mesh.close()


@pytest.mark.usefixtures("few")
def test_a_row_written_in_two_versions_of_which_one_has_as_many_records_as_columns(make: MakeReplica) -> None:
    """The record that it was created anew is none of a column's."""
    replica = make()
    db = replica.connection
    for statement in ("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)", "DELETE FROM foo"):
        db.execute(statement)
    db.execute("INSERT INTO foo VALUES (1, 4, 4), (2, 5, 5), (3, 6, 6)")
    db.execute("UPDATE foo SET c = c + 10")
    found = replica.changes().changes
    assert {(c.cid, c.db_version, c.cl) for c in found} == {("-1", 3, 3), ("b", 3, 3), ("c", 4, 3)}
    assert shown(found) == by_sql(replica)
    db.execute("UPDATE foo SET b = 0, c = 0")
    assert {(c.cid, c.cl) for c in replica.changes(4).changes} == {("b", 3), ("c", 3)}


@pytest.mark.parametrize("key", ["INTEGER", "TEXT", "INTEGER, k TEXT DEFAULT 'x' NOT NULL"])
@pytest.mark.parametrize("kind", ["", "STRICT", "WITHOUT ROWID"])
def test_many_rows(make: MakeReplica, key: str, kind: str) -> None:
    """More than are read together, with all that may be among them."""
    names = "a, k" if "k" in key else "a"
    columns = f"a {key.replace(',', ' NOT NULL,', 1) if 'k' in key else key + ' NOT NULL'}, b ANY, c TEXT, d REAL"
    replica = make(schema=f"CREATE TABLE foo ({columns}, PRIMARY KEY ({names})) {kind}")
    db = replica.connection
    db.execute(
        f"{COUNTED} INSERT INTO foo (a, b, c, d) SELECT n * 37 % 2503, n, 'text ' || n, n / 4.0 FROM n WHERE n <= 2500"
    )
    db.execute("UPDATE foo SET b = 'now' WHERE a % 500 = 7")
    db.execute("UPDATE foo SET c = printf('%.*c', 5000, 'x') WHERE a % 700 = 3")
    db.execute("DELETE FROM foo WHERE a % 900 = 1; UPDATE foo SET b = NULL, c = x'00', d = 1 WHERE a % 300 = 2"
               if kind != "STRICT" else "DELETE FROM foo WHERE a % 900 = 1")  # fmt: skip
    found = replica.changes().changes
    assert shown(found) == by_sql(replica)
    assert [(c.db_version, c.seq) for c in found] == sorted((c.db_version, c.seq) for c in found)
    for changes, size in ((5000, 1 << 20), (1000, 20_000), (7000, 1 << 20)):
        assert shown(in_parts(replica, ("foo",), changes, size)) == shown(found)


def test_large_values_are_not_read_together(make: MakeReplica) -> None:
    """Wherever they stand: a column for integers may hold them too."""
    replica = make(schema="CREATE TABLE foo (a BLOB PRIMARY KEY NOT NULL, b INTEGER, c REAL, d)")
    db = replica.connection
    large = 300_000
    for n in range(40):
        values: list[apsw.SQLiteValue] = [n, n, n, n]
        values[n % 4] = bytes([n]) * large
        db.execute("INSERT INTO foo VALUES (?, ?, ?, ?)", values)
    place, span, found = b"", Span(0, None, ("foo",)), []
    while place or not found:
        part = replica.part(span, place=place, size=2 * large + 1000)
        assert sum(map(tables.weight, part.changes)) <= 2 * large + 1000
        span, place = replace(span, until=part.until), part.place
        found += part.changes
    assert shown(found) == by_sql(replica)
    crr = replica._state.crr("foo")
    rows = whole_rows.WholeRows(db, crr, tables.Authors(db))
    assert rows.read((0, 0), 99, 1_000) is None


def test_a_column_that_is_gone_is_found_wherever_it_stands(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute(f"{COUNTED} INSERT INTO foo SELECT n, n, n FROM n")
    db.execute("UPDATE foo__crsql_clock SET col_name = 'gone' WHERE key = 2900 AND col_name = 'c'")
    with pytest.raises(TableBroken, match="a column that no longer exists"):
        replica.changes()
    with pytest.raises(TableBroken, match="a column that no longer exists"):
        in_parts(replica, ("foo",), 1000)


def test_a_part_is_bounded_over_all_its_tables(make: MakeReplica) -> None:
    names = tuple(f"t{n}" for n in range(6))
    schema = "".join(f"CREATE TABLE {name} (a INTEGER PRIMARY KEY NOT NULL, b);" for name in names)
    replica = make(schema=schema, tables=names)
    for name in names:
        replica.connection.execute(f"INSERT INTO {name} VALUES (1, zeroblob(5000)), (2, zeroblob(100))")
    place, span, found = b"", Span(0, None, names), []
    while place or not found:
        part = replica.part(span, place=place, size=8_000)
        assert sum(map(tables.weight, part.changes)) <= 8_000
        span, place = replace(span, until=part.until), part.place
        found += part.changes
    assert shown(found) == by_sql(replica)


def test_of_a_large_row_only_what_fits_is_in_memory(make: MakeReplica) -> None:
    columns = [f"c{n}" for n in range(30)]
    replica = make(schema=f"CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, {', '.join(columns)})")
    replica.connection.execute(f"{COUNTED} INSERT INTO foo (a) SELECT n FROM n WHERE n <= 100")
    replica.connection.execute(f"INSERT INTO foo VALUES (101{', zeroblob(1000000)' * 30})")
    tracemalloc.start()
    try:
        assert len(replica.part(Span(0, None, ("foo",)), changes=5000, size=1 << 20).changes) == 30 * 100
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_text_that_is_none_is_not_read_before_its_turn(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute(f"{COUNTED} INSERT INTO foo SELECT n, n, n FROM n WHERE n <= 200")
    db.execute("UPDATE foo SET b = 0 WHERE a = 150")
    db.execute("SELECT crsql_internal_sync_bit(1); UPDATE foo SET b = CAST(x'ff' AS TEXT) WHERE a = 150").fetchall()
    assert len(replica.changes(until=1).changes) == 399
    assert not replica.waiting
    assert len(replica.changes().changes) == 398
    assert "row 150" in str(replica.waiting)


def test_a_generated_column_is_not_looked_at(make: MakeReplica) -> None:
    replica = make(schema="CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c INTEGER AS (b || 'x'))")
    replica.connection.execute("INSERT INTO foo VALUES (1, 1), (2, 2)")
    rows = whole_rows.WholeRows(replica.connection, replica._state.crr("foo"), tables.Authors(replica.connection))
    assert len(rows.read((0, 0), 9, 2) or ()) == 2


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE foo__crsql_clock SET col_name = 'gone' WHERE key = 2 AND col_name = 'c'",
        "UPDATE foo__crsql_clock SET col_name = 'gone' WHERE col_name = 'b'",
    ],
)
def test_an_error_that_is_kept_keeps_no_lock(make: MakeReplica, damage: str) -> None:
    replica = make()
    replica.connection.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)")
    replica.connection.execute(damage)
    with pytest.raises(ReplicaError) as kept:
        replica.changes()
    other = apsw.Connection(str(replica.path))
    other.execute("INSERT INTO crsql_tracked_peers VALUES (x'00', 1, 1, 0, 0)")
    other.close()
    assert kept.value.__traceback__ is not None
