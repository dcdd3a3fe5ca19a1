"""Rows that cannot be sent are named and held back, the others go on, and as soon as they can be sent all their cells
are, whoever corrected them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from engine.change import MAX_VERSION
from engine.replica import Replica
from engine.tables import Span, unpack_columns
from engine.tables.withheld import recheck
from tests.engine.ordinary.test_merge import change

SCHEMAS = {
    "one key": "CREATE TABLE notes (id TEXT PRIMARY KEY, title, body)",
    "two keys": "CREATE TABLE notes (id TEXT, k INT DEFAULT 5, title, body, PRIMARY KEY (k, id))",
    "without rowid": "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT, body) WITHOUT ROWID",
    "a key without a type": "CREATE TABLE notes (id PRIMARY KEY, title, body)",
}
BAD = {"UTF-8": b"Ja\xff", "UTF-16le": b"J\x00a\x00\x00\xd8", "UTF-16be": b"\x00J\x00a\xd8\x00"}


class File:
    """A file with an ordinary table, and an app that writes to it."""

    def __init__(self, path: Path, schema: str, encoding: str = "UTF-8") -> None:
        self.path, self.bad = path, BAD[encoding]
        with closing(sqlite3.connect(path, isolation_level=None)) as app:
            app.executescript(f"PRAGMA encoding = '{encoding}'; {schema}")
        self.replica = Replica.open(path)
        self.replica.make_ordinary("notes")
        self.db = self.replica.connection

    def app(self, *statements: str) -> None:
        """An app writes."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as app:
            for sql in statements:
                app.execute(sql.replace(":bad", f"x'{self.bad.hex()}'"))

    def untold(self, sql: str) -> None:
        """A program writes with triggers switched off."""
        db = apsw.Connection(str(self.path))
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        db.execute(sql)
        db.close()

    def read(self, since: int = 0, *, size: int = 1 << 20) -> tuple[set[object], int]:
        """The ids of all notes that are read in parts, and the clock that comes of it."""
        place, until, found = b"", None, set()
        while place or until is None:
            part = self.replica.part(Span(since, until, ("notes",)), place=place, size=size)
            place, until = part.place, part.until
            found |= {unpack_columns(one.pk)[-1] for one in part.changes}
        whole = self.replica.changes(since)
        assert {unpack_columns(one.pk)[-1] for one in whole.changes} == found
        assert whole.until == until
        return found, until

    def held(self) -> list[tuple[object, ...]]:
        """Which are recorded."""
        if not self.db.table_exists("main", "crsql_syncline_held_rows"):
            return []
        return self.db.execute("SELECT tbl, why, cid FROM crsql_syncline_held_rows").fetchall()

    def stamps(self, number: str) -> set[tuple[int, ...]]:
        """(col_version, db_version) of all cells of a note."""
        found = set()
        rows = self.db.execute("SELECT r, pk, col_version, db_version FROM crsql_syncline_rows_1").fetchall()
        for r, pk, *stamp in rows:
            if unpack_columns(pk)[-1] == number:
                cells = "SELECT col_version, db_version FROM crsql_syncline_cells_1 WHERE r = ?"
                found |= {tuple(stamp), *self.db.execute(cells, (r,)).fetchall()}
        return found


