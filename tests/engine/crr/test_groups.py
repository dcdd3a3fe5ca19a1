"""Rows merged in groups end exactly like the same rows merged one by one: numbers, stamps, order, and what is told."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.change import Change, SQLiteValue
from engine.crr.merge import merger
from engine.errors import InvalidChange, SynclineError
from engine.replica import Replica
from engine.tables import batches, pack_columns
from engine.tables.grouping import shapes
from tests import budget
from tests.engine.crr.conftest import MakeReplica
from tests.engine.crr.test_merge import THEM, change

OTHER, OWN = bytes(range(50, 66)), bytes(16)
VALUES: list[SQLiteValue] = [
    None,
    0,
    1,
    2,
    2**62,
    -(2**63),
    1.0,
    2.5,
    "1",
    "b",
    "",
    b"1",
    b"",
    float("nan"),
    "1e3",
    7.0,
]
TABLES = {
    "whole": "CREATE TABLE whole (id INTEGER PRIMARY KEY NOT NULL, b INTEGER, c TEXT, d)",
    "worded": "CREATE TABLE worded (id TEXT PRIMARY KEY NOT NULL, b REAL, c NUMERIC DEFAULT 5, d BLOB) WITHOUT ROWID",
    "double": "CREATE TABLE double (k TEXT NOT NULL, b, id INTEGER NOT NULL, c, d INT DEFAULT 7, PRIMARY KEY (id, k))",
    "loose": "CREATE TABLE loose (id NOT NULL PRIMARY KEY, b, c, d COLLATE NOCASE)",
}


def key_of(table: str, number: int, choose: random.Random) -> bytes:
    if table == "whole":
        packed = pack_columns([number])
        return packed if choose.random() < 0.98 else b"\x01\x19\0\0" + bytes([number])  # the same, a byte longer
    if table == "worded":
        return pack_columns(["é" * (number % 7) + str(number)])
    if table == "double":
        return pack_columns([number // 3, f"k{number % 3}"])
    return pack_columns([choose.choice([number, number, number, float(number), str(number), str(number).encode()])])


def draw(choose: random.Random) -> list[Change]:
    """A batch: whole rows side by side, parts of rows, and now and then what only hostile peers send."""
    batch: list[Change] = []
    version = choose.randrange(20)
    for _ in range(choose.choice([1, 1, 2, 3])):
        table = choose.choice(list(TABLES))
        regular = choose.choice([["b", "c", "d"], ["d", "b"], ["c"], ["-1"], None, None])
        length = choose.choice([2, 2, 4, 3, 1, 0] if regular == ["-1"] else [1, 1, 1, 1, 3])
        step = choose.choice([0, 0, 0, 1])
        numbers = choose.choices(range(60), k=choose.randrange(1, 40))
        if choose.random() < 0.5:
            numbers = sorted(set(numbers))
        for number in numbers:
            version = max(0, version + choose.choice([0, 0, step, -step * choose.choice([0, 0, 1])]))
            author = choose.choice([THEM, THEM, OTHER, OWN]) if choose.random() < 0.3 else THEM
            cids = regular or choose.sample(["b", "c", "d"], choose.randrange(1, 4))
            pk = key_of(table, number, choose)
            for cid in cids:
                cl, cv = length, choose.choice([1, 1, 1, 1, 2, 0])
                if choose.random() < 0.01:
                    cid, cl = "-1", choose.choice([1, 2, 2, 3, 4])
                if cid == "-1":
                    cv = choose.choice([cl, cl, cl, 1])
                value = choose.choice(VALUES) if cid != "-1" else None
                batch.append(Change(table, pk, cid, value, cv, version, author, cl, choose.randrange(5)))
    if choose.random() < 0.2:
        choose.shuffle(batch)
    if choose.random() < 0.05:
        bad = choose.choice([{"cl": -1}, {"val": 2**63}, {"cid": "none"}, {"pk": b""}, {"pk": pack_columns([None])}])
        batch[choose.randrange(len(batch))] = choose.choice(batch)._replace(**bad)
    return batch


def whole(replica: Replica) -> list[str]:
    """Everything that a merge writes, with its storage classes."""
    tables = [*TABLES, *(name + end for name in TABLES for end in ("__crsql_pks", "__crsql_clock")), "crsql_site_id"]
    rows = ((name, row) for name in tables for row in replica.connection.execute(f"SELECT * FROM {name}"))
    return sorted(map(repr, rows))


def outcome(replica: Replica, batch: list[Change], js_numbers: bool) -> object:
    try:
        result = replica.merge(batch, js_numbers=js_numbers)
    except SynclineError as error:
        return type(error)
    return list(map(repr, result.applied)), len(result.applied), result.before, result.after


def test_together_and_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for case in budget.cases("merge in groups", seconds=4):
        choose = case.random
        monkeypatch.setattr(batches, "AT_ONCE", choose.choice([3, 50, 8192]))
        monkeypatch.setattr(shapes, "FEWEST", choose.choice([1, 2, 8]))
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / f"{n}.db" for n in range(2)]
            for file in files:
                with Replica.open(file, create=True) as fresh:
                    fresh.connection.execute("UPDATE crsql_site_id SET site_id = zeroblob(16)")
            replicas = [Replica.open(file) for file in files]
            for replica in replicas:
                replica.connection.execute("PRAGMA synchronous = OFF")
                for name, schema in TABLES.items():
                    replica.connection.execute(schema)
                    replica.make_crr(name)
            for _ in range(choose.randrange(1, 6)):
                if choose.random() < 0.3:
                    number, equal = choose.randrange(60), choose.randrange(2)
                    for replica in replicas:
                        db = replica.connection
                        db.execute("INSERT OR REPLACE INTO whole VALUES (?, 1, 'mine', 2.5)", (number,))
                        db.execute("UPDATE double SET b = 'mine' WHERE k = 'k1' AND id = ?", (number,))
                        db.execute("SELECT crsql_config_set('merge-equal-values', ?)", (equal,)).fetchall()
                        db.execute("DELETE FROM loose WHERE id = ?", (number,))
                batch, js_numbers = draw(choose), choose.random() < 0.2
                outcomes = []
                for replica, crossover in zip(replicas, (1, 10**9), strict=True):
                    monkeypatch.setattr(merger, "CROSSOVER", crossover)
                    outcomes.append(outcome(replica, batch, js_numbers))
                assert outcomes[0] == outcomes[1]
                assert whole(replicas[0]) == whole(replicas[1])
            for replica in replicas:
                replica.close()


def test_rows_that_are_known(make: MakeReplica, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells of many versions, in rows numbered out of the order of their keys; some with a sentinel, some with fewer
    cells; values that are equal for SQLite alone: 1 and 1.0, “x” and “X”."""
    schema = "CREATE TABLE foo (a TEXT PRIMARY KEY NOT NULL, b, c INTEGER, d TEXT COLLATE NOCASE)"
    replicas = [make(name, schema) for name in ("grouped", "single")]
    choose = random.Random(6)
    rows = list(range(300))
    held: dict[tuple[int, str], tuple[int, SQLiteValue]] = {}

    def merge(batch: list[Change]) -> int:
        told = []
        for replica, crossover in zip(replicas, (1, 10**9), strict=True):
            monkeypatch.setattr(merger, "CROSSOVER", crossover)
            told.append(list(map(repr, replica.merge(batch).applied)))
        assert told[0] == told[1]
        tables = ("foo", "foo__crsql_clock", "foo__crsql_pks")
        states = [[sorted(map(repr, r.connection.execute(f"SELECT * FROM {t}"))) for t in tables] for r in replicas]
        assert states[0] == states[1]
        return len(told[0])

    def offer(some: list[int], cids: str = "bcd") -> list[Change]:
        return [
            change(cid, held[row, cid][1], cv=held[row, cid][0], pk=key(row))
            for row in some
            for cid in cids
            if (row, cid) in held
        ]

    def key(row: int) -> bytes:
        return pack_columns([f"key {row * 7919 % 1000:03}"])

    for row in rows:
        for cid, value in (("b", 1), ("c", row), ("d", "x")):
            held[row, cid] = 1, value
    choose.shuffle(rows)
    assert merge(offer(rows)) == 900
    assert merge(offer(rows)) == merge(offer(rows[::3])) == merge(offer(rows, "c")) == 0
    for row, cid in choose.sample(sorted(held), 200):  # cells written again, up to three times, on all replicas
        held[row, cid] = choose.randrange(2, 5), held[row, cid][1]
    assert merge(offer(rows)) == 200
    assert merge(offer(rows)) == merge(offer(sorted(rows)[10:200])) == merge(offer(rows[::2], "bd")) == 0
    steps: list[tuple[int, SQLiteValue, str, int]]
    steps = [(0, 1.0, "X", 0), (1, 1.0, "X", 10), (0, 1, "X", 5), (0, 1, "x", 5), (0, 1, "y", 5)]
    for step, number, word, winners in steps:
        for row in rows[:5]:  # INTEGER beats REAL, and x beats X
            held[row, "b"], held[row, "d"] = (held[row, "b"][0] + step, number), (held[row, "d"][0] + step, word)
        assert merge(offer(rows)) == winners
    # Two rows that live again have a sentinel each, two new ones one cell less: as many clock rows as cells.
    back, fewer = rows[:2], [300, 301]
    merge([change("-1", None, cl=3, pk=key(row)) for row in back])
    for row in fewer:
        held[row, "c"], held[row, "d"] = (1, 5), (1, "z")
    merge(offer(fewer))
    for row in fewer:
        held[row, "b"] = 1, 9
    assert merge(offer([*rows, *fewer])) == 2, "what those two lacked; those that live again take no older cells"
    for row in rows:
        held[row, "c"] = held[row, "c"][0] + row % 2, row + 1
    assert merge(offer(rows)) == 298


