"""A file whose numbers SQLite hands out is set back to a backup, in its place, so that nothing of it tells: what the
backup held is the row that others have, and what is written then is another one."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.ordinary.own_collections import OwnCollections
from engine.replica import Replica
from engine.session import SynclineSession
from engine.table_shape import Join
from engine.tables import born_as, unpack_columns
from tests.engine.session.joins import sync, wire
from tests.engine.session.world import make_replica

SCHEMA = (
    "CREATE TABLE folders (id INTEGER PRIMARY KEY{auto}, name TEXT);"
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER REFERENCES folders, title TEXT);"
    "CREATE TABLE tags (note INTEGER REFERENCES notes, folder INTEGER REFERENCES folders, PRIMARY KEY (note, folder))"
)
CONTENT = (
    "SELECT f.name, n.title, t.folder IS NOT NULL FROM folders f LEFT JOIN notes n ON n.folder = f.id"
    " LEFT JOIN tags t ON t.note = n.id AND t.folder = f.id ORDER BY 1, 2"
)


@pytest.fixture(params=["", " AUTOINCREMENT"], ids=["numbers are used again", "autoincrement"])
def schema(request: pytest.FixtureRequest) -> str:
    return SCHEMA.format(auto=request.param)


def new(path: Path, schema: str) -> Path:
    with make_replica(path, schema) as replica:
        for table in ("folders", "notes", "tags"):
            replica.make_ordinary(table)
    return path


def app(path: Path, what: str) -> None:
    """An app adds a folder with a note that is tagged with it."""
    with closing(sqlite3.connect(path)) as db, db:
        folder = db.execute("INSERT INTO folders (name) VALUES (?)", (what,)).lastrowid
        note = db.execute("INSERT INTO notes (folder, title) VALUES (?, ?)", (folder, what)).lastrowid
        db.execute("INSERT INTO tags VALUES (?, ?)", (note, folder))


def content(path: Path) -> list[tuple[str, str, int]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(CONTENT).fetchall()


def sync_files(one: Path, other: Path) -> tuple[SynclineSession, ...]:
    """In programs of their own, one after the other."""
    with Replica.open(one) as here, Replica.open(other) as there:
        return sync(here, there, how=Join.BOTH)


def backup_unconfirmed(one: Path, other: Path, backup: Path) -> None:
    """The backup holds rows that others get only later, and some of theirs; then the two go on."""
    app(one, "first")
    sync_files(one, other)
    app(one, "held")
    with Replica.open(one) as replica:
        replica.capture()
    shutil.copyfile(one, backup)
    app(one, "before")
    app(other, "theirs")
    sync_files(one, other)


@pytest.mark.parametrize("when", ["new id, then written to", "written to, then new id", "captured, then new id"])
def test_rows_that_the_backup_held_are_those_that_others_have(tmp_path: Path, schema: str, when: str) -> None:
    one, other, backup = new(tmp_path / "one.db", schema), new(tmp_path / "other.db", schema), tmp_path / "backup.db"
    backup_unconfirmed(one, other, backup)
    inode = one.stat().st_ino
    shutil.copyfile(backup, one)
    assert one.stat().st_ino == inode, "in its place"
    if when != "new id, then written to":
        app(one, "after")
    if when == "captured, then new id":
        with Replica.open(one) as replica:
            replica.capture()
    with Replica.open(one) as replica:
        replica.new_site_id()
    if when == "new id, then written to":
        app(one, "after")
    sync_files(one, other)
    names = ["after", "before", "first", "held", "theirs"]
    assert content(one) == content(other) == [(name, name, 1) for name in names]


def test_it_is_set_back_while_it_is_open(tmp_path: Path, schema: str) -> None:
    one, other, backup = new(tmp_path / "one.db", schema), new(tmp_path / "other.db", schema), tmp_path / "backup.db"
    with Replica.open(one) as replica, Replica.open(other) as there:
        app(one, "first")
        sync(replica, there, how=Join.BOTH)
        app(one, "held")
        replica.capture()
        replica.connection.execute("VACUUM INTO ?", (str(backup),))
        app(one, "before")
        sync(replica, there)
        with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(one)) as target:
            source.backup(target)
        app(one, "after")
        replica.capture()
        replica.new_site_id()
        sync(replica, there)
        found = [db.connection.execute(CONTENT).fetchall() for db in (replica, there)]
    assert found[0] == found[1] == [(name, name, 1) for name in ["after", "before", "first", "held"]]


def test_a_backup_too_young_to_be_noticed_bears_other_rows(tmp_path: Path, schema: str) -> None:
    """Made within seconds of the last changes that left: no token tells it, so that nobody asks for another id."""
    one, other, backup = new(tmp_path / "one.db", schema), new(tmp_path / "other.db", schema), tmp_path / "backup.db"
    app(one, "first")
    with Replica.open(one) as here, Replica.open(other) as there:
        line = wire(here, there, how=Join.BOTH)
        line.run()
        here.connection.execute("VACUUM INTO ?", (str(backup),))
        app(one, "before")
        here.capture()
        line.ends[0].local()
        line.run()
        assert there.connection.execute("SELECT count(*) FROM notes").get == 2
    shutil.copyfile(backup, one)
    for number in range(4):
        app(one, f"after {number}")
    for session in sync_files(one, other):
        assert session.in_sync
    names = [*(f"after {number}" for number in range(4)), "before", "first"]
    assert content(one) == content(other) == [(name, name, 1) for name in names]


def test_nothing_is_captured_between_the_backup_and_a_new_id(tmp_path: Path, schema: str) -> None:
    """It is open; what the backup holds was sent since, and nothing else has happened to it."""
    one, other, backup = new(tmp_path / "one.db", schema), new(tmp_path / "other.db", schema), tmp_path / "backup.db"
    with Replica.open(one) as here, Replica.open(other) as there:
        app(one, "held")
        here.capture()
        here.connection.execute("VACUUM INTO ?", (str(backup),))
        sync(here, there, how=Join.BOTH)
        with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(one)) as target:
            source.backup(target)
        here.new_site_id()
        sync(here, there)
        found = [replica.connection.execute(CONTENT).fetchall() for replica in (here, there)]
    assert found[0] == found[1] == [("held", "held", 1)]


def test_what_else_raises_the_version_hides_no_set_back(tmp_path: Path, schema: str) -> None:
    """It is open, no token tells it, and a cr-sqlite table is written to before anything is captured."""
    one, other, backup = new(tmp_path / "one.db", schema), new(tmp_path / "other.db", schema), tmp_path / "backup.db"
    with Replica.open(one) as here, Replica.open(other) as there:
        for replica in (here, there):
            replica.connection.execute(
                "CREATE TABLE other (id INTEGER PRIMARY KEY NOT NULL); SELECT crsql_as_crr('other')"
            )
        app(one, "first")
        line = wire(here, there, how=Join.BOTH)
        line.run()
        here.connection.execute("VACUUM INTO ?", (str(backup),))
        app(one, "before")
        here.capture()
        line.ends[0].local()
        line.run()
        with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(one)) as target:
            source.backup(target)
        for number in range(9):
            here.connection.execute("INSERT INTO other VALUES (?)", (number,))
        here.record_sent(bytes(16), 0)  # which keeps the file's floor
        for number in range(4):
            app(one, f"after {number}")
        here.capture()
        assert all(session.in_sync for session in sync(here, there))
        found = [replica.connection.execute(CONTENT).fetchall() for replica in (here, there)]
    names = [*(f"after {number}" for number in range(4)), "before", "first"]
    assert found[0] == found[1] == [(name, name, 1) for name in names]


def test_a_file_that_went_on_with_its_collection_would_lose_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deliberate fault is noticed."""
    monkeypatch.setattr(OwnCollections, "renew", lambda self, entries: False)
    with pytest.raises(AssertionError):
        test_a_backup_too_young_to_be_noticed_bears_other_rows(tmp_path, SCHEMA.format(auto=""))


def test_rows_come_in_the_order_in_which_they_were_born(tmp_path: Path) -> None:
    """Whatever their numbers are, and however often the file was opened: the first is the one that is shown of two."""
    one = new(tmp_path / "one.db", SCHEMA.format(auto=""))
    for number in (7, 3, 9, 1, 4):
        with closing(sqlite3.connect(one)) as db, db:
            db.execute("INSERT INTO folders VALUES (?, 'x')", (number,))
        with Replica.open(one) as replica:
            replica.capture()
    with Replica.open(one, readonly=True) as replica:
        rows, more = replica.rows_between("folders", b"", b"")
    assert [born_as(unpack_columns(key)[0])[1] for key, _ in rows] == [7, 3, 9, 1, 4]
    assert not more
