"""Every way of reading tells what the clock tables hold, no more and no less: of odd tables, keys and names, of what
merges and meddling left, with any filter, place and bound, also while others write."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.change import SENTINEL, Change, SQLiteValue
from engine.crr.read import tables, whole_rows
from engine.errors import SynclineError, TableBroken
from engine.replica import Replica, ranges
from engine.sqlite.sql import ident, idents, marks
from engine.tables import Span
from engine.tables.pack import pack
from tests import budget

NAMES = ["a,b", 'q"uote', "{rows}", "{}", "a b", "a", "aa", "aaa", "'", "é", "-2", "1", "group", "rowid", "yes", "key"]
AUTHORS = [bytes([n]) * 16 for n in range(1, 4)]
VALUES: list[SQLiteValue] = [
    None, 0, -1, 2**63 - 1, -(2**63), -0.0, float("inf"), 1.5, "", "a,b\0{}'\"", "😀", b"", b"\xff\0,", "x" * 300,
    "x" * 5000,
]  # fmt: skip


class Drawn:
    """A file with tables that hold whatever there may be, all chosen by ``choose``."""

    def __init__(self, folder: str, choose: random.Random) -> None:
        self.choose = choose
        path = Path(folder) / "drawn.db"
        db = apsw.Connection(str(path))
        db.execute(f"PRAGMA encoding = '{choose.choice(['UTF-8', 'UTF-8', 'UTF-16le'])}'; CREATE TABLE plain (a)")
        db.close()
        self.replica = Replica.open(path, create=True)
        self.db = self.replica.connection
        self.db.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY").fetchall()
        self.plain = True
        """Whether no two keys stand for one row, which a write by the one changes for the other without a record."""
        for name in choose.sample(["foo", 'f"o', "{f},"], choose.randint(1, 2)):
            self.create(name)
        self.tables = self.replica.synced_tables()

    def create(self, name: str) -> None:
        choose = self.choose
        kind = choose.choice(["", "", "STRICT", "WITHOUT ROWID"])
        names = choose.sample(NAMES, 12)
        key, columns = names[: choose.choice([1, 1, 2])], names[2 : 2 + choose.choice([0, 1, 2, 3, 3, 10])]
        columns += [f"more{n}" for n in range(choose.choice([0] * 19 + [40]))]
        typeless = "ANY" if kind == "STRICT" else ""
        keyed = choose.choice([[typeless], ["INTEGER", "TEXT", "TEXT COLLATE NOCASE", typeless]])
        self.plain = self.plain and keyed == [typeless]
        typed = [f"{ident(n)} {choose.choice(keyed)} NOT NULL" for n in key]
        typed += [f"{ident(n)} {choose.choice(['INTEGER', 'TEXT', 'REAL', typeless])}" for n in columns]
        choose.shuffle(typed)
        self.db.execute(f"CREATE TABLE {ident(name)} ({', '.join(typed)}, PRIMARY KEY ({idents(key)})) {kind}")
        self.replica.make_crr(name)

    def key(self, name: str) -> list[SQLiteValue]:
        keys: list[SQLiteValue] = [n := self.choose.randrange(40), str(n), f"a{n}", f"A{n}", n + 0.5, b"%d" % n, -n]
        return [self.choose.choice(keys) for _ in self.replica._state.crr(name).key]

    def write(self) -> None:
        """Rows of one table: whole, by some columns, or deleted; in one version or in many."""
        choose, db, name = self.choose, self.db, self.choose.choice(self.tables)
        crr = self.replica._state.crr(name)
        how, together = choose.random(), choose.random() < 0.8
        if together:
            db.execute("BEGIN")
        for _ in range(choose.choice([5, 40]) if how < 0.6 else choose.choice([1, 3])):
            key, same = self.key(name), " AND ".join(f"{ident(k)} IS ?" for k in crr.key)
            some = choose.sample(crr.columns, choose.randint(1, len(crr.columns))) if crr.columns else ()
            with suppress(apsw.ConstraintError, apsw.MismatchError):
                if how < 0.6 or not some:
                    row = key + [choose.choice(VALUES) for _ in crr.columns]
                    names = idents((*crr.key, *crr.columns))
                    db.execute(f"INSERT OR REPLACE INTO {ident(name)} ({names}) VALUES ({marks(len(row))})", row)
                elif how < 0.8:
                    values = [choose.choice(VALUES) for _ in some]
                    changed = idents(some, suffix=" = ?")
                    db.execute(f"UPDATE {ident(name)} SET {changed} WHERE {same}", values + key)
                else:
                    db.execute(f"DELETE FROM {ident(name)} WHERE {same}", key)
        if together:
            db.execute("COMMIT")

    def merge(self) -> None:
        """What others wrote, also with one seq for all and under several names in a row."""
        choose, name = self.choose, self.choose.choice(self.tables)
        columns, sent, author = self.replica._state.crr(name).columns, [], choose.choice(AUTHORS)
        step, whole = choose.choice([0, 1, 50]), choose.random() < 0.7
        for row in range(choose.choice([1, 5, 40])):
            pk, cl = pack(self.key(name)), choose.choice([1] * 9 + [2, 3])
            if cl > 1 or not columns:
                sent.append(Change(name, pk, SENTINEL, None, cl, 9, author, cl, row * step))
            if cl % 2:
                cids = columns if whole else choose.sample(columns, choose.randint(0, len(columns)))
                for cid in cids:
                    by = author if choose.random() < 0.9 else choose.choice(AUTHORS)
                    value, col_version = choose.choice([None, 7, "text"]), choose.choice([1, 1, 2])
                    sent.append(Change(name, pk, cid, value, col_version, 9, by, cl, row * step))
        with suppress(SynclineError):
            # whatever an author wrote came from itself: what has come from others is told to it, too
            for source in dict.fromkeys(change.site_id for change in sent):
                self.replica.merge([change for change in sent if change.site_id == source], source=source)

    def meddle(self) -> None:
        """What nobody should do to a file."""
        choose, db, name = self.choose, self.db, self.choose.choice(self.tables)
        crr = self.replica._state.crr(name)
        clock, pks, index = (ident(f"{name}__crsql_{what}") for what in ("clock", "pks", "clock_dbv_idx"))
        first, some = ident(crr.key[0]), f"key % 7 = {choose.randrange(7)}"
        column = f"(SELECT max(col_name) FROM {clock})"
        version = choose.choice(["db_version", "db_version + 1"])
        indexed = choose.choice(["key, seq", "db_version, seq", "col_name"])
        (damage,) = choose.choices(
            [
                f"DELETE FROM {ident(name)} WHERE {first} IN (SELECT {first} FROM {pks} WHERE __crsql_{some})",
                f"DELETE FROM {pks} WHERE __crsql_{some}",
                f"DELETE FROM {clock} WHERE {some} AND col_name != '-1'",
                f"INSERT OR IGNORE INTO {clock} SELECT key, '-1', 3, {version}, 0, 0 FROM {clock} WHERE {some}",
                f"UPDATE {clock} SET site_id = {choose.randrange(6)} WHERE {some}",
                f"UPDATE {clock} SET seq = {choose.choice([0, 7, 2**53 - 1])} WHERE {some}",
                f"UPDATE {clock} SET db_version = {choose.randint(1, 30)} WHERE {some}",
                f"UPDATE {clock} SET col_version = {choose.choice([0, 2, 2**52])} WHERE {some} AND col_name != '-1'",
                f"UPDATE {clock} SET col_name = 'gone' WHERE key = 5 AND col_name = {column}",
                f"DROP INDEX IF EXISTS {index}",
                f"CREATE INDEX IF NOT EXISTS own ON {clock} ({indexed})",
                "DELETE FROM crsql_site_id WHERE ordinal = 1; ANALYZE",
            ],
            [1, 1, 1, 1, 3, 3, 3, 3, 0.5, 0.5, 0.5, 0.5],
        )
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        db.execute(damage)
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 1)


def read_all(replica: Replica) -> tuple[list[Change], list[tuple[str, int]]]:
    """Every change, from the tables one after the other; (table, db_version) of records of columns that are gone."""
    db = replica.connection
    found: list[Change] = []
    gone: list[tuple[str, int]] = []
    sites: dict[int, bytes] = dict(db.execute("SELECT ordinal, site_id FROM crsql_site_id"))
    for name, crr in replica._state.catalogue().crrs.items():
        same = " AND ".join(f"t.{ident(k)} = p.{ident(k)}" for k in crr.key)
        rows: dict[int, tuple[bytes, bool, dict[str, SQLiteValue]]] = {}
        for number, there, *values in db.execute(
            f"SELECT __crsql_key, t.{ident(crr.key[0])} NOTNULL, {idents(crr.key, prefix='p.')}, t.* FROM"
            f" {ident(name + '__crsql_pks')} AS p LEFT JOIN"
            f" (SELECT {idents((*crr.columns, *crr.key))} FROM {ident(name)}) AS t ON {same}"
        ):
            key, rest = values[: len(crr.key)], values[len(crr.key) :]
            rows[number] = pack(key), bool(there), dict(zip(crr.columns, rest, strict=False))
        fields = "key, col_name, col_version, db_version, site_id, seq"
        clock: list[Any] = db.execute(f"SELECT {fields} FROM {ident(name + '__crsql_clock')}").fetchall()
        lengths = {number: col_version for number, cid, col_version, *_ in clock if cid == SENTINEL}
        # a row that was given its key here has its older cells with it, as if they were written then, by this file
        moved = {
            number: version
            for number, cid, length, version, site, _ in clock
            if cid == SENTINEL and site == 0 and length % 2
        }
        again = [
            (number, cid, col_version, moved[number], 0, seq)
            for number, cid, col_version, version, _, seq in clock
            if version < moved.get(number, 0)
        ]
        for number, cid, col_version, version, site, seq in [*clock, *again]:
            pk, there, row = rows.get(number, (b"", False, {}))
            if (there and cid in row) or (pk and cid == SENTINEL):
                author, length = sites.get(site, replica.site_id), lengths.get(number, 1)
                found.append(Change(name, pk, cid, row.get(cid), col_version, version, author, length, seq))
            elif there:
                gone.append((name, version))
    return found, gone


def counted(changes: Iterable[Change]) -> Counter[str]:
    return Counter(repr(tuple(change)) for change in changes)


def in_order(changes: Sequence[Change]) -> bool:
    return [(c.db_version, c.seq) for c in changes] == sorted((c.db_version, c.seq) for c in changes)


def compare_readings(drawn: Drawn) -> None:
    """Read with random filters and bounds, and compare."""
    choose, replica = drawn.choose, drawn.replica
    every, gone = read_all(replica)
    newest = replica.db_version()
    since = choose.choice([0, 0, choose.randint(0, newest)])
    site = choose.choice([None, replica.site_id, *AUTHORS])
    hidden = [(n, n + choose.randint(0, 3)) for n in choose.choices(range(newest + 1), k=choose.choice([0, 0, 2]))]

    def passing(change: Change) -> bool:
        if change.col_version == 0:
            return True
        revives = change.cid == SENTINEL and change.col_version > 1 and change.col_version % 2 == 1
        return not any(a < change.db_version <= b for a, b in hidden) and (change.site_id != site or revives)

    until, limit = choose.choice([None, choose.randint(0, newest)]), choose.choice([None, 1, 50])
    try:
        got = replica.changes(since, until=until, exclude_site=site, exclude_versions=hidden, limit=limit)
    except TableBroken:
        assert any(since < version for _, version in gone)
    else:
        assert not any(since < version <= got.until for _, version in gone)
        assert counted(got.changes) == counted(c for c in every if since < c.db_version <= got.until and passing(c))
        assert in_order(got.changes)

    names = tuple(choose.sample(drawn.tables, choose.randint(1, len(drawn.tables))))
    late = frozenset(name for name in names if choose.random() < 0.2)
    changes = choose.choice([1 + len(every) // 30, 40, 1000])
    size = choose.choice([200 + sum(map(tables.weight, every)) // 30, 1 << 20])
    meanwhile = drawn.plain and choose.random() < 0.5
    span, place = Span(since, None, names, late), b""
    parts: list[Change] = []
    while place or span.until is None:
        try:
            part = replica.part(
                span, place=place, exclude_site=site, exclude_versions=hidden, changes=changes, size=size
            )
        except TableBroken:
            assert any(name in names for name, _ in read_all(replica)[1])
            return
        assert len(part.changes) <= changes
        assert sum(map(tables.weight, part.changes)) <= size or len(part.changes) == 1
        assert in_order(part.changes)
        assert part.place != place or not place
        parts += part.changes
        span, place = replace(span, until=part.until), part.place
        if place and meanwhile and choose.random() < 0.3:
            drawn.write()
    assert span.until is not None
    now, _ = read_all(replica) if meanwhile else (every, gone)
    due = [
        change
        for change in now
        if change.table in names
        and (change.table in late or (since < change.db_version and passing(change)))
        and change.db_version <= span.until
    ]
    if not meanwhile:
        assert not any(name in names and (name in late or since < version) for name, version in gone)
        assert counted(parts) == counted(due)
        return
    came = Counter((c.table, c.pk, c.cid, c.col_version, c.db_version) for c in parts)
    assert max(came.values(), default=1) == 1, "no cell comes twice"
    assert all((c.table, c.pk, c.cid, c.col_version, c.db_version) in came for c in due), "none is passed over"


def test_as_the_clock_tables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for case in budget.cases("reading odd files", seconds=4):
        choose = case.random
        monkeypatch.setattr(whole_rows, "FEW", choose.choice([1, 2, 8]))
        monkeypatch.setattr(tables, "LOOK", choose.choice([2, 3, 8]))
        monkeypatch.setattr(tables, "MOST", choose.choice([5, 20, 1000]))
        monkeypatch.setattr(ranges, "SCAN", choose.choice([50, 50_000]))
        with tempfile.TemporaryDirectory() as folder:
            drawn = Drawn(folder, choose)
            meddled = choose.random() < 0.5
            for _ in range(choose.randint(1, 12)):
                choose.choice([drawn.write, drawn.merge, drawn.meddle if meddled else drawn.write])()
                if choose.random() < 0.4:
                    compare_readings(drawn)
            compare_readings(drawn)
            drawn.replica.close()
