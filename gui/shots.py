"""``syncline screenshots DIR``: the windows, dialogs and states as pictures, light and dark, in every language.

What is seen is the real window on the demo's real files and hub; only the picture of all states shows rows that are
made up, because no demo needs a person's help.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PySide6.QtCore import QSize
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QDialog, QWidget

from engine.crr import connect
from engine.demo import ROOM, SIDES, Demo
from engine.engine import Engine
from engine.errors import SynclineError
from engine.events import DatabaseChanged, PeerStatus, State
from engine.journal import Journal
from engine.settings import Pause, Settings
from engine.settings.autostart import XdgAutostart
from engine.settings.links import XdgLinkType
from gui import language
from gui.app import shell
from gui.demo import WriteBar
from gui.dialogs import add_database, add_peer, settings, share, value
from gui.lifecycle import Application, make_application, run_coroutine
from gui.models.sentences import told
from gui.pairing_shots import pairing
from gui.panels.activity import OVERWRITTEN, SYNCS
from gui.theme import Scheme, apply_scheme
from gui.tray import Tray
from gui.window import Window

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
LANGUAGES = ("en", "de")
WIDE = QSize(1180, 680)
SMALL = QSize(1180, 480)
DRAWN = 0.5
"""Seconds in which the bridge's batches arrive and the panels draw them."""

RECOLOURED = 0.05
"""Seconds for another scheme."""


