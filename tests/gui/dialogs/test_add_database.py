"""Adding databases: what is said of their tables, what is made syncable, and the backup before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMessageBox, QWidget

from engine.api import Engine
from engine.crr import connect
from engine.errors import NotADatabase
from engine.peer_state import State
from engine.replica import Replica
from engine.settings import PeerConfig, Settings
from engine.storage.backup import Backups
from gui.dialogs import add_database
from gui.dialogs.add_database import STATUS, TABLE, DatabaseDialog
from tests.engine.live import PATIENCE, make_file, plain_engine, rows, until
from tests.gui.aio import on_gui_loop
from tests.gui.dialogs.answers import asking, click, press, type_into, unnamed

PLAIN = "CREATE TABLE item (id INT PRIMARY KEY NOT NULL, name TEXT); INSERT INTO item VALUES (1, 'one');"
MIXED = (
    PLAIN
    + """
CREATE TABLE done (id INT PRIMARY KEY NOT NULL, name TEXT);
SELECT crsql_as_crr('done');
CREATE TABLE tag (id INT PRIMARY KEY NOT NULL);
CREATE TABLE person (email TEXT UNIQUE);
"""
)


def plain_file(path: Path, schema: str = PLAIN) -> Path:
    """A file that no cr-sqlite has touched."""
    connection = apsw.Connection(str(path))
    connection.execute(schema)
    connection.close()
    return path


@asynccontextmanager
async def engine_with_backups(folder: Path) -> AsyncIterator[Engine]:
    async with Engine(Settings(), backups=Backups(folder / "backups")) as engine:
        yield engine


def listed(dialog: DatabaseDialog) -> dict[str, tuple[str, list[str]]]:
    """What stands in the list: for each table its state and the reasons."""
    items = [dialog.tree.topLevelItem(number) for number in range(dialog.tree.topLevelItemCount())]
    return {
        item.text(TABLE): (item.text(STATUS), [item.child(row).text(TABLE) for row in range(item.childCount())])
        for item in items
    }


def tick(dialog: DatabaseDialog, table: str) -> None:
    """Tick a table's box with the keyboard, if it is not ticked as a proposal."""
    (item,) = dialog.tree.findItems(table, Qt.MatchFlag.MatchExactly, TABLE)
    dialog.tree.setCurrentItem(item, TABLE)
    if item.checkState(TABLE) is Qt.CheckState.Unchecked:
        press(dialog.tree, Qt.Key.Key_Space)


def untick(dialog: DatabaseDialog, table: str) -> None:
    """Take the tick away from a table that is proposed, with the keyboard."""
    (item,) = dialog.tree.findItems(table, Qt.MatchFlag.MatchExactly, TABLE)
    dialog.tree.setCurrentItem(item, TABLE)
    assert item.checkState(TABLE) is Qt.CheckState.Checked
    press(dialog.tree, Qt.Key.Key_Space)


def table_names(path: Path) -> set[str]:
    with connect(path, readonly=True) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


@on_gui_loop
async def test_every_cell_is_reached_and_said(tmp_path: Path) -> None:
    async with engine_with_backups(tmp_path) as engine:
        file = plain_file(tmp_path / "a.db")
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, _):
            tree = dialog.tree
            [item] = tree.findItems("item", Qt.MatchFlag.MatchExactly, TABLE)
            tree.setCurrentItem(item, TABLE)
            reached = [tree.currentColumn()]
            for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Right):
                press(tree, key)
                reached.append(tree.currentColumn())
            assert reached == [0, 1, 2, 1, 2]
            said = tree.currentIndex().data(Qt.ItemDataRole.AccessibleDescriptionRole)
            assert said == "Table: item; Rows: 1; Sync: Can be made syncable"
            before = item.checkState(TABLE)
            press(tree, Qt.Key.Key_Space)
            assert item.checkState(TABLE) is not before
            dialog.reject()


@on_gui_loop
async def test_the_tables_and_why_not(tmp_path: Path) -> None:
    file = make_file(tmp_path / "mixed.db", MIXED)
    async with engine_with_backups(tmp_path) as engine:
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, answer):
            assert dialog.name.text() == "mixed"
            assert listed(dialog) == {
                "item": ("Can be made syncable", []),
                "done": ("Syncable, for programs with cr-sqlite only", []),
                "tag": ("Can be made syncable", []),
                "person": (
                    "Cannot be synced",
                    [
                        "It has no primary key, and no unique column that is NOT NULL: its rows cannot be told apart.",
                    ],
                ),
            }
            assert "go on using the file as before" in dialog.price.text
            assert str(tmp_path / "backups") in dialog.backup.text
            assert dialog.ok.isEnabled()
            assert dialog.chosen() == ["item", "tag"], "what is worth it is proposed"
            untick(dialog, "tag")
            assert dialog.chosen() == ["item"]
            click(dialog.all)
            assert dialog.chosen() == ["item", "tag"]
            assert unnamed(dialog) == []
            press(dialog, Qt.Key.Key_Escape)
        assert answer.result() is None
        assert engine.settings.databases == ()
        assert not (tmp_path / "backups").exists()


