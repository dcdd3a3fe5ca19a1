"""What migrations do to tables, on three machines whose apps are updated one after the other: tables that are made anew
as Django, Alembic and Room do, columns and tables that are renamed, foreign keys that come and go.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import NotEligible
from engine.ordinary import register
from engine.replica import Replica
from tests.engine.live import make_file, write
from tests.engine.ordinary.test_version_ahead import Machine
from tests.engine.programs import Command

FIRST = """
CREATE TABLE folders (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
CREATE TABLE filed (id INTEGER PRIMARY KEY, uid TEXT, folder INTEGER REFERENCES folders (id));
CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT, folder INTEGER REFERENCES folders (id));
CREATE TABLE django (id TEXT NOT NULL PRIMARY KEY, body TEXT);
CREATE TABLE alembic (id INTEGER PRIMARY KEY, uid TEXT, folder INTEGER REFERENCES folders (id));
CREATE TABLE other_column (id TEXT NOT NULL PRIMARY KEY, old TEXT);
CREATE TABLE loose (id INTEGER PRIMARY KEY, uid TEXT, folder INTEGER REFERENCES folders (id));
CREATE TABLE tight (id TEXT NOT NULL PRIMARY KEY, place INTEGER)
"""

UPDATE = """
PRAGMA foreign_keys = OFF;
ALTER TABLE folders RENAME TO boxes;
ALTER TABLE notes RENAME TO memos;
BEGIN;
CREATE TABLE new__django (id TEXT NOT NULL PRIMARY KEY, body TEXT, level INTEGER NOT NULL);
INSERT INTO new__django SELECT id, body, 7 FROM django;
DROP TABLE django;
ALTER TABLE new__django RENAME TO django;
COMMIT;
BEGIN;
CREATE TABLE _alembic_tmp_alembic (id INTEGER PRIMARY KEY NOT NULL, uid VARCHAR(36), folder INTEGER, level INTEGER
  DEFAULT 3, CONSTRAINT fk FOREIGN KEY (folder) REFERENCES boxes (id));
INSERT INTO _alembic_tmp_alembic (id, uid, folder) SELECT id, uid, folder FROM alembic;
DROP TABLE alembic;
ALTER TABLE _alembic_tmp_alembic RENAME TO alembic;
COMMIT;
ALTER TABLE other_column RENAME COLUMN old TO new;
BEGIN;
CREATE TABLE _new_loose (id INTEGER PRIMARY KEY NOT NULL, uid TEXT, folder INTEGER);
INSERT INTO _new_loose SELECT id, uid, folder FROM loose;
DROP TABLE loose;
ALTER TABLE _new_loose RENAME TO loose;
CREATE TABLE _new_tight (id TEXT NOT NULL PRIMARY KEY, place INTEGER REFERENCES boxes (id));
INSERT INTO _new_tight SELECT id, place FROM tight;
DROP TABLE tight;
ALTER TABLE _new_tight RENAME TO tight;
COMMIT;
PRAGMA foreign_keys = ON
"""

OLD = (
    "INSERT INTO folders (name) VALUES ('{0} box')",
    "INSERT INTO filed (uid, folder) SELECT '{0}', id FROM folders WHERE name = '{0} box'",
    "INSERT INTO notes (uid, folder) SELECT '{0}', id FROM folders WHERE name = '{0} box'",
    "INSERT INTO django VALUES ('{0}', 'B')",
    "INSERT INTO alembic (uid, folder) SELECT '{0}', id FROM folders WHERE name = '{0} box'",
    "INSERT INTO other_column VALUES ('{0}', 'V')",
    "INSERT INTO loose (uid, folder) SELECT '{0}', id FROM folders WHERE name = '{0} box'",
    "INSERT INTO tight VALUES ('{0}', NULL)",
)
"""What the app writes before the update."""

NEW = (
    "INSERT INTO boxes (name) VALUES ('{0} box')",
    "INSERT INTO filed (uid, folder) SELECT '{0}', id FROM boxes WHERE name = '{0} box'",
    "INSERT INTO memos (uid, folder) SELECT '{0}', id FROM boxes WHERE name = '{0} box'",
    "INSERT INTO django VALUES ('{0}', 'B', 9)",
    "INSERT INTO alembic (uid, folder, level) SELECT '{0}', id, 9 FROM boxes WHERE name = '{0} box'",
    "INSERT INTO other_column VALUES ('{0}', 'V')",
    "INSERT INTO loose (uid, folder) SELECT '{0}', id FROM boxes WHERE name = '{0} box'",
    "INSERT INTO tight VALUES ('{0}', NULL)",
)

CONTENT = {
    "boxes": "SELECT name FROM boxes",
    "filed": "SELECT uid, name FROM filed LEFT JOIN boxes ON boxes.id = folder",
    "memos": "SELECT uid, name FROM memos LEFT JOIN boxes ON boxes.id = folder",
    "django": "SELECT id, body, level FROM django",
    "alembic": "SELECT uid, name, level FROM alembic LEFT JOIN boxes ON boxes.id = folder",
    "other_column": "SELECT id, new FROM other_column",
    "loose": "SELECT uid, name FROM loose LEFT JOIN boxes ON boxes.id = folder",
    "tight": "SELECT id, place FROM tight",
}


def content(machine: Machine) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(machine.app(sql), key=repr) for table, sql in CONTENT.items()}


def test_migrations_one_after_the_other(tmp_path: Path) -> None:
    """Each row is there once, and refers to what it did, on all three."""
    rooms = tmp_path / "hub"
    rooms.mkdir()
    update = [statement for statement in UPDATE.split(";") if statement.strip()]
    with Command(tmp_path / "server").running("serve", rooms, "--port", "0", "--allow-create") as hub:
        url = hub.line.split(" at ")[1].split(";")[0]
        one, two, three = machines = [Machine(tmp_path / name, url, FIRST) for name in ("one", "two", "three")]

        def do(machine: Machine, statements: tuple[str, ...], name: str) -> None:
            machine.app(*(statement.format(name) for statement in statements))

        do(one, OLD, "first")
        for machine in machines:
            machine.sync()
        one.update(*update)
        do(one, NEW, "one")
        do(two, OLD, "two")
        do(three, OLD, "three")
        for machine in (*machines, one, two):
            machine.sync()
        two.update(*update)
        do(two, NEW, "two, new")
        for machine in (two, one, three, two, one):
            machine.sync()
        assert content(one) == content(two)
        three.update(*update)
        for machine in (three, *machines, one, two):
            machine.sync()
        found = content(one)
        assert content(two) == content(three) == found
    who = ["first", "one", "three", "two", "two, new"]
    boxed = [(name, f"{name} box") for name in who]
    assert found == {
        "boxes": [(box,) for _, box in boxed],
        "filed": boxed,
        "memos": boxed,
        "django": [(name, "B", 9 if name in ("one", "two, new") else 7) for name in who],
        "alembic": [(*one, 9 if one[0] in ("one", "two, new") else 3) for one in boxed],
        "other_column": [(name, "V") for name in who],
        "loose": boxed,
        "tight": [(name, None) for name in who],
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with notes that are synced."""
    path = make_file(tmp_path / "a.db", "SELECT 1")
    write(path, "CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT)")
    write(path, "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, folder INTEGER REFERENCES folders (id))")
    write(path, "INSERT INTO notes (title, folder) VALUES ('A', 1), ('B', NULL)")
    with Replica.open(path) as replica:
        replica.make_ordinary("notes")
    return path