def run(folder: Path, say: Callable[[str], None], *, pairing: bool = False) -> int:
    """Paint all pictures into ``folder``, made when needed, and say the path of each.

    Args:
        pairing: those of two machines that pair, and no others. They share in the local network meanwhile.

    Raises:
        SynclineError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SynclineError(f"The pictures cannot be put into {folder}: {error.strerror}.") from None
    app = make_application()
    QCursor.setPos(app.primaryScreen().geometry().bottomRight())  # over nothing
    return run_coroutine(app, lambda quit_asked: _Photographer(app, folder, say, pairing).all(quit_asked))


class _Photographer:
    def __init__(self, app: Application, folder: Path, say: Callable[[str], None], pairing: bool) -> None:
        self._app = app
        self._pairing = pairing
        self._folder = folder
        self._say = say
        self._language = ""

    async def all(self, quit_asked: asyncio.Event) -> int:
        work = asyncio.create_task(self._scenes())
        asked = asyncio.create_task(quit_asked.wait())
        await asyncio.wait([work, asked], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            return 1
        work.result()
        return 0

    async def _scenes(self) -> None:
        try:
            for self._language in LANGUAGES:
                language.install(self._app, self._language)
                await self._scenes_in_one()
        finally:
            language.install(self._app, "system")

    async def _scenes_in_one(self) -> None:
        if self._pairing:
            with tempfile.TemporaryDirectory(prefix="syncline-shots-") as folder:
                await pairing(Path(folder), self._take)
            return
        async with shell(Engine(Settings(), journal=Journal()), asyncio.Event()) as window:
            window.resize(SMALL)
            await self._take("empty", window)
            for name in ("clocks", "activity"):
                window.tabs.setCurrentWidget(getattr(window, name))
                await self._take(f"empty-{name}", window)
            window.activity.choice.setCurrentIndex(OVERWRITTEN)
            await self._take("empty-overwritten", window)
            await self._take("tray-menu", window.findChild(Tray).menu)
        async with _states() as window:
            await self._take("states", window)
        with tempfile.TemporaryDirectory(prefix="syncline-shots-") as folder:
            await self._demo(Path(folder))

    async def _demo(self, folder: Path) -> None:
        engine = Engine(Settings(), journal=Journal(), data=folder / "data")
        async with shell(engine, asyncio.Event()) as window:
            window.resize(WIDE)
            demo = Demo(engine, folder, lambda _: None)
            await demo.set_up()
            await demo.script()
            await self._take("window", window)
            window.tabs.setCurrentWidget(window.clocks)
            await self._take("clocks", window)
            window.tabs.setCurrentWidget(window.activity)
            await self._take("activity", window)
            window.activity.choice.setCurrentIndex(OVERWRITTEN)
            await self._take("overwritten", window)
            window.activity.choice.setCurrentIndex(SYNCS)
            window.tabs.setCurrentWidget(window.flow)
            window.notices.say(told("127.0.0.1:8787: connection refused. Is the hub running, and is the port right?"))
            await self._take("notice", window)
            window.notices.dismiss()
            laptop = demo.peers[SIDES[0]]
            await self._take_dialog("edit-peer", window, add_peer.ask(window, engine, laptop))
            await self._take_dialog("add-peer", window, add_peer.ask(window, engine, None, laptop.database))
            await self._take_dialog("peer-tested", window, add_peer.ask(window, engine, laptop), _press_test)
            await self._take_dialog("peer-wrong", window, add_peer.ask(window, engine, laptop), _type_nonsense)
            await asyncio.to_thread(_make_notes, folder / "notes.db")
            await self._take_dialog("add-database", window, add_database.ask(window, engine, folder / "notes.db"))
            await engine.share([laptop.database])
            await self._take_dialog("share", window, share.ask(window, engine), _make_link)
            await engine.stop_sharing()
            await self._take_dialog("settings", window, settings.ask(window, engine, *_nobodys_system(folder)))
            [row, *_] = [row for row in range(window.flow.model.rowCount()) if window.flow.model.line(row)[1].had_old]
            event, change = window.flow.model.line(row)
            cell = value.Cell(
                event.database, change.table, change.key, change.column, change.value, change.old, had_old=True
            )
            await self._take_dialog("overwritten-value", window, value.show(window, engine, cell))
            window.peers.table.selectRow(0)
            await self._take("peer-menu", window.peers.menu_for([laptop.id]))
            window.flow.text.setText("nothing like it")
            await self._take("flow-filtered", window)
            window.flow.text.clear()
            await self._take_dialog("remove-peer", window, window.wishes._remove_peers([laptop.id]))
            bar = WriteBar(demo, window.commands)
            window.add_top_bar(bar)
            await self._take("demo", window)
            bar.hide()
            tray = window.findChild(Tray)
            await self._take("tray-menu-latest", tray.menu)
            await engine.pause(Pause.FOREVER)
            await self._take("paused", window)
            await engine.pause(None)
            await engine.remove_peer(demo.peers[SIDES[0]].id)
            await engine.remove_peer(demo.peers[SIDES[1]].id)
            await self._take("no-peer", window)

    async def _take_dialog(
        self,
        name: str,
        window: Window,
        question: Coroutine[Any, Any, object],
        act: Callable[[QDialog], None] = lambda _: None,
    ) -> None:
        asking = asyncio.create_task(question)
        async with asyncio.timeout(10):
            while not (found := [one for one in window.findChildren(QDialog) if one.isVisible()]):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        act(found[0])
        await self._take(name, found[0])
        found[0].reject()
        await asking

    async def _take(self, name: str, widget: QWidget) -> None:
        """Take one picture in each scheme."""
        await asyncio.sleep(DRAWN)
        for scheme in SCHEMES:
            apply_scheme(scheme, self._app)
            await asyncio.sleep(RECOLOURED)
            file = self._folder / f"{name}-{self._language}-{scheme}.png"
            if not widget.grab().save(str(file)):
                raise SynclineError(f"{file} could not be written.", hint="Check that the folder is yours.")
            self._say(str(file))
        apply_scheme(SCHEMES[0], self._app)


@asynccontextmanager
async def _states() -> AsyncIterator[Window]:
    """A window with a row for each state there is."""
    async with shell(Engine(Settings(), journal=Journal()), asyncio.Event()) as window:
        window.resize(SMALL)
        bridge = window.bridge
        bridge.databases_changed.emit([DatabaseChanged("d", "todo", "/home/me/todo.db", bytes(16), 41)])
        bridge.peers_changed.emit([_status(number, state) for number, state in enumerate(State)])
        window.splitter.setSizes([300, 100])
        yield window


def _nobodys_system(folder: Path) -> tuple[XdgAutostart, XdgLinkType]:
    """What a system would remember, in a folder of ours."""
    return XdgAutostart(folder), XdgLinkType(folder, folder / "mimeapps.list")


def _press_test(dialog: QDialog) -> None:
    assert isinstance(dialog, add_peer.PeerDialog)
    dialog.trial.button.click()


def _make_link(dialog: QDialog) -> None:
    assert isinstance(dialog, share.ShareDialog)
    dialog.invitation.make.click()


def _type_nonsense(dialog: QDialog) -> None:
    assert isinstance(dialog, add_peer.PeerDialog)
    for field, text in ((dialog.address, "http://example.org"), (dialog.room, "../other")):
        field.line.setText(text)
        field.line.textEdited.emit(text)
    dialog.room.changed.emit()


_REASONS = {
    State.IN_SYNC: "Everything is on both disks.",
    State.SENT: "All sent; this kind of server confirms later. Confirmed up to 41 at 14:02.",
    State.SYNCING: "1,240 of 9,000 versions.",
    State.CONNECTING: "Connecting to wss://studio.example/sync.",
    State.WAITING: "Next try in 12 s: connection refused.",
    State.IDLE: "Next pull 14:32.",
    State.PAUSED: "Paused until 15:10.",
    State.NEEDS_YOU: "phone.example does not accept the token. Enter the token that the hub's owner gave you.",
}
_NAMES = ("Desktop", "Web server", "Laptop", "Studio", "Office", "Archive", "Train", "Phone")


def _status(number: int, state: State) -> PeerStatus:
    syncing = state is State.SYNCING
    ago = (3, 65, 8, 1900, 4300, 900, 86_400 * 2, 86_400 * 9)[number]
    return PeerStatus(
        peer=state.name,
        name=_NAMES[number],
        database="d",
        url=f"wss://{urlsplit('//' + _NAMES[number].lower().replace(' ', '-')).netloc}.example/sync",
        room=ROOM,
        state=state,
        reason=_REASONS[state],
        site_id=bytes([number]) * 16,
        received=1_240 if syncing else 41 * number,
        confirmed=41,
        to_receive=7_760 if syncing else 0,
        to_send=3 if state in (State.WAITING, State.NEEDS_YOU) else 0,
        done=1_240 if syncing else 0,
        total=9_000 if syncing else 0,
        last_success=time.time() - ago,
        last_attempt=time.time() - min(ago, 48),
    )


def _make_notes(path: Path) -> None:
    """A file as an app may have it: one table that syncs, one that could, and one that cannot."""
    connection = connect(path, create=True)
    try:
        connection.execute(
            "CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, text TEXT NOT NULL DEFAULT '');"
            "SELECT crsql_as_crr('note');"
            "INSERT INTO note (id, text) VALUES (1, 'one'), (2, 'two');"
            "CREATE TABLE tag (name TEXT PRIMARY KEY NOT NULL, color TEXT);"
            "INSERT INTO tag VALUES ('home', 'green');"
            "CREATE TABLE person (id INTEGER PRIMARY KEY NOT NULL, mail TEXT UNIQUE);"
        ).fetchall()
    finally:
        connection.close()
