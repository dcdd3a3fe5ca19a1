"""Changes merged one at a time, in a person's transaction: as by the way of batches, whatever comes between them."""

from __future__ import annotations

import gc
import random
import tempfile
import weakref
from pathlib import Path

import apsw
import pytest

from engine.change import SQLiteValue
from engine.crr import connect
from engine.crr.merge.single import Single
from engine.errors import InvalidChange, SchemaMismatch, SynclineError, TableBroken
from engine.tables import pack_columns
from tests import budget
from tests.engine.crr.altering import alter, dump
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_merge import PK, THEM, change

OTHER = bytes(range(50, 66))
MERGE = "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
THREE = f"INSERT INTO crsql_changes VALUES {', '.join(['(?, ?, ?, ?, ?, ?, ?, ?, ?)'] * 3)}"
IMPACTED = "SELECT crsql_rows_impacted()"

TABLES = {
    "foo": "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b INTEGER, c TEXT, d)",
    "strict": "CREATE TABLE strict (a TEXT PRIMARY KEY NOT NULL, b REAL CHECK (b < 50), c NUMERIC DEFAULT 5, d)"
    " WITHOUT ROWID",
    "pair": "CREATE TABLE pair (k TEXT NOT NULL, b, a INTEGER NOT NULL, c COLLATE NOCASE, d INT DEFAULT 7,"
    " PRIMARY KEY (a, k))",
    "loose": "CREATE TABLE loose (a PRIMARY KEY NOT NULL, b, c, d)",
}
VALUES: list[SQLiteValue] = [None, 0, 1, 2, 49, 50, 2**62, 1.0, 2.5, float("nan"), "1", "b", "B", "", b"1", b"", "1e3"]
LOOKS = (
    "SELECT crsql_rows_impacted(), crsql_get_seq(), crsql_db_version(), crsql_internal_sync_bit()",
    "SELECT * FROM crsql_changes ORDER BY db_version, seq, [table], pk, cid",
    "SELECT * FROM crsql_site_id",
    *(f"SELECT * FROM {name}{end}" for name in TABLES for end in ("", "__crsql_pks", "__crsql_clock")),
)


LOCAL = (
    "INSERT INTO foo (a, b) VALUES ({n}, 7)",
    "UPDATE foo SET c = 'mine' WHERE a >= {n}",
    "DELETE FROM foo WHERE a = {n}",
    "UPDATE pair SET d = d + 1",
    "INSERT OR REPLACE INTO loose VALUES ({n}, 1, 2, 3)",
    "DELETE FROM strict",
    "DELETE FROM foo__crsql_clock WHERE key = {n} AND col_name = 'c'",
    "SELECT crsql_next_db_version(60)",
)
TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT s", "ROLLBACK TO s", "ROLLBACK TO s", "RELEASE s")
SCHEMA = (
    "CREATE UNIQUE INDEX IF NOT EXISTS only ON foo (b)",
    "DROP INDEX IF EXISTS only",
    "CREATE TEMP TRIGGER IF NOT EXISTS mine AFTER INSERT ON loose BEGIN SELECT RAISE(ABORT, 'no'); END",
    "DROP TRIGGER IF EXISTS mine",
    "SELECT crsql_as_table('strict')",
    "SELECT crsql_as_crr('strict')",
    "CREATE TRIGGER guard BEFORE UPDATE ON pair WHEN NEW.b = 1 BEGIN SELECT RAISE(IGNORE); END",
    "DROP TRIGGER guard",
)
MEDDLING = (
    "SELECT crsql_config_set('merge-equal-values', 1)",
    "SELECT crsql_config_set('merge-equal-values', 0)",
    "DELETE FROM crsql_site_id WHERE ordinal > 0",
    "UPDATE crsql_site_id SET ordinal = ordinal + 5 WHERE ordinal > 0",
    "SELECT crsql_internal_sync_bit(1)",
)
KINDS = {"merge": 40, "many": 15, "select": 5, "local": 20, "transaction": 20, "schema": 2, "meddling": 4}
BAD: tuple[tuple[int, SQLiteValue], ...] = (
    (0, "none"),
    (1, b""),
    (1, pack_columns([None])),
    (2, "none"),
    (4, 2**60),
    (5, 2**53),
)
"""A field of a change, and what it may not hold."""

Fields = tuple[SQLiteValue, ...]
Bound = Fields | list[Fields]