def told(replica: Replica, table: str, since: int = 0) -> list[tuple[object, ...]]:
    found = replica.changes(since).changes
    return [(one.pk, one.cid, one.val, one.col_version) for one in found if one.table == table]


def test_a_renamed_table_goes_on_once_it_is_made_syncable(path: Path) -> None:
    with Replica.open(path) as replica:
        before = told(replica, "notes")
        [ids] = [dataset.here for name, dataset in replica.datasets().items() if name == "notes"]
    write(path, "ALTER TABLE notes RENAME TO memos")
    write(path, "UPDATE memos SET title = 'B2' WHERE id = 2")
    with Replica.open(path) as replica:
        replica.capture()
        [parked] = replica.parked()
        assert (parked.name, parked.reason) == (
            "notes",
            "the app has renamed it to “memos”; it continues under that name once that is made syncable",
        )
        replica.make_ordinary("memos")
        replica.capture()
        assert replica.parked() == ()
        assert "notes" not in replica.synced_tables()
        after = told(replica, "memos")
        assert [one for one in before if one not in after] == [one for one in before if one[2] == "B"]
        assert [one[2:] for one in after if one not in before] == [("B2", 2)]
        assert replica.datasets()["memos"].here == ids
        replica.make_ordinary("memos")
        assert replica.check() == []
        version = replica.refresh()
        write(path, "INSERT INTO memos (title) VALUES ('C')")
        replica.capture()
        assert "C" in {value for _, _, value, _ in told(replica, "memos", version)}


@pytest.mark.parametrize("name", ["memos", "Notes"])
def test_a_repair_leaves_a_renamed_table_what_it_goes_on_with(path: Path, name: str) -> None:
    """Else its rows were others on each machine; in another letter case, too, it is not synced under its old name."""
    with Replica.open(path) as replica:
        before = told(replica, "notes")
    write(path, "ALTER TABLE notes RENAME TO other")
    write(path, f"ALTER TABLE other RENAME TO {name}")
    with Replica.open(path) as replica:
        replica.capture()
        assert [parked.name for parked in replica.parked()] == ["notes"]
        assert replica.check() == []
        replica.repair()
        replica.make_ordinary(name)
        replica.capture()
        assert replica.parked() == ()
        assert told(replica, name) == before
        assert "notes" not in replica.synced_tables()


def test_a_table_with_another_name_and_another_key_is_another_one(path: Path) -> None:
    write(path, "ALTER TABLE notes RENAME TO memos")
    write(path, "ALTER TABLE memos RENAME COLUMN id TO number")
    with Replica.open(path) as replica:
        replica.make_ordinary("memos")
        [parked] = replica.parked()
        assert "renamed" not in parked.reason
        replica.repair()
        assert replica.parked() == ()


