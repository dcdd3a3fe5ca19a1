"""Every window, dialog, state and empty state in turn: for pictures, and for the tests that inspect them.

Shown is the real window on the demo's real files and hub; only the table of all states has made-up rows. A new dialog
gets its scene here: a test finds those that have none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QWidget

from engine.api import Engine
from engine.cli.demo.hub import SIDES, Demo
from engine.errors import NotADatabase
from engine.history.journal import Journal
from engine.ids import PeerId
from engine.peer_state import State
from engine.settings import Pause
from engine.table_shape import JoinCount
from engine.tables import SuspendedDeletion
from engine.text import sentences, t
from gui.app import cannot_start, shell
from gui.demo import TryBar
from gui.desktop.autostart import XdgAutostart
from gui.desktop.links import XdgLinkType
from gui.dialogs import (
    about,
    add_database,
    add_peer,
    cell_details,
    join,
    peer_form,
    rows_gone,
    schema,
    settings,
    share,
    verify,
)
from gui.dialogs.peer_ways import Way
from gui.gallery_samples import CANNOT, CONFLICTS, NOTES, SETTINGS, SMALL, STRANGE, make_file, states, write_untracked
from gui.language import said
from gui.panels.activity import OVERWRITTEN, SYNCS
from gui.todo.store import TodoFile
from gui.todo.window import TodoWindow
from gui.tray import Tray
from gui.window import Window

Show = Callable[[str, QWidget], Awaitable[None]]

WIDE = QSize(1180, 680)
SCALED = QSize(853, 500)
"""The largest a window can be on a screen of 1280x800 at 150 %."""
PATIENCE = 20.0


class Gallery:
    """Plays all scenes.

    Args:
        show: called with the name of each scene and the widget to look at, once it is there.
        folder: an empty folder for the files.
    """

    def __init__(self, show: Show, folder: Path) -> None:
        self._show = show
        self._folder = folder

    async def all(self) -> None:
        """Play everything from the first start to the end of the last peer."""
        box = cannot_start(
            NotADatabase(t("“{path}” is damaged.", path="settings.toml"), hint=t("Restore it from a backup."))
        )
        box.show()
        await self._show("cannot-start", box)
        box.close()
        async with shell(Engine(SETTINGS, journal=Journal()), asyncio.Event()) as window:
            await self._empty(window)
        async with states() as window:
            await self._show("states", window)
            window.resize(WIDE)
            window.splitter.setSizes([200, 300])
            window.tabs.setCurrentWidget(window.centre.topology)
            await self._show("connections", window)
            window.tabs.setCurrentWidget(window.flow)
            window.resize(SMALL)
            window.splitter.setSizes([300, 100])
            window.tabs.setCurrentWidget(window.conflicts)
            await self._show("empty-conflicts", window)
            window.conflicts.set_conflicts("d", CONFLICTS)
            await self._show("conflicts", window)
            window.tabs.setCurrentWidget(window.activity)
            await self._show("empty-activity", window)
            window.activity.choice.setCurrentIndex(OVERWRITTEN)
            await self._show("empty-overwritten", window)
            window.tabs.setCurrentWidget(window.flow)
            window.choice.choose("d")
            await self._show("states-chosen", window)
            window.peers.table.selectRow(0)
            window.peers.filter.setText("st")
            await self._show("states-filtered", window)
            window.peers.filter.clear()
            window.tabs.setCurrentWidget(window.conflicts)
            for row in range(window.conflicts.model.rowCount()):
                window.conflicts.table.selectRow(row)
                await self._show(f"conflicts-{row + 1}", window)
            window.resize(SCALED)
            await self._show("conflicts-scaled", window)
            window.tabs.setCurrentWidget(window.flow)
            await self._show("states-scaled", window)
            window.resize(window.minimumSizeHint())
            await self._show("narrow", window)
        engine = Engine(SETTINGS, journal=Journal(), data=self._folder / "data")
        async with shell(engine, asyncio.Event()) as window:
            window.resize(WIDE)
            self._window, self._engine = window, engine
            self._demo = Demo(engine, self._folder, lambda _: None)
            await self._demo.set_up()
            await self._demo.script()
            self._laptop = self._demo.peers[SIDES[0]]
            for part in (self._panels, self._notices, self._peer_dialogs, self._database_dialogs, self._values,
                         self._menus, self._questions, self._trouble):  # fmt: skip
                await part()

    async def _empty(self, window: Window) -> None:
        window.resize(SMALL)
        await self._show("empty", window)
        window.resize(SCALED)
        await self._show("empty-scaled", window)
        await self._show("tray-menu", _tray(window).menu)

    async def _panels(self) -> None:
        window = self._window
        await self._show("window", window)
        window.tabs.setCurrentWidget(window.clocks)
        await self._show("clocks", window)
        window.tabs.setCurrentWidget(window.activity)
        await self._show("activity", window)
        window.activity.choice.setCurrentIndex(OVERWRITTEN)
        await self._show("overwritten", window)
        window.activity.choice.setCurrentIndex(SYNCS)
        window.tabs.setCurrentWidget(window.flow)
        window.flow.text.setText("nothing like it")
        await self._show("flow-filtered", window)
        window.flow.text.clear()
        tree, groups = window.flow.tree, window.flow.groups
        line = max((groups.index(row, 0) for row in range(groups.rowCount())), key=groups.rowCount)
        tree.expand(line)
        tree.expand(groups.index(0, 0, line))
        tree.scrollTo(line, tree.ScrollHint.PositionAtTop)
        await self._show("flow-opened", window)
        window.flow.cells.setChecked(True)
        await self._show("flow-cells", window)
        window.flow.cells.setChecked(False)
        bar = TryBar(window.commands)
        window.add_top_bar(bar)
        await self._show("demo", window)
        bar.hide()
        path = self._folder / "app.db"
        file = TodoFile(path)
        file.begin()
        app = TodoWindow(SIDES[0], path, file, lambda: None)
        app.show()
        await self._show("demo-app", app)
        app.close()
        app.deleteLater()
        file.close()

    async def _notices(self) -> None:
        window = self._window
        refused = t("{where}: connection refused.", where="127.0.0.1:8787")
        window.notices.show_message(said(sentences(refused, t("Is the hub running, and is the port right?"))))
        await self._show("notice", window)
        window.commands.report_defect(ZeroDivisionError("division by zero"))
        await self._show("notice-defect", window)
        window.notices.dismiss()
        window.notices.dismiss()
        window.dialogs.show_diagnostics(Path.home() / "syncline-diagnostics.txt")
        await self._show("notice-diagnostics", window)
        window.notices.dismiss()

    async def _peer_dialogs(self) -> None:
        window, engine, laptop = self._window, self._engine, self._laptop
        await self._ask("edit-peer", add_peer.ask(window, engine, laptop))
        await self._ask("add-peer", add_peer.ask(window, engine, None, laptop.database))
        async with self._asked(add_peer.ask(window, engine, None, laptop.database)) as dialog:
            for way in (Way.NETWORK, Way.HUB):
                dialog.ways.choose(way)
                await self._show(f"add-peer-{way.name.lower()}", dialog)
        async with self._asked(add_peer.ask(window, engine, None, peer_form.NEW)) as dialog:
            dialog.ways.choose(Way.HUB)
            for field, text in ((dialog.form.address, laptop.url), (dialog.form.room, laptop.room)):
                field.line.setText(text)
                field.line.textEdited.emit(text)
            dialog.connection_test.button.click()
            await _until(lambda: not dialog.connection_test.busy)
            await self._show("add-peer-new-file", dialog)
        async with self._asked(add_peer.ask(window, engine, laptop)) as dialog:
            dialog.connection_test.button.click()
            await _until(lambda: not dialog.connection_test.busy)
            await self._show("peer-tested", dialog)
            for field, text in ((dialog.form.address, "ws://127.0.0.1:9/sync"), (dialog.form.token, "secret")):
                field.line.setText(text)
                field.line.textEdited.emit(text)
            dialog.form.mode.setCurrentIndex(1)
            dialog.connection_test.button.click()
            await _until(lambda: not dialog.connection_test.busy)
            await self._show("peer-refused", dialog)
            for field, text in ((dialog.form.address, "http://example.org"), (dialog.form.room, "../other")):
                field.line.setText(text)
                field.line.textEdited.emit(text)
            dialog.form.room.changed.emit()
            await self._show("peer-wrong", dialog)
        await self._ask("share-off", share.ask(window, engine))
        await engine.sharing.start([laptop.database])
        async with self._asked(share.ask(window, engine)) as dialog:
            dialog.invitation.make.click()
            await self._show("share", dialog)
            dialog.invitation.offer([("todo", laptop.database)], others=True)  # as in a network
            dialog.invitation.make.click()
            await self._show("share-with-others", dialog)
        await engine.sharing.stop()

    async def _database_dialogs(self) -> None:
        window, engine = self._window, self._engine
        notes, plain = self._folder / "notes.db", self._folder / "plain.db"
        await asyncio.to_thread(make_file, notes, NOTES)
        await asyncio.to_thread(make_file, plain, CANNOT)
        await self._ask("add-database", add_database.ask(window, engine, notes))
        await self._ask("database-nothing-to-sync", add_database.ask(window, engine, plain))
        async with self._asked(add_database.ask(window, engine, self._demo.files[SIDES[0]])) as dialog:
            dialog.tree.setCurrentItem(dialog.tree.topLevelItem(0))
            await self._show("database-tables", dialog)
        system = XdgAutostart(self._folder), XdgLinkType(self._folder, self._folder / "mimeapps.list")
        await self._ask("settings", settings.ask(window, engine, *system))

    async def _values(self) -> None:
        window, engine, flow = self._window, self._engine, self._window.flow
        flow.cells.setChecked(True)
        rows = range(flow.model.rowCount())
        event, change = next(line for line in map(flow.model.line, rows) if line[1].had_old)
        cell = cell_details.Cell(
            event.database, change.table, change.key, change.column, change.value, change.old, had_old=True
        )
        await self._ask("overwritten-value", cell_details.show(window, engine, cell))
        for sql in STRANGE:
            await self._demo.write(SIDES[0], sql)
        await self._demo.wait_in_sync()
        await self._show("flow-strange-values", window)
        text = "\x1b[31mred\x1b[0m\n<b>bold</b>\u202eback\u202c"
        strange = cell_details.Cell(event.database, "todo", (100,), "text", text)
        await self._ask("strange-value", cell_details.show(window, engine, strange))
        flow.pause.setChecked(True)
        await self._demo.write(SIDES[1], "UPDATE todo SET done = 1")
        await self._demo.wait_in_sync()
        await self._show("flow-paused", window)
        flow.pause.setChecked(False)
        flow.cells.setChecked(False)

    async def _menus(self) -> None:
        window = self._window
        window.peers.table.selectRow(0)
        menu = window.peers.menu_for([self._laptop.id])
        await self._show("peer-menu", menu)
        menu.close()
        menu = window.peers.menu_for_guests([PeerId("studio")])
        await self._show("guest-menu", menu)
        menu.close()
        await self._show("tray-menu-latest", _tray(window).menu)
        await self._show("pause-menu", window.pause_menu)

    async def _questions(self) -> None:
        window, dialogs, peer = self._window, self._window.dialogs, self._laptop.id
        await self._ask("remove-peer", dialogs._remove_peers([peer]))
        await self._ask("revoke-access", dialogs._revoke_guests(["studio"]))
        await self._ask("remove-database", dialogs._remove_database(self._laptop.database))
        await self._ask("new-id", dialogs._new_id(self._laptop.database))
        await self._ask("about", about.show(window))
        await self._ask("join", join.ask(window, "notes", self._laptop.name, JoinCount(1_200, 3, 14, 9, 1)))
        await self._ask("rows-gone", rows_gone.ask(window, SuspendedDeletion("notes", 412, 430)))
        async with self._asked(schema.show(window, self._engine, peer, self._laptop.name)) as dialog:
            await _until(lambda: not dialog.busy)
            await self._show("tables-compared", dialog)
        async with self._asked(verify.show(window, self._engine, peer, self._laptop.name)) as dialog:
            await _until(lambda: not dialog.busy)
            await self._show("verify-identical", dialog)
        await asyncio.to_thread(write_untracked, self._demo.files[SIDES[0]])
        async with self._asked(verify.show(window, self._engine, peer, self._laptop.name)) as dialog:
            await _until(lambda: not dialog.busy)
            await self._show("verify-different", dialog)

    async def _trouble(self) -> None:
        window, engine = self._window, self._engine
        await engine.peers.pause(Pause.FOREVER)
        await self._show("paused", window)
        await engine.peers.pause(None)
        await engine.change_settings(auto_sync=False)
        await self._show("auto-sync-off", window)
        await engine.change_settings(auto_sync=True)
        await engine.serving.stop()
        await _until(lambda: {one.state for one in window.peers.model.statuses()} == {State.WAITING})
        await self._show("hub-down", window)
        for side in SIDES:
            await engine.peers.remove(self._demo.peers[side].id)
        await _until(lambda: not window.peers.model.rowCount())
        await self._show("no-peer", window)

    async def _ask(self, name: str, question: Coroutine[Any, Any, object]) -> None:
        async with self._asked(question) as dialog:
            await self._show(name, dialog)

    @asynccontextmanager
    async def _asked(self, question: Coroutine[Any, Any, object]) -> AsyncIterator[Any]:
        """Ask a question, yield the open dialog, and close it."""
        asking = asyncio.create_task(question)
        await _until(lambda: asking.done() or _dialogs(self._window))
        if asking.done():
            await asking  # says why there is no dialog
        [dialog] = _dialogs(self._window)
        yield dialog
        dialog.reject()
        await asking


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _dialogs(window: Window) -> list[QDialog]:
    return [one for one in window.findChildren(QDialog) if one.isVisible()]


def _tray(window: Window) -> Tray:
    tray = window.findChild(Tray)
    assert isinstance(tray, Tray)
    return tray
