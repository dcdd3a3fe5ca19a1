"""The SQL surface, statement by statement, on our engine and on the published one: the same answers, and errors at
the same places (in better words)."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from engine.change import SQLiteValue
from engine.crr import connect
from engine.crr.sql_api.fractional import key_between
from engine.errors import SynclineError
from tests import budget
from tests.peers.oracle import CommandFailed, Oracle

SETUP = (
    "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c)",
    "CREATE TABLE bar (a INTEGER PRIMARY KEY NOT NULL, b)",
    "CREATE TABLE keyless (a, b)",
    "SELECT crsql_as_crr('foo')",
)
CLOCK = "SELECT key, col_name, col_version, db_version, site_id, seq FROM foo__crsql_clock"
VERSION, NEXT = "SELECT crsql_db_version()", "SELECT crsql_next_db_version()"
SEQ, BIT, IMPACTED = "SELECT crsql_get_seq()", "SELECT crsql_internal_sync_bit()", "SELECT crsql_rows_impacted()"


def merge(value: int, version: int, *, cid: str = "'b'", cl: int = 1) -> str:
    site = "x'00112233445566778899aabbccddeeff'"
    return f"INSERT INTO crsql_changes VALUES ('foo', x'010901', {cid}, {value}, {cl}, {version}, {site}, {cl}, 3)"


ALONE = [
    *("crsql_site_id(1)", "crsql_db_version(1)", "crsql_get_seq(1)", "crsql_increment_and_get_seq(1)"),
    *("crsql_rows_impacted(1)", "crsql_as_table()", "crsql_as_table('main', 'foo')", "crsql_version()"),
    *(f"crsql_next_db_version({args})" for args in ("7", "'7'", "'7x'", "'x'", "NULL", "7.9", "-5", "x'3738'", "7, 8")),
    *(f"crsql_internal_sync_bit({args})" for args in ("1", "5", "'x'", "'7'", "NULL", "1.9", "1, 2", "4294967297")),
    *(f"crsql_internal_sync_bit({args})" for args in ("2147483648", "-2147483649", "x'31'")),
    *(f"crsql_as_crr({args})" for args in ("", "'bar'", "'main', 'bar'", "'zzz', 'bar'", "NULL, 'bar'")),
    *(f"crsql_as_crr({args})" for args in ("'bar', 'zzz'", "NULL", "1", "''", "'nope'", "'keyless'", "'foo'")),
    *(f"crsql_as_table({args})" for args in ("'foo'", "'nope'", "'bar'")),
    *(f"crsql_fract_as_ordered({args})" for args in ("", "'foo'", "'nope', 'b'", "'foo', 'nope'", "'foo', 'b', 'c'")),
    *(f"crsql_fract_key_between({args})" for args in ("", "NULL", "NULL, NULL", "1, NULL", "'b', 'a'", "'a', NULL")),
    *(f"crsql_fract_key_between({args})" for args in ("'a  ', NULL", "NULL, 'A                          '")),
    *(f"crsql_finalize({args})" for args in ("", "1", "1, 2")),
    *(f"crsql_pack_columns({args})" for args in ("", "1, 'x', NULL, x'00', 1.5", "-1, 300, 'é', ''")),
    *(f"crsql_after_insert({args})" for args in ("", "'foo', 9", "'nope', 9", "'bar', 9", "'foo', 9, 1", "NULL, 9")),
    *(f"crsql_after_update({args})" for args in ("", "'foo', 9", "'foo', 9, 9, 1, 2, 3, 4")),
    *(f"crsql_after_delete({args})" for args in ("", "'foo', 9", "'foo', 9, 9", "'nope', 9")),
]
UNPACK = [
    "SELECT cell FROM crsql_unpack_columns",
    "SELECT cell FROM crsql_unpack_columns WHERE package = 'abc'",
    "SELECT * FROM crsql_unpack_columns WHERE package = x'02090101'",
    "SELECT rowid, * FROM crsql_unpack_columns WHERE package = crsql_pack_columns(1, 'x', NULL)",
    "SELECT cell FROM crsql_unpack_columns(crsql_pack_columns(1, 2))",
    "SELECT cell FROM crsql_unpack_columns WHERE package = x'00'",
    "SELECT cell FROM crsql_unpack_columns WHERE package = x'0109'",
]
SCRIPTS = {
    "a version asked for holds for the next write": [
        "SELECT crsql_next_db_version(500)", VERSION, NEXT, "INSERT INTO foo VALUES (1, 2, 3)", CLOCK, VERSION, NEXT,
    ],
    "unless it is rolled back": [
        "BEGIN", "SELECT crsql_next_db_version(500)", "ROLLBACK", NEXT, "INSERT INTO foo VALUES (1, 2, 3)", CLOCK,
    ],
    "a read transaction that commits keeps it": [
        "BEGIN", "SELECT crsql_next_db_version(500)", "COMMIT", NEXT, "INSERT INTO foo VALUES (1, 2, 3)", CLOCK,
    ],
    "inside one transaction": [
        "BEGIN", "INSERT INTO foo VALUES (1, 2, 3)", SEQ, NEXT, VERSION, "SELECT crsql_next_db_version(9)", VERSION,
        "UPDATE foo SET b = 5", SEQ, CLOCK, "COMMIT", VERSION, SEQ,
    ],
    "a savepoint gives no place back": [
        "BEGIN", "INSERT INTO foo VALUES (1, 2, 3)", "SAVEPOINT x", "UPDATE foo SET b = 7", SEQ, "ROLLBACK TO x", SEQ,
        NEXT, "SELECT crsql_increment_and_get_seq()", SEQ, "UPDATE foo SET b = 8", CLOCK, "COMMIT", SEQ, CLOCK,
    ],
    "rows impacted": [
        merge(5, 1), IMPACTED, "BEGIN", merge(6, 2), IMPACTED, "INSERT INTO foo VALUES (2, 2, 2)", IMPACTED,
        merge(1, 2, cl=3), IMPACTED, merge(0, 2, cl=2), IMPACTED, SEQ, CLOCK, "COMMIT", IMPACTED,
    ],
    "nothing is impacted by what loses": ["BEGIN", merge(6, 2), "COMMIT", "BEGIN", merge(1, 2), IMPACTED, "COMMIT"],
    "a bit set by hand": [
        "SELECT crsql_internal_sync_bit(1)", "INSERT INTO foo VALUES (1, 2, 3)", CLOCK, merge(6, 2), BIT,
        "INSERT INTO foo VALUES (2, 2, 3)", CLOCK,
    ],
    "a bit set by hand outlives a rollback": [
        "SELECT crsql_internal_sync_bit(1)", "BEGIN", "INSERT INTO foo VALUES (1, 2, 3)", "ROLLBACK", BIT,
    ],
    "the bit as a person's triggers see it": [
        "CREATE TABLE log (event, bit)",
        "CREATE TRIGGER i AFTER INSERT ON foo BEGIN INSERT INTO log VALUES ('i', crsql_internal_sync_bit()); END",
        "CREATE TRIGGER u BEFORE UPDATE ON foo BEGIN INSERT INTO log VALUES ('u', crsql_internal_sync_bit()); END",
        "CREATE TRIGGER d AFTER DELETE ON foo BEGIN INSERT INTO log VALUES ('d', crsql_internal_sync_bit()); END",
        "INSERT INTO foo VALUES (2, 2, 2)", "UPDATE foo SET b = 1", merge(6, 2), merge(7, 2),
        merge(0, 2, cid="'-1'", cl=2), merge(0, 2, cid="'-1'", cl=3), merge(1, 9, cl=5), "DELETE FROM foo",
        "SELECT * FROM log", BIT, CLOCK,
    ],
    "a guarded trigger runs for local writes only": [
        "CREATE TABLE log (a)",
        "CREATE TRIGGER i AFTER INSERT ON foo WHEN crsql_internal_sync_bit() = 0"
        " BEGIN INSERT INTO log VALUES (NEW.a); END",
        "INSERT INTO foo VALUES (2, 2, 2)", merge(6, 2), "SELECT * FROM log",
    ],
    "an ordered table": [
        "SELECT crsql_fract_as_ordered('foo', 'b', 'c')", "INSERT INTO foo VALUES (1, 1, 0), (2, 1, 0), (3, -1, 0)",
        *(f"INSERT INTO foo_fractindex (a, c, after_a) VALUES {r}" for r in ("(4, 0, 1)", "(5, 0, 1)", "(6, 0, 9)")),
        "UPDATE foo SET b = 1 WHERE a = 3", "UPDATE foo SET b = -1 WHERE a = 1", "INSERT INTO foo VALUES (7, 1, 1)",
        "UPDATE foo_fractindex SET after_a = 4 WHERE a = 6", "UPDATE foo_fractindex SET after_a = NULL WHERE a = 2",
        "UPDATE foo SET b = (SELECT b FROM foo WHERE a = 4) WHERE a = 5",
        "INSERT INTO foo_fractindex (a, c, after_a) VALUES (8, 0, 4)", "SELECT * FROM foo", CLOCK,
        "DELETE FROM foo_fractindex", "SELECT * FROM foo_fractindex",
        "SELECT crsql_fract_fix_conflict_return_old_key('foo', 'b', 'c', -1, 'a', 4)", "SELECT * FROM foo",
        "INSERT INTO foo VALUES (9, 'nonsense', 2), (10, 1, 2)",
    ],
}  # fmt: skip


BETWEEN = "SELECT crsql_fract_key_between(?, ?)"


def answers(oracle: Oracle, path: Path, statements: list[str]) -> tuple[list[object], list[object]]:
    """What the published engine and ours say to each statement; "error" for any error."""
    theirs: list[object] = []
    with oracle.open() as db:
        for sql in (*SETUP, *statements):
            try:
                theirs.append(db.exec(sql))
            except CommandFailed:
                theirs.append("error")
    ours: list[object] = []
    mine = connect(path, create=True)
    for sql in (*SETUP, *statements):
        try:
            rows: list[tuple[SQLiteValue, ...]] = mine.execute(sql).fetchall()
            ours.append(rows)
        except (SynclineError, apsw.SQLError):
            ours.append("error")
    mine.close()
    return theirs, ours


def test_each_function_alone(oracle: Oracle, tmp_path: Path) -> None:
    for n, sql in enumerate([f"SELECT {call}" for call in ALONE] + UNPACK):
        theirs, ours = answers(oracle, tmp_path / f"{n}.db", [sql])
        assert ours == theirs, sql


@pytest.mark.parametrize("name", SCRIPTS)
def test_script(oracle: Oracle, tmp_path: Path, name: str) -> None:
    theirs, ours = answers(oracle, tmp_path / "ours.db", SCRIPTS[name])
    assert dict(enumerate(ours)) == dict(enumerate(theirs))


def test_keys_between_random_keys(oracle: Oracle) -> None:
    with oracle.open() as db:
        for case in budget.cases("fractional keys", seconds=1):
            keys: list[str] = []
            pairs = []
            for _ in range(400):
                at = case.random.choice([0, len(keys), case.random.randint(0, len(keys))])
                low, high = keys[at - 1] if at else None, keys[at] if at < len(keys) else None
                pairs.append((low, high))
                keys.insert(at, key_between(low, high))
            found = {pair: key_between(*pair) for pair in pairs}
            for _ in range(400):  # far apart too
                low, high = sorted(case.random.sample(keys, 2))
                found[low, high] = key_between(low, high)
            theirs = db.executemany(BETWEEN, list(found))
            assert [key for (key,) in theirs] == list(found.values()), f"seed {case.seed}"
