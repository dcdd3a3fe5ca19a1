"""The requests of a person that need a dialog; they are handled one after the other, never two at once."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QSystemTrayIcon, QWidget

from engine.api import diagnostics
from engine.change import SENTINEL
from engine.errors import SynclineError
from engine.events import ChangesMoved, FlowChange
from engine.history.export import export
from engine.history.journal import OverwrittenLine
from engine.ids import DatabaseId, PeerId
from engine.peer_state import PeerStatus
from engine.settings import HOME, data_dir
from engine.table_shape import NOTHING_FOUND
from engine.truncate import Clipped
from gui.commands import Commands, in_words
from gui.desktop.autostart import Autostart, autostart
from gui.desktop.links import LinkType, link_type
from gui.dialogs import (
    about,
    add_database,
    add_peer,
    cell_details,
    confirm,
    join,
    rows_gone,
    schema,
    settings,
    share,
    verify,
)
from gui.dialogs.base import closed
from gui.language import tr
from gui.logs import LogFile
from gui.models import values

log = logging.getLogger(__name__)


class DialogController(QObject):
    """Opens dialogs over a window and has the engine act on the answers.

    Args:
        window: the window that the dialogs belong to.
        commands: runs the work and reports errors.
    """

    diagnostics_saved = Signal(str)
    """Emitted with a message that a person may want to copy."""

    def __init__(self, window: QWidget, commands: Commands) -> None:
        super().__init__(window)
        self._window = window
        self._commands = commands
        self._engine = commands.engine
        self._asking = asyncio.Lock()
        self.autostart: Autostart = autostart()
        self.links: LinkType | None = link_type()
        self.log: LogFile | None = None

    def add_databases(self, files: Sequence[Path] = ()) -> None:
        """Add these files, or one that the person chooses; of a known one, make more tables syncable."""
        for file in files or (None,):
            self._commands.start(self._add_database(file))

    def edit_peer(self, peer: PeerId | None, database: DatabaseId | None = None) -> None:
        """Change a peer, or add one if it is None, with this database selected at first."""
        self._commands.start(self._edit_peer(peer, database))

    def use_link(self, link: str) -> None:
        """Show a pairing link that was opened elsewhere, in the dialog that adds a peer: an open one, or a new one."""
        for dialog in self._window.findChildren(add_peer.PeerDialog):
            if dialog.isVisible() and dialog.adding:
                dialog.take(link)
                return
        self._commands.start(self._edit_peer(None, None, link))

    def register_links(self, *, first: bool) -> None:
        """Have the system open pairing links with this program: at the first start, and again after it was moved.

        Nothing is registered if everything is to stay in one folder, which must leave no trace on the system.
        """
        links = self.links
        if links is None or HOME in os.environ:
            return
        try:
            if first or (links.enabled() and not links.current()):
                links.set(True)
        except SynclineError as error:
            log.warning("%s", error)

    def remove_peers(self, peers: Sequence[PeerId]) -> None:
        """Remove peers, if the person confirms."""
        self._commands.start(self._remove_peers(peers))

    def revoke_guests(self, guests: Sequence[str]) -> None:
        """Revoke the access of guests, by name, if the person confirms."""
        self._commands.start(self._revoke_guests(guests))

    def remove_database(self, database: DatabaseId) -> None:
        """Remove a database with its peers, if the person confirms."""
        self._commands.start(self._remove_database(database))

    def share(self) -> None:
        """Open the sharing dialog, unless another dialog is open."""
        if not self._asking.locked():
            self._commands.start(self._share())

    def about(self) -> None:
        """Open the "About" dialog, unless another dialog is open."""
        if not self._asking.locked():
            self._commands.start(self._about())

    def change_settings(self) -> None:
        """Open the settings, unless another dialog is open."""
        if not self._asking.locked():
            self._commands.start(self._change_settings())

    def show_change(self, event: ChangesMoved, change: FlowChange) -> None:
        """Show a line of the flow in full."""
        if change.column != SENTINEL:
            self._commands.start(self._show_change(event.database, change))

    def show_overwritten(self, line: OverwrittenLine) -> None:
        """Show a line of the journal in full."""
        place = line.database, line.table, line.key, line.column
        self._commands.start(self._show(cell_details.Cell(*place, line.new, line.old, had_old=True, kept=line.whole)))

    def verify(self, peer: PeerId) -> None:
        """Compare all rows with a peer, show the result, and offer to repair what differs."""
        self._commands.start(self._verify(peer))

    def compare_tables(self, peer: PeerId) -> None:
        """Show how the tables differ from a peer's, and offer to add what is missing here."""
        self._commands.start(self._compare_tables(peer))

    def repair(self, peer: PeerId) -> None:
        """Repair the sync records of a peer's database, if the person confirms."""
        self.repair_database(self._status(peer).database)

    def repair_database(self, database: str) -> None:
        """Repair the sync records of a database, if the person confirms."""
        self._commands.start(self._repair(database))

    def join(self, peer: PeerId) -> None:
        """Ask how to join rows with those of a peer that they were never synced with, and do so."""
        self._commands.start(self._join(peer))

    def answer_suspended(self, peer: PeerId) -> None:
        """Ask whether mass deletions in a peer's database are intended, and act on the answers."""
        self._commands.start(self._answer_suspended(self._status(peer).database))

    def new_id(self, peer: PeerId) -> None:
        """Give the file that is synced with this peer a new id, if the person confirms."""
        self.new_id_of(self._status(peer).database)

    def new_id_of(self, database: DatabaseId) -> None:
        """Give a file a new id, if the person confirms."""
        self._commands.start(self._new_id(database))

    def save_diagnostics(self) -> None:
        """Save a diagnostics file for those who give support, and show where it is."""
        self._commands.start(self._save_diagnostics())

    def show_diagnostics(self, file: Path) -> None:
        """Show where the diagnostics file is."""
        text = tr(
            "Diagnostics saved to {file}. They contain no tokens and no values; review them before you share them.",
            file=file,
        )
        self.diagnostics_saved.emit(text)

    def export_activity(self) -> None:
        """Export the list of syncs into a file."""
        self._commands.start(self._export_activity())

    # The dialogs

    def _status(self, peer: PeerId) -> PeerStatus:
        """Return the status of a peer, or of a guest."""
        rows = (*self._engine.peers.statuses(), *self._engine.sharing.statuses())
        return next(known for known in rows if known.peer == peer)

    async def _add_database(self, file: Path | None) -> None:
        async with self._asking:
            await add_database.ask(self._window, self._engine, file)

    async def _edit_peer(self, peer: PeerId | None, database: DatabaseId | None, link: str = "") -> None:
        config = next((known for known in self._engine.settings.peers if known.id == peer), None)
        async with self._asking:
            await add_peer.ask(self._window, self._engine, config, database, link=link)

    async def _remove_peers(self, peers: Sequence[PeerId]) -> None:
        names = {peer: self._commands.name_of(peer) for peer in peers}
        everybody = ", ".join(names.values())
        title = tr("Remove peer") if len(peers) == 1 else tr("Remove peers")
        sentence = tr("Remove {peers}? The databases stay as they are on both sides.", peers=everybody)
        if await confirm.confirm(self._window, title, sentence, tr("Remove")):
            for peer, name in names.items():
                try:
                    await self._engine.peers.remove(peer)
                except SynclineError as error:  # it is gone, but its token is not; the others go too
                    self._commands.failed.emit(f"{name}: {in_words(error)}")

    async def _revoke_guests(self, guests: Sequence[str]) -> None:
        sentence = tr(
            "Revoke the access of {machines}? They are disconnected at once, and need a new link to connect again. "
            "The databases stay as they are on both sides.",
            machines=", ".join(guests),
        )
        if await confirm.confirm(self._window, tr("Revoke access"), sentence, tr("Revoke access")):
            for guest in guests:
                try:
                    await self._engine.sharing.revoke(guest)
                except SynclineError as error:  # its access is gone already, say; that of the others goes too
                    self._commands.failed.emit(f"{guest}: {in_words(error)}")

    async def _remove_database(self, database: DatabaseId) -> None:
        name = next(known.name for known in self._engine.settings.databases if known.id == database)
        sentence = tr("Remove {database} and its peers from Syncline? The file stays as it is.", database=name)
        if await confirm.confirm(self._window, tr("Remove database"), sentence, tr("Remove")):
            await self._engine.databases.remove(database)

    async def _share(self) -> None:
        async with self._asking:
            await share.ask(self._window, self._engine)

    async def _about(self) -> None:
        async with self._asking:
            await about.show(self._window)

    async def _change_settings(self) -> None:
        async with self._asking:
            await settings.ask(self._window, self._engine, self.autostart, self.links)

    async def _show_change(self, database: DatabaseId, change: FlowChange) -> None:
        change = await self._engine.history.full_change(database, change)
        kept = not isinstance(change.old, Clipped)
        place = database, change.table, change.key, change.column
        await self._show(cell_details.Cell(*place, change.value, change.old, change.had_old, kept))

    async def _show(self, cell: cell_details.Cell) -> None:
        if await cell_details.show(self._window, self._engine, cell):
            self._commands.status_message.emit(tr("The old value was restored."))

    async def _export_activity(self) -> None:
        journal = self._engine.history.journal
        kinds = ("CSV (*.csv)", "JSON (*.json)")
        target = await self._choose_target(tr("Export the syncs"), "syncline.csv", kinds)
        if target is not None and journal is not None:
            count = await export(journal, target)
            self._commands.status_message.emit(
                tr("Exported {count} syncs to {file}.", count=values.number(count), file=target.name)
            )

    async def _verify(self, peer: PeerId) -> None:
        async with self._asking:
            await verify.show(self._window, self._engine, peer, self._commands.name_of(peer))

    async def _compare_tables(self, peer: PeerId) -> None:
        async with self._asking:
            await schema.show(self._window, self._engine, peer, self._commands.name_of(peer))

    async def _repair(self, chosen: str) -> None:
        database = next(known for known in self._engine.settings.databases if known.id == chosen)
        sentence = tr(
            "A table of {database} cannot be synced as it is. Repair its sync records? A backup "
            "is made first. What was written without a record is recorded as written now, and the "
            "table is synced again from the start.",
            database=database.name,
        )
        if await confirm.confirm(self._window, tr("Repair"), sentence, tr("Repair")):
            found = await self._engine.databases.repair(database.id)
            tables = ", ".join(sorted({values.shown(one.table) for one in found}))
            done = tr("Repaired: {tables}.", tables=tables)
            self._commands.status_message.emit(done if found else tr("Nothing needed repair."))

    async def _join(self, peer: PeerId) -> None:
        status = self._status(peer)
        asked = [one for one in status.parked if one.found is not None]
        async with self._asking:
            for one in asked:
                how = await join.ask(self._window, one.table, self._commands.name_of(peer), one.found or NOTHING_FOUND)
                if how is None:
                    return
                if status.guest:
                    await self._engine.sharing.join(status.database, how, one.table)
                else:
                    await self._engine.peers.join(peer, how, one.table)

    async def _answer_suspended(self, database: DatabaseId) -> None:
        async with self._asking:
            for asked in await self._engine.databases.suspended_deletions(database):
                delete = await rows_gone.ask(self._window, asked)
                if delete is None:
                    return
                await self._engine.databases.answer_suspended(database, asked.table, delete=delete)

    async def _new_id(self, chosen: str) -> None:
        database = next(known for known in self._engine.settings.databases if known.id == chosen)
        title = tr("This file was copied, or restored from a backup")
        sentence = tr(
            "{database} was copied, or restored from a backup, and another file uses the same id. "
            "Give this one a new id? A backup is made first. No row changes; it syncs with each "
            "peer again from the start. If the other copy has synced too, give that one a new id "
            "as well.",
            database=database.name,
        )
        if await confirm.confirm(self._window, title, sentence, tr("Give it a new id")):
            await self._engine.databases.new_site_id(database.id)
            self._commands.status_message.emit(tr("{database} has a new id now.", database=database.name))
            peers = [known.id for known in self._engine.settings.peers if known.database == database.id]
            if peers:
                self._commands.sync_now(peers)

    async def _save_diagnostics(self) -> None:
        folder = diagnostics_folder()
        screen = self._window.screen()
        about = (
            f"Qt {qVersion()} on {QGuiApplication.platformName()}, style {self._window.style().name()}",
            f"screen {screen.size().width()}x{screen.size().height()} at {screen.devicePixelRatio()}",
            f"tray {QSystemTrayIcon.isSystemTrayAvailable()}, desktop {os.environ.get('XDG_CURRENT_DESKTOP', '?')}",
        )
        file = await diagnostics.save(self._engine, folder, self.log.files() if self.log else (), about)
        self.show_diagnostics(file)

    async def _choose_target(self, title: str, name: str, kinds: Sequence[str]) -> Path | None:
        """Ask where to write; the file type sets the suffix unless the person typed one."""
        dialog = QFileDialog(self._window, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(kinds))
        dialog.selectFile(name)

        def follow(kind: str) -> None:
            dialog.setDefaultSuffix(kind.rpartition(".")[2].rstrip(")"))

        dialog.filterSelected.connect(follow)
        follow(kinds[0])
        chosen: list[str] = []
        dialog.fileSelected.connect(chosen.append)
        await closed(dialog)
        return Path(chosen[0]) if chosen else None


def diagnostics_folder() -> Path:
    """Return where diagnostics are saved: in the person's downloads, or in the one folder that holds everything."""
    if HOME in os.environ:
        return data_dir()
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation) or Path.home())