def test_a_row_nobody_tracked(make: MakeReplica) -> None:
    """The clock knows a cell, the base row is gone; or the base row is there, and no clock knows it."""
    replica = make()
    batch = [change("b", n, pk=pack_columns([n])) for n in range(200)]
    replica.merge(batch)
    db = replica.connection
    db.execute("SELECT crsql_internal_sync_bit(1)").fetchall()
    db.execute("DELETE FROM foo WHERE a < 10; INSERT INTO foo VALUES (1000, 5, 6)")
    db.execute("SELECT crsql_internal_sync_bit(0)").fetchall()
    again = replica.merge([*batch, change("b", 9, pk=pack_columns([1000]))])
    assert [applied.key[0] for applied in again.applied] == [*range(10), 1000]
    assert not any(applied.had_old for applied in again.applied)
    assert db.execute("SELECT count(*), sum(b) FROM foo WHERE a < 200").fetchone() == (200, sum(range(200)))
    assert db.execute("SELECT b, c FROM foo WHERE a = 1000").fetchone() == (9, 6)


def test_long_texts_and_zero_bytes_in_keys(make: MakeReplica) -> None:
    one = make("one", "CREATE TABLE foo (a TEXT PRIMARY KEY NOT NULL, b, c)")
    two = make("two", "CREATE TABLE foo (a TEXT PRIMARY KEY NOT NULL, b, c)")
    keys = [f"{n}\0{'x' * n}" for n in range(300)]
    with one.connection:
        one.connection.executemany("INSERT INTO foo VALUES (?, 1, 2)", ((key,) for key in keys))
    assert len(two.merge(one.changes().changes).applied) == 600
    assert list(two.live_rows("foo")) == list(one.live_rows("foo"))
    assert not two.merge(one.changes().changes).applied