@on_gui_loop
async def test_made_syncable_after_a_backup_and_synced(tmp_path: Path) -> None:
    file = plain_file(tmp_path / "app.db")
    make_file(
        tmp_path / "rooms/room",
        "CREATE TABLE item (id INT PRIMARY KEY NOT NULL, name TEXT); SELECT crsql_as_crr('item');",
    )
    async with plain_engine() as server, engine_with_backups(tmp_path) as engine:
        hub = await server.serving.start(tmp_path / "rooms")
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, answer):
            assert dialog.chosen() == ["item"], "it is proposed"
            untick(dialog, "item")
            assert not dialog.ok.isEnabled(), "nothing would be synced"
            assert dialog.ok.toolTip() == "Choose at least one table to make syncable."
            type_into(dialog.name, "My app")
            tick(dialog, "item")
            assert dialog.chosen() == ["item"]
            press(dialog.name, Qt.Key.Key_Return)
        database = answer.result()
        assert database is not None
        assert (database.name, database.path) == ("My app", file)
        (backup,) = Backups(tmp_path / "backups").find(file)
        assert table_names(backup) == {"item"}, "the file as it was before"
        await engine.peers.add(PeerConfig.new(database.id, hub.url, room="room"))
        await engine.peers.wait_in_sync(timeout=PATIENCE)
        await until(lambda: engine.peers.statuses()[0].state is State.IN_SYNC, "in sync")
    assert rows(tmp_path / "rooms/room") == rows(file) == [((1,), [(str, "one")])]


@on_gui_loop
async def test_more_tables_of_a_known_database(tmp_path: Path) -> None:
    file = make_file(tmp_path / "mixed.db", MIXED)
    async with engine_with_backups(tmp_path) as engine:
        known = await engine.databases.add(file, "Known")
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, answer):
            assert (dialog.windowTitle(), dialog.name.text(), dialog.name.isReadOnly()) == ("Tables", "Known", True)
            assert not dialog.ok.isEnabled()
            assert dialog.backup.text == ""
            tick(dialog, "tag")
            assert dialog.backup.text
            click(dialog.ok)
        assert answer.result() == known
        assert {table.name for table in await engine.databases.tables(known.id) if table.syncable} == {"done", "tag"}


@on_gui_loop
async def test_a_table_is_an_ordinary_one_again(tmp_path: Path) -> None:
    file = make_file(tmp_path / "mixed.db", MIXED)
    with connect(file) as connection:
        connection.execute("INSERT INTO done VALUES (1, 'kept')")
    async with engine_with_backups(tmp_path) as engine:
        await engine.databases.add(file, "Known")
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, _):
            assert not dialog.plain.isEnabled(), "no table is chosen"
            (item,) = dialog.tree.findItems("tag", Qt.MatchFlag.MatchExactly, TABLE)
            dialog.tree.setCurrentItem(item)
            assert not dialog.plain.isEnabled(), "it is an ordinary one"
            (item,) = dialog.tree.findItems("done", Qt.MatchFlag.MatchExactly, TABLE)
            dialog.tree.setCurrentItem(item)
            click(dialog.plain)
            await until(lambda: dialog.findChildren(QMessageBox), "the question")
            [box] = dialog.findChildren(QMessageBox)
            assert "Its rows stay" in box.text()
            click(next(button for button in box.buttons() if button.text() == "Stop syncing"))
            await until(lambda: listed(dialog)["done"][0] == "Can be made syncable", "it is done")
            assert unnamed(dialog) == []
            dialog.reject()
    assert len(Backups(tmp_path / "backups").find(file)) == 1
    plain = apsw.Connection(str(file))
    plain.execute("INSERT INTO done VALUES (2, 'any program')")
    assert len(plain.execute("SELECT * FROM done").fetchall()) == 2


