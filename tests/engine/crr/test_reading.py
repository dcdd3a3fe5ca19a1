"""Reading changes: order, filters, limits; and the virtual tables."""

from __future__ import annotations

from dataclasses import replace

import apsw
import pytest

from engine.change import Change
from engine.errors import InvalidChange, ReplicaError, SchemaMismatch, UsageError
from engine.replica import Replica
from engine.tables import Span, pack_columns
from tests.engine.crr.conftest import MakeReplica
from tests.engine.crr.test_merge import THEM, change, insert


@pytest.fixture
def busy(make: MakeReplica) -> Replica:
    """Versions 1 to 12: even ones theirs, odd ones ours; two tables."""
    schema = "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c); CREATE TABLE bar (x TEXT, y INT, z, PRIMARY KEY"\
        " (y, x)) WITHOUT ROWID"  # fmt: skip
    replica = make(schema=schema, tables=("foo", "bar"))
    for version in range(1, 13, 2):
        replica.connection.execute("BEGIN")
        replica.connection.execute("INSERT INTO foo VALUES (?, 'ours', ?)", (version, version))
        replica.connection.execute("INSERT INTO bar VALUES ('k', ?, 1.5)", (version,))
        replica.connection.execute("COMMIT")
        theirs = pack_columns([version + 100])
        replica.merge([change("b", dbv=version + 1, pk=theirs), change("c", dbv=version + 1, pk=theirs)])
    return replica


def versions(changes: list[Change]) -> list[int]:
    return [c.db_version for c in changes]


def test_all_in_order_and_as_sql_says(busy: Replica) -> None:
    found = busy.changes()
    assert versions(found.changes) == sorted(versions(found.changes))
    assert (found.until, found.more) == (12, False)
    sql = busy.connection.execute("SELECT * FROM crsql_changes").fetchall()
    assert sorted(map(repr, sql)) == sorted(repr(tuple(c)) for c in found.changes)
    assert [(r[5], r[8]) for r in sql] == sorted((r[5], r[8]) for r in sql)
    assert {c.pk for c in found.changes if c.table == "bar"} == {pack_columns([n, "k"]) for n in range(1, 13, 2)}


@pytest.mark.parametrize(("since", "until", "expected"), [(0, 5, 5), (5, 7, 7), (12, None, 12), (99, None, 12),
                                                          (3, 99, 12), (5, 5, 5)])  # fmt: skip
def test_bounds(busy: Replica, since: int, until: int | None, expected: int) -> None:
    found = busy.changes(since, until=until)
    assert (found.until, found.more) == (expected, expected < 12)
    assert set(versions(found.changes)) == set(range(since + 1, expected + 1))


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 7, 29, 30, 1000])
def test_limits_keep_versions_whole(busy: Replica, limit: int) -> None:
    everything = busy.changes().changes
    since, rounds, together = 0, 0, []
    while True:
        found = busy.changes(since, limit=limit)
        assert len(found.changes) <= max(limit, 3)
        assert found.until > since
        together += found.changes
        since, rounds = found.until, rounds + 1
        if not found.more:
            break
    assert together == everything
    assert rounds >= len(everything) / max(limit, 3)


def test_filters(busy: Replica) -> None:
    assert {c.site_id for c in busy.changes(exclude_site=THEM).changes} == {busy.site_id}
    assert {c.site_id for c in busy.changes(exclude_site=busy.site_id).changes} == {THEM}
    assert len(busy.changes(exclude_site=bytes(16)).changes) == len(busy.changes().changes)
    found = busy.changes(2, exclude_versions=[(2, 4), (9, 10), (3, 6), (8, 8)])
    assert set(versions(found.changes)) == {7, 8, 9, 11, 12}
    assert found.until == 12
    nothing = busy.changes(3, until=5, exclude_versions=[(0, 99)])
    assert (nothing.changes, nothing.until, nothing.more) == ([], 5, True)
    limited = busy.changes(0, exclude_versions=[(0, 8)], limit=3)
    assert (set(versions(limited.changes)), limited.until) == ({9}, 9)


def test_no_filter_hides_a_revival(make: MakeReplica) -> None:
    replica = make()
    replica.merge([change("b", 1), change("c", 2)])
    replica.merge([change("-1", None, cl=3, dbv=60)])
    every = {(c.cid, c.col_version) for c in replica.changes().changes}
    assert every == {("-1", 3), ("b", 0), ("c", 0)}
    assert {(c.cid, c.col_version) for c in replica.changes(exclude_site=THEM).changes} == every
    hidden = replica.changes(exclude_versions=[(0, 99)]).changes
    assert {(c.cid, c.col_version) for c in hidden} == {("b", 0), ("c", 0)}


def test_a_dangling_ordinal(make: MakeReplica) -> None:
    replica = make()
    replica.merge([change()])
    replica.connection.execute("DELETE FROM crsql_site_id WHERE ordinal = 1")
    assert [c.site_id for c in replica.changes().changes] == [replica.site_id]
    assert replica.connection.execute("SELECT site_id FROM crsql_changes").fetchall() == [(None,)]


