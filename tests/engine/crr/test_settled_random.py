"""Rows that a peer wrote many at a time, merged over older ones: just as one by one, whatever breaks the pattern."""

from __future__ import annotations

import json
import random
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.change import MAX_VERSION, Change, SQLiteValue
from engine.crr.merge import groups, lookup, merger
from engine.crr.merge.row_group import Group, Held, Settled
from engine.replica import Replica
from engine.tables import batches, pack_columns
from engine.tables.grouping import shapes
from tests import budget
from tests.engine.crr.test_merge import THEM, change

OTHER = bytes(range(50, 66))
NAMES = ("b", "c'{0}", "{rows}")
BODY = f"""{", ".join(f'"{name}"' for name in NAMES)}"""
TABLES = {
    "whole": f"CREATE TABLE whole (id INTEGER PRIMARY KEY NOT NULL, {BODY})",
    "{rows}": f'CREATE TABLE "{{rows}}" (id INTEGER PRIMARY KEY NOT NULL, {BODY}) WITHOUT ROWID',
    "typed": 'CREATE TABLE typed (id TEXT PRIMARY KEY NOT NULL, b INTEGER, "c\'{0}" TEXT, "{rows}" REAL)',
    "loose": f"CREATE TABLE loose (id NOT NULL PRIMARY KEY, {BODY} COLLATE NOCASE)",
    "pair": f"CREATE TABLE pair (k TEXT NOT NULL, id INTEGER NOT NULL, {BODY}, PRIMARY KEY (k, id))",
}
VALUES: list[SQLiteValue] = [None, 0, 2**62, -5, 1.0, 0.1, 1e300, float("nan"), float("inf"), "", 'é\0\n"\\', "x" * 40]
BLOBS: list[SQLiteValue] = [b"", b"\0", b"{}", b"\x0b"]  # some are what SQLite takes for JSON


def whole(replica: Replica, tables: Sequence[str]) -> list[str]:
    names = [name + end for name in tables for end in ("", "__crsql_pks", "__crsql_clock")]
    rows = ((name, row) for name in (*names, "log") for row in replica.connection.execute(f'SELECT * FROM "{name}"'))
    return sorted(map(repr, rows))


def key(table: str, n: int) -> bytes:
    if table == "typed":
        return pack_columns([f"{n * 7919 % 1009:04}"])
    return pack_columns([f"k{n // 30}", n] if table == "pair" else [float(n) if table == "loose" and n == 20 else n])


class Peer:
    """Writes many rows in each transaction, over what it wrote before."""

    def __init__(self, choose: random.Random, table: str) -> None:
        self.choose, self.table = choose, table
        self.versions: Counter[tuple[int, str]] = Counter()
        self.stamp = choose.choice([1, 1, 500])
        self.values = VALUES + BLOBS * choose.randrange(2)

    def writes(self) -> list[Change]:
        choose, batch = self.choose, []
        columns = choose.choice([NAMES, NAMES, NAMES, NAMES[:2], NAMES[2:], NAMES[::-1]])
        at, end = choose.choice([(0, 60), (0, 60), (0, 90), (-5, 30), (17, 55)])
        steady = choose.random() < 0.7  # then all of the rows look alike, but for what is amiss on purpose
        while at < end:
            size = choose.choice([60, 30, 10, 3])
            step, base = choose.choice([(len(columns), 0)] * 4 + [(0, 7), (-1, 90), (1, MAX_VERSION - 200)])
            author = THEM if steady else choose.choice([THEM, THEM, OTHER])
            version = choose.choice([0, 0, 0, 1])
            for n in range(size):
                if not steady and choose.random() < 0.02:
                    continue
                for place, cid in enumerate(columns):
                    self.versions[at + n, cid] += 1 if steady else choose.choice([1] * 30 + [2, 0])
                    seq = base + n * step + place * (step != 0)
                    if not steady and choose.random() < 0.01:
                        seq = choose.randrange(100)
                    batch.append(
                        Change(
                            self.table, key(self.table, at + n), cid, choose.choice(self.values),
                            self.versions[at + n, cid] + version * (not steady), self.stamp, author, 1, seq,
                        )
                    )  # fmt: skip
            at += size
            self.stamp = max(1, self.stamp + choose.choice([0, 1, 1, 1, 5]))
        if not steady and choose.random() < 0.3:
            batch = batch[: -choose.randrange(1, 4)]
        return batch


