"""A batch merged at once ends exactly like the same changes merged one by one: rows, clocks, stamps, winners."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import apsw
import pytest

from engine.change import Change, SQLiteValue
from engine.crr.merge import merger
from engine.replica import Replica
from engine.tables import batches, pack_columns
from engine.tables.grouping import shapes
from tests import budget
from tests.engine.crr.conftest import MakeReplica
from tests.engine.crr.test_merge import THEM, change, insert

SCHEMA = (
    "CREATE TABLE foo (a NOT NULL PRIMARY KEY, b, c REAL DEFAULT 7); CREATE TABLE only (k TEXT PRIMARY KEY NOT NULL)"
)
KEYS: list[SQLiteValue] = [1, "1", b"1", 2]
VALUES: list[SQLiteValue] = [None, 1, 2, 1.0, "1", b"1", "b"]


def state(replica: Replica) -> tuple[object, ...]:
    db = replica.connection
    clocks = []
    for table, key in (("foo", "a"), ("only", "k")):
        clocks += db.execute(
            f"SELECT p.{key}, typeof(p.{key}), col_name, col_version, db_version, s.site_id, seq"
            f" FROM {table}__crsql_clock AS c JOIN {table}__crsql_pks AS p ON p.__crsql_key = c.key"
            " JOIN crsql_site_id AS s ON s.ordinal = c.site_id"
        ).fetchall()
    rows = [repr(row) for table in ("foo", "only") for row in replica.live_rows(table)]
    return rows, sorted(map(repr, clocks)), replica.db_version()


def random_change(choose: random.Random, authors: list[bytes]) -> Change:
    length = choose.choice([1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5])
    only = choose.random() < 0.2
    cid = "-1" if only or length % 2 == 0 or choose.random() < 0.1 else choose.choice("bc")
    key = choose.choice("xy") if only else choose.choice(KEYS)
    return Change(
        "only" if only else "foo", pack_columns([key]), cid, choose.choice(VALUES) if cid != "-1" else None,
        length if cid == "-1" else choose.randrange(4), choose.randrange(30), choose.choice(authors), length,
        choose.randrange(9),
    )  # fmt: skip


def test_at_once_and_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for case in budget.cases("merge in batches", seconds=3):
        choose = case.random
        authors = [THEM, bytes(range(1, 17)), bytes(16)]
        monkeypatch.setattr(batches, "AT_ONCE", choose.choice([1, 2, 7, 4096]))
        monkeypatch.setattr(merger, "CROSSOVER", choose.choice([1, 100]))
        monkeypatch.setattr(shapes, "FEWEST", choose.choice([1, 8]))
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / f"{n}.db" for n in range(2)]
            for file in files:
                with Replica.open(file, create=True) as fresh:
                    fresh.connection.execute("UPDATE crsql_site_id SET site_id = zeroblob(16)")
            at_once, by_sql = map(Replica.open, files)
            for replica in (at_once, by_sql):
                replica.connection.execute("PRAGMA synchronous = OFF")
                replica.connection.execute(SCHEMA)
                replica.make_crr("foo")
                replica.make_crr("only")
            for _ in range(choose.randrange(1, 6)):
                if choose.random() < 0.5:
                    for replica in (at_once, by_sql):
                        replica.connection.execute("INSERT OR REPLACE INTO foo VALUES (1, 'mine', 2.5)")
                batch = [random_change(choose, authors) for _ in range(choose.randrange(1, 40))]
                before = at_once.db_version()
                result = at_once.merge(batch)
                impacted = insert(by_sql.connection, *batch)
                assert state(at_once) == state(by_sql)
                assert len(result.applied) <= impacted
                assert (result.before, result.after) == (before, at_once.db_version())
            at_once.close()
            by_sql.close()


def test_more_than_one_block(make: MakeReplica) -> None:
    one, two = make("one"), make("two")
    with one.connection:
        one.connection.executemany("INSERT INTO foo VALUES (?, ?, ?)", ((n, n, str(n)) for n in range(5000)))
    first = two.merge(one.changes().changes)
    assert (len(first.applied), first.after) == (10000, 1)
    with one.connection:
        one.connection.execute("UPDATE foo SET b = -a WHERE a % 3 = 0; DELETE FROM foo WHERE a % 5 = 0")
    second = two.merge(one.changes(1).changes)
    assert list(two.live_rows("foo")) == list(one.live_rows("foo"))
    assert {(a.old, a.had_old) for a in second.applied if a.key == (3,)} == {(3, True)}


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_files_in_another_text_encoding(make: MakeReplica, encoding: str) -> None:
    schema = "CREATE TABLE foo (a TEXT PRIMARY KEY NOT NULL, b, c)"
    one = make("one", schema)
    one.connection.execute("INSERT INTO foo VALUES ('é', '\U0001f600', '\uffff'), ('b', 'x', 'y')")
    two_path = one.path.parent / "utf16.db"
    plain = apsw.Connection(str(two_path))
    plain.execute(f"PRAGMA encoding = '{encoding}'; {schema}")
    plain.close()
    with Replica.open(two_path) as two:
        two.make_crr("foo")
        two.merge(one.changes().changes)
        two.connection.execute("UPDATE foo SET b = 'ü' WHERE a = 'é'")
        one.merge(two.changes(1).changes)
        assert list(one.live_rows("foo")) == list(two.live_rows("foo"))
        assert not two.merge([change("c", "\ufffe", pk=pack_columns(["é"]))]).applied
        assert two.merge([change("c", "\U00010000", pk=pack_columns(["é"]))]).applied
