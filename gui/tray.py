"""The tray icon: shows the worst state of all peers, and makes sure that the window can always be reached.

Qt adds the icon by itself when a tray appears late. It does not notice, however, if a tray disappears while the window
is hidden in it, so that is checked regularly while the window is hidden.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon, QWidget

from engine.events import ChangesMoved
from engine.peer_state import State
from gui.actions import Actions, PauseMenu
from gui.language import on_language_change, tr
from gui.models import values
from gui.summary import Summary
from gui.theme import tray_icon

LATEST = 5
"""The most tables that are listed in the menu."""

LOOK_EVERY = 3_000
"""Milliseconds between checks that the tray still exists, while the window is hidden in it."""


class Tray(QObject):
    """The icon and its menu.

    Args:
        actions: shared with the window.
        window: shown and hidden by a left click.
        present: brings the window to the front.
    """

    missed = Signal()
    """Emitted when the window was to be hidden in the tray, but there is none."""
    table_requested = Signal(str)
    """Emitted with the name of a table whose changes are to be shown."""

    def __init__(self, actions: Actions, window: QWidget, present: Callable[[], None]) -> None:
        super().__init__(window)
        self._window = window
        self._present = present
        self._state: State | None = None
        self._drawn: tuple[State | None, bool] | None = None
        self.menu = QMenu()  # of nobody: Wayland would place it by its window, which may be hidden
        self.destroyed.connect(self.menu.deleteLater)
        self._status = self.menu.addAction("")
        self._status.setEnabled(False)
        self.menu.addSeparator()
        self.menu.addAction(actions.sync_all)
        self.menu.addAction(actions.auto_sync)
        self.pause = PauseMenu(self.menu)
        self.menu.addMenu(self.pause)
        self._latest_heading = self.menu.addSection("")
        self._latest_end = self.menu.addSeparator()
        self.menu.addAction(actions.open_window)
        self.menu.addAction(actions.settings)
        self.menu.addAction(actions.quit)
        self._icon = QSystemTrayIcon(self)
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(present)
        self._tables: dict[tuple[str, str], float] = {}
        self._databases: dict[str, str] = {}
        self._latest: list[QAction] = []
        self._show_latest()
        self._watch = QTimer(self)
        self._watch.setInterval(LOOK_EVERY)
        self._watch.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._watch.timeout.connect(self._check)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._draw)
        self.show_summary(Summary(None, ""))
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self._latest_heading.setText(tr("Latest changes"))

    @property
    def there(self) -> bool:
        """Whether there is a tray at the moment."""
        return self._icon.isVisible() and QSystemTrayIcon.isSystemTrayAvailable()

    def show(self) -> None:
        """Put the icon into the tray, now or as soon as there is one."""
        if QGuiApplication.platformName() != "offscreen":  # no tray comes there, and Qt would complain
            self._icon.show()

    def hide(self) -> None:
        """Remove the icon for good."""
        self._watch.stop()
        self._icon.hide()

    def show_summary(self, summary: Summary) -> None:
        """Show the worst state of all peers, as an icon and in words."""
        self._state = summary.state
        self._status.setText(summary.brief.replace("&", "&&"))
        whole = summary.whole
        self._icon.setToolTip(values.without_markup(f"Syncline – {whole}" if whole else "Syncline"))
        self._draw()

    def notify(self, title: str, text: str) -> None:
        """Show a notification; without a tray the window asks for attention instead."""
        if self._window.isActiveWindow():
            return  # who looks at the window sees it there
        if self.there:
            title, text = values.without_markup(title), values.without_markup(text)
            self._icon.showMessage(title, text, tray_icon(self._state, dark_bar=False))
        else:
            QApplication.alert(self._window)

    def append(self, events: list[ChangesMoved]) -> None:
        """Take note of changes: the menu lists the tables that changed last."""
        before = self._tables
        seen = dict(before)
        for event in events:
            for table in {change.table for change in event.changes}:
                seen.pop((event.database, table), None)
                seen[event.database, table] = event.time
        self._tables = dict(list(seen.items())[-LATEST:])
        if self._tables != before:
            self._show_latest()

    def set_database_names(self, names: Mapping[str, str]) -> None:
        """Set the names of databases, by id."""
        if names != self._databases:
            self._databases = dict(names)
            self._show_latest()

    def tuck_away(self) -> None:
        """Hide the window in the tray if there is one, or else minimize it."""
        if self.there:
            self._window.hide()
            self._watch.start()
        else:
            self._window.showMinimized()
            self.missed.emit()

    def toggle(self) -> None:
        """Open the window, or hide it."""
        if self._window.isVisible() and not self._window.isMinimized():
            self.tuck_away()
        else:
            self._present()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        # on macOS a click opens the menu, which has "Open"
        if reason is QSystemTrayIcon.ActivationReason.Trigger and sys.platform != "darwin":
            self.toggle()

    def _check(self) -> None:
        if self._window.isVisible():
            self._watch.stop()
        elif not self.there:
            self._watch.stop()
            self._window.showMinimized()

    def _show_latest(self) -> None:
        tables = [
            (values.shown(table, 30), self._databases.get(database, ""), datetime.fromtimestamp(when).strftime("%H:%M"))
            for (database, table), when in reversed(self._tables.items())
        ]
        texts = [" · ".join(filter(None, parts)).replace("&", "&&") for parts in tables]
        if texts == [action.text() for action in self._latest] and texts:
            return  # news come often; most change nothing here
        for action in self._latest:
            self.menu.removeAction(action)
            action.deleteLater()
        self._latest = []
        for text, (_, table) in zip(texts, reversed(self._tables), strict=True):
            action = QAction(text, self.menu)
            action.triggered.connect(lambda _=False, table=table: self.table_requested.emit(table))
            self.menu.insertAction(self._latest_end, action)
            self._latest.append(action)
        self._latest_heading.setVisible(bool(texts))

    def _draw(self) -> None:
        wanted = (self._state, _dark_bar())
        if wanted != self._drawn:  # news come often, another state seldom
            self._drawn = wanted
            self._icon.setIcon(tray_icon(*wanted))


def _dark_bar() -> bool:
    """Return whether the bar that holds the icon is probably dark."""
    if "GNOME" in os.environ.get("XDG_CURRENT_DESKTOP", ""):
        return True  # its bar is dark in both schemes
    return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