def test_more_columns_than_a_join_takes(make: MakeReplica) -> None:
    names = [f"c{n}" for n in range(130)]
    schema = f"CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, {', '.join(names)})"
    one, two = make("one", schema), make("two", schema)
    with one.connection:
        one.connection.executemany(f"INSERT INTO foo VALUES ({', '.join('?' * 131)})", ([n] * 131 for n in range(20)))
    for _ in range(2):
        changes = one.changes().changes
        assert len(two.merge(changes).applied) == 20 * 130
        assert not two.merge(changes).applied
        assert list(two.live_rows("foo")) == list(one.live_rows("foo"))
        one.connection.execute(f"UPDATE foo SET {', '.join(f'{name} = -{name} - 1' for name in names)}")


@pytest.mark.parametrize("bad", [{"val": 2**63}, {"val": True}, {"site_id": b"x"}, {"seq": -1}, {"db_version": 2**62}])
def test_one_bad_change_among_many(make: MakeReplica, bad: dict[str, object]) -> None:
    replica = make()
    batch = [change("b", n, pk=pack_columns([n])) for n in range(200)]
    batch[150] = batch[150]._replace(**bad)
    with pytest.raises(InvalidChange):
        replica.merge(batch)
    assert not list(replica.live_rows("foo"))


def test_a_persons_triggers_fire_however_many_rows(make: MakeReplica, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 100)
    batch = [change("b", n, pk=pack_columns([n])) for n in range(1000)]
    replica = make()
    db = replica.connection
    replica.merge(batch[:500])
    db.execute("INSERT INTO foo VALUES (5000, 1, 2)")
    assert [c.pk for c in replica.changes(50).changes] == [pack_columns([5000])] * 2, "the CRR's own are back"
    db.execute(
        "CREATE TABLE log (a); CREATE TRIGGER person AFTER INSERT ON foo BEGIN INSERT INTO log VALUES (NEW.a); END"
    )
    replica.merge(batch)
    assert db.execute("SELECT count(*), min(a) FROM log").fetchone() == (500, 500)
    db.execute("DROP TRIGGER person; CREATE TEMP TRIGGER person AFTER INSERT ON foo BEGIN DELETE FROM log; END")
    replica.merge([c._replace(pk=pack_columns([-n - 1])) for n, c in enumerate(batch)])
    assert db.execute("SELECT count(*) FROM log").get == 0