class Script:
    """Statements that any program may run, most of them merges."""

    def __init__(self, choose: random.Random) -> None:
        self._choose = choose

    def key(self, table: str) -> bytes:
        number = self._choose.randrange(6)
        if table == "foo":
            return pack_columns([number]) if self._choose.random() < 0.95 else b"\x01\x11\0" + bytes([number])
        if table == "strict":
            return pack_columns([f"é{number}"])
        if table == "pair":
            return pack_columns([number // 2, f"k{number % 2}"])
        return pack_columns([self._choose.choice([number, float(number), str(number)])])

    def change(self) -> Fields:
        choose = self._choose
        table = choose.choice(list(TABLES))
        cl: SQLiteValue = choose.choice([1, 1, 1, 1, 1, 1, 2, 3, 3, 4, 0, -1])
        cid = choose.choice(["b", "c", "d", "b", "c", "d", "-1"]) if cl not in (2, 4) else "-1"
        col_version: SQLiteValue = cl if cid == "-1" else choose.choice([1, 1, 1, 2, 2, 3, 0, -3])
        value = choose.choice(VALUES) if cid != "-1" else None
        site = choose.choice([THEM, THEM, THEM, OTHER, bytes(16), None, b"", b"short"])
        odd = choose.random()
        if odd < 0.03:
            col_version = choose.choice([None, "2", 1.0])
        version, seq = choose.randrange(40), choose.randrange(5)
        made: list[SQLiteValue] = [table, self.key(table), cid, value, col_version, version, site, cl, seq]
        if odd > 0.97:
            place, what = choose.choice(BAD)
            made[place] = what
        return tuple(made)

    def step(self) -> tuple[str, Bound]:
        """A statement, and what is bound to it; a list for many times."""
        choose = self._choose
        kind = choose.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "merge":
            return MERGE, self.change()
        if kind == "many":
            one = self.change()
            return MERGE, [one, (*one[:2], choose.choice("bcd"), *one[3:]), self.change()]
        if kind == "select":
            return THREE, self.change() + self.change() + self.change()
        texts = {"local": LOCAL, "transaction": TRANSACTIONS, "schema": SCHEMA, "meddling": MEDDLING}[kind]
        return choose.choice(texts).format(n=choose.randrange(6)), ()


def run(db: apsw.Connection, steps: list[tuple[str, Bound]]) -> list[str]:
    """What each statement answers, and the whole file after it."""
    told = []
    for sql, bound in steps:
        try:
            cursor = db.executemany(sql, bound) if isinstance(bound, list) else db.execute(sql, bound)
            answer: object = cursor.fetchall()
        except (SynclineError, apsw.Error, ValueError) as error:
            answer = type(error), str(error)
        told.append(repr((sql, bound, answer, db.in_transaction, [found(db, look) for look in LOOKS])))
    return told


def found(db: apsw.Connection, sql: str) -> object:
    try:
        return db.execute(sql).fetchall()
    except (apsw.SQLError, SynclineError) as error:
        return str(error)


def test_one_by_one_as_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for case in budget.cases("merge one by one", seconds=8, at_least=3):
        script = Script(case.random)
        steps = [script.step() for _ in range(case.random.choice([20, 60]))]
        outcomes = []
        for way in ("single", "rowwise"):
            with monkeypatch.context() as patch, tempfile.TemporaryDirectory() as folder:
                if way == "rowwise":
                    patch.setattr(Single, "decide", lambda *_: None)
                path = Path(folder) / "a.db"
                connect(path, create=True).execute("UPDATE crsql_site_id SET site_id = zeroblob(16)")
                db = connect(path)
                db.execute("PRAGMA synchronous = OFF")
                for name, schema in TABLES.items():
                    db.execute(schema)
                    db.execute("SELECT crsql_as_crr(?)", (name,))
                outcomes.append(run(db, steps))
                db.close()
        for n, (single, rowwise) in enumerate(zip(*outcomes, strict=True)):
            assert single == rowwise, (case.seed, n)


def test_what_was_merged_is_seen_at_once(foo: apsw.Connection) -> None:
    foo.execute("BEGIN")
    for n in range(1, 4):
        foo.execute(MERGE, change(val=n, cv=n, dbv=n))
        assert foo.execute("SELECT b FROM foo").get == n
        assert foo.execute("SELECT val, col_version, db_version FROM crsql_changes").fetchall() == [(n, n, n)]
        assert foo.execute("SELECT col_version FROM foo__crsql_clock").get == n
        assert foo.execute(IMPACTED).get == n
    foo.execute("COMMIT")


def test_an_author_that_was_taken_back_is_numbered_again(foo: apsw.Connection) -> None:
    foo.execute("BEGIN; SAVEPOINT s")
    foo.execute(MERGE, change("b", site=OTHER))
    foo.execute("ROLLBACK TO s")
    foo.execute(MERGE, change("b", site=THEM))
    foo.execute(MERGE, change("c", site=OTHER))
    foo.execute("COMMIT")
    assert foo.execute("SELECT cid, site_id FROM crsql_changes").fetchall() == [("b", THEM), ("c", OTHER)]


def test_an_author_that_is_numbered_otherwise_meanwhile(foo: apsw.Connection) -> None:
    with foo:
        foo.execute(MERGE, change("b"))
        foo.execute("UPDATE crsql_site_id SET ordinal = 9 WHERE ordinal = 1; UPDATE foo__crsql_clock SET site_id = 9")
        foo.execute(MERGE, change("c"))
    assert foo.execute("SELECT site_id FROM foo__crsql_clock").fetchall() == [(9,), (9,)]


def test_a_column_that_comes_and_is_taken_back(foo: apsw.Connection) -> None:
    foo.execute("BEGIN")
    foo.execute(MERGE, change("b"))
    with pytest.raises(SchemaMismatch, match="“new”"):
        foo.execute(MERGE, change("new"))
    foo.execute("SAVEPOINT s")
    alter(foo, "ALTER TABLE foo ADD COLUMN new")
    foo.execute(MERGE, change("new", 5))
    assert foo.execute("SELECT new FROM foo").get == 5
    foo.execute("ROLLBACK TO s")
    with pytest.raises(SchemaMismatch, match="“new”"):
        foo.execute(MERGE, change("new", 5))
    foo.execute("COMMIT")
    assert foo.execute("SELECT * FROM foo").fetchall() == [(1, 99, None)]


def test_a_trigger_that_comes_between(foo: apsw.Connection) -> None:
    foo.execute("BEGIN")
    foo.execute(MERGE, change(val=1))
    foo.execute("CREATE TRIGGER guard BEFORE UPDATE ON foo BEGIN SELECT RAISE(IGNORE); END")
    with pytest.raises(TableBroken, match="guard"):
        foo.execute(MERGE, change(val=2))
    foo.execute("DROP TRIGGER guard")
    foo.execute(MERGE, change(val=3))
    foo.execute("COMMIT")
    assert foo.execute("SELECT b FROM foo").get == 3


def test_a_setting_that_changes_between(foo: apsw.Connection) -> None:
    with foo:
        foo.execute(MERGE, change(val="same", site=THEM))
        foo.execute(MERGE, change(val="same", site=OTHER))
        assert foo.execute(IMPACTED).get == 1
        foo.execute("SELECT crsql_config_set('merge-equal-values', 1)")
        foo.execute(MERGE, change(val="same", site=OTHER))
        assert foo.execute(IMPACTED).get == 2
    assert foo.execute("SELECT site_id FROM crsql_changes").get == OTHER


def test_what_came_before_a_refused_row_stays(foo: apsw.Connection) -> None:
    rows = [change(val=n, pk=pack_columns([n])) for n in range(4)]
    rows[2] = rows[2]._replace(pk=b"")
    foo.execute("BEGIN")
    with pytest.raises(InvalidChange):
        foo.executemany(MERGE, rows)
    assert foo.execute(IMPACTED).get == 2
    foo.execute("INSERT INTO foo VALUES (9, 9, 9); COMMIT")
    assert foo.execute("SELECT a FROM foo").fetchall() == [(0,), (1,), (9,)]
    assert foo.execute("SELECT count(*) FROM foo__crsql_pks").get == 3


@pytest.mark.parametrize("how", ["RAISE(ABORT, 'no')", "RAISE(FAIL, 'no')", "RAISE(ROLLBACK, 'no')"])
def test_a_temporary_trigger_that_refuses(foo: apsw.Connection, how: str) -> None:
    before = dump(foo)
    foo.execute(f"CREATE TEMP TRIGGER mine BEFORE INSERT ON foo BEGIN SELECT {how}; END; BEGIN")
    with pytest.raises(SchemaMismatch, match="no"):
        foo.execute(MERGE, change(cl=3))
    assert foo.in_transaction is ("ROLLBACK" not in how)
    if foo.in_transaction:
        assert foo.execute(IMPACTED).get == 0
        foo.execute("ROLLBACK")
    assert dump(foo) == before
    foo.execute("DROP TRIGGER mine; INSERT INTO foo VALUES (1, 2, 3)")
    assert foo.execute("SELECT count(*) FROM foo__crsql_clock").get == 2, "writes are tracked again"


def test_merges_by_a_trigger(make: MakeReplica) -> None:
    db = make(schema=f"{FOO}; CREATE TABLE inbox (pk, cid, val, cv)").connection
    db.execute(
        "CREATE TRIGGER takes AFTER INSERT ON inbox BEGIN INSERT INTO crsql_changes"
        f" VALUES ('foo', NEW.pk, NEW.cid, NEW.val, NEW.cv, 5, x'{THEM.hex()}', 1, 0); END"
    )
    with db:
        db.executemany("INSERT INTO inbox VALUES (?, ?, ?, ?)", [(PK, "b", 1, 1), (PK, "c", 2, 1), (PK, "b", 3, 2)])
        assert db.execute(IMPACTED).get == 3
    assert db.execute("SELECT * FROM foo").fetchall() == [(1, 3, 2)]


def test_a_merge_inside_the_statement_of_another(foo: apsw.Connection) -> None:
    """By a function of a person's that makes the values."""

    def more(*values: SQLiteValue) -> SQLiteValue:
        foo.execute(MERGE, change("c", values[0], pk=pack_columns(values), site=OTHER))
        return 10 * int(values[0] or 0)

    foo.create_scalar_function("more", more, 1)
    with foo:
        foo.execute(
            "INSERT INTO crsql_changes SELECT 'foo', crsql_pack_columns(n), 'b', more(n), 1, 5, ?, 1, 0"
            " FROM (SELECT 1 AS n UNION ALL SELECT 2)",
            (THEM,),
        )
        assert foo.execute(IMPACTED).get == 4
    assert foo.execute("SELECT * FROM foo").fetchall() == [(1, 10, 1), (2, 20, 2)]
    authors = "SELECT DISTINCT cid, site_id FROM crsql_changes ORDER BY 1"
    assert foo.execute(authors).fetchall() == [("b", THEM), ("c", OTHER)]


def test_a_refusal_keeps_no_lock(make: MakeReplica) -> None:
    replica = make()
    other = apsw.Connection(str(replica.path))
    kept = []
    for bad in (change("none"), change(pk=b""), change("none", cl=3)):
        with pytest.raises(SynclineError) as error:
            replica.connection.execute(MERGE, bad)
        kept.append(error)
        other.execute("CREATE TABLE IF NOT EXISTS others (a); INSERT INTO others VALUES (1)")
    assert other.execute("SELECT count(*) FROM others").get == len(kept)
    other.close()


def test_a_connection_that_is_let_go_in_a_transaction(tmp_path: Path) -> None:
    """It closes, and with it goes what was not committed: no cursor of ours holds it."""
    path = tmp_path / "a.db"
    db = connect(path, create=True)
    db.execute(f"{FOO}; SELECT crsql_as_crr('foo')").fetchall()
    db.execute("BEGIN")
    db.execute(MERGE, change())
    gone = weakref.ref(db)
    del db
    gc.collect()
    assert gone() is None
    again = connect(path)
    assert again.execute("SELECT count(*) FROM foo").get == 0
    again.close()


def test_a_statement_of_many_rows_that_fails(foo: apsw.Connection) -> None:
    """It takes back what it did, a new author among that, and nothing of the statements before it."""
    rows = [change(val=n, pk=pack_columns([n])) for n in range(6)]
    bad = [rows[3], rows[4]._replace(site_id=OTHER), rows[5]._replace(cid="none")]
    with foo:
        foo.execute(THREE, sum(map(tuple, rows[:3]), ()))
        with pytest.raises(SchemaMismatch):
            foo.execute(THREE, sum(map(tuple, bad), ()))
        foo.execute(MERGE, rows[5]._replace(site_id=OTHER))
    assert foo.execute("SELECT a FROM foo").fetchall() == [(0,), (1,), (2,), (5,)]
    assert foo.execute("SELECT DISTINCT site_id FROM crsql_changes").fetchall() == [(THEM,), (OTHER,)]