@pytest.fixture(params=SCHEMAS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[File]:
    file = File(tmp_path / "a.db", SCHEMAS[request.param])
    yield file
    file.replica.close()


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[File]:
    file = File(tmp_path / "a.db", SCHEMAS["one key"])
    yield file
    file.replica.close()


def fill(file: File, count: int, bad: Sequence[int] = (7,)) -> None:
    numbers = f"WITH RECURSIVE n (v) AS (SELECT 0 UNION ALL SELECT v + 1 FROM n LIMIT {count})"
    some = ", ".join(map(str, bad))
    file.app(
        f"{numbers} INSERT INTO notes (id, title, body) SELECT printf('%05d', v), 'T', 'B' FROM n"
        f" WHERE v NOT IN ({some})",
        f"{numbers} INSERT INTO notes (id, title, body) SELECT printf('%05d', v), CAST(:bad AS TEXT), 'B' FROM n"
        f" WHERE v IN ({some})",
    )


def ids(count: int, but: Sequence[int] = ()) -> set[object]:
    return {f"{n:05}" for n in range(count) if n not in but}


@pytest.mark.parametrize("count", [10, 3000])
def test_the_row_is_named_and_the_others_go_on(file: File, count: int) -> None:
    bad = range(7, count, 501)
    fill(file, count, bad)
    found, until = file.read(size=10_000)
    assert (found, until) == (ids(count, bad), file.replica.db_version())
    assert file.held() == [("notes", "text", "title")] * len(bad)
    told = str(file.replica.waiting)
    assert told.startswith("“notes”, row ")
    assert "“00007” cannot be sent: “title” is not valid text." in told
    assert ("3 more rows cannot be sent." in told) == (len(bad) > 3)
    assert file.read(until) == (set(), until)


@pytest.mark.parametrize("encoding", BAD)
def test_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    file = File(tmp_path / "a.db", SCHEMAS["one key"], encoding)
    fill(file, 10)
    file.app("INSERT INTO notes VALUES (CAST(:bad AS TEXT), 'T', 'B')")
    assert file.read() == (ids(10, (7,)), 1)
    assert sorted(file.held()) == [("notes", "text", "id"), ("notes", "text", "title")]
    file.app(
        "UPDATE notes SET title = 'Ja' WHERE id = '00007'", "UPDATE notes SET id = 'x' WHERE id = CAST(:bad AS TEXT)"
    )
    assert file.read(1)[0] == {"00007", "x"}
    assert not file.replica.waiting
    file.replica.close()


CORRECTIONS = {
    "corrected": ("UPDATE notes SET title = 'Ja' WHERE id = '00007'", True),
    "stored as a blob": ("UPDATE notes SET title = CAST(title AS BLOB) WHERE id = '00007'", True),
    "replaced": ("INSERT OR REPLACE INTO notes (id, title) VALUES ('00007', 'Ja')", True),
    "deleted": ("DELETE FROM notes WHERE id = '00007'", True),
    "written to elsewhere": ("UPDATE notes SET body = 'x' WHERE id = '00007'", False),
    "not at all": ("UPDATE notes SET body = 'x' WHERE id = '00001'", False),
}


@pytest.mark.parametrize("look", [False, True], ids=["at the next reading", "at a look"])
@pytest.mark.parametrize("how", CORRECTIONS)
def test_a_row_that_is_corrected(plain: File, how: str, look: bool) -> None:
    sql, mended = CORRECTIONS[how]
    fill(plain, 10)
    _, clock = plain.read()
    plain.app(sql)
    if look:
        plain.replica.refresh()
    found, _ = plain.read(clock)
    assert ("00007" in found) == mended
    assert bool(plain.replica.waiting) == (not mended)
    if mended:
        assert plain.held() == []
        assert {version for _, version in plain.stamps("00007")} == {plain.replica.db_version()}, "all its cells go"


def test_what_was_sent_before_goes_again_with_the_rest(plain: File) -> None:
    """A cell that was written while the row was held back, and one that was sent long before; col_versions stay."""
    fill(plain, 10, ())
    _, clock = plain.read()
    plain.app("UPDATE notes SET title = CAST(:bad AS TEXT) WHERE id = '00007'")
    assert plain.read(clock) == (set(), clock + 1)
    plain.app("UPDATE notes SET body = 'new' WHERE id = '00007'")
    assert plain.read(clock + 1) == (set(), clock + 2)
    plain.app("UPDATE notes SET title = 'Ja' WHERE id = '00007'")
    changes = plain.replica.changes(clock + 2).changes
    assert {one.cid: (one.val, one.col_version) for one in changes} == {"title": ("Ja", 3), "body": ("new", 2)}


def test_a_merge_that_corrects_it(plain: File) -> None:
    """Every value wins over text that nobody can read, and that therefore nobody else has."""
    fill(plain, 10)
    _, clock = plain.read()
    [told] = plain.replica.merge([change("00007", "title", "Ja", 2)]).applied
    assert (told.old, told.had_old) == ("Ja\ufffd", True)
    assert plain.read(max(clock, 7))[0] == {"00007"}


def test_another_reason(plain: File) -> None:
    fill(plain, 10)
    _, clock = plain.read()
    plain.app("UPDATE notes SET title = 'Ja', body = CAST(:bad AS TEXT) WHERE id = '00007'")
    assert plain.read(clock) == (set(), clock + 1)
    assert "“body” is not valid text" in str(plain.replica.waiting)


def test_it_is_on_disk_before_any_clock_passes(plain: File) -> None:
    """Whoever opens the file next knows, and cannot pass it by."""
    fill(plain, 10)
    assert plain.replica.part(Span(0, None, ("notes",))).until == 1
    plain.replica.close()
    plain.app("UPDATE notes SET title = 'Ja' WHERE id = '00007'")
    with Replica.open(plain.path) as later:
        assert {unpack_columns(one.pk)[-1] for one in later.changes(1).changes} == {"00007"}


def test_what_only_reads_records_nothing(plain: File) -> None:
    fill(plain, 10)
    plain.replica.capture()
    with Replica.open(plain.path, readonly=True) as reader:
        assert {unpack_columns(one.pk)[-1] for one in reader.changes().changes} == ids(10, (7,))
        assert "“title” is not valid text" in str(reader.waiting)
    assert plain.held() == []


def test_a_key_that_nobody_can_read(file: File) -> None:
    """It stays on this machine, and is named; once it can be read it is a new row."""
    fill(file, 3, ())
    file.app("INSERT INTO notes (id, title) VALUES (CAST(:bad AS TEXT), 'one'), (CAST(:bad AS TEXT) || 'x', 'two')")
    assert file.read() == (ids(3), 1)
    assert file.held() == [("notes", "text", "id")] * 2
    assert "Ja\\xdcff” cannot be sent: “id” is not valid text" in str(file.replica.waiting)
    file.app("UPDATE notes SET body = 'x'")
    assert file.read(1) == (ids(3), 2)
    file.app("UPDATE notes SET id = 'good' WHERE title = 'one'", "DELETE FROM notes WHERE title = 'two'")
    assert file.read(2) == ({"good"}, 3)
    assert (file.held(), bool(file.replica.waiting)) == ([], False)


def test_comparing_everything_with_such_keys(file: File) -> None:
    """Pages that end with one, and consist of them."""
    fill(file, 20, ())
    file.app(*(f"INSERT INTO notes (id, title) VALUES (CAST(:bad AS TEXT) || {n}, 'x')" for n in range(9)))
    file.app("INSERT INTO notes (id, title) VALUES ('zz', 'x')", "UPDATE notes SET title = 'x'")
    kind = file.replica._ordinary
    with file.db:
        kind.tables.compare_all("notes")
        for _ in range(100):
            if not kind.tables.capture(3):
                break
    assert kind.is_captured()
    assert file.read()[0] == {*ids(20), "zz"}
    assert len(file.held()) == 9


def test_a_row_that_is_gone_without_a_trace(plain: File) -> None:
    """Triggers did not run: all of the table is compared, and nothing is sent of a row that is not there."""
    fill(plain, 10, ())
    plain.replica.capture()
    plain.untold("DELETE FROM notes WHERE id = '00003'")
    plain.untold("UPDATE notes SET title = 'untold' WHERE id = '00004'")
    changes = {(unpack_columns(one.pk)[-1], one.cid): one.val for one in plain.replica.changes().changes}
    assert changes["00003", "-1"] is None
    assert ("00003", "title") not in changes
    assert changes["00004", "title"] == "untold"
    assert plain.held() == []


def test_a_version_that_is_used_up(plain: File) -> None:
    fill(plain, 3, ())
    plain.replica.merge([change("00001", "title", "x", MAX_VERSION - 1)])
    version = plain.replica.db_version()
    plain.app("UPDATE notes SET title = 'mine' WHERE id = '00001'")
    assert "00001" not in plain.read(version)[0]
    assert plain.held() == [("notes", "version", "")]
    assert "its version is exhausted" in str(plain.replica.waiting)
    plain.replica.merge([change("00001", "title", "again", 1, cl=3)])
    assert plain.read(version)[0] == {"00001"}


def test_a_great_many(plain: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all are looked at each time, but those that were written to."""
    monkeypatch.setattr(recheck, "AT_ONCE", 50)
    fill(plain, 1000, range(0, 1000, 2))
    _, clock = plain.read()
    assert len(plain.held()) == 500
    plain.app("UPDATE notes SET title = 'Ja' WHERE id = '00800'")
    assert plain.read(clock)[0] == {"00800"}


def test_a_table_that_is_not_synced_any_more(plain: File) -> None:
    fill(plain, 10)
    plain.read()
    plain.replica.make_plain("notes")
    plain.replica.refresh()
    assert (plain.held(), bool(plain.replica.waiting)) == ([], False)
