"""``syncline screenshots DIR --pairing``: pictures of two machines that pair, as shown in docs/two-machines.md.

Two engines run in one process, with real files, sockets and certificates; each picture is of a window of one of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QWidget
from shiboken6 import isValid

from engine.api import Engine
from engine.crr import connect
from engine.history.journal import Journal
from engine.pairing.discovery import mark
from engine.replica import Replica
from engine.settings import Settings
from gui.app import shell
from gui.dialogs import add_database, add_peer, schema, share
from gui.window import Window

Take = Callable[[str, QWidget], Awaitable[None]]
"""Takes a picture, given its name and the widget to paint."""

SIZE = QSize(1000, 500)
PATIENCE = 20.0

TABLE = "CREATE TABLE todo (id TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL DEFAULT '', done INTEGER DEFAULT 0);"
TASKS = {
    "laptop": (("7f2c", "Water the plants"), ("91ab", "Call the printer")),
    "desktop": (("c03d", "Send the letter"), ("e5f8", "Book the train")),
}


async def pairing(folder: Path, take: Take) -> None:
    """Play the story from an empty window until both are in sync, and of tables that differ afterwards."""
    for name, tasks in TASKS.items():
        await asyncio.to_thread(_make_todo, folder / f"{name}.db", tasks)
    async with _machine(folder, "laptop") as laptop, _machine(folder, "desktop") as desktop:
        mine, theirs = laptop.commands.engine, desktop.commands.engine
        async with _opened(laptop, add_database.ask(laptop, mine, folder / "laptop.db")) as dialog:
            assert isinstance(dialog, add_database.DatabaseDialog)
            table = dialog.tree.topLevelItem(0)
            assert table is not None
            table.setCheckState(add_database.TABLE, Qt.CheckState.Checked)
            await take("pairing-1-database", dialog)
        shared = await mine.databases.add(folder / "laptop.db", "todo")
        await mine.databases.make_syncable(shared.id, "todo")
        here = await theirs.databases.add(folder / "desktop.db", "todo")
        await theirs.databases.make_syncable(here.id, "todo")
        await mine.change_settings(share_lan=True)
        async with _opened(laptop, share.ask(laptop, mine)) as dialog:
            assert isinstance(dialog, share.ShareDialog)
            dialog.on.setChecked(True)
            await _until(dialog.invitation.make.isEnabled)
            dialog.invitation.make.click()
            await take("pairing-2-share", dialog)
            link = dialog.invitation.link.text()
            async with _opened(desktop, add_peer.ask(desktop, theirs, link=link)) as adding:
                assert isinstance(adding, add_peer.PeerDialog)
                await _until(lambda: _found(adding, mine))
                adding.form.where.show_message("")  # no token is kept for these two
                await take("pairing-3-add-peer", adding)
                adding.accept()
                await _until(lambda: theirs.settings.peers)
            await theirs.peers.wait_in_sync(timeout=PATIENCE)
            await _until(lambda: dialog.model.rowCount() and dialog.model.rows[0].connected)
            await take("pairing-4-used", dialog)
        await take("pairing-5-in-sync", desktop)
        await asyncio.to_thread(_alter, folder / "laptop.db")
        [peer] = theirs.settings.peers
        await _until(lambda: "due" in theirs.peers.statuses()[0].sentence())
        await take("pairing-6-tables-differ", desktop)
        async with _opened(desktop, schema.show(desktop, theirs, peer.id, peer.name)) as dialog:
            assert isinstance(dialog, schema.SchemaDialog)
            await _until(lambda: not dialog.busy)
            await take("pairing-7-compare-tables", dialog)


@asynccontextmanager
async def _machine(folder: Path, name: str) -> AsyncIterator[Window]:
    engine = Engine(Settings(), journal=Journal(), data=folder / f"{name}-data")
    engine.sharing.machine = name
    async with shell(engine, asyncio.Event()) as window:
        window.resize(SIZE)
        window.splitter.setSizes([SIZE.height() // 3, SIZE.height() * 2 // 3])
        yield window


@asynccontextmanager
async def _opened(window: Window, question: Coroutine[Any, Any, object]) -> AsyncIterator[QDialog]:
    """Ask a question and yield the dialog that opens; close it at the end if it is still open."""
    before = {one for one in window.findChildren(QDialog) if one.isVisible()}
    asking = asyncio.create_task(question)
    await _until(lambda: {one for one in window.findChildren(QDialog) if one.isVisible()} - before)
    [dialog] = {one for one in window.findChildren(QDialog) if one.isVisible()} - before
    try:
        yield dialog
    finally:
        if isValid(dialog):
            dialog.reject()
        await asking


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _found(dialog: add_peer.PeerDialog, engine: Engine) -> bool:
    assert engine.sharing.server is not None
    model = dialog.nearby.model
    marks = [model.rows[row].certificate for row in range(model.rowCount())]
    return mark(engine.sharing.server.fingerprint) in marks


def _make_todo(path: Path, tasks: tuple[tuple[str, str], ...]) -> None:
    connection = connect(path, create=True)
    try:
        connection.execute(TABLE)
        connection.executemany("INSERT INTO todo (id, text) VALUES (?, ?)", tasks)
    finally:
        connection.close()


def _alter(path: Path) -> None:
    with Replica.open(path) as replica, replica.altering("todo") as connection:
        connection.execute("ALTER TABLE todo ADD COLUMN due TEXT DEFAULT 'any day'")
