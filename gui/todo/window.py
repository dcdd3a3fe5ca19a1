"""The to-do app's window: a table that is edited in place, and a line to add to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QFileSystemWatcher, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.language import tr
from gui.theme import show_boxes
from gui.todo.model import Column, TodoModel
from gui.todo.store import TodoFile

QUIET = 40
"""Milliseconds from a change to the file until it is read."""


class TodoWindow(QWidget):
    """The window of the app.

    Args:
        name: the machine that it pretends to be on.
        path: the file.
        file: the same, open.
        closed: called when the window is closed.
    """

    def __init__(self, name: str, path: Path, file: TodoFile, closed: Callable[[], object]) -> None:
        super().__init__()
        self._closed = closed
        self._path = path
        self.model = TodoModel(file, self)
        title = tr("To-do list on the {machine}", machine=name)
        self.setWindowTitle(title)
        heading = QLabel(title)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        self.table = QTableView()
        show_boxes(self.table)
        self.table.setModel(self.model)
        self.table.setAccessibleName(tr("To-dos"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(Column.TEXT, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(Column.LIST, QHeaderView.ResizeMode.Interactive)
        self.text, self.list = QLineEdit(), QLineEdit()
        self.text.setPlaceholderText(tr("New to-do"))
        self.text.setAccessibleName(tr("New to-do"))
        self.list.setPlaceholderText(tr("List"))
        self.list.setAccessibleName(tr("List"))
        self.list.setMaximumWidth(self.fontMetrics().averageCharWidth() * 14)
        self.add = QPushButton(tr("Add"))
        self.delete = QPushButton(tr("Delete"))
        self.message = QLabel(tr("Double-click a text or a list to change it."))
        self.message.setWordWrap(True)
        self.text.returnPressed.connect(self._add)
        self.list.returnPressed.connect(self._add)
        self.add.clicked.connect(self._add)
        self.delete.clicked.connect(self._delete)
        key = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.table)
        key.setContext(Qt.ShortcutContext.WidgetShortcut)
        key.activated.connect(self._delete)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.model.failed.connect(self._show_failure)
        row = QHBoxLayout()
        for part in (self.text, self.list, self.add, self.delete):
            row.addWidget(part)
        column = QVBoxLayout(self)
        column.addWidget(heading)
        column.addWidget(self.table, 1)
        column.addLayout(row)
        column.addWidget(self.message)
        self._enable()
        self._soon = QTimer(self, singleShot=True, interval=QUIET)
        self._soon.timeout.connect(self._look)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._soon.start)
        self._watcher.directoryChanged.connect(self._soon.start)
        self._watch()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the colour scheme, light or dark."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            show_boxes(self.table)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """End the app with its window."""
        super().closeEvent(event)
        self._closed()

    def _watch(self) -> None:
        """Watch the file, its log, and the folder for what is created there."""
        log = self._path.with_name(self._path.name + "-wal")
        wanted = [str(path) for path in (self._path, log, self._path.parent) if path.exists()]
        known = {*self._watcher.files(), *self._watcher.directories()}
        missing = [path for path in wanted if path not in known]
        if missing:
            self._watcher.addPaths(missing)

    def _look(self) -> None:
        self._watch()
        self.model.reload_if_changed()

    def _add(self) -> None:
        text = self.text.text().strip()
        if text and self.model.add(text, self.list.text().strip()):
            self.text.clear()
        self.text.setFocus()

    def _delete(self) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            self.model.delete(index.row())

    def _enable(self) -> None:
        self.delete.setEnabled(self.table.selectionModel().hasSelection())

    def _show_failure(self, reason: str) -> None:
        normal = tr("Double-click a text or a list to change it.")
        self.message.setText(tr("This could not be saved: {reason}", reason=reason) if reason else normal)