def test_text_that_is_none(busy: Replica) -> None:
    before = busy.changes()
    busy.connection.execute("INSERT INTO foo VALUES (500, CAST(x'ff' AS TEXT), 1)")
    found = busy.changes()
    assert (found.changes, found.until) == (before.changes, before.until + 1)
    assert str(busy.waiting).startswith("“foo”, row 500 cannot be sent: “b” is not valid text.")
    busy.connection.execute("DELETE FROM foo WHERE a = 500")
    assert busy.changes(12).changes[-1].cl == 2
    assert not busy.waiting


def test_misuse_is_explained(make: MakeReplica) -> None:
    replica = make()
    replica.connection.execute("BEGIN")
    with pytest.raises(UsageError, match="inside another transaction"):
        replica.changes()
    replica.connection.execute("ROLLBACK")
    replica.close()
    with pytest.raises(ReplicaError, match="closed"):
        replica.changes()


def test_live_rows(busy: Replica) -> None:
    assert [key for key, _ in busy.live_rows("bar")] == [(n, "k") for n in range(1, 13, 2)]
    assert next(busy.live_rows("foo")) == ((1,), ("ours", 1))
    with pytest.raises(SchemaMismatch):
        list(busy.live_rows("nothing"))


QUERIES = [
    "db_version > 5", "db_version >= 5 AND db_version < 9", "db_version BETWEEN 3 AND 4", "db_version IN (3, 8)",
    "site_id IS NOT crsql_site_id()", "site_id = crsql_site_id()", "site_id IS NULL", "site_id NOTNULL",
    "db_version > 5 AND site_id IS NOT crsql_site_id()", "cid = 'b'", "cid != 'b' AND seq <= 1", "cid LIKE 'B'",
    "cl = '1'", "cl = 1", "cl > 1", "[table] = 'bar'", "val = 'ours'", "pk = crsql_pack_columns(3)", "rowid = 1",
    "col_version IS 1 AND seq > 2 OR db_version = 1", "db_version = '3'", "db_version > NULL", "seq != 0",
    "val IS NOT NULL ORDER BY db_version DESC, seq ASC", "1 ORDER BY val, pk, cid", "1 ORDER BY rowid, cid",
    "1 ORDER BY db_version, seq", "1 ORDER BY seq, db_version DESC", "1 ORDER BY db_version LIMIT 4 OFFSET 3",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_filters_on_the_virtual_table(busy: Replica, query: str) -> None:
    db = busy.connection
    db.execute(
        "CREATE TEMP TABLE copy ([table] TEXT, pk BLOB, cid TEXT, val ANY, col_version INTEGER, db_version INTEGER,"
        " site_id BLOB, cl INTEGER, seq INTEGER, r INTEGER); INSERT INTO copy SELECT *, rowid FROM crsql_changes"
    )
    columns = "[table], hex(pk), cid, val, col_version, db_version, hex(site_id), cl, seq"
    pushed = db.execute(f"SELECT {columns} FROM crsql_changes WHERE {query}").fetchall()
    plain = db.execute(f"SELECT {columns} FROM temp.copy WHERE {query.replace('rowid', 'r')}").fetchall()
    if "ORDER BY" not in query:
        assert sorted(map(repr, pushed)) == sorted(map(repr, plain))
    elif "LIMIT" not in query:
        term = query.split("ORDER BY")[1]
        by = {"val": 3, "seq": 8, "db_version": 5}.get(term.split()[0].strip(","))
        assert len(pushed) == len(plain)
        assert by is None or [r[by] for r in pushed] == [r[by] for r in plain]
    else:
        assert [r[5] for r in pushed] == [r[5] for r in plain]


def test_a_join_and_an_aggregate(busy: Replica) -> None:
    db = busy.connection
    assert db.execute("SELECT max(db_version), count(*) FROM crsql_changes WHERE [table] = 'foo'").fetchall() == [
        (12, 24)
    ]
    sql = (
        "SELECT u.cell FROM crsql_changes AS c, crsql_unpack_columns AS u WHERE u.package = c.pk AND c.[table] = 'bar'"
        " AND c.db_version < 4"
    )
    assert db.execute(sql).fetchall() == [(1,), ("k",), (3,), ("k",)]


def test_copying_changes_with_sql_alone(busy: Replica, make: MakeReplica) -> None:
    other = make("other", "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c)")
    rows = busy.connection.execute("SELECT * FROM crsql_changes WHERE [table] = 'foo'").fetchall()
    insert(other.connection, *(Change(*row) for row in rows))
    assert list(other.live_rows("foo")) == list(busy.live_rows("foo"))


def test_uncommitted_rows_are_seen_with_their_version(foo: apsw.Connection) -> None:
    foo.execute("BEGIN; INSERT INTO foo VALUES (1, 1, 1)")
    assert foo.execute("SELECT db_version FROM crsql_changes").fetchall() == [(1,), (1,)]
    assert foo.execute("SELECT crsql_db_version()").get == 0
    foo.execute("ROLLBACK")
    assert foo.execute("SELECT count(*) FROM crsql_changes").get == 0


@pytest.mark.parametrize("statement", ["DELETE FROM crsql_changes", "UPDATE crsql_changes SET val = 1"])
def test_changes_are_inserted_only(foo: apsw.Connection, statement: str) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    with pytest.raises(UsageError):
        foo.execute(statement)


@pytest.mark.parametrize(
    "values",
    ["NULL, x'010901', 'b', 1, 1, 1, NULL, 1, 1", "'foo', 'text', 'b', 1, 1, 1, NULL, 1, 1",
     "'foo', x'010901', NULL, 1, 1, 1, NULL, 1, 1", "'foo', x'010901', 'b', 1, 1, 1, 'text', 1, 1",
     "'foo', x'010901', 'b', 1, 1, 1, zeroblob(17), 1, 1",
     "'foo', x'010901', 'b', 1, 1, 9223372036854775807, NULL, 1, 1"],
)  # fmt: skip
def test_bad_rows(foo: apsw.Connection, values: str) -> None:
    with pytest.raises(InvalidChange):
        foo.execute(f"INSERT INTO crsql_changes VALUES ({values})")
    assert foo.execute("SELECT count(*) FROM foo").get == 0


def test_rows_impacted_starts_again(foo: apsw.Connection) -> None:
    foo.execute("BEGIN")
    foo.execute("INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", change(cl=3))
    assert foo.execute("SELECT crsql_rows_impacted()").get == 2
    foo.execute("ROLLBACK")
    assert foo.execute("SELECT crsql_rows_impacted()").get == 0
    assert insert(foo, change()) == 1
    assert foo.execute("SELECT crsql_rows_impacted()").get == 0


def test_pack_and_unpack_in_sql(foo: apsw.Connection) -> None:
    assert foo.execute("SELECT hex(crsql_pack_columns(1, 'ab', NULL, 2.0, x'00'))").get == (
        "0509010B026162050240000000000000000C0100"
    )
    assert foo.execute("SELECT hex(crsql_pack_columns()), crsql_finalize()").fetchall() == [("00", "finalized")]
    unpacked = foo.execute("SELECT cell FROM crsql_unpack_columns(crsql_pack_columns(3, 'x', NULL, x'ff', 0.5))")
    assert unpacked.fetchall() == [(3,), ("x",), (None,), (b"\xff",), (0.5,)]
    for wrong in ("SELECT cell FROM crsql_unpack_columns", "SELECT cell FROM crsql_unpack_columns WHERE package = 'x'"):
        with pytest.raises((UsageError, apsw.SQLError)):
            foo.execute(wrong).fetchall()


def test_wide_tables_and_many_tables(make: MakeReplica) -> None:
    columns = [f"c{n}" for n in range(400)]
    tables = [f"t{n}" for n in range(40)]
    schema = (
        "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, "
        + ", ".join(columns)
        + ");"
        + ";".join(f"CREATE TABLE {t} (a INTEGER PRIMARY KEY NOT NULL, b)" for t in tables)
    )
    one, two = (make(name, schema, ("foo", *tables)) for name in ("one", "two"))
    one.connection.execute("INSERT INTO foo (a) VALUES (1), (2), (3)")
    one.connection.execute("UPDATE foo SET c7 = a, c399 = 'x'")
    for table in tables:
        one.connection.execute(f"INSERT INTO {table} VALUES (1, 2)")
    two.merge(one.changes().changes)
    assert list(two.live_rows("foo")) == list(one.live_rows("foo"))
    assert two.connection.execute("SELECT count(*) FROM crsql_changes").get == 1240


@pytest.mark.parametrize("columns", [2, 40])
@pytest.mark.parametrize(
    "index", ["", "CREATE INDEX other ON foo__crsql_clock (key, seq)", "CREATE INDEX other ON foo__crsql_clock (seq)"]
)
def test_parts_are_whole_whatever_indexes_the_file_has(make: MakeReplica, columns: int, index: str) -> None:
    """A place stands for all that came before it in an order, which SQLite would else take from an index."""
    names = ", ".join(f"c{n}" for n in range(columns))
    replica = make(schema=f"CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, {names})")
    for key in range(20, 0, -1):  # later versions have smaller keys
        replica.connection.execute("INSERT INTO foo (a, c0) VALUES (?, 'new')", (key,))
        replica.connection.execute("UPDATE foo SET c1 = 'newer' WHERE a = ?", (20 - key // 2,))
    replica.connection.execute(f"DROP INDEX foo__crsql_clock_dbv_idx; {index}")
    span, place, together = Span(0, None, ("foo",)), b"", []
    while True:
        part = replica.part(span, place=place, changes=7)
        together += part.changes
        if not part.place:
            break
        span, place = replace(span, until=part.until), part.place
    assert sorted(map(repr, together)) == sorted(map(repr, replica.changes().changes))
    assert len(together) == 20 * columns
