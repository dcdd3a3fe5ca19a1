"""What a person can ask for, as actions that the window and the tray share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from engine.settings import Pause
from gui.theme import icon


class Actions(QObject):
    """The actions, connected to nothing yet.

    ``sync_now`` means the chosen peers, or all when none is chosen; ``sync_all`` always means all.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sync_now = self._action(self.tr("Sync now"), "sync-now", QKeySequence(Qt.Key.Key_F5))
        self.sync_all = self._action(self.tr("Sync all now"), "sync-now", QKeySequence("Shift+F5"))
        self.auto_sync = self._action(self.tr("Auto-sync"), "auto-sync", QKeySequence("Ctrl+Shift+A"))
        self.auto_sync.setCheckable(True)
        self.add_database = self._action(self.tr("Add database"), "add-database", QKeySequence("Ctrl+O"))
        self.add_peer = self._action(self.tr("Add peer"), "add-peer", QKeySequence("Ctrl+N"))
        self.share = self._action(self.tr("Share"), "share", QKeySequence("Ctrl+Shift+S"))
        self.settings = self._action(self.tr("Settings"), "settings", QKeySequence("Ctrl+,"))
        self.settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.diagnostics = self._action(self.tr("Save diagnostics"), "export")
        self.open_window = self._action(self.tr("Open Syncline"), "")
        self.close_window = self._action(self.tr("Close window"), "", QKeySequence("Ctrl+W"))
        self.quit = self._action(self.tr("Quit"), "", QKeySequence("Ctrl+Q"))
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.auto_sync.setToolTip(
            self.tr("Sync live peers at once and the others on their timer ({0})").format("Ctrl+Shift+A")
        )
        self.add_database.setToolTip(self.tr("Choose a SQLite file to keep in sync ({0})").format("Ctrl+O"))
        self.add_peer.setToolTip(self.tr("Choose where to sync a database with ({0})").format("Ctrl+N"))
        self.share.setToolTip(self.tr("Serve databases to other machines") + " (Ctrl+Shift+S)")
        self.settings.setToolTip(self.tr("Change how Syncline behaves ({0})").format("Ctrl+,"))
        self.set_chosen(0)
        self.set_counts(databases=0, peers=0)

    def set_chosen(self, peers: int) -> None:
        """Say in the tooltip whom ``sync_now`` means."""
        whom = self.tr("Sync all peers (F5)")
        if peers == 1:
            whom = self.tr("Sync the chosen peer (F5); all: Shift+F5")
        elif peers > 1:
            whom = self.tr("Sync the {0} chosen peers (F5); all: Shift+F5").format(peers)
        self.sync_now.setToolTip(whom)

    def set_counts(self, *, databases: int, peers: int) -> None:
        """Switch off what makes no sense yet."""
        self.sync_now.setEnabled(peers > 0)
        self.sync_all.setEnabled(peers > 0)
        self.add_peer.setEnabled(databases > 0)
        self.share.setEnabled(databases > 0)

    def _action(self, text: str, icon_name: str, shortcut: QKeySequence | None = None) -> QAction:
        action = QAction(text, self)
        if icon_name:
            action.setIcon(icon(icon_name))
        if shortcut is not None:
            action.setShortcut(shortcut)
        return action


class PauseMenu(QMenu):
    """Pause for a while, or resume. One object for each place: a menu cannot hang in the window and in the tray."""

    asked = Signal(object)
    """Pause, or None to resume."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Pause"), parent)
        self.setIcon(icon("pause"))
        self._add(self.tr("30 minutes"), lambda: Pause.lasting(timedelta(minutes=30)))
        self._add(self.tr("1 hour"), lambda: Pause.lasting(timedelta(hours=1)))
        self._add(self.tr("Until tomorrow"), Pause.until_tomorrow)
        self._add(self.tr("Until resumed"), lambda: Pause.FOREVER)
        self.addSeparator()
        self.resume = self._add(self.tr("Resume"), lambda: None)
        self.resume.setEnabled(False)

    def _add(self, text: str, choose: Callable[[], Pause | None]) -> QAction:
        action = self.addAction(text)
        action.triggered.connect(lambda: self.asked.emit(choose()))
        return action