def test_triggers_are_back_after_a_merge_that_failed(make: MakeReplica, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 100)
    replica = make()
    batch = [change("b", n, pk=pack_columns([n])) for n in range(1000)]
    with pytest.raises(InvalidChange):
        replica.merge([*batch, change("b", 1, pk=b"")])
    replica.connection.execute("INSERT INTO foo VALUES (1, 1, 2)")
    assert len(replica.changes().changes) == 2


def test_what_a_callers_iterator_writes_is_recorded(make: MakeReplica, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also between two batches, with a query open on the same connection all the while."""
    monkeypatch.setattr(batches, "AT_ONCE", 100)
    replica = make()
    db = replica.connection
    db.execute("CREATE TABLE plain (a); INSERT INTO plain VALUES (1), (2), (3)").fetchall()
    reading = db.execute("SELECT a FROM plain")

    def source() -> Iterator[Change]:
        for n in range(1000):
            if n == 500:
                db.execute("INSERT INTO foo VALUES (5000, 1, 2)").fetchall()
                assert next(reading) == (1,)
            yield change("b", n, pk=pack_columns([n]))

    assert len(replica.merge(source()).applied) == 1000
    assert len([c for c in replica.changes().changes if c.pk == pack_columns([5000])]) == 2
    replica.merge([change("c", n, pk=pack_columns([n])) for n in range(1000)])
    assert reading.fetchall() == [(2,), (3,)]


def test_a_temp_trigger_with_the_name_of_ours(make: MakeReplica, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 100)
    replica = make()
    db = replica.connection
    db.execute(
        "CREATE TABLE log (a);"
        "CREATE TEMP TRIGGER foo__crsql_itrig AFTER INSERT ON main.foo BEGIN INSERT INTO log VALUES (NEW.a); END"
    ).fetchall()
    replica.merge([change("b", n, pk=pack_columns([n])) for n in range(1000)])
    assert db.execute("SELECT count(*) FROM log").get == 1000


def test_a_cascade_and_its_triggers(make: MakeReplica, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's table hangs on a CRR: its rows go with those of the CRR, and its triggers fire."""
    monkeypatch.setattr(batches, "AT_ONCE", 100)
    replica = make()
    db = replica.connection
    db.execute(
        "PRAGMA foreign_keys = ON; CREATE TABLE child (a REFERENCES foo (a) ON DELETE CASCADE); CREATE TABLE log (a);"
    ).fetchall()
    replica.merge([change("b", n, pk=pack_columns([n])) for n in range(1000)])
    db.execute("INSERT INTO child SELECT a FROM foo").fetchall()
    gone = [change("-1", None, cl=2, pk=pack_columns([n])) for n in range(1000)]
    replica.merge(gone[:400])
    assert db.execute("SELECT count(*) FROM child").get == 600
    db.execute("CREATE TRIGGER t AFTER DELETE ON child BEGIN INSERT INTO log VALUES (OLD.a); END").fetchall()
    replica.merge(gone[400:])
    assert db.execute("SELECT count(*), (SELECT count(*) FROM log) FROM child").fetchone() == (0, 600)
    assert all(c.site_id == THEM for c in replica.changes().changes)


def test_large_merges_among_local_writes(make: MakeReplica, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is refused after most of it was written: all that a person writes before and after is recorded."""
    monkeypatch.setattr(batches, "AT_ONCE", 100)
    replica = make()
    db = replica.connection
    batch = [change("b", n, pk=pack_columns([n])) for n in range(1000)]
    db.execute("INSERT INTO foo VALUES (-1, 1, 1)").fetchall()
    with pytest.raises(InvalidChange):
        replica.merge([*batch, change("b", 1, pk=b"")])
    with db:
        db.execute("INSERT INTO foo VALUES (-2, 1, 1); SAVEPOINT s; DELETE FROM foo; ROLLBACK TO s").fetchall()
    replica.merge(batch)
    db.execute("DELETE FROM foo WHERE a < 10; UPDATE foo SET b = 0 WHERE a = 20").fetchall()
    own = [c for c in replica.changes().changes if c.site_id == replica.site_id]
    assert len([c for c in own if c.cid == "-1"]) == 12
    assert [c.cid for c in own if c.pk == pack_columns([20])] == ["b"]
    assert db.execute("SELECT count(*) FROM foo").get == 990


def test_another_program_adds_a_trigger_between_merges(make: MakeReplica, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 100)
    replica = make()
    batch = [change("b", n, pk=pack_columns([n])) for n in range(1000)]
    replica.merge(batch[:500])
    with Replica.open(replica.path) as other:
        other.connection.execute(
            "CREATE TABLE log (a); CREATE TRIGGER t AFTER INSERT ON foo BEGIN INSERT INTO log VALUES (NEW.a); END"
        ).fetchall()
    replica.merge(batch)
    assert replica.connection.execute("SELECT count(*) FROM log").get == 500


@pytest.mark.parametrize("options", ["", "STRICT", "WITHOUT ROWID", "STRICT, WITHOUT ROWID"])
def test_kinds_of_tables(make: MakeReplica, monkeypatch: pytest.MonkeyPatch, options: str) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 100)
    schema = (
        "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b INTEGER DEFAULT 5, half REAL AS (b / 2.0),"
        f" twice INT AS (b * 2) STORED, c TEXT DEFAULT 'x') {options}"
    )
    replica = make("a", schema)
    batch = [change("b", n, pk=pack_columns([n])) for n in range(1000)]
    replica.merge(batch)
    replica.merge([c._replace(val=c.val + 1, col_version=2) for c in batch])  # type: ignore[operator]
    found = replica.connection.execute("SELECT count(*), sum(twice), sum(half), min(c) FROM foo").fetchone()
    assert found == (1000, 1001000, 250250.0, "x")
    assert len(replica.changes().changes) == 1000


@pytest.mark.parametrize("crossover", [1, 10**9])
def test_names_like_marks_of_ours(make: MakeReplica, monkeypatch: pytest.MonkeyPatch, crossover: int) -> None:
    monkeypatch.setattr(merger, "CROSSOVER", crossover)
    monkeypatch.setattr(shapes, "FEWEST", 1)
    schema = """CREATE TABLE "{rows}" (a INTEGER PRIMARY KEY NOT NULL, "{rows}", "{0}", "?1")"""
    one, two = (make(name, schema, ("{rows}",)) for name in ("one", "two"))
    one.connection.execute('INSERT INTO "{rows}" VALUES (1, 2, 3, 4), (5, 6, 7, 8)')
    for winners in (6, 0):
        assert len(two.merge(one.changes().changes).applied) == winners
    assert list(two.live_rows("{rows}")) == list(one.live_rows("{rows}"))
