"""The to-dos as a table that follows the file, and writes what is typed into it."""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from gui.language import tr
from gui.todo.store import Todo, TodoFile

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class Column(enum.IntEnum):
    """The columns of the table."""

    TEXT = 0
    LIST = 1


class TodoModel(QAbstractTableModel):
    """A model with one row for each to-do.

    Args:
        file: the open file.
    """

    failed = Signal(str)
    """Emitted with SQLite's reason why a write failed; '' once one succeeds again."""

    def __init__(self, file: TodoFile, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self._version = -1
        self._todos: list[Todo] = []
        self.reload()

    @property
    def todos(self) -> list[Todo]:
        """The to-dos that are shown."""
        return list(self._todos)

    def reload_if_changed(self) -> None:
        """Reload if another program has written to the file."""
        try:
            if self._file.changed_by_others() != self._version:
                self.reload()
        except sqlite3.Error as error:
            self.failed.emit(str(error))

    def reload(self) -> None:
        """Show what is in the file; rows that stay keep their selection and what is being typed."""
        self._version = self._file.changed_by_others()
        found = self._file.todos()
        numbers = {todo.number for todo in found}
        for row in reversed(range(len(self._todos))):
            if self._todos[row].number not in numbers:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._todos[row]
                self.endRemoveRows()
        for row, todo in enumerate(found):
            if row == len(self._todos) or self._todos[row].number != todo.number:
                self.beginInsertRows(QModelIndex(), row, row)
                self._todos.insert(row, todo)
                self.endInsertRows()
            elif self._todos[row] != todo:
                self._todos[row] = todo
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))

    def add(self, text: str, name: str) -> bool:
        """Add a to-do to the list called ``name``, and return whether that succeeded."""
        return self._write(lambda: self._file.add(text, name))

    def delete(self, row: int) -> bool:
        """Delete the to-do in this row, and return whether that succeeded."""
        number = self._todos[row].number
        return self._write(lambda: self._file.delete(number))

    # Qt's

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._todos)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        if orientation is Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return {Column.TEXT: tr("To-do"), Column.LIST: tr("List")}[Column(section)]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index) | Qt.ItemFlag.ItemIsEditable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == Column.TEXT else flags

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        todo = self._todos[index.row()]
        if role in (Role.DisplayRole, Role.EditRole):
            return todo.text if index.column() == Column.TEXT else todo.list
        if role == Role.CheckStateRole and index.column() == Column.TEXT:
            return Qt.CheckState.Checked if todo.done else Qt.CheckState.Unchecked
        return None

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:  # noqa: N802
        """Write what was typed or ticked."""
        if not index.isValid():
            return False
        todo = self._todos[index.row()]
        if role == Role.CheckStateRole:
            done = Qt.CheckState(value) is Qt.CheckState.Checked
            return self._write(lambda: self._file.set_done(todo.number, done))
        text = str(value).strip()
        if role != Role.EditRole or text == self.data(index, Role.EditRole):
            return False
        if index.column() == Column.LIST:
            return self._write(lambda: self._file.move(todo.number, text))
        return bool(text) and self._write(lambda: self._file.rename(todo.number, text))

    def _write(self, write: Callable[[], None]) -> bool:
        try:
            write()
            self.reload()
        except sqlite3.Error as error:
            self.failed.emit(str(error))
            return False
        self.failed.emit("")
        return True
