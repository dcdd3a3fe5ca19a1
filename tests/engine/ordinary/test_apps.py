"""Apps as they are: killed in the middle, holding transactions, making their tables anew at each start."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from tests import budget
from tests.engine.ordinary.conftest import File, Open
from tests.engine.ordinary.statements import NOTES, ROWS
from tests.engine.ordinary.writers import PythonWriter, Write, killed, shell

JOURNALS = ("DELETE", "WAL")
MANY = (
    "WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT {rows})"
    " INSERT INTO notes SELECT 'n' || v, 'T', NULL, v FROM n"
)


def finds_nothing_more(file: File, *tables: str) -> None:
    """A capture, and after it a comparison of everything that finds nothing."""
    version = file.capture()
    known = [file.cells(name) for name in tables or ("notes",)]
    file.compare_all()
    assert [file.cells(name) for name in tables or ("notes",)] == known
    assert file.state.db_version() == version


def alive(file: File) -> set[object]:
    """The keys of the rows that are recorded as there."""
    return {key for (key, *_), (length, _) in file.versions().items() if length % 2}


# Killed


@pytest.mark.parametrize("journal", JOURNALS)
def test_killed_in_a_transaction(new: Open, journal: str) -> None:
    """Most of it is in the file already; it is taken back, and never was."""
    file = new(f"PRAGMA journal_mode = {journal}; {NOTES}; {ROWS}")
    before = file.cells()
    app = PythonWriter()
    assert not app(
        file.path, "PRAGMA cache_size = 5", "BEGIN", MANY.format(rows=2000), "DELETE FROM notes WHERE id < 'n'"
    )
    app.kill()
    assert file.capture() == 1
    assert file.cells() == before
    finds_nothing_more(file)
    assert file.db.execute("PRAGMA integrity_check").get == "ok"


@pytest.mark.parametrize("journal", JOURNALS)
def test_killed_after_a_commit(new: Open, journal: str) -> None:
    """With the file open, and its log not copied back."""
    file = new(f"PRAGMA journal_mode = {journal}; {NOTES}; {ROWS}")
    app = PythonWriter()
    assert not app(file.path, "UPDATE notes SET title = 'last'", "BEGIN", "DELETE FROM notes")
    app.kill()
    assert file.capture() == 2
    assert {cells["title"] for _, cells in file.versions().values()} == {2}
    finds_nothing_more(file)


WRITES = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
db.execute("PRAGMA synchronous = OFF")
n = 0
while True:
    n += 1
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO notes VALUES (?, 'T', NULL, 0)", (f"k{n}",))
    db.execute("UPDATE notes SET stars = ? WHERE id = 'count'", (n,))
    db.execute("DELETE FROM notes WHERE id = ?", (f"k{n - 5}",))
    db.execute("COMMIT")
    print(n, flush=True)
    time.sleep(0.01)  # as a person types
"""


def test_killed_at_any_moment_while_captures_go_on(new: Open) -> None:
    """What is captured is always what whole transactions left."""
    for case in budget.cases("apps that are killed", seconds=8, at_least=2):
        journal = case.random.choice(JOURNALS)
        file = new(f"PRAGMA journal_mode = {journal}; {NOTES}; INSERT INTO notes VALUES ('count', 'C', NULL, 0)")
        file.db.execute("PRAGMA synchronous = OFF")
        file.db.set_busy_timeout(60_000)
        with killed(WRITES, file.path) as lines:
            for _ in range(case.random.randrange(1, 30)):
                assert lines.readline()
                if case.random.random() < 0.3:
                    file.capture()
        finds_nothing_more(file)
        count = file.db.execute("SELECT stars FROM notes WHERE id = 'count'").get
        assert alive(file) == {"count", *(f"k{n}" for n in range(max(1, count - 4), count + 1))}
        assert [c.val for c in file.changes() if c.cid == "stars" and c.val] == [count]


# Long transactions


def test_a_transaction_that_is_held(new: Open, python: PythonWriter) -> None:
    """No capture while an app writes, and nothing is left of the attempt; then all of it."""
    file = new(f"PRAGMA journal_mode = WAL; {NOTES}; {ROWS}")
    file.db.set_busy_timeout(20)
    before = file.cells()
    assert not python(
        file.path, "UPDATE notes SET title = 'done'", "BEGIN IMMEDIATE", "UPDATE notes SET title = 'held'"
    )
    for _ in range(3):
        with pytest.raises(apsw.BusyError):
            file.capture()
        assert not file.db.in_transaction
    assert file.cells() == before
    assert not python(file.path, "DELETE FROM notes WHERE id = 'a'", "COMMIT")
    assert file.capture() == 2
    assert [cells.get("title") for _, cells in file.versions().values()] == [None, 2, 2]
    finds_nothing_more(file)


