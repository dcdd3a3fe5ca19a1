"""What waits for a person is one list in the window; what is decided there holds on all sides, and leaves the list."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox

from engine.events import DatabaseChanged, Event
from engine.replica import Replica
from engine.tables import HiddenRow
from gui.notifier import Notifier
from tests.engine.apps import running
from tests.engine.live import until
from tests.gui.aio import on_gui_loop
from tests.gui.app.scenes import dialog, scene
from tests.gui.dialogs.answers import click

FOLDERS = "CREATE TABLE folders (id TEXT PRIMARY KEY, name TEXT UNIQUE, color TEXT)"
COLORS = {"a": "red", "b": "blue"}


def hidden(path: Path) -> list[HiddenRow]:
    with Replica.open(path, readonly=True) as replica:
        return list(replica.hidden_rows())


@pytest.mark.parametrize(
    "verb", ["keep", pytest.param("merge", marks=pytest.mark.full), pytest.param("delete", marks=pytest.mark.full)]
)
def test_a_hidden_row_is_decided_about(tmp_path: Path, verb: str) -> None:
    @on_gui_loop
    async def go() -> None:
        async with scene(tmp_path) as it:
            await it.state("In sync")
            panel = it.window.conflicts
            notifier, told = it.window.findChild(Notifier), []
            notifier.notified.connect(lambda title, text: told.append((title, text)))
            await until(lambda: notifier._conflicts, "it is known that nothing waits")
            it.window.tabs.setCurrentWidget(panel)
            with running(it.mine) as mine, running(it.room) as room:
                for app, path in ((mine, it.mine), (room, it.room)):
                    app.do(FOLDERS)
                    with Replica.open(path) as replica:
                        replica.make_ordinary("folders")
                mine.do("INSERT INTO folders VALUES ('a', 'Inbox', 'red')")
                room.do("INSERT INTO folders VALUES ('b', 'Inbox', 'blue')")
                await until(lambda: panel.count == 1, "it is listed")
                await until(lambda: ("todo", "1 more conflict waits for you.") in told, "a notification says so")
                title = it.window.tabs.tabText(it.window.tabs.indexOf(panel))
                assert title == "Conflicts (1)"
                panel.table.selectRow(0)
                line = panel.chosen()
                assert line is not None
                way = "a" if line.key == "“b”" else "b"
                key = "b" if way == "a" else "a"
                assert line.differs == {"color": (COLORS[key], COLORS[way])}
                assert f"row “{key}” is hidden: row “{way}” is in its way." in panel.detail.text
                assert f"color: {COLORS[key]}, there {COLORS[way]}" in panel.detail.text
                click(getattr(panel, verb))
                question = await dialog(it.window, QMessageBox)
                assert "would be deleted on all machines" in question.text()
                assert "A backup is made first." in question.text()
                click(next(one for one in question.buttons() if one.text().lower() == verb))
                await until(lambda: panel.count == 0, "what was dealt with leaves")
                assert panel.chosen() is None
                left = key if verb == "keep" else way
                for app in (mine, room):
                    await until(lambda app=app: app.do("SELECT id FROM folders") == [(left,)], "the same everywhere")
            for path in (it.mine, it.room):
                await until(lambda path=path: not hidden(path), "nothing is hidden any more")

    go()


def told_of(version: int, events: list[Event]) -> bool:
    return any(isinstance(event, DatabaseChanged) and event.db_version >= version for event in events)


@on_gui_loop
async def test_rows_that_are_gone_are_listed_without_a_peer_and_leave_when_they_are_back(tmp_path: Path) -> None:
    """Nothing else tells of it: no change moves, and there is no peer whose state could be another."""
    notes = "CREATE TABLE {name} (id INTEGER PRIMARY KEY, title TEXT)"
    numbered = "WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT 30)"
    async with scene(tmp_path, peers=0) as it:
        panel = it.window.conflicts
        with running(it.mine) as app:
            app.do(notes.format(name="notes"))
            app.do(f"{numbered} INSERT INTO notes SELECT v, 'note ' || v FROM n")
            with it.engine.subscribe() as events:
                with Replica.open(it.mine) as replica:
                    replica.make_ordinary("notes")
                    version = replica.db_version()
                await until(lambda: told_of(version, events.drain()), "the window is told of the table")
            await until(lambda: it.window.conflicts_reader.rests, "it has read, and has no reason to read again")
            app.do(notes.format(name="anew"))
            app.do("INSERT INTO anew SELECT * FROM notes LIMIT 2")
            app.do("DROP TABLE notes")
            app.do("ALTER TABLE anew RENAME TO notes")
            await until(lambda: panel.count == 1, "most rows are gone")
            app.do(f"{numbered} INSERT OR IGNORE INTO notes SELECT v, 'note ' || v FROM n")
            await until(lambda: panel.count == 0, "they are back")
