"""Every window, dialog, state and empty state, one after the other: for pictures, and for the tests that look at them.

What is seen is the real window on the demo's real files and hub; only the table of all states shows rows that are made
up. A new dialog gets its scene here: a test finds those that have none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QWidget

from engine.api import Engine
from engine.cli.demo.hub import ROOM, SIDES, Demo
from engine.crr import connect
from engine.errors import NotADatabase
from engine.events import DatabaseChanged
from engine.history.journal import Journal
from engine.ids import DatabaseId, PeerId, SiteId
from engine.peer_state import PeerStatus, Remedy, State
from engine.settings import Pause, Settings
from engine.text import sentences, t
from gui.app import cannot_start, shell
from gui.demo import WriteBar
from gui.desktop.autostart import XdgAutostart
from gui.desktop.links import XdgLinkType
from gui.dialogs import add_database, add_peer, cell_details, schema, settings, share, verify
from gui.language import said
from gui.panels.activity import OVERWRITTEN, SYNCS
from gui.tray import Tray
from gui.window import Window

Show = Callable[[str, QWidget], Awaitable[None]]

WIDE = QSize(1180, 680)
SMALL = QSize(1180, 480)
PATIENCE = 20.0
SETTINGS = Settings(discover=False)
"""What is seen does not depend on who else is in the network."""


class Gallery:
    """Plays them all.

    Args:
        show: called with the name of each scene and what is to be looked at, once it is there.
        folder: empty; the files are made there.
    """

    def __init__(self, show: Show, folder: Path) -> None:
        self._show = show
        self._folder = folder

    async def all(self) -> None:
        """From the first start to the last peer's end."""
        box = cannot_start(
            NotADatabase(t("“{path}” is damaged.", path="settings.toml"), hint=t("Restore it from a backup."))
        )
        box.show()
        await self._show("cannot-start", box)
        box.close()
        async with shell(Engine(SETTINGS, journal=Journal()), asyncio.Event()) as window:
            await self._empty(window)
        async with _states() as window:
            await self._show("states", window)
            window.peers.table.selectRow(0)
            window.peers.filter.setText("o")
            await self._show("states-filtered", window)
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
        for name in ("clocks", "activity"):
            window.tabs.setCurrentWidget(getattr(window, name))
            await self._show(f"empty-{name}", window)
        window.activity.choice.setCurrentIndex(OVERWRITTEN)
        await self._show("empty-overwritten", window)
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
        bar = WriteBar(self._demo, window.commands)
        window.add_top_bar(bar)
        await self._show("demo", window)
        bar.hide()

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
        async with self._asked(add_peer.ask(window, engine, laptop)) as dialog:
            dialog.connection_test.button.click()
            await _until(lambda: not dialog.connection_test.busy)
            await self._show("peer-tested", dialog)
            for field, text in ((dialog.address, "ws://127.0.0.1:9/sync"), (dialog.token, "secret")):
                field.line.setText(text)
                field.line.textEdited.emit(text)
            dialog.mode.setCurrentIndex(1)
            dialog.connection_test.button.click()
            await _until(lambda: not dialog.connection_test.busy)
            await self._show("peer-refused", dialog)
            for field, text in ((dialog.address, "http://example.org"), (dialog.room, "../other")):
                field.line.setText(text)
                field.line.textEdited.emit(text)
            dialog.room.changed.emit()
            await self._show("peer-wrong", dialog)
        await self._ask("share-off", share.ask(window, engine))
        await engine.sharing.start([laptop.database])
        async with self._asked(share.ask(window, engine)) as dialog:
            dialog.invitation.make.click()
            await self._show("share", dialog)
        await engine.sharing.stop()

    async def _database_dialogs(self) -> None:
        window, engine = self._window, self._engine
        notes, plain = self._folder / "notes.db", self._folder / "plain.db"
        await asyncio.to_thread(_make_file, notes, NOTES)
        await asyncio.to_thread(_make_file, plain, CANNOT)
        await self._ask("add-database", add_database.ask(window, engine, notes))
        await self._ask("database-nothing-to-sync", add_database.ask(window, engine, plain))
        async with self._asked(add_database.ask(window, engine, self._demo.files[SIDES[0]])) as dialog:
            dialog.tree.setCurrentItem(dialog.tree.topLevelItem(0))
            await self._show("database-tables", dialog)
        system = XdgAutostart(self._folder), XdgLinkType(self._folder, self._folder / "mimeapps.list")
        await self._ask("settings", settings.ask(window, engine, *system))

    async def _values(self) -> None:
        window, engine, flow = self._window, self._engine, self._window.flow
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

    async def _menus(self) -> None:
        window = self._window
        window.peers.table.selectRow(0)
        menu = window.peers.menu_for([self._laptop.id])
        await self._show("peer-menu", menu)
        menu.close()
        await self._show("tray-menu-latest", _tray(window).menu)
        await self._show("pause-menu", window.pause_menu)

    async def _questions(self) -> None:
        window, dialogs, peer = self._window, self._window.dialogs, self._laptop.id
        await self._ask("remove-peer", dialogs._remove_peers([peer]))
        await self._ask("remove-database", dialogs._remove_database(self._laptop.database))
        await self._ask("new-id", dialogs._new_id(self._laptop.database))
        async with self._asked(schema.show(window, self._engine, peer, self._laptop.name)) as dialog:
            await _until(lambda: not dialog.busy)
            await self._show("tables-compared", dialog)
        async with self._asked(verify.show(window, self._engine, peer, self._laptop.name)) as dialog:
            await _until(lambda: not dialog.busy)
            await self._show("verify-identical", dialog)
        await asyncio.to_thread(_write_untracked, self._demo.files[SIDES[0]])
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
        """Ask, give the open dialog, and close it."""
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


