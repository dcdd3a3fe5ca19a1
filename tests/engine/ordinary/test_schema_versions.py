"""Whatever moves the schema's version or the file: only what may have changed rows has tables compared, and what an app
does at each start, or in the middle of it, is nobody's deletion."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import FileReplaced
from engine.ordinary.tables import OrdinaryTables
from engine.replica import Replica
from engine.tables import Place, Received
from tests.engine.ordinary.conftest import NOTES

PEER = b"p" * 16
ROWS = (
    "INSERT INTO notes SELECT value, 'T' || value, zeroblob(value), value FROM"
    " (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 40) SELECT value FROM n)"
)
OTHERS = "CREATE TABLE other (id TEXT PRIMARY KEY NOT NULL, v); CREATE TABLE third (id TEXT PRIMARY KEY NOT NULL, v)"


def app(path: Path, *statements: str) -> None:
    """A program that knows nothing of Syncline; each statement for itself."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for sql in statements:
            db.executescript(sql)


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    """A file with forty notes, all of them recorded."""
    path = tmp_path / "a.db"
    app(path, NOTES, ROWS, OTHERS)
    with Replica.open(path) as replica:
        replica.make_ordinary("notes")
        yield replica


def stamps(replica: Replica) -> list[tuple[object, ...]]:
    """All that is recorded of the notes."""
    sql = "SELECT pk, length, hex(covers), col_version, db_version FROM crsql_syncline_rows_1 ORDER BY pk"
    return replica.connection.execute(sql).fetchall()


def marks_and_a_clock(replica: Replica) -> None:
    known = replica.known(PEER)
    replica.merge((), received=Received(PEER, 3, tables=("notes",), bases=known.bases))


OURS: dict[str, Callable[[Replica], object]] = {
    "marks": lambda replica: replica.known(PEER),
    "what a clock covers": marks_and_a_clock,
    "a place": lambda replica: replica.merge((), place=Place(PEER, 0, 9, b"x")),
    "a wish": lambda replica: replica.ask_again(PEER),
    "a token": lambda replica: replica.renew_lineage(PEER, None),
    "a peer's token": lambda replica: replica.keep_lineage(PEER, b"t" * 16),
    "a sent clock": lambda replica: replica.record_sent(PEER, 1),
    "another ordinary table": lambda replica: replica.make_ordinary("other"),
    "a table of cr-sqlite's": lambda replica: replica.make_crr("third"),
    "a parked table": lambda replica: (replica.make_ordinary("other"), replica.park("other", "it does not fit")),
    "a new id": lambda replica: replica.new_site_id(),
}


@pytest.mark.parametrize("what", OURS)
def test_what_is_kept_for_sync_has_no_table_compared(replica: Replica, what: str) -> None:
    before = replica.connection.execute("PRAGMA schema_version").get
    OURS[what](replica)
    assert replica.is_captured()
    assert "notes" in replica.synced_tables()
    changed = replica.connection.execute("PRAGMA schema_version").get != before
    assert changed == (what not in ("a new id",)), "or this shows nothing"
    app(replica.path, "CREATE TABLE apps (a)")
    assert not replica.is_captured()


def test_without_that_it_has(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OrdinaryTables, "keep_schema", lambda *_: None)
    replica.known(PEER)
    assert not replica.is_captured()


def test_what_others_did_to_the_schema_before_is_looked_at_all_the_same(replica: Replica) -> None:
    """Triggers were off, and the app's change of the schema is all that shows it."""
    app(replica.path, "DROP TRIGGER crsql_syncline_1_update; UPDATE notes SET stars = -1")
    replica.renew_lineage(PEER, None)
    assert not replica.is_captured()
    assert {change.val for change in replica.changes(1).changes} == {-1}


REBUILD = (
    "BEGIN; CREATE TABLE new (id TEXT PRIMARY KEY, title TEXT NOT NULL, body, stars INTEGER);"
    " INSERT INTO new SELECT * FROM notes; DROP TABLE notes; ALTER TABLE new RENAME TO notes; COMMIT"
)


def test_an_app_that_rebuilds_its_tables_at_each_start(replica: Replica) -> None:
    before = stamps(replica)
    for start in range(3):
        app(replica.path, REBUILD)
        replica.capture()
        assert stamps(replica) == before
        app(replica.path, f"UPDATE notes SET stars = -{start + 1} WHERE id = '7'")
        assert [c.val for c in replica.changes(start + 1).changes] == [-(start + 1)]
        before = stamps(replica)
    assert replica.refresh() == 4


def test_an_app_that_drops_and_makes_tables_in_autocommit(replica: Replica) -> None:
    """And is looked at after every statement."""
    before = stamps(replica)
    for sql in (
        "CREATE TABLE kept AS SELECT * FROM notes",
        "DROP TABLE notes",
        NOTES,
        "INSERT INTO notes SELECT * FROM kept WHERE stars <= 10",
        "INSERT INTO notes SELECT * FROM kept WHERE stars > 10",
        "DROP TABLE kept",
    ):
        app(replica.path, sql)
        replica.capture()
        assert {length for _, length, *_ in stamps(replica)} == {1}, sql
    assert replica.is_captured()
    assert (stamps(replica), replica.synced_tables()) == (before, ("notes",))
    app(replica.path, "DELETE FROM notes WHERE id = '3'")
    assert [change.cid for change in replica.changes(1).changes] == ["-1"]


@pytest.mark.parametrize(
    "sql",
    [
        "VACUUM",
        "PRAGMA journal_mode = WAL",
        "PRAGMA journal_mode = TRUNCATE",
        "PRAGMA page_size = 8192; VACUUM",
        "PRAGMA auto_vacuum = FULL; VACUUM",
        "PRAGMA user_version = 5",
        "ANALYZE",
        "REINDEX",
        "CREATE INDEX IF NOT EXISTS by_title ON notes (title)",
    ],
)
def test_what_changes_no_row_is_told_as_nothing(replica: Replica, sql: str) -> None:
    app(replica.path, "DELETE FROM notes WHERE id = '1'; UPDATE notes SET stars = 0 WHERE id = '2'")
    replica.capture()
    app(replica.path, "UPDATE notes SET stars = 1 WHERE id = '2'", sql, "UPDATE notes SET stars = 2 WHERE id = '2'")
    assert [(c.cid, c.val, c.col_version) for c in replica.changes(2).changes] == [("stars", 2, 3)]
    before = stamps(replica)
    app(replica.path, sql)
    assert replica.refresh() == 3
    assert stamps(replica) == before


def test_a_file_that_is_put_back(replica: Replica, tmp_path: Path) -> None:
    """A copy with writes that nobody has captured takes its place: what it holds is what counts."""
    app(replica.path, "UPDATE notes SET stars = -1 WHERE id = '5'")
    copy = tmp_path / "copy.db"
    shutil.copy(replica.path, copy)
    assert replica.refresh() == 2
    app(replica.path, "UPDATE notes SET stars = -2 WHERE id = '6'")
    assert replica.refresh() == 3
    copy.rename(replica.path)
    with pytest.raises(FileReplaced):
        replica.merge(())
    with Replica.open(replica.path) as again:
        assert again.refresh() == 2
        assert [change.val for change in again.changes(1).changes] == [-1]