@pytest.mark.parametrize("journal", JOURNALS)
def test_a_reader_that_does_not_end(new: Open, python: PythonWriter, journal: str) -> None:
    """It keeps a rollback journal from being finished, and a log from being copied back."""
    file = new(f"PRAGMA journal_mode = {journal}; {NOTES}; {ROWS}")
    file.db.set_busy_timeout(20)
    with PythonWriter() as reader:
        assert not python(file.path, "UPDATE notes SET title = 'new'")
        assert not reader(file.path, "BEGIN", "SELECT * FROM notes")
        if journal == "DELETE":
            with pytest.raises(apsw.BusyError):
                file.capture()
            assert not file.db.in_transaction
            assert not reader(file.path, "COMMIT")
        assert file.capture() == 2
    assert {cells["title"] for _, cells in file.versions().values()} == {2}
    finds_nothing_more(file)


# Tables that are made anew

REBUILD = (
    "DROP TABLE IF EXISTS notes_new",
    NOTES.replace("notes", "notes_new"),
    "INSERT INTO notes_new SELECT id, title, body, stars FROM notes",
    "DROP TABLE notes",
    "ALTER TABLE notes_new RENAME TO notes",
    "CREATE INDEX by_title ON notes (title)",
)


@pytest.mark.parametrize("at_once", [True, False], ids=["in a transaction", "in autocommit"])
def test_every_table_is_made_anew_at_each_start(new: Open, python: PythonWriter, at_once: bool) -> None:
    """Captures in between see a table that is not there, and two that are; nothing but what changed is told."""
    file = new(NOTES)
    file.app(MANY.format(rows=30))
    file.capture()
    before = file.cells()
    for start in range(3):
        statements = ("BEGIN", *REBUILD, "COMMIT") if at_once else REBUILD
        for statement in statements:
            assert not python(file.path, statement)
            if not at_once:
                file.capture()
        assert not python(file.path, f"UPDATE notes SET stars = -1 WHERE id = 'n{start + 1}'")
        python.forget(file.path)
        finds_nothing_more(file)
    changed = {key for (key,), cells in file.cells().items() if cells != before[key,]}
    assert changed == {"n1", "n2", "n3"}
    assert {cells["stars"] for (key,), (_, cells) in file.versions().items() if key in changed} == {2}


# Ways of writing


def test_more_writes_than_the_log_takes(new: Open, python: PythonWriter) -> None:
    file = new(NOTES)
    again = ["UPDATE notes SET stars = stars + 1"] * 250
    assert not python(
        file.path,
        "PRAGMA synchronous = OFF",
        MANY.format(rows=400),
        *again,
        "DELETE FROM notes WHERE id > 'n7'",
        "INSERT INTO notes VALUES ('a', 'A', 1, 1)",
    )
    assert file.db.execute("SELECT count(*) FROM crsql_syncline_log_1").get == 100_000
    finds_nothing_more(file)
    assert len(alive(file)) == file.db.execute("SELECT count(*) FROM notes").get < 400


def test_an_attached_file(new: Open, python: PythonWriter, tmp_path: Path) -> None:
    """It is written to under another name, together with a file of the app's own that has such a table, too."""
    file, own = new(f"{NOTES}; {ROWS}"), tmp_path / "own.db"
    attach = f"ATTACH '{file.path}' AS synced"
    for write in (python, shell):
        version = file.state.db_version()
        failed = write(
            own,
            attach,
            f"CREATE TABLE IF NOT EXISTS {NOTES.removeprefix('CREATE TABLE ')}",
            "BEGIN",
            "REPLACE INTO main.notes SELECT * FROM synced.notes",
            "UPDATE synced.notes SET stars = stars + 1",
            "DELETE FROM main.notes",
            "COMMIT",
        )
        assert not failed
        if write is python:
            python.forget(own)
        finds_nothing_more(file)
        assert file.state.db_version() == version + 1
    assert {cells["stars"] for _, cells in file.versions().values()} == {3}


def test_a_defensive_connection(new: Open) -> None:
    """The shell's own switches: what such a connection may not do, our triggers do not need."""
    file = new(f"{NOTES}; {ROWS}")
    switches = (
        ".dbconfig defensive on",
        ".dbconfig trusted_schema off",
        ".dbconfig dqs_dml off",
        ".dbconfig dqs_ddl off",
    )
    write: Write = shell
    assert not write(
        file.path, *switches, "REPLACE INTO notes VALUES ('a', 'AA', 1, 1)", "DELETE FROM notes WHERE id = 'b'"
    )
    finds_nothing_more(file)
    assert {key: length for (key,), (length, _) in file.versions().items()} == {"a": 1, "b": 2, "c": 1}


def test_a_connection_without_triggers(new: Open) -> None:
    """A program may switch them off: a comparison of everything finds what it wrote."""
    file = new(f"{NOTES}; {ROWS}")
    assert not shell(file.path, ".dbconfig enable_trigger off", "UPDATE notes SET title = 'unseen'")
    assert file.capture() == 1
    file.compare_all()
    assert {cells["title"] for _, cells in file.versions().values()} == {2}


def test_a_row_displaced_by_the_rowid_that_a_program_names(new: Open) -> None:
    """No trigger fires and no index tells: the next comparison of the whole table finds it."""
    file = new(f"{NOTES}; {ROWS}")
    named = "REPLACE INTO notes (rowid, id, title) SELECT rowid, 'new', 'N' FROM notes WHERE id = 'a'"
    assert not shell(file.path, named)
    file.capture()
    assert "new" in alive(file)
    file.compare_all()
    assert alive(file) == {"new", "b", "c"}
