"""Writes to rows with text that nobody can read, through engine.crr: what the triggers cannot tell of is recorded as if
they had."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.crr import connect
from engine.errors import ReplicaError
from tests import budget

SCHEMAS = {
    "rowid": "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, a, g AS (a || 'x'), b, c)",
    "two keys": "CREATE TABLE t (b, id INT NOT NULL, a, k NOT NULL DEFAULT 1, c, PRIMARY KEY (k, id)) WITHOUT ROWID",
}
BAD = "CAST(x'4aff' AS TEXT)"


@pytest.fixture(params=SCHEMAS)
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[apsw.Connection]:
    db = make(tmp_path / "a.db", SCHEMAS[request.param])
    yield db
    db.close()


def make(path: Path, schema: str) -> apsw.Connection:
    db = connect(path, create=True)
    db.execute(f"{schema}; SELECT crsql_as_crr('t'); CREATE TABLE plain (n)").fetchall()
    return db


def clock(db: apsw.Connection) -> dict[tuple[Any, str], tuple[Any, ...]]:
    """The clock rows of each id, but for their seqs."""
    return {
        (id_, cid): rest
        for id_, cid, *rest in db.execute(
            "SELECT p.id, c.col_name, c.col_version, c.db_version, c.site_id"
            " FROM t__crsql_clock AS c JOIN t__crsql_pks AS p ON p.__crsql_key = c.key"
        )
    }  # type: ignore[misc]


def written(db: apsw.Connection, before: dict[tuple[Any, str], tuple[Any, ...]]) -> set[tuple[Any, str]]:
    after = clock(db)
    return {place for place in after.keys() | before.keys() if after.get(place) != before.get(place)}


STATEMENTS = {
    "the text": ("UPDATE t SET a = 'Ja' WHERE id = 7", {(7, "a")}),
    "another column": ("UPDATE t SET b = 'x' WHERE id = 7", {(7, "b")}),
    "all rows": ("UPDATE t SET b = 'x'", {(7, "b"), (1, "b")}),
    "nothing": ("UPDATE t SET b = b, a = a", set()),
    "as a blob": ("UPDATE t SET a = CAST(a AS BLOB)", {(7, "a"), (1, "a")}),
    "into a bad one": (f"UPDATE t SET c = {BAD} WHERE id = 1", {(1, "c")}),
    "deleted": ("DELETE FROM t WHERE id = 7", {(7, cid) for cid in ("-1", "a", "b", "c")}),
    "moved": (
        "UPDATE t SET id = 8 WHERE id = 7",
        {(7, "-1"), *((number, cid) for number in (7, 8) for cid in ("a", "b", "c"))},
    ),
    "upserted": (
        "INSERT INTO t (id, a) VALUES (7, 'Ja'), (9, 'new') ON CONFLICT DO UPDATE SET a = excluded.a",
        {(7, "a"), (9, "a"), (9, "b"), (9, "c")},
    ),
}


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a transaction"])
@pytest.mark.parametrize("what", STATEMENTS)
def test_what_is_written_is_recorded(db: apsw.Connection, what: str, inside: bool) -> None:
    sql, expected = STATEMENTS[what]
    db.execute(f"INSERT INTO t (id, a, b, c) VALUES (7, {BAD}, 'b', 'c'), (1, 'a', 'b', 'c')")
    before = clock(db)
    if inside:
        db.execute("BEGIN; INSERT INTO plain VALUES (1)")
    db.execute(sql)
    if inside:
        assert db.in_transaction
        db.execute("COMMIT")
    assert not db.in_transaction
    assert written(db, before) == expected
    assert {version for place, (_, version, _) in clock(db).items() if place in expected} <= {2}
    assert db.execute("SELECT crsql_db_version()").get == (2 if expected else 1)


def test_rolled_back_with_the_rest(db: apsw.Connection) -> None:
    db.execute(f"INSERT INTO t (id, a) VALUES (7, {BAD}), (8, 'a')")
    before = clock(db)
    db.execute("BEGIN; UPDATE t SET b = 'x'; ROLLBACK")
    assert written(db, before) == set()
    with pytest.raises(apsw.ConstraintError):
        db.execute("UPDATE t SET b = 'y', id = 5")
    assert not db.in_transaction
    assert written(db, before) == set()
    assert db.execute("SELECT DISTINCT b FROM t").fetchall() == [(None,)]


def test_several_statements_and_their_bindings(db: apsw.Connection) -> None:
    db.execute(f"INSERT INTO t (id, a) VALUES (7, {BAD})")
    db.execute(
        "INSERT INTO plain VALUES (?); UPDATE t SET b = ? -- a comment; with a semicolon\n WHERE id = ?;"
        " INSERT INTO plain VALUES (?); UPDATE t SET c = ?; INSERT INTO plain VALUES (';'); ",
        (1, "x", 7, 2, "y"),
    )
    assert db.execute("SELECT n FROM plain").fetchall() == [(1,), (2,), (";",)]
    assert db.execute("SELECT b, c FROM t").get == ("x", "y")
    db.execute("UPDATE t SET b = :b; UPDATE t SET c = :c", {"b": "bb", "c": "cc"})
    assert db.execute("SELECT b, c FROM t").get == ("bb", "cc")
    assert clock(db)[7, "c"][0] == 3


def test_many_at_once(db: apsw.Connection) -> None:
    db.execute(f"INSERT INTO t (id, a) VALUES (7, {BAD}), (8, 'a')")
    db.executemany("UPDATE t SET b = ? WHERE id = ?", iter([(1, 8), (2, 7), (3, 8), (4, 7)]))
    assert db.execute("SELECT id, b FROM t ORDER BY id").fetchall() == [(7, 4), (8, 3)]
    assert (clock(db)[7, "b"][0], clock(db)[8, "b"][0]) == (3, 3)
    cursor = db.cursor()
    cursor.execute("UPDATE t SET b = 'by a cursor' WHERE id = 7")
    assert clock(db)[7, "b"][0] == 4


def test_an_apps_own_hooks_go_on(db: apsw.Connection) -> None:
    """Its authorizer, its trace, its triggers and their guard."""
    db.execute(f"INSERT INTO t (id, a) VALUES (7, {BAD})")
    db.execute(
        "CREATE TRIGGER mine AFTER UPDATE ON t WHEN crsql_internal_sync_bit() = 0"
        " BEGIN INSERT INTO plain VALUES (NEW.b); END"
    )
    asked: list[str | None] = []

    def authorize(action: int, first: str | None, *_: str | None) -> int:
        asked.append(first)
        return apsw.SQLITE_DENY if first == "forbidden" else apsw.SQLITE_OK

    db.execute("CREATE TABLE forbidden (x)")
    db.authorizer = authorize
    db.execute("UPDATE t SET b = 'x'")
    assert db.authorizer is authorize
    assert "t" in asked
    db.authorizer = None
    assert db.execute("SELECT n FROM plain").fetchall() == [("x",)]
    traced: list[str] = []
    cursor = db.cursor()
    cursor.exec_trace = lambda _, sql, bindings: traced.append(sql) or True  # type: ignore[func-returns-value]
    cursor.execute("UPDATE t SET b = 'y'; UPDATE t SET b = 'z'")
    assert len(traced) >= 2
    assert db.execute("SELECT b FROM t").get == "z"


def test_a_new_key_that_nobody_can_read_is_refused_in_words(tmp_path: Path) -> None:
    for encoding, bad in (("UTF-8", "4aff"), ("UTF-16le", "4a0000d8"), ("UTF-16be", "004ad800")):
        path = tmp_path / f"{encoding}.db"
        plain = apsw.Connection(str(path))
        plain.execute(f"PRAGMA encoding = '{encoding}'; CREATE TABLE x (y)")
        plain.close()
        db = make(path, "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, a)")
        db.execute("INSERT INTO t VALUES ('good', 1)")
        for sql in (f"INSERT INTO t VALUES (CAST(x'{bad}' AS TEXT), 1)", f"UPDATE t SET id = CAST(x'{bad}' AS TEXT)"):
            with pytest.raises(ReplicaError, match="its key is not valid text"):
                db.execute(sql)
        assert db.execute("SELECT * FROM t").fetchall() == [("good", 1)]
        assert not db.in_transaction
        db.close()


def test_text_that_is_not_ours_to_read(db: apsw.Connection) -> None:
    """What an app itself asks for, or hands over, fails as it does without us."""
    db.execute(f"INSERT INTO t (id, a) VALUES (7, {BAD})")
    with pytest.raises(UnicodeDecodeError):
        db.execute("SELECT a FROM t").fetchall()
    with pytest.raises(UnicodeEncodeError):
        db.execute("UPDATE t SET b = ?", ("\ud800",))
    db.create_scalar_function("mine", lambda value: value)
    with pytest.raises(UnicodeDecodeError):
        db.execute("UPDATE t SET b = mine(a)")
    assert db.execute("SELECT b FROM t").get is None


@pytest.mark.soak
def test_as_the_triggers_tell_it(tmp_path: Path) -> None:
    """The same statements, on two files of which one has a row more, which keeps the triggers from telling."""
    for case in budget.cases("writes beside text that is none", seconds=2, at_least=5):
        choose = case.random
        schema = choose.choice(list(SCHEMAS.values()))
        files = [make(tmp_path / f"{case.seed}-{side}.db", schema) for side in "ab"]
        files[1].execute(f"INSERT INTO t (id, a) VALUES (-1, {BAD})")
        files[0].execute("INSERT INTO t (id) VALUES (-1)")
        for _ in range(12):
            sql = statement(choose)
            for db in files:
                db.execute(sql)
            one, other = map(clock, files)
            assert {k: v for k, v in one.items() if k[0] != -1} == {k: v for k, v in other.items() if k[0] != -1}, sql
        for db in files:
            db.close()


def statement(choose: random.Random) -> str:
    """One that meets every row, and the row -1 with them; no key is changed, which is told otherwise here."""
    column, value = choose.choice("abc"), choose.choice(["1", "1.0", "'x'", "NULL", "x'00'", "id", "b"])
    if column == "a":
        value = f"CASE WHEN id > 0 THEN {value} ELSE a END"
    some = f"id < 0 OR id % 3 = {choose.randrange(3)}"
    return choose.choice(
        [
            f"INSERT OR IGNORE INTO t (id, b) VALUES ({choose.randrange(1, 20)}, {choose.randrange(3)})",
            f"UPDATE t SET {column} = {value} WHERE {some}",
            f"UPDATE t SET {column} = {value}, c = 'c{choose.randrange(3)}'",
            f"DELETE FROM t WHERE id = {choose.randrange(1, 20)}",
        ]
    )