@on_gui_loop
async def test_other_programs_may_write_to_a_table_again_and_no_more(tmp_path: Path) -> None:
    file = make_file(tmp_path / "mixed.db", MIXED)
    with connect(file) as connection:
        connection.execute("INSERT INTO done VALUES (1, 'kept')")
    async with engine_with_backups(tmp_path) as engine:
        known = await engine.databases.add(file, "Known")
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, _):
            assert not dialog.turn.isEnabled(), "no table is chosen"
            (item,) = dialog.tree.findItems("done", Qt.MatchFlag.MatchExactly, TABLE)
            dialog.tree.setCurrentItem(item)
            assert dialog.turn.text() == "Let other programs &write to it again"
            click(dialog.turn)
            await until(lambda: listed(dialog)["done"] == ("Syncable", []), "it is freed")
            await until(dialog.turn.isEnabled, "and could be turned back")
            plain = apsw.Connection(str(file))
            plain.execute("INSERT INTO done VALUES (2, 'any program')")
            assert [table.kind for table in await engine.databases.tables(known.id) if table.syncable] == ["ordinary"]
            assert dialog.turn.text() == "Only for programs with cr-&sqlite…"
            click(dialog.turn)
            await until(lambda: dialog.findChildren(QMessageBox), "the question")
            [box] = dialog.findChildren(QMessageBox)
            assert "the others get an error" in box.text()
            click(next(button for button in box.buttons() if button.text() == "Change"))
            await until(lambda: "cr-sqlite" in listed(dialog)["done"][0], "it is turned back")
            assert unnamed(dialog) == []
            dialog.reject()
    with pytest.raises(apsw.SQLError, match="no such function"):
        plain.execute("INSERT INTO done VALUES (3, 'any program')")
    plain.close()
    assert rows(file, "done") == [((1,), [(str, "kept")]), ((2,), [(str, "any program")])]


@on_gui_loop
async def test_why_a_table_cannot_be_turned(tmp_path: Path) -> None:
    numbered = "CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, text); SELECT crsql_as_crr('note');"
    file = make_file(tmp_path / "a.db", numbered)
    async with engine_with_backups(tmp_path) as engine:
        await engine.databases.add(file)
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, _):
            dialog.tree.setCurrentItem(dialog.tree.topLevelItem(0))
            click(dialog.turn)
            await until(lambda: "SQLite hands out the numbers" in dialog.problem.text, "it says why")
            assert listed(dialog)["note"][0] == "Syncable, for programs with cr-sqlite only"
            dialog.reject()


@on_gui_loop
async def test_a_framework_keeps_a_table_for_itself(tmp_path: Path) -> None:
    framework = "CREATE TABLE alembic_version (version_num TEXT NOT NULL PRIMARY KEY);"
    file = plain_file(tmp_path / "app.db", PLAIN + framework + "CREATE TABLE tag (id TEXT PRIMARY KEY)")
    async with plain_engine() as engine, asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, _):
        sentence = "Alembic keeps its own records in it; it is best left unsynced."
        assert listed(dialog)["alembic_version"] == ("Not proposed", [sentence])
        click(dialog.all)
        assert dialog.chosen() == ["item", "tag"]
        tick(dialog, "alembic_version")
        assert "alembic_version" in dialog.chosen(), "whoever names it has it synced"
        dialog.reject()


@on_gui_loop
async def test_without_triggers_that_need_the_app(tmp_path: Path) -> None:
    trigger = "CREATE TRIGGER found AFTER INSERT ON item BEGIN SELECT shout(NEW.name); END;"
    file = plain_file(tmp_path / "app.db", PLAIN + trigger)
    async with engine_with_backups(tmp_path) as engine:
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, answer):
            state, [why, how] = listed(dialog)["item"]
            assert state == "Can be made syncable, with a limit"
            assert "needs the function “shout” of its app" in why
            assert how.startswith("It can be synced without the triggers “found”;")
            assert not dialog.all.isVisible(), "a person chooses it for itself"
            for button, done in (("Cancel", False), ("Make syncable", True)):
                tick(dialog, "item") if not dialog.chosen() else None
                click(dialog.ok)
                await until(lambda: [one for one in dialog.findChildren(QMessageBox) if one.isVisible()], "it asks")
                [box] = [one for one in dialog.findChildren(QMessageBox) if one.isVisible()]
                assert f"item: {how}" in box.text()
                click(next(one for one in box.buttons() if one.text().replace("&", "") == button))
                await until(answer.done if done else dialog.ok.isEnabled, "it was answered")
                assert len(engine.settings.databases) == done
        [item] = await engine.databases.tables(engine.settings.databases[0].id)
        assert item.syncable
        assert "which cannot run here" in item.cautions[0]