def meddle(choose: random.Random, replicas: Sequence[Replica], table: str) -> None:
    """What breaks the pattern, the same in each file."""
    n, what = choose.randrange(60), choose.randrange(9)
    name, mine = f'"{table}"', pack_columns([n])
    for replica in replicas:
        db = replica.connection
        if what == 0:  # deleted, or made here: a sentinel, or another author
            db.execute(f"DELETE FROM {name} WHERE id = ?", (n,))
        elif what == 1 and table in ("whole", "{rows}", "loose"):
            db.execute(f"INSERT OR REPLACE INTO {name} VALUES (?, 'mine', 1, 2)", (n,))
        elif what == 2:  # a cell less, or one of a column that is no more
            db.execute(f'DELETE FROM "{table}__crsql_clock" WHERE key = ? AND col_name = ?', (n, NAMES[n % 3]))
        elif what == 3:
            db.execute(f"INSERT OR IGNORE INTO \"{table}__crsql_clock\" VALUES (?, 'gone', 1, 1, 0, 0)", (n + 1,))
        elif what == 4:
            db.execute(f"UPDATE \"{table}__crsql_clock\" SET col_name = 'old' WHERE (key, col_name) = (?, 'b')", (n,))
        elif what == 5:
            db.execute(f'DROP INDEX IF EXISTS "{table}__crsql_clock_dbv_idx"')
        elif what == 6:  # a row that nobody tracked goes
            db.execute("SELECT crsql_internal_sync_bit(1)").fetchall()
            db.execute(f"DELETE FROM {name} WHERE id = ?", (n,))
            db.execute("SELECT crsql_internal_sync_bit(0)").fetchall()
        elif what == 7 and table in ("whole", "{rows}"):
            replica.merge([Change(table, mine, "-1", None, 3, 3, OTHER, 3, 0)])
        elif what == 8:
            db.execute(
                f"CREATE TRIGGER IF NOT EXISTS person AFTER UPDATE ON {name} BEGIN INSERT INTO log VALUES (NEW.b); END"
            )


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts which ways merges take."""
    ways: Counter[str] = Counter()

    def settled(db: apsw.Connection, group: Group, numbers: Sequence[int]) -> Settled | None:
        found = lookup.settled(db, group, numbers)
        ways["unsettled" if found is None else "of one version" if found.low == found.high else "of several"] += 1
        return found

    def known_versions(
        db: apsw.Connection, group: Group, numbers: Sequence[int], found: Settled
    ) -> list[Sequence[int]] | None:
        versions = lookup.known_versions(db, group, numbers, found)
        ways["text"] += versions is not None
        return versions

    def keep_held(db: apsw.Connection, group: Group, keys: apsw.CArrayBinding | None) -> Callable[[], Held]:
        kept = lookup.keep_held(db, group, keys)
        ways["json" if isinstance(kept()[0], list) else "rows"] += 1
        return kept

    monkeypatch.setattr(groups, "settled", settled)
    monkeypatch.setattr(groups, "known_versions", known_versions)
    monkeypatch.setattr(groups, "keep_held", keep_held)
    return ways


def compare(choose: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Merge the same into two files, in groups and row by row."""
    monkeypatch.setattr(batches, "AT_ONCE", choose.choice([100, 200, 8192]))
    monkeypatch.setattr(shapes, "FEWEST", choose.choice([1, 8]))
    tables = choose.sample(sorted(TABLES), choose.choice([1, 1, 2]))
    encoding = choose.choice(["UTF-8", "UTF-8", "UTF-8", "UTF-16le"])
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{n}.db" for n in range(2)]
        for file in files:
            made = apsw.Connection(str(file))
            made.execute(f"PRAGMA encoding = '{encoding}'; CREATE TABLE log (a)")
            made.close()
            with Replica.open(file) as fresh:
                fresh.connection.execute("UPDATE crsql_site_id SET site_id = zeroblob(16)")
        replicas = [Replica.open(file) for file in files]
        for replica in replicas:
            replica.connection.execute("PRAGMA synchronous = OFF")
            for name in tables:
                replica.connection.execute(TABLES[name])
                replica.make_crr(name)
        peers = [Peer(choose, name) for name in tables]
        for _ in range(choose.randrange(2, 6)):
            batch = [one for peer in peers for one in peer.writes()]
            told = []
            for replica, crossover in zip(replicas, (1, 10**9), strict=True):
                monkeypatch.setattr(merger, "CROSSOVER", crossover)
                result = replica.merge(batch)
                told.append((list(map(repr, result.applied)), result.before, result.after))
            assert told[0] == told[1]
            assert whole(replicas[0], tables) == whole(replicas[1], tables)
            if choose.random() < 0.3:
                meddle(choose, replicas, choose.choice(peers).table)
        for replica in replicas:
            replica.close()


def test_in_groups_and_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for case in budget.cases("merge over older rows", seconds=4):
        compare(case.random, monkeypatch)


def test_every_way_is_taken(reached: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By a handful of the same cases each time, so that the suite above is known to take them as well."""
    for seed in range(12):
        compare(random.Random(seed), monkeypatch)
    assert all(reached[way] for way in ("unsettled", "of one version", "of several", "text", "json", "rows")), reached


@settings(max_examples=40)
@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(), min_size=1, max_size=10))
def test_what_was_overwritten(some: list[SQLiteValue]) -> None:
    """Every value is told as it was, and of the same type, after it is gone."""
    values = [some[n % len(some)] for n in range(100)]
    with tempfile.TemporaryDirectory() as folder, Replica.open(Path(folder) / "a.db", create=True) as replica:
        db = replica.connection
        db.execute("PRAGMA synchronous = OFF; CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c REAL)").fetchall()
        replica.make_crr("foo")
        replica.merge([change(cid, one, pk=pack_columns([n])) for n, one in enumerate(values) for cid in "bc"])
        held = db.execute("SELECT b, c FROM foo ORDER BY a").fetchall()
        newer = [change(cid, n, cv=2, dbv=60, pk=pack_columns([n])) for n, _ in enumerate(values) for cid in "bc"]
        result = replica.merge(newer)
        db.execute("DELETE FROM foo").fetchall()
        assert repr([one.old for one in result.applied]) == repr([one for row in held for one in row])
        assert all(one.had_old for one in result.applied)


def test_json_keeps_every_double() -> None:
    db = apsw.Connection(":memory:")
    choose = random.Random(3)
    doubles = array("d", choose.randbytes(8 * 20_000))
    some = array("d", (one for one in doubles if one == one))
    told = db.execute("SELECT json_group_array(value) FROM carray(?)", (apsw.carray(some),)).get
    assert json.loads(told) == list(some)
