"""A person's requests, as actions that the window and the tray share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from engine.settings import Pause
from gui.language import on_language_change, tr
from gui.models.values import number
from gui.theme import icon


class Actions(QObject):
    """The shared actions, not yet connected to anything.

    Attributes:
        sync_now: applies to the selected peers; if none is selected, to those of the selected database, or all.
        sync_all: always applies to all peers.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chosen = 0
        self._database = ""
        self.sync_now = self._action("sync-now", QKeySequence(Qt.Key.Key_F5))
        self.sync_all = self._action("sync-now", QKeySequence("Shift+F5"))
        self.auto_sync = self._action("auto-sync", QKeySequence("Ctrl+Shift+A"))
        self.auto_sync.setCheckable(True)
        self.add_database = self._action("add-database", QKeySequence("Ctrl+O"))
        self.add_peer = self._action("add-peer", QKeySequence("Ctrl+N"))
        self.share = self._action("share", QKeySequence("Ctrl+Shift+S"))
        self.settings = self._action("settings", QKeySequence("Ctrl+,"))
        self.settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.diagnostics = self._action("export")
        self.open_window = self._action("")
        self.close_window = self._action("", QKeySequence("Ctrl+W"))
        self.quit = self._action("", QKeySequence("Ctrl+Q"))
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        on_language_change(self._retranslate)
        self.set_counts(databases=0, peers=0)

    def _retranslate(self) -> None:
        self.sync_now.setText(tr("Sync now"))
        self.sync_all.setText(tr("Sync all now"))
        self.auto_sync.setText(tr("Auto-sync"))
        self.add_database.setText(tr("Add database"))
        self.add_peer.setText(tr("Add peer"))
        self.share.setText(tr("Share"))
        self.settings.setText(tr("Settings"))
        self.diagnostics.setText(tr("Save diagnostics"))
        self.open_window.setText(tr("Open Syncline"))
        self.close_window.setText(tr("Close window"))
        self.quit.setText(tr("Quit"))
        self.auto_sync.setToolTip(
            tr("Sync live peers at once, and the others at their interval ({keys})", keys="Ctrl+Shift+A")
        )
        self.add_database.setToolTip(tr("Choose a SQLite file to keep in sync ({keys})", keys="Ctrl+O"))
        self.add_peer.setToolTip(tr("Choose a machine or hub to sync a database with ({keys})", keys="Ctrl+N"))
        self.share.setToolTip(tr("Serve databases to other machines ({keys})", keys="Ctrl+Shift+S"))
        self.settings.setToolTip(tr("Change how Syncline behaves ({keys})", keys="Ctrl+,"))
        self.set_chosen(self._chosen)

    def set_chosen(self, peers: int) -> None:
        """Set how many peers are selected; the tooltip says what ``sync_now`` applies to."""
        self._chosen = peers
        whom = tr("Sync all peers (F5)")
        if self._database:
            whom = tr("Sync “{database}” (F5); all: Shift+F5", database=self._database)
        if peers == 1:
            whom = tr("Sync the selected peer (F5); all: Shift+F5")
        elif peers > 1:
            whom = tr("Sync the {count} selected peers (F5); all: Shift+F5", count=number(peers))
        self.sync_now.setToolTip(whom)

    def set_database(self, name: str) -> None:
        """Set the database that ``sync_now`` applies to if no peer is selected; '' for all."""
        self._database = name
        self.set_chosen(self._chosen)

    def set_counts(self, *, databases: int, peers: int) -> None:
        """Disable what makes no sense without databases, or without peers."""
        self.sync_now.setEnabled(peers > 0)
        self.sync_all.setEnabled(peers > 0)
        self.share.setEnabled(databases > 0)

    def _action(self, icon_name: str, shortcut: QKeySequence | None = None) -> QAction:
        action = QAction(self)
        if icon_name:
            action.setIcon(icon(icon_name))
        if shortcut is not None:
            action.setShortcut(shortcut)
        return action


class PauseMenu(QMenu):
    """A menu to pause for a while, or resume.

    The window and the tray have one each, as a menu cannot be in both.
    """

    asked = Signal(object)
    """Emitted with a ``Pause``, or None to resume."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIcon(icon("pause"))
        self._half_hour = self._add(lambda: Pause.lasting(timedelta(minutes=30)))
        self._hour = self._add(lambda: Pause.lasting(timedelta(hours=1)))
        self._day = self._add(Pause.until_tomorrow)
        self._forever = self._add(lambda: Pause.FOREVER)
        self.addSeparator()
        self.resume = self._add(lambda: None)
        self.resume.setEnabled(False)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self.setTitle(tr("Pause"))
        self._half_hour.setText(tr("30 minutes"))
        self._hour.setText(tr("1 hour"))
        self._day.setText(tr("Until tomorrow"))
        self._forever.setText(tr("Until resumed"))
        self.resume.setText(tr("Resume"))

    def _add(self, choose: Callable[[], Pause | None]) -> QAction:
        action = self.addAction("")
        action.triggered.connect(lambda: self.asked.emit(choose()))
        return action