@on_gui_loop
async def test_columns_that_look_like_references(tmp_path: Path) -> None:
    schema = """
        CREATE TABLE folder (id INTEGER PRIMARY KEY, parent INTEGER, name TEXT); INSERT INTO folder VALUES (1, 0, 'a');
        CREATE TABLE note (id INTEGER PRIMARY KEY, folder_id INTEGER, text TEXT); INSERT INTO note VALUES (1, 1, 'x');
    """
    file = plain_file(tmp_path / "app.db", schema)
    async with engine_with_backups(tmp_path) as engine:
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, answer):
            assert listed(dialog)["note"][1] == [
                "“folder_id” looks like a reference: 1 of 1 values are rows of “folder”. Sync it as one"
            ]
            [folder] = dialog.tree.findItems("folder", Qt.MatchFlag.MatchExactly, TABLE)
            dialog.tree.setCurrentItem(folder.child(0), TABLE)
            press(dialog.tree, Qt.Key.Key_Space)
            assert folder.child(0).checkState(TABLE) is Qt.CheckState.Unchecked
            assert dialog.chosen() == ["folder", "note"], "an answer changes no choice"
            click(dialog.ok)
            await until(answer.done, "it was added")
        assert all(table.syncable for table in await engine.databases.tables(engine.settings.databases[0].id))
    with Replica.open(file) as replica:
        shapes = {shape.name: shape.refers for shape in replica.shapes()}
        assert shapes == {"folder": {"id": "folder"}, "note": {"id": "note", "folder_id": "folder"}}


@on_gui_loop
async def test_files_with_nothing_to_sync(tmp_path: Path) -> None:
    empty = plain_file(tmp_path / "empty.db", "PRAGMA user_version = 1")
    hopeless = plain_file(tmp_path / "hopeless.db", "CREATE TABLE t (a)")
    async with plain_engine() as engine:
        for file, said in ((empty, "has no tables yet"), (hopeless, "the reasons are listed above")):
            async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, _):
                assert said in dialog.price.text
                assert not dialog.ok.isEnabled()
                assert not dialog.all.isVisible()
                dialog.reject()


@on_gui_loop
async def test_no_database_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader, this is no database.\n" * 40)
    async with plain_engine() as engine:
        with pytest.raises(NotADatabase, match=r"letter\.txt"):
            await add_database.ask(None, engine, tmp_path / "letter.txt")


@on_gui_loop
async def test_a_table_that_changed_meanwhile(tmp_path: Path) -> None:
    file = plain_file(tmp_path / "app.db", MIXED.replace("SELECT crsql_as_crr('done');", ""))
    async with plain_engine() as engine:
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (dialog, answer):
            untick(dialog, "done")
            with connect(file) as connection:
                connection.execute('ALTER TABLE tag ADD COLUMN "-1"')
            click(dialog.ok)
            await until(lambda: dialog.problem.text, "the problem is said")
            assert "tag" in dialog.problem.text
            assert listed(dialog)["item"][0] == "Syncable"
            assert listed(dialog)["tag"][0] == "Cannot be synced"
            dialog.reject()
        assert answer.result() == engine.settings.databases[0], "it was added before the trouble came"
    with Replica.open(file, readonly=True) as replica:
        assert replica.synced_tables() == ("item",)


# The file dialog


@on_gui_loop
async def test_choosing_a_file(tmp_path: Path) -> None:
    file = make_file(tmp_path / "chosen.db", MIXED)
    async with plain_engine() as engine, asking(QFileDialog, add_database.choose_file(None)) as (dialog, answer):
        name = dialog.findChild(QLineEdit, "fileNameEdit")
        type_into(name, str(file))
        press(name, Qt.Key.Key_Return)
        await until(answer.done, "chosen")
        assert answer.result() == file
        async with asking(QFileDialog, add_database.ask(None, engine)) as (second, nothing):
            second.reject()
        assert nothing.result() is None


# The end of the program


@on_gui_loop
async def test_a_dialog_goes_with_its_question_and_its_window(tmp_path: Path) -> None:
    file = make_file(tmp_path / "a.db", MIXED)
    async with plain_engine() as engine:
        async with asking(DatabaseDialog, add_database.ask(None, engine, file)) as (_, answer):
            answer.cancel()
        window = QWidget()
        window.show()
        async with asking(DatabaseDialog, add_database.ask(window, engine, file)) as (dialog, answer):
            assert dialog.windowModality() is Qt.WindowModality.WindowModal
            gone: list[bool] = []
            window.destroyed.connect(lambda: gone.append(True))
            window.deleteLater()
            await until(lambda: gone, "the window is gone")
            answer.cancel()
            await asyncio.gather(answer, return_exceptions=True)
            assert answer.cancelled()


@on_gui_loop
async def test_a_file_that_another_program_syncs_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "apart").mkdir()
    (tmp_path / "synced" / ".stfolder").mkdir(parents=True)
    async with plain_engine() as engine:
        for folder, told in (("apart", ""), ("synced", "another program syncs (Syncthing)")):
            path = plain_file(tmp_path / folder / "item.db")
            async with asking(DatabaseDialog, add_database.ask(None, engine, path)) as (dialog, _):
                assert told in dialog.caution.text
                assert dialog.caution.isVisible() == bool(told)
                dialog.reject()
