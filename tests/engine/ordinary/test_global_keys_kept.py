"""Tables whose numbers SQLite hands out, in files that were copied, set back, or not synced for a while: what has one
name is one row, and what has a number that was used before is another."""

from __future__ import annotations

import shutil
from pathlib import Path

import apsw
import pytest

from tests.engine.ordinary.conftest import File, Open
from tests.engine.ordinary.numbered import FOLDERS, TABLES, TODO, content, merge, sync

pytestmark = pytest.mark.usefixtures("how_merged")
"""Row by row, and many together."""


def test_a_copied_file_bears_rows_of_its_own(new: Open, tmp_path: Path) -> None:
    """Both copies add rows; nobody has told either that it is one."""
    one, hub = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app("INSERT INTO folders VALUES (1, 'f', NULL)")
    one.capture()
    one.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(one.path, tmp_path / "copy.db")
    two = File(tmp_path / "copy.db")
    for file, who in ((one, "one"), (two, "two")):
        file.app(f"INSERT INTO folders (name) VALUES ('{who}')", f"INSERT INTO notes VALUES (NULL, 2, '{who}')")
    sync(one, two, hub, tables=TABLES)
    for file in (one, two, hub):
        found = file.db.execute("SELECT title, name FROM notes JOIN folders f ON f.id = folder ORDER BY 1").fetchall()
        assert found == [("one", "one"), ("two", "two")]
        assert len(file.rows("folders")) == 3
    two.db.close()


def test_a_file_that_was_set_back_gives_other_names_to_what_it_bears(new: Open, tmp_path: Path) -> None:
    one, hub = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app("INSERT INTO folders VALUES (1, 'f', NULL)")
    sent = one.capture()
    backup = apsw.Connection(str(tmp_path / "backup.db"))
    with backup.backup("main", one.db, "main") as copying:
        copying.step()
    one.app("INSERT INTO folders (name) VALUES ('before')", "INSERT INTO notes VALUES (1, 2, 'before')")
    merge(hub, one, *TABLES)
    with one.db.backup("main", backup, "main") as copying:  # in its place: nothing of the file tells
        copying.step()
    one.app("INSERT INTO folders (name) VALUES ('after')", "INSERT INTO notes VALUES (1, 2, 'after')")
    one.capture()
    with one.transaction():
        one.tables.rename_unsent(sent)
        one.db.execute("UPDATE crsql_site_id SET site_id = randomblob(16) WHERE ordinal = 0")
        one.tables.renew_collections()
    sync(one, hub, tables=TABLES)
    for file in (one, hub):
        found = file.db.execute("SELECT title, name FROM notes JOIN folders f ON f.id = folder ORDER BY 1").fetchall()
        assert found == [("after", "after"), ("before", "before")]
    assert content(one, *TABLES) == content(hub, *TABLES)
    backup.close()


def test_a_number_that_is_used_again_after_a_restore_is_another_row(new: Open, tmp_path: Path) -> None:
    """Restored in its place, the file looks as if its schema had changed: all of it is compared."""
    one, hub = new(TODO, "todo"), new(TODO, "todo")
    one.app("INSERT INTO todo VALUES (1, 'a'), (2, 'b')")
    merge(hub, one, "todo")
    sent = one.state.db_version()
    backup = apsw.Connection(str(tmp_path / "backup.db"))
    with backup.backup("main", one.db, "main") as copying:
        copying.step()
    one.app("DELETE FROM todo WHERE id = 2", "INSERT INTO todo (text) VALUES ('before')")
    merge(hub, one, "todo")
    with one.db.backup("main", backup, "main") as copying:
        copying.step()
    one.app("DELETE FROM todo WHERE id = 2", "INSERT INTO todo (text) VALUES ('after')")
    one.capture()
    with one.transaction():
        one.tables.rename_unsent(sent)
    sync(one, hub)
    for file in (one, hub):
        assert sorted(file.rows("todo").values()) == [("a",), ("after",), ("before",)]
    assert content(one, "todo") == content(hub, "todo")
    backup.close()


def test_a_table_that_is_synced_again_has_the_rows_that_it_had(new: Open) -> None:
    one, two = new(TODO, "todo"), new(TODO, "todo")
    one.app("INSERT INTO todo (text) VALUES ('a'), ('b')")
    two.app("INSERT INTO todo (text) VALUES ('x')")
    sync(one, two)
    with one.transaction():
        one.tables.undo("todo")
    one.app("DELETE FROM todo WHERE id = 1", "INSERT INTO todo (text) VALUES ('c')")
    one.make("todo")
    sync(one, two)
    assert sorted(one.rows("todo").values()) == sorted(two.rows("todo").values()) == [("a",), ("b",), ("c",), ("x",)]
    assert content(one, "todo") == content(two, "todo")


def test_a_number_that_was_used_again_meanwhile_is_another_row(new: Open) -> None:
    """The table is not synced for a while; what was only edited is still the row that it was."""
    for todo in (TODO, TODO.replace("KEY", "KEY AUTOINCREMENT")):
        one, two = new(todo, "todo"), new(todo, "todo")
        one.app("INSERT INTO todo (text) VALUES ('a'), ('b'), ('c')")
        sync(one, two)
        two.app("UPDATE todo SET text = 'c, edited' WHERE id = 3")
        sync(one, two)
        with one.transaction():
            one.tables.undo("todo")
        one.app("DELETE FROM todo WHERE id = 3", "INSERT INTO todo (text) VALUES ('new')")
        one.app("UPDATE todo SET text = 'z' WHERE id = 1", "ALTER TABLE todo ADD COLUMN more")
        two.app("ALTER TABLE todo ADD COLUMN more")
        one.make("todo")
        sync(one, two)
        found = sorted(text for text, _ in one.rows("todo").values())
        assert found == sorted(text for text, _ in two.rows("todo").values()) == ["b", "c, edited", "new", "z"]