# What is made up


@asynccontextmanager
async def _states() -> AsyncIterator[Window]:
    """A window with a row for each state there is."""
    async with shell(Engine(SETTINGS, journal=Journal()), asyncio.Event()) as window:
        window.resize(SMALL)
        bridge = window.bridge
        bridge.databases_changed.emit(
            [DatabaseChanged(DatabaseId("d"), "todo", "/home/me/todo.db", SiteId(bytes(16)), 41)]
        )
        bridge.peers_changed.emit([_status(number, state) for number, state in enumerate(State)])
        window.splitter.setSizes([300, 100])
        yield window


_REASONS: dict[State, str] = {
    State.IN_SYNC: t("Everything is on both disks."),
    State.SENT: sentences(
        t("Everything was sent; this kind of server confirms it later."),
        t("Confirmed up to version {version} at {time}.", version=41, time="14:02"),
    ),
    State.SYNCING: t("Synced {done:,} of {total:,} versions.", done=1_240, total=9_000),
    State.CONNECTING: t("Connecting to {url}.", url="wss://studio.example/sync"),
    State.WAITING: t("{where}: connection refused.", where="office.example:443"),
    State.IDLE: t("Next sync at {time}.", time="14:32"),
    State.PAUSED: t("Paused until {time}.", time="15:10"),
    State.NEEDS_YOU: sentences(
        t("The hub at {where} does not accept the token.", where="phone.example"),
        t("Enter the token that the hub's owner gave you."),
    ),
}
"""Sentences of the engine, for states that the demo does not get into."""

_NAMES = ("Desktop", "Web server", "Laptop", "Studio", "Office", "Archive", "Train", "Phone")


def _status(number: int, state: State) -> PeerStatus:
    syncing = state is State.SYNCING
    ago = (3, 65, 8, 1900, 4300, 900, 86_400 * 2, 86_400 * 9)[number]
    return PeerStatus(
        peer=PeerId(state.name),
        name=_NAMES[number],
        database=DatabaseId("d"),
        url=f"wss://{_NAMES[number].lower().replace(' ', '-')}.example/sync",
        room=ROOM,
        state=state,
        reason=_REASONS[state],
        site_id=SiteId(bytes([number]) * 16),
        received=1_240 if syncing else 41 * number,
        confirmed=41,
        to_receive=7_760 if syncing else 0,
        to_send=3 if state in (State.WAITING, State.NEEDS_YOU) else 0,
        done=1_240 if syncing else 0,
        total=9_000 if syncing else 0,
        last_success=time.time() - ago,
        last_attempt=time.time() - min(ago, 48),
        next_attempt=time.time() + 12 if state is State.WAITING else None,
        remedy=Remedy.EDIT if state is State.NEEDS_YOU else None,
    )


NOTES = """
CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, text TEXT NOT NULL DEFAULT '');
SELECT crsql_as_crr('note');
INSERT INTO note (id, text) VALUES (1, 'one'), (2, 'two');
CREATE TABLE tag (name TEXT PRIMARY KEY NOT NULL, color TEXT);
INSERT INTO tag VALUES ('home', 'green');
CREATE TABLE person (id INTEGER PRIMARY KEY NOT NULL, mail TEXT UNIQUE);
"""
"""A file as an app may have it: one table that syncs, one that could, and one that cannot."""

CANNOT = """
CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, mail TEXT UNIQUE);
CREATE TABLE visit (person INTEGER REFERENCES person (id), day TEXT NOT NULL);
CREATE VIEW visits AS SELECT * FROM visit;
"""

STRANGE = (
    "INSERT INTO todo (id, text) VALUES (100, char(27) || '[31mred' || char(27) || '[0m')",
    "INSERT INTO todo (id, text) VALUES (101, '<b>bold</b> <img src=x> ' || char(0x202e) || 'turned')",
    "INSERT INTO todo (id, text) VALUES (102, 'two' || char(10) || 'lines' || char(9) || 'and a tab')",
    "INSERT INTO todo (id, text) VALUES (103, x'00ff10')",
    "INSERT INTO todo (id, text) VALUES (104, printf('%.3000c', 'x'))",
)


def _make_file(path: Path, sql: str) -> None:
    connection = connect(path, create=True)
    try:
        connection.execute(sql).fetchall()
    finally:
        connection.close()


def _write_untracked(path: Path) -> None:
    """A write that no trigger records, as when another engine's sync bit is stuck: the sides differ without knowing."""
    connection = connect(path)
    try:
        connection.execute("SELECT crsql_internal_sync_bit(1)").fetchall()
        connection.execute("UPDATE todo SET text = 'Feed the fish' WHERE id IN (4, 5)")
        connection.execute("SELECT crsql_internal_sync_bit(0)").fetchall()
    finally:
        connection.close()
