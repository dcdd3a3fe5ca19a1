"""crsql_changes as a table of SQL: filters and orders as a plain copy has them, how much is read, what INSERT takes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.change import Change, SQLiteValue
from engine.crr import connect
from engine.crr.sql_api import changes_table
from engine.errors import InvalidChange, ReplicaError, SchemaMismatch
from engine.tables import pack_columns
from tests import budget
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_merge import PK, THEM, change, insert

BAR = "CREATE TABLE bar (k TEXT, n REAL, v, w TEXT, PRIMARY KEY (n, k)) WITHOUT ROWID"
COLUMNS = ("[table]", "pk", "cid", "val", "col_version", "db_version", "site_id", "cl", "seq")
COPY = (
    "CREATE TEMP TABLE copy ([table] TEXT NOT NULL, pk BLOB NOT NULL, cid TEXT NOT NULL, val ANY, col_version INTEGER"
    " NOT NULL, db_version INTEGER NOT NULL, site_id BLOB, cl INTEGER NOT NULL, seq INTEGER NOT NULL)"
)
OPERATORS = ("=", "==", "!=", "<", "<=", ">", ">=", "IS", "IS NOT", "LIKE", "NOT LIKE", "GLOB")


@pytest.fixture
def varied(make: MakeReplica) -> apsw.Connection:
    """A file with every kind of change, and a plain copy of them in temp.copy."""
    replica = make("varied", f"{FOO}; {BAR}", ("foo", "bar"))
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 2, 'x'), (300, NULL, 3.5), (-1, x'00', 'é')")
    db.execute("INSERT INTO bar VALUES ('a', 1.5, 1, 'w'), ('b', 2, 5, NULL)")
    db.execute("DELETE FROM foo WHERE a = 300; UPDATE foo SET b = 9; INSERT INTO foo VALUES (300, 0, 0)")
    insert(db, change("b", 5, dbv=40, seq=9), change("c", "z", dbv=40), change("-1", None, cl=3, dbv=41))
    insert(db, change("v", 1, table="bar", pk=pack_columns([9.5, "q"]), site=bytes(15) + b"\x01"))
    db.execute(f"{COPY}; INSERT INTO copy SELECT * FROM crsql_changes")
    return db


def pair(db: apsw.Connection, sql: str, values: tuple[SQLiteValue, ...]) -> tuple[list[Any], list[Any]]:
    """What crsql_changes and its copy answer."""
    virtual = db.execute(sql.replace("{from}", "crsql_changes"), values).fetchall()
    return virtual, db.execute(sql.replace("{from}", "temp.copy"), values).fetchall()


def test_random_filters_and_orders(varied: apsw.Connection) -> None:
    rows = varied.execute("SELECT * FROM copy").fetchall()

    def term(choose: random.Random) -> tuple[str, list[SQLiteValue]]:
        column = choose.randrange(9)
        name = COLUMNS[column] + choose.choice(["", "", "", "", " COLLATE NOCASE"])
        if choose.random() < 0.1:
            return f"{name} IS {choose.choice(['', 'NOT '])}NULL", []
        odd: list[SQLiteValue] = [None, 0, "5", "B", "%o%", 2.5, b"", "foo", "*a*", "-1"]
        value = choose.choice([choose.choice(rows)[column], choose.choice(rows)[column], choose.choice(odd)])
        if choose.random() < 0.1:
            return f"{name} IN (?, ?)", [value, choose.choice(rows)[column]]
        return f"{name} {choose.choice(OPERATORS)} ?", [value]

    for case in budget.cases("crsql_changes filters", seconds=2):
        choose = case.random
        terms = [term(choose) for _ in range(choose.randint(0, 3))]
        where = choose.choice([" AND ", " AND ", " OR "]).join(sql for sql, _ in terms) or "1"
        values = tuple(value for _, part in terms for value in part)
        wanted = ", ".join(choose.sample(COLUMNS, choose.randint(1, 9)))
        virtual, copy = pair(varied, f"SELECT {wanted} FROM {{from}} WHERE {where}", values)
        assert sorted(map(repr, virtual)) == sorted(map(repr, copy)), (case.seed, where, values)
        keys = choose.sample(COLUMNS, choose.randint(1, 4))
        ordered = ", ".join(key + choose.choice(["", " DESC", " ASC", " DESC NULLS FIRST"]) for key in keys)
        limit = choose.choice(["", f" LIMIT {choose.randint(0, 9)} OFFSET {choose.randint(0, 3)}"])
        sql = f"SELECT {', '.join(keys)} FROM {{from}} WHERE {where} ORDER BY {ordered}{limit}"
        virtual, copy = pair(varied, sql, values)
        assert virtual == copy, (case.seed, sql, values)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT max(db_version), min(seq), count(*), count(DISTINCT site_id) FROM {from}",
        "SELECT [table], cid, count(*) FROM {from} GROUP BY [table], cid ORDER BY 1, 2",
        "SELECT DISTINCT db_version FROM {from} ORDER BY 1",
        "SELECT DISTINCT db_version, seq FROM {from} ORDER BY db_version DESC, seq",
        "SELECT a.cid, b.cid FROM {from} AS a JOIN {from} AS b ON b.pk = a.pk AND b.[table] = a.[table] ORDER BY 1, 2",
        "SELECT count(*) FROM {from} WHERE pk IN (SELECT pk FROM {from} WHERE cid = 'v')",
        "SELECT a FROM foo WHERE a IN (SELECT val FROM {from}) ORDER BY 1",
        "SELECT (SELECT count(*) FROM {from} AS i WHERE i.db_version < o.db_version) FROM {from} AS o ORDER BY 1",
        "SELECT count(*) FROM {from} WHERE cid MATCH 'x'",
    ],
)
def test_the_rest_of_sql(varied: apsw.Connection, sql: str) -> None:
    if "MATCH" in sql:
        for source in ("crsql_changes", "temp.copy"):
            with pytest.raises(apsw.SQLError, match="unable to use function MATCH"):
                varied.execute(sql.replace("{from}", source)).fetchall()
    else:
        virtual, copy = pair(varied, sql, ())
        assert virtual == copy


def test_each_row_has_a_rowid_of_its_own(varied: apsw.Connection) -> None:
    numbers = [n for (n,) in varied.execute("SELECT rowid FROM crsql_changes")]
    assert len(set(numbers)) == len(numbers) == varied.execute("SELECT count(*) FROM copy").get
    either = "db_version < 3 OR site_id = crsql_site_id() OR cid = 'b'"
    virtual, copy = pair(varied, f"SELECT count(*) FROM {{from}} WHERE {either}", ())
    assert virtual == copy


def test_rows_come_in_the_order_of_versions(varied: apsw.Connection) -> None:
    found = varied.execute("SELECT db_version, seq FROM crsql_changes").fetchall()
    assert found == sorted(found)
    assert varied.execute("SELECT db_version, seq FROM crsql_changes WHERE cid != '-1' LIMIT 3").fetchall() == found[:3]


def steps(path: Path, sql: str, *values: SQLiteValue) -> int:
    """How much SQLite did inside the virtual table to answer, on a connection of its own."""
    db = connect(path)
    counted = 0

    def ended(event: dict[str, Any]) -> None:
        nonlocal counted
        if "__crsql_clock" in event["sql"]:
            counted += event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"]

    db.trace_v2(apsw.SQLITE_TRACE_PROFILE, ended)
    db.execute(sql, values).fetchall()
    db.trace_v2(0, None)
    db.close()
    return counted


def test_what_is_asked_for_is_all_that_is_read(make: MakeReplica) -> None:
    """2000 rows of each table, 4000 changes of each, 20 versions."""
    replica = make("large", f"{FOO}; CREATE TABLE foo2 (a INTEGER PRIMARY KEY NOT NULL, b, c)", ("foo", "foo2"))
    db, path = replica.connection, replica.path
    for start in range(0, 2000, 100):
        with db:
            for table in ("foo", "foo2"):
                db.executemany(f"INSERT INTO {table} VALUES (?, 'b', 'c')", [(n,) for n in range(start, start + 100)])
    insert(db, change("b", 1, pk=pack_columns([9999])))
    own = replica.site_id
    select = "SELECT * FROM crsql_changes"
    everything = steps(path, select)
    assert everything > 8000
    few = everything / 15  # about one version
    for sql, value in (
        ("WHERE db_version = ?", 7), ("WHERE db_version > ?", 20), ("WHERE db_version > ? LIMIT 10", 0),
        ("WHERE site_id = ?", bytes(16)), ("WHERE [table] = ?", "nope"), ("WHERE pk = ?", pack_columns([7])),
        ("WHERE pk = ?", b"nonsense"), ("LIMIT ?", 10), ("ORDER BY db_version DESC LIMIT ?", 5),
        ("WHERE db_version < ? ORDER BY db_version, seq DESC LIMIT 5", 20),
    ):  # fmt: skip
        allowed = few if value != 7 else 2 * few
        assert steps(path, f"{select} {sql}", value) < allowed, sql
    for sql, value in (("site_id = ?", THEM), ("site_id IS NOT ?", own), ("[table] = ?", "foo")):
        assert steps(path, f"{select} WHERE {sql}", value) < everything * 0.7, sql
    assert steps(path, "SELECT max(db_version) FROM crsql_changes") < few
    assert steps(path, "SELECT count(*) FROM crsql_changes") < everything * 0.7


def test_a_broken_crr_hides_none_of_the_others(make: MakeReplica) -> None:
    db = make("broken", f"{FOO}; {BAR}", ("foo", "bar")).connection
    db.execute("INSERT INTO foo VALUES (1, 2, 3); INSERT INTO bar VALUES ('a', 1, 2, 3)")
    db.execute("DROP TABLE bar")
    assert db.execute("SELECT DISTINCT [table] FROM crsql_changes").fetchall() == [("foo",)]
    assert insert(db, change(pk=pack_columns([8]))) == 1
    with pytest.raises(SchemaMismatch, match="bar"):
        insert(db, change("v", table="bar", pk=pack_columns([1.0, "a"])))


def test_more_tables_than_one_query_can_have(make: MakeReplica, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes_table, "_MOST_TOGETHER", 3)
    names = tuple(f"t{n}" for n in range(10))
    schema = ";".join(f"CREATE TABLE {name} (a INTEGER PRIMARY KEY NOT NULL, b)" for name in names)
    db = make("many", schema, names).connection
    with db:
        for name in names[::-1]:
            db.execute(f"INSERT INTO {name} VALUES (1, 2)")
    db.execute("INSERT INTO t5 VALUES (2, 2)")
    for order, expected in (
        ("", (*names[::-1], "t5")),
        (" ORDER BY db_version, seq DESC", (*names, "t5")),
        (" ORDER BY db_version DESC", ("t5", *names[::-1])),
    ):
        assert tuple(t for (t,) in db.execute(f"SELECT [table] FROM crsql_changes{order}")) == expected


def test_text_that_is_not_utf8_is_named(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, CAST(x'ff' AS TEXT), 3)")
    with pytest.raises(ReplicaError, match="UTF-8"):
        foo.execute("SELECT * FROM crsql_changes").fetchall()
    assert foo.execute("SELECT cid FROM crsql_changes").fetchall() == [("b",), ("c",)], "what is not asked for"


# INSERT


def test_numbers_in_other_guises(foo: apsw.Connection) -> None:
    """As stock reads them: what another binding sends for a large integer may be a float or a text."""
    foo.execute("INSERT INTO crsql_changes VALUES ('foo', ?, 'b', 5, '2', 3e9, ?, 1.0, '7x')", (PK, THEM))
    numbers = foo.execute("SELECT col_version, db_version, cl, seq FROM crsql_changes").fetchall()
    assert numbers == [(2, 3 * 10**9, 1, 7)]


def test_columns_by_name_in_any_order(foo: apsw.Connection) -> None:
    foo.execute(
        "INSERT INTO crsql_changes (site_id, seq, cl, val, cid, pk, [table], db_version, col_version)"
        " SELECT ?, 3, 1, 'v', 'b', crsql_pack_columns(1), 'foo', 7, 2",
        (THEM,),
    )
    assert foo.execute("SELECT * FROM crsql_changes").fetchall() == [("foo", PK, "b", "v", 2, 7, THEM, 1, 3)]
    foo.execute("INSERT INTO crsql_changes (rowid, [table], pk, cid, val, cl) VALUES (77, 'foo', ?, 'c', 1, 1)", (PK,))
    assert foo.execute("SELECT a, b, c FROM foo").fetchall() == [(1, "v", 1)]
    assert foo.execute("SELECT count(*) FROM crsql_changes WHERE rowid = 77").get == 0


def test_one_statement_that_fails_keeps_nothing_of_it(foo: apsw.Connection) -> None:
    rows = [tuple(change("b", n, pk=pack_columns([n]))) for n in range(3)]
    foo.execute(f"{COPY}")
    foo.executemany("INSERT INTO copy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    foo.execute("INSERT INTO copy SELECT [table], x'', cid, val, 1, 1, site_id, 1, 0 FROM copy LIMIT 1")
    with foo:
        foo.execute("INSERT INTO foo VALUES (70, 1, 1)")
        with pytest.raises(InvalidChange):
            foo.execute("INSERT INTO crsql_changes SELECT * FROM copy").fetchall()
    assert foo.execute("SELECT a FROM foo").fetchall() == [(70,)]
    assert foo.execute("SELECT count(*) FROM foo__crsql_pks").get == 1


def test_an_author_that_nobody_knows_is_nobody(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 2, 3); UPDATE foo__crsql_clock SET site_id = 99 WHERE col_name = 'b'")
    for condition, cids in (
        ("site_id IS NOT crsql_site_id()", ["b"]), ("site_id != crsql_site_id()", []), ("site_id IS NULL", []),
        ("site_id IS ?1", ["b"]), ("site_id IS NOT ?1", ["c"]), ("site_id IS crsql_site_id()", ["c"]),
        ("site_id = ?1", []),
    ):  # fmt: skip
        found = foo.execute(f"SELECT cid FROM crsql_changes WHERE {condition}", (None,) if "?" in condition else ())
        assert [cid for (cid,) in found] == cids, condition


def test_its_own_rows_can_be_inserted_again(varied: apsw.Connection) -> None:
    before = varied.execute("SELECT * FROM foo__crsql_clock").fetchall()
    varied.execute("INSERT INTO crsql_changes SELECT * FROM crsql_changes")
    assert varied.execute("SELECT * FROM foo__crsql_clock").fetchall() == before


def test_a_merged_change_reads_back_as_it_was(foo: apsw.Connection) -> None:
    one = Change("foo", PK, "b", "v", 4, 9, THEM, 1, 2)
    insert(foo, one)
    assert [Change(*row) for row in foo.execute("SELECT * FROM crsql_changes")] == [one]
