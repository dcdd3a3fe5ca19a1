"""Tables that differ from a peer's: shown as a table, added to on a press, and taken back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from engine.api import Engine
from engine.replica import Replica
from engine.settings import Settings
from engine.storage.backup import Backups
from gui.dialogs import schema
from gui.dialogs.schema import SchemaDialog
from gui.models.peer_columns import Column
from tests.engine.checks.test_schema_diff import NEW, OLD
from tests.engine.live import add_peer, make_file, plain_engine, until, write
from tests.gui.aio import on_gui_loop
from tests.gui.app.scenes import dialog, scene
from tests.gui.dialogs.answers import asking, click, press, unnamed

RETYPE = "ALTER TABLE item DROP COLUMN n; ALTER TABLE item ADD COLUMN n TEXT"


def cells(dialog: SchemaDialog) -> list[list[str]]:
    model = dialog.model
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(model.rowCount())
    ]


@on_gui_loop
async def test_what_is_missing_is_added_and_taken_back(tmp_path: Path) -> None:
    one, room = make_file(tmp_path / "one.db", OLD), make_file(tmp_path / "hub" / "room", NEW)
    async with plain_engine() as server, Engine(Settings(), backups=Backups(tmp_path / "backups")) as engine:
        hub = await server.serving.start(room.parent)
        peer = await add_peer(engine, one, hub.url)
        async with asking(SchemaDialog, schema.show(None, engine, peer, "Laptop")) as (shown, _):
            assert unnamed(shown) == []
            assert not shown.add.isEnabled()
            await until(lambda: not shown.busy, "it has compared")
            assert cells(shown) == [
                ["item", "name", "TEXT", "TEXT NOCASE", "Nothing to do: both sides store the same values"],
                ["item", "mine", "ANY", "–", "Can be added there, on that side"],
                ["item", "n", "–", "INTEGER default 7", "Can be added here"],
                ["item", "note", "–", "TEXT", "Can be added here"],
                ["own", "", "1 column", "–", "Can be added there, on that side"],
                ["tag", "", "–", "3 columns", "Can be added here"],
            ]
            assert "adding what is missing: 3." in shown.outcome.text
            assert not shown.undo.isEnabled()
            click(shown.add)
            await until(lambda: not shown.busy, "it has added")
            assert shown.done_so_far.text.startswith("Added: item.n, item.note, tag.")
            assert [line[1] for line in cells(shown)] == ["name", "mine", ""]
            assert len(Backups(tmp_path / "backups").find(one)) == 1
            assert not shown.add.isEnabled()
            press(shown, Qt.Key.Key_Escape)
        write(one, "INSERT INTO item (id, note) VALUES (1, 'used')")
        async with asking(SchemaDialog, schema.show(None, engine, peer, "Laptop")) as (shown, _):
            await until(lambda: not shown.busy, "it has compared")
            click(shown.undo)
            await until(lambda: not shown.busy, "it has taken back")
            assert shown.done_so_far.text == "Removed: item.n, tag. Still in use, so kept: item.note."
            await server.serving.stop()
            click(shown.again)
            await until(lambda: not shown.busy, "it has compared")
            assert "connection refused" in shown.problem.text
            press(shown, Qt.Key.Key_Escape)


@on_gui_loop
async def test_the_window_says_what_to_begin_with(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        panel = it.window.peers
        await it.state("In sync")
        assert not panel.remedy.isVisible()
        with Replica.open(it.room) as room, room.altering("item") as connection:
            connection.execute(f"{RETYPE}; ALTER TABLE item ADD COLUMN more TEXT DEFAULT 'x'")
        await it.state("Needs you")
        await until(panel.remedy.isVisible, "it is said below the peers")
        assert "“item”" in panel.remedy.note.text
        assert it.cell(Column.NAME) in panel.remedy.note.text
        click(panel.remedy.button)
        shown = await dialog(it.window, SchemaDialog)
        await until(lambda: not shown.busy, "it has compared")
        click(shown.add)
        await until(lambda: not shown.busy and "Added: item.more." in shown.done_so_far.text, "it is added")
        assert shown.outcome.text == "The tables differ, and none of the differences can be fixed here."
        with Replica.open(it.mine) as mine, mine.altering("item") as connection:
            connection.execute(RETYPE)
        click(shown.again)
        await until(lambda: not shown.busy, "it has compared")
        assert shown.outcome.text == "The synced tables are the same on both sides."
        shown.reject()
        await it.state("In sync")
        assert not panel.remedy.isVisible()