def test_a_table_that_others_refer_to(path: Path) -> None:
    with Replica.open(path) as replica:
        before = told(replica, "notes")
    write(path, "ALTER TABLE folders RENAME TO boxes")
    with Replica.open(path) as replica:
        replica.make_ordinary("boxes")
        replica.capture()
        assert {shape.name: shape.refers for shape in replica.shapes()} == {
            "boxes": {"id": "boxes"},
            "notes": {"id": "notes", "folder": "boxes"},
        }
        assert told(replica, "notes") == before


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE notes RENAME TO old", "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT)"),
        ("CREATE TABLE memos AS SELECT * FROM notes", "DROP TABLE notes"),
        ("ALTER TABLE notes RENAME TO memos", "ALTER TABLE memos RENAME COLUMN id TO number"),  # another key
    ],
)
def test_what_is_no_renamed_table(path: Path, statements: tuple[str, ...]) -> None:
    for statement in statements:
        write(path, statement)
    with Replica.open(path) as replica:
        tables = [table for table in ("old", "memos") if replica.connection.table_exists("main", table)]
        for table in tables:
            try:
                replica.make_ordinary(table)
            except NotEligible:
                continue
            names = {one.name: one.number for one in register.load(replica.connection)}
            assert names[table] > names["folders"]
            assert names["notes"] < names[table]


SHELVES = (
    "CREATE TABLE shelves (id INTEGER PRIMARY KEY, label TEXT)",
    "ALTER TABLE notes ADD COLUMN shelf INTEGER REFERENCES shelves (id)",
    "INSERT INTO shelves (label) VALUES ('{0}')",
    "INSERT INTO notes (title, shelf) VALUES ('{0}', 1)",
)
WAITS = (
    "“shelf” refers to rows of “shelves”, which is not synced: it stays on this machine until that table is made"
    " syncable, too."
)


def test_a_column_that_refers_to_a_new_table_waits_for_it(path: Path, tmp_path: Path) -> None:
    """Else its numbers had travelled as they are before anybody could make that table syncable, and led elsewhere."""
    other = make_file(tmp_path / "b.db", "SELECT 1")
    write(other, "CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT)")
    write(other, "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, folder INTEGER REFERENCES folders (id))")
    with Replica.open(other) as replica:
        replica.make_ordinary("notes")
    replicas = [Replica.open(one) for one in (path, other)]
    try:
        for replica in replicas:
            for statement in SHELVES:
                write(replica.path, statement.format(replica.path.stem))
            replica.capture()
            assert replica.parked() == ()
            [notes] = [one for one in replica.tables() if one.name == "notes"]
            assert WAITS in notes.cautions
            assert "shelf" not in str([shape for shape in replica.shapes() if shape.name == "notes"])
            assert "shelf" not in str(replica.plans(["notes"]))
            assert "shelf" not in {cid for _, cid, *_ in told(replica, "notes")}
        one, two = replicas
        two.merge(one.changes(0).changes)
        assert {row[0] for row in two.connection.execute("SELECT shelf FROM notes WHERE title = 'a'")} == {None}
        for replica in replicas:
            replica.make_ordinary("shelves")
            replica.capture()
            [notes] = [one for one in replica.tables() if one.name == "notes"]
            assert WAITS not in notes.cautions
            assert {shape.name: shape.refers for shape in replica.shapes()}["notes"]["shelf"] == "shelves"
        two.merge(one.changes(0).changes)
        one.merge(two.changes(0).changes)
        for replica in replicas:
            sql = "SELECT title, label FROM notes JOIN shelves ON shelves.id = shelf ORDER BY title"
            assert list(replica.connection.execute(sql)) == [("a", "a"), ("b", "b")]
            assert replica.check() == []
    finally:
        for replica in replicas:
            replica.close()


def test_a_row_that_comes_without_a_column_that_waits(path: Path) -> None:
    """The column takes no NULL."""
    write(path, "CREATE TABLE shelves (id INTEGER PRIMARY KEY, label TEXT)")
    write(path, "CREATE TABLE new AS SELECT * FROM notes")
    write(path, "DROP TABLE notes")
    columns = "id INTEGER PRIMARY KEY, title TEXT, folder INTEGER REFERENCES folders (id)"
    write(path, f"CREATE TABLE notes ({columns}, shelf INTEGER NOT NULL REFERENCES shelves (id))")
    write(path, "INSERT INTO notes SELECT *, 1 FROM new")
    with Replica.open(path) as replica:
        replica.capture()
        [example, *_] = [one for one in replica.changes(0).changes if one.table == "notes"]
        replica.merge([example._replace(pk=example.pk[:-1] + b"\x63", site_id=b"p" * 16)])
        assert sorted(replica.connection.execute("SELECT title, shelf FROM notes"))[-1][1] == 1
        assert replica.connection.execute("SELECT count(*) FROM notes WHERE shelf = 0").get == 1
        assert replica.parked() == ()
