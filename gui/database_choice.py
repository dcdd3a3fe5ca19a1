"""The choice of the database that the window is about: the list, the header, and what both can request."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QObject, QPoint, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from engine.ids import PeerId
from engine.settings import Settings
from gui.bridge import Bridge
from gui.commands import Commands
from gui.coverage_reader import CoverageReader
from gui.models.database_status import ALL
from gui.models.databases import DatabasesModel
from gui.other_sync_reader import OtherSyncReader
from gui.panels.database_header import DatabaseHeader
from gui.panels.databases import DatabasesPanel


class DatabaseChoice(QObject):
    """Keeps the list and the header up to date, and turns their requests into signals for the window.

    Args:
        commands: starts syncs.
        bridge: reports changes.
    """

    chosen_changed = Signal(str)
    """Emitted with the id of the selected database; ``ALL`` for all."""
    add_requested = Signal()
    tables_requested = Signal(object)
    """Emitted with the path of a database whose tables are to be shown."""
    add_peer_requested = Signal(str)
    share_requested = Signal()
    new_id_requested = Signal(str)
    remove_requested = Signal(str)

    def __init__(self, commands: Commands, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._commands = commands
        self.model = DatabasesModel(self)
        self.panel = DatabasesPanel(self.model)
        self.header = DatabaseHeader()
        self.coverage = CoverageReader(commands, bridge, self)
        self.other_sync = OtherSyncReader(commands, bridge, self)
        self.other_sync.found.connect(self.model.set_caution)
        bridge.settings_changed.connect(self.model.set_settings)
        bridge.databases_changed.connect(self.model.update_databases)
        bridge.database_removed.connect(self.model.remove_database)
        bridge.peers_changed.connect(self.model.update_peers)
        bridge.peer_removed.connect(self.model.remove_peer)
        bridge.guests_changed.connect(self.model.update_peers)
        bridge.guest_removed.connect(self.model.remove_peer)
        bridge.sharing_changed.connect(self.model.set_sharing)
        bridge.flow.connect(self.model.append)
        self.coverage.coverage_read.connect(self.model.set_coverage)
        self.model.dataChanged.connect(self._refresh)
        self.panel.chosen_changed.connect(self._choose)
        self.panel.add_requested.connect(self.add_requested)
        self.panel.menu_requested.connect(self._show_menu)
        header = self.header
        header.sync_requested.connect(self._sync)
        header.tables_requested.connect(lambda database: self.tables_requested.emit(self._path(database)))
        header.add_peer_requested.connect(self.add_peer_requested)
        header.share_requested.connect(self.share_requested)
        header.folder_requested.connect(self._open_folder)
        header.new_id_requested.connect(self.new_id_requested)
        header.remove_requested.connect(self.remove_requested)
        self.model.set_settings(commands.engine.settings)

    @property
    def database(self) -> str:
        """The id of the selected database; ``ALL`` for all."""
        return self.panel.chosen()

    @property
    def name(self) -> str:
        """The name of the selected database; '' for all."""
        return "" if self.database == ALL else self.model.status(self.database).name

    @property
    def peers(self) -> list[PeerId]:
        """The ids of the selected database's peers."""
        return self._peers_of(self.database)

    def choose(self, database: str) -> None:
        """Select a database, or all if there is none with this id."""
        self.panel.choose(database)

    def _settings(self) -> Settings:
        return self._commands.engine.settings

    def _peers_of(self, database: str) -> list[PeerId]:
        return [peer.id for peer in self._settings().peers if database in (ALL, peer.database)]

    def _path(self, database: str) -> Path | None:
        return next((known.path for known in self._settings().databases if known.id == database), None)

    def _choose(self, database: str) -> None:
        self._show()
        self.chosen_changed.emit(database)

    def _refresh(self, first: QModelIndex, last: QModelIndex, roles: list[int]) -> None:
        if not roles and first.row() <= self.model.row_of(self.database) <= last.row():
            self._show()

    def _show(self) -> None:
        self.header.show_status(self.model.status(self.database), self.model.coverage(self.database))

    def _show_menu(self, database: str, where: QPoint) -> None:
        self.header.menu_for(database).popup(where)

    def _sync(self, database: str) -> None:
        self._commands.sync_now(self._peers_of(database))

    def _open_folder(self, database: str) -> None:
        path = self._path(database)
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
